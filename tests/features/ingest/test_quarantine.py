import csv

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.quarantine import write_quarantine
from churngrid.features.ingest.read import read_tables


def company(**ticket):
    return {
        "accounts": pd.DataFrame({"account_id": ["a"]}),
        "tickets": pd.DataFrame(
            {
                "ticket_id": ["good", ticket.get("ticket_id", "bad")],
                "account_id": ["a", "a"],
                "created_at": ["2025-01-01", ticket.get("created_at", "2025-01-01")],
            }
        ),
    }


def test_file_has_every_row_with_its_reason(tmp_path):
    tables = read_tables(company(ticket_id="=cmd|\"'!A1", created_at="\tnever\n"))
    path = write_quarantine(tables, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "quarantine.csv"
    with path.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row == {
        "table": "tickets",
        "row": "1",
        "reason": "column `created_at`: not a time, got '\\tnever\\n'",
        "key": "'=cmd|\"'!A1",
        "account_id": "a",
        "money": "",
        "values": '{"ticket_id": "=cmd|\\"\'!A1", "account_id": "a", "created_at": "\\tnever\\n"}',
    }
    assert [entry.name for entry in path.parent.iterdir()] == ["quarantine.csv"]


def test_older_file_does_not_outlive_the_faults(tmp_path):
    write_quarantine(read_tables(company(created_at="never")), tmp_path)
    assert write_quarantine(read_tables(company()), tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_place_that_is_a_file_is_refused(tmp_path):
    place = tmp_path / "notes"
    place.write_text("mine")
    with pytest.raises(SchemaError, match="is a file; name a folder for the rows put aside"):
        write_quarantine(read_tables(company(created_at="never")), place)
    assert place.read_text() == "mine"


def test_writing_again_gives_the_same_file(tmp_path):
    tables = read_tables(company(created_at="never"))
    first = write_quarantine(tables, tmp_path).read_bytes()
    assert write_quarantine(tables, tmp_path).read_bytes() == first
