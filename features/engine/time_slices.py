"""Time cut at every window edge: facts inside one stretch cannot be told apart by any window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays.array_types import IntArray, RowArray
from ..arrays.as_of_rows import Rows
from ..arrays.time_grid import DAY_US, Edges, days_of, fixed
from ..metrics.row_selection import Select

__all__ = ["Stretches", "Windows", "day_stretches", "edge_stretches"]


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of time, numbered from 0.

    Parameters
    ----------
    edges : Edges or None
        Moments at which a new stretch begins; None when stretches are days.
    first_day : int
        Day that is stretch 0, when stretches are days.
    count : int
    """

    edges: Edges | None
    first_day: int
    count: int

    @property
    def key(self) -> tuple[int, int, bytes]:
        """The same for all that cut time in the same way."""
        edges = b"" if self.edges is None else self.edges.moments.tobytes()
        return self.first_day, self.count, edges

    def number(self, moment: IntArray) -> RowArray:
        """Return the stretch each moment lies in, -1 where it is too early to matter."""
        if self.edges is not None:
            return self.edges.reached_by(moment)
        return self.number_days(days_of(fixed(moment)))

    def number_days(self, day: RowArray) -> RowArray:
        """Return the stretch in which each day begins, -1 where it is too early to matter."""
        if self.edges is not None:
            return self.edges.reached_on(day)
        after = self.first_day + self.count
        return np.clip(day, self.first_day - 1, after) - np.int32(self.first_day)

    def last_before(self, moment: IntArray) -> RowArray:
        """Return the last stretch that lies wholly before each edge."""
        if self.edges is not None:
            return np.searchsorted(self.edges.moments, moment, side="left").astype(np.int32)
        return (-(-moment // DAY_US) - 1 - self.first_day).astype(np.int32)


def edge_stretches(edges: IntArray) -> Stretches:
    """Return the stretches between all edges of all windows.

    Parameters
    ----------
    edges : ndarray of int64
        In any order, repeated or not; at least one.

    Returns
    -------
    Stretches

    Examples
    --------
    >>> stretches = edge_stretches(np.array([10, 20]))
    >>> stretches.number(np.array([5, 10, 25])).tolist(), stretches.last_before(np.array([20]))
    ([0, 1, 2], array([1], dtype=int32))
    """
    found = Edges.of(edges)
    return Stretches(found, 0, len(found) + 1)


def day_stretches(edges: IntArray) -> Stretches:
    """Return the days between the first and the last edge, for facts that have no hour.

    Parameters
    ----------
    edges : ndarray of int64
        At least one.

    Returns
    -------
    Stretches

    Examples
    --------
    >>> day_stretches(np.array([0, 2 * 86_400_000_000])).number(np.array([86_400_000_000])).tolist()
    [1]
    """
    first, last = int(edges.min()) // DAY_US, int(edges.max()) // DAY_US
    return Stretches(None, first, last - first + 1)


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of several selections over the same stretches.

    Parameters
    ----------
    stretches : Stretches
    after, upto : ndarray of int32, shape (n_windows, n_dates)
        Stretches after the first and up to the second belong to the window on that as-of date.
    date : ndarray of int32, shape (n_rows,)
        Place of each row's as-of date among the different ones.
    """

    stretches: Stretches
    after: RowArray
    upto: RowArray
    date: RowArray

    @classmethod
    def of(cls, selects: Sequence[Select], rows: Rows, *, by_day: bool = False) -> "Windows":
        """Cut time for some selections.

        Parameters
        ----------
        selects : sequence of Select
            At least one.
        rows : Rows
            At least one.
        by_day : bool
            Tell every day apart; all selections then need a window.

        Returns
        -------
        Windows
        """
        edges = [_edges_of(select, rows) for select in selects]
        cut = day_stretches if by_day else edge_stretches
        stretches = cut(np.concatenate([edge for pair in edges for edge in pair]))
        after = [stretches.last_before(opens) for opens, _ in edges]
        after = [
            np.full_like(found, -1) if select.window is None else found
            for found, select in zip(after, selects, strict=True)
        ]
        upto = [stretches.last_before(ends) for _, ends in edges]
        return cls(stretches, np.stack(after), np.stack(upto), rows.date)


def _edges_of(select: Select, rows: Rows) -> tuple[IntArray, IntArray]:
    """Return, per as-of date, when the window opens and ends; without one, both are the date."""
    if select.window is None:
        return rows.dates, rows.dates
    ends = rows.dates - select.window.ends_days_ago * DAY_US
    return ends - select.window.days * DAY_US, ends
