"""Sums by account and thing over stretches of time, and the largest of them on each row."""

import numpy as np

from ..array_types import BoolArray, IntArray, RowArray
from ..compiled import kernel

__all__ = ["add_to_pairs", "raise_largest"]


@kernel
def add_to_pairs(
    pair: RowArray, stretch: RowArray, kept: BoolArray, weight: IntArray, cells: IntArray
) -> None:
    """Add the weight of facts to the cell of their pair and stretch.

    Parameters
    ----------
    pair, stretch : ndarray of int32, shape (n_facts,)
    kept : ndarray of bool, shape (n_facts,)
    weight : ndarray of int64, shape (n_facts,) or (1,)
        One for all if there is one.
    cells : ndarray of int64, shape (n_stretches, n_pairs)
        Added to.
    """
    each = len(weight) == len(pair)
    for i in range(len(pair)):
        if kept[i] and stretch[i] >= 0:
            cells[stretch[i], pair[i]] += weight[i] if each else weight[0]


@kernel
def raise_largest(
    running: IntArray,
    owner: RowArray,
    late_pair: IntArray,
    late_enter: IntArray,
    late_leave: IntArray,
    late_weight: IntArray,
    starts: IntArray,
    date: RowArray,
    after: RowArray,
    upto: RowArray,
    out: IntArray,
) -> None:
    """Raise each row to the largest sum that one pair of its account has in the window.

    Parameters
    ----------
    running : ndarray of int64, shape (n_stretches + 1, n_pairs)
        Sums of all stretches before.
    owner : ndarray of int32, shape (n_pairs,)
    late_pair, late_enter, late_leave, late_weight : ndarray of int64, shape (n_late,)
        Facts that were learned late, by pair, with the rows on which they count.
    starts, date, after, upto : ndarray
        As in ``count_shared``.
    out : ndarray of int64, shape (n_rows,)
    """
    late, n_late = 0, len(late_pair)
    extra = np.zeros(np.max(np.diff(starts)) + 1, np.int64)
    for pair in range(len(owner)):
        first, last = starts[owner[pair]], starts[owner[pair] + 1]
        extra[:] = 0
        while late < n_late and late_pair[late] == pair:
            extra[late_enter[late] - first] += late_weight[late]
            extra[late_leave[late] - first] -= late_weight[late]
            late += 1
        added = np.int64(0)
        for row in range(first, last):
            added += extra[row - first]
            day = date[row]
            total = running[upto[day] + 1, pair] - running[after[day] + 1, pair] + added
            out[row] = max(out[row], total)
