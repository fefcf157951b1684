"""Statements of leaving and pauses, each with the moments at which it stops to count."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..arrays.moments import DAY, NEVER, IntArray, first_repeat_after, later, month_start_after
from ..schema.settings import Settings
from ..schema.tableset import Tables
from .paid_states import GOES_ON, HAS_ENDED, event_frame, settle
from .terms import contract_versions

__all__ = ["leaving_notices", "pause_periods", "pause_states"]


_LEAVES = ("notice_received", "cancel_requested", *HAS_ENDED)
_RESUMES = ("renewed", "reactivated", *HAS_ENDED)


def leaving_notices(tables: Tables, settings: Settings) -> pd.DataFrame:
    """List every statement that an account leaves.

    A notice is void once it is withdrawn or the account renews. It lapses when the term for which
    it was given has ended, the grace has passed and the account is still there. A notice on one
    contract does not count while another one of the account runs on.

    Parameters
    ----------
    tables : Tables
    settings : Settings
        ``grace_days`` is used.

    Returns
    -------
    DataFrame
        ``account_id``, ``at_us`` (when it was made, never later than known), ``known_us``,
        ``void_at_us`` and ``void_known_us`` (when it was void, and when that was known),
        ``lapses_us``, ``reason_code``, ``avoidability``, ``initiated_by``; sorted by account and
        time. Empty when there are no contract events.

    Examples
    --------
    >>> len(leaving_notices(Tables({}), Settings()))
    0
    """
    notices = event_frame(tables, _LEAVES)
    # What is known before it takes effect was decided when it became known.
    at = np.minimum(notices["effective_us"], notices["known_us"])
    notices = notices.assign(notice=np.arange(len(notices)), at_us=at)
    versions = contract_versions(tables)
    terms = _terms_at_notice(notices, versions)
    ends = _announced_ends(notices, terms)
    lapses = later(ends, settings.grace_days)
    void_at, void_known = _voids(notices, tables, versions, beyond=lapses)
    found = notices.assign(lapses_us=lapses, void_at_us=void_at, void_known_us=void_known)
    whole_account = ~_outlasted(notices, terms, lapses)
    return found[whole_account].sort_values(["account_id", "at_us"], ignore_index=True)


def _terms_at_notice(notices: pd.DataFrame, versions: pd.DataFrame) -> pd.DataFrame:
    """Pair each notice with the contracts of the account as known when the notice was."""
    pairs = notices.merge(versions, on="account_id", suffixes=("", "_version"))
    pairs = pairs[pairs["known_us_version"] <= pairs["known_us"]]
    pairs = pairs.sort_values(["notice", "entity", "known_us_version"])
    pairs = pairs.drop_duplicates(["notice", "entity"], keep="last")
    ends, at = pairs["ends_us"].to_numpy(), pairs["at_us"].to_numpy()
    rolled = first_repeat_after(ends, pairs["months"].to_numpy(), at - 1)
    rolled = np.where(pairs["monthly"] & (ends == NEVER), month_start_after(at), rolled)
    pairs = pairs.assign(end_us=np.where(pairs["rolls"], rolled, ends))
    named = pairs["contract_id"] == pairs["contract_id_version"]
    # An ended term says nothing about a successor.
    over = pairs["end_us"] <= pairs["effective_us"]
    unnamed = pairs["contract_id"].isna() & (over | (pairs["event_type"] != "term_ended"))
    return pairs.assign(meant=named | unnamed)


def _announced_ends(notices: pd.DataFrame, terms: pd.DataFrame) -> IntArray:
    """Return when the account is due to be gone; without a contract at the month's end."""
    meant = terms[terms["meant"]]
    noticed = meant["at_us"] + (meant["notice_days"] * DAY).astype(np.int64)
    ends = np.full(len(notices), -1)
    np.maximum.at(ends, meant["notice"].to_numpy(), np.maximum(meant["end_us"], noticed))
    ends = np.where(ends < 0, month_start_after(notices["at_us"].to_numpy()), ends)
    return np.asarray(np.maximum(ends, notices["effective_us"].to_numpy()), dtype=np.int64)


def _outlasted(
    notices: pd.DataFrame, terms: pd.DataFrame, lapses: IntArray
) -> npt.NDArray[np.bool_]:
    """Tell which notices concern a contract that another one of the account outlasts."""
    other = terms[~terms["meant"]]
    longest = np.zeros(len(notices), dtype=np.int64)
    np.maximum.at(longest, other["notice"].to_numpy(), other["end_us"].to_numpy())
    return longest > lapses


def _voids(
    notices: pd.DataFrame, tables: Tables, versions: pd.DataFrame, *, beyond: IntArray
) -> tuple[IntArray, IntArray]:
    """Return when each notice was void, and when that was known."""
    staying = pd.concat(
        [_kept_on(notices, tables), _signed_on(notices, versions, beyond)], ignore_index=True
    )
    at, known = np.full(len(notices), NEVER), np.full(len(notices), NEVER)
    np.minimum.at(at, staying["notice"].to_numpy(), staying["stays_us"].to_numpy())
    np.minimum.at(known, staying["notice"].to_numpy(), staying["stay_known_us"].to_numpy())
    return at, known


def _kept_on(notices: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Pair each notice with the events after it that say the account stays."""
    events = event_frame(tables, GOES_ON)
    events = events.assign(
        stays_us=np.minimum(events["effective_us"], events["known_us"]),
        stay_known_us=events["known_us"],
    )
    pairs = notices.merge(events, on="account_id", suffixes=("", "_stay"))
    same = (
        pairs["contract_id"].isna()
        | pairs["contract_id_stay"].isna()
        | (pairs["contract_id"] == pairs["contract_id_stay"])
    )
    kept = pairs[same & (pairs["stays_us"] >= pairs["at_us"])]
    return kept[["notice", "stays_us", "stay_known_us"]].astype(np.int64)


def _signed_on(notices: pd.DataFrame, versions: pd.DataFrame, beyond: IntArray) -> pd.DataFrame:
    """Pair each notice with contracts that became known after it and run on beyond its end."""
    pairs = notices.assign(beyond_us=beyond).merge(
        versions, on="account_id", suffixes=("", "_version")
    )
    kept = pairs[
        (pairs["known_us_version"] > pairs["known_us"]) & (pairs["ends_us"] > pairs["beyond_us"])
    ]
    return pd.DataFrame(
        {
            "notice": kept["notice"],
            "stays_us": np.maximum(kept["starts_us"], kept["known_us_version"]),
            "stay_known_us": kept["known_us_version"],
        }
    ).astype(np.int64)


def pause_states(tables: Tables) -> pd.DataFrame:
    """List from when an account is paused and from when it no longer is.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    DataFrame
        A states frame (see ``ledger``) with ``paused``; empty when there are no contract events.

    Examples
    --------
    >>> len(pause_states(Tables({})))
    0
    """
    events = event_frame(tables, ("paused", *_RESUMES))
    return pd.DataFrame(
        {
            "account_id": events["account_id"],
            "entity": pd.factorize(events["account_id"])[0].astype(np.int64),
            "starts_us": events["effective_us"],
            "ends_us": NEVER,
            "known_us": events["known_us"],
            "paused": events["event_type"] == "paused",
        }
    )


def pause_periods(tables: Tables) -> pd.DataFrame:
    """List the pauses, judged with all data.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    DataFrame
        ``account_id``, ``starts_us`` and ``ends_us`` (``NEVER`` while it goes on); empty when
        there are no contract events.

    Examples
    --------
    >>> len(pause_periods(Tables({})))
    0
    """
    settled = settle(pause_states(tables))
    return settled.loc[settled["paused"], ["account_id", "starts_us", "ends_us"]]
