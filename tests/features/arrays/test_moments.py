import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churngrid.features.arrays.moments import (
    DAY,
    NEVER,
    add_months,
    first_repeat_after,
    from_timestamps,
    later,
    month_start_after,
    timestamps,
)

MOMENTS = st.integers(0, 40_000 * DAY)


def us(text):
    return np.array([pd.Timestamp(text).value // 1000])


def text(moments):
    return f"{timestamps(moments)[0]:%Y-%m-%d %H:%M}"


@given(moment=MOMENTS, months=st.integers(-40, 400))
def test_months_are_added_as_the_calendar_does(moment, months):
    expected = pd.Timestamp(moment, unit="us") + pd.DateOffset(months=months)
    assert add_months(np.array([moment]), np.array([months]))[0] == expected.value // 1000


@given(moment=MOMENTS, months=st.integers(1, 40), after=MOMENTS)
def test_first_repeat_is_the_first_one_after(moment, months, after):
    found = int(first_repeat_after(np.array([moment]), np.array([months]), np.array([after]))[0])
    steps = range(2000)
    repeats = add_months(np.full(2000, moment), np.array(steps) * months)
    assert found == repeats[repeats > after][0]


def test_repeats_keep_the_day_of_the_month_where_they_can():
    end = us("2024-01-31")
    assert text(first_repeat_after(end, np.array([1]), us("2024-02-10"))) == "2024-02-29 00:00"
    assert text(first_repeat_after(end, np.array([1]), us("2024-03-01"))) == "2024-03-31 00:00"


def test_repeat_on_the_very_moment_is_not_after_it():
    end = us("2024-01-01")
    assert text(first_repeat_after(end, np.array([12]), us("2023-12-31"))) == "2024-01-01 00:00"
    assert text(first_repeat_after(end, np.array([12]), us("2024-01-01"))) == "2025-01-01 00:00"


def test_never_repeats_never():
    never = np.array([NEVER])
    assert first_repeat_after(never, np.array([12]), us("2024-01-01"))[0] == NEVER


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("2024-01-31 23:59", "2024-02-01 00:00"),
        ("2024-02-01", "2024-03-01 00:00"),
        ("2024-12-15", "2025-01-01 00:00"),
    ],
)
def test_month_start_lies_after_the_moment(moment, start):
    assert text(month_start_after(us(moment))) == start


def test_never_stays_never():
    assert later(np.array([NEVER, 0]), 5).tolist() == [NEVER, 5 * DAY]
    assert later(np.array([NEVER]), -5).tolist() == [NEVER]
    assert timestamps(np.array([NEVER])).isna().all()
    assert from_timestamps(pd.Series(timestamps(np.array([NEVER])))).tolist() == [NEVER]


def test_half_days_move_by_twelve_hours():
    assert later(np.array([0]), 0.5).tolist() == [DAY // 2]
