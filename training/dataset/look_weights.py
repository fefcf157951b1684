"""How much each row counts: a decision counts once, however often it was looked at."""

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.arrays.moments import from_timestamps

__all__ = ["look_weights"]


def look_weights(stands: pd.DataFrame) -> FloatArray:
    """Return one over the number of dates on which each row's question was open.

    Parameters
    ----------
    stands : DataFrame
        ``account_id``, ``as_of`` and ``p_by_date`` (NaT where nothing is asked).

    Returns
    -------
    ndarray of float, shape (n_rows,)
        Greater than 0, at most 1; 0 where nothing is asked.

    Notes
    -----
    The dates are all of those given between the first look at the account's decision and the
    decision itself, also those on which there was nothing to ask any more. Looks alone would tell
    the outcome: who gives notice early has fewer of them, and each would count for more.

    Examples
    --------
    >>> dates = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01"])
    >>> stands = pd.DataFrame({"account_id": "a", "as_of": dates})
    >>> look_weights(stands.assign(p_by_date=dates[[1, 1, 2]])).tolist()
    [0.5, 0.5, 1.0]
    """
    asked = stands["p_by_date"].notna().to_numpy()
    first = stands.groupby(["account_id", "p_by_date"], observed=True)["as_of"].transform("min")
    begins, ends = from_timestamps(first), from_timestamps(stands["p_by_date"])
    dates = np.unique(from_timestamps(stands["as_of"]))
    looks = np.searchsorted(dates, ends, "right") - np.searchsorted(dates, begins, "left")
    return np.where(asked, 1.0 / np.maximum(looks, 1), 0.0)
