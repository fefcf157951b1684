"""Ends as sources tell them: a column, a status, a list of who left."""

import pandas as pd
import pyarrow.compute as pc

from ....arrays.plain_text import as_text
from ....schema.table_declaration import Column
from ...coerce import read_column
from ...forms.ends_told import agrees, is_one_of
from ..keys import Key
from ..money import quoted
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..recognise import Fit
from ..sheets import departures_of
from ..vocabulary import ENDED, admitted
from ..words import column_words
from .movements import are_movements, ended_movements
from .naming import name_rows
from .parts import first_named, left_out, part_of, status_of

__all__ = [
    "contract_events_part",
    "departed",
    "end_by_status",
    "end_of",
    "events_of_ended",
    "is_of_leavers",
    "row_each",
]


_ENDS = tuple(
    column_words(name)
    for name in (
        *(
            "ended at",
            "effective to",
            "end date",
            "subscription end date",
            "valid to",
            "churned at",
        ),
        *("churn date", "terminated at", "expires at", "expired at", "end", "cancelled at"),
        *("cancel date", "cancellation date", "deactivated at", "effective end date", "to date"),
        *("cancellation effective date", "service end date", "customer churned", "customer to"),
        *("to", "left at", "lost date", "deleted at", "cancelled", "ended", "terminated"),
        *("contract end date", "contract end", "term end date"),
    )
)

_FEW_ENDS, _MOST_TERMS, _MONTH_ENDS = 0.5, 0.3, 28


def departed(fit: Fit) -> Part | None:
    """Return when accounts left, where contracts with one row an account tell it.

    Parameters
    ----------
    fit : Fit
        Of ``contracts``.

    Returns
    -------
    Part or None
    """
    if fit.way is None or not row_each(fit):
        return None
    return next(departures_of(fit.table, Key(fit.table.name, fit.way.column)), None)


def row_each(fit: Fit) -> bool:
    """Say whether a table has one row an account, named by a column of its own.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    bool
    """
    way = fit.way
    return way is not None and not way.hops and fit.table.columns[way.column].unique


def end_of(table: TableProfile) -> ColumnProfile | None:
    """Return the time that is there for subscriptions that are over, and only for them.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    ColumnProfile or None
    """
    status = status_of(table)
    ended = admitted(status.looked_at, ENDED) if status else ()
    candidates = [c for c in table.filled if c.words in _ENDS and c.reads_as("time")]
    candidates.sort(key=lambda column: _ENDS.index(column.words))
    if status is None or not ended:
        return next(iter(candidates), None)
    over = is_one_of(table.looked_at[status.name], ended)
    return next((c for c in candidates if agrees(table.looked_at[c.name], over)), None)


def end_by_status(table: TableProfile) -> Take | None:
    """Return the ends of those that a status calls over, where running ones have an end as well.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    Take or None
    """
    column, status = _end_of_those_over(table), status_of(table)
    if column is None or status is None:
        return None
    words = ", ".join(f"'{w.strip().lower()}'" for w in admitted(status.looked_at, ENDED))
    state = quoted(status.name, "lower")
    formula = f"case when {state} in ({words}) then {quoted(column.name, 'moment')} end"
    why = f"{column.name!r} where {status.name!r} says that it is over"
    return Take("effective_to", formula=formula, why=why)


def _end_of_those_over(table: TableProfile) -> ColumnProfile | None:
    """Return an end that all have whom a status calls over."""
    status = status_of(table)
    ended = admitted(status.looked_at, ENDED) if status else ()
    if status is None or not ended:
        return None
    over = is_one_of(table.looked_at[status.name], ended)
    for column in (c for words in _ENDS for c in table.filled if c.words == words):
        given = pc.is_valid(as_text(table.looked_at[column.name])[0].filter(over))
        if column.reads_as("time") and pc.all(given).as_py():
            return column
    return None


def events_of_ended(fit: Fit) -> Part | None:
    """Return the ends of subscriptions as decisions, where a table holds one row each.

    Parameters
    ----------
    fit : Fit
        Of ``subscription_items``.

    Returns
    -------
    Part or None
        None where no column says when a subscription was cancelled.
    """
    names = (
        "canceled at",
        "cancelled at",
        "cancel date",
        "cancellation date",
        "churn date",
        "churned at",
        "customer churned",
        "cancellation effective date",
        "cancelled",
        "terminated",
    )
    if are_movements(fit.table):
        return ended_movements(fit)
    said = first_named(fit.table, "time", *names) or _irregular_end(fit)
    said = said or _end_of_those_over(fit.table)
    status = status_of(fit.table)
    key = fit.takes.get("item_id")
    if said is None or key is None or fit.way is None or fit.way.hops:
        return None
    why = "the day on which somebody cancelled"
    ended = admitted(status.looked_at, ENDED) if status else ()
    return Part(
        "contract_events",
        fit.table.name,
        (
            Take("event_id", key.source),
            Take("account_id", fit.way.column),
            Take("event_type", constant="cancelled"),
            Take("effective_at", said.name, why=why),
        ),
        only={status.name: ended} if status and ended else {},
        but_not=left_out(fit.table),
        filled=said.name,
    )


def _irregular_end(fit: Fit) -> ColumnProfile | None:
    """Return the ends that few have, on days that no term would end on: somebody has left."""
    begin, end = fit.takes.get("effective_from"), end_of(fit.table)
    if begin is None or not begin.source or end is None or end.filled > _FEW_ENDS * end.rows:
        return None
    read = (
        read_column(Column("t", "time"), fit.table.looked_at[name]).column.to_pandas()
        for name in (begin.source, end.name)
    )
    days = pd.DataFrame(dict(zip(("begin", "end"), read, strict=True))).dropna()
    apart = (days["end"].dt.day - days["begin"].dt.day).abs()
    on_terms = apart.le(1) | apart.ge(_MONTH_ENDS)
    return end if len(days) and on_terms.mean() < _MOST_TERMS else None


def contract_events_part(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Return what was said of contracts, by the words of the source.

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
    kind = takes.get("event_type")
    known = {"notice_received", "cancel_requested", "cancelled", "renewed", "churn_confirmed"}
    if kind is None or not fit.table.columns[kind.source].lowered & known:
        if not is_of_leavers(fit.table):
            return "nothing says which kind of event its rows are"
        takes["event_type"] = Take("event_type", constant="churn_confirmed")
    name_rows(fit, takes, "event_id", takes.get("effective_at"))
    return part_of(fit, takes)


def is_of_leavers(table: TableProfile) -> bool:
    """Say whether the name of a table is that of customers who have left.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    bool
    """
    return bool({"churn", "canceled", "churned", "lost"} & set(table.words))
