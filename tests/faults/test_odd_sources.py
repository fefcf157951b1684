"""Sources that are odd and whole, and such as cannot be read: one sentence, and no fault."""

import sqlite3

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import settings_text
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.yaml_file import load_yaml

KEYS = [f"a{number}" for number in range(8)]
TICKETS = pd.DataFrame(
    {"ticket_id": KEYS, "account_id": KEYS, "created_at": "2025-06-01", "priority": "high"}
)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "data"
    place.mkdir()
    pd.DataFrame({"account_id": KEYS, "name": KEYS}).to_csv(place / "accounts.csv", index=False)
    return place


def test_structures_and_lists_in_parquet_are_no_fault(folder):
    nested = {
        "context": [{"ip": "1", "tags": ["x"]}] * 8,
        "tags": [["x"]] * 8,
        "kept": pa.array([[("k", 1)]] * 8, pa.map_(pa.string(), pa.int32())),
    }
    table = pa.table(TICKETS.to_dict("list") | nested)
    pq.write_table(table, folder / "tickets.parquet")
    found = propose(folder)
    assert {part.table for part in found.parts} == {"accounts", "tickets"}
    assert read_tables(folder)["tickets"].num_rows == 8


def test_lists_inside_lists_without_end_are_one_sentence(folder):
    (folder / "tickets.json").write_text("[" * 100_000 + "]" * 100_000)
    (entry,) = (one for one in propose(folder).unread if one.broken)
    assert "lists inside lists" in entry.why
    with pytest.raises(SchemaError, match="lists inside lists"):
        read_tables(folder, Settings())


def test_a_file_may_have_a_line_break_in_its_name(folder, tmp_path):
    TICKETS.to_csv(folder / "support \n tickets: 'all' é.csv", index=False)
    found = propose(folder)
    (tmp_path / "churngrid.yaml").write_text(settings_text(found))
    settings = load_yaml(tmp_path / "churngrid.yaml", Settings)
    assert read_tables(folder, settings)["tickets"].num_rows == 8


def test_a_sqlite_database_is_named_as_one(tmp_path):
    with sqlite3.connect(tmp_path / "company.db") as connection:
        TICKETS.to_sql("tickets", connection, index=False)
    connection.close()
    with pytest.raises(SchemaError, match="is a SQLite database"):
        propose(tmp_path / "company.db")
