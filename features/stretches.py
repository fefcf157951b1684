"""Time cut at every window edge: facts inside one stretch cannot be told apart by any window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

from .facts import DAY_US, Select
from .rows import Rows, first_above, fixed

__all__ = ["Stretches", "Windows", "day_stretches", "edge_stretches"]

IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of time, numbered from 0.

    Parameters
    ----------
    edges : ndarray of int64
        Moments at which a new stretch begins; empty when stretches are days.
    first_day : int
        Day that is stretch 0, when stretches are days.
    count : int
    """

    edges: IntArray
    first_day: int
    count: int

    def number(self, moment: IntArray) -> RowArray:
        """Return the stretch each moment lies in, -1 where it is too early to matter."""
        if len(self.edges):
            return np.asarray(_numbered(fixed(moment), self.edges))
        days = moment // DAY_US - self.first_day
        return np.clip(days, -1, self.count).astype(np.int32)

    def last_before(self, moment: IntArray) -> RowArray:
        """Return the last stretch that lies wholly before each edge."""
        if len(self.edges):
            return np.searchsorted(self.edges, moment, side="left").astype(np.int32)
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
    unique = np.unique(edges)
    return Stretches(unique, 0, len(unique) + 1)


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
    return Stretches(np.zeros(0, np.int64), first, last - first + 1)


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
        date = np.searchsorted(rows.dates, rows.as_of).astype(np.int32)
        return cls(stretches, np.stack(after), np.stack(upto), date)


def _edges_of(select: Select, rows: Rows) -> tuple[IntArray, IntArray]:
    """Return, per as-of date, when the window opens and ends; without one, both are the date."""
    if select.window is None:
        return rows.dates, rows.dates
    ends = rows.dates - select.window.ends_days_ago * DAY_US
    return ends - select.window.days * DAY_US, ends


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _numbered(moment: IntArray, edges: IntArray) -> RowArray:
    out = np.empty(len(moment), np.int32)
    place = 0
    for i in range(len(moment)):
        when = moment[i]
        below = place == 0 or edges[place - 1] <= when
        if not (below and (place == len(edges) or edges[place] > when)):
            place = first_above(edges, 0, len(edges), when)
        out[i] = place
    return out
