"""Ends that somebody set ahead of time: what ran on by itself is known to end, and when.

A payment provider says "cancelled at period end" by giving an end to what had none, a contract
system by switching the automatic renewal off. Both are statements of leaving, made on the day on
which they became known.
"""

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, IntArray
from ..arrays.moments import NEVER, later, month_start_after
from ..schema.tableset import Tables
from .paid_states import item_states
from .terms import term_end_after

__all__ = ["announced_by_items", "renewals_switched_off"]


def renewals_switched_off(versions: pd.DataFrame) -> pd.DataFrame:
    """List the contracts that ran on by themselves and are then known to end.

    Parameters
    ----------
    versions : DataFrame
        From ``contract_versions``.

    Returns
    -------
    DataFrame
        ``account_id``, ``contract_id``, ``event_type``, ``effective_us`` (the end) and
        ``known_us``.
    """
    ordered = versions.sort_values(["entity", "known_us"], kind="stable")
    before = ordered.shift()
    switched = before["auto_renew"].eq(True) & ordered["auto_renew"].eq(False)
    was_given_an_end = before["open_end"].eq(True) & ~ordered["open_end"]
    end = _end_of_running(ordered)
    ahead = end > ordered["known_us"]
    stops = (switched | (was_given_an_end & ~ordered["rolls"])).fillna(False).astype(bool)
    told = ordered.assign(effective_us=end)[ordered["entity"].eq(before["entity"]) & stops & ahead]
    columns = ["account_id", "contract_id", "effective_us", "known_us"]
    return told[columns].assign(event_type="renewal_off")


def _end_of_running(versions: pd.DataFrame) -> IntArray:
    """Return when the term ends that ran when each version became known."""
    known, ends = versions["known_us"].to_numpy(), versions["ends_us"].to_numpy()
    rolled = np.where(ends == NEVER, month_start_after(known), term_end_after(versions, known))
    return np.where(versions["rolls"].to_numpy(dtype=bool), rolled, ends).astype(np.int64)


def announced_by_items(tables: Tables, *, grace_days: int) -> pd.DataFrame:
    """List the ends of whole accounts that their subscription items announce.

    Parameters
    ----------
    tables : Tables
    grace_days : int
        What ends so many days later still counts as the same end.

    Returns
    -------
    DataFrame
        ``account_id``, ``event_type``, ``effective_us`` (the end), ``known_us``, and
        ``taken_back_us``: when it became known that something is paid beyond it. An end that
        another item of the account outlasts is none of the account.
    """
    items = item_states(tables)
    items = items.assign(entity=pd.factorize(items["entity"])[0])
    told = _ends_set(items)
    others = items[items["account_id"].isin(told["account_id"])]
    pairs = told[["account_id", "statement", "effective_us", "told_us"]].merge(
        others, on="account_id"
    )
    beyond = later(pairs["effective_us"].to_numpy(dtype=np.int64), grace_days)
    outlasted = _listed(told, pairs, _runs_beyond(pairs, beyond))
    later_on = (pairs["known_us"] > pairs["told_us"]) & (pairs["arr"] > 0)
    reopens = pairs[later_on & (pairs["ends_us"] > beyond)]
    taken_back = np.full(len(told), NEVER)
    np.minimum.at(taken_back, reopens["statement"].to_numpy(), reopens["known_us"].to_numpy())
    found = told.assign(taken_back_us=taken_back, event_type="end_announced")[~outlasted]
    return found.rename(columns={"told_us": "known_us"}).drop(columns="statement")


def _ends_set(items: pd.DataFrame) -> pd.DataFrame:
    """Return when an item that was paid without end was given one, or a row of nothing after it."""
    ordered = items.sort_values(["entity", "starts_us", "known_us"], kind="stable")
    before = ordered.shift()
    ran_on = (
        ordered["entity"].eq(before["entity"]) & before["arr"].gt(0) & before["ends_us"].eq(NEVER)
    )
    same = ordered["starts_us"].eq(before["starts_us"])
    closed = same & (ordered["ends_us"] < NEVER)
    emptied = ~same & ordered["arr"].le(0) & before["known_us"].le(ordered["known_us"])
    end = np.where(same, ordered["ends_us"], ordered["starts_us"])
    ahead = end > ordered["known_us"]
    kept = (ran_on & (closed | emptied) & ahead).to_numpy()
    found = pd.DataFrame(
        {
            "account_id": ordered["account_id"],
            "effective_us": end,
            "told_us": ordered["known_us"],
        }
    )[kept]
    return found.reset_index(drop=True).assign(statement=np.arange(len(found)))


def _runs_beyond(pairs: pd.DataFrame, beyond: IntArray) -> pd.Series:
    """Mark pairs whose item was known to be paid beyond the end when it was announced."""
    known = pairs.assign(beyond_us=beyond)[pairs["known_us"] <= pairs["told_us"]]
    known = known.sort_values(["statement", "entity", "starts_us", "known_us"], kind="stable")
    newest = known.drop_duplicates(["statement", "entity", "starts_us"], keep="last")
    after = newest.groupby(["statement", "entity"])["starts_us"].shift(-1, fill_value=NEVER)
    ends = np.minimum(newest["ends_us"], after)
    return ((newest["arr"] > 0) & (ends > newest["beyond_us"])).reindex(
        pairs.index, fill_value=False
    )


def _listed(told: pd.DataFrame, pairs: pd.DataFrame, marked: pd.Series) -> BoolArray:
    found = np.zeros(len(told), dtype=bool)
    found[pairs.loc[marked.to_numpy(dtype=bool), "statement"].to_numpy(dtype=np.int64)] = True
    return found
