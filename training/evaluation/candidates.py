"""One competitor: what it may read, how it is fitted, and how its base follows the newest dates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray
from ...features.metrics.catalogue import METRICS
from ...features.metrics.metric import Metric
from ..dataset.clock_detector import Clock, clocks
from ..dataset.dataset import ROLES, Dataset
from ..models.catalogue import Model, ProbabilityModel, refresh_intercept

__all__ = [
    "Labelled",
    "Lesson",
    "direction_of_inputs",
    "fit_candidate",
    "labelled_rows",
    "lesson_of",
    "roles_of",
]


_MATURITY = {"cmi": -1}
"""Who has woven a product into its work does not leave for it."""

_TOWARDS = {"expansion": 1, "contraction": -1}
"""What speaks for growth speaks against cutting back."""


@dataclass(frozen=True)
class Lesson:
    """Rows to learn from.

    Parameters
    ----------
    X : DataFrame
        All inputs of the target, and the column of the scorecard for its baseline.
    y : ndarray of int64, shape (n_rows,)
    parents : ndarray of str, shape (n_rows,)
    weight : ndarray of float, shape (n_rows,)
        What each row counts.
    newest : ndarray of bool, shape (n_rows,)
        The rows that were the last to close.
    monotone, roles : dict
        Declared directions, and the columns that baselines read.
    clocks : tuple of Clock
        Inputs that tell the date; learned models leave them out.
    mute : tuple of Clock
        Inputs with a direction that tell the date only by being there: their values count, and
        that one is missing says nothing.
    """

    X: pd.DataFrame
    y: IntArray
    parents: npt.NDArray[np.object_]
    weight: FloatArray
    newest: BoolArray
    monotone: dict[str, int]
    roles: dict[str, str]
    clocks: tuple[Clock, ...]
    mute: tuple[Clock, ...]

    def inputs(self, *, with_clocks: bool) -> pd.DataFrame:
        """Return what a model learns from.

        Parameters
        ----------
        with_clocks : bool
            Whether it may learn from what tells the date by its values.

        Returns
        -------
        DataFrame
            Without clocks; where a mute one is missing stands its median, so that no model learns
            what a gap means, and a later gap is no evidence.
        """
        left_out = [] if with_clocks else [clock.column for clock in self.clocks]
        usual = {clock.column: self.X[clock.column].median() for clock in self.mute}
        return self.X.drop(columns=left_out).fillna(usual)

    @property
    def rate(self) -> float:
        """Share of the outcome, each row counting its weight."""
        return float(np.average(self.y, weights=self.weight))


@dataclass(frozen=True)
class Labelled:
    """The rows that have a label of one target.

    Parameters
    ----------
    rows : DataFrame
        ``account_id``, ``as_of``, the labels, ``closes_at`` and ``weight`` of the target.
    y : ndarray of int64, shape (n_rows,)
    parents : ndarray of str, shape (n_rows,)
    """

    rows: pd.DataFrame
    y: IntArray
    parents: npt.NDArray[np.object_]


def labelled_rows(dataset: Dataset, target: str) -> Labelled:
    """Return the labelled rows of a target, in the order in which positions count.

    Parameters
    ----------
    dataset : Dataset
    target : {"churn", "expansion", "contraction"}

    Returns
    -------
    Labelled
    """
    kept = dataset.labelled(target)
    closes, weight = dataset.closes(target)[kept].array, dataset.weight(target)[kept]
    return Labelled(
        rows=dataset.labels[kept].reset_index().assign(closes_at=closes, weight=weight),
        y=dataset.outcome(target)[kept].to_numpy(dtype=np.int64),
        parents=dataset.parent[kept].to_numpy(dtype=object),
    )


def lesson_of(dataset: Dataset, target: str, place: IntArray | None = None) -> Lesson:
    """Return what can be learned from some of the labelled rows.

    Parameters
    ----------
    dataset : Dataset
    target : {"churn", "expansion", "contraction"}
    place : ndarray of int64, optional
        Positions among the labelled rows; all of them by default.

    Returns
    -------
    Lesson
        Clocks are looked for in these rows only, so that nothing later is known.

    Notes
    -----
    Whether a price has changed in a year cannot be known in the first year of a company's data, and
    so tells early rows from late ones, while the change itself is among the best there is to learn
    from. Without a direction a tree could read the gap off the very value that stands for it.
    """
    kept = dataset.labelled(target)
    rows = np.arange(int(kept.sum())) if place is None else place
    columns = dataset.columns(target)
    X = dataset.X[kept].iloc[rows]
    as_of = X.index.get_level_values("as_of").to_series(index=pd.RangeIndex(len(X)))
    parents = dataset.parent[kept].to_numpy(dtype=object)[rows]
    monotone = direction_of_inputs(target, dataset.features.metrics)
    found = clocks(X[columns], as_of, parents)
    mute = [clock for clock in found if clock.by == "presence" and monotone.get(clock.column)]
    return Lesson(
        X=X[[*columns, ROLES["scorecard"]]],
        y=dataset.outcome(target)[kept].to_numpy(dtype=np.int64)[rows],
        parents=parents,
        weight=dataset.weight(target)[kept][rows],
        newest=_newest(as_of, dataset.closes(target)[kept].iloc[rows]),
        monotone=monotone,
        roles=roles_of(dataset),
        clocks=tuple(clock for clock in found if clock not in mute),
        mute=tuple(mute),
    )


def fit_candidate(model: Model, lesson: Lesson, *, with_clocks: bool = False) -> ProbabilityModel:
    """Fit one competitor and move its base towards the newest closed dates.

    Parameters
    ----------
    model : Model
    lesson : Lesson
    with_clocks : bool
        Whether it may learn from inputs that tell the date, to see what leaving them out is worth.

    Returns
    -------
    ProbabilityModel
    """
    fitted = model.build().fit(
        lesson.X if model.needs else lesson.inputs(with_clocks=with_clocks),
        lesson.y,
        groups=lesson.parents,
        monotone=lesson.monotone,
        roles=lesson.roles,
        weight=lesson.weight,
    )
    return refresh_intercept(
        fitted, lesson.y, lesson.parents, newest=lesson.newest, weight=lesson.weight
    )


def direction_of_inputs(target: str, metrics: Sequence[Metric] = METRICS) -> dict[str, int]:
    """Return the declared direction of each input towards the target.

    Parameters
    ----------
    target : {"churn", "expansion", "contraction"}
    metrics : sequence of Metric

    Returns
    -------
    dict of str to int
        For churn: -1 where higher is healthier, 1 where lower is, alike for the level, its ratio to
        the own past and its place among peers; what speaks for growth and declares nothing of
        health never speaks for leaving, nor does maturity. For expansion only levels of what
        declares an expansion direction, for contraction the same turned round; for a target of
        one's own none.

    Examples
    --------
    >>> churn = direction_of_inputs("churn")
    >>> churn["active_users_28d"], churn["active_users_28d_vs_own"], churn["seat_saturation_28d"]
    (-1, -1, -1)
    """
    signs = {"+": 1, "-": -1}
    if target == "churn":
        return _MATURITY | {
            column: -signs[direction]
            for metric in metrics
            if (direction := _health_direction(metric)) in signs
            for column in (metric.column, metric.vs_own, metric.percentile)
        }
    if target not in _TOWARDS:
        return {}
    return {
        metric.column: _TOWARDS[target] * signs[metric.expansion_direction]
        for metric in metrics
        if metric.expansion_direction
    }


def _health_direction(metric: Metric) -> str | None:
    """Return the direction of health; of context that of growth, for who outgrows, stays.

    Left free, a share of seats in use stands beside a directed one that says nearly the same, and
    the two learn opposite signs: less use would lower the estimate.
    """
    if metric.axis == "health":
        return metric.direction
    return metric.expansion_direction if metric.axis == "context" else None


def roles_of(dataset: Dataset) -> dict[str, str]:
    """Return the columns that baselines read, where there are values in them.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    dict of str to str
        Role to column.
    """
    return {
        role: column
        for role, column in ROLES.items()
        if column in dataset.X and dataset.X[column].notna().any()
    }


def _newest(as_of: pd.Series, closes: pd.Series) -> BoolArray:
    """Return the rows that closed last, over a fifth of the dates, at least three.

    One date may be a season's. Going by when rows closed and not by their dates, all looks at a
    decision are in or out.
    """
    dates = np.sort(as_of.unique())
    span = dates[-1] - dates[-min(len(dates), max(3, len(dates) // 5))]
    return np.asarray(closes >= closes.max() - span, dtype=bool)
