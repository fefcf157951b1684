"""The customer health score: a weighted scorecard that says how much of it is known.

What is unknown is neither zero nor perfect: it counts as neutral, lowers the coverage, and opens
the interval between the lowest and the highest possible score.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..arrays.array_types import FloatArray
from ..engine.compute import Features
from ..metrics.absence import Absence
from .scorecard import Cap, Scorecard, WeightedMetric
from .scorecard_weights import MetricWeighing, Weighing, combinations_of, facts_of, weigh

__all__ = ["Health", "chs_before_caps", "measure_health", "score_health", "scorecard_scope"]


_NEUTRAL = 50.0


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
    """One metric of a component on all rows: its score, and how much of it is known."""

    column: str
    weight: FloatArray
    score: FloatArray
    low: FloatArray
    known: FloatArray

    @property
    def high(self) -> FloatArray:
        """The highest possible score: what is unknown could be perfect."""
        return self.low + (1.0 - self.known) * 100.0


@dataclass(frozen=True, slots=True)
class _Measured:
    """All components on all rows, and their shares of the overall score, which add up to 1."""

    parts: dict[str, list[_Part]]
    weights: dict[str, FloatArray]

    def mean(self, name: str, kind: str) -> FloatArray:
        """Return the weighted mean of one kind of number over the metrics of a component."""
        total = _sum(part.weight * getattr(part, kind) for part in self.parts[name])
        return _divide(total, _sum(part.weight for part in self.parts[name]))

    def overall(self, kind: str) -> FloatArray:
        """Return the weighted mean of one kind of number over all components."""
        return _sum(self.weights[name] * self.mean(name, kind) for name in self.parts)


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
    score drifts to 50 if it was better, its coverage falls and the interval opens. While an account
    or a feed is silent no metric scores better than what it was when it fell silent.

    Below ``insufficient_below`` coverage there is no score; below ``green_from`` it stays under the
    high band; each cap that holds limits it further.
    """
    measured = measure_health(features, scorecard)
    return replace(measured, scores=_limited(measured.scores, facts_of(features), scorecard))


def measure_health(features: Features, scorecard: Scorecard) -> Health:
    """Score the health of every row before caps and the rule on what may be high.

    Parameters
    ----------
    features : Features
        Needs the metrics the scorecard weighs, those by which they fade, and those its variants
        look at.
    scorecard : Scorecard

    Returns
    -------
    Health
        Without the columns about caps.
    """
    weighing = weigh(scorecard, features.metrics, facts_of(features))
    measured = _measured(features.frame, features.absence, features.held, scorecard, weighing)
    columns = {
        "chs": _sufficient(measured, scorecard),
        "chs_low": measured.overall("low"),
        "chs_high": measured.overall("high"),
        "chs_coverage": measured.overall("known"),
    }
    nothing = _sum(measured.weights.values()) == 0
    columns["chs_high"] = np.where(nothing, 100.0, columns["chs_high"])
    for name, weight in measured.weights.items():
        columns[f"chs_{name}"] = np.where(weight > 0, measured.mean(name, "score"), np.nan)
    scores = pd.DataFrame(columns, index=features.frame.index)
    scores["scorecard_variants"] = pd.Series(weighing.applied, scores.index, dtype=object)
    return Health(scores=scores, losses=_losses(features, measured))


def chs_before_caps(
    frame: pd.DataFrame,
    absence: pd.DataFrame,
    held: pd.DataFrame | None,
    scorecard: Scorecard,
    weighing: Weighing,
) -> FloatArray:
    """Return the health score of rows before caps, and nothing else.

    Parameters
    ----------
    frame, absence, held : DataFrame
        As in ``Features``: at least the metrics that the scorecard weighs, and in ``frame`` those
        by which they fade.
    scorecard : Scorecard
    weighing : Weighing
        Of the same rows.

    Returns
    -------
    ndarray of float, shape (n_rows,)
        0 to 100, higher is healthier; NaN where too little is known.
    """
    return _sufficient(_measured(frame, absence, held, scorecard, weighing), scorecard)


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


def _measured(
    frame: pd.DataFrame,
    absence: pd.DataFrame,
    held: pd.DataFrame | None,
    scorecard: Scorecard,
    weighing: Weighing,
) -> _Measured:
    metrics = scorecard.metrics()
    values = _by_name(frame, [*metrics, *scorecard.ages()])
    states = _by_name(absence, metrics)
    once = {} if held is None else _by_name(held, [name for name in metrics if name in held])
    parts = {
        name: [_part(part, values, states, once, weighing) for part in component.metrics]
        for name, component in scorecard.components.items()
    }
    return _Measured(parts, _component_weights(weighing, parts))


def _by_name(frame: pd.DataFrame, names: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    different = list(dict.fromkeys(names))
    return dict(zip(different, frame[different].to_numpy().T, strict=True))


def _part(
    part: WeightedMetric,
    values: dict[str, npt.NDArray[Any]],
    states: dict[str, npt.NDArray[Any]],
    once: dict[str, npt.NDArray[Any]],
    weighing: Weighing,
) -> _Part:
    state, weighed = states[part.metric], weighing.metrics[part.metric]
    scored = _scored(values[part.metric], weighed)
    present = state == Absence.PRESENT
    fresh = _freshness(part, values)
    # What was bad does not become neutral by growing old.
    drifted = np.minimum(fresh * scored + (1.0 - fresh) * _NEUTRAL, scored)
    kept = np.minimum(np.where(np.isnan(scored), _NEUTRAL, drifted), _NEUTRAL)
    stale = state == Absence.STALE_OR_FAILED
    score = np.where(present, drifted, np.where(stale, kept, _NEUTRAL))
    if part.metric in once:
        score = np.fmin(score, _scored(once[part.metric], weighed))
    return _Part(
        column=part.metric,
        weight=np.where(_is_weighed(state), weighed.weight, 0.0),
        score=score,
        low=np.where(present, np.minimum(fresh * scored, score), 0.0),
        known=present * fresh,
    )


def _scored(values: npt.NDArray[Any], weighed: MetricWeighing) -> FloatArray:
    """Return 0 at ``poor`` and 100 at ``healthy``, linear in between; NaN stays."""
    share = (values - weighed.poor) / (weighed.healthy - weighed.poor)
    return np.asarray(np.clip(share, 0.0, 1.0) * 100.0, dtype=float)


def _is_weighed(state: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    weighed = (state != Absence.NOT_APPLICABLE) & (state != Absence.NOT_COLLECTED)
    return np.asarray(weighed, dtype=bool)


def _freshness(part: WeightedMetric, values: dict[str, npt.NDArray[Any]]) -> FloatArray:
    """Return how much a signal still says, 1 to 0; a signal without an age does not fade."""
    if part.fades is None:
        return np.ones(1)
    age = values[part.fades.since]
    lives = np.where(np.isnan(age), 0.0, np.maximum(age, 0.0)) / part.fades.half_life_days
    return np.asarray(0.5**lives, dtype=float)


def _component_weights(weighing: Weighing, parts: dict[str, list[_Part]]) -> dict[str, FloatArray]:
    """Return each component's share of the overall score per row; they add up to 1."""
    weights = {}
    for name, members in parts.items():
        applies = _sum(part.weight for part in members) > 0
        weights[name] = weighing.components[name] * applies
    total = _sum(weights.values())
    return {name: _divide(weight, total) for name, weight in weights.items()}


def _sufficient(measured: _Measured, scorecard: Scorecard) -> FloatArray:
    """Return the score, NaN where too little is known."""
    unknown = measured.overall("known") < scorecard.insufficient_below
    return np.where(unknown, np.nan, measured.overall("score"))


def _sum(arrays: Iterable[FloatArray]) -> FloatArray:
    """Return the sum, one after the other: numpy's own order depends on how many rows there are."""
    return np.asarray(reduce(np.add, arrays), dtype=float)


def _divide(upper: FloatArray, lower: FloatArray) -> FloatArray:
    return np.where(lower > 0, upper / np.where(lower > 0, lower, 1.0), 0.0)


def _limited(frame: pd.DataFrame, facts: pd.DataFrame, scorecard: Scorecard) -> pd.DataFrame:
    """Apply the caps, the lowest one giving its reason, and the rule on what may be high."""
    caps = sorted(scorecard.caps, key=lambda cap: cap.limit)
    found, which = combinations_of([cap.when.holds(facts) for cap in caps], len(frame))
    holding = [[caps[place] for place in places] for places in found]

    def each(words: Callable[[list[Cap]], Any]) -> list[Any]:
        told = [words(held) for held in holding]
        return [told[number] for number in which.tolist()]

    frame = frame.assign(
        chs_before_caps=frame["chs"],
        caps=each(lambda held: tuple(cap.name for cap in held)),
        cap_reasons=each(lambda held: tuple(cap.reason for cap in held)),
        cap=each(lambda held: held[0].limit if held else np.nan),
        cap_reason=each(lambda held: held[0].reason if held else ""),
    )
    top = np.where(
        frame["chs_coverage"] < scorecard.green_from, np.nextafter(scorecard.bands.high, 0), 100.0
    )
    limit = np.fmin(top, frame["cap"].to_numpy(dtype=float))
    limited = ["chs", "chs_low", "chs_high"]
    return frame.assign(**{name: np.minimum(frame[name], limit) for name in limited})


def _losses(features: Features, measured: _Measured) -> pd.DataFrame:
    columns = {}
    for name, members in measured.parts.items():
        total = _sum(part.weight for part in members)
        for part in members:
            share = measured.weights[name] * _divide(part.weight, total)
            columns[part.column] = share * (100.0 - part.score)
    return pd.DataFrame(columns, index=features.frame.index)
