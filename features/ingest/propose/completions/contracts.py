"""Contracts and deals as sources have them: terms, and what they are worth."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from ....schema.table_declaration import Column
from ...coerce import read_column
from ..money import annual, of_contract, quoted
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..recognise import Fit
from ..sheets import gone_without_day
from ..vocabulary import LOST, RENEWED, WON, admitted
from ..words import column_words
from .endings import row_each
from .naming import name_rows
from .parts import YES, first_named, left_out, part_of

__all__ = ["contracts_part", "lost_renewals", "notices_given"]

_STAGES = ("stage", "stage name", "deal stage", "status", "deal status", "outcome")
_KINDS = ("type", "deal type", "opportunity type", "record type", "kind")
_NOTICES = (
    *("notice received on", "notice received at", "notice received", "notice received date"),
    *("notice given on", "notice given at", "notice given", "notice given date", "notice date"),
    *("date of notice", "notice on", "non renewal notice date", "termination notice date"),
    *("cancellation notice date", "cancellation received on", "cancellation received"),
    *("termination received on", "termination received", "date of termination notice"),
    *("cancellation date", "cancelled on", "cancelled at", "terminated on", "notice"),
)
_MOSTLY, _SOME_LONGER, _GROWS, _MONTH_DAYS = 0.8, 0.05, 1.4, 30.4375
_CLOSED = ("close date", "closed date", "closed at", "closed won date", "won date")


def contracts_part(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Return terms of contracts, with what they are worth a year.

    Parameters
    ----------
    fit : Fit
    takes : dict of str to Take
        By canonical column; changed.

    Returns
    -------
    Part or str
        Or why the table is better left out.
    """
    yearly = annual(fit.table)
    if yearly is not None:
        takes["acv"] = yearly
    if _is_pipeline(fit):
        return _won_deals(fit, takes)
    if not {"acv", "tcv"} & takes.keys():
        takes |= _value_of(fit, takes)
    day = takes.get("term_end")
    if day is not None and day.source and _of_outcomes(fit) is not None:
        why = "how a renewal ended is written down on its day"
        takes.setdefault("known_at", Take("known_at", day.source, sure=False, why=why))
    if not {"acv", "tcv", "term_end", "term_months"} & takes.keys():
        return "no column says what a contract is worth or when it ends"
    name_rows(fit, takes, "contract_id", takes.get("term_start") or takes.get("term_end"))
    takes |= _begun(takes)
    return part_of(fit, takes, but_not=gone_without_day(fit.table) if row_each(fit) else {})


def _value_of(fit: Fit, takes: Mapping[str, Take]) -> dict[str, Take]:
    """Return what a contract is worth, as a year or as a whole by how it grows with its length."""
    value = of_contract(fit.table)
    if value is None:
        return {}
    months = _lengths(fit, takes)
    amounts = read_column(Column("n", "number"), fit.table.looked_at[value.first_column]).column
    paid = amounts.to_pandas()
    usual, longer = paid[months.between(10, 14)].median(), paid[months > 14].median()
    if (months > 14).mean() < _SOME_LONGER or not longer > _GROWS * usual:
        return {"acv": value}
    why = f"{value.first_column!r} grows with the length of a contract: it is of the whole"
    return {"tcv": replace(value, column="tcv", why=why)}


def _lengths(fit: Fit, takes: Mapping[str, Take]) -> pd.Series:
    """Return the months of each term; NaN where nothing says them."""
    rows = fit.table.looked_at
    length = takes.get("term_months")
    if length is not None and length.source:
        told: pd.Series = read_column(Column("n", "number"), rows[length.source]).column.to_pandas()
        return told
    begin, end = takes.get("term_start"), takes.get("term_end")
    if begin is None or end is None or not (begin.source and end.source):
        return pd.Series(float("nan"), index=range(len(rows)))
    edges = (read_column(Column("t", "time"), rows[one.source]).column for one in (end, begin))
    until, since = (edge.to_pandas() for edge in edges)
    lengths: pd.Series = (until - since).dt.days / _MONTH_DAYS
    return lengths


def notices_given(fit: Fit) -> Part | None:
    """Return the days on which notice was received, where contracts say them in their own rows.

    Parameters
    ----------
    fit : Fit
        Of ``contracts``.

    Returns
    -------
    Part or None
        None where no column has such days, or they lie behind the ends of the terms.
    """
    key, end = fit.takes.get("contract_id"), fit.takes.get("term_end")
    said = first_named(fit.table, "time", *_NOTICES)
    if said is None or key is None or not key.source or fit.way is None or fit.way.hops:
        return None
    if end is None or not end.source or not _mostly_before(fit.table, said.name, end.source):
        return None
    return Part(
        "contract_events",
        fit.table.name,
        (
            Take("event_id", key.source),
            Take("account_id", fit.way.column),
            Take("contract_id", key.source),
            Take("event_type", constant="notice_received", why=f"{said.name!r} has a day"),
            Take("effective_at", said.name),
        ),
        but_not=left_out(fit.table),
        filled=said.name,
    )


def _mostly_before(table: TableProfile, day: str, end: str) -> bool:
    edges = (read_column(Column("t", "time"), table.looked_at[name]).column for name in (day, end))
    given, until = (edge.to_pandas() for edge in edges)
    both = given.notna() & until.notna()
    return bool((given[both] < until[both]).mean() >= _MOSTLY) if both.any() else False


def _begun(takes: Mapping[str, Take]) -> dict[str, Take]:
    """Return when terms began of which only the end is told: their length before it."""
    end, length = takes.get("term_end"), takes.get("term_months")
    if "term_start" in takes or end is None or not end.source:
        return {}
    day, months = quoted(end.source, "moment"), "interval 12 month"
    why = "no column says when a term began: taken as a year before its end"
    if length is not None and length.source:
        months = f"to_months(cast({quoted(length.source)} as integer))"
        why = "no column says when a term began: taken as its length before its end"
    formula = f"{day} - {months}"
    return {"term_start": Take("term_start", formula=formula, sure=False, why=why)}


def _of_outcomes(fit: Fit) -> ColumnProfile | None:
    """Return the column that says how renewals of the past ended; None in other tables."""
    outcome = first_named(fit.table, "text", "outcome", "result", "renewal outcome", "decision")
    if outcome is None or row_each(fit):
        return None
    kept, lost = (admitted(outcome.looked_at, words) for words in (RENEWED, LOST))
    return outcome if kept and lost else None


def _is_pipeline(fit: Fit) -> bool:
    """Deals and opportunities become contracts only once they are won."""
    key = fit.takes.get("contract_id")
    said = [fit.table.words[-1:]]
    said += [fit.table.columns[key.source].words[:1]] if key else []
    return bool({("deal",), ("opportunity",)} & set(said))


def _won_deals(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Keep won deals: only they are contracts, and their amount is that of the contract."""
    amount = first_named(
        fit.table, "number", "amount", "deal amount", "value", "deal value", "amount usd"
    )
    won = _won(fit.table)
    if won is None:
        return "nothing says which of the deals were won, so they are no contracts"
    if amount is not None and "acv" not in takes:
        why = f"{amount.name!r} of a won deal, taken as the value of a year"
        takes["acv"] = Take("acv", amount.name, sure=False, why=why)
    closed, start = first_named(fit.table, "time", *_CLOSED), takes.get("term_start")
    if closed is not None and start is not None and start.source != closed.name:
        takes.setdefault("signed_at", Take("signed_at", closed.name, why="the day it was won"))
    return part_of(fit, takes, only=won)


def lost_renewals(fit: Fit) -> Part | None:
    """Return deals about a renewal that were lost, as the word of a customer who will not stay.

    Parameters
    ----------
    fit : Fit
        Of ``contracts``.

    Returns
    -------
    Part or None
        None where the table is of no deals, or does not tell renewals, losses and their day.
    """
    if _of_outcomes(fit) is not None:
        return _lost_by_outcome(fit)
    key = fit.takes.get("contract_id")
    if key is None or not _is_pipeline(fit) or fit.way is None or fit.way.hops:
        return None
    kind, closed = first_named(fit.table, "text", *_KINDS), first_named(fit.table, "time", *_CLOSED)
    stages = (first_named(fit.table, "text", name) for name in _STAGES)
    lost = next((one for one in stages if one and admitted(one.looked_at, LOST)), None)
    if kind is None or closed is None or lost is None:
        return None
    renewals = tuple(sorted(v for v in kind.looked_at if "renewal" in column_words(v)))
    if not renewals:
        return None
    return Part(
        "contract_events",
        fit.table.name,
        (
            Take("event_id", key.source),
            Take("account_id", fit.way.column),
            Take("event_type", constant="notice_received", why="a renewal that was lost"),
            Take("effective_at", closed.name),
        ),
        only={kind.name: renewals, lost.name: admitted(lost.looked_at, LOST)},
        but_not=left_out(fit.table),
    )


def _lost_by_outcome(fit: Fit) -> Part | None:
    outcome, day = _of_outcomes(fit), fit.takes.get("term_end")
    if outcome is None or day is None or not day.source or fit.way is None or fit.way.hops:
        return None
    takes = {
        "account_id": Take("account_id", fit.way.column),
        "event_type": Take("event_type", constant="churn_confirmed"),
        "effective_at": Take("effective_at", day.source, why="a renewal that was lost"),
    }
    name_rows(fit, takes, "event_id", day)
    if "event_id" not in takes:
        return None
    lost = {outcome.name: admitted(outcome.looked_at, LOST)}
    said = tuple(takes[name] for name in ("event_id", "account_id", "event_type", "effective_at"))
    return Part("contract_events", fit.table.name, said, only=lost)


def _won(table: TableProfile) -> dict[str, tuple[str, ...]] | None:
    flag = first_named(table, "flag", "is won", "won", "is closed won")
    if flag is not None:
        return {flag.name: tuple(v for v in flag.looked_at if v.strip().lower() in YES)}
    for name in _STAGES:
        stage = first_named(table, "text", name)
        words = admitted(stage.looked_at, WON) if stage is not None else ()
        if stage is not None and words:
            return {stage.name: words}
    return None
