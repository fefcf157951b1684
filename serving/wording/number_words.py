"""Numbers as people write them: counts whole, money short, percent where percent."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray
from ...features.metrics.bounded_measures import Capped, stands_for_never
from ...features.metrics.metric import Metric

__all__ = [
    "UNKNOWN",
    "as_said",
    "behind",
    "in_words",
    "label_of",
    "never_in",
    "say_count",
    "say_in",
    "say_money",
    "say_money_beside",
    "say_never",
    "say_score",
    "say_values",
]


UNKNOWN = "unknown"
"""What a missing value reads."""

_AHEAD = "days to "
_NO_THINGS = ("points", "levels")
_CUT_STEP = 5
_SAME_MOMENT = 1e-6
_ANSWERS = ("yes", "no", "nobody came")
_NOBODY = -1e9
"""Stands for the trend of use where there is no use: below every trend."""
_SOME = 0.25
"""Stands for a count between nothing and one."""
_SIZES = ((999.95e6, 1e9, "B", 1), (999.5e3, 1e6, "M", 1), (1e4, 1e3, "K", 0))


@dataclass(frozen=True, slots=True)
class _Style:
    """One way to write numbers: what is left of them, and how that reads."""

    rounded: Callable[[FloatArray], FloatArray]
    say: Callable[[float], str]


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
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> share = next(metric for metric in METRICS if metric.unit == "share")
    >>> words, which = say_values(np.array([0.241, 0.239, np.nan]), share)
    >>> words, which.tolist()
    (['24 %', 'unknown'], [0, 0, 1])
    """
    style, most = _style_of(metric), _most(metric)
    return in_words(as_said(values, metric), lambda value: _known(value, style.say, most))


def as_said(values: FloatArray, metric: Metric) -> FloatArray:
    """Return the numbers that are left when values of a metric are put into words.

    Parameters
    ----------
    values : ndarray of float
        Of any shape; NaN is unknown.
    metric : Metric

    Returns
    -------
    ndarray of float
        Equal where two values read alike.

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> users = next(metric for metric in METRICS if metric.unit == "users")
    >>> as_said(np.array([3.3, 3.4, np.nan]), users).tolist()
    [3.0, 3.0, nan]
    """
    # Zero has no sign in words.
    counted = np.minimum(np.asarray(values, dtype=float), _most(metric))
    said = _style_of(metric).rounded(counted) + 0.0
    return np.where(_stands_for_nobody(counted, metric), _NOBODY, said)


def label_of(metric: Metric) -> str:
    """Return what a metric is called in front of its value.

    Parameters
    ----------
    metric : Metric

    Returns
    -------
    str
        Days to a date are told by the date: "notice deadline 70 days ago".
    """
    return metric.label.removeprefix(_AHEAD).removeprefix("the ")


def behind(word: str) -> str:
    """Return a value as it stands behind the name of what it is of.

    Examples
    --------
    >>> f"active users{behind('41')}", f"whether it renews{behind('no')}"
    ('active users 41', 'whether it renews: no')
    """
    return f": {word}" if word in _ANSWERS else f" {word}"


def never_in(metric: Metric, values: FloatArray, tenure_days: FloatArray) -> FloatArray:
    """Return since when nothing happened, where a metric tells the age of something that never did.

    Parameters
    ----------
    metric : Metric
    values : ndarray of float
        Its values.
    tenure_days : ndarray of float
        Days as a customer, of the same accounts.

    Returns
    -------
    ndarray of float
        Days as a customer where the metric stands for "not once in all that time"; NaN elsewhere.
    """
    stands_in = stands_for_never(metric.measure)
    never = (np.abs(values - tenure_days) < _SAME_MOMENT) if stands_in else np.zeros(values.shape)
    return np.where(never, tenure_days, np.nan)


def say_count(number: float, noun: str) -> str:
    """Return how many there are of something, whole.

    Parameters
    ----------
    number : float
    noun : str
        For one of them; more than one take an s.

    Returns
    -------
    str

    Examples
    --------
    >>> say_count(1, "play"), say_count(1200, "play")
    ('1 play', '1,200 plays')
    """
    return f"{number:,.0f} {noun}" if number == 1 else f"{number:,.0f} {noun}s"


def say_never(days: float) -> str:
    """Return how long nothing happened, behind the name of what did not.

    Parameters
    ----------
    days : float
        As a customer; NaN is said as nothing.

    Returns
    -------
    str

    Examples
    --------
    >>> say_never(1296.0), say_never(float("nan"))
    (': never, a customer for 1,296 days', '')
    """
    return "" if math.isnan(days) else f": never, a customer for {days:,.0f} days"


def say_score(value: float) -> str:
    """Return a score from 0 to 100 without a fraction, unless that would carry it into a band.

    Parameters
    ----------
    value : float
        NaN is unknown.

    Returns
    -------
    str
        With a tenth where rounding would reach a multiple of five: bands begin at such numbers.

    Examples
    --------
    >>> say_score(69.6), say_score(69.97), say_score(69.4), say_score(70.0)
    ('69.6', '69.9', '69', '70')
    """
    if math.isnan(value):
        return UNKNOWN
    whole = round(value)
    if whole > value and whole % _CUT_STEP == 0:
        return f"{math.floor(10 * value) / 10:.1f}"
    return str(whole)


def say_money(amount: float) -> str:
    """Return an amount of money short enough for a headline, without its currency.

    Parameters
    ----------
    amount : float
        NaN is unknown.

    Returns
    -------
    str

    Examples
    --------
    >>> [say_money(amount) for amount in (1_234_567, 48_200, 999, float("nan"))]
    ['1.2 M', '48 K', '999', 'unknown']
    """
    if math.isnan(amount):
        return UNKNOWN
    for least, unit, letter, digits in _SIZES:
        if abs(amount) >= least:
            return f"{amount / unit:,.{digits}f} {letter}"
    return f"{amount:,.0f}"


def say_in(currency: str, said: str) -> str:
    """Return an amount that is in words already, with its currency where one is known.

    Parameters
    ----------
    currency : str
        Empty where nothing names one.
    said : str

    Returns
    -------
    str

    Examples
    --------
    >>> say_in("EUR", "48 K"), say_in("", "48 K"), say_in("EUR", "unknown")
    ('EUR 48 K', '48 K', 'unknown')
    """
    return said if said == UNKNOWN or not currency else f"{currency} {said}"


def say_money_beside(amount: float, largest: float) -> str:
    """Return an amount of money in the unit of a larger one beside it, without its currency.

    Parameters
    ----------
    amount : float
        NaN is unknown.
    largest : float
        The largest amount of the same line; NaN stands for none.

    Returns
    -------
    str

    Examples
    --------
    >>> [say_money_beside(amount, 49_000) for amount in (28_300, 9_095, 231, 0)]
    ['28 K', '9 K', 'under 1 K', '0']
    >>> say_money_beside(28_300, 1_200_000)
    'under 0.1 M'
    """
    for least, unit, letter, digits in _SIZES:
        if abs(amount) < least <= abs(largest):
            smallest = 10.0**-digits
            if 0 < abs(amount) / unit < smallest / 2:
                return f"under {smallest:g} {letter}"
            return f"{amount / unit:,.{digits}f} {letter}" if amount else "0"
        if abs(amount) >= least:
            break
    return say_money(amount)


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


def _style_of(metric: Metric) -> _Style:
    if metric.label.startswith(_AHEAD):
        return _STYLES["days ahead"]
    unit = "times" if metric.unit.startswith("times") else metric.unit
    if unit in _STYLES:
        return _STYLES[unit]
    things = metric.unit == "people" or metric.unit.endswith("s")
    return _COUNTED if things and metric.unit not in _NO_THINGS else _PLAIN


def _stands_for_nobody(values: FloatArray, metric: Metric) -> BoolArray:
    """Say where a number is none of its own but what a metric has where there is no use."""
    stands_in = metric.when_silent is not None and metric.when_silent < 0
    return np.asarray(values == metric.when_silent if stands_in else np.zeros(values.shape, bool))


def _known(value: float, say: Callable[[float], str], most: float) -> str:
    if math.isnan(value):
        return UNKNOWN
    if value == _NOBODY:
        return "nobody came"
    return f"{say(most)} or more" if value >= most else say(value)


def _most(metric: Metric) -> float:
    """Return where an age stops counting; infinite where it does not, and for other numbers."""
    if metric.unit == "days" and isinstance(metric.measure, Capped):
        return metric.measure.at_most
    return math.inf


def _percent(values: FloatArray) -> FloatArray:
    return np.asarray(np.rint(100.0 * values))


def _counts(values: FloatArray) -> FloatArray:
    whole = np.rint(values)
    return np.where((values > 0) & (whole == 0), _SOME, whole)


def _digits(values: FloatArray) -> FloatArray:
    """Return two digits or so: whole from ten on, tenths from one on, hundredths below."""
    size = np.abs(values)
    small = np.where(size >= 1.0, np.round(values, 1), np.round(values, 2))
    return np.where(size >= 10.0, np.rint(values), small)


def _short(values: FloatArray) -> FloatArray:
    """Return amounts as ``say_money`` leaves them."""
    size = np.abs(values)
    steps = [unit / 10.0**digits for _, unit, _, digits in _SIZES]
    step = np.select([size >= least for least, *_ in _SIZES], steps, 1.0)
    return np.asarray(np.rint(values / step) * step)


def _weekly(values: FloatArray) -> FloatArray:
    """Return the change in percent a week that a slope of logarithms stands for."""
    return np.asarray(np.rint(100.0 * np.expm1(values)))


def _say_count(value: float) -> str:
    return "under 1" if value == _SOME else f"{value:,.0f}"


def _say_weekly(value: float) -> str:
    if value == 0:
        return "steady"
    return f"{'falls' if value < 0 else 'rises'} by {abs(value):.0f} % a week"


def _say_ahead(value: float) -> str:
    if value == 0:
        return "today"
    days = f"{abs(value):,.0f} {'day' if abs(value) == 1 else 'days'}"
    return f"in {days}" if value > 0 else f"{days} ago"


_COUNTED = _Style(_counts, _say_count)
_PLAIN = _Style(_digits, lambda value: f"{value:,.12g}")
_WHOLE = _Style(lambda values: np.asarray(np.rint(values)), "{:,.0f}".format)
_STYLES = {
    "share": _Style(_percent, "{:,.0f} %".format),
    "currency": _Style(_short, say_money),
    "log per week": _Style(_weekly, _say_weekly),
    "days ahead": _Style(_WHOLE.rounded, _say_ahead),
    "days": _WHOLE,
    "hours": _WHOLE,
    "times": _Style(_digits, lambda value: f"{value:,.12g} times"),
    "flag": _Style(
        lambda values: np.where(np.isnan(values), np.nan, values != 0),
        lambda value: "yes" if value else "no",
    ),
}
"""By unit; counts are whole, and other numbers have two digits."""
