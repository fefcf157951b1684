"""Sources that cannot be read, and tables and columns that are missing."""

import gzip

import pandas as pd
import pyarrow as pa
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from tests.features.deliveries import (
    arrow_tables,
    company,
    write_csv,
    write_gzipped_csv,
    write_parquet,
)

# ---- sources that cannot be read ------------------------------------------------------------


def test_missing_path_is_named(tmp_path):
    with pytest.raises(SchemaError, match=r"There is no folder or file '.*nowhere'"):
        read_tables(tmp_path / "nowhere")


def test_single_file_is_no_company(tmp_path):
    write_csv(tmp_path)
    with pytest.raises(SchemaError, match="is one table; give the folder with all of them"):
        read_tables(tmp_path / "accounts.csv")


def test_other_file_is_no_source(tmp_path):
    (tmp_path / "data.docx").touch()
    with pytest.raises(SchemaError, match="neither a folder of Parquet, CSV, JSON or Excel files"):
        read_tables(tmp_path / "data.docx")


def test_file_that_is_no_duckdb_file_is_refused(tmp_path):
    (tmp_path / "data.duckdb").write_bytes(b"not a database" * 100)
    with pytest.raises(SchemaError, match=r"DuckDB file '.*data.duckdb' cannot be opened"):
        read_tables(tmp_path / "data.duckdb")


@pytest.mark.parametrize("data", [None, 5, ["accounts"]])
def test_other_arguments_are_refused(data):
    with pytest.raises(TypeError, match="`data` must be a folder, a DuckDB file, a database URL"):
        read_tables(data)


def test_mapping_of_something_else_is_refused():
    with pytest.raises(
        TypeError, match=r"`data\['accounts'\]` must be a pandas or polars DataFrame"
    ):
        read_tables({"accounts": [1]})


def test_table_that_is_there_twice_is_refused(tmp_path):
    write_csv(tmp_path)
    write_parquet(tmp_path)
    with pytest.raises(SchemaError, match=r"'accounts' is there twice .*accounts.csv.*Keep one"):
        read_tables(tmp_path)


def test_broken_parquet_file_is_named(tmp_path):
    write_parquet(tmp_path)
    (tmp_path / "accounts.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(SchemaError, match=r"accounts.parquet' cannot be read as Parquet: \S"):
        read_tables(tmp_path)


def test_parquet_file_cut_short_is_named(tmp_path):
    write_parquet(tmp_path)
    path = tmp_path / "usage_daily.parquet"
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + b"\x00" * (len(raw) - 1_500) + raw[-1_496:])
    with pytest.raises(SchemaError, match=r"usage_daily.parquet' cannot be read as Parquet: \S"):
        read_tables(tmp_path)


def test_nobody_is_told_to_leave_out_the_accounts(tmp_path):
    write_csv(tmp_path)
    (tmp_path / "accounts.csv").write_text("acount_id\na\n")
    with pytest.raises(SchemaError, match=r"Did you mean 'acount_id'.* in the settings\.$"):
        read_tables(tmp_path)
    write_csv(tmp_path)
    (tmp_path / "tickets.csv").write_text("tid,account_id,created_at\n")
    with pytest.raises(
        SchemaError, match=r"leave the table out with `tables.tickets.skip: true`\.$"
    ):
        read_tables(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"])
def test_csv_without_a_header_is_named(tmp_path, content):
    write_csv(tmp_path)
    (tmp_path / "accounts.csv").write_bytes(content)
    with pytest.raises(SchemaError, match=r"accounts.csv' is empty: it has not even a line"):
        read_tables(tmp_path)


def test_broken_gzip_file_is_named(tmp_path):
    write_gzipped_csv(tmp_path)
    raw = gzip.compress(b"account_id\n" * 1_000)
    (tmp_path / "accounts.csv.gz").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(SchemaError, match=r"accounts.csv.gz' cannot be read as CSV"):
        read_tables(tmp_path)


@pytest.mark.parametrize("write", [write_csv, arrow_tables], ids=["csv", "arrow"])
def test_column_that_is_there_twice_is_refused(write, tmp_path):
    if write is write_csv:
        data = write_csv(tmp_path)
        (data / "accounts.csv").write_text("account_id,account_id\na,b\n")
    else:
        data = arrow_tables(None)
        data["accounts"] = pa.table([["a"], ["b"]], names=["account_id", "account_id"])
    with pytest.raises(SchemaError, match="'accounts' has 2 columns named 'account_id'"):
        read_tables(data)


# ---- tables and columns that are missing ------------------------------------------------------


def test_folder_without_tables_says_what_is_there(tmp_path):
    (tmp_path / "notes.csv").write_text("a\n1\n")
    with pytest.raises(SchemaError, match=r"No table of the contract .*\['notes'\]"):
        read_tables(tmp_path)


def test_missing_accounts_say_what_was_probably_meant():
    frames = company()
    frames["acounts"] = frames.pop("accounts")
    with pytest.raises(SchemaError, match=r"`accounts` is missing .* Did you mean 'acounts'"):
        read_tables(frames)


def only(*names):
    return {name: table for name, table in company().items() if name in names}


def test_something_that_happened_is_required():
    with pytest.raises(
        SchemaError, match=r"one of \['contracts', 'subscription_items', 'contract_"
    ):
        read_tables(only("accounts", "people", "features"))


def test_without_a_table_of_accounts_they_are_those_that_others_name():
    tables = read_tables(only("usage_daily"))
    used = set(only("usage_daily")["usage_daily"]["account_id"])
    assert set(tables["accounts"]["account_id"].to_pylist()) == used
    told = [finding.rule for finding in tables.findings if finding.table == "accounts"]
    assert "no such table: accounts are those that `usage_daily` name" in told


def test_a_flat_table_is_shown_the_way_to_the_classifier():
    with pytest.raises(
        SchemaError, match=r"flat table with a row a customer.*`churngrid train FILE"
    ):
        read_tables({"accounts": company()["accounts"]})


def test_missing_required_column_names_the_setting_that_maps_it():
    frames = company()
    frames["usage_daily"] = frames["usage_daily"].rename(columns={"date": "dates"})
    message = (
        r"Table `usage_daily` .* lacks the required column `date`; it has \['account_id', .*"
        r"Did you mean 'dates'\? .*`tables.usage_daily.columns.date` .*`tables.usage_daily.skip"
    )
    with pytest.raises(SchemaError, match=message):
        read_tables(frames)


@pytest.mark.parametrize("name", ["accounts", "usage_daily"])
def test_empty_required_table_is_refused(name):
    frames = only("accounts", "usage_daily")
    frames[name] = frames[name].head(0)
    with pytest.raises(SchemaError, match=f"Required table `{name}` .* has no rows"):
        read_tables(frames)


def test_empty_activity_is_no_error_beside_another_one():
    frames = company()
    frames["tickets"] = pd.DataFrame({"ticket_id": [], "account_id": [], "created_at": []})
    assert read_tables(frames)["tickets"].num_rows == 0


def test_table_that_was_not_delivered_is_named():
    with pytest.raises(SchemaError, match=r"Table 'goals' was not delivered; there are \['acc"):
        _ = read_tables(company())["goals"]


def test_required_table_of_which_nothing_is_left_says_why():
    frames = company()
    frames["accounts"]["account_id"] = [{"n": n} for n in range(5)]
    message = (
        "Nothing is left of required table `accounts` .* 5 rows .* 5 of them because column `a"
    )
    with pytest.raises(SchemaError, match=message):
        read_tables(frames)


def test_activity_of_unknown_accounts_alone_says_why():
    frames = only("accounts", "usage_daily")
    frames["usage_daily"]["account_id"] = "nobody"
    with pytest.raises(SchemaError, match="because column `account_id`: account unknown"):
        read_tables(frames)


def test_lists_in_messages_stay_short():
    frames = company()
    frames["accounts"] = pd.DataFrame({f"column_{n}": [1] for n in range(200)})
    with pytest.raises(SchemaError, match="and 170 more") as caught:
        read_tables(frames)
    assert len(str(caught.value)) < 1_200
