"""In which currency amounts are: by a column of codes, by signs beside them, by the name above."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pandas as pd

from ....schema.tables import table_spec
from ...coerce import currencies_of
from ...forms.number_forms import CURRENCY_SIGNS
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..words import column_words

__all__ = ["currency_of", "with_currency"]

_CURRENCY = tuple(
    column_words(name)
    for name in ("currency", "currency code", "currency iso code", "billing currency")
)
_ABOVE = re.compile(
    r"(?:^|[\s_(\[/-])(?P<sign>usd|eur|gbp|chf|cad|aud|jpy|sek|nok|dkk|inr|€|£|¥|\$)[)\]]?\s*$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'\("((?:[^"]|"")+)"\)')


def currency_of(tables: Mapping[str, TableProfile], parts: Iterable[Part] = ()) -> str | None:
    """Return the currency that tables name most, or None.

    Parameters
    ----------
    tables : mapping of str to TableProfile
    parts : iterable of Part
        Of whose amounts the signs count where no column has codes.

    Returns
    -------
    str or None
        ISO 4217, upper case. Codes in columns of their own count before signs beside amounts.
    """
    columns = [(table, column) for table in tables.values() for column in table.filled]
    for counted in (_codes(columns), _signs(_amounts(parts, tables))):
        if counted:
            return max(counted, key=lambda code: counted[code])
    return None


def with_currency(part: Part, table: TableProfile) -> Part:
    """Say in which currency the amounts of a part are, where no column of it does.

    Parameters
    ----------
    part : Part
    table : TableProfile
        Its source.

    Returns
    -------
    Part
    """
    spec = table_spec(part.table)
    there = {take.column for take in part.takes}
    if "currency" in there or "currency" not in {column.name for column in spec.columns}:
        return part
    for take in part.takes:
        column = table.columns.get(_source(take)) if take.column in spec.money else None
        said = _said(column) if column is not None else None
        if said is not None:
            takes = {one.column: one for one in (*part.takes, said)}
            ordered = (takes[one.name] for one in spec.columns if one.name in takes)
            return replace(part, takes=tuple(ordered))
    return part


def _amounts(
    parts: Iterable[Part], tables: Mapping[str, TableProfile]
) -> Iterator[tuple[TableProfile, ColumnProfile]]:
    """Yield the columns that amounts are read from."""
    for part in parts:
        table, money = tables[part.source], table_spec(part.table).money
        names = {_source(take) for take in part.takes if take.column in money}
        yield from ((table, table.columns[name]) for name in names if name in table.columns)


def _source(take: Take) -> str:
    """Return the column that an amount is read from."""
    found = _QUOTED.findall(take.formula)
    return take.source or (found[-1].replace('""', '"') if found else "")


def _said(column: ColumnProfile) -> Take | None:
    if column.currencies:
        name = column.name.replace('"', '""')
        why = f"by the signs beside {column.name!r}"
        return Take("currency", formula=f'currency("{name}")', why=why)
    above = _above(column)
    why = f"by the name of {column.name!r}"
    return Take("currency", constant=above, why=why) if above else None


def _above(column: ColumnProfile) -> str:
    found = _ABOVE.search(column.name)
    return CURRENCY_SIGNS[found["sign"].lower()] if found else ""


def _codes(columns: Iterable[tuple[TableProfile, ColumnProfile]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for table, column in columns:
        if column.words in _CURRENCY or "currency" in column.words:
            texts = pd.Series(table.looked_at[column.name].to_pylist()).dropna().astype(str)
            codes = texts.str.strip().str.upper()
            counted.update(code for code in codes if len(code) == 3 and code.isalpha())
    return counted


def _signs(columns: Iterable[tuple[TableProfile, ColumnProfile]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for table, column in columns:
        counted.update(_beside(table, column))
        if not column.currencies and (above := _above(column)):
            counted[above] += column.filled
    return counted


def _beside(table: TableProfile, column: ColumnProfile) -> Iterator[str]:
    found = currencies_of(table.looked_at[column.name]).to_pylist()
    return (code for code in found if code)
