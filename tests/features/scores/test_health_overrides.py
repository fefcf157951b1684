import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.schema.bands import Bands
from churngrid.features.schema.settings import load_settings
from churngrid.features.scores.health_overrides import active_overrides, read_overrides
from churngrid.serving.company.config import read_config
from tests.build import day

HEAD = "account_id,limit,band,reason,author,set_at,expires_at\n"
GOOD = "a,40,,Budget cut.,Kim,2025-05-01,2025-08-01\n"


def read(tmp_path, text, name="overrides.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_overrides(path)


def active(tmp_path, text, date):
    return active_overrides(read(tmp_path, HEAD + text), day(date), Bands())


def limits(tmp_path, text, date="2025-06-01"):
    return active(tmp_path, text, date)["override_limit"].to_dict()


def test_a_row_says_who_allows_what_until_when(tmp_path):
    (found,) = read(tmp_path, HEAD + GOOD)
    assert (found.account_id, found.limit, found.band) == ("a", 40, None)
    assert (found.set_at, found.expires_at) == (day("2025-05-01"), day("2025-08-01"))
    said = active(tmp_path, GOOD, "2025-06-01").loc["a", "override_reason"]
    assert said == "Budget cut (set by Kim, until 2025-08-01)"


@pytest.mark.parametrize(
    ("date", "holds"),
    [
        ("2025-04-30", False),
        ("2025-05-01", False),  # set at the as-of date: not known before it
        ("2025-05-02", True),
        ("2025-07-31", True),
        ("2025-08-01", False),
    ],
)
def test_an_override_holds_after_it_was_set_and_until_it_expires(tmp_path, date, holds):
    assert ("a" in limits(tmp_path, GOOD, date)) == holds


@pytest.mark.parametrize(("band", "limit"), [("low", 50), ("medium", 70)])
def test_a_band_is_the_limit_just_below_the_next_one(tmp_path, band, limit):
    row = f"a,,{band},Budget cut,Kim,2025-05-01,2025-08-01\n"
    assert limits(tmp_path, row) == {"a": np.nextafter(limit, 0)}


def test_the_override_that_was_set_last_counts(tmp_path):
    later = "a,60,,Better,Kim,2025-05-20,2025-08-01\n"
    assert limits(tmp_path, GOOD + later) == limits(tmp_path, later + GOOD) == {"a": 60}
    assert limits(tmp_path, GOOD + later, "2025-05-10") == {"a": 40}


def test_of_two_set_at_once_the_lower_counts(tmp_path):
    other = "a,30,,Worse,Lee,2025-05-01,2025-08-01\n"
    assert limits(tmp_path, GOOD + other) == limits(tmp_path, other + GOOD) == {"a": 30}


def test_a_limit_of_a_hundred_lifts_what_was_set_before(tmp_path):
    lifted = "a,100,,Solved,Kim,2025-05-20,2025-08-01\n"
    assert limits(tmp_path, GOOD + lifted) == {}
    assert limits(tmp_path, GOOD + lifted, "2025-05-20") == {"a": 40}


def test_zones_quotes_empty_lines_and_marks_are_understood(tmp_path):
    row = 'a,0,,"Said ""no"", twice",Kim,2025-05-01T02:00:00+02:00,2025-08-01\n\n,,,,,,\n'
    (found,) = read(tmp_path, ("\ufeff" + HEAD + row).encode())
    assert found.set_at == day("2025-05-01")
    assert found.reason == 'Said "no", twice'


def test_no_rows_and_no_overrides_give_an_empty_table(tmp_path):
    assert read(tmp_path, HEAD) == ()
    empty = active_overrides((), day("2025-06-01"), Bands())
    assert empty.columns.tolist() == ["override_limit", "override_reason"]
    assert len(empty) == 0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",40,,Cut,Kim,2025-05-01,2025-08-01", "account_id: is required and empty"),
        ("a,40,,,Kim,2025-05-01,2025-08-01", "reason: is required and empty"),
        ("a,40,, ,Kim,2025-05-01,2025-08-01", "reason: is required and empty"),
        ("a,40,,Cut,,2025-05-01,2025-08-01", "author: is required and empty"),
        ("a,40,,Cut,Kim,,2025-08-01", "set_at: is required and empty"),
        ("a,40,,Cut,Kim,2025-05-01", "expires_at: is required and empty"),
        ("a,,,Cut,Kim,2025-05-01,2025-08-01", "needs either limit or band, and not both"),
        ("a,4,low,Cut,Kim,2025-05-01,2025-08-01", "needs either limit or band, and not both"),
        (
            "a,101,,Cut,Kim,2025-05-01,2025-08-01",
            "limit: must be a number from 0 to 100, got '101'",
        ),
        ("a,-1,,Cut,Kim,2025-05-01,2025-08-01", "limit: must be a number from 0 to 100, got '-1'"),
        ("a,nan,,Cut,Kim,2025-05-01,2025-08-01", "limit: must be a number from 0 to 100"),
        ("a,x,,Cut,Kim,2025-05-01,2025-08-01", "limit: must be a number from 0 to 100, got 'x'"),
        ("a,,high,Cut,Kim,2025-05-01,2025-08-01", "band: must be one of .*it only lowers, got 'hi"),
        ("a,40,,Cut,Kim,01.05.2025,2025-08-01", "set_at: must be a date such as 2025-06-30, got"),
        ("a,40,,Cut,Kim,2025-05-01,soon", "expires_at: must be a date such as .*got 'soon'"),
        ("a,40,,Cut,Kim,0001-01-01T00:00+14:00,2025-08-01", "set_at: must be a date"),
        ("a,40,,Cut,Kim,2025-05-01,2025-05-01", "expires_at: must lie after set_at, got '2025-05"),
        ("a,40,,Cut,Kim,2025-05-01,2025-08-01,b", "a row must have 7 values, got 8; put a text"),
        ('a,40,,"Cut"x,Kim,2025-05-01,2025-08-01', "not valid CSV"),
    ],
)
def test_a_row_that_breaks_a_rule_is_named_with_file_and_line(tmp_path, row, message):
    with pytest.raises(SchemaError, match=rf"^overrides\.csv:3: {message}"):
        read(tmp_path, HEAD + GOOD + row + "\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD.replace("author", "autor"), r"csv:1: unknown column 'autor'\. Did you mean 'author'"),
        (HEAD.replace("author,", ""), r"csv:1: columns \['author'\] are required and missing"),
        (HEAD.replace("band", "limit"), "csv:1: column 'limit' stands twice; keep one"),
        (HEAD.replace("limit,band,", ""), "csv:1: a column 'limit' or 'band' is required"),
        ("", r"csv:1: columns \['account_id', 'reason'"),
        (b"\xff\xfe", "csv: the file must be UTF-8 text"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, text, message):
    with pytest.raises(SchemaError, match=message):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SchemaError, match="cannot be read: No such file"):
        read_overrides(tmp_path / "overrides.csv")


def test_at_most_five_faults_are_shown(tmp_path):
    with pytest.raises(SchemaError, match=r"and 2 more$") as caught:
        read(tmp_path, HEAD + "a,400,,Cut,Kim,2025-05-01,2025-08-01\n" * 7)
    assert len(str(caught.value).splitlines()) == 6


def test_dates_are_compared_in_utc(tmp_path):
    late = "a,40,,Cut,Kim,2025-06-01T01:00:00+02:00,2025-08-01\n"
    found = active_overrides(
        read(tmp_path, HEAD + late), pd.Timestamp("2025-06-01", tz="UTC"), Bands()
    )
    assert found.index.tolist() == ["a"]


def test_the_settings_name_the_file_and_it_is_looked_for_beside_them(tmp_path):
    path = tmp_path / "churngrid.yaml"
    path.write_text("overrides: ours.csv")
    found = load_settings(path)
    assert found.overrides == tmp_path / "ours.csv"
    with pytest.raises(SchemaError, match=r"ours\.csv' cannot be read"):
        read_config(found)
    read(tmp_path, HEAD + GOOD, name="ours.csv")
    assert [one.account_id for one in read_config(found).overrides] == ["a"]
