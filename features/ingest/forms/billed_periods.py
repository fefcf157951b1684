"""Which period of a contract its last bill pays for: the evidence that a term was renewed.

A bill is sent before its period, at its start or after it, and an account keeps to one of these.
So bills are counted off in the account's own rhythm from the first one of the contract on, and the
last one pays for as manieth a period.
"""

import numpy as np
import pandas as pd

from ...arrays.moments import DAY
from ...schema.invoice_rows import is_billed
from ...schema.tableset import Tables

__all__ = ["last_billed"]


_MONTH_DAYS = 30.4375
_FEWEST_DAYS = 20
"""Bills that lie closer together are parts of one, or of something else."""


def last_billed(contracts: pd.DataFrame, tables: Tables) -> pd.Series:
    """Return a moment of the last period that each contract was billed for.

    Parameters
    ----------
    contracts : DataFrame
        ``account_id``, ``starts_us`` and ``months`` (length of the term).
    tables : Tables
        ``invoices`` is read: those that somebody has to pay.

    Returns
    -------
    Series of float, shape (n_contracts,)
        The middle of the period, in microseconds, by the index of ``contracts``; NaN where nothing
        was billed.

    Examples
    --------
    >>> nothing = pd.DataFrame({"account_id": [], "starts_us": [], "months": []})
    >>> len(last_billed(nothing, Tables({})))
    0
    """
    if not tables.filled("invoices"):
        return pd.Series(np.nan, index=contracts.index)
    bills = _bills(tables)
    term = contracts["months"].to_numpy() * _MONTH_DAYS * DAY
    asked = contracts[["account_id", "starts_us"]].assign(place=contracts.index, term=term)
    pairs = asked.merge(bills, on="account_id").sort_values(["place", "at_us"], kind="stable")
    pairs["every"] = _rhythm(pairs)
    pairs = pairs[pairs["at_us"] >= pairs["starts_us"] - pairs["every"] / 2]
    edges = pairs.groupby("place").agg(
        first=("at_us", "first"), last=("at_us", "last"), every=("every", "first")
    )
    begins = contracts["starts_us"].reindex(edges.index)
    middle = begins + _ahead(edges, begins) + edges["every"] / 2
    return middle.reindex(contracts.index)


def _bills(tables: Tables) -> pd.DataFrame:
    """Return each day on which an account was billed, once."""
    invoices = tables["invoices"]
    billed = invoices.filter(is_billed(invoices)).select(["account_id", "issued_at"]).to_pandas()
    at = billed["issued_at"].dt.floor("D").astype("datetime64[us, UTC]").astype(np.int64)
    return pd.DataFrame({"account_id": billed["account_id"], "at_us": at}).drop_duplicates()


def _rhythm(pairs: pd.DataFrame) -> pd.Series:
    """Return how far apart the bills of each contract's account usually lie, at most a term."""
    gap = pairs.groupby("place")["at_us"].diff()
    usual = gap[gap >= _FEWEST_DAYS * DAY].groupby(pairs["place"]).median()
    every = pairs["place"].map(usual)
    return every.fillna(pairs["term"]).clip(upper=pairs["term"])


def _ahead(edges: pd.DataFrame, begins: pd.Series) -> pd.Series:
    """Return how long after the contract's start the last billed period begins."""
    every, offset = edges["every"], edges["first"] - begins
    # Bills that follow their period lag by one; where the first ones are missing only the beat is.
    steady = (offset + every / 2) % every - every / 2
    lag = offset.where(offset < 1.5 * every, steady)
    return ((edges["last"] - begins - lag) / every).round() * every
