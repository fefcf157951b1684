import datetime as dt
import decimal
import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.arrays.plain_text import as_text, displayed
from churngrid.features.ingest.coerce import read_column
from churngrid.features.ingest.in_memory import FrameSource
from churngrid.features.schema.table_declaration import Column
from churngrid.features.schema.tableset import ARROW_TYPES

GARBAGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.uuids(),
    st.lists(st.one_of(st.none(), st.text(), st.integers()), max_size=3),
    st.sampled_from(
        ["2025-01-01", "9999-12-31", "1.5", "nan", "inf", "1e999", "yes", "a|b", "now"]
    ),
)


def chunked(values, kind=None):
    return pa.chunked_array([pa.array(values, kind)])


def read(kind, values, name="x", **more):
    data = values if isinstance(values, pa.ChunkedArray) else chunked(values)
    column = Column(name, kind, **more)
    return read_column(column, data)


def good_and_bad(kind, values, **more):
    """Values read, and the rules that the others break by their place."""
    coerced = read(kind, values, **more)
    bad = {
        int(place): fault.rule for fault in coerced.faults for place in np.flatnonzero(fault.mask)
    }
    return coerced.column.to_pylist(), bad


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, None], ["1", "2", None]),
        ([1.0, float("nan"), 2.5], ["1", None, "2.5"]),
        (["a", "", "  ", " a "], ["a", None, None, " a "]),
        (["007", "1.0", "o'x\";--"], ["007", "1.0", "o'x\";--"]),
        (["ü" * 10_000, "日本;語"], ["ü" * 10_000, "日本;語"]),
        ([True, False], ["true", "false"]),
        ([decimal.Decimal("5.00"), decimal.Decimal("5.25")], ["5", "5.25"]),
        ([b"abc"], ["abc"]),
        ([dt.date(2025, 1, 2)], ["2025-01-02"]),
        ([None, None], [None, None]),
    ],
)
def test_any_plain_value_is_an_identifier(values, expected):
    assert good_and_bad("id", values) == (expected, {})


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view()])
def test_variants_of_text_are_text(kind):
    assert good_and_bad("id", chunked(["a", None], kind)) == (["a", None], {})


def test_categories_are_read_as_their_values():
    categories = chunked(["b", "a", "b"]).dictionary_encode()
    assert good_and_bad("id", categories) == (["b", "a", "b"], {})


def test_uuid_is_read_as_its_usual_text():
    value = uuid.UUID(int=10)
    storage = pa.array([value.bytes, None], pa.binary(16))
    values = pa.chunked_array([pa.ExtensionArray.from_storage(pa.uuid(), storage)])
    assert good_and_bad("id", values) == ([str(value), None], {})


@pytest.mark.parametrize(
    "value", [[1, 2], {"a": 1}, b"\xff", 2.0**53, float("inf"), dt.timedelta(days=1)]
)
def test_what_has_no_exact_text_is_no_identifier(value):
    assert good_and_bad("id", [value, None]) == ([None, None], {0: "not an identifier"})


def test_broken_utf8_in_a_text_column_is_caught():
    broken = pa.chunked_array([pa.array([b"ok", b"\xff\xfe"], pa.binary()).view(pa.string())])
    assert good_and_bad("text", broken) == (["ok", None], {1: "not text"})
    assert displayed(broken) == ["ok", "\\xff\\xfe"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, None], [1.0, None]),
        ([2**33], [float(2**33)]),
        ([float("nan"), 1.5], [None, 1.5]),
        ([decimal.Decimal("1.25")], [1.25]),
        ([True], [1.0]),
        (["1", " +1.5 ", "-2e3", ".5", "5.", "", "NaN"], [1.0, 1.5, -2000.0, 0.5, 5.0, None, None]),
    ],
)
def test_numbers_are_read(values, expected):
    assert good_and_bad("number", values) == (expected, {})


@pytest.mark.parametrize(
    "value", ["n/a", "1 00", "1,5,0", "$5€", "5%%", "0x10", "1_000", "++1", "NULL", "1e", "٣", "(5"]
)
def test_text_that_is_no_numeral_is_no_number(value):
    assert good_and_bad("number", ["1", value]) == ([1.0, None], {1: "not a number"})


@pytest.mark.parametrize("value", ["inf", "-Infinity", "1e999"])
def test_infinity_in_text_is_no_finite_number(value):
    assert good_and_bad("number", [value, "x"])[1] == {0: "not a finite number", 1: "not a number"}


def test_infinity_is_no_finite_number():
    assert good_and_bad("number", [1.0, float("-inf")]) == ([1.0, None], {1: "not a finite number"})


def test_a_number_too_large_to_be_summed_is_put_aside():
    said = "beyond 100,000,000,000; give the column in a larger unit"
    assert good_and_bad("number", [1e11, -1e11]) == ([1e11, -1e11], {})
    assert good_and_bad("number", [np.nextafter(1e11, 2e11), -1e300])[1] == {0: said, 1: said}
    assert good_and_bad("number", ["1e12", "5"]) == ([None, 5.0], {0: said})


@pytest.mark.parametrize("value", [dt.date(2025, 1, 1), [1.0], b"\xff", dt.timedelta(days=1)])
def test_other_types_are_no_numbers(value):
    assert good_and_bad("number", [None, value])[1] == {1: "not a number"}


def test_flags_are_read():
    texts = ["TRUE", "f", " Yes ", "n", "1", "0", "1.0", "", None]
    expected = [True, False, True, False, True, False, True, None, None]
    assert good_and_bad("flag", texts) == (expected, {})
    assert good_and_bad("flag", [1, 0, None]) == ([True, False, None], {})
    assert good_and_bad("flag", [1.0, 0.0, float("nan")]) == ([True, False, None], {})
    assert good_and_bad("flag", [True, None]) == ([True, None], {})


@pytest.mark.parametrize("value", ["maybe", 2, 0.5, [True], dt.date(2025, 1, 1)])
def test_other_values_are_no_flags(value):
    assert good_and_bad("flag", [value]) == ([None], {0: "not true or false"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-02", utc(2025, 1, 2)),
        (" 2025-01-02 03:04 ", utc(2025, 1, 2, 3, 4)),
        ("2025-01-02T03:04:05", utc(2025, 1, 2, 3, 4, 5)),
        ("2025-01-02T03:04:05.123456789", utc(2025, 1, 2, 3, 4, 5, 123456)),
        ("2025-01-02T03:04:05Z", utc(2025, 1, 2, 3, 4, 5)),
        ("2025-01-02 03:04:05 UTC", utc(2025, 1, 2, 3, 4, 5)),
        ("2025-01-02 03:04:05+02", utc(2025, 1, 2, 1, 4, 5)),
        ("2025-01-02 03:04:05.5 -0330", utc(2025, 1, 2, 6, 34, 5, 500000)),
        ("2025-01-02T03:04:05+02:00", utc(2025, 1, 2, 1, 4, 5)),
        ("1970-01-01", utc(1970, 1, 1)),
        ("2199-12-31T23:59:59", utc(2199, 12, 31, 23, 59, 59)),
    ],
)
def test_iso_text_is_a_time(text, expected):
    assert good_and_bad("time", [text]) == ([expected], {})


@pytest.mark.parametrize(
    "text",
    [
        *("13/13/2025", "2025-02-30", "2025-13-01", "20250101", "1735689600", "2025", "2025-01"),
        *("now", "today", "tomorrow", "2025-01-01 25:00", "2025-01-01T10", "12:00", "x"),
    ],
)
def test_other_text_is_no_time(text):
    assert good_and_bad("time", ["2025-01-01", text]) == (
        [utc(2025, 1, 1), None],
        {1: "not a time"},
    )


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59", "2200-01-01", "9999-12-31", "0001-01-01"])
def test_time_outside_the_admitted_centuries_is_refused(text):
    assert good_and_bad("time", [text]) == ([None], {0: "not between 1970 and 2199"})


@pytest.mark.parametrize("value", [12, 12.5, 3_000, True, [1]])
def test_numbers_that_name_no_moment_are_no_times(value):
    assert good_and_bad("time", [value, None]) == ([None, None], {0: "not a time"})


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_every_unit_are_read_as_utc(unit):
    naive = chunked([dt.datetime(2025, 1, 2, 3, 4, 5), None], pa.timestamp(unit))
    assert good_and_bad("time", naive) == ([utc(2025, 1, 2, 3, 4, 5), None], {})


@pytest.mark.parametrize(
    "kind", [pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us"), pa.date32(), pa.date64()]
)
@pytest.mark.parametrize("extreme", ["lowest", "highest"])
def test_the_most_extreme_times_do_not_overflow(kind, extreme):
    width = 31 if kind == pa.date32() else 63
    step = 86_400_000 if kind == pa.date64() else 1
    value = (2**width - 1) // step * step * (-1 if extreme == "lowest" else 1)
    storage = pa.int32() if kind == pa.date32() else pa.int64()
    values = pa.chunked_array([pa.array([value, None], storage).view(kind)])
    assert good_and_bad("time", values) == ([None, None], {0: "not between 1970 and 2199"})


def test_zoned_times_are_moved_to_utc():
    zoned = pd.Series(pd.to_datetime(["2025-07-01 12:00"])).dt.tz_localize("Europe/Berlin")
    assert good_and_bad("time", pa.chunked_array([pa.array(zoned)])) == ([utc(2025, 7, 1, 10)], {})


def test_dates_are_midnights():
    assert good_and_bad("time", [dt.date(2025, 1, 2)]) == ([utc(2025, 1, 2)], {})


@pytest.mark.parametrize("name", ["valid_to", "effective_to", "term_end"])
def test_the_year_9999_is_an_open_end(name):
    assert good_and_bad("time", ["9999-12-31", "2024-01-01"], name=name) == (
        [None, utc(2024, 1, 1)],
        {},
    )
    typed = chunked([dt.datetime(9999, 12, 31)], pa.timestamp("us"))
    assert good_and_bad("time", typed, name=name) == ([None], {})


def test_mixed_zones_in_one_column_are_remarked():
    texts = ["2025-01-01 10:00+02:00", "2025-01-01 10:00Z", "2025-01-01 10:00 UTC", "2025-01-01"]
    (remark,) = read("time", texts).remarks
    assert remark.rule.startswith("time zones mixed (+02:00, Z, none)")
    assert remark.count == 2


@pytest.mark.parametrize(
    "texts", [["2025-01-01 10:00Z", "2025-01-01 10:00+00:00"], ["2025-01-01"], [None], ["x"]]
)
def test_one_zone_is_not_remarked(texts):
    assert read("time", texts).remarks == ()


def test_choices_are_lower_cased_and_checked():
    coerced = good_and_bad("text", [" EA ", "eu", "zz", None], choices=("ea", "eu"))
    assert coerced == (["ea", "eu", None, None], {2: "not one of ea, eu"})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            ["Admin|Champion", "a, B ;c", "x", "", "|", "a||b"],
            ["admin|champion", "a|b|c", "x", None, None, "a|b"],
        ),
        ([["Admin", "b"], [], None, [None, "x"]], ["admin|b", None, None, "x"]),
    ],
)
def test_lists_are_joined(values, expected):
    assert good_and_bad("list", values) == (expected, {})


def test_ids_in_lists_keep_their_case():
    assert good_and_bad("list", ["P1,p1"], name="person_ids") == (["P1|p1"], {})


def test_list_of_lists_is_no_list():
    assert good_and_bad("list", [[["a"]], None]) == ([None, None], {0: "not a list"})


def test_lists_in_several_chunks_keep_their_rows():
    values = pa.chunked_array([pa.array([["a"], None]), pa.array([["b", "c"]])])
    assert good_and_bad("list", values) == (["a", None, "b|c"], {})


def test_several_chunks_are_read_like_one():
    parts = pa.chunked_array([pa.array(["1"]), pa.array(["x", "2"])])
    assert good_and_bad("number", parts) == ([1.0, None, 2.0], {1: "not a number"})


@pytest.mark.parametrize("kind", sorted(ARROW_TYPES))
def test_column_without_rows_has_the_canonical_type(kind):
    coerced = read(kind, chunked([], pa.string()))
    assert coerced.column.type == ARROW_TYPES[kind]
    assert len(coerced.column) == 0


@pytest.mark.parametrize("kind", sorted(ARROW_TYPES))
@given(values=st.lists(GARBAGE, max_size=6))
def test_every_value_is_read_or_missing_or_at_fault(kind, values):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    raw = FrameSource({"t": frame}).read("t", ("x",)).table["x"]
    coerced = read(kind, raw)
    assert len(coerced.column) == len(values)
    assert coerced.column.type == ARROW_TYPES[kind]
    coerced.column.validate(full=True)
    read_ = np.asarray(coerced.column.is_valid())
    faulty = np.zeros(len(values), dtype=bool)
    for fault in coerced.faults:
        assert not (fault.mask & faulty).any()
        faulty |= fault.mask
    assert not (faulty & read_).any()
    lost = ~read_ & ~faulty
    for place in np.flatnonzero(lost):
        assert _says_nothing(values[place])


def _says_nothing(value):
    if isinstance(value, list):
        return all(_says_nothing(item) for item in value)
    text = "" if value is None else str(value) if not isinstance(value, bytes) else value.decode()
    letters = "".join(text.split()).strip("|,;").lower().lstrip("+-")
    return letters in {"", "nan", "snan"} or letters.startswith(("nan", "snan"))


def test_nested_value_is_shown_in_one_line():
    assert displayed(chunked([{"a": [1, 2]}])) == ["{'a': [1, 2]}"]


def test_nested_value_that_python_cannot_hold_is_shown_nevertheless():
    far = chunked([[2**62]], pa.list_(pa.int64())).cast(pa.list_(pa.timestamp("s")))
    assert "out of range" in displayed(far)[0]


def test_unreadable_values_are_marked():
    text, unreadable = as_text(chunked([1.5, 2.0**60]))
    assert text.to_pylist() == ["1.5", None]
    assert unreadable.tolist() == [False, True]
