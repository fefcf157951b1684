"""What was bought for which time and what is paid for it a month, as sources have it."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pyarrow.compute as pc

from ....arrays.plain_text import as_text
from ....schema.table_declaration import Column
from ...coerce import read_column
from ...reshape.month_columns import MONTH, VALUE
from ..columns import match_columns
from ..money import Billed, as_was_paid
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..recognise import Fit
from ..roles import role_of
from ..sheets import gone_without_day, set_to_nothing
from ..vocabulary import NEVER_BEGAN, admitted
from .borrowed import monthly_with_plans
from .endings import end_by_status, end_of
from .movements import are_movements, change_of, is_paid_afterwards
from .naming import name_items
from .parts import part_of, status_of
from .superseded import without_superseded

__all__ = ["items_part"]

_OF_PERIODS = frozenset({"effective_to", "unit_price", "contract_id", "quantity"})
"""Columns that changes of an account's whole amount say nothing of."""


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
    change = change_of(fit)
    mrr, ways = monthly_with_plans(fit, _billed(fit))
    afterwards = mrr is not None and (not are_movements(fit.table) or is_paid_afterwards(fit, mrr))
    if change is not None and fit.way is not None and not afterwards:
        takes |= {"mrr": change, "item_id": Take("item_id", fit.way.column)}
        takes = {name: take for name, take in takes.items() if name not in _OF_PERIODS}
        return replace(part_of(fit, takes), changes=("mrr",))
    if mrr is None:
        return "nothing tells for sure how much is paid a month"
    if are_movements(fit.table) and not is_paid_afterwards(fit, mrr):
        return "its amounts are changes, and none says what is paid afterwards"
    takes["mrr"] = mrr
    takes.pop("effective_to", None)
    end, month = end_of(fit.table), _month_of_snapshots(fit, takes)
    takes |= _until(fit, end, month)
    if not name_items(fit, takes, by_month=month is not None):
        return "it has several rows an account and day, and no column tells what each is for"
    for name in ("unit_price", "contract_id"):
        takes.pop(name, None)
    takes["mrr"], hidden = _before_the_end(fit, mrr, end)
    zeros = _zeros(fit.table) if fit.table.is_long else ()
    nothing = _never_paid(fit, takes) | hidden | ({VALUE: zeros} if zeros else {})
    return without_superseded(replace(part_of(fit, takes, but_not=nothing), beside=ways), fit)


def _until(fit: Fit, end: ColumnProfile | None, month: str | None) -> dict[str, Take]:
    """Return until when each row is paid: by a column, by its status, or for the month it is of."""
    if end is not None:
        return {"effective_to": Take("effective_to", end.name)}
    over = end_by_status(fit.table)
    if over is not None:
        return {"effective_to": over}
    if month is None:
        return {}
    months = max(fit.table.months_each, 1)
    called = {1: "month", 3: "quarter", 12: "year"}[months]
    why = f"a row a {called}: a customer without a row in a {called} has left"
    formula = f"moment({month}) + interval {months} month"
    if called == "year":
        newest = max(fit.table.columns[MONTH].looked_at)
        formula = f"case when {month} < '{newest}' then {formula} end"
        why += f"; who has one in {newest} still pays"
    return {"effective_to": Take("effective_to", formula=formula, sure=False, why=why)}


def _before_the_end(
    fit: Fit, mrr: Take, end: ColumnProfile | None
) -> tuple[Take, dict[str, tuple[str, ...]]]:
    """Return what is paid, and the rows of those who left of whom nothing says what they paid."""
    hidden = set_to_nothing(fit.table, mrr, end) if end is not None else {}
    before = as_was_paid(fit.table, mrr, _billed(fit)) if hidden else None
    return (mrr, hidden) if before is None else (before, {})


def _never_paid(fit: Fit, takes: Mapping[str, Take]) -> dict[str, tuple[str, ...]]:
    """Return the rows of what nobody pays for: not begun, or over without a word of when."""
    status = status_of(fit.table)
    never = admitted(status.looked_at, NEVER_BEGAN) if status else ()
    rows = {status.name: never} if status and never else {}
    over = "effective_to" not in takes and _are_named(fit, takes)
    return rows | (gone_without_day(fit.table) if over else {})


def _are_named(fit: Fit, takes: Mapping[str, Take]) -> bool:
    """Say whether each row is another item, and none an earlier state of one."""
    item = takes.get("item_id")
    key = fit.table.columns.get(item.source) if item is not None else None
    return key is not None and key.unique


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
