"""Time cut at every window edge."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.arrays.time_grid import DAY_US, NEVER
from churngrid.features.engine.time_slices import Windows, day_stretches, edge_stretches
from churngrid.features.metrics.row_selection import Select, Window


def moments(*values):
    return np.array(values, np.int64)


def rows_on(*days):
    as_of = pd.to_datetime(np.array(days, dtype=float), unit="D", utc=True)
    return Rows.of(pd.DataFrame({"account_id": "a", "as_of": as_of}))


def test_a_stretch_begins_on_its_edge():
    stretches = edge_stretches(moments(20, 10, 20))
    assert stretches.count == 3
    assert stretches.number(moments(9, 10, 19, 20, NEVER, 0)).tolist() == [0, 1, 1, 2, 2, 0]


def test_the_last_stretch_before_an_edge_ends_there():
    stretches = edge_stretches(moments(10, 20))
    assert stretches.last_before(moments(10, 20)).tolist() == [0, 1]


def test_a_day_is_a_stretch_from_the_first_edge_to_the_last():
    stretches = day_stretches(moments(3 * DAY_US, 5 * DAY_US))
    assert stretches.count == 3
    found = stretches.number(moments(0, 3 * DAY_US, 4 * DAY_US, 5 * DAY_US, 9 * DAY_US, NEVER))
    assert found.tolist() == [-1, 0, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("edge", "last"), [(3 * DAY_US, -1), (3 * DAY_US + 1, 0), (4 * DAY_US, 0), (5 * DAY_US - 1, 1)]
)
def test_the_last_day_before_an_edge_has_begun_before_it(edge, last):
    stretches = day_stretches(moments(3 * DAY_US, 5 * DAY_US))
    assert stretches.last_before(moments(edge)).tolist() == [last]


def windowed(*windows):
    return [Select("usage", window=window) for window in windows]


def inside(windows, place, date, moment):
    """Whether a moment lies in a window on an as-of date."""
    (stretch,) = windows.stretches.number(moments(moment))
    return windows.after[place, date] < stretch <= windows.upto[place, date]


@pytest.mark.parametrize("by_day", [False, True])
def test_windows_are_closed_on_the_left_and_open_on_the_right(by_day):
    selects = windowed(Window(2), Window(3, 2))
    windows = Windows.of(selects, rows_on(10, 12), by_day=by_day)
    for date, as_of in enumerate((10, 12)):
        for day in range(1, 15):
            assert inside(windows, 0, date, day * DAY_US) == (as_of - 2 <= day < as_of)
            assert inside(windows, 1, date, day * DAY_US) == (as_of - 5 <= day < as_of - 2)


def test_windows_are_told_apart_to_the_microsecond():
    windows = Windows.of(windowed(Window(2)), rows_on(10))
    edges = [8 * DAY_US - 1, 8 * DAY_US, 10 * DAY_US - 1, 10 * DAY_US]
    assert [inside(windows, 0, 0, edge) for edge in edges] == [False, True, True, False]


def test_days_are_inside_a_window_that_opens_and_ends_within_a_day():
    """As of day 10 at noon, two days back: the days that begin after the noon of day 8."""
    windows = Windows.of(windowed(Window(2)), rows_on(10.5), by_day=True)
    days = [inside(windows, 0, 0, day * DAY_US) for day in range(7, 13)]
    assert days == [False, False, True, True, False, False]


def test_without_a_window_all_the_past_is_inside():
    windows = Windows.of([Select("usage"), *windowed(Window(2))], rows_on(10, 12))
    assert inside(windows, 0, 0, 0)
    assert inside(windows, 0, 0, 10 * DAY_US - 1)
    assert not inside(windows, 0, 0, 10 * DAY_US)
    assert inside(windows, 0, 1, 10 * DAY_US)


def test_each_row_knows_the_place_of_its_date():
    days = pd.to_datetime([3, 1, 3, 2], unit="D", utc=True)
    rows = Rows.of(pd.DataFrame({"account_id": ["b", "b", "a", "a"], "as_of": days}))
    assert Windows.of(windowed(Window(1)), rows).date.tolist() == [1, 2, 0, 2]
