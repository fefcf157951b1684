"""What a panel says of an account's estimate: the chance, its date, and the curve of staying."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ...wording.account_sentences import say_chance, spoken_decision
from ..page_words import day, in_words, percent
from .section_lines import titled

__all__ = ["estimate_section"]

_PREFIX = "survival_"


def estimate_section(account: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the section; one that says nothing where there is no estimate.

    Parameters
    ----------
    account : mapping
        A row of the scores, with ``survival_*d`` where there is a curve.

    Returns
    -------
    dict
    """
    p = account["p_churn"]
    if math.isnan(p):
        return titled("The estimate")
    points = sorted(_points(account))
    charts = [_curve(points)] if len(points) > 1 else []
    return titled("The estimate", charts, list(_facts(account, p)))


def _facts(account: Mapping[Any, Any], p: float) -> Iterator[tuple[str, str]]:
    by = day(account.get("p_by_date"))
    yield "Chance of leaving", f"{say_chance(p)}{f', counted until {by}' if by else ''}"
    yield from _before_the_end(account, p)
    if when := day(account.get("decision_at")):
        kind = in_words(spoken_decision(account)).lower()
        yield "Next decision", f"{when}{f' ({kind})' if kind else ''}"
    for name, said in (("p_expand", "growth"), ("p_contract", "cutting back")):
        if not math.isnan(account[name]):
            yield f"Chance of {said}", say_chance(account[name])


def _before_the_end(account: Mapping[Any, Any], p: float) -> Iterator[tuple[str, str]]:
    """Yield what the estimate was before the term ended, where a renewal is overdue."""
    added = float(account.get("overdue_log_odds", math.nan))
    if math.isnan(added):
        return
    before = 1.0 / (1.0 + (1.0 - p) / p * math.exp(added))
    days = round(float(account["renewal_overdue_days"]))
    since = f"{days} day{'' if days == 1 else 's'}"
    yield "Before its term ended", f"{say_chance(before)}; a renewal is overdue for {since}"


def _points(account: Mapping[Any, Any]) -> Iterator[tuple[int, float]]:
    """Yield the chance to be still there by days from now."""
    for name, value in account.items():
        if str(name).startswith(_PREFIX) and not math.isnan(value):
            yield int(str(name).removeprefix(_PREFIX).removesuffix("d")), float(value)


def _curve(points: list[tuple[int, float]]) -> dict[str, Any]:
    last = points[-1][0]
    xs = [0.0, *(round(days / last, 4) for days, _ in points)]
    ys = [1.0, *(round(value, 3) for _, value in points)]
    said = ", ".join(f"{percent(value)} after {days} days" for days, value in points)
    told = {"words": f"Has not decided to leave: {said}", "from": "today", "to": f"{last} days"}
    return told | {"xs": xs, "ys": ys, "marks": [], "top": 1.0}
