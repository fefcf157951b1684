"""What became of a book: how much of what was paid on a date is paid later."""

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray

__all__ = ["realised"]


def realised(
    accounts: pd.DataFrame, ended: IntArray, changes: pd.DataFrame, moments: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return what accounts pay at later moments, without growth and with it.

    Parameters
    ----------
    accounts : DataFrame
        Of one as-of date: ``account_id``, ``as_of_us``, ``arr``.
    ended : ndarray of int64, shape (n_accounts,)
        When the custom of each ended; ``NEVER`` while it runs.
    changes : DataFrame
        From ``own_changes``.
    moments : ndarray of int64, shape (n_moments,)
        Microseconds, all of them in the past.

    Returns
    -------
    kept, paid : ndarray of float, shape (n_accounts, n_moments)
        ``kept`` is never more than was paid on the as-of date. Prices, currency and settlements of
        what was used are left out, as in the forecast.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["a", "b"], "as_of_us": 0, "arr": [100.0, 50.0]})
    >>> changes = pd.DataFrame({"account_id": ["a"], "at_us": [5], "change": [20.0]})
    >>> kept, paid = realised(accounts, np.array([99, 7]), changes, np.array([4, 10]))
    >>> kept.tolist(), paid.tolist()
    ([[100.0, 100.0], [50.0, 0.0]], [[100.0, 120.0], [50.0, 0.0]])
    """
    arr, as_of = accounts["arr"].to_numpy(dtype=np.float64), accounts["as_of_us"].to_numpy()
    place = pd.Series(np.arange(len(accounts)), index=accounts["account_id"].to_numpy())
    mine = changes[changes["account_id"].isin(place.index)]
    row = place.reindex(mine["account_id"]).to_numpy(dtype=np.int64)
    at, change = mine["at_us"].to_numpy(), mine["change"].to_numpy(dtype=np.float64)
    kept, paid = [], []
    for moment in moments:
        counts = np.where((at >= as_of[row]) & (at < moment), change, 0.0)
        level = np.maximum(arr + np.bincount(row, counts, len(arr)), 0.0)
        there = np.where(ended > moment, level, 0.0)
        paid.append(there)
        kept.append(np.minimum(there, arr))
    return np.stack(kept, axis=1), np.stack(paid, axis=1)
