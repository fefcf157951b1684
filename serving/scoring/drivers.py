"""Drivers: what moves an account's estimate, one line a metric, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray, TextArray
from ...features.engine.compute import Features
from ...features.metrics.absence import Absence
from ...features.metrics.catalogue import by_column
from ...features.metrics.metric import Metric
from ..wording.reason_words import OWN, REFERENCES, Said, said_in_words
from .comparisons import Compared, Comparisons
from .component_reasons import LEAST_POINTS, ScorePoints

__all__ = ["LEAST_SHARE", "drivers_of"]


LEAST_SHARE = 0.03
"""A metric that moves less of the estimate is not worth saying."""

_RAISING, _LOWERING = 5, 3
# Looked at per direction: some of the strongest do not hold against their own numbers.
_CANDIDATES = 12
_SCORECARD = "chs"
_OF_ALL = ("rows", "amount")


def drivers_of(
    features: Features,
    contributions: Mapping[str, pd.DataFrame],
    points: ScorePoints,
    *,
    told: Mapping[str, pd.Series],
    by_scorecard: pd.Series,
) -> pd.DataFrame:
    """Return what moves the estimates and the health score of each account most.

    Parameters
    ----------
    features : Features
        One row an account.
    contributions : mapping of str to DataFrame
        By target (``churn`` and so on), same index: SHAP values on its log-odds, one column
        an input of the model; plus raises the estimate. Inputs that are no metrics (the scores)
        are no drivers.
    points : ScorePoints
        Of the same rows: what each metric takes from the health score.
    told : mapping of str to Series of bool
        By target, same index: the accounts that the model explains.
    by_scorecard : Series of bool
        Same index: the accounts that the scorecard explains.

    Returns
    -------
    DataFrame
        ``DRIVER_COLUMNS`` and ``weight``, target by target and account by account, the strongest
        first. Up to five metrics that raise an estimate and three that lower it, each with its
        share of the estimate and what it compares with; or up to five that take points, which the
        text says and ``weight`` holds, their ``shap`` is empty. A metric whose value is missing is
        left out, as is one that contradicts its own numbers or moves less than ``LEAST_SHARE``;
        context is kept and marked as not actionable.
    """
    comparisons = Comparisons.of(features)
    found = [
        _of_estimate(features, comparisons, shares, target, told[target].to_numpy(dtype=bool))
        for target, shares in contributions.items()
    ]
    found.append(_of_scorecard(comparisons, points, by_scorecard.to_numpy(dtype=bool)))
    return _described(features, comparisons, found)


@dataclass(frozen=True, slots=True)
class _Found:
    """Drivers of one target: whose they are, how much each moves it, and what each says."""

    target: str
    rows: IntArray
    amount: FloatArray
    said: Said


@dataclass(frozen=True, slots=True)
class _Shares:
    """Shares of an estimate by metric, its variants merged, and each variant's own part.

    Parameters
    ----------
    names : list of str
        Columns of the metrics.
    whole : ndarray of float, shape (n_rows, n_metrics)
    total : ndarray of float, shape (n_rows,)
        Size of everything that moves the estimate, inputs that are no metrics included.
    parts : ndarray of float, shape (n_rows, n_inputs)
    places : ndarray of int, shape (n_metrics, 3)
        Input that belongs to the own past, the segment and all accounts; -1 for none.
    """

    names: list[str]
    whole: FloatArray
    total: FloatArray
    parts: FloatArray
    places: IntArray

    def of_variants(self, rows: IntArray, at: IntArray) -> FloatArray:
        """Return what each variant of some metrics adds; 0 where the model has no such input."""
        place = self.places[at]
        return np.where(place < 0, 0.0, self.parts[rows[:, None], np.maximum(place, 0)])


def _by_metric(shares: pd.DataFrame, metrics: Sequence[Metric]) -> _Shares:
    column_of = {name: metric.column for name, metric in by_column(metrics).items()}
    declared = {metric.column: metric for metric in metrics}
    inputs = [str(name) for name in shares]
    known = np.array([name in column_of for name in inputs], dtype=bool)
    parts = shares.to_numpy(dtype=float)
    which, names = pd.factorize(
        np.array([column_of[name] for name in inputs if name in column_of], dtype=object)
    )
    order = np.argsort(which, kind="stable")
    starts = np.searchsorted(which[order], np.arange(len(names)))
    by_input = parts[:, known].T[order]
    whole = np.ascontiguousarray(np.add.reduceat(by_input, starts, axis=0).T)
    others = np.abs(parts[:, ~known]).sum(axis=1)
    place_of = {name: place for place, name in enumerate(inputs)}
    variants = [
        (metric.vs_own, metric.percentile, metric.column)
        for metric in (declared[name] for name in names)
    ]
    places = [[place_of.get(name, -1) for name in own] for own in variants]
    return _Shares(
        names=names.tolist(),
        whole=whole,
        total=np.abs(whole).sum(axis=1) + others,
        parts=parts,
        places=np.array(places, dtype=np.int64).reshape(-1, 3),
    )


def _of_estimate(
    features: Features,
    comparisons: Comparisons,
    contributions: pd.DataFrame,
    target: str,
    explained: BoolArray,
) -> _Found:
    """Return, per account, the metrics that raise an estimate most, and those that lower it."""
    shares = _by_metric(contributions, features.metrics)
    known = features.absence[shares.names].to_numpy() == Absence.PRESENT
    size = np.where(known & explained[:, None], shares.whole, 0.0)
    rows, at = _candidates(size, shares.total)
    amount = size[rows, at]
    sign = np.sign(amount)
    metrics = _places(features, shares.names)[at]
    # Leaving and cuts rise where a value is worse than usual, growth where it is better.
    better = sign if target == "expansion" else -sign
    pushes = shares.of_variants(rows, at) * sign[:, None]
    compared = comparisons.compared(rows, metrics, pushes, better)
    kept = np.flatnonzero(compared.kept & _first(rows, sign, amount, compared.kept))
    kept = kept[np.lexsort((at[kept], -np.abs(amount[kept]), rows[kept]))]
    share = np.abs(amount) / shares.total[rows]
    said = _said(comparisons, compared, rows, metrics, share)
    return _Found(target, rows[kept], amount[kept], said.at(kept))


def _said(
    comparisons: Comparisons,
    compared: Compared,
    rows: IntArray,
    metrics: IntArray,
    share: FloatArray,
) -> Said:
    nothing, own = np.full(len(rows), np.nan), compared.kind == OWN
    return Said(
        metrics=metrics,
        value=comparisons.level[rows, metrics],
        before=np.where(own, compared.usual, np.nan),
        beside=np.where(own, np.nan, compared.usual),
        kind=compared.kind,
        points=nothing,
        share=share,
        age=nothing,
        never=comparisons.never(rows, metrics),
    )


def _candidates(size: FloatArray, total: FloatArray) -> tuple[IntArray, IntArray]:
    """Return rows and columns of what moves each row most either way, if it is worth saying."""
    places = np.concatenate([_largest(size), _largest(-size)], axis=1)
    share = np.take_along_axis(size, places, axis=1)
    half = places.shape[1] // 2
    signed = share * np.repeat([1.0, -1.0], half)
    told = (signed > 0) & (signed >= LEAST_SHARE * total[:, None])
    return np.nonzero(told)[0], places[told]


def _largest(size: FloatArray) -> IntArray:
    """Return the places of the largest entries of each row, in no order."""
    kept = min(_CANDIDATES, size.shape[1])
    if not kept:
        return np.empty((len(size), 0), dtype=np.int64)
    return np.argpartition(-size, kept - 1, axis=1)[:, :kept]


def _first(rows: IntArray, sign: FloatArray, amount: FloatArray, kept: BoolArray) -> BoolArray:
    """Say which of those kept are among the strongest of their account and direction."""
    places = np.flatnonzero(kept)
    order = places[np.lexsort((places, -np.abs(amount[places]), sign[places], rows[places]))]
    pairs = 2 * rows[order] + (sign[order] > 0)
    rank = np.arange(len(order)) - np.searchsorted(pairs, pairs)
    first = np.zeros(len(rows), dtype=bool)
    first[order] = rank < np.where(sign[order] > 0, _RAISING, _LOWERING)
    return first


def _of_scorecard(comparisons: Comparisons, points: ScorePoints, explained: BoolArray) -> _Found:
    """Return, per account, the metrics that take most points."""
    size = np.where(explained[:, None], points.taken, 0.0)
    at = np.argsort(-size, axis=1, kind="stable")[:, :_RAISING]
    taken = np.take_along_axis(size, at, axis=1)
    moves = taken >= LEAST_POINTS
    rows = np.nonzero(moves)[0]
    return _Found(_SCORECARD, rows, taken[moves], points.said(comparisons, rows, at[moves]))


def _places(features: Features, names: Sequence[str]) -> IntArray:
    columns = pd.Index([metric.column for metric in features.metrics])
    return np.asarray(columns.get_indexer(pd.Index(names)), dtype=np.int64)


def _described(
    features: Features, comparisons: Comparisons, found: Sequence[_Found]
) -> pd.DataFrame:
    """Return all drivers in words, with what is usual for the account and its segment."""
    said = Said.joined([part.said for part in found])
    rows, amount = (np.concatenate([getattr(part, of) for part in found]) for of in _OF_ALL)
    target = np.repeat(np.arange(len(found)), [len(part.rows) for part in found])
    takes = ~np.isnan(said.points)
    own, segment, _ = comparisons.usual
    index = features.frame.index[rows]
    columns = {
        "account_id": index.get_level_values(0),
        "as_of": index.get_level_values(1),
        "target": _texts([part.target for part in found])[target],
        "rank": np.concatenate([_ranks(part.rows) for part in found]),
        "component": _texts([m.component for m in features.metrics])[said.metrics],
        "metric": _texts([m.column for m in features.metrics])[said.metrics],
        "value": said.value,
        "baseline": own[rows, said.metrics],
        "segment_median": segment[rows, said.metrics],
        "compared_with": _texts([*REFERENCES, ""])[said.compared],
        "usual": said.usual,
        "shap": np.where(takes, np.nan, amount),
        "share": said.share,
        # What takes points lowers the score.
        "direction": np.where((amount > 0) & ~takes, "raises", "lowers").astype(object),
        "actionable": np.array([m.axis != "context" for m in features.metrics])[said.metrics],
        "text": said_in_words(said, features.metrics),
        "weight": np.abs(amount),
    }
    return pd.DataFrame(columns)


def _texts(words: Sequence[str]) -> TextArray:
    return np.array(words, dtype=object)


def _ranks(rows: IntArray) -> IntArray:
    """Return the place of each driver among those of its account, from 1."""
    return np.arange(len(rows)) - np.searchsorted(rows, rows) + 1
