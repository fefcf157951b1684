"""Files as people and systems write them: encodings, titles, kinds of files, folders, months."""

import gzip
import json

import openpyxl
import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import open_source, read_tables

TICKETS = "ticket_id,account_id,created_at\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "accounts.csv").write_text("account_id,name\na,Alder\nb,Birch\n")
    (tmp_path / "tickets.csv").write_text(f"{TICKETS}t,a,2025-02-01\n")
    return tmp_path


def names(folder):
    return read_tables(folder)["accounts"]["name"].to_pylist()


def said(folder):
    return [finding.rule for finding in read_tables(folder).findings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_text_is_read_whatever_its_encoding(folder, encoding):
    text = "account_id,name\na,Müller €\nb,Ångström\n"
    (folder / "accounts.csv").write_bytes(text.encode(encoding))
    assert names(folder) == ["Müller €", "Ångström"]
    assert ("not UTF-8: read as Windows-1252" in said(folder)) == (encoding == "cp1252")


def test_one_broken_place_does_not_change_the_encoding_of_a_file(folder):
    text = "account_id,name\na,Müller\nb,Ångström\n".encode()
    (folder / "accounts.csv").write_bytes(text + b"c,Bro\xffken\n")
    assert names(folder) == ["Müller", "Ångström", "Bro\ufffdken"]
    assert "1 places are no text in UTF-8" in said(folder)


@pytest.mark.parametrize(
    ("above", "told"),
    [
        ("sep=;\n", None),
        ("\n\n", None),
        ("Customers of 2025\n\n", "'Customers of 2025'"),
        ("Customers, as of today\nConfidential;;;\n", "'Customers, as of today; Confidential'"),
    ],
)
def test_lines_above_the_column_names_are_left_out_and_told(folder, above, told):
    text = f"{above} account_id ;name;plan_tier;country\na;Alder;;\nb;Birch, Inc;;DE\n"
    (folder / "accounts.csv").write_text(text)
    assert names(folder) == ["Alder", "Birch, Inc"]
    remarks = [rule for rule in said(folder) if rule.startswith("lines above")]
    assert remarks == ([] if told is None else [f"lines above the column names left out: {told}"])


def test_lines_that_end_with_a_delimiter_are_whole(folder):
    (folder / "accounts.csv").write_text("account_id,name\na,Alder,\nb,Birch,\n")
    assert names(folder) == ["Alder", "Birch"]


def test_a_quote_that_nobody_closes_costs_one_line(folder):
    lines = [f'a{n},"{"" if n == 3 else "x"}{"y" if n == 3 else chr(34)}' for n in range(9)]
    (folder / "accounts.csv").write_text("\n".join(["account_id,name", *lines]) + "\n")
    (folder / "tickets.csv").write_text(f"{TICKETS}t,a1,2025-02-01\n")
    tables = read_tables(folder)
    assert tables["accounts"].num_rows == 8
    assert tables.quarantine["row"].to_pylist()[0] == 3
    assert tables.rows_in["accounts"] == 9


def test_text_in_quotes_may_span_lines(folder):
    (folder / "accounts.csv").write_bytes(b'account_id,name\na,"two\nlines"\nb,"\xff"\n')
    assert names(folder) == ["two\nlines", "ÿ"]


def test_json_lists_lines_and_answers_of_interfaces_are_tables(folder):
    (folder / "accounts.csv").unlink()
    rows = [{"account_id": "a", "name": "Alder"}, {"account_id": "b", "name": None}]
    texts = {
        "accounts.json": json.dumps(rows),
        "accounts.jsonl": "\n".join(map(json.dumps, rows)),
        "accounts.ndjson": "\n".join(map(json.dumps, rows)),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        assert names(folder) == ["Alder", None]
        (folder / name).unlink()
    (folder / "accounts.json").write_text(json.dumps({"object": "list", "data": rows}))
    assert names(folder) == ["Alder", None]
    (folder / "accounts.json").unlink()
    (folder / "accounts.json.gz").write_bytes(gzip.compress(json.dumps(rows).encode()))
    assert names(folder) == ["Alder", None]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_rows_that_airbyte_keeps_whole_are_unwrapped(tmp_path, ending):
    rows = [{"id": 1, "plan": {"amount": 5}}, {"id": 2, "plan": {"amount": 7}}]
    own = {"_airbyte_ab_id": "x", "_airbyte_emitted_at": "2026-01-01"}
    file = tmp_path / f"_airbyte_raw_subscriptions.{ending}"
    if ending == "csv":
        cells = [{**own, "_airbyte_data": json.dumps(row)} for row in rows]
        pd.DataFrame(cells).to_csv(file, index=False)
        with file.open("a") as more:
            more.write("x,2026-01-01,cut {short\n")
    else:
        file.write_text("\n".join(json.dumps({**own, "_airbyte_data": row}) for row in rows))
    source = open_source(tmp_path)
    (name,) = source.names()
    read = source.read(name, source.columns(name))
    assert read.table.to_pylist() == [{"id": 1, "plan.amount": 5}, {"id": 2, "plan.amount": 7}]
    assert len(read.rejected) == (ending == "csv")


def test_objects_inside_a_row_become_columns(tmp_path):
    row = {"id": 1, "plan": {"amount": 5, "product": {"name": "x"}}, "tags": ["a", "b"]}
    (tmp_path / "subscriptions.jsonl").write_text(json.dumps(row))
    source = open_source(tmp_path)
    columns = source.columns("subscriptions")
    assert columns == ("id", "plan.amount", "plan.product.name", "tags")
    assert source.read("subscriptions", columns).table.to_pylist() == [
        {"id": 1, "plan.amount": 5, "plan.product.name": "x", "tags": "a|b"}
    ]


def test_json_line_that_is_broken_is_put_aside(folder):
    (folder / "tickets.csv").unlink()
    good = json.dumps({"ticket_id": 1, "account_id": "a", "created_at": "2025-02-01"})
    (folder / "tickets.jsonl").write_text(f'{good}\n{{"ticket_id": 2,\n[1]\n')
    tables = read_tables(folder)
    assert tables["tickets"]["ticket_id"].to_pylist() == ["1"]
    assert tables.quarantine["row"].to_pylist() == [1, 2]
    assert tables.quarantine["reason"].to_pylist() == ["line is no JSON object"] * 2


def test_json_that_holds_no_rows_is_named(folder):
    (folder / "accounts.csv").unlink()
    (folder / "accounts.json").write_text("[1, 2]")
    with pytest.raises(SchemaError, match=r"accounts.json' must hold objects, one a row, got '1'"):
        read_tables(folder)
    (folder / "accounts.json").write_text("nothing")
    with pytest.raises(SchemaError, match=r"accounts.json' holds neither JSON nor a JSON object"):
        read_tables(folder)
    (folder / "accounts.json").write_bytes(b'[{"a": "\xff"}]')
    with pytest.raises(SchemaError, match="cannot be read as JSON: it is not UTF-8"):
        read_tables(folder)


def test_json_cut_short_inside_its_gzip_file_is_named(folder):
    (folder / "accounts.csv").unlink()
    raw = gzip.compress(b'{"account_id": "a"}\n' * 1_000)
    (folder / "accounts.jsonl.gz").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(SchemaError, match=r"accounts.jsonl.gz' is cut short, so that it cannot be"):
        read_tables(folder)


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_every_sheet_of_a_workbook_is_a_table(tmp_path):
    accounts = [["Our customers"], [], ["account_id", "name"], ["a", "Alder"], [], [2, "Birch"]]
    tickets = [["ticket_id", "account_id", "created_at"], [1, "a", pd.Timestamp("2025-02-01")]]
    workbook(tmp_path / "cs.xlsx", accounts=accounts, tickets=tickets, empty=[])
    for data in (tmp_path, tmp_path / "cs.xlsx"):
        tables = read_tables(data)
        assert tables["accounts"]["account_id"].to_pylist() == ["a", "2"]
        assert tables["tickets"]["created_at"].to_pylist() == [pd.Timestamp("2025-02-01", tz="UTC")]


def test_workbook_with_one_sheet_goes_by_its_name(folder):
    (folder / "accounts.csv").unlink()
    workbook(folder / "accounts.xlsx", Sheet1=[["account_id", "name"], ["a", "Alder"]])
    assert names(folder) == ["Alder"]


def test_file_that_is_no_workbook_is_named(folder):
    (folder / "accounts.csv").unlink()
    (folder / "accounts.xlsx").write_bytes(b"PK broken")
    with pytest.raises(SchemaError, match=r"accounts.xlsx: not an Excel file that can be read"):
        read_tables(folder)


def test_workbook_without_its_library_says_what_to_install(folder, monkeypatch):
    (folder / "accounts.csv").unlink()
    workbook(folder / "accounts.xlsx", Sheet1=[["account_id"], ["a"]])
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(
        SchemaError, match=r"accounts.xlsx: Excel files need openpyxl, which is not"
    ):
        read_tables(folder)


def test_sheet_and_file_of_one_name_are_refused(folder):
    sheet = [["account_id"], ["a"]]
    workbook(folder / "book.xlsx", accounts=sheet, tickets=sheet)
    with pytest.raises(SchemaError, match=r"is there twice in folder .*: in '.*' and '.*'. Keep"):
        read_tables(folder)


def test_files_of_months_are_one_table(folder):
    (folder / "tickets.csv").rename(folder / "tickets_2025-02.csv")
    (folder / "tickets_2025-03.csv").write_text(f"{TICKETS}u,b,2025-03-01\n")
    assert read_tables(folder)["tickets"]["ticket_id"].to_pylist() == ["t", "u"]


@pytest.mark.parametrize(
    "name",
    [
        *("tickets_2025-02", "tickets-20250201", "tickets 2025 Q1", "tickets_202502"),
        *("tickets_2025-02-01", "tickets_Feb-2025", "tickets.2025", "tickets_20250201_120000"),
    ],
)
def test_file_of_a_period_goes_by_its_table(folder, name):
    (folder / "tickets.csv").rename(folder / f"{name}.csv")
    assert "tickets" in read_tables(folder)


def test_file_of_a_period_beside_the_whole_table_stays_apart(folder):
    (folder / "tickets_2025-02.csv").write_text(f"{TICKETS}u,b,2025-03-01\n")
    assert open_source(folder).names() == ("accounts", "tickets", "tickets_2025-02")


def test_numbered_files_are_one_table_if_they_are_alike(folder):
    for n in (1, 2):
        (folder / f"events_{n}.csv").write_text("id,time\n1,2\n")
        (folder / f"report_{n}.csv").write_text(f"only{n}\n1\n")
    assert open_source(folder).names() == ("accounts", "events", "report_1", "report_2", "tickets")


def test_folders_of_systems_hold_tables_of_their_own(tmp_path):
    for system in ("crm", "billing"):
        (tmp_path / system).mkdir()
    (tmp_path / "crm" / "companies.csv").write_text("id,name\na,Alder\n")
    (tmp_path / "crm" / "contacts.csv").write_text("person,mail\n1,x\n")
    (tmp_path / "billing" / "companies.csv").write_text("customer,amount\na,1\n")
    names = open_source(tmp_path).names()
    assert names == ("billing/companies", "crm/companies", "contacts")


def test_folder_of_files_that_are_alike_is_one_table(tmp_path):
    (tmp_path / "customers").mkdir()
    for region in ("emea", "us"):
        (tmp_path / "customers" / f"{region}.csv").write_text(f"id,name\n{region},x\n")
    source = open_source(tmp_path)
    assert source.names() == ("customers",)
    assert source.read("customers", ("id",)).table["id"].to_pylist() == ["emea", "us"]


def sheet_of(folder, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "renewals.xlsx")
    source = open_source(folder)
    read = source.read("renewals", source.columns("renewals"))
    return [row["Account"] for row in read.table.to_pylist()], read.remarks


def test_headings_and_sums_between_the_rows_are_told_and_left_out(tmp_path):
    rows = [["Account", "ARR", "Owner", "Seats"], ["EAST"]]
    rows += [[name, 100, "Kim", 5] for name in ("Ada", "Bob", "Cid", "Total Gas")]
    rows += [["Subtotal East", 400, None, 20], ["WEST"]]
    rows += [[name, 10, "Lee", 5] for name in ("Dan", "Eve", "Fay", "Gus", "Hal")]
    rows += [["West total", 50], ["Grand total", 450]]
    names_, remarks = sheet_of(tmp_path, rows)
    assert names_ == ["Ada", "Bob", "Cid", "Total Gas", "Dan", "Eve", "Fay", "Gus", "Hal"]
    assert len(remarks) == 3
    assert "EAST; WEST" in remarks[-1]


def test_rows_of_which_little_is_known_are_no_headings(tmp_path):
    rows = [["Account", "ARR", "Owner"], *([name, None, None] for name in "ABC")]
    rows += [[name, 10, "Kim"] for name in "DEF"]
    assert sheet_of(tmp_path, rows)[0] == list("ABCDEF")


def test_a_sum_of_two_columns_is_known_by_what_it_adds_up(tmp_path):
    rows = [["Account", "ARR"], ["Total Gas", 5], ["Ada", 1], ["Total East", 6], ["Bob", 2]]
    assert sheet_of(tmp_path, rows)[0] == ["Total Gas", "Ada", "Bob"]


@pytest.mark.parametrize(
    "explains",
    [
        ["Start Date,Company", '"{""ImportId"":""startDate""}","{""ImportId"":""QID1""}"'],
        [",Open-Ended Response"],
    ],
)
def test_lines_that_explain_the_columns_are_no_answers(tmp_path, explains):
    lines = ["StartDate,Company", *explains, "2026-01-01,Ada", "2026-01-02,Bob,x", "2026-01-03,Cid"]
    (tmp_path / "answers.csv").write_text("\n".join(lines) + "\n")
    source = open_source(tmp_path)
    read = source.read("answers", source.columns("answers"))
    assert read.table["Company"].to_pylist() == ["Ada", "Cid"]
    assert [lost.row for lost in read.rejected] == [1]
    assert "explain" in read.remarks[-1]


def test_a_sum_above_the_foot_of_a_report_is_no_row(tmp_path):
    lines = ["Customer,Date,Amount", "Ada,2026-01-01,5", "Bob,2026-01-02,6"]
    lines += ["TOTAL,,11", '"Saturday, Oct 31, 2026"']
    (tmp_path / "invoices.csv").write_text("\n".join(lines) + "\n")
    source = open_source(tmp_path)
    read = source.read("invoices", source.columns("invoices"))
    assert read.table["Customer"].to_pylist() == ["Ada", "Bob"]
