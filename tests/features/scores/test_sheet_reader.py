import sys
from datetime import datetime

import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.scores.sheet_reader import read_sheet


def written(tmp_path, content, name="answers.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_whatever_divides_the_header_divides_the_rows(tmp_path, mark):
    text = mark.join(["a", "b", "c"]) + "\n" + mark.join(["1", " x y ", ""]) + "\n"
    sheet = read_sheet(written(tmp_path, text))
    assert (sheet.header, sheet.rows) == (("a", "b", "c"), ((2, ("1", "x y", "")),))


def test_empty_rows_are_left_out_and_lines_are_those_of_the_file(tmp_path):
    text = '\ufeffa,b\r\n,\r\n1,"two\r\nlines"\r\n3,4\r\n'
    sheet = read_sheet(written(tmp_path, text))
    assert sheet.header == ("a", "b")
    assert sheet.rows == ((3, ("1", "two\r\nlines")), (5, ("3", "4")))


def test_an_empty_file_has_an_empty_header(tmp_path):
    sheet = read_sheet(written(tmp_path, ""))
    assert (sheet.header, sheet.rows) == ((), ())


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"a\n\xff\n", "answers.csv", "must be UTF-8 text; save it as 'CSV UTF-8'"),
        ('a\n"open\n', "answers.csv", r"answers.csv:2: not valid CSV"),
        ("a", "answers.xls", "must be .csv or .xlsx"),
        (b"x" * 20_000_001, "answers.csv", "at most 20,000,000 bytes, got 20,000,001"),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path, content, name, message):
    with pytest.raises(SchemaError, match=message):
        read_sheet(written(tmp_path, content, name))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SchemaError, match=r"nowhere\.csv' cannot be read: No such file"):
        read_sheet(tmp_path / "nowhere.csv")


def test_excel_without_openpyxl_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(SchemaError, match=r"run `pip install 'churngrid\[excel\]'`, or save"):
        read_sheet(written(tmp_path, b"PK", "answers.xlsx"))


def test_excel_cells_become_the_text_that_a_person_sees(tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    book = openpyxl.Workbook()
    book.active.append(["account_id", "date", "at", "VC1", "VC2", None])
    book.active.append([7, datetime(2025, 6, 1), datetime(2025, 6, 1, 9, 30), 3.0, 2.5, None])
    book.save(tmp_path / "answers.xlsx")
    sheet = read_sheet(tmp_path / "answers.xlsx")
    assert sheet.header == ("account_id", "date", "at", "VC1", "VC2")
    assert sheet.rows == ((2, ("7", "2025-06-01", "2025-06-01T09:30:00", "3", "2.5")),)


def test_a_broken_excel_file_is_refused(tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    with pytest.raises(SchemaError, match="not an Excel file that can be read: File is not"):
        read_sheet(written(tmp_path, b"no", "answers.xlsx"))
