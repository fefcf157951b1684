"""Dates such as 03/04/2025: decided by how the rest of the data writes dates, else asked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...coerce import form_of
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..roles import role_of

__all__ = ["questions", "with_dates_decided"]

_SHORT = re.compile(r"^\s*\d{1,2}([/.-])\d{1,2}\1\d{2,4}\b")
_ORDERS = ("day-first", "month-first")


def with_dates_decided(part: Part, tables: Mapping[str, TableProfile]) -> Part:
    """Say how dates are read that do not tell it themselves, where all others of the data agree.

    Parameters
    ----------
    part : Part
    tables : mapping of str to TableProfile

    Returns
    -------
    Part
        A decision is a guess: it says by which column it was made.
    """
    return replace(part, takes=tuple(_decided(part, take, tables) for take in part.takes))


def questions(parts: tuple[Part, ...], tables: Mapping[str, TableProfile]) -> Iterator[str]:
    """Ask for the form of dates that the data does not tell."""
    for part in parts:
        for take in part.takes:
            column = _open(part, take, tables)
            if column is not None and not take.form:
                yield (
                    f"`{take.source}` of {part.source!r}, such as {column.looked_at[0]!r}: is it "
                    f"{' or '.join(column.question)}? Say it under `tables.{part.table}.formats`: "
                    f"`{take.column}: {column.question[0]}`."
                )


def _open(part: Part, take: Take, tables: Mapping[str, TableProfile]) -> ColumnProfile | None:
    """Return the column of a time that may be read in two ways."""
    column = tables[part.source].columns.get(take.source)
    is_time = role_of(part.table).spec.column(take.column).kind == "time"
    return column if column is not None and is_time and column.question else None


def _decided(part: Part, take: Take, tables: Mapping[str, TableProfile]) -> Take:
    column = _open(part, take, tables)
    if column is None or set(column.question) != set(_ORDERS):
        return take
    told = dict(_orders(tables, _separator(column)))
    if len(set(told.values())) != 1:
        return take
    other, order = next(iter(told.items()))
    return replace(take, form=order, sure=False, why=f"{order}, as {other} is")


def _orders(tables: Mapping[str, TableProfile], separator: str) -> Iterator[tuple[str, str]]:
    """Yield the dates that tell their order, and it."""
    for table in tables.values():
        for column in table.filled:
            if separator and _separator(column) == separator and not column.question:
                names = form_of(column.sample, "time").names
                yield from (
                    (f"{column.name!r} of {table.name!r}", n) for n in names if n in _ORDERS
                )


def _separator(column: ColumnProfile) -> str:
    """Return what stands between day, month and year; empty where values are no such dates."""
    found = {m[1] if (m := _SHORT.match(value)) else "" for value in column.looked_at}
    return found.pop() if len(found) == 1 else ""
