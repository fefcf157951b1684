"""Accounts of a source that has no table of them: those that its other tables name."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.plain_text import as_text
from ..schema.settings import TableMapping
from ..schema.tables import table_spec
from ..schema.tableset import Finding
from .column_mapping import Delivery, Plan, fetch
from .raw_rows import Places, Source

__all__ = ["named_accounts", "plans_naming", "told_of_names"]


_ID = "account_id"


def plans_naming(plans: Mapping[str, Plan]) -> dict[str, Plan]:
    """Return how the accounts are read that tables name, by table.

    Parameters
    ----------
    plans : mapping of str to Plan

    Returns
    -------
    dict of str to Plan
        Empty where there is a table of accounts.
    """
    if "accounts" in plans:
        return {}
    found = {name: plan for name, plan in plans.items() if _ID in plan.collected}
    return {name: _ids_only(plan) for name, plan in found.items()}


def named_accounts(source: Source, plans: Mapping[str, Plan]) -> Iterator[Delivery]:
    """Read the accounts that tables name, each once.

    Parameters
    ----------
    source : Source
    plans : mapping of str to Plan
        From ``plans_naming``.

    Yields
    ------
    Delivery
        One, of the table ``accounts``, in the order in which ids come.
    """
    ids = [
        pc.unique(as_text(delivery.table[_ID])[0])
        for plan in plans.values()
        for delivery in fetch(source, plan)
        if _ID in delivery.table.column_names
    ]
    unique = pc.drop_null(pc.unique(pa.chunked_array(ids, pa.string())))
    plan = Plan(table_spec("accounts"), ", ".join(plans), {_ID: _ID}, TableMapping())
    yield Delivery(plan, pa.table({_ID: unique}), Places.upto(len(unique)))


def told_of_names(plans: Mapping[str, Plan]) -> tuple[Finding, ...]:
    """Say that accounts are only those that other tables name.

    Parameters
    ----------
    plans : mapping of str to Plan
        From ``plans_naming``.

    Returns
    -------
    tuple of Finding
    """
    if not plans:
        return ()
    named = ", ".join(f"`{name}`" for name in plans)
    return (Finding("accounts", "", f"no such table: accounts are those that {named} name", 0),)


def _ids_only(plan: Plan) -> Plan:
    """Read nothing of a plan but whose its rows are."""
    mapping = plan.mapping.model_copy(
        update={
            "constants": {k: v for k, v in plan.mapping.constants.items() if k == _ID},
            "lookup": {k: v for k, v in plan.mapping.lookup.items() if k == _ID},
            "formulas": {k: v for k, v in plan.mapping.formulas.items() if k == _ID},
            "row_id": None,
            "item_id": None,
        }
    )
    columns = {name: column for name, column in plan.columns.items() if name == _ID}
    also = tuple(_ids_only(part) for part in plan.also)
    return replace(plan, columns=columns, mapping=mapping, also=also)
