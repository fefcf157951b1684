"""Weights and thresholds of every row, after the variants of the scorecard that hold for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .engine import Features
from .metric import Metric
from .scorecard import MetricChange, Scorecard, WeightedMetric

__all__ = ["MetricWeighing", "Weighing", "facts_of", "weigh"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MetricWeighing:
    """How one metric is weighed and scored, each one number or one a row."""

    weight: FloatArray
    poor: FloatArray
    healthy: FloatArray


@dataclass(frozen=True, slots=True)
class Weighing:
    """How every row is weighed.

    Parameters
    ----------
    components : dict of str to ndarray
        Weight of each component, one number or one a row.
    metrics : dict of str to MetricWeighing
        By column.
    applied : list of str
        Names of the variants that hold, joined by a comma, one a row; empty where none does.
    """

    components: dict[str, FloatArray]
    metrics: dict[str, MetricWeighing]
    applied: list[str]


def facts_of(features: Features) -> pd.DataFrame:
    """Return what the conditions of variants and caps look at: every metric, and the segment.

    Parameters
    ----------
    features : Features

    Returns
    -------
    DataFrame
        Same rows.
    """
    return features.frame.assign(segment=features.segment)


def weigh(scorecard: Scorecard, metrics: Sequence[Metric], facts: pd.DataFrame) -> Weighing:
    """Return the weights and thresholds that hold for every row.

    Parameters
    ----------
    scorecard : Scorecard
    metrics : sequence of Metric
        Their thresholds stand in where the scorecard has none of its own.
    facts : DataFrame
        As ``facts_of`` gives them.

    Returns
    -------
    Weighing
        Exactly the numbers of the scorecard: nothing is scaled.

    Examples
    --------
    >>> part = {"label": "Use", "weight": 1, "metrics": [{"metric": "x", "poor": 0, "healthy": 1}]}
    >>> young = {"name": "young", "when": {"field": "tenure_days", "below": 90}}
    >>> change = {**young, "metrics": {"x": {"weight": 3}}}
    >>> card = Scorecard.model_validate({"components": {"usage": part}, "variants": [change]})
    >>> found = weigh(card, (), pd.DataFrame({"tenure_days": [30.0, 400.0]}))
    >>> found.metrics["x"].weight.tolist(), found.applied
    ([3.0, 1.0], ['young', ''])
    """
    declared = {metric.column: metric for metric in metrics}
    components = {name: np.asarray(part.weight) for name, part in scorecard.components.items()}
    weighed = {part.metric: _unchanged(part, declared) for part in scorecard.weighed()}
    held = [variant.when.holds(facts) for variant in scorecard.variants]
    for variant, hit in zip(scorecard.variants, held, strict=True):
        for name, other in variant.components.items():
            components[name] = np.where(hit, other.weight, components[name])
        for column, change in variant.metrics.items():
            weighed[column] = _changed(weighed[column], change, hit)
    names = [variant.name for variant in scorecard.variants]
    return Weighing(components, weighed, _joined(names, held, len(facts)))


def _unchanged(part: WeightedMetric, declared: dict[str, Metric]) -> MetricWeighing:
    own = part if part.poor is not None else declared[part.metric]
    numbers = (part.weight, own.poor, own.healthy)
    return MetricWeighing(*(np.asarray(number, dtype=float) for number in numbers))


def _changed(before: MetricWeighing, change: MetricChange, hit: BoolArray) -> MetricWeighing:
    pairs = (
        (before.weight, change.weight),
        (before.poor, change.poor),
        (before.healthy, change.healthy),
    )
    return MetricWeighing(*(old if new is None else np.where(hit, new, old) for old, new in pairs))


def _joined(names: list[str], held: list[BoolArray], n_rows: int) -> list[str]:
    """Return the names that hold for each row, put together once for every combination."""
    if not names or not n_rows:
        return [""] * n_rows
    combinations, which = np.unique(np.stack(held, axis=1), axis=0, return_inverse=True)
    told = [
        ",".join(name for name, hit in zip(names, combination, strict=True) if hit)
        for combination in combinations
    ]
    return [told[number] for number in which.reshape(-1)]
