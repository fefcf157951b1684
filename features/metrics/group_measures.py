"""Kinds of arithmetic about who shares in something: the busiest, the shared, the usual pace."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.array_types import FloatArray
from ..arrays.time_grid import DAY_US
from ..arrays.workdays import workday_number
from .queries import Aged, LargestPart, LastMoment, PointInTime, SharedBy, UsualGap
from .row_selection import Filled, Select
from .views import view_named

__all__ = ["AgedTotal", "Busiest", "Shared", "SilenceInGaps"]

_WEEK = 5.0
"""Working days that stand for the pace of an account that has none of its own yet."""


@dataclass(frozen=True, slots=True)
class Busiest:
    """The largest sum of a number column that one value of some columns has, such as one user."""

    select: Select
    columns: tuple[str, ...]
    column: str

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the sum per row; 0 where there are no facts."""
        return known.answer(LargestPart(self.select, self.columns, self.column))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset({*self.columns, self.column})

    def shifted(self, days: int) -> "Busiest":
        """Return the same so many days further back."""
        return replace(self, select=self.select.shifted(days))


@dataclass(frozen=True, slots=True)
class Shared:
    """How many values of a column occur with at least so many different values of another one.

    Parameters
    ----------
    select : Select
    column : str
        What is counted, such as a feature; rows without it do not count.
    by : str
        Who shares in it, such as a user.
    at_least : int
    """

    select: Select
    column: str
    by: str
    at_least: int = 2

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the count per row; 0 where there are no facts."""
        return known.answer(SharedBy(self._complete(), self.column, self.by, self.at_least))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self._complete(), frozenset({self.column, self.by})

    def _complete(self) -> Select:
        lacking = view_named(self.select.view).may_lack((self.column, self.by))
        where = (*self.select.where, *(Filled(column) for column in lacking))
        return replace(self.select, where=where)

    def shifted(self, days: int) -> "Shared":
        """Return the same so many days further back."""
        return replace(self, select=self.select.shifted(days))


@dataclass(frozen=True, slots=True)
class SilenceInGaps:
    """Working days since the last fact, over the usual distance between days with facts.

    Saturday and Sunday belong to the Friday before: nobody is silent over a weekend. Whoever was
    there on fewer than two days of the selection's window has no pace yet: a week is assumed.
    Before the first fact, silence has the age of the account.

    Parameters
    ----------
    select : Select
        With a window: the days from which the usual distance, a median, is taken.
    """

    select: Select

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the ratio per row, 0 or more; NaN without facts of an account of unknown age."""
        last = known.answer(LastMoment(replace(self.select, window=None)))
        last = np.where(np.isnan(last), known.rows.as_of - known.tenure_days() * DAY_US, last)
        since = workday_number(known.rows.as_of) - workday_number(last)
        gap = known.answer(UsualGap(self.select))
        return since / np.where(np.isnan(gap), _WEEK, gap)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset()

    def shifted(self, days: int) -> "SilenceInGaps":
        """Return the measure itself: silence has no window to move."""
        return self


@dataclass(frozen=True, slots=True)
class AgedTotal:
    """The days since each fact, by the selection's clock, times a number column, added up."""

    select: Select
    column: str

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the sum per row, exact to a thousandth; 0 where there are no facts."""
        return known.answer(Aged(self.select, self.column))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset({self.column})

    def shifted(self, days: int) -> "AgedTotal":
        """Return the measure itself: ages are those of the as-of date."""
        return self
