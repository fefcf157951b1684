from dataclasses import FrozenInstanceError

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churngrid.demo import build_company, write_company
from churngrid.features.schema.tables import TABLES, table_spec

STAND_IN = ("usage_events", "labels", "exchange_rates", "account_numbers")
NAMES = [spec.name for spec in TABLES if spec.name not in STAND_IN]
END = pd.Timestamp("2026-01-01")
FACTS = [
    *[("invoices", name) for name in ("issued_at", "paid_at", "first_failed_at", "disputed_at")],
    *[("seats", name) for name in ("invited_at", "activated_at", "deactivated_at")],
    *[("tickets", name) for name in ("created_at", "first_response_at", "resolved_at")],
    *[("tickets", name) for name in ("escalated_at", "csat_at", "changed_at")],
    *[("people", name) for name in ("left_account_at", "left_known_at", "certified_at")],
    *[("goals", name) for name in ("planned_at", "achieved_at", "changed_at")],
    *[("survey_responses", name) for name in ("sent_at", "responded_at")],
    *[("activities", name) for name in ("occurred_at", "logged_at")],
    ("account_events", "occurred_at"),
    ("accounts", "valid_from"),
    ("usage_daily", "date"),
    ("subscription_items", "effective_to"),
]


def test_all_tables_but_those_of_other_companies_are_there(company):
    assert list(company.tables) == NAMES
    assert all(len(table) for table in company.tables.values())


@pytest.mark.parametrize("name", NAMES)
def test_columns_are_those_of_the_contract(company, name):
    known = {column.name for column in table_spec(name).columns}
    required = {column.name for column in table_spec(name).columns if column.required}
    assert required <= set(company.tables[name].columns) <= known


@pytest.mark.parametrize("name", NAMES)
def test_no_two_rows_share_a_key(company, name):
    assert not company.tables[name].duplicated(list(table_spec(name).key)).any()


@pytest.mark.parametrize("name", NAMES)
def test_required_columns_are_filled_and_choices_are_kept(company, name):
    table = company.tables[name]
    for column in table_spec(name).columns:
        if column.required:
            assert table[column.name].notna().all(), column.name
        if column.choices and column.name in table:
            assert set(table[column.name].dropna()) <= set(column.choices), column.name


@pytest.mark.parametrize("name", [name for name in NAMES if name != "features"])
def test_nothing_is_known_after_the_end_of_the_data(company, name):
    known = company.tables[name]["known_at"]
    assert known.notna().all()
    assert known.max() < END


@pytest.mark.parametrize(("name", "column"), FACTS)
def test_a_row_holds_only_facts_that_were_known_when_it_was_written(company, name, column):
    table = company.tables[name]
    assert table[column].notna().any()
    assert not (table[column] > table["known_at"]).any()


def test_who_has_left_does_not_come_back(company):
    people = company.tables["people"].sort_values("known_at")
    gone = set(people.loc[people["left_account_at"].notna(), "person_id"])
    newest = people.groupby("person_id").tail(1)
    assert gone == set(newest.loc[newest["left_account_at"].notna(), "person_id"])


def test_usage_covers_the_months_asked_for():
    days = build_company(30, months=12).tables["usage_daily"]["date"]
    assert days.min() >= pd.Timestamp("2025-01-01")
    assert days.min() <= pd.Timestamp("2025-01-03")
    assert days.max() == pd.Timestamp("2025-12-31")


def test_accounts_have_some_hundred_rows_of_usage(company):
    per_account = len(company.tables["usage_daily"]) / len(company.truth)
    assert 600 < per_account < 1400


def test_same_seed_gives_the_same_company():
    first, second = build_company(40, months=12, seed=3), build_company(40, months=12, seed=3)
    for name in NAMES:
        pd.testing.assert_frame_equal(first.tables[name], second.tables[name])
    pd.testing.assert_frame_equal(first.truth, second.truth)


def test_another_seed_gives_another_company():
    first, second = build_company(40, months=12, seed=3), build_company(40, months=12, seed=4)
    assert not first.tables["invoices"].equals(second.tables["invoices"])


def test_a_company_of_one_account_has_every_column_of_a_large_one(company):
    tiny = build_company(1, months=6)
    for name in NAMES:
        assert list(tiny.tables[name].columns) == list(company.tables[name].columns)


def test_some_names_break_careless_escaping(company):
    names = set(company.tables["accounts"]["name"])
    for awkward in ("=SUM(A1:A9) Logistics", 'O\'Hara & "Daughters"', "<b>Bold</b> Foods"):
        assert awkward in names
    assert any(";" in name for name in names)
    assert any(not name.isascii() for name in names)


def test_one_account_in_twenty_has_a_parent_in_the_table(company):
    newest = company.tables["accounts"].groupby("account_id").last()
    parents = newest["parent_account_id"].dropna()
    assert len(parents) == pytest.approx(0.05 * len(newest), rel=0.1)
    assert set(parents) <= set(newest.index)
    assert not newest.loc[parents.unique(), "parent_account_id"].notna().any()


def test_foreign_keys_lead_somewhere(company):
    tables = company.tables
    accounts = set(tables["accounts"]["account_id"])
    for name in NAMES:
        if name != "features":
            assert set(tables[name]["account_id"].unique()) <= accounts, name
    used = tables["usage_daily"]
    assert set(used["feature_id"].unique()) <= set(tables["features"]["feature_id"])
    assert set(used["product_user_id"].unique()) <= set(tables["seats"]["product_user_id"])
    people = set(tables["people"]["person_id"])
    assert set(tables["activities"]["person_ids"].dropna().str.split("|").explode()) <= people
    assert set(tables["survey_responses"]["person_id"]) <= people


def test_a_company_cannot_be_changed_by_accident(company):
    with pytest.raises(FrozenInstanceError):
        company.truth = None


def test_write_makes_one_file_per_table_and_keeps_the_truth_back(tmp_path):
    company = build_company(12, months=6)
    written = company.write(tmp_path / "data")
    assert [path.name for path in written] == [f"{name}.parquet" for name in NAMES]
    assert not (tmp_path / "data" / "truth").exists()
    meta = pq.ParquetFile(tmp_path / "data" / "usage_daily.parquet").metadata
    assert meta.row_group(0).column(0).compression == "ZSTD"
    assert meta.num_rows == len(company.tables["usage_daily"])


def test_write_gives_the_truth_when_asked(tmp_path):
    company = build_company(12, months=6)
    company.write(tmp_path, truth=True)
    read = pd.read_parquet(tmp_path / "truth" / "truth.parquet")
    pd.testing.assert_frame_equal(read, company.truth, check_dtype=False)


def test_parts_have_the_schema_of_the_single_files(tmp_path):
    parts = write_company(tmp_path / "parts", accounts=50, months=12, part=20, truth=True)
    build_company(50, months=12).write(tmp_path / "whole")
    assert parts == 3
    for name in NAMES:
        files = sorted((tmp_path / "parts" / name).glob("*.parquet"))
        expected = 1 if name == "features" else 3
        assert [file.name for file in files] == [
            f"part-{number:04d}.parquet" for number in range(1, expected + 1)
        ]
        whole = pq.read_schema(tmp_path / "whole" / f"{name}.parquet")
        for file in files:
            assert _plain(pq.read_schema(file)) == _plain(whole), file
    truth = pd.read_parquet(tmp_path / "parts" / "truth")
    assert truth["account_id"].tolist() == [f"acc_{number:05d}" for number in range(1, 51)]


def _plain(schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    return [(field.name, field.type) for field in schema]


def test_parts_do_not_repeat_keys(tmp_path):
    write_company(tmp_path, accounts=30, months=6, part=10)
    for name in NAMES:
        table = pd.read_parquet(tmp_path / name)
        assert not table.duplicated(list(table_spec(name).key)).any(), name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"accounts": 0}, "`accounts` must be at least 1, got 0"),
        ({"accounts": 5, "months": 5}, "`months` must be 6 to 120, got 5"),
        ({"accounts": 5, "months": 121}, "`months` must be 6 to 120, got 121"),
        ({"accounts": 5, "seed": -1}, "`seed` must be at least 0, got -1"),
    ],
)
def test_arguments_out_of_range_are_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        build_company(**arguments)
    with pytest.raises(ValueError, match=message):
        write_company(tmp_path, **arguments)


def test_parts_of_no_accounts_are_refused(tmp_path):
    with pytest.raises(ValueError, match="`part` must be at least 1, got 0"):
        write_company(tmp_path, accounts=5, part=0)
