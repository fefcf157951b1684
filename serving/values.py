"""Values of metrics as people write them."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from ..features.arrays.array_types import FloatArray, IntArray
from ..features.metric import Metric

__all__ = ["UNKNOWN", "in_words", "say_values", "say_whole"]


UNKNOWN = "unknown"
"""What a missing value reads."""

# Numbers from here on are said without a fraction.
_WHOLE = 10.0


def say_values(values: FloatArray, metric: Metric) -> tuple[list[str], IntArray]:
    """Return values of a metric as people write them, those that read alike put in words once.

    Parameters
    ----------
    values : ndarray of float
        Of any shape; NaN is unknown.
    metric : Metric

    Returns
    -------
    words : list of str
    which : ndarray of int
        As ``in_words`` returns them.

    Examples
    --------
    >>> from churngrid.features.metrics import METRICS
    >>> share = next(metric for metric in METRICS if metric.unit == "share")
    >>> words, which = say_values(np.array([0.241, 0.239, np.nan]), share)
    >>> words, which.tolist()
    (['24 %', 'unknown'], [0, 0, 1])
    """
    if metric.unit == "share":
        words, which = say_whole(100.0 * values)
        return [word if word == UNKNOWN else f"{word} %" for word in words], which
    return in_words(np.where(np.abs(values) >= _WHOLE, np.rint(values), values), _number)


def say_whole(values: FloatArray) -> tuple[list[str], IntArray]:
    """Return values without a fraction.

    Parameters
    ----------
    values : ndarray of float
        Of any shape; NaN is unknown.

    Returns
    -------
    words : list of str
    which : ndarray of int
        As ``in_words`` returns them.

    Examples
    --------
    >>> say_whole(np.array([1234.5, np.nan]))[0]
    ['1234', 'unknown']
    """
    return in_words(np.rint(values), lambda value: UNKNOWN if math.isnan(value) else f"{value:.0f}")


def _number(value: float) -> str:
    if math.isnan(value):
        return UNKNOWN
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value.is_integer() else f"{value:.2g}"


def in_words(values: FloatArray, say: Callable[[float], str]) -> tuple[list[str], IntArray]:
    """Put many values into words, each different one once.

    Parameters
    ----------
    values : ndarray of float
        Of any shape; NaN is a value like others.
    say : callable
        Returns the words for one value.

    Returns
    -------
    words : list of str
        Those of the different values, in the order in which they first come.
    which : ndarray of int
        Shape of ``values``: the place among ``words``.

    Examples
    --------
    >>> words, which = in_words(np.array([2.0, 1.0, 2.0]), "{:.0f}".format)
    >>> words, which.tolist()
    (['2', '1'], [0, 1, 0])
    """
    # As bits, since 0 and -0 are equal and do not read the same.
    which, bits = pd.factorize(np.ascontiguousarray(values, dtype=float).view(np.int64).ravel())
    return [say(value) for value in bits.view(float).tolist()], which.reshape(values.shape)
