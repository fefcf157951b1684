"""One small company, read from every kind of source."""

import os
from dataclasses import replace

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.in_memory import FrameSource
from churngrid.features.ingest.read import open_source, read_tables
from churngrid.features.schema.tables import table_spec
from churngrid.features.schema.tableset import canonical_schema
from tests.features.deliveries import (
    IDS,
    arrow_tables,
    company,
    write_csv,
    write_csv_parts,
    write_duckdb,
    write_gzipped_csv,
    write_parquet,
    write_parquet_parts,
    write_semicolon_csv,
)

WRITERS = (
    *(write_csv, write_parquet, write_csv_parts, write_parquet_parts, write_gzipped_csv),
    *(write_semicolon_csv, write_duckdb, arrow_tables),
)


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_every_source_gives_the_tables_of_the_frames(write, tmp_path):
    expected = read_tables(company())
    tables = read_tables(write(tmp_path))
    assert list(tables) == list(expected)
    for name in expected:
        assert tables[name].schema.equals(canonical_schema(table_spec(name)))
        assert tables[name].equals(expected[name])
    assert without_examples(tables) == without_examples(expected)
    assert tables.rows_in == expected.rows_in
    assert tables.collected == expected.collected


def without_examples(tables):
    """Findings by their count; examples of a table read in pieces show canonical times."""
    return [replace(finding, examples=()) for finding in tables.findings]


def test_server_gives_the_tables_of_the_frames(postgres_url):
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(postgres_url) as connection, connection.cursor() as cursor:
        for name, frame in company().items():
            table = pa.Table.from_pandas(frame, preserve_index=False)
            cursor.adbc_ingest(name, table, mode="replace")
        connection.commit()
    try:
        tables, expected = read_tables(postgres_url), read_tables(company())
        for name in expected:
            assert tables[name].equals(expected[name])
    finally:
        with dbapi.connect(postgres_url) as connection, connection.cursor() as cursor:
            for name in company():
                cursor.execute(f"DROP TABLE {name}")
            connection.commit()


def test_identifiers_of_any_shape_come_through_unchanged():
    assert read_tables(company())["accounts"]["account_id"].to_pylist() == IDS


def test_frames_are_left_alone():
    frames = company()
    copies = {name: frame.copy() for name, frame in frames.items()}
    read_tables(frames)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, copies[name])


def test_path_may_be_text(tmp_path):
    assert "accounts" in read_tables(str(write_csv(tmp_path)))


def test_other_tables_and_columns_are_left_alone(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "notes.csv").write_bytes(b"\xff\xfe broken")
    (tmp_path / "readme.txt").write_text("not a table")
    tables = read_tables(tmp_path)
    assert list(tables) == ["accounts", "seats", "usage_daily"]
    assert "unused" not in tables["accounts"].column_names


def test_parts_may_lack_a_column_or_differ_in_type(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "tickets").mkdir()
    pq.write_table(
        pa.table({"ticket_id": [1], "account_id": ["a"], "created_at": ["2025-01-01"]}),
        tmp_path / "tickets" / "0.parquet",
    )
    pq.write_table(
        pa.table(
            {
                "ticket_id": ["t2"],
                "account_id": ["a"],
                "created_at": pa.array([0], pa.timestamp("s")),
                "priority": ["low"],
            }
        ),
        tmp_path / "tickets" / "1.parquet",
    )
    tickets = read_tables(tmp_path)["tickets"]
    assert tickets["ticket_id"].to_pylist() == ["1", "t2"]
    assert tickets["priority"].to_pylist() == [None, "low"]
    assert [moment.year for moment in tickets["created_at"].to_pylist()] == [2025, 1970]


def test_lines_with_too_many_or_too_few_values_are_put_aside(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "tickets").mkdir()
    for part in (1, 2):
        (tmp_path / "tickets" / f"{part}.csv").write_text(
            "ticket_id,account_id,created_at\n"
            f"t{part}1,a,2025-01-01\n"
            f"t{part}2,a\n"
            f"t{part}3,a,2025-01-01,more\n"
            f"t{part}4,a,2025-01-01\n"
        )
    tables = read_tables(tmp_path)
    assert tables["tickets"]["ticket_id"].to_pylist() == ["t11", "t14", "t21", "t24"]
    assert tables.rows_in["tickets"] == 8
    quarantine = tables.quarantine.to_pandas()
    assert quarantine["row"].tolist() == [1, 2, 5, 6]
    assert quarantine["reason"][0] == "line has 2 values, the header 3"
    assert quarantine["reason"][1] == "line has 4 values, the header 3"
    assert "t12,a" in quarantine["values"][0]
    finding = next(f for f in tables.findings if f.rule == "line has 2 values, the header 3")
    assert (finding.table, finding.count, finding.quarantined) == ("tickets", 2, True)


def test_rejected_line_is_counted_right_beyond_one_block_of_the_file(tmp_path):
    write_csv(tmp_path)
    lines = [f"t{n},a,2025-01-01" for n in range(100_000)]
    lines[99_990] = "broken"
    text = "\n".join(["ticket_id,account_id,created_at", *lines])
    (tmp_path / "tickets.csv").write_text(text)
    quarantine = read_tables(tmp_path).quarantine.to_pandas()
    assert quarantine[["row", "values"]].to_numpy().tolist() == [[99_990, '{"line": "broken"}']]


def test_broken_line_of_a_table_with_personal_columns_is_not_shown(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "people.csv").write_text("person_id,account_id,email_hash\np1,ann@example.com\n")
    (value,) = read_tables(tmp_path).quarantine["values"].to_pylist()
    assert value == '{"line": ""}'


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_csv_with_a_header_alone_is_an_empty_table(tmp_path, end):
    write_csv(tmp_path)
    (tmp_path / "tickets.csv").write_text(f"ticket_id,account_id,created_at{end}", newline="")
    assert read_tables(tmp_path)["tickets"].num_rows == 0


def test_csv_may_be_divided_by_bars(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "tickets.csv").write_text("ticket_id|account_id|created_at\nt|a|2025-02-01\n")
    assert read_tables(tmp_path)["tickets"]["ticket_id"].to_pylist() == ["t"]


def test_csv_may_end_its_lines_with_a_carriage_return_alone(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "tickets.csv").write_bytes(b"ticket_id,account_id,created_at\rt,a,2025-02-01\r")
    assert read_tables(tmp_path)["tickets"]["ticket_id"].to_pylist() == ["t"]


def test_a_pipe_in_the_folder_keeps_nobody_waiting(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "tickets.csv").unlink(missing_ok=True)
    os.mkfifo(tmp_path / "tickets.csv")
    assert "tickets" not in read_tables(tmp_path)


def test_duckdb_view_cannot_reach_other_files(tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("account_id\nsecret\n")
    path = write_duckdb(tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE accounts")
        connection.execute(f"CREATE VIEW accounts AS SELECT * FROM read_csv('{secret}')")
    with pytest.raises(SchemaError, match="cannot be read: "):
        read_tables(path)


def test_duckdb_tables_of_other_schemas_and_odd_names_are_read(tmp_path):
    path = write_duckdb(tmp_path)
    with duckdb.connect(str(path)) as connection:
        connection.execute('CREATE SCHEMA "crm ""x"""')
        connection.execute('CREATE TABLE "crm ""x"""."t;1" ("the ""id""" INTEGER)')
        connection.execute('INSERT INTO "crm ""x"""."t;1" VALUES (5)')
    source = open_source(path)
    assert source.read('crm "x".t;1', ('the "id"',)).table.to_pydict() == {'the "id"': [5]}
    source.close()


def test_duckdb_types_are_read(tmp_path):
    path = tmp_path / "types.db"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE accounts AS SELECT uuid() AS account_id, 1.50::DECIMAL(9, 2) AS "
            "employee_count, 'mid'::ENUM('mid', 'big') AS segment, DATE '2025-01-01' AS valid_from,"
            " TIMESTAMPTZ '2025-01-01 12:00:00+02' AS known_at"
        )
        connection.execute(
            "CREATE TABLE tickets AS SELECT 1::HUGEINT AS ticket_id, account_id, known_at AS "
            "created_at FROM accounts"
        )
    tables = read_tables(path)
    (account,) = tables["accounts"].to_pylist()
    assert len(account["account_id"]) == 36
    assert (account["employee_count"], account["segment"]) == (1.5, "mid")
    assert account["known_at"].hour == 10
    assert tables["tickets"]["ticket_id"].to_pylist() == ["1"]


def test_mixed_object_column_is_not_read_as_dates():
    frames = company()
    frames["usage_daily"] = frames["usage_daily"].astype({"date": object})
    frames["usage_daily"].loc[3, "date"] = 12_345.0
    tables = read_tables(frames)
    assert tables["usage_daily"].num_rows == 19
    assert tables.quarantine["reason"].to_pylist() == ["column `date`: not a time, got '12345'"]


@pytest.mark.parametrize("column", ["account_id", "created_at", "reopen_count", "status"])
@pytest.mark.parametrize("layout", ["runs", "text view", "bytes view"])
def test_rows_are_put_aside_whatever_the_layout_of_their_columns(layout, column):
    values = {
        "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2], pa.int32()), pa.array(["bad"])),
        "text view": pa.array(["bad"] * 2, pa.string_view()),
        "bytes view": pa.array([b"bad\xff"] * 2, pa.binary_view()),
    }[layout]
    sound = {"ticket_id": ["t", None], "account_id": ["a", "a"], "created_at": ["2025-02-01"] * 2}
    tickets = pa.table({**sound, column: values})
    frames = arrow_tables(None, company())
    tables = read_tables({**frames, "tickets": tickets})
    aside = tables.quarantine.num_rows
    assert aside == (2 if column in {"account_id", "created_at"} else 1)
    assert tables.rows_in["tickets"] == 2 == tables["tickets"].num_rows + aside


def test_source_of_frames_ignores_the_index():
    source = FrameSource({"t": pd.DataFrame({"a": [1, 2]}, index=[5, 5])})
    assert source.read("t", ("a",)).table.to_pydict() == {"a": [1, 2]}


class Columns:
    """A frame of another library: all that is known of it is Arrow's interface."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


def test_frames_of_other_libraries_are_taken_by_arrows_interface():
    texts = pa.array(["a", "b"]).cast(pa.string_view())
    source = FrameSource({"accounts": Columns(pa.table({"account_id": texts}))})
    assert source.columns("accounts") == ("account_id",)
    with pytest.raises(TypeError, match="must be a pandas or polars DataFrame or an Arrow table"):
        FrameSource({"accounts": [1]})
