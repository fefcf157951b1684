"""What a reason compares with: the reference that matters, and never one that contradicts it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray
from ...features.engine.compute import Features
from ...features.metrics.absence import Absence
from ...features.metrics.metric import Metric
from ..wording.number_words import as_said, never_in

__all__ = ["Compared", "Comparisons", "usual_in_book"]


_KINDS = 3
"""The own past, the segment, all accounts, in the order of ``REFERENCES``."""

_SEGMENT, _BOOK = 1, 2

_LEAST_DIFFERENCE = 0.1
"""Share of the larger number by which a value differs from a reference worth naming."""
_PLAIN_CONTRADICTION = 0.2
"""A move against the own past by so much speaks for itself, whatever the level says."""
_FEWEST = 5
"""Accounts from which on something is usual."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Reasons that can be said, each with what it compares with.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_reasons,)
        False where a reason contradicts its own numbers, or nothing differs.
    kind : ndarray of int
        Place in ``REFERENCES``; -1 where the value stands alone.
    usual : ndarray of float
        The reference; NaN where the value stands alone.
    """

    kept: BoolArray
    kind: IntArray
    usual: FloatArray


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What each metric of each account can be compared with.

    Parameters
    ----------
    metrics : sequence of Metric
    level : ndarray of float, shape (n_rows, n_metrics)
    usual : tuple of ndarray of float, shape (n_rows, n_metrics)
        In the order of ``REFERENCES``; NaN is unknown.
    tenure_days : ndarray of float, shape (n_rows,)
    one_segment : bool
        Whether all accounts are in one, which is no comparison beside that with all.
    """

    metrics: Sequence[Metric]
    level: FloatArray
    usual: tuple[FloatArray, ...]
    tenure_days: FloatArray
    one_segment: bool

    @classmethod
    def of(cls, features: Features) -> "Comparisons":
        """Gather what is usual for each account, its segment and all accounts.

        Parameters
        ----------
        features : Features
            One row an account.

        Returns
        -------
        Comparisons
        """
        names = pd.Index([metric.column for metric in features.metrics])
        own, segment, level = (
            frame.reindex(columns=names).to_numpy(dtype=float)
            for frame in (features.baseline, features.segment_median, features.frame)
        )
        book = np.broadcast_to(usual_in_book(features), level.shape)
        tenure = features.frame.get("tenure_days", pd.Series(np.nan, features.frame.index))
        return cls(
            features.metrics,
            level,
            (own, segment, book),
            np.asarray(tenure, dtype=np.float64),
            one_segment=len(set(features.segment)) <= 1,
        )

    def compared(
        self, rows: IntArray, places: IntArray, pushes: FloatArray, better: FloatArray
    ) -> Compared:
        """Choose what each reason compares with.

        Parameters
        ----------
        rows, places : ndarray of int, shape (n_reasons,)
            Account and metric of each reason.
        pushes : ndarray of float, shape (n_reasons, 3)
            What the variant that belongs to each reference adds to the reason; the more, the more
            the reference matters. Negative where it speaks against the reason.
        better : ndarray of float, shape (n_reasons,)
            1 where the reason says that the value is better than usual, -1 where worse, 0 where
            the metric has no better end.

        Returns
        -------
        Compared
            A reference agrees if the value differs from it by a tenth of the larger, as it reads,
            to the side that the reason says. Of those that agree, the one whose variant adds most
            is named. A reason without one that agrees is not kept, nor is one that goes against a
            plain move of the account itself.
        """
        value, usual = self._said(rows, places)
        moved = _moved(value[:, None], usual)
        rises = _rises(self.metrics)[places]
        known = ~np.isnan(usual)
        differs = known & (np.abs(moved) >= _LEAST_DIFFERENCE)
        says = (better * rises)[:, None]
        agrees = differs & ((says == 0) | (moved * says > 0))
        matters = np.where(agrees, pushes, -np.inf)
        kind = np.argmax(matters, axis=1)
        if self.one_segment:
            kind = np.where((kind == _SEGMENT) & agrees[:, _BOOK], _BOOK, kind)
        found = agrees.any(axis=1)
        against = known[:, 0] & (moved[:, 0] * says[:, 0] < -_PLAIN_CONTRADICTION)
        raw = np.stack([of[rows, places] for of in self.usual], axis=1)
        return Compared(
            kept=(found | ~known.any(axis=1)) & ~against,
            kind=np.where(found, kind, -1),
            usual=np.where(found, raw[np.arange(len(rows)), kind], np.nan),
        )

    def never(self, rows: IntArray, places: IntArray) -> FloatArray:
        """Return since when what a metric tells the age of never happened; NaN where it did.

        Parameters
        ----------
        rows, places : ndarray of int, shape (n_reasons,)

        Returns
        -------
        ndarray of float
        """
        found = np.full(len(rows), np.nan)
        for place, here in _each(places):
            own = rows[here]
            values = self.level[own, place]
            found[here] = never_in(self.metrics[place], values, self.tenure_days[own])
        return found

    def worse_than_before(self, rows: IntArray, places: IntArray) -> FloatArray:
        """Return the own past of each account and metric where the value is worse.

        Parameters
        ----------
        rows, places : ndarray of int, shape (n_reasons,)

        Returns
        -------
        ndarray of float
            NaN where the past is unknown, no different as it reads, or worse itself.
        """
        value, usual = self._said(rows, places)
        moved = _moved(value, usual[:, 0]) * _rises(self.metrics)[places]
        return np.where(moved <= -_LEAST_DIFFERENCE, self.usual[0][rows, places], np.nan)

    def worse_than(self, rows: IntArray, places: IntArray, other: FloatArray) -> FloatArray:
        """Return other values where those of the accounts are worse, as they read; else NaN.

        Parameters
        ----------
        rows, places : ndarray of int, shape (n_reasons,)
        other : ndarray of float, shape (n_reasons,)
        """
        found = np.full(len(rows), np.nan)
        for place, here in _each(places):
            metric = self.metrics[place]
            value = as_said(self.level[rows[here], place], metric)
            apart = value - as_said(other[here], metric)
            worse = apart * _rises([metric]) < 0
            found[here] = np.where(worse, other[here], np.nan)
        return found

    def _said(self, rows: IntArray, places: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return values and references as they read."""
        value = np.empty(len(rows))
        usual = np.empty((len(rows), _KINDS))
        for place, here in _each(places):
            own, metric = rows[here], self.metrics[place]
            value[here] = as_said(self.level[own, place], metric)
            for kind, of in enumerate(self.usual):
                usual[here, kind] = as_said(of[own, place], metric)
        return value, usual


def usual_in_book(features: Features) -> FloatArray:
    """Return what is usual among all accounts.

    Parameters
    ----------
    features : Features

    Returns
    -------
    ndarray of float, shape (n_metrics,)
        The median of the known values of customers; NaN where fewer than five are known.
    """
    names = [metric.column for metric in features.metrics]
    level = features.frame[names].to_numpy(dtype=float)
    known = features.absence[names].to_numpy() == Absence.PRESENT
    known &= features.live.to_numpy(dtype=bool)[:, None] & ~np.isnan(level)
    return np.array([_median(level[own, at]) for at, own in enumerate(known.T)])


def _moved(value: FloatArray, usual: FloatArray) -> FloatArray:
    """Return by which share of the larger a value differs; 0 where nothing is usual."""
    size = np.maximum(np.abs(value), np.abs(usual))
    known = size > 0
    return np.divide(value - usual, size, out=np.zeros(np.shape(usual)), where=known)


def _each(places: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Yield each metric with the places of its reasons."""
    order = np.argsort(places, kind="stable")
    found, starts = np.unique(places[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    for place, start, end in zip(found.tolist(), starts.tolist(), ends[: len(found)], strict=True):
        yield place, order[start:end]


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) >= _FEWEST else np.nan


def _rises(metrics: Sequence[Metric]) -> FloatArray:
    """Return 1 for metrics of which more is better, -1 of which less is, 0 for the others."""
    ends: Mapping[str, float] = {"+": 1.0, "-": -1.0}
    return np.array([ends.get(metric.direction, 0.0) for metric in metrics])
