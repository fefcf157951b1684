"""Files that are too large inside, broken or edited at random: a sentence, never the machine."""

import gzip
import io
import json
import subprocess
import sys
import zipfile
from contextlib import suppress
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
import yaml

from churngrid.features.errors import SchemaError
from churngrid.features.ingest import folder as folder_source
from churngrid.features.ingest.files import delimited_text
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.excel_rows import ExcelBounds, excel_sheets
from churngrid.features.schema.settings import load_settings
from churngrid.features.scores.sheet_reader import read_sheet
from churngrid.serving.company.playbook_file import read_playbook
from tests.faults.edits import edited_bytes, edited_text

FUZZED = range(200)
ACCOUNTS = "account_id,name,customer_since\na,Alder,2024-01-01\nb,Birch,2024-02-01\n"
TICKETS = "ticket_id,account_id,created_at\n1,a,2024-05-01\n2,b,2024-06-01T12:00:00Z\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    (tmp_path / "tickets.csv").write_text(TICKETS)
    return tmp_path


def workbook(path, *cells):
    """A workbook with values at places such as ``"XFD1048576"``."""
    book = openpyxl.Workbook()
    for place, value in cells:
        book.active[place] = value
    book.save(path)
    return path


def small(path, **limits):
    return list(excel_sheets(path, ExcelBounds(**{**BOUNDS, **limits})))


BOUNDS = {"unpacked_bytes": 1_000_000, "columns": 50, "cells": 10_000}


# Excel


def test_one_cell_at_the_last_place_does_not_take_the_memory(tmp_path):
    path = workbook(tmp_path / "accounts.xlsx", ("A1", "account_id"), ("XFD1048576", "x"))
    assert path.stat().st_size < 10_000
    code = (
        "import sys; from pathlib import Path\n"
        "from churngrid.features.schema.excel_rows import excel_sheets\n"
        "from churngrid.features.errors import SchemaError\n"
        "def peak():\n"
        "    lines = Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
        "before = peak()\n"
        "try: list(excel_sheets(Path(sys.argv[1])))\n"
        "except SchemaError as error: print(error)\n"
        "print(peak() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    said, kilobytes = done.stdout.splitlines()
    assert "must have at most 2,000 columns, got 16,384" in said
    assert int(kilobytes) < 1_000_000


@pytest.mark.parametrize(
    ("cells", "limits", "message"),
    [
        ([("AZ1", 1)], {}, "at most 50 columns, got 52; save what is needed"),
        ([(f"A{n}", 1) for n in range(1, 12)], {"cells": 10}, "must have at most 10 cells"),
        ([("A1", "x" * 2_000)], {"unpacked_bytes": 2_000}, "must unpack to at most 2,000 bytes"),
    ],
)
def test_workbook_beyond_the_bounds_is_refused(tmp_path, cells, limits, message):
    path = workbook(tmp_path / "book.xlsx", *cells)
    with pytest.raises(SchemaError, match=message):
        small(path, **limits)


def test_bomb_in_a_workbook_is_not_unpacked(folder):
    path = workbook(folder / "accounts.xlsx", ("A1", "account_id"))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/media/zeros.bin", bytes(500_000_000))
    (folder / "accounts.csv").unlink()
    with pytest.raises(SchemaError, match="must unpack to at most 400,000,000 bytes"):
        read_tables(folder)


@pytest.mark.parametrize(
    "sheet",
    [
        b"<worksheet><sheetData><row>",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a0 'aaaaaaaaaa'>"
        + b"".join(b"<!ENTITY a%d '%s'>" % (n + 1, b"&a%d;" % n * 50) for n in range(8))
        + b"]><worksheet>&a8;</worksheet>",
        b"\x00\xff",
        b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        b"<sheetData><row r='x'><c r='A1' t='s'><v>99</v></c></row></sheetData></worksheet>",
    ],
)
def test_broken_part_of_a_workbook_is_one_sentence(tmp_path, sheet):
    path = workbook(tmp_path / "answers.xlsx", ("A1", "account_id"))
    with zipfile.ZipFile(path) as parts:
        kept = {name: parts.read(name) for name in parts.namelist()}
    with zipfile.ZipFile(path, "w") as parts:
        for name, content in {**kept, "xl/worksheets/sheet1.xml": sheet}.items():
            parts.writestr(name, content)
    with pytest.raises(SchemaError, match=r"answers.xlsx: not an Excel file that can be read"):
        read_sheet(path)


# CSV


@pytest.mark.parametrize("heading", ["x" * 200_000, "account_id,name," + '"' + "y" * 200_000])
def test_heading_without_end_is_one_sentence(folder, heading):
    (folder / "accounts.csv").write_text(f"{heading}\na,b\n")
    with pytest.raises(SchemaError):
        read_tables(folder)


def test_line_of_column_names_that_never_ends_is_not_read_whole(folder, monkeypatch):
    monkeypatch.setattr(delimited_text, "_LONGEST_HEAD", 1 << 18)
    (folder / "accounts.csv").write_text("x" * 600_000)
    with pytest.raises(SchemaError, match="line of column names must end within 262,144 bytes"):
        read_tables(folder)


class Counted(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    __hash__ = str.__hash__
    compared = 0

    def __eq__(self, other):
        Counted.compared += 1
        return str.__eq__(self, other)


def test_very_many_columns_cost_no_more_than_their_number(folder, monkeypatch):
    """Names are looked up and not searched for, which grew with the square of their number."""
    count, as_it_is = 5_000, folder_source.dialect_of

    def counted(path):
        dialect = as_it_is(path)
        return replace(dialect, header=tuple(map(Counted, dialect.header)))

    monkeypatch.setattr(folder_source, "dialect_of", counted)
    monkeypatch.setattr(Counted, "compared", 0)
    names = ",".join(f"c{n}" for n in range(count))
    (folder / "accounts.csv").write_text(f"account_id,{names}\na,{',' * (count - 1)}\n")
    assert read_tables(folder)["accounts"]["account_id"].to_pylist() == ["a"]
    assert 0 < Counted.compared < 50 * count


# Names of files that are something else


@pytest.mark.parametrize(
    "content",
    ["hunter2-s3cret\n", "root:hunter2-s3cret:0:0\n", "- hunter2-s3cret\n", "'hunter2-s3cret"],
)
def test_file_that_is_no_settings_is_not_echoed(tmp_path, content):
    path = tmp_path / "secret.yaml"
    path.write_text(content)
    for read in (load_settings, lambda path: read_playbook(path, ("status",))):
        with pytest.raises(SchemaError) as caught:
            read(path)
        assert "hunter2" not in str(caught.value)


# Random edits


def attempt(read, path):
    """Read what was edited: a result or a refusal is fine, anything else is a crash."""
    with suppress(SchemaError):
        read(path)


def originals():
    sheet = io.BytesIO()
    book = openpyxl.Workbook()
    for row in [
        ["account_id", "name", "customer_since"],
        ["a", "Alder", "2024-01-01"],
        ["b", 1, 2],
    ]:
        book.active.append(row)
    book.save(sheet)
    parquet = io.BytesIO()
    pd.read_csv(io.StringIO(ACCOUNTS)).to_parquet(parquet)
    rows = [{"account_id": "a", "name": "Alder"}, {"account_id": "b", "n": [1, {"x": None}]}]
    return {
        "csv": ACCOUNTS.encode(),
        "csv.gz": gzip.compress(ACCOUNTS.encode(), mtime=0),
        "parquet": parquet.getvalue(),
        "xlsx": sheet.getvalue(),
        "json": json.dumps(rows).encode(),
        "jsonl": "\n".join(map(json.dumps, rows)).encode(),
    }


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "xlsx", "json", "jsonl"])
def test_no_edit_of_a_table_crashes(folder, kind):
    (folder / "accounts.csv").unlink()
    whole = originals()[kind]
    for seed in FUZZED:
        (folder / f"accounts.{kind}").write_bytes(edited_bytes(whole, seed))
        attempt(read_tables, folder)


SETTINGS = {
    "horizon_days": 90,
    "currency": "EUR",
    "tables": {"accounts": {"source": "crm", "columns": {"account_id": "id"}}},
    "deny_ticket_categories": ["a", "b"],
}


def test_no_edit_of_settings_crashes(tmp_path):
    path, whole = tmp_path / "churngrid.yaml", yaml.safe_dump(SETTINGS)
    for seed in FUZZED:
        path.write_text(edited_text(whole, seed), encoding="utf-8")
        attempt(load_settings, path)
        path.write_bytes(edited_bytes(whole.encode(), seed))
        attempt(load_settings, path)


def test_no_edit_of_a_questionnaire_crashes(tmp_path):
    path = tmp_path / "answers.csv"
    whole = b"account_id,assessor,date,evidence,VC1 Mandate\na,Ann,2025-01-01,Q,3\n"
    for seed in FUZZED:
        path.write_bytes(edited_bytes(whole, seed))
        attempt(read_sheet, path)
