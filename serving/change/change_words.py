"""Changes as sentences that a customer success manager understands."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.metrics.metric import Metric
from ..wording.number_words import UNKNOWN, label_of, say_values

__all__ = ["Improved", "Part", "cell_moved", "improvement_in_words", "in_sentences"]

_Account = pd.Series | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a move, or the whole of it.

    Parameters
    ----------
    row : int
        Place of the account.
    measure : str
    rank : int
        0 is the whole.
    kind : str
        One of ``CHANGE_KINDS``.
    metric : str
        Empty for none.
    before, after : float
        The metric, or the measure of the whole move, then and now.
    amount : float
        Log-odds, points or levels.
    points : float
        Percentage points, points or levels.
    note : str
        What else is to be said.
    """

    row: int
    measure: str
    rank: int
    kind: str
    metric: str
    before: float
    after: float
    amount: float
    points: float
    note: str = ""


def _percent(p: float) -> str:
    shown = 100.0 * p
    return f"{shown:.0f} %" if shown >= 10 else f"{shown:.1f} %"


_TITLES: dict[str, tuple[str, Callable[[float], str], str]] = {
    "p_churn": ("chance of leaving", _percent, "percentage point"),
    "p_expand": ("chance of growth", _percent, "percentage point"),
    "p_contract": ("chance of cutting back", _percent, "percentage point"),
    "chs": ("health score", "{:.0f}".format, "point"),
    "cmi": ("maturity", "{:.1f}".format, "level"),
    "cell": ("cell", str, ""),
}
"""What each measure is called, how its value is written, and what it moves by."""

_SCORES = {"chs": "health score", "cmi": "maturity", "cmi_coverage": "share of maturity answered"}

_KINDS = {
    "facts": "{words}: {amount}",
    "peers": "{words} as before, but its segment moved: {amount}",
    "time": "{words}, only time passed: {amount}",
    "limits": "what limits it{note}: {amount}",
    "settings": "settings of the scoring changed, nothing at the account: {amount}",
    "model": "the model changed, nothing at the account: {amount}",
    "overdue": "its term ended and the renewal is overdue, or was: {amount}",
    "rest": "everything else together: {amount}",
}
"""How each kind of part is said."""


def in_sentences(parts: Sequence[Part], metrics: Mapping[str, Metric]) -> list[str]:
    """Return each part in words.

    Parameters
    ----------
    parts : sequence of Part
    metrics : mapping of str to Metric
        By column.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> moved = Part(0, "p_churn", 0, "move", "", 0.12, 0.19, 0.54, 7.0)
    >>> use = Part(0, "p_churn", 1, "facts", "active_users_28d", 41.0, 24.0, 0.54, 7.0)
    >>> for text in in_sentences([moved, use], {metric.column: metric for metric in METRICS}):
    ...     print(text)
    chance of leaving 12 % -> 19 %: +7.0 percentage points
    active users 41 -> 24: +7.0 percentage points
    """
    moved = _moved_values(parts, metrics)
    return [_said(part, words) for part, words in zip(parts, moved, strict=True)]


def _said(part: Part, words: str) -> str:
    if part.measure == "cell":
        return part.note
    if part.kind == "move":
        return _whole(part)
    note = f" ({part.note.rstrip('.')})" if part.note else ""
    return _KINDS[part.kind].format(words=words, note=note, amount=_by(part))


def _whole(part: Part) -> str:
    title, say, _ = _TITLES[part.measure]
    if math.isnan(part.after):
        why = f": {part.note}" if part.note else ""
        return f"{title} was {say(part.before)} and is unknown now{why}"
    if math.isnan(part.before):
        return f"{title} was unknown and is {say(part.after)} now"
    moved = f"{title} {say(part.before)} -> {say(part.after)}"
    return moved if math.isnan(part.amount) else f"{moved}: {_by(part)}"


def _moved_values(parts: Sequence[Part], metrics: Mapping[str, Metric]) -> list[str]:
    """Say what each metric was and is, metric by metric; empty for parts without one."""
    places: dict[str, list[int]] = {}
    for place, part in enumerate(parts):
        if part.metric:
            places.setdefault(part.metric, []).append(place)
    told = [""] * len(parts)
    for name, own in places.items():
        ends = np.array([(parts[place].before, parts[place].after) for place in own])
        label, pairs = _spoken(name, ends, metrics)
        for place, (before, after) in zip(own, pairs, strict=True):
            told[place] = f"{label} {before} -> {after}" if before != after else f"{label} {after}"
    return told


def _spoken(
    name: str, ends: FloatArray, metrics: Mapping[str, Metric]
) -> tuple[str, list[list[str]]]:
    """Return what a metric is called, and its values in words."""
    if name in metrics:
        words, which = say_values(ends, metrics[name])
        return label_of(metrics[name]), [[words[place] for place in pair] for pair in which]
    say = _percent if name == "cmi_coverage" else "{:.1f}".format
    pairs = [[UNKNOWN if math.isnan(x) else say(x) for x in pair] for pair in ends.tolist()]
    return _SCORES.get(name, name.replace("_", " ")), pairs


def _by(part: Part) -> str:
    """Return an amount with its sign: what is too small to be written is said to be."""
    unit, size = _TITLES[part.measure][2], abs(part.points)
    sign = "+" if part.points > 0 else "-"
    if size < 0.05:
        return f"under 0.1 {unit}s"
    shown = f"{size:.1f}"
    return f"{sign}{shown} {unit}" if shown == "1.0" else f"{sign}{shown} {unit}s"


def cell_moved(old: _Account, new: _Account) -> list[tuple[str, str]]:
    """Say why an account stands in another cell than before.

    Parameters
    ----------
    old, new : Series or mapping
        Its rows of the scores then and now.

    Returns
    -------
    list of (str, str)
        Kind and text: the move first, then what moved it. Empty where the cell is the same.
    """
    before, after = (_word(row["cell"]) for row in (old, new))
    if before == after:
        return []
    told = [("move", f"cell: {before} -> {after}")]
    for column, name in (("health_band", "health"), ("maturity_band", "maturity")):
        if old[column] != new[column]:
            told.append(("facts", f"{name} {old[column]} -> {new[column]}{_why(column, old, new)}"))
    cap, was = (_word(row["cap_reason"], "") for row in (new, old))
    if cap != was:
        told.append(("limits", f"limited: {cap}" if cap else f"no longer limited: {was}"))
    if old["status"] != new["status"]:
        status = [str(row["status"]) for row in (old, new)]
        kind = "model" if set(status) == {"scored", "no_model"} else "facts"
        told.append((kind, "status {} -> {}".format(*status).replace("_", " ")))
    if len(told) == 1:
        told.append(("facts", "the guards against letting it go hold or no longer hold"))
    return told


def _why(column: str, old: _Account, new: _Account) -> str:
    """Say what is behind a band that changed."""
    if column == "maturity_band":
        values = [row["cmi"] for row in (old, new)]
        return "" if any(map(math.isnan, values)) else " (index {:.1f} -> {:.1f})".format(*values)
    if old["health_source"] != new["health_source"]:
        return f" (now read from the {new['health_source']}, before from {old['health_source']})"
    if old["health_band_raw"] == new["health_band_raw"] != "unknown":
        return " (second reading in a row)" if new["health_band"] == new["health_band_raw"] else ""
    values = [row["health_value"] for row in (old, new)]
    return "" if any(map(math.isnan, values)) else " ({:.0f} -> {:.0f} of 100)".format(*values)


def _word(value: Any, nothing: str = "none") -> str:
    return str(value).replace("_", " ") if isinstance(value, str) and value else nothing


@dataclass(frozen=True, slots=True)
class Improved:
    """One improvement that was tried on an account.

    Parameters
    ----------
    row : int
        Place of the account among the scores.
    metrics : tuple of Metric
    before, after : tuple of float
        One each.
    reachable : {"segment", "own past", "several"}
        Why it is within reach.
    over_next_band : bool
    p, value : tuple of (float, float)
        Estimate of churn (NaN where the scorecard speaks) and health, now and then.
    band : tuple of (str, str)
    """

    row: int
    metrics: tuple[Metric, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    reachable: str
    over_next_band: bool
    p: tuple[float, float]
    value: tuple[float, float]
    band: tuple[str, str]


_REACH = {
    "segment": " (a quarter of its segment is there)",
    "own past": " (it was there before)",
    "several": "",
}


def improvement_in_words(improved: Improved) -> str:
    """Say what an improvement would do, as an estimate.

    Parameters
    ----------
    improved : Improved

    Returns
    -------
    str

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> found = Improved(
    ...     0, METRICS[:1], (24.0,), (31.0,), "segment", True, (0.19, 0.11), (44.0, 61.0),
    ...     ("low", "medium"),
    ... )
    >>> print(improvement_in_words(found).partition(": ")[2])
    health low -> medium, estimate of leaving 19 % -> 11 %
    """
    ends = zip(improved.metrics, improved.before, improved.after, strict=True)
    moved = [_one_moved(metric, before, after) for metric, before, after in ends]
    what = f"{' and '.join(moved)}{_REACH[improved.reachable]}"
    return f"{what}: {_outcome(improved)}"


def _one_moved(metric: Metric, before: float, after: float) -> str:
    words, which = say_values(np.array([before, after]), metric)
    then, now = (words[place] for place in which)
    return f"{label_of(metric)} {then} -> {now}"


def _outcome(improved: Improved) -> str:
    if improved.over_next_band:
        health = "health {} -> {}".format(*improved.band)
    else:
        points = "health {:.0f} -> {:.0f} of 100".format(*improved.value)
        health = f"not enough alone, {points}"
    if math.isnan(improved.p[0]):
        return health
    return f"{health}, estimate of leaving {_percent(improved.p[0])} -> {_percent(improved.p[1])}"
