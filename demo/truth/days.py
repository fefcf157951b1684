"""Days, months and microseconds: the only place where the demo company does date arithmetic."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DAY",
    "END",
    "FAR",
    "NAT",
    "Bools",
    "Calendar",
    "Floats",
    "Ints",
    "at",
    "day_of",
    "times",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAY = 86_400_000_000
NAT = np.iinfo(np.int64).min
FAR = 1_000_000
"""A day number that never comes: the date of what does not happen."""

_END_MONTH = (2026 - 1970) * 12
END = 20_454
"""First day number after the data, 2026-01-01: fixed, because nothing here reads a clock."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The months the company's data covers, ending with December 2025.

    Parameters
    ----------
    months : int

    Examples
    --------
    >>> str(times(np.array([Calendar(12).begin]) * DAY)[0])[:10]
    '2025-01-01'
    """

    months: int

    @property
    def first(self) -> int:
        """Number of the first month, counted from January 1970."""
        return _END_MONTH - self.months

    @property
    def begin(self) -> int:
        """Number of the first day, counted from 1970-01-01."""
        return int(day_of(np.array([self.first]), 1)[0])

    def starts(self) -> Ints:
        """Give the first day of every month, and the day after the last one."""
        return day_of(np.arange(self.first, _END_MONTH + 1), 1)

    def column(self, day: Ints) -> Ints:
        """Give the column of the month a day lies in; days outside go to the nearest month."""
        found = np.searchsorted(self.starts(), day, side="right") - 1
        return np.clip(found, 0, self.months - 1)


def day_of(month: Ints, day: Ints | int) -> Ints:
    """Turn months counted from January 1970 and days of the month into day numbers.

    Parameters
    ----------
    month : array of int
    day : array of int or int
        1 is the first of the month.

    Returns
    -------
    array of int
        Days since 1970-01-01.

    Examples
    --------
    >>> int(day_of(np.array([1]), 2)[0])
    32
    """
    first = np.asarray(month, dtype=np.int64).astype("datetime64[M]").astype("datetime64[D]")
    return first.astype(np.int64) + day - 1


def at(day: Ints, rng: np.random.Generator) -> Ints:
    """Put a time of the working day to each day.

    Parameters
    ----------
    day : array of int
        Day numbers; ``FAR`` or later stays without a time.
    rng : numpy.random.Generator

    Returns
    -------
    array of int
        Microseconds since 1970-01-01, or ``NAT``.

    Examples
    --------
    >>> int(at(np.array([FAR]), np.random.default_rng(0))[0]) == NAT
    True
    """
    minutes = rng.integers(8 * 60, 18 * 60, size=len(day))
    return np.where(day >= FAR, NAT, day * DAY + minutes * 60_000_000)


def times(microseconds: Ints) -> NDArray[Any]:
    """Read microseconds since 1970-01-01 as times.

    Parameters
    ----------
    microseconds : array of int

    Returns
    -------
    array of datetime64[us]

    Examples
    --------
    >>> str(times(np.array([NAT]))[0])
    'NaT'
    """
    return np.ascontiguousarray(microseconds, dtype=np.int64).view("datetime64[us]")
