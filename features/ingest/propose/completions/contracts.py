"""Contracts, items and deals as sources have them: terms, prices, ends."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pyarrow.compute as pc

from ....arrays.plain_text import as_text
from ....schema.table_declaration import Column
from ...coerce import read_column
from ...forms.ends_told import agrees, is_one_of
from ...reshape.month_columns import VALUE
from ..columns import match_columns
from ..keys import Key
from ..money import Billed, annual, quoted
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..recognise import Fit
from ..roles import role_of
from ..sheets import departures_of, gone_without_day
from ..vocabulary import ENDED, NEVER_BEGAN, WON, admitted
from ..words import column_words
from .borrowed import monthly_with_plans
from .movements import are_movements, ended_movements, is_paid_afterwards
from .naming import name_items, name_rows
from .parts import YES, first_named, left_out, part_of, status_of
from .superseded import without_superseded

__all__ = [
    "HAPPENED",
    "contract_events_part",
    "contracts_part",
    "departed",
    "events_of_ended",
    "is_of_leavers",
    "items_part",
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
        *("to", "left at", "lost date", "deleted at"),
    )
)


_FEW_ENDS, _MOST_TERMS, _MONTH_ENDS = 0.5, 0.3, 28


HAPPENED = frozenset(
    words
    for table, column in (
        *(("tickets", "created_at"), ("invoices", "issued_at"), ("usage_events", "occurred_at")),
        *(("usage_daily", "date"), ("activities", "occurred_at")),
    )
    for words in role_of(table).column_words[column]
)
"""Names of times at which something happened, and which lie in no future."""


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
    if not {"acv", "tcv", "term_end", "term_months"} & takes.keys():
        return "no column says what a contract is worth or when it ends"
    name_rows(fit, takes, "contract_id", takes.get("term_start") or takes.get("term_end"))
    takes |= _begun(takes)
    return part_of(fit, takes, but_not=gone_without_day(fit.table) if _row_each(fit) else {})


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
    if fit.way is None or not _row_each(fit):
        return None
    return next(departures_of(fit.table, Key(fit.table.name, fit.way.column)), None)


def _are_named(fit: Fit, takes: Mapping[str, Take]) -> bool:
    """Say whether each row is another item, and none an earlier state of one."""
    item = takes.get("item_id")
    key = fit.table.columns.get(item.source) if item is not None else None
    return key is not None and key.unique


def _row_each(fit: Fit) -> bool:
    """Say whether a table has one row an account, named by a column of its own."""
    way = fit.way
    return way is not None and not way.hops and fit.table.columns[way.column].unique


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
    return part_of(fit, takes, only=won)


def _won(table: TableProfile) -> dict[str, tuple[str, ...]] | None:
    flag = first_named(table, "flag", "is won", "won", "is closed won")
    if flag is not None:
        return {flag.name: tuple(v for v in flag.looked_at if v.strip().lower() in YES)}
    for name in ("stage", "stage name", "deal stage", "status", "deal status", "outcome"):
        stage = first_named(table, "text", name)
        words = admitted(stage.looked_at, WON) if stage is not None else ()
        if stage is not None and words:
            return {stage.name: words}
    return None


def items_part(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Return what was bought for which time, from rows, months or deals that were won.

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
    billed = _billed(fit)
    mrr, ways = monthly_with_plans(fit, billed)
    if mrr is None:
        return "nothing tells for sure how much is paid a month"
    if are_movements(fit.table) and not is_paid_afterwards(fit, mrr):
        return "its amounts are changes, and none says what is paid afterwards"
    takes["mrr"] = mrr
    takes.pop("effective_to", None)
    end, month = _end_of(fit.table), _month_of_snapshots(fit, takes)
    over = _end_by_status(fit.table) if end is None else None
    if end is not None:
        takes["effective_to"] = Take("effective_to", end.name)
    elif over is not None:
        takes["effective_to"] = over
    elif month is not None:
        months, called = (3, "quarter") if fit.table.by_quarter else (1, "month")
        why = f"a row a {called}: a customer without a row in a {called} has left"
        formula = f"moment({month}) + interval {months} month"
        takes["effective_to"] = Take("effective_to", formula=formula, sure=False, why=why)
    if not name_items(fit, takes, by_month=month is not None):
        return "it has several rows an account and day, and no column tells what each is for"
    for name in ("unit_price", "contract_id"):
        takes.pop(name, None)
    status = status_of(fit.table)
    never = admitted(status.looked_at, NEVER_BEGAN) if status else ()
    left_out_ = {status.name: never} if status and never else {}
    if "effective_to" not in takes and _are_named(fit, takes):
        left_out_ |= gone_without_day(fit.table)
    zeros = _zeros(fit.table) if fit.table.is_long else ()
    part = part_of(fit, takes, but_not=left_out_ | ({VALUE: zeros} if zeros else {}))
    return without_superseded(replace(part, beside=ways), fit)


def _zeros(table: TableProfile) -> tuple[str, ...]:
    """Return how months without an amount are written."""
    values = table.columns[VALUE].looked_at
    return tuple(value for value in values if value.strip().strip("-").strip("0") in {"", ".", ","})


def _month_of_snapshots(fit: Fit, takes: Mapping[str, Take]) -> str | None:
    """Return the month, quoted, where a table repeats what is paid month by month."""
    start, way = takes.get("effective_from"), fit.way
    if start is None or not start.source or way is None or way.hops:
        return None
    rows = fit.table.looked_at
    moments = read_column(Column("t", "time"), rows[start.source]).column
    first_days = pc.all(pc.equal(pc.day(moments), 1)).as_py()
    repeated = 2 * len(fit.table.columns[way.column].values) <= len(rows)
    name = start.source.replace('"', '""')
    return f'"{name}"' if first_days and repeated else None


def _billed(fit: Fit) -> Billed | None:
    """Return what the accounts of a table of subscriptions are invoiced, if a table tells."""
    if fit.way is None or fit.way.hops:
        return None
    role = role_of("invoices")
    for table in fit.accounts.tables.values():
        way = fit.accounts.way_from(table.name)
        if table is fit.table or table.words not in role.noun_words or way is None or way.hops:
            continue
        amount = match_columns(role, table, taken={}).get("amount_due")
        if amount is None:
            continue
        keys = as_text(table.looked_at[way.column])[0].to_pylist()
        read = read_column(Column("n", "number"), table.looked_at[amount.source]).column.to_pylist()
        middle = pd.Series(read, index=keys, dtype=float).dropna().groupby(level=0).median()
        return Billed(fit.way.column, {str(key): value for key, value in middle.items()})
    return None


def _end_of(table: TableProfile) -> ColumnProfile | None:
    """Return the time that is there for subscriptions that are over, and only for them."""
    status = status_of(table)
    ended = admitted(status.looked_at, ENDED) if status else ()
    candidates = [c for c in table.filled if c.words in _ENDS and c.reads_as("time")]
    candidates.sort(key=lambda column: _ENDS.index(column.words))
    if status is None or not ended:
        return next(iter(candidates), None)
    over = is_one_of(table.looked_at[status.name], ended)
    return next((c for c in candidates if agrees(table.looked_at[c.name], over)), None)


def _end_by_status(table: TableProfile) -> Take | None:
    """Return the ends of those that a status calls over, where running ones have an end as well."""
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
    begin, end = fit.takes.get("effective_from"), _end_of(fit.table)
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
