"""The compiled part of the kernel: codes of values, tables of groups, and what rows look up there.

Rows come in blocks from ``low`` to ``high``, so that threads share them out.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...features.arrays.array_types import BinArray, FloatArray, IntArray
from ...features.arrays.compiled import kernel
from .leaf_groups import Groups
from .lightgbm_trees import ZERO

__all__ = ["Coding", "Rows", "Tables", "add_log_odds", "add_shares", "encode", "fill_tables"]


class Coding(NamedTuple):
    """How values become codes.

    Parameters
    ----------
    edges : ndarray of float, shape (n_edges,)
        Those of all columns, one after the other.
    first : ndarray of int, shape (n_columns + 1,)
        Where those of each column begin, and the end.
    categorical : ndarray of bool, shape (n_columns,)
    """

    edges: FloatArray
    first: IntArray
    categorical: npt.NDArray[np.bool_]


class Tables(NamedTuple):
    """The tables of groups that follow each other.

    Parameters
    ----------
    first_group : int
    first_entry : ndarray of int, shape (n_tables + 1,)
        Where each begins, and the end.
    entries : ndarray of float, shape (n_entries,)
        Per group a line for each slot, and a last one for the log-odds; one entry a pattern.
    """

    first_group: int
    first_entry: IntArray
    entries: FloatArray


class Rows(NamedTuple):
    """All rows, by columns: the kernel adds to one column after the other.

    Parameters
    ----------
    codes : ndarray of uint16, shape (n_columns, n_rows)
    values : ndarray of float, shape (n_lines, n_rows)
        What is added up.
    """

    codes: BinArray
    values: FloatArray


@kernel
def encode(matrix: FloatArray, coding: Coding, codes: BinArray, low: int, high: int) -> None:
    """Write the codes of the values of some rows.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_rows, n_columns)
    coding : Coding
    codes : ndarray of uint16, shape (n_columns, n_rows)
        Written to.
    low, high : int
        The rows.
    """
    for column in range(matrix.shape[1]):
        edges = coding.edges[coding.first[column] : coding.first[column + 1]]
        for row in range(low, high):
            if coding.categorical[column]:
                value = np.trunc(matrix[row, column])
                place = _edges_below(edges, value)
                if place < len(edges) and edges[place] != value:
                    place = len(edges)
            else:
                value = matrix[row, column]
                if np.isnan(value):
                    place = len(edges) + 1
                else:
                    place = _edges_below(edges, 0.0 if abs(value) <= ZERO else value)
            codes[column, row] = place


@kernel
def _edges_below(edges: FloatArray, value: float) -> int:
    place, left = 0, len(edges)
    while left > 0:
        half = left >> 1
        if edges[place + half] < value:
            place += half + 1
            left -= half + 1
        else:
            left = half
    return place


@kernel
def fill_tables(groups: Groups, tables: Tables, points: FloatArray, low: int, high: int) -> None:
    """Fill the tables of some groups: for each slot and pattern the sum over the leaves.

    Parameters
    ----------
    groups : Groups
    tables : Tables
        Zero before; those of single leaves with too many conditions have no entries.
    points : ndarray of float, shape (n + 1, 2, n)
        Per number of points the places from 0 to 1 and their weights.
    low, high : int
        Tables, counted from the first one.
    """
    for place in range(low, high):
        group = tables.first_group + place
        start, end = tables.first_entry[place], tables.first_entry[place + 1]
        if start == end:
            continue
        n_slots = groups.first_slot[group + 1] - groups.first_slot[group]
        table = tables.entries[start:end].reshape(n_slots + 1, -1)
        for leaf in range(groups.first_leaf[group], groups.first_leaf[group + 1]):
            own = slice(groups.first_part[leaf], groups.first_part[leaf + 1])
            held = _held(groups.parts[own], table.shape[1])
            shares = _leaf_table(groups.values[leaf], groups.ratios[own], points)
            for part in range(len(shares)):
                total, share = table[groups.parts[own][part, 0]], shares[part]
                for pattern in range(len(held)):
                    total[pattern] += share[held[pattern]]
            every = (1 << len(shares)) - 1
            for pattern in range(len(held)):
                if held[pattern] == every:
                    table[n_slots, pattern] = groups.values[leaf]


@kernel
def _held(parts: IntArray, n_patterns: int) -> IntArray:
    """Return which parts of the way to a leaf hold, for each pattern of its group."""
    held = np.zeros(n_patterns, np.int64)
    for part in range(len(parts)):
        mask, wanted = parts[part, 1], parts[part, 2]
        for pattern in range(n_patterns):
            if pattern & mask == wanted:
                held[pattern] |= 1 << part
    return held


@kernel
def _leaf_table(value: float, ratios: FloatArray, points: FloatArray) -> FloatArray:
    """Return what a leaf adds to each of its columns, for each set of those that lead to it."""
    count = len(ratios)
    shares = np.zeros((count, 1 << count))
    others, product = np.zeros(1 << count), np.empty(1 << count)
    n_points = (count + 1) // 2
    for point in range(n_points):
        place = points[n_points, 0, point]
        product[0] = value * points[n_points, 1, point]
        for part in range(count):
            outside, half = (1 - place) * ratios[part], 1 << part
            for k in range(half):
                product[half + k] = product[k] * (place + outside)
                product[k] *= outside
        for k in range(1 << count):
            others[k] -= product[k] / (1 - place)
        for part in range(count):
            inside, own = (1 - ratios[part]) / (place + (1 - place) * ratios[part]), shares[part]
            for k in range(1 << count):
                own[k] += product[k] * inside
    for part in range(count):
        for k in range(1 << count):
            if not k >> part & 1:
                shares[part, k] = others[k]
    return shares


@kernel
def add_shares(
    groups: Groups, tables: Tables, points: FloatArray, rows: Rows, low: int, high: int
) -> None:
    """Add the shares that some groups give to the values of some rows.

    Parameters
    ----------
    groups : Groups
    tables : Tables
    points : ndarray of float
        As in ``fill_tables``.
    rows : Rows
        Values by columns; written to.
    low, high : int
        The rows.
    """
    pattern = np.empty(high - low, np.uint16)
    for place in range(len(tables.first_entry) - 1):
        group = tables.first_group + place
        start, end = tables.first_entry[place], tables.first_entry[place + 1]
        if start == end:
            _add_directly(groups, group, points, rows, low, high)
            continue
        _find_patterns(groups, group, rows.codes, low, pattern)
        slots = groups.slots[groups.first_slot[group] : groups.first_slot[group + 1]]
        table = tables.entries[start:end].reshape(len(slots) + 1, -1)
        for slot in range(len(slots)):
            own, total = table[slot], rows.values[slots[slot], low:high]
            for row in range(len(pattern)):
                total[row] += own[pattern[row]]


@kernel
def add_log_odds(
    groups: Groups, tables: Tables, first_group: IntArray, rows: Rows, low: int, high: int
) -> None:
    """Add the log-odds of some groups to those of their member, tree by tree.

    Parameters
    ----------
    groups : Groups
    tables : Tables
    first_group : ndarray of int, shape (n_members + 1,)
    rows : Rows
        Values by members; written to.
    low, high : int
        The rows.
    """
    pattern, member = np.empty(high - low, np.uint16), 0
    for place in range(len(tables.first_entry) - 1):
        group = tables.first_group + place
        start, end = tables.first_entry[place], tables.first_entry[place + 1]
        while group >= first_group[member + 1]:
            member += 1
        total = rows.values[member, low:high]
        if start == end:
            _sum_directly(groups, group, rows.codes, low, total)
            continue
        _find_patterns(groups, group, rows.codes, low, pattern)
        n_patterns = 1 << (groups.first_condition[group + 1] - groups.first_condition[group])
        own = tables.entries[end - n_patterns : end]
        for row in range(len(pattern)):
            total[row] += own[pattern[row]]


@kernel
def _sum_directly(groups: Groups, group: int, codes: BinArray, low: int, total: FloatArray) -> None:
    """Add the log-odds of one leaf that has too many conditions for a table."""
    count = groups.first_condition[group + 1] - groups.first_condition[group]
    held, found = np.zeros(len(total), np.int64), np.empty(len(total), np.uint16)
    for condition in range(groups.first_condition[group], groups.first_condition[group + 1]):
        found[:] = 0
        _mark(groups, condition, codes, low, found, np.uint16(1))
        for row in range(len(total)):
            held[row] += found[row]
    value = groups.values[groups.first_leaf[group]]
    for row in range(len(total)):
        total[row] += value if held[row] == count else 0.0


@kernel
def _find_patterns(
    groups: Groups, group: int, codes: BinArray, low: int, pattern: BinArray
) -> None:
    """Write down which conditions of a group hold for some rows, from ``low`` on."""
    pattern[:] = 0
    first = groups.first_condition[group]
    for condition in range(first, groups.first_condition[group + 1]):
        _mark(groups, condition, codes, low, pattern, np.uint16(1 << (condition - first)))


@kernel
def _mark(
    groups: Groups, condition: int, codes: BinArray, low: int, marks: BinArray, bit: np.uint16
) -> None:
    """Set a bit of those rows, from ``low`` on, for which a condition holds."""
    column, named = groups.conditions[condition, 0], groups.conditions[condition, 4]
    own = codes[column, low : low + len(marks)]
    if named >= 0:
        held = groups.sets[named]
        for row in range(len(marks)):
            marks[row] |= bit * held[own[row]]
        return
    lowest = np.uint16(groups.conditions[condition, 1])
    highest = np.uint16(groups.conditions[condition, 2])
    also = np.uint16(groups.conditions[condition, 3])
    for row in range(len(marks)):
        if (own[row] >= lowest and own[row] <= highest) or own[row] == also:
            marks[row] |= bit


@kernel
def _add_directly(
    groups: Groups, group: int, points: FloatArray, rows: Rows, low: int, high: int
) -> None:
    """Add what one leaf gives that has too many conditions for a table."""
    leaf, first = groups.first_leaf[group], groups.first_condition[group]
    ratios = groups.ratios[groups.first_part[leaf] : groups.first_part[leaf + 1]]
    holds = np.zeros((len(ratios), high - low), np.uint16)
    for part in range(len(ratios)):
        _mark(groups, first + part, rows.codes, low, holds[part], np.uint16(1))
    n_points = (len(ratios) + 1) // 2
    product = np.empty(high - low)
    for point in range(n_points):
        place = points[n_points, 0, point]
        product[:] = groups.values[leaf] * points[n_points, 1, point]
        for part in range(len(ratios)):
            outside = (1 - place) * ratios[part]
            _multiply(product, holds[part], place + outside, outside)
        for part in range(len(ratios)):
            inside = (1 - ratios[part]) / (place + (1 - place) * ratios[part])
            column = groups.slots[groups.first_slot[group] + part]
            _add_product(
                rows.values[column, low:high], product, holds[part], inside, -1 / (1 - place)
            )


@kernel
def _multiply(product: FloatArray, holds: BinArray, inside: float, outside: float) -> None:
    for row in range(len(product)):
        product[row] *= inside if holds[row] else outside


@kernel
def _add_product(
    total: FloatArray, product: FloatArray, holds: BinArray, inside: float, outside: float
) -> None:
    for row in range(len(product)):
        total[row] += product[row] * (inside if holds[row] else outside)
