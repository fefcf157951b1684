"""Moments in order, and for any time how many of them it has reached.

A day's entry in a table says where to look, so that a time costs the same whether facts come in
the order of time, of accounts or in none.
"""

from dataclasses import dataclass

import numpy as np

from .array_types import IntArray, PlaceArray
from .compiled import inlined, kernel

__all__ = ["DAY_US", "NEVER", "NO_DAY", "Edges", "beginnings_of", "days_of", "fixed", "reached"]


DAY_US = 86_400_000_000


NEVER: int = np.iinfo(np.int64).max
"""The moment that lies after every other one."""

NO_DAY: int = np.iinfo(np.int32).max
"""The day of ``NEVER``."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Different moments, ascending.

    Parameters
    ----------
    moments : ndarray of int64, shape (n_edges,)
        Microseconds since 1970.
    first_day : int
        The day before the first of them.
    by_day : ndarray of int32, shape (n_days,)
        Edges before the beginning of each day, from this one to the day after the last edge.
    on_day : ndarray of int32, shape (n_days,)
        Edges at the beginning of each of these days or before.
    """

    moments: IntArray
    first_day: int
    by_day: PlaceArray
    on_day: PlaceArray

    @classmethod
    def of(cls, moments: IntArray) -> "Edges":
        """Sort moments; one given twice counts once.

        Parameters
        ----------
        moments : ndarray of int64
            Microseconds since 1970; may be empty.

        Returns
        -------
        Edges
        """
        unique = np.unique(moments)
        if not len(unique):
            return cls(unique, 0, np.zeros(1, np.int32), np.zeros(1, np.int32))
        first, last = int(unique[0]) // DAY_US - 1, int(unique[-1]) // DAY_US + 1
        days = np.arange(first, last + 1, dtype=np.int64) * DAY_US
        before, upto = (np.searchsorted(unique, days, side) for side in ("left", "right"))
        return cls(unique, first, before.astype(np.int32), upto.astype(np.int32))

    def __len__(self) -> int:
        return len(self.moments)

    def reached_by(self, moment: IntArray, later_us: int = 0) -> PlaceArray:
        """Return how many edges lie at or before each moment.

        Parameters
        ----------
        moment : ndarray of int64, shape (n,)
            Microseconds; ``NEVER`` lies after everything.
        later_us : int
            Added to every moment but ``NEVER``.

        Returns
        -------
        ndarray of int32, shape (n,)

        Examples
        --------
        >>> Edges.of(np.array([20, 10, 20])).reached_by(np.array([9, 10, 25, NEVER])).tolist()
        [0, 1, 2, 2]
        """
        found = _reached_by(fixed(moment), later_us, self.moments, self.by_day, self.first_day)
        return np.asarray(found)

    def reached_on(self, day: PlaceArray, later_days: int = 0) -> PlaceArray:
        """Return how many edges lie at or before the beginning of each day.

        Parameters
        ----------
        day : ndarray of int32, shape (n,)
            Days since 1970; ``NO_DAY`` lies after everything.
        later_days : int
            Added to every day but ``NO_DAY``.

        Returns
        -------
        ndarray of int32, shape (n,)

        Examples
        --------
        >>> Edges.of(np.array([0, 86_400_000_001])).reached_on(np.array([0, 1, 2])).tolist()
        [1, 1, 2]
        """
        return np.asarray(_looked_up(day, later_days - self.first_day, self.on_day))


def fixed(values: IntArray) -> IntArray:
    """Return the same numbers without the right to change them.

    What a source lends may not be changed, what was computed may: a kernel would be compiled once
    for each of the two.

    Parameters
    ----------
    values : ndarray of int64

    Returns
    -------
    ndarray of int64
        A view.

    Examples
    --------
    >>> fixed(np.array([1])).flags.writeable
    False
    """
    view = values.view()
    view.flags.writeable = False
    return view


@inlined
def reached(moment: int, edges: IntArray, by_day: PlaceArray, first_day: int) -> np.int64:
    """Return how many edges lie at or before a moment, for use inside other kernels.

    Parameters
    ----------
    moment : int
    edges, by_day, first_day
        As in ``Edges``.

    Returns
    -------
    int64

    Examples
    --------
    >>> edges = Edges.of(np.array([10, 20]))
    >>> int(reached(10, edges.moments, edges.by_day, edges.first_day))
    1
    """
    place = np.int64(by_day[min(max(moment // DAY_US - first_day, 0), len(by_day) - 1)])
    while place < len(edges) and edges[place] <= moment:
        place += 1
    return place


@kernel
def _reached_by(
    moment: IntArray, later: int, edges: IntArray, by_day: PlaceArray, first_day: int
) -> PlaceArray:
    out = np.empty(len(moment), np.int32)
    for i in range(len(moment)):
        when = moment[i] if moment[i] == NEVER else moment[i] + later
        out[i] = reached(when, edges, by_day, first_day)
    return out


@kernel
def _looked_up(day: PlaceArray, later: int, by_day: PlaceArray) -> PlaceArray:
    out, last = np.empty(len(day), np.int32), len(by_day) - 1
    for i in range(len(day)):
        out[i] = by_day[last if day[i] == NO_DAY else min(max(day[i] + later, 0), last)]
    return out


@kernel
def days_of(moment: IntArray) -> PlaceArray:
    """Return the days of moments.

    Parameters
    ----------
    moment : ndarray of int64, shape (n,)
        Microseconds.

    Returns
    -------
    ndarray of int32, shape (n,)
        Days since 1970; ``NO_DAY`` for ``NEVER``.

    Examples
    --------
    >>> days_of(np.array([1, 86_400_000_001])).tolist()
    [0, 1]
    """
    out = np.empty(len(moment), np.int32)
    for i in range(len(moment)):
        out[i] = NO_DAY if moment[i] == NEVER else moment[i] // DAY_US
    return out


@kernel
def beginnings_of(day: PlaceArray) -> IntArray:
    """Return the moments at which days begin.

    Parameters
    ----------
    day : ndarray of int32, shape (n,)
        Days since 1970.

    Returns
    -------
    ndarray of int64, shape (n,)
        Microseconds; ``NEVER`` for ``NO_DAY``.

    Examples
    --------
    >>> beginnings_of(np.array([0, 1], np.int32)).tolist()
    [0, 86400000000]
    """
    out = np.empty(len(day), np.int64)
    for i in range(len(day)):
        out[i] = NEVER if day[i] == NO_DAY else day[i] * DAY_US
    return out
