"""Numbers as people write them, many at a time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from churngrid.features.metrics.catalogue import METRICS
from churngrid.serving.wording.number_words import (
    as_said,
    in_words,
    label_of,
    say_money,
    say_score,
    say_values,
)

UNITS = {m.unit: m for m in METRICS if not m.label.startswith("days to")}
NAMED = {metric.column: metric for metric in METRICS}


def said(value, metric):
    words, which = say_values(np.array([value]), metric)
    return words[which[0]]


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("users", 3.3, "3"),
        ("users", 0.33, "under 1"),
        ("users", 0.0, "0"),
        ("users", 1010.0, "1,010"),
        ("share", 0.241, "24 %"),
        ("share", -0.21, "-21 %"),
        ("days", 12.4, "12"),
        ("currency", 48_200.0, "48 K"),
        ("currency", 1_250_000.0, "1.2 M"),
        ("log per week", -0.0305, "falls by 3 % a week"),
        ("log per week", 0.0953, "rises by 10 % a week"),
        ("log per week", 0.001, "steady"),
        ("points (0-10)", 8.44, "8.4"),
        ("points (-1 to 1)", -0.254, "-0.25"),
        ("users", np.nan, "unknown"),
    ],
)
def test_each_unit_has_its_own_way(unit, value, words):
    assert said(value, UNITS[unit]) == words


@pytest.mark.parametrize("column", ["active_users_trend_28d", "usage_slope_84d"])
def test_where_there_is_no_use_left_to_compare_nobody_came(column):
    assert said(-1.0, NAMED[column]) == "nobody came"
    assert said(-0.5, NAMED[column]) != "nobody came"


@pytest.mark.parametrize(
    ("days", "words"),
    [(35.0, "in 35 days"), (1.0, "in 1 day"), (0.2, "today"), (-70, "70 days ago")],
)
def test_days_to_a_date_are_told_from_today(days, words):
    metric = NAMED["days_to_notice_deadline"]
    assert f"{label_of(metric)} {said(float(days), metric)}" == f"notice deadline {words}"


@pytest.mark.parametrize("unit", ["ratio", "index", "points"])
def test_a_metric_of_ones_own_that_counts_nothing_keeps_its_digits(unit):
    assert said(0.73, replace(UNITS["users"], unit=unit)) == "0.73"


@pytest.mark.parametrize("unit", sorted(UNITS))
@given(arrays(np.float64, st.integers(0, 20), elements=st.floats(-1e6, 1e6) | st.just(np.nan)))
def test_what_reads_alike_is_equal_as_said_and_what_is_not_is_not(unit, values):
    # A slope in the thousands is no slope.
    values = values / 1e6 if unit == "log per week" else values
    words, which = say_values(values, UNITS[unit])
    numbers = as_said(values, UNITS[unit])
    told = [words[place] for place in which]
    for one, number in zip(told, numbers, strict=True):
        for other, another in zip(told, numbers, strict=True):
            alike = number == another or (np.isnan(number) and np.isnan(another))
            assert (one == other) == alike
    assert not any("e+" in word or "e-" in word or word == "-0" for word in told)


@pytest.mark.parametrize(
    ("value", "words"),
    [(69.6, "69.6"), (69.97, "69.9"), (69.4, "69"), (70.0, "70"), (71.6, "72"), (49.5, "49.5")],
)
def test_a_score_is_not_rounded_into_a_band(value, words):
    assert say_score(value) == words
    for cut in (50.0, 70.0):
        assert (float(say_score(value)) >= cut) == (value >= cut)


@given(st.floats(0, 100))
def test_a_score_never_reads_better_than_its_band(value):
    for cut in range(0, 101, 5):
        assert (float(say_score(value)) >= cut) <= (value >= cut)


def test_money_has_a_word_for_its_size():
    assert [say_money(x) for x in (0.0, 9_999.0, 10_000.0, 999_700.0, 2.5e9)] == [
        *("0", "9,999", "10 K", "1.0 M", "2.5 B"),
    ]


def test_words_have_the_shape_of_the_values():
    words, which = in_words(np.array([[1.0, np.nan], [np.nan, 1.0]]), str)
    assert (words, which.tolist()) == (["1.0", "nan"], [[0, 1], [1, 0]])
