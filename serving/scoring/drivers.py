"""Drivers: what moves an account's estimate, one line a metric, in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.engine.compute import Features
from ...features.metrics.absence import Absence
from ...features.metrics.catalogue import by_column
from ...features.metrics.metric import Metric
from .wording import in_words, say_values

__all__ = ["drivers_of"]


_TEXT = pa.large_string()
_RAISING, _LOWERING = 5, 3
_FEWEST = 1e-9
_SCORECARD = "chs"


def drivers_of(
    features: Features, contributions: Mapping[str, pd.DataFrame], losses: pd.DataFrame
) -> pd.DataFrame:
    """Return what moves the estimates and the health score of each account most.

    Parameters
    ----------
    features : Features
        One row an account.
    contributions : mapping of str to DataFrame
        By target (``churned``, ``expanded``), same index: SHAP values on its log-odds, one column
        an input of the model; plus raises the estimate. Inputs that are no metrics (the scores)
        are no drivers.
    losses : DataFrame
        Same index: points each metric takes from 100 in the health score, target ``chs``.

    Returns
    -------
    DataFrame
        ``DRIVER_COLUMNS`` and ``weight``, target by target and account by account, the strongest
        first. Up to five metrics that raise an estimate and three that lower it, and up to five
        that take points, which the text says and ``weight`` holds; their ``shap`` is empty. A
        metric whose value is missing is left out, context is kept and marked as not actionable.
    """
    column_of = {name: metric.column for name, metric in by_column(features.metrics).items()}
    found = [
        _strongest(features, *_by_metric(shares, column_of), target, lowering=_LOWERING)
        for target, shares in contributions.items()
    ]
    points = losses.to_numpy(dtype=float)
    found.append(_strongest(features, list(losses.columns), points, _SCORECARD, lowering=0))
    return _described(features, found)


@dataclass(frozen=True, slots=True)
class _Found:
    """Drivers of one target: account and metric by place, and how much it moves the estimate."""

    target: str
    rows: IntArray
    metrics: IntArray
    share: FloatArray


def _by_metric(shares: pd.DataFrame, column_of: Mapping[str, str]) -> tuple[list[str], FloatArray]:
    """Return metrics and their shares with those of their variants, shape (n_rows, n_metrics)."""
    declared = [str(name) for name in shares if name in column_of]
    which, names = pd.factorize(np.array([column_of[name] for name in declared], dtype=object))
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(len(names)))
    by_input = shares[declared].to_numpy(dtype=float).T[order]
    return names.tolist(), np.ascontiguousarray(np.add.reduceat(by_input, starts, axis=0).T)


def _strongest(
    features: Features, names: list[str], shares: FloatArray, target: str, *, lowering: int
) -> _Found:
    """Return, per account, the metrics that raise an estimate most, and those that lower it."""
    known = features.absence[names].to_numpy() == Absence.PRESENT
    size = np.where(known, shares, 0.0)
    raising, falling = _largest(size, _RAISING), _largest(-size, lowering)
    places = np.concatenate([raising, falling], axis=1)
    share = np.take_along_axis(size, places, axis=1)
    sign = np.repeat([1.0, -1.0], [raising.shape[1], falling.shape[1]])
    moves = share * sign > _FEWEST
    order = np.lexsort((places, -np.abs(share)), axis=1)
    places, share, moves = (np.take_along_axis(of, order, axis=1) for of in (places, share, moves))
    columns = pd.Index([metric.column for metric in features.metrics])
    rows = np.nonzero(moves)[0]
    metrics = columns.get_indexer(pd.Index(names))
    return _Found(target, rows, metrics[places[moves]], share[moves])


def _largest(size: FloatArray, count: int) -> IntArray:
    """Return the places of the largest entries of each row, in no order."""
    kept = min(count, size.shape[1])
    if not kept:
        return np.empty((len(size), 0), dtype=np.int64)
    return np.argpartition(-size, kept - 1, axis=1)[:, :kept]


def _described(features: Features, found: Sequence[_Found]) -> pd.DataFrame:
    """Return all drivers in words, with what is usual for the account and its segment."""
    rows = np.concatenate([part.rows for part in found])
    metrics = np.concatenate([part.metrics for part in found])
    share = np.concatenate([part.share for part in found])
    target = np.repeat(np.arange(len(found)), [len(part.rows) for part in found])
    names = pd.Index([metric.column for metric in features.metrics])
    numbers = [
        frame.reindex(columns=names).to_numpy(dtype=float)[rows, metrics]
        for frame in (features.frame, features.baseline, features.segment_median)
    ]
    by_points = np.array([part.target == _SCORECARD for part in found])[target]
    points, shap = np.where(by_points, share, np.nan), np.where(by_points, np.nan, share)
    index = features.frame.index[rows]
    columns = {
        "account_id": index.get_level_values(0),
        "as_of": index.get_level_values(1),
        "target": _picked([part.target for part in found], target).to_pandas(),
        "rank": np.concatenate([_ranks(part.rows) for part in found]),
        "component": _picked([m.component for m in features.metrics], metrics).to_pandas(),
        "metric": _picked(names.tolist(), metrics).to_pandas(),
        **dict(zip(("value", "baseline", "segment_median"), numbers, strict=True)),
        "shap": shap,
        "direction": _picked(["-", "+"], (share > 0).astype(int)).to_pandas(),
        "actionable": np.array([m.axis != "context" for m in features.metrics])[metrics],
        "text": _texts(features.metrics, metrics, np.stack(numbers, axis=1), points),
        "weight": np.abs(share),
    }
    return pd.DataFrame(columns)


def _ranks(rows: IntArray) -> IntArray:
    """Return the place of each driver among those of its account, from 1."""
    return np.arange(len(rows)) - np.searchsorted(rows, rows) + 1


def _texts(
    metrics: Sequence[Metric], places: IntArray, numbers: FloatArray, points: FloatArray
) -> pd.Series:
    """Return a sentence per driver: its value beside what is usual, and the points it costs."""
    words, which = _words(metrics, places, numbers)
    now, usual, median = which.T
    spelling = pd.factorize(np.array(words, dtype=object))[0]
    known, compared = (~np.isnan(numbers[:, column]) for column in (1, 2))
    moved = known & (spelling[usual] != spelling[now])
    nothing = len(words)
    costs, cost = in_words(np.rint(points), _cost)
    parts = (
        ([f"{metric.label} " for metric in metrics], places),
        ([*(f"{word} -> " for word in words), ""], np.where(moved, usual, nothing)),
        (words, now),
        ([*(f" (segment {word})" for word in words), ""], np.where(compared, median, nothing)),
        (costs, cost),
    )
    nothing_between = pa.scalar("", _TEXT)
    joined = pc.binary_join_element_wise(*(_picked(*part) for part in parts), nothing_between)
    text: pd.Series = joined.to_pandas()
    return text


def _words(
    metrics: Sequence[Metric], places: IntArray, numbers: FloatArray
) -> tuple[list[str], IntArray]:
    """Put the numbers of each driver into words, metric by metric; as ``in_words``."""
    words: list[str] = []
    # Small numbers are sorted several times as fast.
    order = np.argsort(places.astype(np.int16), kind="stable")
    edges = np.searchsorted(places[order], np.arange(len(metrics) + 1))
    sorted_numbers, which = numbers[order], np.empty(numbers.shape, dtype=np.int64)
    for metric, (start, end) in zip(metrics, pairwise(edges.tolist()), strict=True):
        said, place = say_values(sorted_numbers[start:end], metric)
        which[start:end] = place + len(words)
        words += said
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return words, which[back]


def _picked(words: Sequence[str], which: IntArray) -> pa.LargeStringArray:
    return pa.array(words, _TEXT).take(pa.array(which))


def _cost(points: float) -> str:
    return "" if math.isnan(points) else f": costs {points:.0f} points"
