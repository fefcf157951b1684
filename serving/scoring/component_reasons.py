"""What each metric takes from the health score, beside the value that would take nothing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.engine.compute import Features
from ...features.metrics.absence import Absence
from ...features.scores.health_score import Health
from ...features.scores.scorecard import Component, Scorecard
from ...features.scores.scorecard_weights import facts_of, weigh
from ..wording.reason_words import FULL, Said, said_in_words
from .comparisons import Comparisons

__all__ = ["LEAST_POINTS", "ScorePoints", "component_reasons", "points_of"]


LEAST_POINTS = 1.0
"""A metric that takes less is not worth saying."""


@dataclass(frozen=True, slots=True)
class ScorePoints:
    """Points by metric.

    Parameters
    ----------
    names : list of str
        Columns of the metrics that the scorecard weighs.
    places : ndarray of int, shape (n_metrics,)
        Of the same among all metrics.
    taken : ndarray of float, shape (n_rows, n_metrics)
        Points taken from 100; 0 where the value is missing.
    healthy : ndarray of float, shape (n_rows, n_metrics)
        The value that gets full points.
    age : ndarray of float, shape (n_rows, n_metrics)
        Days since it was said, where it loses its meaning with time; NaN elsewhere.
    """

    names: list[str]
    places: IntArray
    taken: FloatArray
    healthy: FloatArray
    age: FloatArray

    def said(self, comparisons: Comparisons, rows: IntArray, at: IntArray) -> Said:
        """Say what some metrics take from some accounts, and what they are held against.

        Parameters
        ----------
        comparisons : Comparisons
            Of the same rows.
        rows, at : ndarray of int, shape (n_reasons,)
            Account, and place among ``names``.

        Returns
        -------
        Said
            With the value that gets full points where the account's is worse, and with the own
            past where the account was better.
        """
        metrics = self.places[at]
        taken = self.taken[rows, at]
        return Said(
            metrics=metrics,
            value=comparisons.level[rows, metrics],
            before=comparisons.worse_than_before(rows, metrics),
            beside=comparisons.worse_than(rows, metrics, self.healthy[rows, at]),
            kind=np.full(len(rows), FULL),
            points=taken,
            share=taken / self.taken.sum(axis=1)[rows],
            age=self.age[rows, at],
            never=comparisons.never(rows, metrics),
        )


def points_of(features: Features, health: Health, scorecard: Scorecard) -> ScorePoints:
    """Gather what each metric takes, and what it is held against.

    Parameters
    ----------
    features : Features
    health : Health
        Of the same rows.
    scorecard : Scorecard

    Returns
    -------
    ScorePoints
    """
    names = [str(name) for name in health.losses]
    present = (features.absence[names] == Absence.PRESENT).to_numpy(dtype=bool)
    weighing = weigh(scorecard, features.metrics, facts_of(features))
    since = {part.metric: part.fades.since for part in scorecard.weighed() if part.fades}
    shape = (len(features.frame), len(names))
    healthy, age = np.empty(shape), np.full(shape, np.nan)
    for place, name in enumerate(names):
        healthy[:, place] = weighing.metrics[name].healthy
        if name in since:
            age[:, place] = features.frame[since[name]]
    taken = np.where(present, health.losses.to_numpy(dtype=float), 0.0)
    columns = pd.Index([metric.column for metric in features.metrics])
    places = np.asarray(columns.get_indexer(pd.Index(names)), dtype=np.int64)
    return ScorePoints(names, places, taken, healthy, age)


def component_reasons(
    features: Features, health: Health, points: ScorePoints, scorecard: Scorecard
) -> pd.DataFrame:
    """Return, for each component, the metric that costs most.

    Parameters
    ----------
    features : Features
        With own baselines, as ``with_own_past`` completes them.
    health : Health
        Of the same rows.
    points : ScorePoints
        Of the same rows.
    scorecard : Scorecard

    Returns
    -------
    DataFrame
        Same index, one column ``why_<component>`` each: the metric with its value, the value that
        gets full points, its age where it fades and the points it takes, in the words that drivers
        have. Empty where the component is in the high band, or no known metric takes a point.
    """
    comparisons = Comparisons.of(features)
    columns = {}
    for name, component in scorecard.components.items():
        weak = health.scores[f"chs_{name}"].to_numpy(dtype=float) < scorecard.bands.high
        columns[f"why_{name}"] = _reasons(component, points, comparisons, weak)
    return pd.DataFrame(columns, index=features.frame.index, dtype=object)


def _reasons(
    component: Component,
    points: ScorePoints,
    comparisons: Comparisons,
    weak: npt.NDArray[np.bool_],
) -> npt.NDArray[np.object_]:
    """Return the text of one component a row."""
    told = np.full(len(weak), "", dtype=object)
    own = np.array([points.names.index(part.metric) for part in component.metrics])
    taken = points.taken[:, own]
    rows = np.flatnonzero(weak & (taken.max(axis=1) >= LEAST_POINTS))
    at = own[taken[rows].argmax(axis=1)]
    said = points.said(comparisons, rows, at)
    told[rows] = said_in_words(said, comparisons.metrics).to_numpy(dtype=object)
    return told
