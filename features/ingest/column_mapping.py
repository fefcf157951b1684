"""Which source table and columns each canonical table is read from."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from ..errors import SchemaError
from ..schema.settings import Settings
from ..schema.table_declaration import TableSpec
from ..schema.table_mapping import TableMapping
from ..schema.tables import FACT_TABLES, TABLES
from ..schema.tableset import Finding
from .formulas import columns_in
from .mapping_checks import (
    check_allowed,
    check_named_columns,
    check_names,
    check_repeats,
    check_required_columns,
    listed,
    need_column,
    need_table,
)
from .raw_rows import Source
from .reshape.month_columns import MONTH, VALUE, month_names
from .table_plan import ELSEWHERE, Plan, looks_of

__all__ = ["plan_tables", "unread_tables"]


_ALIKE = 0.85


def plan_tables(source: Source, settings: Settings) -> dict[str, Plan]:
    """Decide what is read from where.

    Parameters
    ----------
    source : Source
    settings : Settings

    Returns
    -------
    dict of str to Plan
        In the order of the contract; only tables that the source has. Without a table of accounts
        they are those that the other tables name.

    Raises
    ------
    SchemaError
        If the settings name something that does not exist, or a required table or column is
        missing.
    """
    check_names(settings)
    present = source.names()
    plans = {}
    for spec in TABLES:
        mapping = settings.mappings.get(spec.name, TableMapping())
        name = mapping.source or spec.name
        if not mapping.skip:
            check_allowed(name, spec.name, source)
        if mapping.skip or (name not in present and spec.name not in settings.mappings):
            continue
        further = []
        for part in mapping.also:
            need_table(part.source or "", f"{spec.name}.also.source", source)
            further.append(_plan(spec, part.source or "", part, source))
        need_table(name, f"{spec.name}.source", source)
        plan = _plan(spec, name, mapping, source)
        plans[spec.name] = replace(plan, also=tuple(further))
    _check_required(plans, source)
    return plans


def unread_tables(source: Source, plans: Mapping[str, Plan]) -> tuple[Finding, ...]:
    """Report source tables that look like a table of the contract but are not read as one.

    Parameters
    ----------
    source : Source
    plans : mapping of str to Plan

    Returns
    -------
    tuple of Finding
    """
    findings = []
    for spec in TABLES:
        meant = None if spec.name in plans else _closest_table(spec.name, source, plans)
        if meant is not None and meant != spec.name:
            rule = f"not read; did you mean the source table {meant!r}? Name it in the "
            findings.append(Finding(spec.name, "", f"{rule}settings under `tables`", 0))
    return tuple(findings)


def _closest_table(name: str, source: Source, plans: Mapping[str, Plan]) -> str | None:
    """Return the source table that is not read and whose name is nearly that of a canonical one."""
    parts = [part for plan in plans.values() for part in plan.parts]
    looks = [look for part in parts for look in looks_of(part.mapping).values()]
    read = {part.source for part in parts} | {hop.table for look in looks for hop in look.hops}
    free = {other.lower(): other for other in source.names() if other not in read}
    close = get_close_matches(name, free, n=1, cutoff=_ALIKE)
    return free[close[0]] if close else None


def _plan(spec: TableSpec, name: str, mapping: TableMapping, source: Source) -> Plan:
    present = _present(source, name, mapping)
    columns = {}
    in_any_case = {one.lower(): one for one in reversed(present)}
    for column in spec.columns:
        wanted = mapping.columns.get(column.name)
        if wanted is not None:
            need_column(wanted, present, f"{spec.name}.columns.{column.name}", name)
            columns[column.name] = wanted
        elif column.name in in_any_case and not _is_elsewhere(column.name, mapping):
            exact = column.name in present
            columns[column.name] = column.name if exact else in_any_case[column.name]
    plan = Plan(spec, name, columns, mapping, _computed_from(spec, name, mapping, present))
    check_named_columns(plan, present, source)
    check_required_columns(plan, present)
    check_repeats(plan, present)
    return plan


def _present(source: Source, name: str, mapping: TableMapping) -> tuple[str, ...]:
    """Return the columns that a mapping may name."""
    present = source.columns(name)
    if not mapping.month_columns:
        return present
    months = month_names(present)
    if not months:
        raise SchemaError(
            f"Source table {name!r} has no columns that are named by months, such as `Jan-24` or "
            f"`2024-01`, or by quarters, such as `Q1 2024`; it has {listed(present)}. Leave out "
            "`month_columns`."
        )
    return (*(one for one in present if one not in months), MONTH, VALUE)


def _computed_from(
    spec: TableSpec, name: str, mapping: TableMapping, present: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the source columns that formulas read; each has to be there."""
    asked: list[str] = []
    for column, formula in mapping.formulas.items():
        read = [one for one in columns_in(formula, present) if one not in mapping.beside]
        for one in read:
            need_column(one, present, f"{spec.name}.formulas.{column}", name)
        asked += read
    return tuple(dict.fromkeys(asked))


def _is_elsewhere(column: str, mapping: TableMapping) -> bool:
    return any(column in getattr(mapping, part) for part in ELSEWHERE)


def _check_required(plans: Mapping[str, Plan], source: Source) -> None:
    present = source.names()
    advice = (
        "Name your tables under `tables:` in the settings (`churngrid init --from` proposes it)."
    )
    flat = (
        "A flat table with a row a customer, an outcome and no dates needs no settings: "
        "`churngrid train FILE --target COLUMN --id COLUMN` learns from it, as does "
        "`churngrid.ChurnClassifier` in Python."
    )
    if not plans:
        raise SchemaError(
            f"No table of the contract was found in {source.label}; "
            f"{f'there are {listed(present)}' if present else 'it holds no table at all'}. "
            f"{advice} {flat}"
        )
    meant = _closest_table("accounts", source, plans)
    if "accounts" not in plans and meant is not None:
        raise SchemaError(
            f"Table `accounts` is missing in {source.label}; there are {listed(present)}. Did you "
            f"mean {meant!r}? {advice}"
        )
    if not any(name in plans for name in FACT_TABLES):
        raise SchemaError(
            f"Something that happened to accounts is required: one of {listed(FACT_TABLES)}; "
            f"none is in {source.label}, only {listed(present)}. {advice} {flat}"
        )
