"""What pulls each component of health down, in words, beside what is usual for the account."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.engine.compute import Features
from ...features.metrics.absence import Absence
from ...features.metrics.metric import Metric
from ...features.scores.health_score import Health
from ...features.scores.scorecard import Component, Scorecard, WeightedMetric
from .wording import UNKNOWN, in_words, say_values, say_whole

__all__ = ["component_reasons"]


Columns = Mapping[str, FloatArray]

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
    known = _known(features, health, scorecard)
    columns = {}
    for name, component in scorecard.components.items():
        weak = health.scores[f"chs_{name}"].to_numpy(dtype=float) < scorecard.bands.high
        columns[f"why_{name}"] = _reasons(component, known, weak)
    return pd.DataFrame(columns, index=features.frame.index, dtype=object)


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to say of each metric, by column; a source may lack a column.

    Parameters
    ----------
    metrics : mapping of str to Metric
    points : mapping of str to ndarray of float, shape (n_rows,)
        What each takes; 0 where its value is missing.
    level, own, segment : mapping of str to ndarray of float, shape (n_rows,)
    """

    metrics: Mapping[str, Metric]
    points: Columns
    level: Columns
    own: Columns
    segment: Columns


def _known(features: Features, health: Health, scorecard: Scorecard) -> _Known:
    metrics = {metric.column: metric for metric in features.metrics}
    weighed = scorecard.metrics()
    present = features.absence[health.losses.columns] == Absence.PRESENT
    beside = [*scorecard.ages(), *(metrics[name].percentile for name in weighed)]
    return _Known(
        metrics=metrics,
        points=_columns(health.losses.where(present, 0.0), weighed),
        level=_columns(features.frame, [*weighed, *beside]),
        own=_columns(features.baseline, weighed),
        segment=_columns(features.segment_median, weighed),
    )


def _columns(frame: pd.DataFrame, names: Iterable[str]) -> Columns:
    """Return those of some columns that are there."""
    there = [name for name in dict.fromkeys(names) if name in frame]
    return dict(zip(there, frame[there].to_numpy(dtype=float).T, strict=True))


def _reasons(
    component: Component, known: _Known, weak: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """Return the text of one component a row, put together metric by metric."""
    told = np.full(len(weak), "", dtype=object)
    taken = np.stack([known.points[part.metric] for part in component.metrics])
    most, points = taken.argmax(axis=0), taken.max(axis=0)
    costs, which = in_words(np.rint(points), _cost)
    for place, part in enumerate(component.metrics):
        rows = np.flatnonzero(weak & (most == place) & (points >= _FEWEST_POINTS))
        said = _sentences(part, known, rows)
        told[rows] = [f"{text}: {costs[own]}" for text, own in zip(said, which[rows], strict=True)]
    return told


def _cost(points: float) -> str:
    return f"costs {points:.0f} {'point' if points == 1 else 'points'}"


def _sentences(part: WeightedMetric, known: _Known, rows: IntArray) -> list[str]:
    """Return what one metric is in some rows, beside what is usual and its age if it fades."""
    metric = known.metrics[part.metric]
    in_units = partial(say_values, metric=metric)
    age = part.fades.since if part.fades else ""
    sources = (
        (known.own, metric.column, in_units, "own {}"),
        (known.segment, metric.column, in_units, "segment {}"),
        (known.level, metric.percentile, _say_percentiles, "percentile {}"),
        (known.level, age, say_whole, "{} days old"),
    )
    now = _worded(*in_units(known.level[metric.column][rows]), "{}")
    usual = [
        _worded(*say(source[name][rows]), form)
        for source, name, say, form in sources
        if name in source
    ]
    beside = [", ".join(filter(None, told)) for told in zip(*usual, strict=True)]
    return [
        f"{metric.label} {value} ({told})" if told else f"{metric.label} {value}"
        for value, told in zip(now, beside or [""] * len(now), strict=True)
    ]


def _say_percentiles(shares: FloatArray) -> tuple[list[str], IntArray]:
    return say_whole(100.0 * shares)


def _worded(words: Sequence[str], which: IntArray, form: str) -> list[str]:
    """Return values in words; empty where unknown."""
    told = ["" if word == UNKNOWN else form.format(word) for word in words]
    return [told[place] for place in which.tolist()]
