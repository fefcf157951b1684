"""The story of an account: who it is, where it stands, why, and what to do next."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from .number_words import say_score

__all__ = [
    "about_one_in",
    "headline",
    "say_by_when",
    "say_chance",
    "say_chance_by",
    "say_chance_to_leave",
    "spoken_caps",
    "spoken_decision",
    "spoken_standing",
    "trend_in_words",
    "why_unscored",
]

_Account = pd.Series | Mapping[str, Any]

_JUMP = 4.0
"""Points in four weeks from which nothing is steady, whatever the trend of twelve weeks."""

_OCCASIONS = {
    "notice_deadline": "at its notice deadline on",
    "term_end": "at its renewal on",
    "break": "at its break clause on",
}
"""At what an account decides, before the day; the others leave by some day."""

_UNSCORED = {
    "not_yet_customer": "it is no customer yet",
    "trial": "it is on trial",
    "in_grace": "its term is over, no renewal is on file, and nothing was estimated before",
    "no_arr": "it pays nothing",
    "never_active": "it has never used the product",
    "inactive": "it has been silent for too long",
    "never_invoiced": "it has no invoice yet",
    "no_further_invoice": "its next invoice is overdue by its own rhythm",
    "no_longer_invoiced": "its next invoice never came",
    "few_invoices": "too few invoices tell how often it is billed",
    "notice_given": "it has given notice",
    "paused": "its contract is paused",
    "no_model": "there is no churn model",
}
"""Why an account has no estimate, by the reason or else the status of its scores."""

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


def say_chance(probability: float) -> str:
    """Return a probability in words and percent, as every place shows it.

    Parameters
    ----------
    probability : float
        0 to 1; NaN is unknown.

    Returns
    -------
    str

    Examples
    --------
    >>> say_chance(0.194), say_chance(0.004)
    ('about 1 in 5 (19 %)', 'under 1 in 100 (0.4 %)')
    """
    if np.isnan(probability):
        return "unknown"
    digits = 0 if probability >= 0.0995 else 1
    return f"{about_one_in(probability)} ({100 * probability:.{digits}f} %)"


def say_by_when(account: _Account) -> str:
    """Return up to when an estimate of leaving counts, to follow "to leave".

    Parameters
    ----------
    account : Series or mapping
        ``p_by_date``, ``decision_at``, ``decision_kind``, and ``term_end`` where it is known.

    Returns
    -------
    str
        Empty where nothing is estimated.

    Examples
    --------
    >>> day = pd.Timestamp("2026-03-24", tz="UTC")
    >>> account = {"p_by_date": day, "decision_at": day, "decision_kind": "term_end"}
    >>> say_by_when(account), say_by_when(account | {"decision_at": pd.NaT})
    ('at its renewal on 24 Mar 2026', 'by 24 Mar 2026')
    >>> say_by_when(account | {"decision_kind": "notice_deadline", "term_end": day})
    'at its renewal on 24 Mar 2026'
    """
    by: Any = account["p_by_date"]
    if bool(pd.isna(by)):
        return ""
    occasion = _OCCASIONS.get(spoken_decision(account)) if by == account["decision_at"] else None
    return f"{occasion or 'by'} {by.day} {by:%b %Y}"


def spoken_decision(account: _Account) -> str:
    """Return the kind of the next decision as people speak of it.

    Parameters
    ----------
    account : Series or mapping
        ``decision_at``, ``decision_kind``, and ``term_end`` where it is known.

    Returns
    -------
    str
        A decision kind. A deadline that is the end of its term is that end: no notice is known that
        would have to be given before. Empty without a decision.

    Examples
    --------
    >>> day = pd.Timestamp("2026-03-24", tz="UTC")
    >>> account = {"decision_at": day, "decision_kind": "notice_deadline"}
    >>> spoken_decision(account), spoken_decision(account | {"term_end": day})
    ('notice_deadline', 'term_end')
    """
    kind = account["decision_kind"] or ""
    at_the_end = account["decision_at"] == account.get("term_end")
    return "term_end" if kind == "notice_deadline" and at_the_end else kind


def say_chance_by(account: pd.Series | Mapping[Any, Any]) -> str:
    """Return the estimate of leaving and its day, for a column that says what it is of.

    Parameters
    ----------
    account : Series or mapping
        ``p_churn`` and ``p_by_date``.

    Returns
    -------
    str
        Empty without an estimate.

    Examples
    --------
    >>> account = {"p_churn": 0.194, "p_by_date": pd.Timestamp("2026-03-24", tz="UTC")}
    >>> say_chance_by(account), say_chance_by(account | {"p_churn": np.nan})
    ('about 1 in 5 (19 %) by 24 Mar 2026', '')
    """
    chance: Any = account["p_churn"]
    by: Any = account.get("p_by_date")
    if bool(pd.isna(chance)):
        return ""
    said = say_chance(float(chance))
    return said if bool(pd.isna(by)) else f"{said} by {by.day} {by:%b %Y}"


def say_chance_to_leave(account: _Account) -> str:
    """Return the estimate of leaving with the day up to which it counts.

    Parameters
    ----------
    account : Series or mapping
        ``p_churn`` and what ``say_by_when`` reads.

    Returns
    -------
    str
        Empty without an estimate.

    Examples
    --------
    >>> day = pd.Timestamp("2026-03-24", tz="UTC")
    >>> account = {"p_by_date": day, "decision_at": day, "decision_kind": "notice_deadline"}
    >>> say_chance_to_leave(account | {"p_churn": 0.194})
    'about 1 in 5 (19 %) to leave at its notice deadline on 24 Mar 2026'
    """
    chance: Any = account["p_churn"]
    if bool(pd.isna(chance)):
        return ""
    return f"{say_chance(float(chance))} to leave {say_by_when(account)}".rstrip()


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
        parts.append(f"the chance is {say_chance_to_leave(account)} (usual: {_usual(account)})")
    elif account["health_source"] == "scorecard":
        parts.append(f"the scorecard gives {say_score(account['chs'])} of 100")
    if shown := _held(account):
        parts.append(shown)
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
    'falling: -5 points a month, -6 points in the last four weeks'
    """
    if account["health_trend"] not in _ARROWS:
        return "", ""
    change, slope = account["chs_change_28d"], account["chs_slope_84d"]
    lately = "" if np.isnan(change) else f", {_points(change)} in the last four weeks"
    if account["health_trend"] == "flat" and abs(change) >= _JUMP:
        arrow, _ = _ARROWS["up" if change > 0 else "down"]
        return arrow, f"no steady trend: {_points(slope)} a month{lately}"
    arrow, word = _ARROWS[account["health_trend"]]
    return arrow, f"{word}: {_points(slope)} a month{lately}"


def why_unscored(account: _Account) -> str:
    """Say why an account has no estimate.

    Parameters
    ----------
    account : Series or mapping
        ``reason`` and ``status``; a missing reason is none.

    Returns
    -------
    str
        Empty for an account that is scored.

    Examples
    --------
    >>> why_unscored({"reason": "in_grace", "status": "not_eligible"})
    'its term is over, no renewal is on file, and nothing was estimated before'
    >>> why_unscored({"reason": "in_grace", "status": "scored"})
    ''
    """
    reason = account["reason"]
    if account["status"] == "scored":
        return ""
    told = reason if isinstance(reason, str) and reason else account["status"]
    return _UNSCORED.get(told, str(told).replace("_", " "))


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


def _held(account: _Account) -> str:
    """Say why a band is not that of the reading: it changes on the second one only."""
    shown, reading = account.get("health_band_shown"), account.get("health_band_raw")
    if not shown or not reading or "unknown" in (shown, reading) or shown == reading:
        return ""
    return f"this reading alone is {reading}, and a band changes with the second"


def _points(number: float) -> str:
    whole = round(number)
    unit = "point" if abs(whole) == 1 else "points"
    return f"{whole:+d} {unit}" if whole else f"0 {unit}"


def _usual(account: _Account) -> str:
    return about_one_in(account["base_rate"]).removeprefix("about ")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
