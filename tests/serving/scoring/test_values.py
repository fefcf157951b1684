"""Values of metrics in words, many at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from churngrid.features.metrics.catalogue import METRICS
from churngrid.serving.scoring.wording import in_words, say_values

UNITS = {metric.unit: metric for metric in METRICS}


def _alone(value: float, unit: str) -> str:
    if np.isnan(value):
        return "unknown"
    if unit == "share":
        return f"{100 * value:.0f} %"
    if abs(value) >= 10 or value.is_integer():
        return f"{value:,.0f}" if abs(round(value)) >= 1000 else f"{value:.0f}"
    return f"{value:.2g}"


@pytest.mark.parametrize("unit", ["share", "users"])
@given(arrays(np.float64, st.integers(0, 20), elements=st.floats(-1e6, 1e6) | st.just(np.nan)))
def test_many_values_are_said_like_each_alone(unit: str, values: np.ndarray) -> None:
    words, which = say_values(values, UNITS[unit])
    assert [words[place] for place in which] == [_alone(value, unit) for value in values.tolist()]


@given(st.floats(-2000, 2000))
def test_halves_and_thousands_are_rounded_like_each_alone(value: float) -> None:
    for near in (value, np.rint(value), np.rint(value) + 0.5, value / 100):
        for unit in ("share", "users"):
            assert say_values(np.array([near]), UNITS[unit])[0] == [_alone(float(near), unit)]


def test_zero_and_minus_zero_are_told_apart() -> None:
    assert say_values(np.array([0.0, -0.0]), UNITS["users"])[0] == ["0", "-0"]


def test_words_have_the_shape_of_the_values() -> None:
    words, which = in_words(np.array([[1.0, np.nan], [np.nan, 1.0]]), str)
    assert (words, which.tolist()) == (["1.0", "nan"], [[0, 1], [1, 0]])
