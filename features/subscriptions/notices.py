"""Statements of leaving and pauses, each with the moments at which it stops to count."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, IntArray
from ..arrays.moments import DAY, NEVER, later, month_start_after
from ..schema.tableset import Tables
from .announcements import announced_by_items, renewals_switched_off
from .contract_events import GOES_ON, HAS_ENDED, event_frame
from .item_terms import item_terms
from .paid_states import item_states, settle
from .terms import term_end_after

__all__ = [
    "Statements",
    "contract_stops",
    "leaving_notices",
    "pause_periods",
    "pause_states",
    "read_statements",
]


_LEAVES = ("notice_received", "cancel_requested", *HAS_ENDED)
_RESUMES = ("renewed", "reactivated", *HAS_ENDED)


@dataclass(frozen=True, slots=True)
class Statements:
    """What accounts have said about leaving.

    Parameters
    ----------
    said : DataFrame
        One row a statement, sorted by account and time; see ``leaving_notices``. ``whole_account``:
        nothing unrefused outlasts it; ``shows_payment``: items tell whether the account stayed.
    terms : DataFrame
        One row a statement (``notice``) and contract (``entity``) that was known then: ``end_us``,
        when the running term ends, and ``meant``, whether the statement is about it.
    """

    said: pd.DataFrame
    terms: pd.DataFrame


def read_statements(
    tables: Tables, versions: pd.DataFrame, replaced: pd.DataFrame, *, grace_days: int
) -> Statements:
    """Gather every statement that an account, or one of its contracts, ends.

    Parameters
    ----------
    tables : Tables
    versions : DataFrame
        From ``contract_versions``.
    replaced : DataFrame
        From ``successions``.
    grace_days : int

    Returns
    -------
    Statements

    Notes
    -----
    A statement is an event of the contract, an end that the subscription items announce ahead of
    time, or an automatic renewal that was switched off. It is void once it is withdrawn or the
    account renews. It lapses when the end it announced and the grace have passed and the account
    is still there, which only what it pays for can show: a contract that was refused is over.
    A statement about one contract concerns the whole account once no other one runs on unrefused.
    """
    announced = announced_by_items(tables, grace_days=grace_days)
    notices = _gathered(tables, versions, announced)
    terms = _terms_at_notice(notices, versions, replaced)
    ends = _announced_ends(notices, terms, _known_ends(notices, tables))
    pays = notices["account_id"].isin(_accounts_of_items(tables)).to_numpy()
    said = notices.assign(lapses_us=later(ends, grace_days), shows_payment=pays)
    said = _voided(said, _kept_on(said, tables))
    said = _scoped(said, terms, grace_days=grace_days)
    return Statements(_voided(said, _signed_on(said, versions)), terms)


def leaving_notices(statements: Statements) -> pd.DataFrame:
    """List every statement that an account leaves.

    A notice on one contract does not count while another one of the account runs on.

    Parameters
    ----------
    statements : Statements

    Returns
    -------
    DataFrame
        ``account_id``, ``event_type``, ``at_us`` (when it was made, never later than known),
        ``known_us``, ``void_at_us`` and ``void_known_us`` (when it was void, and when that was
        known), ``lapses_us``, ``reason_code``, ``avoidability``, ``initiated_by``; sorted by
        account and time. Empty when nobody said anything.
    """
    found = statements.said[statements.said["whole_account"].to_numpy(dtype=bool)]
    return found.sort_values(["account_id", "at_us"], kind="stable", ignore_index=True)


def contract_stops(statements: Statements) -> pd.DataFrame:
    """List when contracts stop because of what was said.

    Parameters
    ----------
    statements : Statements

    Returns
    -------
    DataFrame
        ``account_id``, ``entity``, ``stops_us``, ``known_us``, ``void_known_us``; as
        ``successions``.
    """
    stops = _stops(statements.said, statements.terms)
    said = statements.said.set_index("notice").loc[stops["notice"]]
    # Who still pays after the end and the grace was not lost; another contract is no sign of it.
    may_lapse = said["shows_payment"] & said["whole_account"] & ~said["event_type"].isin(HAS_ENDED)
    lapses = np.where(may_lapse.to_numpy(dtype=bool), said["lapses_us"], NEVER)
    void_known = np.minimum(stops["void_known_us"].to_numpy(), lapses)
    return stops.assign(void_known_us=void_known.astype(np.int64)).drop(columns="notice")


def _stops(notices: pd.DataFrame, terms: pd.DataFrame) -> pd.DataFrame:
    """Return when the contracts that statements mean stop, whether or not those lapse."""
    meant = terms[terms["meant"].to_numpy(dtype=bool)]
    said = notices.set_index("notice").loc[meant["notice"]].reset_index()
    ended = said["event_type"].isin(HAS_ENDED).to_numpy()
    noticed = _noticed(meant)
    stops = np.where(ended, said["effective_us"], np.maximum(meant["end_us"].to_numpy(), noticed))
    started = meant["starts_us"].to_numpy() < said["effective_us"].to_numpy()
    named = meant["named"].to_numpy(dtype=bool)
    found = pd.DataFrame(
        {
            "notice": said["notice"],
            "account_id": said["account_id"],
            "entity": meant["entity"].to_numpy(),
            "stops_us": stops.astype(np.int64),
            "known_us": said["known_us"],
            "void_known_us": said["void_known_us"],
        }
    )
    return found[named | started | ~ended]


def _gathered(tables: Tables, versions: pd.DataFrame, announced: pd.DataFrame) -> pd.DataFrame:
    events = event_frame(tables, _LEAVES)
    switched = renewals_switched_off(versions)
    stated = [part.assign(taken_back_us=NEVER) for part in (events, switched)]
    parts = [part for part in (*stated, announced) if len(part)] or stated[:1]
    columns = [*events.columns, "taken_back_us"]
    notices = pd.concat(parts, ignore_index=True).reindex(columns=columns)
    # What is known before it takes effect was decided when it became known.
    at = np.minimum(notices["effective_us"], notices["known_us"])
    notices = notices.assign(at_us=at)
    notices = notices.sort_values(["account_id", "at_us"], kind="stable", ignore_index=True)
    times = dict.fromkeys(("effective_us", "known_us", "at_us"), np.int64)
    return notices.assign(notice=np.arange(len(notices))).astype(times)


def _terms_at_notice(
    notices: pd.DataFrame, versions: pd.DataFrame, replaced: pd.DataFrame
) -> pd.DataFrame:
    """Pair each notice with the contracts of the account as known when the notice was."""
    pairs = notices.merge(versions, on="account_id", suffixes=("", "_version"))
    newest = (pairs["known_us_version"] <= pairs["known_us"]) & (
        pairs["replaced_us"] > pairs["known_us"]
    )
    pairs = pairs[newest].sort_values(["notice", "entity"], kind="stable")
    pairs = pairs[~_was_replaced(pairs, replaced)].reset_index(drop=True)
    ends, at = pairs["ends_us"].to_numpy(), pairs["at_us"].to_numpy()
    month_end = month_start_after(at)
    end = np.where(pairs["rolls"], term_end_after(pairs, at - 1), ends)
    pairs = pairs.assign(end_us=np.where(pairs["monthly"] & (ends == NEVER), month_end, end))
    named = pairs["contract_id"] == pairs["contract_id_version"]
    # An ended term says nothing about a successor.
    over = pairs["end_us"] <= pairs["effective_us"]
    unnamed = pairs["contract_id"].isna() & (over | (pairs["event_type"] != "term_ended"))
    meant = named | unnamed
    # What has no end ends with the month once it is refused.
    refused = meant & (pairs["end_us"] == NEVER)
    ended = np.where(refused, month_end, pairs["end_us"]).astype(np.int64)
    return pairs.assign(named=named, meant=meant, end_us=ended)


def _was_replaced(pairs: pd.DataFrame, replaced: pd.DataFrame) -> BoolArray:
    """Mark contracts whose place another one had taken when the notice was given."""
    both = (
        pairs[["notice", "entity", "at_us", "known_us"]]
        .reset_index()
        .merge(replaced, on="entity", suffixes=("", "_stop"))
    )
    gone = (
        (both["stops_us"] <= both["at_us"])
        & (both["known_us_stop"] <= both["known_us"])
        & (both["void_known_us"] > both["known_us"])
    )
    return np.asarray(pairs.index.isin(both.loc[gone, "index"]))


def _known_ends(notices: pd.DataFrame, tables: Tables) -> IntArray:
    """Return until when the account was known to pay when it gave notice; -1 without a limit."""
    periods = item_terms(tables)[["ends_us", "anchor_us", "months", "rolls"]]
    items = item_states(tables).drop(columns="ends_us").join(periods)
    items = items[items["account_id"].isin(notices["account_id"])]
    items = items.assign(entity=pd.factorize(items["entity"])[0])
    pairs = notices[["account_id", "notice", "known_us", "at_us"]].merge(
        items, on="account_id", suffixes=("", "_item")
    )
    pairs = pairs[pairs["known_us_item"] <= pairs["known_us"]]
    pairs = pairs.sort_values(["notice", "entity", "starts_us", "known_us_item"], kind="stable")
    newest = pairs.drop_duplicates(["notice", "entity", "starts_us"], keep="last")
    after = newest.groupby(["notice", "entity"])["starts_us"].shift(-1, fill_value=NEVER)
    running = term_end_after(newest, newest["at_us"].to_numpy() - 1)
    ends = np.minimum(np.where(newest["rolls"], running, newest["ends_us"]), after)
    paid = newest.assign(end_us=ends)[(newest["arr"] > 0).to_numpy()]
    longest = np.full(len(notices), -1)
    np.maximum.at(longest, paid["notice"].to_numpy(), paid["end_us"].to_numpy())
    return np.where(longest == NEVER, -1, longest).astype(np.int64)


def _announced_ends(notices: pd.DataFrame, terms: pd.DataFrame, paid_until: IntArray) -> IntArray:
    """Return when the account is due to be gone; without a contract at the month's end."""
    meant = terms[terms["meant"].to_numpy(dtype=bool)]
    ends = np.full(len(notices), -1)
    due = np.maximum(meant["end_us"].to_numpy(), _noticed(meant))
    np.maximum.at(ends, meant["notice"].to_numpy(), due)
    ends = np.where(ends < 0, paid_until, ends)
    ends = np.where(ends < 0, month_start_after(notices["at_us"].to_numpy()), ends)
    ends = np.where(notices["event_type"] == "end_announced", -1, ends)
    return np.asarray(np.maximum(ends, notices["effective_us"].to_numpy()), dtype=np.int64)


def _noticed(terms: pd.DataFrame) -> IntArray:
    """Return when a notice that is given on the day of the statement has run out."""
    period = (
        terms["notice_period_us"].to_numpy() + terms["notice_period_months"].to_numpy() * 30 * DAY
    )
    return np.asarray(terms["at_us"].to_numpy() + period, dtype=np.int64)


def _accounts_of_items(tables: Tables) -> list[str]:
    if "subscription_items" not in tables:
        return []
    accounts: list[str] = tables["subscription_items"]["account_id"].unique().to_pylist()
    return accounts


def _scoped(said: pd.DataFrame, terms: pd.DataFrame, *, grace_days: int) -> pd.DataFrame:
    """Tell which statements concern the whole account, and until when it is then there.

    Another contract outlasts the statement unless it was refused, too, or is over by then: one
    that renews by itself runs on. Once all are refused the last end counts.
    """
    other = terms[~terms["meant"].to_numpy(dtype=bool)]
    refused = _refused_until(other, said, terms)
    runs_on = np.where(other["rolls"], NEVER, other["end_us"])
    lapses, outlasted = said["lapses_us"].to_numpy().copy(), np.zeros(len(said), dtype=np.int64)
    number = other["notice"].to_numpy()
    np.maximum.at(outlasted, number, np.where(refused < NEVER, 0, runs_on))
    whole = outlasted <= lapses
    gone = np.where(refused < NEVER, later(refused, grace_days), 0)
    np.maximum.at(lapses, number, np.where(whole[number], gone, 0))
    return said.assign(whole_account=whole, lapses_us=lapses)


def _refused_until(other: pd.DataFrame, said: pd.DataFrame, terms: pd.DataFrame) -> IntArray:
    """Return when contracts end that had been refused by the time of another statement."""
    stops = _stops(said, terms)
    both = (
        other[["notice", "entity", "known_us"]]
        .reset_index(drop=True)
        .reset_index(names="place")
        .merge(stops, on="entity", suffixes=("", "_stop"))
    )
    holds = (both["known_us_stop"] <= both["known_us"]) & (both["void_known_us"] > both["known_us"])
    both = both[holds]
    until = np.full(len(other), NEVER)
    np.minimum.at(until, both["place"].to_numpy(), both["stops_us"].to_numpy(dtype=np.int64))
    return until


def _voided(said: pd.DataFrame, staying: pd.DataFrame) -> pd.DataFrame:
    """Let statements be void, and known to be, from the first sign that the account stays."""
    at = said.get("void_at_us", said["taken_back_us"]).to_numpy().copy()
    known = said.get("void_known_us", said["taken_back_us"]).to_numpy().copy()
    np.minimum.at(at, staying["notice"].to_numpy(), staying["stays_us"].to_numpy())
    np.minimum.at(known, staying["notice"].to_numpy(), staying["stay_known_us"].to_numpy())
    return said.assign(void_at_us=at, void_known_us=known)


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


def _signed_on(said: pd.DataFrame, versions: pd.DataFrame) -> pd.DataFrame:
    """Pair each notice with contracts that became known after it and run on beyond its end.

    What is signed beside a contract that was refused alone does not bring that one back.
    """
    pairs = said.merge(versions, on="account_id", suffixes=("", "_version"))
    same = pairs["contract_id"].eq(pairs["contract_id_version"])
    switched_on = pairs["event_type"].eq("renewal_off") & same & pairs["rolls"]
    concerned = pairs["whole_account"].to_numpy(dtype=bool) | same
    runs_on = switched_on | (concerned & (pairs["ends_us"] > pairs["lapses_us"]))
    kept = pairs[(pairs["known_us_version"] > pairs["known_us"]) & runs_on]
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
        A states frame (see ``paid_states``) with ``paused``; empty when there are no contract
        events.

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
