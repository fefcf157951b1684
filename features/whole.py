"""What only all accounts together show, found in the tables of all or of some."""

import numpy as np
import pandas as pd

from .arrays.array_types import IntArray
from .knowledge import Knowledge
from .rows import Rows
from .tableset import Tables, Whole
from .views import VIEWS

__all__ = ["whole_of"]


def whole_of(tables: Tables, dates: IntArray) -> Whole:
    """Return what the accounts of these tables show, as if there were no others.

    Parameters
    ----------
    tables : Tables
        Whose own ``whole`` does not count.
    dates : ndarray of int64, shape (n_dates,)
        As-of dates in microseconds since 1970, ascending, each once; may be empty.

    Returns
    -------
    Whole

    Examples
    --------
    >>> whole_of(Tables({}), np.array([0])).filled
    frozenset()
    """
    moments = pd.DatetimeIndex(np.asarray(dates).astype("datetime64[us]"))
    # One row a date is all that is needed; no account has to be meant by it.
    rows = Rows.of(pd.DataFrame({"account_id": "any", "as_of": moments}))
    known = Knowledge(Tables(tables.by_name, tables.collected), rows)
    feeds = [view for view in VIEWS if view.stale_after_days is not None]
    return Whole(
        filled=frozenset(name for name in tables if tables[name].num_rows),
        dates=np.asarray(dates, dtype=np.int64),
        deliveries={
            view.name: known.last_delivery(view) for view in feeds if view.delivered(tables)
        },
    )
