"""The customer health score: a weighted scorecard that says how much of it is known.

What is unknown is neither zero nor perfect: it counts as neutral, lowers the coverage, and opens
the interval between the lowest and the highest possible score.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .absence import Absence
from .engine import Features
from .scorecard import Component, Scorecard, WeightedMetric

__all__ = ["Health", "score_health", "scorecard_scope"]

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
        ``chs_coverage`` (0-1), one ``chs_<component>`` each, ``cap`` (the lowest limit that holds,
        NaN when none), ``cap_reason`` (its text, empty when none), ``caps`` and ``cap_reasons``
        (names and texts of all that hold, the lowest limit first).
    losses : DataFrame
        Points each metric takes from 100 in the overall score before caps.
    """

    scores: pd.DataFrame
    losses: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Part:
    """One metric of a component on all rows."""

    weight: FloatArray
    score: FloatArray
    low: FloatArray
    high: FloatArray
    known: FloatArray


def score_health(features: Features, scorecard: Scorecard) -> Health:
    """Score the health of every row.

    Parameters
    ----------
    features : Features
        Needs the metrics the scorecard weighs and its caps look at.
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

    Below ``insufficient_below`` coverage there is no score; below ``green_from`` it stays under the
    high band; each cap that holds limits it further.
    """
    metrics = {metric.column: metric for metric in features.metrics}
    parts: dict[str, list[tuple[WeightedMetric, _Part]]] = {}
    for name, component in scorecard.components.items():
        parts[name] = []
        for weighted in component.metrics:
            poor, healthy = weighted.poor, weighted.healthy
            if poor is None or healthy is None:
                declared = metrics[weighted.metric]
                poor, healthy = declared.poor, declared.healthy
            bounds = (float(poor or 0.0), float(healthy or 0.0))
            parts[name].append((weighted, _part(features, weighted, bounds)))
    weights = _component_weights(features, scorecard, parts)
    return Health(
        scores=_scores(features, scorecard, parts, weights),
        losses=_losses(features, parts, weights),
    )


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
    collected = (features.absence != Absence.NOT_COLLECTED).any()
    total = sum(component.weight for component in scorecard.components.values())
    share = sum(
        component.weight * _collected_share(component, collected)
        for component in scorecard.components.values()
    )
    return float(share / total) if total else 0.0


def _collected_share(component: Component, collected: pd.Series) -> float:
    whole = sum(part.weight for part in component.metrics)
    return sum(part.weight for part in component.metrics if collected[part.metric]) / whole


def _part(features: Features, weighted: WeightedMetric, bounds: tuple[float, float]) -> _Part:
    value = features.frame[weighted.metric].to_numpy(dtype=float)
    state = features.absence[weighted.metric].to_numpy()
    poor, healthy = bounds
    scored = np.clip((value - poor) / (healthy - poor), 0.0, 1.0) * 100.0
    present = state == Absence.PRESENT
    stale = state == Absence.STALE_OR_FAILED
    held = np.minimum(np.where(np.isnan(scored), _NEUTRAL, scored), _NEUTRAL)
    score = np.where(present, scored, np.where(stale, held, _NEUTRAL))
    return _Part(
        weight=np.where(np.isin(state, _UNWEIGHED), 0.0, weighted.weight),
        score=score,
        low=np.where(present, scored, 0.0),
        high=np.where(present, scored, 100.0),
        known=present.astype(float),
    )


def _component_weights(
    features: Features,
    scorecard: Scorecard,
    parts: dict[str, list[tuple[WeightedMetric, _Part]]],
) -> dict[str, FloatArray]:
    """Return each component's share of the overall score per row; they add up to 1."""
    young = features.frame["tenure_days"].to_numpy(dtype=float) < scorecard.first_days
    weights = {}
    for name, component in scorecard.components.items():
        first = component.weight if component.weight_at_first is None else component.weight_at_first
        applies = sum(part.weight for _, part in parts[name]) > 0
        weights[name] = np.where(young, first, component.weight) * applies
    total = np.sum(list(weights.values()), axis=0)
    return {name: _divide(weight, total) for name, weight in weights.items()}


def _divide(upper: FloatArray, lower: FloatArray) -> FloatArray:
    return np.where(lower > 0, upper / np.where(lower > 0, lower, 1.0), 0.0)


def _mean(parts: Sequence[tuple[WeightedMetric, _Part]], kind: str) -> FloatArray:
    weight = np.sum([part.weight for _, part in parts], axis=0)
    total = np.sum([part.weight * getattr(part, kind) for _, part in parts], axis=0)
    return _divide(total, weight)


def _scores(
    features: Features,
    scorecard: Scorecard,
    parts: dict[str, list[tuple[WeightedMetric, _Part]]],
    weights: dict[str, FloatArray],
) -> pd.DataFrame:
    frame = pd.DataFrame(index=features.frame.index)
    for kind, column in (("score", "chs"), ("low", "chs_low"), ("high", "chs_high")):
        frame[column] = np.sum([weights[name] * _mean(parts[name], kind) for name in parts], axis=0)
    nothing = np.sum(list(weights.values()), axis=0) == 0
    frame["chs_high"] = frame["chs_high"].mask(nothing, 100.0)
    frame["chs_coverage"] = np.sum(
        [weights[name] * _mean(parts[name], "known") for name in parts], axis=0
    )
    for name in parts:
        applies = weights[name] > 0
        frame[f"chs_{name}"] = np.where(applies, _mean(parts[name], "score"), np.nan)
    return _limited(frame, features.frame, scorecard)


def _limited(frame: pd.DataFrame, values: pd.DataFrame, scorecard: Scorecard) -> pd.DataFrame:
    """Apply the caps, the lowest one giving its reason, and the two rules on coverage."""
    held = sorted(scorecard.caps, key=lambda cap: cap.limit)
    hits = np.array([cap.when.holds(values) for cap in held], dtype=bool)
    hits = hits.reshape(len(held), len(frame))
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
    unknown = frame["chs_coverage"] < scorecard.insufficient_below
    frame["chs"] = frame["chs"].where(~unknown)
    return frame


def _losses(
    features: Features,
    parts: dict[str, list[tuple[WeightedMetric, _Part]]],
    weights: dict[str, FloatArray],
) -> pd.DataFrame:
    columns = {}
    for name, weighted in parts.items():
        total = np.sum([part.weight for _, part in weighted], axis=0)
        for declared, part in weighted:
            share = weights[name] * _divide(part.weight, total)
            columns[declared.metric] = share * (100.0 - part.score)
    return pd.DataFrame(columns, index=features.frame.index)
