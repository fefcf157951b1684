"""The asked rows, and the first of them after a moment."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from churngrid.features.arrays.as_of_rows import Rows, to_microseconds
from churngrid.features.arrays.time_grid import NEVER

DAY = 86_400_000_000


def rows_of(**dates):
    """Rows of accounts with as-of dates given as days since 1970."""
    pairs = [(account, date) for account, days in dates.items() for date in days]
    frame = pd.DataFrame(pairs, columns=["account_id", "as_of"])
    return Rows.of(frame.assign(as_of=pd.to_datetime(frame["as_of"], unit="D", utc=True)))


def first_after(rows, account, *moments, later_us=0):
    place = int(np.searchsorted(rows.account_ids, account))
    accounts = np.full(len(moments), place, np.int32)
    return rows.first_after(accounts, np.array(moments, np.int64), later_us).tolist()


def test_rows_are_sorted_and_each_pair_is_there_once():
    rows = rows_of(b=[3, 1, 3], a=[2])
    assert rows.account_ids.tolist() == ["a", "b"]
    assert rows.starts.tolist() == [0, 1, 3]
    assert (rows.as_of // DAY).tolist() == [2, 1, 3]
    assert (rows.dates // DAY).tolist() == [1, 2, 3]
    assert rows.account.tolist() == [0, 1, 1]
    assert len(rows) == 3


def test_times_of_any_zone_and_unit_are_utc_microseconds():
    there = pd.DatetimeIndex(["1970-01-01 02:00"]).tz_localize("Europe/Athens")
    assert to_microseconds(there).tolist() == [0]
    assert to_microseconds(pd.Series(pd.to_datetime(["1970-01-02"]).as_unit("s"))).tolist() == [DAY]


def test_reach_says_whose_dates_follow_each_other():
    rows = rows_of(a=[1, 2, 3], b=[2, 3], c=[1, 3], d=[3])
    assert rows.reach.tolist() == [[0, 3, 0], [3, 5, 1], [5, 7, -1], [7, 8, 2]]


MOMENTS = (0, DAY - 1, DAY, DAY + 1, 2 * DAY, 3 * DAY - 1, 3 * DAY, 9 * DAY, NEVER)


def test_first_row_after_a_moment_on_an_unbroken_calendar():
    rows = rows_of(a=[1, 2, 3], b=[2, 3])
    assert first_after(rows, "a", *MOMENTS) == [0, 0, 1, 1, 2, 2, 3, 3, 3]
    assert first_after(rows, "b", *MOMENTS) == [3, 3, 3, 3, 4, 4, 5, 5, 5]


def test_first_row_after_a_moment_on_a_broken_calendar():
    rows = rows_of(a=[1, 3], b=[1, 2, 3])
    assert rows.reach[0, 2] == -1
    assert first_after(rows, "a", *MOMENTS) == [0, 0, 1, 1, 1, 1, 2, 2, 2]


@pytest.mark.parametrize("dates", [{"a": [1, 2, 3]}, {"a": [1, 3], "b": [2]}], ids=str)
def test_days_are_added_to_every_moment_but_never(dates):
    rows = rows_of(**dates)
    end = rows.starts[1]
    assert first_after(rows, "a", DAY - 1, NEVER, later_us=2 * DAY) == [end - 1, end]
    assert first_after(rows, "a", 0, NEVER, later_us=10**6 * DAY) == [end, end]


@pytest.mark.parametrize("seed", range(4))
def test_first_row_after_a_moment_is_that_of_a_search(seed):
    """Accounts with and without gaps mixed, moments in no order, on dates and beside them."""
    rng = np.random.default_rng(seed)
    accounts = [f"{place:02}" for place in range(12)]
    dates = {account: rng.choice(9, rng.integers(1, 9), replace=False) + 5 for account in accounts}
    rows = rows_of(**dates)
    assert {True, False} == set((rows.reach[:, 2] < 0).tolist())
    account = rng.integers(0, 12, 500).astype(np.int32)
    moment = rng.integers(2, 18, 500) * DAY + rng.integers(-1, 2, 500)
    moment[rng.random(500) < 0.1] = NEVER
    for later in (0, 3 * DAY):
        expected = [
            rows.starts[a]
            + sum(
                rows.as_of[row] <= (when if when == NEVER else when + later)
                for row in range(rows.starts[a], rows.starts[a + 1])
            )
            for a, when in zip(account, moment.tolist(), strict=True)
        ]
        assert rows.first_after(account, moment, later).tolist() == expected


def test_no_rows_have_no_first():
    rows = rows_of()
    assert len(rows) == 0
    assert rows.starts.tolist() == [0]
    assert rows.first_after(np.zeros(0, np.int32), np.zeros(0, np.int64)).tolist() == []
    assert rows.index.names == ["account_id", "as_of"]


@pytest.mark.parametrize("most", [1, 2, 3, 4, 100])
def test_parts_have_all_rows_in_their_order(most):
    rows = rows_of(a=[1, 2, 3, 4], b=[1], c=[2, 9], d=[1, 2])
    parts = rows.parts(most)
    assert 1 <= len(parts) <= min(most, 4)
    assert pd.concat([part.index.to_frame() for part in parts]).index.equals(rows.index)
    for part in parts:
        whole = Rows.of(part.index.to_frame(index=False))
        for name in ("starts", "as_of", "dates", "date", "reach"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name))


def test_parts_are_about_as_long_as_each_other():
    rows = rows_of(**{f"{place:02}": range(5) for place in range(12)})
    assert [len(part) for part in rows.parts(4)] == [15, 15, 15, 15]


def test_parts_of_no_rows_are_no_rows():
    assert [len(part) for part in rows_of().parts(3)] == [0]


def test_accounts_are_found_by_their_id():
    rows = rows_of(b=[1], a=[1])
    ids = pa.chunked_array([["b", "c", None], ["a"]])
    assert rows.locate(ids).tolist() == [1, -1, -1, 0]


def test_pairs_with_other_dates_stand_in_the_order_of_rows():
    rows = rows_of(b=[1], a=[1, 2])
    pairs = rows.with_as_of(np.array([5, 4, 3]) * DAY)
    assert pairs["account_id"].tolist() == ["a", "a", "b"]
    assert pairs["as_of"].dt.day.tolist() == [6, 5, 4]
