"""Places of rows in their source, kept as the few that are missing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays.array_types import BoolArray, IntArray

__all__ = ["Places"]


@dataclass(frozen=True, slots=True)
class Places:
    """Ascending whole numbers from 0, some left out.

    Parameters
    ----------
    count : int
        How many numbers there are.
    gaps : ndarray of int64
        Those left out, ascending, all below ``count + len(gaps)``.

    Examples
    --------
    >>> Places(3, np.array([1])).at(np.array([0, 1, 2])).tolist()
    [0, 2, 3]
    """

    count: int
    gaps: IntArray

    @classmethod
    def upto(cls, count: int) -> "Places":
        """Return all numbers below a bound."""
        return cls(count, np.zeros(0, dtype=np.int64))

    @classmethod
    def without(cls, bound: int, gaps: Sequence[int]) -> "Places":
        """Return all numbers below a bound but some."""
        return cls(bound - len(gaps), np.sort(np.asarray(gaps, dtype=np.int64)))

    @classmethod
    def joined(cls, parts: "Sequence[Places]") -> "Places":
        """Return the numbers of parts that follow each other, each counted on from the last."""
        start, gaps = 0, [np.zeros(0, dtype=np.int64)]
        for part in parts:
            gaps.append(part.gaps + start)
            start += part.bound
        return cls(sum(part.count for part in parts), np.concatenate(gaps))

    @property
    def bound(self) -> int:
        """One more than the last number there could be."""
        return self.count + len(self.gaps)

    def at(self, positions: IntArray) -> IntArray:
        """Return the numbers at some positions.

        Parameters
        ----------
        positions : ndarray of int64
            From 0 to ``count - 1``.

        Returns
        -------
        ndarray of int64
        """
        if not len(self.gaps):
            return np.asarray(positions, dtype=np.int64)
        passed = self.gaps - np.arange(len(self.gaps))
        return positions + np.searchsorted(passed, positions, side="right")

    def kept(self, mask: BoolArray) -> "Places":
        """Return the numbers whose positions are marked.

        Parameters
        ----------
        mask : ndarray of bool, shape (count,)

        Returns
        -------
        Places
        """
        lost = self.at(np.flatnonzero(~mask))
        return Places(self.count - len(lost), np.sort(np.concatenate([self.gaps, lost])))

    def among(self, outer: "Places") -> "Places":
        """Return the numbers of ``outer`` at these places."""
        lost = outer.at(self.gaps[self.gaps < outer.count])
        return Places(self.count, np.sort(np.concatenate([outer.gaps, lost])))
