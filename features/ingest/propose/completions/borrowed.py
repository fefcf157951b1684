"""What is paid a month where the price or the interval stands in a table of plans beside it."""

from collections.abc import Mapping
from dataclasses import replace

import pyarrow.compute as pc

from ....arrays.plain_text import as_text
from ...formulas import columns_in
from ..keys import Link
from ..money import Billed, has_amount, monthly, quoted
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Take
from ..recognise import Fit

__all__ = ["monthly_with_plans"]

Ways = dict[str, Mapping[str, object]]


def monthly_with_plans(fit: Fit, billed: Billed | None) -> tuple[Take | None, Ways]:
    """Return what is paid a month, with the help of one table that each row names if need be.

    Parameters
    ----------
    fit : Fit
        Of ``subscription_items``.
    billed : Billed or None
        As for ``monthly``.

    Returns
    -------
    Take or None
        None where nothing tells it.
    dict of str to mapping
        Names the borrowed columns and the way to them, as ``beside`` in the settings.
        A price of its own counts before that of the plan.
    """
    accounts, own = fit.accounts, monthly(fit.table, billed)
    if own is not None:
        return own, {}
    for link in accounts.links.of(fit.table.name):
        plans = accounts.tables[link.to.table]
        whole = link.named and link.to.unique and link.met == 1 and plans is not fit.table
        if not whole or (accounts.key is not None and link.to.table == accounts.key.table):
            continue
        lent, ways = _with_columns(fit.table, link, plans)
        mrr = monthly(lent, billed)
        if mrr is None:
            continue
        formula = mrr.formula or quoted(mrr.source)
        used = columns_in(formula, ways)
        why = "; ".join([*filter(None, [mrr.why]), f"each row names its plan in {plans.name!r}"])
        told = replace(mrr, source="", formula=formula, why=why)
        return told, {name: way for name, way in ways.items() if name in used}
    return None, {}


def _with_columns(
    table: TableProfile, link: Link, plans: TableProfile
) -> tuple[TableProfile, Ways]:
    """Return a table with the columns of the one that its rows name, and the ways to them."""
    own_price = has_amount(table)
    columns, rows, ways = dict(table.columns), table.looked_at, Ways()
    keys = as_text(plans.looked_at[link.to.column])[0]
    places = pc.index_in(as_text(rows[link.column])[0], value_set=keys.combine_chunks())
    for column in plans.filled:
        if column.name == link.to.column or (own_price and _is_amount(plans, column)):
            continue
        name = f"{plans.name} {column.name}"
        values = pc.take(as_text(plans.looked_at[column.name])[0], places)
        unique = pc.unique(pc.drop_null(values))
        filled = len(values) - values.null_count
        columns[name] = ColumnProfile(name, len(values), filled, unique, column.words)
        rows = rows.append_column(name, values)
        ways[name] = {
            **{"table": plans.name, "on": link.column},
            **{"equals": link.to.column, "take": column.name},
        }
    return replace(table, columns=columns, looked_at=rows), ways


def _is_amount(plans: TableProfile, column: ColumnProfile) -> bool:
    return has_amount(replace(plans, columns={column.name: column}))
