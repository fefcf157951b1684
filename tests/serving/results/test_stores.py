"""Results come back as they were written, from every kind of place."""

import io

import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import ArtifactError, SchemaError
from churngrid.serving.results.csv_files import as_csv
from churngrid.serving.results.stored_types import storable
from churngrid.serving.results.stores import open_store, write_tables
from tests.build import day
from tests.serving.kept import DECEMBER, NOVEMBER, column, results, stored

ODD_IDS = ["it's", '"; DROP TABLE scores; --', "Ωμέγα 株式会社 🦊", "a,b\nc", " ", "x" * 10_000]


@pytest.fixture(params=["folder", "duckdb", "postgres"])
def out(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("database")
    return str(tmp_path / ("results" if request.param == "folder" else "results.duckdb"))


# Every kind of place


def test_nothing_is_there_and_nothing_is_made_before_the_first_write(out, tmp_path):
    assert stored(out) is None
    assert list(tmp_path.iterdir()) == []


def test_stored_rows_come_back_with_their_types(out):
    frame = pd.DataFrame(
        {
            "account_id": ["a", "b"],
            "as_of": day(DECEMBER),
            "p_churn": [0.1 + 0.2, np.nan],
            "rank": [1, 2**40],
            "actionable": [True, False],
            "term_end": [pd.NaT, day("2026-03-01")],
            "cap_reason": [None, "a sponsor left"],
            "quadrant": pd.Series([None, None], dtype=object),
        }
    )
    open_store(out).write({"scores": frame})
    back = stored(out)
    assert back["p_churn"].iloc[0] == 0.1 + 0.2
    assert back["p_churn"].isna().tolist() == [False, True]
    assert back["rank"].tolist() == [1, 2**40]
    assert back["actionable"].tolist() == [True, False]
    assert back["term_end"].tolist() == [pd.NaT, day("2026-03-01")]
    assert back["cap_reason"].isna().tolist() == [True, False]
    assert back["quadrant"].isna().all()
    assert str(back["as_of"].dtype) == "datetime64[us, UTC]"
    assert list(back.columns) == list(frame.columns)


def test_times_are_stored_in_utc(out):
    tables = results(DECEMBER)
    tables["scores"]["term_end"] = pd.Timestamp("2026-03-01 01:30", tz="Europe/Berlin")
    tables["scores"]["naive"] = pd.Timestamp("2026-03-01 12:00")
    open_store(out).write(tables)
    assert column(out, "term_end")[0] == pd.Timestamp("2026-03-01 00:30", tz="UTC")
    assert column(out, "naive")[0] == pd.Timestamp("2026-03-01 12:00", tz="UTC")


def test_history_grows_by_as_of(out):
    for as_of in (DECEMBER, NOVEMBER):
        open_store(out).write(results(as_of))
    assert column(out, "as_of") == [day(NOVEMBER)] * 2 + [day(DECEMBER)] * 2
    assert column(out, "account_id", table="plays") == ["a", "b", "a", "b"]


def test_writing_a_date_again_replaces_its_rows(out):
    open_store(out).write(results(NOVEMBER))
    open_store(out).write(results(DECEMBER, p=0.5, accounts=("a", "b", "c")))
    open_store(out).write(results(DECEMBER, p=0.75))
    assert column(out, "p_churn") == [0.25, 0.25, 0.75, 0.75]


def test_writing_the_same_again_changes_nothing(out):
    open_store(out).write(results(NOVEMBER))
    open_store(out).write(results(DECEMBER))
    before = stored(out)
    open_store(out).write(results(DECEMBER))
    pd.testing.assert_frame_equal(stored(out), before)


def test_date_without_plays_replaces_its_earlier_plays(out):
    open_store(out).write(results(DECEMBER))
    open_store(out).write(results(DECEMBER, plays=False))
    assert len(stored(out, "plays")) == 0
    assert len(stored(out)) == 2


def test_first_write_may_have_no_plays(out):
    open_store(out).write(results(NOVEMBER, plays=False))
    open_store(out).write(results(DECEMBER))
    assert column(out, "as_of", table="plays") == [day(DECEMBER)] * 2


def test_odd_ids_round_trip(out):
    open_store(out).write(results(DECEMBER, accounts=ODD_IDS))
    assert column(out, "account_id") == sorted(ODD_IDS)


def test_odd_column_names_round_trip(out):
    name = 'chs_"; DROP TABLE scores; --é'
    tables = results(DECEMBER)
    tables["scores"][name] = 1.5
    open_store(out).write(tables)
    assert column(out, name) == [1.5, 1.5]


def test_column_gets_its_type_with_its_first_value(out):
    for as_of, value in ((NOVEMBER, None), (DECEMBER, 2.5)):
        tables = results(as_of)
        tables["scores"]["cmi"] = pd.Series([value] * 2, dtype=object)
        open_store(out).write(tables)
    back = stored(out)
    assert back["cmi"].tolist()[2:] == [2.5, 2.5]
    assert back["cmi"].dtype == float


def test_columns_may_come_and_go(out):
    extra = results(NOVEMBER)
    extra["scores"]["old"] = 1
    open_store(out).write(extra)
    extra = results(DECEMBER)
    extra["scores"]["new"] = "text"
    open_store(out).write(extra)
    back = stored(out)
    assert back["old"].notna().tolist() == [True, True, False, False]
    assert back["new"].notna().tolist() == [False, False, True, True]


def test_whole_numbers_and_numbers_go_together(out):
    for as_of, value in ((NOVEMBER, 3), (DECEMBER, 0.5)):
        tables = results(as_of)
        tables["scores"]["weight"] = value
        open_store(out).write(tables)
    assert column(out, "weight") == [3.0, 3.0, 0.5, 0.5]


def test_failed_write_changes_no_table(out):
    open_store(out).write(results(NOVEMBER))
    wrong = results(DECEMBER)
    wrong["plays"]["slot"] = 1.5
    with pytest.raises(ArtifactError, match="`slot` of `plays` holds text in the stored history "):
        open_store(out).write(wrong)
    assert column(out, "as_of") == [day(NOVEMBER)] * 2


def test_rows_come_back_in_one_order_everywhere(out):
    drivers = pd.DataFrame(
        {
            "account_id": ["b", "a", "a", "a"],
            "as_of": day(DECEMBER),
            "target": ["churn", "expansion", "churn", "churn"],
            "rank": [1, 1, 2, 1],
        }
    )
    plays = pd.DataFrame(
        {"account_id": "a", "as_of": day(DECEMBER), "slot": ["maturity", "cell", "urgent"]}
    )
    open_store(out).write({"drivers": drivers, "plays": plays})
    back = stored(out, "drivers")
    assert back["account_id"].tolist() == ["a", "a", "a", "b"]
    assert back["rank"].tolist() == [1, 2, 1, 1]
    assert column(out, "slot", table="plays") == ["urgent", "cell", "maturity"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"account_id": ["a"]}), "Table `scores` needs a column `as_of`"),
        (
            pd.DataFrame({"as_of": [day(DECEMBER), pd.NaT]}),
            "Column `as_of` of `scores` is empty in 1 rows",
        ),
        (pd.DataFrame({"as_of": ["2025"]}), "Column `as_of` of `scores` must hold times, got text"),
        (
            pd.DataFrame({"as_of": [day(DECEMBER)], "caps": [["a"]]}),
            "Column `caps` of `scores` must hold text, numbers, flags or times, got 'list",
        ),
        (
            pd.DataFrame({"as_of": [day(DECEMBER)] * 2, "x": ["a", 1]}),
            "Column `x` of `scores` cannot be stored",
        ),
    ],
)
def test_table_that_cannot_be_stored_is_refused(out, frame, message):
    with pytest.raises(SchemaError, match=message):
        open_store(out).write({"scores": frame})
    assert stored(out) is None


# What kind of place it is


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("mysql://ann:s3cret@db/crm", "begin with postgresql://, got 'mysql://db/crm'"),
        ("results.csv", "must be a folder, a DuckDB file .* got 'results.csv'"),
    ],
)
def test_other_places_are_refused(out, message):
    with pytest.raises(SchemaError, match=message) as caught:
        open_store(out)
    assert "s3cret" not in str(caught.value)


def test_existing_file_is_no_folder(tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(SchemaError, match="must be a folder, a DuckDB file"):
        open_store(tmp_path / "results")


def test_folder_named_like_a_database_is_a_folder(tmp_path):
    (tmp_path / "results.db").mkdir()
    open_store(tmp_path / "results.db").write(results(DECEMBER))
    assert (tmp_path / "results.db" / "index.json").exists()


# CSV and files without history


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"])
def test_text_that_begins_like_a_formula_is_defused(start):
    frame = pd.DataFrame({"name": [f"{start}cmd|' /C calc'!A0", "a=b"], "shap": [-1.5, 2.0]})
    lines = pd.read_csv(io.BytesIO(as_csv(frame)))
    assert lines["name"].iloc[0].startswith("'")
    assert lines["name"].iloc[1] == "a=b"
    assert lines["shap"].tolist() == [-1.5, 2.0]


def test_column_name_that_begins_like_a_formula_is_defused():
    assert as_csv(pd.DataFrame({"=1+1": [1]})).decode("utf-8-sig") == "'=1+1\r\n1\r\n"


def test_csv_of_missing_values_is_empty_cells():
    frame = pd.DataFrame({"a": [None, "x"], "b": [np.nan, 1.5], "c": [pd.NaT, day(DECEMBER)]})
    assert as_csv(frame).decode("utf-8-sig") == "a,b,c\r\n,,\r\nx,1.5,2025-12-01\r\n"


def test_table_without_rows_is_its_header():
    assert as_csv(pd.DataFrame(columns=["a", "b"])).decode("utf-8-sig") == "a,b\r\n"


def test_nanoseconds_are_cut_and_numbers_are_not():
    fine = pd.DataFrame({"at": pd.to_datetime(["2025-01-01 00:00:00.123456789"])})
    assert storable(fine, name="t")["at"][0].value == 1735689600123456
    with pytest.raises(SchemaError, match="Column `n` of `t` cannot be stored"):
        storable(pd.DataFrame({"n": np.array([2**64 - 1], dtype=np.uint64)}), name="t")


def test_categories_dates_and_nullable_types_can_be_stored():
    frame = pd.DataFrame(
        {
            "band": pd.Categorical(["low", "high"]),
            "day": [day(DECEMBER).date(), None],
            "count": pd.array([1, None], dtype="Int64"),
            "flag": pd.array([True, None], dtype="boolean"),
        }
    )
    types = [str(kind) for kind in storable(frame, name="t").schema.types]
    assert types == ["string", "timestamp[us, tz=UTC]", "int64", "bool"]


def test_tables_without_history_are_parquet_and_csv(tmp_path):
    frame = pd.DataFrame({"model": ["base_rate"], "value": [0.5]})
    written = write_tables(tmp_path / "out", {"scorers": frame})
    assert [path.name for path in written] == ["scorers.parquet", "scorers.csv"]
    assert pd.read_parquet(written[0])["value"].tolist() == [0.5]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "scorers.csv",
        "scorers.parquet",
    ]


def test_tables_without_history_need_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be written"):
        write_tables(tmp_path / "file", {"scorers": pd.DataFrame({"a": [1]})})
