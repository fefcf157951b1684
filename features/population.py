"""The accounts there are on a date: everybody known by then, for training and scoring alike."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .rows import to_microseconds
from .tableset import Tables

__all__ = ["known_accounts"]


def known_accounts(tables: Tables, as_of: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Return all pairs of an as-of date and an account known before it.

    Parameters
    ----------
    tables : Tables
    as_of : sequence of Timestamp
        May be empty.

    Returns
    -------
    DataFrame
        ``account_id`` and ``as_of`` (UTC), every pair once.

    Examples
    --------
    >>> known_accounts(Tables({}), []).columns.tolist()
    ['account_id', 'as_of']
    """
    dates = pd.DatetimeIndex(list(as_of), tz="UTC")
    if "accounts" not in tables:
        return pd.DataFrame({"account_id": pd.Series(dtype=str), "as_of": dates[:0]})
    accounts = tables["accounts"].select(["account_id", "known_at"]).to_pandas()
    first = accounts.groupby("account_id")["known_at"].min()
    seen, moments = to_microseconds(first), to_microseconds(dates)
    account, date = np.nonzero(seen[:, None] < moments[None, :])
    return pd.DataFrame({"account_id": first.index.to_numpy()[account], "as_of": dates[date]})
