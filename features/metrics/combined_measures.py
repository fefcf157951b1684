"""Measures made of other measures: scaled, ratios, differences, changes and slopes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.array_types import FloatArray
from .queries import Measure, PointInTime
from .row_selection import Select, Window

__all__ = ["Change", "Continuity", "Difference", "Growth", "Ratio", "Scaled", "Slope"]


@dataclass(frozen=True, slots=True)
class Continuity:
    """Share of the last moments, so many days apart, at which a measure was above 0.

    Parameters
    ----------
    measure : Measure
        A state without a window, such as a count of seats; it is looked at as of each moment, as
        known now.
    days : int
        Distance of the moments; the first is the as-of date.
    moments : int
    """

    measure: Measure
    days: int
    moments: int

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the share per row, 0 to 1; NaN where the account is younger."""
        there = [
            self.measure.shifted(self.days * place).evaluate(known) > 0
            for place in range(self.moments)
        ]
        old = known.tenure_days() >= self.days * (self.moments - 1)
        return np.where(old, np.mean(there, axis=0), np.nan)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure."""
        yield from self.measure.selects()

    def shifted(self, days: int) -> "Continuity":
        """Return the same share so many days further back."""
        return replace(self, measure=self.measure.shifted(days))


@dataclass(frozen=True, slots=True)
class Scaled:
    """A measure times a constant."""

    measure: Measure
    factor: float

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the product per row."""
        return self.factor * self.measure.evaluate(known)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure."""
        yield from self.measure.selects()

    def shifted(self, days: int) -> "Scaled":
        """Return the same product so many days further back."""
        return replace(self, measure=self.measure.shifted(days))


@dataclass(frozen=True, slots=True)
class Ratio:
    """One measure over another; undefined where the lower one is not positive."""

    upper: Measure
    lower: Measure
    factor: float = 1.0
    at_least: float = 0.0

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the ratio per row; NaN where the lower one is 0 or below ``at_least``."""
        upper, lower = self.upper.evaluate(known), self.lower.evaluate(known)
        defined = (lower > 0) & (lower >= self.at_least)
        return np.where(defined, self.factor * upper / np.where(defined, lower, 1.0), np.nan)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of both."""
        yield from self.upper.selects()
        yield from self.lower.selects()

    def shifted(self, days: int) -> "Ratio":
        """Return the same ratio so many days further back."""
        return replace(self, upper=self.upper.shifted(days), lower=self.lower.shifted(days))


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure less another."""

    first: Measure
    second: Measure

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the difference per row; NaN where one is."""
        return self.first.evaluate(known) - self.second.evaluate(known)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of both."""
        yield from self.first.selects()
        yield from self.second.selects()

    def shifted(self, days: int) -> "Difference":
        """Return the same difference so many days further back."""
        return replace(self, first=self.first.shifted(days), second=self.second.shifted(days))


@dataclass(frozen=True, slots=True)
class Growth:
    """How far one measure lies above another one, as a share of that."""

    now: Measure
    before: Measure

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the share per row; NaN where one has no value, or the other one is 0."""
        now, before = self.now.evaluate(known), self.before.evaluate(known)
        return np.where(before > 0, now / np.where(before > 0, before, 1.0) - 1.0, np.nan)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of both."""
        yield from self.now.selects()
        yield from self.before.selects()

    def shifted(self, days: int) -> "Growth":
        """Return the same so many days further back."""
        return replace(self, now=self.now.shifted(days), before=self.before.shifted(days))


@dataclass(frozen=True, slots=True)
class Change:
    """How a measure moved against the window before, as a share of that window's value."""

    measure: Measure
    days: int

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the relative change per row; NaN where the window before has nothing."""
        before = self.measure.shifted(self.days).evaluate(known)
        now = self.measure.evaluate(known)
        return np.where(before > 0, now / np.where(before > 0, before, 1.0) - 1.0, np.nan)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure."""
        yield from self.measure.selects()

    def shifted(self, days: int) -> "Change":
        """Return the same change so many days further back."""
        return replace(self, measure=self.measure.shifted(days))


@dataclass(frozen=True, slots=True)
class Slope:
    """Least-squares slope per week of log(1 + weekly measure) over so many complete weeks."""

    measure: Measure
    weeks: int

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the slope per row; NaN where the account is younger or nothing ever happened."""
        weekly = np.stack([self.measure.shifted(7 * k).evaluate(known) for k in range(self.weeks)])
        time = -np.arange(self.weeks, dtype=float)
        time -= time.mean()
        slope = np.einsum("w,wn->n", time, np.log1p(weekly)) / np.sum(time**2)
        young = ~(known.tenure_days() >= 7 * self.weeks)
        return np.where(young | (weekly.sum(axis=0) == 0), np.nan, slope)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure, over all weeks together."""
        for select, columns in self.measure.selects():
            yield replace(select, window=Window(7 * self.weeks)), columns

    def shifted(self, days: int) -> "Slope":
        """Return the same slope so many days further back."""
        return replace(self, measure=self.measure.shifted(days))
