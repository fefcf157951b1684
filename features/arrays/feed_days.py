"""On which days the rows of a table lie, and from which as-of date on that is known."""

from dataclasses import dataclass

import numpy as np

from .array_types import BoolArray, IntArray, PlaceArray
from .compiled import kernel
from .time_grid import DAY_US, NEVER, Edges, fixed, reached

__all__ = ["FeedDays", "days_by_date"]

_YEAR = 365
_FEW = 0.05
"""Days of a lonely beginning, as a share of all, that are taken for mistyped dates."""


@dataclass(frozen=True, slots=True)
class FeedDays:
    """Days on which there are rows, by one clock.

    Parameters
    ----------
    date : ndarray of int64, shape (n,)
        The place of the first as-of date by which a row of the day is known; their number where
        none is.
    day : ndarray of int64, shape (n,)
        Whole days since 1970. Pairs are different and in order.
    """

    date: IntArray
    day: IntArray

    def known_by(self, date: int, moment: int) -> IntArray:
        """Return the days before a moment that are known on an as-of date, ascending.

        Parameters
        ----------
        date : int
            Its place.
        moment : int
            Microseconds; the day it lies in counts only if the moment is not its beginning.

        Returns
        -------
        ndarray of int64

        Examples
        --------
        >>> days = FeedDays(np.array([0, 1]), np.array([5, 3]))
        >>> days.known_by(0, 6 * DAY_US).tolist(), days.known_by(1, 6 * DAY_US).tolist()
        ([5], [3, 5])
        """
        return np.unique(self.day[(self.date <= date) & (self.day * DAY_US < moment)])

    def begins(self, moments: IntArray) -> IntArray:
        """Return from when on the rows cover time, as known on each as-of date.

        Parameters
        ----------
        moments : ndarray of int64, shape (n_dates,)
            The as-of dates.

        Returns
        -------
        ndarray of int64, shape (n_dates,)
            The beginning of the first day, but for a few more than a year before all others, which
            are mistyped; ``NEVER`` where nothing is known.
        """
        found = [_first(self.known_by(date, int(at))) for date, at in enumerate(moments)]
        return np.array(found, dtype=np.int64).reshape(len(moments))


def days_by_date(known: IntArray, clock: IntArray, edges: Edges) -> FeedDays:
    """Return the days of a clock, each with the as-of date by which it is first known.

    Parameters
    ----------
    known : ndarray of int64, shape (n_rows,)
        When each row became known, in microseconds.
    clock : ndarray of int64, shape (n_rows,)
        ``NEVER`` where empty: such a row lies on no day.
    edges : Edges
        The as-of dates.

    Returns
    -------
    FeedDays

    Examples
    --------
    >>> edges = Edges.of(np.array([2, 4]) * DAY_US)
    >>> found = days_by_date(np.array([1, 3]) * DAY_US, np.array([0, 0]) * DAY_US, edges)
    >>> found.date.tolist(), found.day.tolist()
    ([0, 1], [0, 0])
    """
    first, last = (int(day) for day in _reach(fixed(clock)))
    if first > last:
        return FeedDays(np.zeros(0, np.int64), np.zeros(0, np.int64))
    seen = np.zeros((len(edges) + 1, last - first + 1), dtype=np.bool_)
    at = (edges.moments, edges.by_day, edges.first_day)
    _mark_days(fixed(known), fixed(clock), *at, first, seen)
    date, day = np.nonzero(seen)
    return FeedDays(date.astype(np.int64), day.astype(np.int64) + first)


def _first(days: IntArray) -> int:
    """Return the beginning of the first day that is no lonely one."""
    if not len(days):
        return NEVER
    gaps = np.flatnonzero(np.diff(days) > _YEAR)
    lonely = gaps[gaps + 1 < _FEW * len(days)]
    return int(days[lonely[-1] + 1 if len(lonely) else 0]) * DAY_US


@kernel
def _reach(clock: IntArray) -> tuple[np.int64, np.int64]:
    first, last = np.int64(NEVER), np.int64(-1)
    for moment in clock:
        if moment != NEVER:
            first, last = min(first, moment), max(last, moment)
    return first // DAY_US, last // DAY_US


@kernel
def _mark_days(
    known: IntArray,
    clock: IntArray,
    edges: IntArray,
    by_day: PlaceArray,
    first_day: int,
    first: int,
    seen: BoolArray,
) -> None:
    for i in range(len(known)):
        if clock[i] != NEVER:
            seen[reached(known[i], edges, by_day, first_day), clock[i] // DAY_US - first] = True
