"""Kinds of things that nobody at a company ever wrote down: their absence says nothing."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..arrays.array_types import BoolArray, FloatArray
from ..metrics.bounded_measures import stands_for_never
from ..metrics.metric import Metric
from ..metrics.queries import Measure
from ..metrics.row_selection import HasPart, Is
from .point_in_time import Knowledge

__all__ = ["kinds_of", "unrecorded"]


def unrecorded(metric: Metric, value: FloatArray, known: Knowledge) -> BoolArray:
    """Return where a number is worse than healthy only because nobody writes such things down.

    A company whose activities are mails and calls has not left all its admins untrained: trainings
    are not among what it records, as long as no account has had one.

    Parameters
    ----------
    metric : Metric
    value : ndarray of float, shape (n_rows,)
    known : Knowledge

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        False for metrics without thresholds. That nothing bad was written down stays good; the age
        of an account, where it stands for what never happened, says nothing then.
    """
    nowhere = np.zeros(len(known.rows), dtype=bool)
    if metric.poor is None or metric.healthy is None:
        return nowhere
    first: dict[tuple[str, str], int] = {}
    for view, kind in kinds_of(metric.measure):
        since = known.recorded_since(view, kind)
        # Of several roles, say, one that is told is enough: the column does tell such things.
        first[view, kind.column] = min(since, first.get((view, kind.column), since))
    nowhere = (known.rows.as_of <= max(first.values(), default=0)) & ~np.isnan(value)
    good = value <= metric.healthy if metric.direction == "-" else value >= metric.healthy
    return nowhere & ~(good & (not stands_for_never(metric.measure)))


def kinds_of(measure: Measure) -> Iterator[tuple[str, Is | HasPart]]:
    """Yield the kinds of things that a measure looks for, each with its view.

    Parameters
    ----------
    measure : Measure

    Yields
    ------
    tuple of str and Is or HasPart
    """
    for select, _ in measure.selects():
        for condition in select.where:
            if not isinstance(condition, Is | HasPart):
                continue
            if condition.column == "person_roles":
                # That nobody met a sponsor is a fact; that no sponsor is known is not.
                yield "people", replace(condition, column="roles")
            else:
                yield select.view, condition
