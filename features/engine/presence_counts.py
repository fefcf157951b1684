"""Distinct counts for all windows from one pass: one bit per thing and stretch of time.

Who was there in a window is then: is any bit set between its edges. What became known only after
an as-of date it belongs before is kept apart and set when its row comes.
"""

import numpy as np

from ..arrays.array_types import BoolArray, ByteArray, IntArray, RowArray
from ..arrays.counting.presence_bits import count_pairs, count_stretches, mark
from .time_slices import Stretches, Windows

__all__ = ["Marks"]


class Marks:
    """Which pair was there in which stretch, and what was learned late.

    Parameters
    ----------
    stretches : Stretches
    """

    def __init__(self, stretches: Stretches) -> None:
        self.stretches = stretches
        # Eight stretches at a time: facts come about in the order of time, and what is marked for
        # all pairs meanwhile has to stay near the processor.
        self._bits = np.zeros(((stretches.count + 7) // 8, 1 << 10), np.uint8)
        self._late: list[tuple[RowArray, RowArray, RowArray]] = []

    def add(self, pair: RowArray, stretch: RowArray, kept: BoolArray, *, n_pairs: int) -> None:
        """Mark facts that are known in time.

        Parameters
        ----------
        pair, stretch : ndarray of int32, shape (n_facts,)
        kept : ndarray of bool, shape (n_facts,)
            Facts to mark.
        n_pairs : int
            Pairs numbered so far.
        """
        if n_pairs > self._bits.shape[1]:
            grown = np.zeros((len(self._bits), max(n_pairs, 2 * self._bits.shape[1])), np.uint8)
            grown[:, : self._bits.shape[1]] = self._bits
            self._bits = grown
        mark(pair, stretch, kept, self._bits)

    def add_late(self, pair: RowArray, stretch: RowArray, known: RowArray) -> None:
        """Note facts learned after an as-of date they belong before.

        Parameters
        ----------
        pair, stretch : ndarray of int32, shape (n_facts,)
            Of pairs for which there is room already.
        known : ndarray of int32, shape (n_facts,)
            The first row on which each fact is known.
        """
        matters = stretch >= 0
        self._late.append((pair[matters], stretch[matters], known[matters]))

    def count(
        self, owner: RowArray, starts: IntArray, windows: Windows, *, stretchwise: bool
    ) -> IntArray:
        """Count, per window and row, the pairs that were there.

        Parameters
        ----------
        owner : ndarray of int32, shape (n_pairs,)
            Account of each pair.
        starts : ndarray of int64
            As in ``Rows``.
        windows : Windows
        stretchwise : bool
            Count each stretch in which a pair was there instead of the pair once.

        Returns
        -------
        ndarray of int64, shape (n_windows, n_rows)
        """
        tally = count_stretches if stretchwise else count_pairs
        after, upto = np.ascontiguousarray(windows.after.T), np.ascontiguousarray(windows.upto.T)
        date = windows.date
        out = np.zeros((len(date), len(windows.after)), np.int64)
        tally(*self.occurring(owner), starts, date, after, upto, out)
        return out.T

    def occurring(
        self, owner: RowArray
    ) -> tuple[ByteArray, RowArray, RowArray, RowArray, RowArray]:
        """Return bits, accounts and what was learned late, of the pairs that were ever there.

        Parameters
        ----------
        owner : ndarray of int32, shape (n_pairs,)
            Account of each pair.

        Returns
        -------
        tuple of bits, owner, late pairs, their stretches and first rows
            With all pairs where most of them occur.
        """
        pair, stretch, known = self.late_by_pair()
        there = np.zeros(len(owner), dtype=bool)
        marked = self._bits[:, : len(owner)]
        there[: marked.shape[1]] = np.bitwise_or.reduce(marked, axis=0) > 0
        there[pair] = True
        few = np.flatnonzero(there)
        if 2 * len(few) > len(owner):
            return self._bits, owner, pair, stretch, known
        place = (np.cumsum(there) - 1).astype(np.int32)
        room = few[few < self._bits.shape[1]]
        bits = np.zeros((len(self._bits), max(len(few), 1)), np.uint8)
        bits[:, : len(room)] = self._bits[:, room]
        return bits, owner[few], place[pair], stretch, known

    @property
    def bits(self) -> ByteArray:
        """Eight stretches a plane, one byte for each pair."""
        return self._bits

    def late_by_pair(self) -> tuple[RowArray, RowArray, RowArray]:
        """Return pair, stretch and first row of what was learned late, by pair and then by row."""
        if not self._late:
            empty = np.zeros(0, np.int32)
            return empty, empty, empty
        pair, stretch, known = (np.concatenate(part) for part in zip(*self._late, strict=True))
        order = np.lexsort((known, pair))
        return pair[order], stretch[order], known[order]
