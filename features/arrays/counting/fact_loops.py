"""Compiled loops in which facts pass by once and are added to what is kept of them."""

import numpy as np
import numpy.typing as npt

from ..array_types import BoolArray, IntArray, RowArray
from ..compiled import kernel
from ..time_grid import reached

__all__ = [
    "add_to_cells",
    "asked_for",
    "carry_newest",
    "carry_oldest",
    "lower_oldest",
    "raise_newest",
    "raise_newest_known",
]


@kernel
def asked_for(
    codes: RowArray, places: RowArray, moment: IntArray, since: int, until: int
) -> tuple[IntArray, RowArray]:
    """Return which facts belong to asked accounts, and the position of each one's account.

    Parameters
    ----------
    codes : ndarray of int32, shape (n,)
        Account of each fact; -1 for none.
    places : ndarray of int32
        Position of each account in the rows, -1 if not asked for; the last entry is for none.
    moment : ndarray of int64, shape (n,) or (0,)
        Only facts from ``since`` on and before ``until`` are wanted; all of them, if it is empty.
    since, until : int

    Returns
    -------
    kept : ndarray of int64, shape (n_kept,)
    account : ndarray of int32, shape (n_kept,)

    Examples
    --------
    >>> from churngrid.features.arrays.time_grid import fixed
    >>> codes, places = np.array([1, 0, -1], np.int32), np.array([-1, 7, -1], np.int32)
    >>> [part.tolist() for part in asked_for(codes, places, fixed(np.zeros(0, np.int64)), 0, 0)]
    [[0], [7]]
    """
    kept, account = np.empty(len(codes), np.int64), np.empty(len(codes), np.int32)
    count = 0
    for i in range(len(codes)):
        place = places[codes[i]]
        kept[count], account[count] = i, place
        timely = len(moment) == 0 or since <= moment[i] < until
        count += place >= 0 and timely
    return kept[:count], account[:count]


@kernel
def add_to_cells(
    account: RowArray, stretch: RowArray, kept: BoolArray, weight: IntArray, cells: IntArray
) -> None:
    """Add what facts weigh to their account's cell of the stretch they fall into, in place."""
    each = len(weight) == len(account)
    for i in range(len(account)):
        if kept[i] and stretch[i] >= 0:
            cells[stretch[i], account[i]] += weight[i] if each else weight[0]


@kernel
def raise_newest(
    enter: RowArray,
    account: RowArray,
    ends: IntArray,
    kept: BoolArray,
    clock: IntArray,
    newest: IntArray,
) -> None:
    """Raise the newest moment of the row on which each fact becomes visible, in place."""
    for i in range(len(enter)):
        if kept[i] and enter[i] < ends[account[i]] and clock[i] > newest[enter[i]]:
            newest[enter[i]] = clock[i]


@kernel
def carry_newest(newest: IntArray, starts: IntArray) -> None:
    """Carry the newest moment of each account on to its later rows, in place."""
    for account in range(len(starts) - 1):
        for row in range(starts[account] + 1, starts[account + 1]):
            newest[row] = max(newest[row], newest[row - 1])


@kernel
def lower_oldest(
    enter: RowArray,
    account: RowArray,
    ends: IntArray,
    kept: BoolArray,
    clock: IntArray,
    oldest: IntArray,
) -> None:
    """Lower the oldest moment of the row on which each fact becomes visible, in place."""
    for i in range(len(enter)):
        if kept[i] and enter[i] < ends[account[i]] and clock[i] < oldest[enter[i]]:
            oldest[enter[i]] = clock[i]


@kernel
def carry_oldest(oldest: IntArray, starts: IntArray) -> None:
    """Carry the oldest moment of each account on to its later rows, in place."""
    for account in range(len(starts) - 1):
        for row in range(starts[account] + 1, starts[account + 1]):
            oldest[row] = min(oldest[row], oldest[row - 1])


@kernel
def raise_newest_known(
    known: IntArray,
    edges: IntArray,
    by_day: npt.NDArray[np.int32],
    first_day: int,
    newest: IntArray,
) -> None:
    """Raise the newest moment known before each edge, in place."""
    for i in range(len(known)):
        place = reached(known[i], edges, by_day, first_day)
        if known[i] > newest[place]:
            newest[place] = known[i]
