"""A kind of arithmetic for maturity: whether something was there without a gap."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from .arrays.array_types import FloatArray
from .facts import Select
from .measure import Measure, PointInTime

__all__ = ["Continuity"]


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
