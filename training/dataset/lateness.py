"""How many days after the end of each term it was known what became of it."""

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.arrays.as_of_rows import Rows
from ...features.arrays.moments import later, timestamps
from ...features.schema.tableset import Tables
from ...features.subscriptions.facts import subscriptions_of

__all__ = ["days_late"]


def days_late(
    tables: Tables, account_ids: pd.Series, ends: IntArray, *, grace_days: int
) -> FloatArray:
    """Tell how late it was known after a term's end that something is paid again, or never will.

    Parameters
    ----------
    tables : Tables
    account_ids : Series of str, shape (n_terms,)
    ends : ndarray of int64, shape (n_terms,)
        Microseconds.
    grace_days : int
        For so long a renewal can be late; then who has not renewed has left.

    Returns
    -------
    ndarray of float, shape (n_terms,)
        Whole days until an as-of date knew of it; 0 where none saw a gap (what happens on a day
        is known on the next), ``grace_days`` where nothing was there by then.

    Notes
    -----
    A renewal that was signed in time and written down ten days later is ten days late: until then
    the account looks like one that has not renewed.

    Examples
    --------
    >>> days_late(Tables({}), pd.Series(["a"]), np.array([0]), grace_days=30).tolist()
    [0.0]
    """
    late = np.zeros(len(ends))
    open_still = np.arange(len(ends))
    for days in range(1, grace_days + 1):
        asked = later(ends[open_still], days)
        overdue = _in_grace(tables, account_ids.iloc[open_still], asked, grace_days)
        open_still = open_still[overdue]
        late[open_still] = days + 1
        if not len(open_still):
            break
    return np.minimum(late, grace_days)


def _in_grace(
    tables: Tables, account_ids: pd.Series, moments: IntArray, grace_days: int
) -> np.ndarray:
    pairs = pd.DataFrame({"account_id": account_ids.to_numpy(), "as_of": timestamps(moments)})
    rows = Rows.of(pairs)
    custom = subscriptions_of(tables, grace_days=grace_days).facts(rows)["custom"]
    place = rows.index.get_indexer(pd.MultiIndex.from_frame(pairs))
    return np.asarray(custom.eq("grace").to_numpy()[place])
