"""Weights and thresholds of every row, after the variants of the scorecard that hold for it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, FloatArray, IntArray
from ..engine.compute import Features
from ..metrics.metric import Metric
from .scorecard import MetricChange, Scorecard, WeightedMetric

__all__ = ["MetricWeighing", "Weighing", "combinations_of", "facts_of", "weigh"]


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
    variants : dict of str to ndarray of bool, shape (n_rows,)
        Where each variant holds.
    n_rows : int
    """

    components: dict[str, FloatArray]
    metrics: dict[str, MetricWeighing]
    variants: dict[str, BoolArray]
    n_rows: int

    @property
    def applied(self) -> list[str]:
        """Names of the variants that hold, joined by a comma, one a row; empty where none does."""
        names = list(self.variants)
        found, which = combinations_of(list(self.variants.values()), self.n_rows)
        told = [",".join(names[place] for place in places) for places in found]
        return [told[number] for number in which.tolist()]


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
    return Weighing(components, weighed, dict(zip(names, held, strict=True)), len(facts))


def combinations_of(held: Sequence[BoolArray], n_rows: int) -> tuple[list[list[int]], IntArray]:
    """Return which of some conditions hold together, each combination that occurs once.

    Parameters
    ----------
    held : sequence of (ndarray of bool, shape (n_rows,))
    n_rows : int

    Returns
    -------
    combinations : list of (list of int)
        The places of the conditions that hold, in the order in which combinations first occur.
    which : ndarray of int, shape (n_rows,)
        The combination of each row.

    Examples
    --------
    >>> found, which = combinations_of([np.array([True, False, True]), np.array([True] * 3)], 3)
    >>> found, which.tolist()
    ([[0, 1], [1]], [0, 1, 0])
    """
    which = np.zeros(n_rows, dtype=np.int64)
    for hit in held:
        which = pd.factorize(2 * which + hit)[0]
    rows = np.flatnonzero(~pd.Series(which).duplicated())
    return [[place for place, hit in enumerate(held) if hit[row]] for row in rows.tolist()], which


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
