"""One file that cannot be read keeps no other from being read, and is named with the next step."""

import gzip

import pandas as pd
import pytest
import yaml

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import settings_text
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

KEYS = [f"acc-{number:04d}" for number in range(8)]
LOCKED = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)

BROKEN = {
    "usage.parquet": (b"no parquet", "cannot be read as Parquet"),
    "budget.xlsx": (LOCKED, "locked by a password"),
    "book.xlsx": (b"PK\x03\x04 torn", "not an Excel file"),
    "notes.json": (b'{"a": [1,', "neither JSON nor"),
    "empty.csv": (b"", "is empty"),
    "old.csv.gz": (b"no gzip", "cannot be read as CSV"),
    "torn.csv.gz": (gzip.compress(b"a,b\n1,2\n" * 999)[:40], "cannot be read as CSV"),
}


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "data"
    place.mkdir()
    accounts = pd.DataFrame({"account_id": KEYS, "name": KEYS})
    accounts.to_csv(place / "accounts.csv", index=False)
    tickets = pd.DataFrame({"ticket_id": KEYS, "account_id": KEYS, "created_at": "2025-06-01"})
    tickets.assign(priority="high").to_csv(place / "tickets.csv", index=False)
    return place


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_beside_others_is_named_and_they_are_read(folder, name):
    content, said = BROKEN[name]
    (folder / name).write_bytes(content)
    found = propose(folder)
    assert {part.table for part in found.parts} == {"accounts", "tickets"}
    (entry,) = (one for one in found.unread if one.broken)
    assert said in entry.why
    assert "mend it or take it away" in entry.why
    assert read_tables(folder, Settings())["tickets"].num_rows == 8


def test_a_link_to_nothing_and_one_to_its_own_folder_are_no_tables(folder):
    (folder / "gone.csv").symlink_to(folder / "nowhere.csv")
    (folder / "again").symlink_to(folder)
    found = propose(folder)
    assert [entry.table for entry in found.unread if entry.broken] == ["gone"]
    assert read_tables(folder, Settings())["tickets"].num_rows == 8


def test_a_table_all_of_whose_columns_have_one_name_is_no_fault(folder):
    (folder / "twice.csv").write_text("a,a\n1,2\n")
    found = propose(folder)
    assert {part.table for part in found.parts} == {"accounts", "tickets"}
    assert any("several columns named `a`" in note for note in found.notes)


def test_a_broken_table_of_the_contract_is_never_dropped_in_silence(folder):
    (folder / "tickets.csv").unlink()
    (folder / "tickets.parquet").write_bytes(b"no parquet")
    with pytest.raises(SchemaError, match=r"tickets\.parquet"):
        read_tables(folder, Settings())
    text = settings_text(propose(folder))
    assert "once it is mended, take away these two lines" in " ".join(text.replace("#", "").split())
    assert yaml.safe_load(text)["tables"]["tickets"] == {"skip": True}


def test_a_broken_month_breaks_the_table_of_all_months(folder):
    (folder / "tickets.csv").rename(folder / "tickets_2025-05.csv")
    (folder / "tickets_2025-06.csv").write_bytes(b"")
    with pytest.raises(SchemaError, match=r"tickets_2025-06\.csv"):
        read_tables(folder, Settings())


def test_a_folder_of_broken_files_alone_is_refused(tmp_path):
    (tmp_path / "tickets.csv").write_bytes(b"")
    with pytest.raises(SchemaError, match=r"tickets\.csv"):
        propose(tmp_path)


def test_a_locked_workbook_and_nothing_else_is_told_with_the_next_step(tmp_path):
    (tmp_path / "budget.xlsx").write_bytes(LOCKED)
    told = r"budget\.xlsx: locked by a password, or of an Excel before 2007: save it anew"
    with pytest.raises(SchemaError, match=told):
        propose(tmp_path)
