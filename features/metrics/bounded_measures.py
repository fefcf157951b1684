"""Arithmetic on measures that keeps a number in bounds, or tells whether something holds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from ..arrays.array_types import FloatArray
from .measures import DaysSince
from .queries import Measure, PointInTime
from .row_selection import Select

__all__ = [
    *("Capped", "Flag", "Highest", "LowestOver", "Outstanding", "Smallest", "Sum", "Unless"),
    "stands_for_never",
]


@dataclass(frozen=True, slots=True)
class Capped:
    """A measure that counts up to a bound: beyond it, more says nothing more.

    What grows by itself, such as an age or a count over all history, would else tell the calendar.

    Parameters
    ----------
    measure : Measure
    at_most : float
    """

    measure: Measure
    at_most: float

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the value or the bound per row, whichever is lower; NaN stays NaN."""
        return np.minimum(self.measure.evaluate(known), self.at_most)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure."""
        yield from self.measure.selects()

    def shifted(self, days: int) -> "Capped":
        """Return the same so many days further back."""
        return replace(self, measure=self.measure.shifted(days))


@dataclass(frozen=True, slots=True)
class Flag:
    """1 where a measure lies within bounds, both included, else 0.

    Parameters
    ----------
    measure : Measure
    at_least, at_most : float
    """

    measure: Measure
    at_least: float = -np.inf
    at_most: float = np.inf

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return 0 or 1 per row; NaN where the measure is."""
        value = self.measure.evaluate(known)
        within = (value >= self.at_least) & (value <= self.at_most)
        return np.where(np.isnan(value), np.nan, within.astype(float))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure."""
        yield from self.measure.selects()

    def shifted(self, days: int) -> "Flag":
        """Return the same so many days further back."""
        return replace(self, measure=self.measure.shifted(days))


@dataclass(frozen=True, slots=True)
class Sum:
    """Several measures added up."""

    parts: tuple[Measure, ...]

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the sum per row; NaN where one is."""
        return np.asarray(reduce(np.add, _evaluated(self.parts, known)))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of all."""
        yield from _selections(self.parts)

    def shifted(self, days: int) -> "Sum":
        """Return the same so many days further back."""
        return replace(self, parts=tuple(part.shifted(days) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Smallest:
    """The lowest of several measures; of flags, whether all hold."""

    parts: tuple[Measure, ...]

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the lowest per row; NaN where one is."""
        return np.asarray(reduce(np.minimum, _evaluated(self.parts, known)))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of all."""
        yield from _selections(self.parts)

    def shifted(self, days: int) -> "Smallest":
        """Return the same so many days further back."""
        return replace(self, parts=tuple(part.shifted(days) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Highest:
    """The highest of several measures, of those that have a value."""

    parts: tuple[Measure, ...]

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the highest per row; NaN where all are."""
        return np.asarray(reduce(np.fmax, _evaluated(self.parts, known)))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of all."""
        yield from _selections(self.parts)

    def shifted(self, days: int) -> "Highest":
        """Return the same so many days further back."""
        return replace(self, parts=tuple(part.shifted(days) for part in self.parts))


@dataclass(frozen=True, slots=True)
class LowestOver:
    """The lowest value of a measure on the last days: what held all the time.

    Parameters
    ----------
    measure : Measure
        Looked at as of each moment, as known now.
    days : int
        Distance of the moments; the first is the as-of date.
    moments : int
    """

    measure: Measure
    days: int
    moments: int

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the lowest per row; NaN where one of the moments has none."""
        asked = [self.measure.shifted(self.days * place) for place in range(self.moments)]
        return np.asarray(reduce(np.minimum, _evaluated(asked, known)))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure."""
        yield from self.measure.selects()

    def shifted(self, days: int) -> "LowestOver":
        """Return the same so many days further back."""
        return replace(self, measure=self.measure.shifted(days))


@dataclass(frozen=True, slots=True)
class Unless:
    """A measure that counts as 0 where another one exceeds a bound: there it is excused.

    Parameters
    ----------
    measure, other : Measure
    above : float
    """

    measure: Measure
    other: Measure
    above: float

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the value or 0 per row."""
        excused = self.other.evaluate(known) > self.above
        return np.where(excused, 0.0, self.measure.evaluate(known))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of both."""
        yield from _selections((self.measure, self.other))

    def shifted(self, days: int) -> "Unless":
        """Return the same so many days further back."""
        return replace(self, measure=self.measure.shifted(days), other=self.other.shifted(days))


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Days since something was due, and 0 once it was done since.

    Parameters
    ----------
    due, done : Measure
        Days since each.
    """

    due: Measure
    done: Measure

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the days per row; NaN where nothing was due."""
        due, done = self.due.evaluate(known), self.done.evaluate(known)
        return np.where(done <= due, np.minimum(due, 0.0), due)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of both."""
        yield from _selections((self.due, self.done))

    def shifted(self, days: int) -> "Outstanding":
        """Return the same so many days further back."""
        return replace(self, due=self.due.shifted(days), done=self.done.shifted(days))


def _evaluated(parts: tuple[Measure, ...] | list[Measure], known: PointInTime) -> list[FloatArray]:
    return [part.evaluate(known) for part in parts]


def _selections(parts: tuple[Measure, ...]) -> Iterator[tuple[Select, frozenset[str]]]:
    for part in parts:
        yield from part.selects()


def stands_for_never(measure: Measure) -> bool:
    """Return whether a measure gives the age of an account where nothing ever happened.

    Parameters
    ----------
    measure : Measure

    Returns
    -------
    bool

    Examples
    --------
    >>> from churngrid.features.metrics.row_selection import Select
    >>> stands_for_never(DaysSince(Select("activities"), or_tenure=True))
    True
    """
    inner = measure.measure if isinstance(measure, Capped) else measure
    return isinstance(inner, DaysSince) and inner.or_tenure
