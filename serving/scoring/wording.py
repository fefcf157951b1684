"""The story of an account: who it is, where it stands, why, and what to do next."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.metrics.metric import Metric

__all__ = [
    "UNKNOWN",
    "about_one_in",
    "headline",
    "in_words",
    "say_values",
    "say_whole",
    "spoken_caps",
    "spoken_standing",
    "trend_in_words",
]


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
    >>> from churngrid.features.metrics.catalogue import METRICS
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


_Account = pd.Series | Mapping[str, Any]

_GOING = {"down": " and falling", "up": " and rising"}
_ARROWS = {
    "up": ("\u2197", "rising"),
    "flat": ("\u2192", "steady"),
    "down": ("\u2198", "falling"),
}


def about_one_in(probability: float) -> str:
    """Return a probability as people say it.

    Parameters
    ----------
    probability : float
        0 to 1.

    Returns
    -------
    str

    Examples
    --------
    >>> about_one_in(0.26), about_one_in(0.004), about_one_in(0.8)
    ('about 1 in 4', 'under 1 in 100', 'about 4 in 5')
    """
    if np.isnan(probability):
        return "unknown"
    if probability < 0.01:
        return "under 1 in 100"
    if probability <= 0.5:
        return f"about 1 in {round(1 / probability)}"
    if probability > 0.95:
        return "over 19 in 20"
    of = round(1 / (1 - probability))
    return f"about {of - 1} in {of}"


def headline(account: _Account) -> str:
    """Return one sentence on where an account stands.

    Parameters
    ----------
    account : Series or mapping
        A row of the scores.

    Returns
    -------
    str
    """
    if account["status"] == "notice_given":
        return "Notice was given: it is with the renewals desk and outside the grid."
    if account["status"] == "paused":
        return "The contract is paused."
    going = _GOING.get(account.get("health_trend", ""), "")
    parts = [f"Health is {account['health_band']}{going}"]
    if account["health_source"] == "model":
        odds = about_one_in(account["p_churn"])
        parts.append(f"the odds of leaving are {odds} (usual: {_usual(account)})")
    elif account["health_source"] == "scorecard":
        parts.append(f"the scorecard gives {account['chs']:.0f} of 100")
    if account["cap_reason"]:
        parts.append(_lowered(account["cap_reason"]))
    maturity = f"Maturity is {account['maturity_band']}"
    if not np.isnan(account["cmi"]):
        maturity += f" ({account['cmi']:.1f} of 5, {account['cmi_status']})"
    return f"{'; '.join(parts)}. {maturity}."


def trend_in_words(account: Mapping[str, Any]) -> tuple[str, str]:
    """Return an arrow and what it means: what the health score did, before caps.

    Parameters
    ----------
    account : mapping
        ``health_trend``, ``chs_slope_84d`` and ``chs_change_28d``.

    Returns
    -------
    tuple of (str, str)
        Both empty where the trend is unknown.

    Examples
    --------
    >>> trend_in_words({"health_trend": "down", "chs_slope_84d": -5.2, "chs_change_28d": -6.0})[1]
    'falling: -5 points a month, -6 in the last four weeks'
    """
    arrow, word = _ARROWS.get(account["health_trend"], ("", ""))
    if not arrow:
        return "", ""
    change = account["chs_change_28d"]
    lately = "" if np.isnan(change) else f", {change:+.0f} in the last four weeks"
    return arrow, f"{word}: {account['chs_slope_84d']:+.0f} points a month{lately}"


def spoken_caps(account: _Account) -> dict[str, str]:
    """Return what to say of each cap that holds.

    Parameters
    ----------
    account : Series or mapping
        ``caps`` and ``cap_reasons``.

    Returns
    -------
    dict of str to str
        By cap, the lowest first.

    Examples
    --------
    >>> spoken_caps({"caps": ("late",), "cap_reasons": ("An invoice is late.",)})
    {'late': 'An invoice is late'}
    """
    reasons = zip(account["caps"], account["cap_reasons"], strict=True)
    return {cap: reason.rstrip(".") for cap, reason in reasons}


def spoken_standing(account: _Account) -> dict[str, str]:
    """Return what to say of where an account stands.

    Parameters
    ----------
    account : Series or mapping
        ``cell``, ``health_band``, ``maturity_band``, ``maturity_due`` and ``weakest_category``.

    Returns
    -------
    dict of str to str
        By slot or field, as far as known.
    """
    spoken, maturity = {}, account["maturity_band"]
    if account["cell"]:
        spoken["cell"] = f"health {account['health_band']}, maturity {maturity}"
    if account["maturity_due"]:
        spoken["maturity_due"] = account["maturity_due"]
    if account["weakest_category"]:
        weakest = account["weakest_category"].replace("_", " ")
        spoken["weakest_category"] = f"maturity {maturity}, weakest in {weakest}"
    return spoken


def _usual(account: _Account) -> str:
    return about_one_in(account["base_rate"]).removeprefix("about ")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
