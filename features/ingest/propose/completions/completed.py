"""What a role needs beyond columns of the same meaning: kinds by name, filters, money by formula.

One small function a canonical table; each returns the finished part, or a sentence that says why
the table is better left out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from ....schema.table_declaration import Column
from ...coerce import read_column
from ..money import quoted
from ..own_numbers import period_of
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..recognise import Fit
from ..roles import role_of
from ..vocabulary import DESK_ROLES, OWN_STAFF, PAYABLE, SURVEYS, TYPES, admitted
from ..words import ends_with
from .contracts import contracts_part
from .endings import contract_events_part, is_of_leavers
from .items import items_part
from .naming import name_rows
from .parts import first_named, part_of, plain_part

__all__ = ["completed"]

_INVOICE_NAMES = ("invoice id", "invoice number", "invoice", "document number")
_LINE_AMOUNTS = (
    *("line total", "line amount", "line net amount", "net amount", "amount", "total price"),
    *("extended price", "total", "line item amount", "subtotal"),
)
_KINDS_OF_DOCUMENT = ("type", "invoice type", "transaction type", "document type", "record type")
_WHOLE = ("total", "invoice total", "total amount", "grand total", "total entered")
_FEWEST_LEFT, _MOSTLY_LEFT, _CENT = 2, 0.2, 0.01
_HAPPENED = frozenset(
    words
    for table, column in (
        *(("tickets", "created_at"), ("invoices", "issued_at"), ("usage_events", "occurred_at")),
        *(("usage_daily", "date"), ("activities", "occurred_at")),
    )
    for words in role_of(table).column_words[column]
)
"""Names of times at which something happened, and which lie in no future."""

_GONE = ("deleted", "spam", "trash")
_NPS_MOST, _CSAT_MOST = 10, 5


def completed(fit: Fit) -> Part | str:
    """Return a part with everything that its table needs, or why it is not proposed.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Part or str
    """
    if fit.role.table != "features" and fit.way is None:
        return "no column names the account of its rows"
    takes = dict(fit.takes)
    part = _COMPLETIONS.get(fit.role.table, plain_part)(fit, takes)
    if isinstance(part, str):
        return part
    missing = [
        column.name
        for column in fit.role.spec.columns
        if column.demanded and column.name not in {take.column for take in part.takes}
    ]
    if missing:
        return f"no column for {', '.join(f'`{name}`' for name in missing)}"
    return part


def _tickets(fit: Fit, takes: dict[str, Take]) -> Part | str:
    if _are_tasks(fit):
        return "its rows are due on a day and somebody's to do: tasks, and no requests of customers"
    # A table with one row a ticket shows what it is now: the last change says nothing about when
    # the ticket became known.
    key = takes.get("ticket_id")
    if key is not None and fit.table.columns[key.source].unique:
        takes.pop("changed_at", None)
    solved = takes.get("resolved_at")
    if "csat_score" in takes and "csat_at" not in takes and solved is not None and solved.source:
        why = "no column says when it was rated: taken from when it was resolved"
        takes["csat_at"] = Take("csat_at", solved.source, sure=False, why=why)
    status = takes.get("status")
    gone = admitted(fit.table.columns[status.source].looked_at, _GONE) if status else ()
    return part_of(fit, takes, but_not={status.source: gone} if status and gone else {})


def _are_tasks(fit: Fit) -> bool:
    """Say whether rows are what a company gives itself to do, by a day and somebody who owns it."""
    if ends_with(fit.table.words, fit.role.noun_words) is not None:
        return False
    due = first_named(fit.table, "time", "due date", "due", "due on", "due at", "deadline")
    owner = first_named(fit.table, "text", "owner", "owner name", "owner id", "task owner")
    return due is not None and owner is not None


def _people(fit: Fit, takes: dict[str, Take]) -> Part | str:
    if not {"valid_from", "known_at"} & takes.keys():
        takes |= _undated(fit)
    roles = takes.get("roles")
    if roles is None:
        return part_of(fit, takes)
    seen = fit.table.columns[roles.source].looked_at
    own = admitted(seen, OWN_STAFF)
    others = set(seen) - set(own)
    of_a_desk = own and others and admitted(seen, DESK_ROLES)
    return part_of(fit, takes, but_not={roles.source: own} if of_a_desk else {})


def _surveys(fit: Fit, takes: dict[str, Take]) -> Part | str:
    kind = _kind_of_survey(fit, takes)
    if kind is None:
        return "nothing says whether its scores are NPS, CSAT or CES"
    takes["survey_type"] = kind
    if "score" in takes and "responded_at" not in takes and "sent_at" in takes:
        # A list of answers has one date, that of the answer; when somebody was asked is not told.
        takes["responded_at"] = replace(takes["sent_at"], column="responded_at")
    if "comment" not in takes and (said := _in_own_words(fit.table, takes)) is not None:
        takes["comment"] = Take("comment", said.name, why="the question asks for a reason")
    if "sent_at" not in takes:
        takes |= _undated(fit)
    if "survey_id" not in takes and fit.way is not None:
        takes["survey_id"] = Take("survey_id", fit.way.column, sure=False, why="an answer each")
    return part_of(fit, takes)


def _in_own_words(table: TableProfile, takes: Mapping[str, Take]) -> ColumnProfile | None:
    """Return the column of a survey whose question asks for an answer in words."""
    used = {take.source for take in takes.values()}
    asked = (c for c in table.filled if c.name not in used and _ASKS & set(c.words))
    return next((column for column in asked if not column.reads_as("number")), None)


_UNDATED = {
    "survey_responses": (("sent_at", "responded_at"), "no column dates the answers: taken as of"),
    "people": (("valid_from",), "no column says since when they are known: taken as on"),
}
"""The times of rows that are of use without any, and what is said where none is there."""


def _undated(fit: Fit) -> dict[str, Take]:
    """Let rows without a date be of the newest day on which anything in the data happened."""
    newest = _newest_day(fit.accounts.tables.values())
    if not newest or any(column.is_dated for column in fit.table.filled):
        return {}
    names, said = _UNDATED[fit.role.table]
    why = f"{said} the newest day in the data"
    return {name: Take(name, constant=newest, sure=False, why=why) for name in names}


def _newest_day(tables: Iterable[TableProfile]) -> str:
    """Return the newest day on which anything happened; empty where nothing did."""
    newest: list[str] = []
    for table in tables:
        for column in table.filled:
            if column.words in _HAPPENED and column.reads_as("time"):
                moments = read_column(Column("t", "time"), table.looked_at[column.name]).column
                last = pc.max(moments).as_py()
                newest += [f"{last:%Y-%m-%d}"] if last else []
    return max(newest, default="")


def _kind_of_survey(fit: Fit, takes: Mapping[str, Take]) -> Take | None:
    given = takes.get("survey_type")
    if given is not None and fit.table.columns[given.source].lowered <= SURVEYS.keys():
        return given
    score = takes.get("score")
    said = [*fit.table.words, *(fit.table.columns[score.source].words if score else ())]
    for word, kind in SURVEYS.items():
        if word in said:
            return Take("survey_type", constant=kind)
    numbers = fit.table.columns[score.source].numbers if score else []
    if not numbers or min(numbers) < 0:
        return None
    if _CSAT_MOST < max(numbers) <= _NPS_MOST and (min(numbers) == 0 or max(numbers) > 7):
        return Take("survey_type", constant="nps", sure=False, why="scores go from 0 to 10")
    return None


def _invoices(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Make one invoice of its lines, where the table has a row for each of those."""
    payable = _payable(fit.table)
    if payable is None:
        return "its rows are bills that the company itself has to pay"
    takes |= _of_the_whole(fit.table, takes)
    key = takes.get("invoice_id")
    if key is not None and fit.table.columns[key.source].unique:
        number = None
    else:
        number = first_named(
            fit.table, "text", "invoice id", "invoice number", "invoice", "document number"
        )
    if number is None or number.unique or number.filled < number.rows:
        return part_of(fit, takes, but_not=payable)
    takes["invoice_id"] = Take("invoice_id", number.name)
    lines = first_named(fit.table, "number", *_LINE_AMOUNTS)
    total = takes.get("amount_due")
    if total is not None and total.source and _is_steady_within(fit.table, number, total.source):
        return replace(part_of(fit, takes, but_not=payable), lines_of=number.name)
    if lines is None:
        return "it has several lines an invoice, and no column says what each of them is worth"
    why = "the sum of its lines"
    takes["amount_due"] = Take("amount_due", lines.name, why=why)
    part = part_of(fit, takes, but_not=payable)
    return replace(part, lines_of=number.name, add_up=("amount_due",))


def _payable(table: TableProfile) -> dict[str, tuple[str, ...]] | None:
    """Return the rows of what the company has to pay: column and its values; None if all are."""
    kind = first_named(table, "text", *_KINDS_OF_DOCUMENT)
    found = admitted(kind.looked_at, PAYABLE) if kind is not None else ()
    if kind is None or not found:
        return {}
    return {kind.name: found} if len(found) < len(set(kind.looked_at)) else None


def _of_the_whole(table: TableProfile, takes: Mapping[str, Take]) -> dict[str, Take]:
    """Take the whole amount of invoices where the one that is due is only what is left of it."""
    due, paid = takes.get("amount_due"), takes.get("amount_paid")
    if paid is None:
        return _of_paid_ones(table, due)
    whole = first_named(table, "number", *_WHOLE)
    if due is None or not due.source or not paid.source or (whole and whole.name == due.source):
        return {}
    if whole is None:
        return _of_both(table, due, paid)
    rows = pd.DataFrame(
        {
            name: read_column(Column("n", "number"), table.looked_at[source]).column.to_pylist()
            for name, source in (("left", due.source), ("paid", paid.source), ("all", whole.name))
        }
    ).dropna()
    agrees = np.isclose(rows["left"] + rows["paid"], rows["all"]) & ~np.isclose(
        rows["left"], rows["all"]
    )
    if not len(rows) or agrees.sum() < _FEWEST_LEFT or agrees.mean() < _MOSTLY_LEFT:
        return {}
    why = f"{due.source!r} is what is left of it"
    return {"amount_due": Take("amount_due", whole.name, why=why)}


def _of_both(table: TableProfile, due: Take, paid: Take) -> dict[str, Take]:
    """Add up what is paid and what is left, where no column has the whole of an invoice."""
    left, given = (
        read_column(Column("n", "number"), table.looked_at[take.source]).column.to_pandas()
        for take in (due, paid)
    )
    if not (left.eq(0) & given.gt(0)).mean() >= _MOSTLY_LEFT:
        return {}
    formula = f"{quoted(due.source)} + {quoted(paid.source)}"
    why = f"{due.source!r} is what is left, {paid.source!r} what was paid"
    return {"amount_due": Take("amount_due", formula=formula, why=why)}


def _of_paid_ones(table: TableProfile, due: Take | None) -> dict[str, Take]:
    """Take the whole amount where nothing is left to pay of many invoices, and no column has more.

    No column says what was paid: what is left is never more than the whole, and often nothing.
    """
    whole = first_named(table, "number", "amount", "invoice amount", *_WHOLE)
    if due is None or not due.source or whole is None or whole.name == due.source:
        return {}
    left, all_ = (
        read_column(Column("n", "number"), table.looked_at[name]).column.to_pandas()
        for name in (due.source, whole.name)
    )
    nothing = left.eq(0) & all_.gt(0)
    if not (left <= all_ + _CENT).all() or nothing.mean() < _MOSTLY_LEFT:
        return {}
    why = f"{due.source!r} is what is left of it"
    return {"amount_due": Take("amount_due", whole.name, why=why)}


def _is_steady_within(table: TableProfile, key: ColumnProfile, name: str) -> bool:
    """Say whether all lines of a thing say the same."""
    rows = pd.DataFrame({n: table.looked_at[n].to_pylist() for n in {key.name, name}}).astype(str)
    return bool(rows.groupby(key.name)[name].nunique().max() == 1)


def _activities(fit: Fit, takes: dict[str, Take]) -> Part | str:
    kind = takes.get("type")
    noun = fit.table.words[-1] if fit.table.words else ""
    if kind is not None and not fit.table.columns[kind.source].lowered & TYPES.keys():
        takes.pop("type")
    if "type" not in takes and noun in TYPES:
        takes["type"] = Take("type", constant=TYPES[noun], sure=noun == TYPES[noun])
    if noun in _MET or _has_guests(fit.table):
        name_rows(fit, takes, "activity_id", takes.get("occurred_at") or takes.get("scheduled_at"))
    if not {"occurred_at", "scheduled_at", "logged_at"} & takes.keys():
        return "no column says when what it lists took place"
    return part_of(fit, takes)


_MET = frozenset({"meeting", "call", "touchpoint", "interaction", "visit", "qbr"})
"""What tables of talks are called whose rows need no id to be told from others of that day."""


_INVITED = frozenset({"invitee", "attendee", "organizer", "host"})
"""Who comes to meetings; nobody is invited to the use of a product."""


def _has_guests(table: TableProfile) -> bool:
    return any(set(column.words) & _INVITED for column in table.filled)


def _events(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Rows with a name and a time may be anything: a person, or the name of the table, tells."""
    if "product_user_id" not in takes and not ends_with(fit.table.words, fit.role.noun_words):
        return "neither its name nor a person says that the product was used"
    if is_of_leavers(fit.table):
        return "its name is that of customers who left"
    if first_named(fit.table, "time", "due date", "deadline") is not None:
        return "its rows are due on a day, so that they are planned and not uses"
    if _has_guests(fit.table):
        return "somebody is invited to its rows, so that they are meetings and not uses"
    return part_of(fit, takes)


def _usage_daily(fit: Fit, takes: dict[str, Take]) -> Part | str:
    date = takes.get("date")
    whose = fit.way.column if fit.way is not None else ""
    day = fit.table.columns[date.source] if date is not None and date.source else None
    period = period_of(fit.table, day, whose) if day is not None else ""
    if period in {"month", "quarter"} and "product_user_id" not in takes:
        return f"it has a row a {period} and none a day: name its columns under `extra`"
    if period in _OVER and date is not None and "known_at" not in takes:
        over = f"{quoted(date.source, 'moment')} + interval {_OVER[period]}"
        why = f"a row is of a {period} that begins on {date.source!r}, and known when it is over"
        takes["known_at"] = Take("known_at", formula=over, sure=False, why=why)
    return replace(part_of(fit, takes), row_id=_numbered_by(fit.table, takes))


def _numbered_by(table: TableProfile, takes: Mapping[str, Take]) -> str:
    """Return the column that numbers rows, so that two that say the same are two; empty if none."""
    used = {take.source for take in takes.values()}
    ids = (c for c in table.filled if c.unique and c.could_be_id and c.words[-1:] == ("id",))
    return next((column.name for column in ids if column.name not in used), "")


_ASKS = frozenset({"reason", "why", "improve", "feedback", "comment", "tell", "explain"})
"""Words of a question that is answered in words."""

_OVER = {"week": "7 day", "month": "1 month", "quarter": "3 month"}


_COMPLETIONS: dict[str, Callable[[Fit, dict[str, Take]], Part | str]] = {
    "people": _people,
    "contracts": contracts_part,
    "subscription_items": items_part,
    "contract_events": contract_events_part,
    "invoices": _invoices,
    "usage_daily": _usage_daily,
    "usage_events": _events,
    "tickets": _tickets,
    "survey_responses": _surveys,
    "activities": _activities,
}
