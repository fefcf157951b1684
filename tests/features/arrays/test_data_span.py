"""Where data begins and ends, with and without mistyped dates."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.data_span import data_span
from churngrid.features.cohorts.as_of_dates import newest_closed_day
from churngrid.features.ingest.read import read_tables

DAY = 86_400_000_000
USUAL = np.arange(10_000, 10_400) * DAY


@pytest.mark.parametrize("lonely", [[0], [84_000], [0, 84_000], [0, 5_000, 60_000, 84_000]])
def test_few_moments_far_away_are_left_aside(lonely):
    assert data_span([USUAL, np.array(lonely) * DAY]) == (USUAL[0], USUAL[-1])


@pytest.mark.parametrize(("days", "counts"), [(365, True), (366, False)])
def test_a_gap_of_more_than_a_year_is_what_makes_them_lonely(days, counts):
    late = USUAL[-1] + days * DAY
    assert data_span([np.append(USUAL, late)])[1] == (late if counts else USUAL[-1])


@pytest.mark.parametrize(("rows", "counts"), [(3, False), (5, True)])
def test_one_in_a_hundred_is_no_mistake(rows, counts):
    late = np.full(rows, USUAL[-1] + 4_000 * DAY)
    assert data_span([USUAL, late])[1] == (late[0] if counts else USUAL[-1])


def test_tables_without_rows_say_nothing():
    assert data_span([np.zeros(0, np.int64), np.array([5])]) == (5, 5)


def test_one_usage_of_the_far_future_is_named_and_does_not_move_the_end():
    days = [*pd.date_range("2025-01-01", periods=150).astype(str), "2199-12-31"]
    usage = {"account_id": "a", "product_user_id": "u", "date": days, "known_at": days}
    accounts = pd.DataFrame({"account_id": ["a"], "known_at": ["2025-01-01"]})
    tables = read_tables({"accounts": accounts, "usage_daily": pd.DataFrame(usage)})
    assert newest_closed_day(tables) == pd.Timestamp("2025-05-30", tz="UTC")
    (found,) = [one for one in tables.findings if "a year apart" in one.rule]
    assert (found.table, found.column, found.count) == ("usage_daily", "known_at", 1)
