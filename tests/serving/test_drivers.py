"""Values of metrics in words, many at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from churngrid.features.metrics import METRICS
from churngrid.serving.drivers import say_value, say_values

UNITS = {metric.unit: metric for metric in METRICS}


@pytest.mark.parametrize("unit", ["share", "users"])
@given(arrays(np.float64, st.integers(0, 20), elements=st.floats(-1e6, 1e6) | st.just(np.nan)))
def test_many_values_are_said_like_each_alone(unit: str, values: np.ndarray) -> None:
    metric = UNITS[unit]
    assert say_values(values, metric).tolist() == [say_value(value, metric) for value in values]


def test_zero_and_minus_zero_are_told_apart() -> None:
    assert say_values(np.array([0.0, -0.0]), UNITS["users"]).tolist() == ["0", "-0"]
