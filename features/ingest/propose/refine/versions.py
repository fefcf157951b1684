"""Sources that keep what a thing was before: of its versions the current one is read."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ....arrays.plain_text import as_text
from ...forms.ends_told import is_one_of
from ...forms.words import FLAGS
from ...reshape.lines import newest_lines
from ..profiles import ColumnProfile, TableProfile, only_rows
from ..proposal import Part, Take
from ..roles import role_of
from ..words import column_words, ends_with

__all__ = ["of_today", "with_todays_rows"]

_CURRENT = tuple(
    column_words(name)
    for name in (
        *("_fivetran_active", "is latest version", "is latest", "is most recent record"),
        *("is most recent", "is current version", "is current record", "dbt is current"),
        *("latest version", "current version flag", "is current row"),
    )
)
"""Flags of the row that holds today."""
_MADE_AT = tuple(
    column_words(name)
    for name in (
        *("updated at", "last modified", "last modified date", "modified at", "updated date"),
        *("system modstamp", "last modified at", "updated", "row updated at", "fivetran start"),
    )
)
_OF_CHANGES = ("tickets", "usage_daily", "usage_events", "contract_events", "activities")
"""Roles of which earlier states, or each row, count."""
_KEPT_APART = frozenset({"changed_at", "known_at", "valid_from"})
"""Columns by which the contract itself tells versions apart."""


def of_today(part: Part, tables: Mapping[str, TableProfile]) -> Part:
    """Read of each thing, and of what it is looked up in, what holds today.

    Parameters
    ----------
    part : Part
    tables : mapping of str to TableProfile

    Returns
    -------
    Part
        As it was where no source keeps versions, or the contract keeps them apart by their time.
    """
    table = tables[part.source]
    part = replace(
        part,
        but_not={**_met(part, table), **part.but_not},
        takes=tuple(_looked_up_today(take, tables) for take in part.takes),
        beside={name: _today(look, tables) for name, look in part.beside.items()},
    )
    told = {take.column for take in part.takes if take.source and not take.constant}
    versions = table.versions
    if versions is None or part.lines_of or told & _KEPT_APART & _moved_by(part, versions[1]):
        return part
    return replace(part, lines_of=versions[0], newest_by=versions[1])


def with_todays_rows(table: TableProfile) -> TableProfile:
    """Look at the rows of a table that hold today, where it keeps what was before.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    TableProfile
        With what is left out said in ``superseded`` and ``versions``.
    """
    kept, superseded = np.ones(len(table.looked_at), dtype=bool), {}
    key = _named_by(table)
    # A row that alone says what a thing was has nothing newer beside it.
    repeated = key is not None and len(key.values) < key.filled
    for column in (c for c in table.columns.values() if repeated and c.words in _CURRENT):
        old = tuple(v for v in column.looked_at if v.strip().lower() in FLAGS["false"])
        if old and len(old) < len(column.values) and column.reads_as("flag"):
            superseded[column.name] = old
            kept &= ~np.asarray(
                is_one_of(as_text(table.looked_at[column.name])[0], old).fill_null(False)
            )
    table = replace(only_rows(table, kept), superseded=superseded)
    versions = _versions(table)
    if versions is None:
        return table
    key, moment = (table.looked_at[name] for name in versions)
    return replace(only_rows(table, newest_lines(key, moment)), versions=versions)


def _versions(table: TableProfile) -> tuple[str, str] | None:
    """Return the column of a thing that has several rows, and that of when each was made."""
    if table.is_long or any(ends_with(table.words, role_of(r).noun_words) for r in _OF_CHANGES):
        return None
    key = _named_by(table)
    moments = (c for words in _MADE_AT for c in table.columns.values() if c.words == words)
    moment = next((c for c in moments if c.reads_as("time")), None)
    if key is None or moment is None or key.filled < key.rows or len(key.values) == key.rows:
        return None
    return (key.name, moment.name) if _tell_rows(table, key, moment) else None


def _named_by(table: TableProfile) -> ColumnProfile | None:
    """Return the column that names what the rows of a table are, unique or not."""
    named = (("id",), (*table.words, "id"), (*table.words[-1:], "id"))
    return next((c for words in named for c in table.filled if c.words == words), None)


def _tell_rows(table: TableProfile, *columns: ColumnProfile) -> bool:
    """Say whether no two rows agree in some columns."""
    values = (table.looked_at[column.name].to_pylist() for column in columns)
    return len(set(zip(*values, strict=True))) == len(table.looked_at)


def _met(part: Part, table: TableProfile) -> Mapping[str, tuple[str, ...]]:
    return {name: values for name, values in table.superseded.items() if name not in part.only}


def _moved_by(part: Part, moment: str) -> set[str]:
    """Return the canonical columns that are told by the moment at which a version was made."""
    return {take.column for take in part.takes if take.source == moment}


def _looked_up_today(take: Take, tables: Mapping[str, TableProfile]) -> Take:
    return replace(take, lookup=_today(take.lookup, tables)) if take.lookup else take


def _today(look: Mapping[str, Any], tables: Mapping[str, TableProfile]) -> dict[str, object]:
    """Let a lookup, and the further ones behind it, meet today's rows only."""
    table = tables.get(str(look.get("table")))
    told = dict(look)
    if "then" in told:
        told["then"] = [_today(hop, tables) for hop in look["then"]]
    if table is None:
        return told
    if table.versions is not None and look.get("equals") == table.versions[0]:
        told["newest_by"] = table.versions[1]
    where = {
        column: [value for value in table.columns[column].looked_at if value not in gone]
        for column, gone in table.superseded.items()
    }
    if where:
        told["where"] = {**where, **dict(look.get("where") or {})}
    return told
