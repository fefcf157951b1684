"""The customer health score: a weighted scorecard that says how much of it is known.

What is unknown is neither zero nor perfect: it counts as neutral, lowers the coverage, and opens
the interval between the lowest and the highest possible score.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt
import pandas as pd

from .absence import Absence
from .engine import Features
from .scorecard import Scorecard, WeightedMetric
from .weighing import MetricWeighing, Weighing, facts_of, weigh

__all__ = ["Health", "measure_health", "score_health", "scorecard_scope"]

FloatArray = npt.NDArray[np.float64]

_NEUTRAL = 50.0
_UNWEIGHED = (Absence.NOT_APPLICABLE, Absence.NOT_COLLECTED)


@dataclass(frozen=True, slots=True)
class Health:
    """The health scores of many rows.

    Parameters
    ----------
    scores : DataFrame
        Index (account_id, as_of): ``chs``, ``chs_low``, ``chs_high`` (0-100, higher is healthier),
        ``chs_coverage`` (0-1), one ``chs_<component>`` each, ``scorecard_variants`` (names joined
        by a comma), ``chs_before_caps``, ``cap`` (the lowest limit that holds, NaN when none),
        ``cap_reason`` (its text, empty when none), ``caps`` and ``cap_reasons`` (names and texts of
        all that hold, the lowest limit first).
    losses : DataFrame
        Points each metric takes from 100 in the overall score before caps.
    """

    scores: pd.DataFrame
    losses: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Part:
    """One metric of a component on all rows."""

    column: str
    weight: FloatArray
    score: FloatArray
    low: FloatArray
    high: FloatArray
    known: FloatArray


_Parts = dict[str, list[_Part]]


def score_health(features: Features, scorecard: Scorecard) -> Health:
    """Score the health of every row.

    Parameters
    ----------
    features : Features
        Needs the metrics the scorecard weighs, and those its variants and caps look at.
    scorecard : Scorecard

    Returns
    -------
    Health
        Empty frames for no rows.

    Notes
    -----
    A metric scores 0 at ``poor`` and 100 at ``healthy``, linear in between. A component is the
    weighted mean of its metrics, the score that of its components, over what the company collects
    and what applies to the account. A broken feed keeps its last value, but at most 50.

    A metric that fades says half as much after every half-life: the other half is unknown, so its
    score drifts to 50, its coverage falls and the interval opens.

    Below ``insufficient_below`` coverage there is no score; below ``green_from`` it stays under the
    high band; each cap that holds limits it further.
    """
    facts = facts_of(features)
    measured = measure_health(features, scorecard, weighed_as=facts)
    return replace(measured, scores=_limited(measured.scores, facts, scorecard))


def measure_health(
    features: Features, scorecard: Scorecard, *, weighed_as: pd.DataFrame | None = None
) -> Health:
    """Score the health of every row before caps and the rule on what may be high.

    Parameters
    ----------
    features : Features
        Needs the metrics the scorecard weighs, and those by which they fade.
    scorecard : Scorecard
    weighed_as : DataFrame, optional
        Facts that decide which variants hold, one row a row; those of ``features`` by default.

    Returns
    -------
    Health
        Without the columns about caps.
    """
    facts = facts_of(features) if weighed_as is None else weighed_as
    weighing = weigh(scorecard, features.metrics, facts)
    parts = {
        name: [_part(features, part, weighing.metrics[part.metric]) for part in component.metrics]
        for name, component in scorecard.components.items()
    }
    weights = _component_weights(weighing, parts)
    scores = _scores(features, parts, weights)
    unknown = scores["chs_coverage"] < scorecard.insufficient_below
    scores["chs"] = scores["chs"].where(~unknown)
    scores["scorecard_variants"] = pd.Series(weighing.applied, scores.index, dtype=object)
    return Health(scores=scores, losses=_losses(features, parts, weights))


def scorecard_scope(features: Features, scorecard: Scorecard) -> float:
    """Return the share of the scorecard's weight that this company collects at all.

    Parameters
    ----------
    features : Features
    scorecard : Scorecard

    Returns
    -------
    float
        0 to 1; 0.0 without rows.
    """
    weighing = weigh(scorecard, features.metrics, facts_of(features))
    collected = (features.absence != Absence.NOT_COLLECTED).any()
    total = sum(weighing.components.values(), start=np.zeros(len(features.frame)))
    found = np.zeros(len(features.frame))
    for name, component in scorecard.components.items():
        columns = [part.metric for part in component.metrics]
        whole = _sum(weighing.metrics[column].weight for column in columns)
        kept = _sum(weighing.metrics[column].weight * collected[column] for column in columns)
        found = found + weighing.components[name] * _divide(kept, whole)
    share = _divide(found, total)
    return float(share.mean()) if len(share) else 0.0


def _part(features: Features, part: WeightedMetric, weighing: MetricWeighing) -> _Part:
    value = features.frame[part.metric].to_numpy(dtype=float)
    state = features.absence[part.metric].to_numpy()
    poor, healthy = weighing.poor, weighing.healthy
    scored = np.clip((value - poor) / (healthy - poor), 0.0, 1.0) * 100.0
    present = state == Absence.PRESENT
    stale = state == Absence.STALE_OR_FAILED
    fresh = _freshness(features, part)
    drifted = fresh * scored + (1.0 - fresh) * _NEUTRAL
    held = np.minimum(np.where(np.isnan(scored), _NEUTRAL, drifted), _NEUTRAL)
    return _Part(
        column=part.metric,
        weight=np.where(np.isin(state, _UNWEIGHED), 0.0, weighing.weight),
        score=np.where(present, drifted, np.where(stale, held, _NEUTRAL)),
        low=np.where(present, fresh * scored, 0.0),
        high=np.where(present, fresh * scored + (1.0 - fresh) * 100.0, 100.0),
        known=present * fresh,
    )


def _freshness(features: Features, part: WeightedMetric) -> FloatArray:
    """Return how much a signal still says, 1 to 0; a signal without an age does not fade."""
    if part.fades is None:
        return np.ones(len(features.frame))
    age = features.frame[part.fades.since].to_numpy(dtype=float)
    lives = np.where(np.isnan(age), 0.0, np.maximum(age, 0.0)) / part.fades.half_life_days
    return np.asarray(0.5**lives, dtype=float)


def _component_weights(weighing: Weighing, parts: _Parts) -> dict[str, FloatArray]:
    """Return each component's share of the overall score per row; they add up to 1."""
    weights = {}
    for name, members in parts.items():
        applies = _sum(part.weight for part in members) > 0
        weights[name] = weighing.components[name] * applies
    total = _sum(weights.values())
    return {name: _divide(weight, total) for name, weight in weights.items()}


def _sum(arrays: Iterable[FloatArray]) -> FloatArray:
    """Return the sum, one after the other: numpy's own order depends on how many rows there are."""
    return np.asarray(reduce(np.add, arrays), dtype=float)


def _divide(upper: FloatArray, lower: FloatArray) -> FloatArray:
    return np.where(lower > 0, upper / np.where(lower > 0, lower, 1.0), 0.0)


def _mean(parts: list[_Part], kind: str) -> FloatArray:
    total = _sum(part.weight * getattr(part, kind) for part in parts)
    return _divide(total, _sum(part.weight for part in parts))


def _scores(features: Features, parts: _Parts, weights: dict[str, FloatArray]) -> pd.DataFrame:
    frame = pd.DataFrame(index=features.frame.index)
    kinds = {"chs": "score", "chs_low": "low", "chs_high": "high", "chs_coverage": "known"}
    for column, kind in kinds.items():
        frame[column] = _sum(weights[name] * _mean(parts[name], kind) for name in parts)
    nothing = _sum(weights.values()) == 0
    frame["chs_high"] = frame["chs_high"].mask(nothing, 100.0)
    for name in parts:
        applies = weights[name] > 0
        frame[f"chs_{name}"] = np.where(applies, _mean(parts[name], "score"), np.nan)
    return frame


def _limited(frame: pd.DataFrame, facts: pd.DataFrame, scorecard: Scorecard) -> pd.DataFrame:
    """Apply the caps, the lowest one giving its reason, and the rule on what may be high."""
    held = sorted(scorecard.caps, key=lambda cap: cap.limit)
    hits = np.array([cap.when.holds(facts) for cap in held], dtype=bool)
    hits = hits.reshape(len(held), len(frame))
    frame = frame.assign(chs_before_caps=frame["chs"])
    frame["caps"] = [
        tuple(cap.name for cap, hit in zip(held, column, strict=True) if hit) for column in hits.T
    ]
    limits = {cap.name: cap for cap in held}
    frame["cap_reasons"] = [tuple(limits[name].reason for name in names) for names in frame["caps"]]
    frame["cap"] = [limits[names[0]].limit if names else np.nan for names in frame["caps"]]
    frame["cap_reason"] = [limits[names[0]].reason if names else "" for names in frame["caps"]]
    top = np.where(
        frame["chs_coverage"] < scorecard.green_from, np.nextafter(scorecard.bands.high, 0), 100.0
    )
    limit = np.fmin(top, frame["cap"].to_numpy(dtype=float))
    for column in ("chs", "chs_low", "chs_high"):
        frame[column] = np.minimum(frame[column], limit)
    return frame


def _losses(features: Features, parts: _Parts, weights: dict[str, FloatArray]) -> pd.DataFrame:
    columns = {}
    for name, members in parts.items():
        total = _sum(part.weight for part in members)
        for part in members:
            share = weights[name] * _divide(part.weight, total)
            columns[part.column] = share * (100.0 - part.score)
    return pd.DataFrame(columns, index=features.frame.index)
