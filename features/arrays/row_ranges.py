"""The kernels: every fact is visible on one unbroken range of an account's as-of rows.

A fact is visible once it is known and has happened, and stops being visible when its window has
passed or a newer version replaces it. So each fact becomes a range ``[enter, leave)`` of row
positions, and every measure is a fold over ranges. No fact is ever paired with an as-of date.
"""

import numpy as np
import numpy.typing as npt

from .array_types import FloatArray, IntArray, RowArray, WideRowArray
from .compiled import kernel
from .time_grid import DAY_US

__all__ = [
    "add_aged",
    "cover",
    "cover_into",
    "distinct",
    "list_ranges",
    "medians",
    "paint",
    "superseded",
]

_THOUSAND = 1000.0


@kernel
def cover_into(
    enter: WideRowArray,
    leave: WideRowArray,
    kept: npt.NDArray[np.bool_],
    weight: IntArray,
    change: IntArray,
) -> None:
    """Add the weights of ranges to the row they enter on, and take them off where they leave.

    Parameters
    ----------
    enter, leave : ndarray of int, shape (n_facts,)
    kept : ndarray of bool, shape (n_facts,)
        Facts that count.
    weight : ndarray of int64, shape (n_facts,) or (1,)
        Whole numbers, so that what enters leaves exactly; one for all if there is one.
    change : ndarray of int64, shape (n_rows + 1,)
        Added to.

    Examples
    --------
    >>> change, ones = np.zeros(3, np.int64), np.ones(1, np.int64)
    >>> cover_into(np.array([0]), np.array([2]), np.array([True]), ones, change)
    >>> change.tolist()
    [1, 0, -1]
    """
    each = len(weight) == len(enter)
    for i in range(len(enter)):
        if kept[i] and enter[i] < leave[i]:
            amount = weight[i] if each else weight[0]
            change[enter[i]] += amount
            change[leave[i]] -= amount


def cover(enter: WideRowArray, leave: WideRowArray, weight: IntArray, n_rows: int) -> IntArray:
    """Return, per row, the summed weight of the ranges that cover it.

    Parameters
    ----------
    enter, leave : ndarray of int, shape (n_facts,)
    weight : ndarray of int64, shape (n_facts,) or (1,)
        Whole numbers, so that what enters leaves exactly; one for all if there is one.
    n_rows : int

    Returns
    -------
    ndarray of int64, shape (n_rows,)

    Examples
    --------
    >>> cover(np.array([0, 1]), np.array([2, 3]), np.array([5, 7]), 4).tolist()
    [5, 12, 7, 0]
    """
    change = np.zeros(n_rows + 1, np.int64)
    cover_into(enter, leave, np.ones(len(enter), np.bool_), weight, change)
    return np.cumsum(change)[:n_rows]


def distinct(
    order: IntArray, key: IntArray, enter: WideRowArray, leave: WideRowArray, n_rows: int
) -> IntArray:
    """Return, per row, how many different keys have a range that covers it.

    Parameters
    ----------
    order : ndarray of int64, shape (n_facts,)
        Positions of the facts sorted by key, then by ``enter``.
    key, enter, leave : ndarray of int, shape (n_facts,)
    n_rows : int

    Returns
    -------
    ndarray of int64, shape (n_rows,)

    Examples
    --------
    >>> enter, leave = np.array([0, 1]), np.array([2, 3])
    >>> distinct(np.array([0, 1]), np.array([4, 4]), enter, leave, 3)
    array([1, 1, 1])
    """
    change = np.zeros(n_rows + 1, np.int64)
    _cover_each_once(order, key, enter, leave, change)
    return np.cumsum(change)[:n_rows]


@kernel
def _cover_each_once(
    order: IntArray, key: IntArray, enter: WideRowArray, leave: WideRowArray, change: IntArray
) -> None:
    present, reach = np.int64(-1), np.int64(-1)
    for i in order:
        if key[i] != present:
            present, reach = key[i], np.int64(-1)
        start = max(enter[i], reach)
        if start < leave[i]:
            change[start] += 1
            change[leave[i]] -= 1
            reach = leave[i]


@kernel
def paint(order: IntArray, enter: IntArray, leave: IntArray, n_rows: int) -> IntArray:
    """Return, per row, the first fact in a given order whose range covers it.

    Parameters
    ----------
    order : ndarray of int64, shape (n_facts,)
        Positions of the facts, the preferred one first.
    enter, leave : ndarray of int64, shape (n_facts,)
    n_rows : int

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Position of the fact, or -1 where no range reaches.

    Notes
    -----
    Each row is painted once; a union-find over the rows skips those already painted.

    Examples
    --------
    >>> paint(np.array([1, 0]), np.array([0, 1]), np.array([3, 2]), 4)
    array([ 0,  1,  0, -1])
    """
    owner = np.full(n_rows, -1, np.int64)
    free = np.arange(n_rows + 1)
    for i in order:
        row = enter[i]
        while True:
            while free[row] != row:
                free[row] = free[free[row]]
                row = free[row]
            if row >= leave[i]:
                break
            owner[row] = i
            free[row] = row + 1
    return owner


def medians(enter: WideRowArray, leave: WideRowArray, value: FloatArray, n_rows: int) -> FloatArray:
    """Return, per row, the median value of the facts whose ranges cover it.

    Parameters
    ----------
    enter, leave : ndarray of int, shape (n_facts,)
    value : ndarray of float, shape (n_facts,)
    n_rows : int

    Returns
    -------
    ndarray of float, shape (n_rows,)
        NaN where no range reaches.

    Notes
    -----
    A median does not add up, so facts are listed per row: for rare facts in short windows only.

    Examples
    --------
    >>> medians(np.array([0, 0]), np.array([2, 1]), np.array([1.0, 4.0]), 3)
    array([2.5, 1. , nan])
    """
    size = cover(enter, leave, np.ones(1, np.int64), n_rows)
    first = np.cumsum(size) - size
    listed = np.empty(int(size.sum()), np.float64)
    _list_by_row(enter, leave, value, first.copy(), listed)
    listed = listed[np.lexsort((listed, np.repeat(np.arange(n_rows), size)))]
    out = np.full(n_rows, np.nan)
    there = size > 0
    lower, upper = (first + place for place in ((size - 1) // 2, size // 2))
    out[there] = (listed[lower[there]] + listed[upper[there]]) / 2
    return out


@kernel
def _list_by_row(
    enter: WideRowArray, leave: WideRowArray, value: FloatArray, free: IntArray, listed: FloatArray
) -> None:
    for i in range(len(enter)):
        for row in range(enter[i], leave[i]):
            listed[free[row]] = value[i]
            free[row] += 1


@kernel
def superseded(order: IntArray, entity: IntArray, known: IntArray) -> IntArray:
    """Return, per version of an entity, when a later version of it became known.

    Parameters
    ----------
    order : ndarray of int64, shape (n_facts,)
        Positions sorted by entity, then oldest version first.
    entity, known : ndarray of int64, shape (n_facts,)
        ``known`` in microseconds.

    Returns
    -------
    ndarray of int64, shape (n_facts,)
        The largest int64 where there is no later version.

    Examples
    --------
    >>> never = np.iinfo(np.int64).max
    >>> superseded(np.array([0, 1]), np.array([3, 3]), np.array([10, 20])).tolist() == [20, never]
    True
    """
    never = np.iinfo(np.int64).max
    out = np.full(len(entity), never, np.int64)
    soonest = never
    for position in range(len(order) - 1, -1, -1):
        i = order[position]
        last = position + 1 == len(order) or entity[order[position + 1]] != entity[i]
        if last:
            soonest = never
        out[i] = soonest
        soonest = min(soonest, known[i])
    return out


@kernel
def add_aged(
    enter: RowArray,
    leave: RowArray,
    moment: IntArray,
    weight: FloatArray,
    as_of: IntArray,
    out: IntArray,
) -> None:
    """Add, on each row that sees a fact, the days since then times its weight, in thousandths.

    Parameters
    ----------
    enter, leave : ndarray of int32, shape (n_facts,)
    moment : ndarray of int64, shape (n_facts,)
        Microseconds.
    weight : ndarray of float, shape (n_facts,)
    as_of : ndarray of int64, shape (n_rows,)
    out : ndarray of int64, shape (n_rows,)
        Whole numbers, so that the order of the facts does not matter.

    Examples
    --------
    >>> out, one = np.zeros(1, np.int64), np.ones(1, np.int32)
    >>> add_aged(0 * one, one, np.zeros(1, np.int64), np.ones(1), np.array([86_400_000_000]), out)
    >>> out.tolist()
    [1000]
    """
    for i in range(len(enter)):
        for row in range(enter[i], leave[i]):
            days = (as_of[row] - moment[i]) / DAY_US
            out[row] += np.int64(np.rint(weight[i] * days * _THOUSAND))


def list_ranges(enter: RowArray, leave: RowArray) -> tuple[IntArray, IntArray]:
    """Return each fact once for every row of its range: places of facts, and rows.

    Parameters
    ----------
    enter, leave : ndarray of int32, shape (n_facts,)

    Returns
    -------
    fact, row : ndarray of int64, shape (n_listed,)

    Examples
    --------
    >>> fact, row = list_ranges(np.array([0, 2], np.int32), np.array([2, 3], np.int32))
    >>> fact.tolist(), row.tolist()
    ([0, 0, 1], [0, 1, 2])
    """
    size = np.maximum(leave.astype(np.int64) - enter, 0)
    fact = np.repeat(np.arange(len(size)), size)
    before = np.cumsum(size) - size
    return fact, np.arange(len(fact)) - before[fact] + enter[fact]
