"""Amounts in many currencies, beside which the source has them converted into one."""

from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ....schema.table_declaration import Column
from ....schema.tables import table_spec
from ...coerce import read_column
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take

__all__ = ["in_one_currency"]

_CONVERTED = frozenset(
    [
        *("converted", "base", "home", "company", "reporting", "corporate", "local", "group"),
        *("currency", "in", "usd", "eur", "gbp", "chf", "cad", "aud", "sek", "nok", "dkk"),
    ]
)
"""What a name has more than that of the amount it converts."""

_SAME, _FEWEST = 0.95, 3


def in_one_currency(part: Part, table: TableProfile) -> Part:
    """Take amounts as the source has converted them, where they are in several currencies.

    Parameters
    ----------
    part : Part
    table : TableProfile
        Its source.

    Returns
    -------
    Part
        As it was, unless a column beside an amount has the same values in the rows of one currency
        and others in the rest; that currency is then the only one.
    """
    takes = {take.column: take for take in part.takes}
    codes = table.columns.get(takes["currency"].source) if "currency" in takes else None
    if codes is None or len(codes.lowered) < 2:
        return part
    amounts = [takes[name] for name in table_spec(part.table).money if name in takes]
    found = {take.column: _converted(table, take, codes) for take in amounts}
    if not found or None in found.values():
        return part
    told = {name: one for name, one in found.items() if one is not None}
    currencies = {code for _, code in told.values()}
    if len(currencies) != 1:
        return part
    why = f"{codes.name!r} is of other amounts; these were converted"
    changed = {name: _read_from(takes[name], beside.name) for name, (beside, _) in told.items()}
    changed["currency"] = Take("currency", constant=currencies.pop(), sure=False, why=why)
    return replace(part, takes=tuple(changed.get(take.column, take) for take in part.takes))


def _converted(
    table: TableProfile, take: Take, codes: ColumnProfile
) -> tuple[ColumnProfile, str] | None:
    """Return the column that converts an amount, and the code of the currency it is in."""
    amount = table.columns.get(take.first_column)
    if amount is None:
        return None
    for column in table.filled:
        more = set(column.words) - set(amount.words)
        if more and more <= _CONVERTED and set(amount.words) <= set(column.words):
            code = _currency_of(table, amount, column, codes)
            if code:
                return column, code
    return None


def _currency_of(
    table: TableProfile, amount: ColumnProfile, beside: ColumnProfile, codes: ColumnProfile
) -> str:
    """Return the currency in whose rows two columns agree, if they differ in all the others."""
    rows = table.looked_at
    frame = pd.DataFrame(
        {
            "code": pd.Series(rows[codes.name].to_pylist(), dtype=object),
            "agree": _agree(rows[amount.name], rows[beside.name]).to_pandas(),
        }
    ).dropna()
    by_code = frame.assign(code=frame["code"].str.strip().str.upper()).groupby("code")["agree"]
    shares = by_code.agg(["mean", "size"])
    same = shares[(shares["mean"] >= _SAME) & (shares["size"] >= _FEWEST)]
    others = shares[shares["mean"] <= 1 - _SAME]
    whole = len(same) == 1 and len(others) and len(same) + len(others) == len(shares)
    return str(same.index[0]) if whole else ""


def _agree(amount: pa.ChunkedArray, beside: pa.ChunkedArray) -> pa.ChunkedArray:
    """Say row by row whether two amounts are the same; null where one is nothing or missing."""
    one, other = (read_column(Column("n", "number"), column).column for column in (amount, beside))
    apart = pc.abs(pc.subtract(one, other))
    same = pc.less_equal(apart, pc.multiply(pc.abs(one), 0.001))
    return pc.if_else(pc.not_equal(one, 0.0), same, pa.scalar(None, pa.bool_()))


def _read_from(take: Take, column: str) -> Take:
    quoted = column.replace('"', '""')
    old = take.first_column.replace('"', '""')
    formula = take.formula.replace(f'"{old}"', f'"{quoted}"')
    why = f"{column!r}: the same amounts in one currency"
    return replace(take, source=column if take.source else "", formula=formula, why=why)
