"""Companies written by hand: tables from rows that name only what matters."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import pyarrow as pa
import pytest

from churngrid.features.schema.table_declaration import TableSpec
from churngrid.features.schema.tables import table_spec
from churngrid.features.schema.tableset import Tables, canonical_schema

Row = Mapping[str, object]
Company = Callable[..., Tables]


def _filled(row: Row, spec: TableSpec) -> dict[str, object]:
    """The row, known when it happened unless it says otherwise."""
    known = [row[name] for name in spec.known.columns if row.get(name) is not None]
    return {"known_at": row.get("known_at", known[0] if known else None)} | dict(row)


def _column(rows: Sequence[Row], field: pa.Field) -> pa.Array:
    values = [row.get(field.name) for row in rows]
    if pa.types.is_timestamp(field.type):
        whole = [None if at is None else pd.Timestamp(str(at)).value // 1000 for at in values]
        return pa.array(whole, pa.int64()).cast(field.type)
    return pa.array(values, field.type)


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    spec = table_spec(name)
    schema = canonical_schema(spec)
    filled = [_filled(row, spec) for row in rows]
    return pa.table([_column(filled, field) for field in schema], schema=schema)


def _company(*, first: str = "2020-01-01", last: str = "2026-01-01", **rows: list[Row]) -> Tables:
    """Tables of the given rows, with tickets of a bystander that span the time of the data."""
    opened = [
        {"ticket_id": at, "account_id": "bystander", "created_at": at} for at in (first, last)
    ]
    rows = {"tickets": opened} | rows
    named = {name: _table(name, listed) for name, listed in rows.items()}
    return Tables(named, currency="USD")


@pytest.fixture(scope="session")
def company() -> Company:
    return _company


@pytest.fixture(scope="session")
def pairs() -> Callable[..., pd.DataFrame]:
    """Rows of one account on some as-of dates."""

    def _pairs(*dates: str, account: str = "a") -> pd.DataFrame:
        return pd.DataFrame({"account_id": account, "as_of": pd.to_datetime(list(dates), utc=True)})

    return _pairs
