"""What pulls each component of health down, in words, beside what is usual for the account."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..features.absence import Absence
from ..features.engine import Features
from ..features.health import Health
from ..features.metric import Metric
from ..features.scorecard import Component, Scorecard, WeightedMetric
from .drivers import say_value

__all__ = ["component_reasons"]

FloatArray = npt.NDArray[np.float64]

_FEWEST_POINTS = 1.0


def component_reasons(features: Features, health: Health, scorecard: Scorecard) -> pd.DataFrame:
    """Return, for each component, the metric that costs most and what is usual.

    Parameters
    ----------
    features : Features
        With own baselines, as ``with_own_past`` completes them.
    health : Health
        Of the same rows.
    scorecard : Scorecard

    Returns
    -------
    DataFrame
        Same index, one column ``why_<component>`` each: the metric with its value, the account's
        own baseline, the median and the percentile in its segment and its age where it fades, as
        far as known, and the points it takes. Empty where the component is in the high band, or no
        known metric takes a point.
    """
    columns = {
        f"why_{name}": _reasons(features, health, component, below=scorecard.bands.high, name=name)
        for name, component in scorecard.components.items()
    }
    return pd.DataFrame(columns, index=features.frame.index, dtype=object)


def _reasons(
    features: Features, health: Health, component: Component, *, below: float, name: str
) -> npt.NDArray[np.object_]:
    """Return the text of one component a row, put together metric by metric."""
    names = [part.metric for part in component.metrics]
    known = (features.absence[names] == Absence.PRESENT).to_numpy()
    losses = np.where(known, health.losses[names].to_numpy(dtype=float), 0.0)
    told = np.full(len(losses), "", dtype=object)
    if not len(losses):
        return told
    most = np.argmax(losses, axis=1)
    points = losses[np.arange(len(losses)), most]
    weak = health.scores[f"chs_{name}"].to_numpy(dtype=float) < below
    declared = {metric.column: metric for metric in features.metrics}
    for place, part in enumerate(component.metrics):
        rows = np.flatnonzero(weak & (most == place) & (points >= _FEWEST_POINTS))
        metric = declared[part.metric]
        told[rows] = _sentences(features, part, metric, rows)
        told[rows] += [f": costs {cost:.0f} {_points(cost)}" for cost in points[rows]]
    return told


def _points(cost: float) -> str:
    return "point" if f"{cost:.0f}" == "1" else "points"


def _sentences(
    features: Features, part: WeightedMetric, metric: Metric, rows: npt.NDArray[np.int64]
) -> list[str]:
    """Return what one metric is in some rows, beside what is usual and its age if it fades."""

    def in_units(value: float) -> str:
        return say_value(value, metric)

    age = part.fades.since if part.fades else ""
    sources = (
        (features.baseline, metric.column, lambda value: f"own {in_units(value)}"),
        (features.segment_median, metric.column, lambda value: f"segment {in_units(value)}"),
        (features.frame, metric.percentile, lambda value: f"percentile {100 * value:.0f}"),
        (features.frame, age, lambda value: f"{value:.0f} days old"),
    )
    now = _worded(features.frame[metric.column], rows, in_units)
    usual = [_worded(frame[name], rows, say) for frame, name, say in sources if name in frame]
    beside = [", ".join(filter(None, told)) for told in zip(*usual, strict=True)]
    return [
        f"{metric.label} {value} ({told})" if told else f"{metric.label} {value}"
        for value, told in zip(now, beside or [""] * len(now), strict=True)
    ]


def _worded(
    values: pd.Series, rows: npt.NDArray[np.int64], say: Callable[[float], str]
) -> list[str]:
    """Return values in words, each different one put into words once; empty where unknown."""
    different, which = np.unique(values.to_numpy(dtype=float)[rows], return_inverse=True)
    words = ["" if np.isnan(value) else say(value) for value in different]
    return [words[place] for place in which]
