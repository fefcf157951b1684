"""The story of an account: who it is, where it stands, why, and what to do next."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["about_one_in", "headline", "spoken_reasons", "trend_in_words"]

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


def headline(account: "pd.Series | Mapping[str, Any]") -> str:
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


def spoken_reasons(
    account: "pd.Series | Mapping[str, Any]",
    drivers: "pd.DataFrame | Mapping[str, Sequence[str]]",
    components: Sequence[str],
) -> dict[str, str]:
    """Return what to say of each thing a play may answer to.

    Parameters
    ----------
    account : Series or mapping
        A row of the scores with ``caps`` and ``cap_reasons``.
    drivers : DataFrame or mapping
        The account's drivers of churn that raise the estimate and can be acted on, best first.
    components : sequence of str
        Component of each driver.

    Returns
    -------
    dict of str to str
        Cap, metric, component, slot or field, the strongest first.
    """
    spoken = {
        cap: reason.rstrip(".")
        for cap, reason in zip(account["caps"], account["cap_reasons"], strict=True)
    }
    for text, metric, component in zip(drivers["text"], drivers["metric"], components, strict=True):
        spoken.setdefault(metric, text)
        spoken.setdefault(component, text)
    if account["cell"]:
        spoken["cell"] = _cell_reason(account)
    if account["maturity_due"]:
        spoken["maturity_due"] = account["maturity_due"]
    if account["weakest_category"]:
        weakest = account["weakest_category"].replace("_", " ")
        spoken["weakest_category"] = f"maturity {account['maturity_band']}, weakest in {weakest}"
    return spoken


def _cell_reason(account: "pd.Series | Mapping[str, Any]") -> str:
    maturity = account["maturity_band"]
    return f"health {account['health_band']}, maturity {maturity}"


def _usual(account: "pd.Series | Mapping[str, Any]") -> str:
    return about_one_in(account["base_rate"]).removeprefix("about ")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
