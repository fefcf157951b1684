"""Reasons as sentences: a metric with its value, what it compares with, and how much it weighs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.metrics.metric import Metric
from .number_words import behind, in_words, label_of, say_count, say_never, say_values

__all__ = ["ALL", "FULL", "OWN", "REFERENCES", "SEGMENT", "Said", "said_in_words"]


_TEXT = pa.large_string()
_WHOLE = 100.0
"""Percent of an estimate that rests on one number alone."""

REFERENCES = ("own", "segment", "all", "full")
"""What a reason compares with: the account's own past, which is said before the value; its segment,
all accounts, or the value that gets full points, which are said behind it."""

OWN, SEGMENT, ALL, FULL = range(len(REFERENCES))

_BEHIND = {SEGMENT: " (segment {})", ALL: " (all accounts {})", FULL: " (full points at {})"}


@dataclass(frozen=True, slots=True)
class Said:
    """What each of many reasons says.

    Parameters
    ----------
    metrics : ndarray of int, shape (n_reasons,)
        Place of the metric.
    value : ndarray of float
    before : ndarray of float
        The own past, said before the value; NaN where it is not said.
    beside : ndarray of float
        What else it compares with; NaN for nothing.
    kind : ndarray of int
        ``OWN``, ``SEGMENT``, ``ALL`` or ``FULL``; of what stands ``beside``.
    points : ndarray of float
        What it takes from the health score; NaN where it moves an estimate.
    share : ndarray of float
        Share of the estimate, 0 to 1.
    age : ndarray of float
        Days since it was said, where that counts; NaN elsewhere.
    never : ndarray of float
        Days in which what it tells the age of never happened; NaN where it did. It is said in
        place of the value.
    """

    metrics: IntArray
    value: FloatArray
    before: FloatArray
    beside: FloatArray
    kind: IntArray
    points: FloatArray
    share: FloatArray
    age: FloatArray
    never: FloatArray

    @classmethod
    def joined(cls, parts: "Sequence[Said]") -> "Said":
        """Return the reasons of several as one, in their order."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def at(self, places: IntArray) -> "Said":
        """Return some of the reasons, in the order given."""
        return Said(*(getattr(self, field.name)[places] for field in fields(self)))

    @property
    def compared(self) -> IntArray:
        """Place in ``REFERENCES`` of what each compares with; -1 for nothing."""
        before = np.where(np.isnan(self.before), -1, OWN)
        return np.where(np.isnan(self.beside), before, self.kind)

    @property
    def usual(self) -> FloatArray:
        """The number it compares with; NaN for nothing."""
        return np.where(np.isnan(self.beside), self.before, self.beside)


def said_in_words(said: Said, metrics: Sequence[Metric]) -> pd.Series:
    """Put many reasons into words.

    Parameters
    ----------
    said : Said
    metrics : sequence of Metric

    Returns
    -------
    Series of str
        "active users 41 -> 24: 18 % of the estimate", "executive sponsors 0 (full points at 1):
        costs 6 points".
    """
    words, which = _words(metrics, said)
    now, before, beside = which.T
    nothing = pa.scalar("", _TEXT)
    happened = np.isnan(said.never)
    moved = happened & ~np.isnan(said.before)
    # A number that nothing is wrong with costs points by its age alone: the age is what is said.
    old = happened & ~np.isnan(said.age) & np.isnan(said.before) & np.isnan(said.beside)
    parts = (
        ([label_of(metric) for metric in metrics], said.metrics),
        in_words(said.never, say_never),
        ([*(f" {word} ->" for word in words), ""], np.where(moved, before, -1)),
        ([*(f" {word}" for word in words), ""], np.where(moved, now, -1)),
        ([*map(behind, words), ""], np.where(happened & ~moved & ~old, now, -1)),
        *(
            ([*(form.format(word) for word in words), ""], np.where(there, beside, -1))
            for form, there in _forms(said)
        ),
        in_words(np.where(old, np.nan, np.rint(said.age)), _old),
        in_words(np.where(old, np.rint(said.age), np.nan), _silent),
        in_words(np.rint(said.points), _cost),
        in_words(np.where(np.isnan(said.points), np.rint(100 * said.share), np.nan), _weight),
    )
    joined = pc.binary_join_element_wise(*(_picked(*part) for part in parts), nothing)
    text: pd.Series = joined.to_pandas()
    return text


def _forms(said: Said) -> list[tuple[str, npt.NDArray[np.bool_]]]:
    there = ~np.isnan(said.beside)
    return [(form, there & (said.kind == kind)) for kind, form in _BEHIND.items()]


def _words(metrics: Sequence[Metric], said: Said) -> tuple[list[str], IntArray]:
    """Put the numbers of each reason into words, metric by metric; as ``in_words``."""
    numbers = np.stack([said.value, said.before, said.beside], axis=1)
    words: list[str] = []
    # Small numbers are sorted several times as fast.
    order = np.argsort(said.metrics.astype(np.int16), kind="stable")
    edges = np.searchsorted(said.metrics[order], np.arange(len(metrics) + 1))
    sorted_numbers, which = numbers[order], np.empty(numbers.shape, dtype=np.int64)
    for metric, (start, end) in zip(metrics, pairwise(edges.tolist()), strict=True):
        if start == end:
            continue
        told, place = say_values(sorted_numbers[start:end], metric)
        which[start:end] = place + len(words)
        words += told
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return words, which[back]


def _picked(words: Sequence[str], which: IntArray) -> pa.LargeStringArray:
    """Return the words at some places; -1 is the last of them."""
    return pa.array(words, _TEXT).take(pa.array(np.where(which < 0, len(words) - 1, which)))


def _old(days: float) -> str:
    return "" if math.isnan(days) else f", {days:,.0f} day{'' if round(days) == 1 else 's'} old"


def _silent(days: float) -> str:
    if math.isnan(days):
        return ""
    return f", nothing said for {days:,.0f} day{'' if round(days) == 1 else 's'}"


def _cost(points: float) -> str:
    return "" if math.isnan(points) else f": costs {say_count(points, 'point')}"


def _weight(percent: float) -> str:
    if math.isnan(percent):
        return ""
    return f": {'all' if percent >= _WHOLE else f'{percent:.0f} %'} of the estimate"
