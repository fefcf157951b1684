"""Groups of leaves that share a few yes-or-no conditions: what a row holds of these decides all.

A group is a part of a tree small enough to have a table. Its conditions are what the way to it asks
of each column, taken together, and each split inside it. Which of them hold for a row is a pattern,
one bit a condition; what the leaves of the group add to the SHAP values depends on it alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from ...features.arrays.array_types import BoolArray, ByteArray, FloatArray, IntArray
from .forest_layout import Forest
from .lightgbm_trees import Column, Splits, Trees, columns_of

__all__ = ["Groups", "Patterns", "patterns_of"]


# On a way too long for a table nobody looks at the bits.
_WORD = 32


class Groups(NamedTuple):
    """The groups of an ensemble, one after the other, as compiled code reads them.

    Parameters
    ----------
    conditions : ndarray of int, shape (n_conditions, 5)
        Column; lowest and highest code for which it holds, and one more such code; row of
        ``sets`` that says it instead, or -1.
    sets : ndarray of uint8, shape (n_sets, n_codes)
        1 for the codes of a set that is no range.
    slots : ndarray of int, shape (n_slots,)
        Columns that the leaves of a group give shares to.
    values : ndarray of float, shape (n_leaves,)
        Log-odds of the leaves.
    parts : ndarray of int, shape (n_parts, 3)
        Per column on the way to a leaf: its slot, and which bits of the pattern have to be what.
    ratios : ndarray of float, shape (n_parts,)
        Share of the training rows that go the leaf's way at the splits on this column.
    first_condition, first_slot, first_leaf : ndarray of int, shape (n_groups + 1,)
        Where those of each group begin, and the end.
    first_part : ndarray of int, shape (n_leaves + 1,)
        Where those of each leaf begin, and the end.
    """

    conditions: IntArray
    sets: ByteArray
    slots: IntArray
    values: FloatArray
    parts: IntArray
    ratios: FloatArray
    first_condition: IntArray
    first_slot: IntArray
    first_leaf: IntArray
    first_part: IntArray


@dataclass(frozen=True, slots=True)
class Patterns:
    """An ensemble as groups of leaves.

    Parameters
    ----------
    columns : tuple of Column
        How the columns of a matrix are coded.
    groups : Groups
    base : float
        Mean log-odds over the training rows.
    first_group : ndarray of int, shape (n_members + 1,)
        Where the groups of each member begin, and the end.
    most : int
        Conditions that a group with more than one leaf has at most.
    """

    columns: tuple[Column, ...]
    groups: Groups
    base: float
    first_group: IntArray
    most: int

    @property
    def table_sizes(self) -> IntArray:
        """Entries of each group's table: none for single leaves with too many conditions.

        A row of the table for each slot, and a last one for the log-odds.
        """
        conditions = np.diff(self.groups.first_condition)
        fits, lines = conditions <= self.most, np.diff(self.groups.first_slot) + 1
        return np.where(fits, lines << np.where(fits, conditions, 0), 0)


def patterns_of(members: Sequence[Trees], n_columns: int, *, most: int) -> Patterns:
    """Cut the trees of boosters into groups of leaves.

    Parameters
    ----------
    members : sequence of Trees
        The trees of each booster, in their order; at least one booster.
    n_columns : int
        Of the matrix to be explained.
    most : int
        Conditions of a group, 1 to 16; a leaf that has more makes a group alone. A table has two
        to this power entries a column, so more conditions mean fewer, larger tables.

    Returns
    -------
    Patterns

    Raises
    ------
    ValueError
        If a column cannot be coded; see ``columns_of``.

    Examples
    --------
    >>> split = np.zeros(1, dtype=int)
    >>> asked = Splits(split, split, np.array([0.5]), [frozenset()])
    >>> tree = Trees(asked, split - 1, split - 2, split + 4, np.array([1.0, 3.0]),
    ...              np.array([1, 3]), split + 1)
    >>> patterns = patterns_of([tree], 1, most=8)
    >>> patterns.table_sizes.tolist(), patterns.base
    ([4], 2.5)
    """
    trees = Trees.joined(members)
    columns, forest = columns_of(trees.splits, n_columns), Forest.of(trees)
    cut = _cut(forest, most)
    asked = _asked(forest, cut)
    conditions, sets = _conditions(columns, trees.splits, asked)
    first_tree = np.cumsum([0, *(len(member.sizes) for member in members)])
    return Patterns(
        columns=tuple(columns),
        groups=_with_leaves(forest, cut, asked)._replace(conditions=conditions, sets=sets),
        base=forest.mean,
        first_group=np.searchsorted(cut.tree, first_tree),
        most=most,
    )


@dataclass(frozen=True, slots=True)
class _Cut:
    """The groups of a forest, all in the order in which trees are read from the top.

    Parameters
    ----------
    tops : ndarray of int, shape (n_groups,)
        The node on top of each.
    tree : ndarray of int, shape (n_groups,)
        The tree that each is a part of.
    group : ndarray of int, shape (n_nodes,)
        The group of each node, -1 above all groups.
    inside, leaves : ndarray of int
        Splits inside groups, and all leaves.
    """

    tops: IntArray
    tree: IntArray
    group: IntArray
    inside: IntArray
    leaves: IntArray


def _cut(forest: Forest, most: int) -> _Cut:
    place, part = forest.places(), forest.parts(most)
    nodes = np.argsort(place)
    tops = nodes[part[nodes] == nodes]
    number = np.full(len(nodes) + 1, -1, dtype=np.int64)
    number[tops] = np.arange(len(tops))
    group = number[part]
    is_split = nodes < forest.n_splits
    return _Cut(
        tops=tops,
        tree=np.searchsorted(place[forest.tops], place[tops], side="right") - 1,
        group=group,
        inside=nodes[is_split & (group[nodes] >= 0)],
        leaves=nodes[~is_split],
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """The conditions of all groups: those of the way to it first, then those inside.

    Parameters
    ----------
    group, column : ndarray of int, shape (n_conditions,)
    first : ndarray of int, shape (n_groups + 1,)
        Where those of each group begin, and the end.
    condition, split, left : ndarray, shape (n_sides,)
        The sides that a code has to go for a condition to hold: all of those that it has.
    of_split : ndarray of int, shape (n_splits,)
        The condition of each split inside a group, -1 above all groups.
    """

    group: IntArray
    column: IntArray
    first: IntArray
    condition: IntArray
    split: IntArray
    left: BoolArray
    of_split: IntArray


def _asked(forest: Forest, cut: _Cut) -> _Asked:
    ways = forest.steps(cut.tops)
    found, first = _first_seen(ways.way, forest.column[ways.split])
    group = np.concatenate([ways.way[first], cut.group[cut.inside]])
    split = np.concatenate([ways.split[first], cut.inside])
    order = np.argsort(group, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    of_split = np.full(forest.n_splits, -1, dtype=np.int64)
    of_split[cut.inside] = place[len(first) :]
    return _Asked(
        group=group[order],
        column=forest.column[split[order]],
        first=_starts(group[order], len(cut.tops)),
        condition=np.concatenate([place[found], of_split[cut.inside]]),
        split=np.concatenate([ways.split, cut.inside]),
        left=np.concatenate([ways.left, np.ones(len(cut.inside), dtype=bool)]),
        of_split=of_split,
    )


def _conditions(
    columns: Sequence[Column], splits: Splits, asked: _Asked
) -> tuple[IntArray, ByteArray]:
    """Return ``conditions`` and ``sets`` as ``Groups`` has them."""
    found = np.full((len(asked.column), 5), -1, dtype=np.int64)
    found[:, 0] = asked.column
    named: list[tuple[int, BoolArray]] = []
    on = splits.column[asked.split]
    order = np.lexsort((asked.condition, on))
    edges = _starts(on[order], len(columns)).tolist()
    for column, (start, end) in zip(columns, pairwise(edges), strict=True):
        sides = order[start:end]
        first = np.flatnonzero(np.diff(asked.condition[sides], prepend=-1))
        condition = asked.condition[sides[first]]
        goes = column.sent_left(splits.at(asked.split[sides])) == asked.left[sides, None]
        codes = np.logical_and.reduceat(goes, first, axis=0) if len(first) else goes
        found[condition, 1:4], is_range = _ranges(codes)
        named += zip(condition[~is_range].tolist(), codes[~is_range], strict=True)
    sets = np.zeros((len(named), max((column.n_codes for column in columns), default=0)), np.uint8)
    for place, (own, held) in enumerate(sorted(named, key=itemgetter(0))):
        found[own, 4], sets[place, : len(held)] = place, held
    return found, sets


def _ranges(codes: BoolArray) -> tuple[IntArray, BoolArray]:
    """Return the lowest and highest code of sets and one more, and whether that says all.

    The one more is the code for what is missing, where the set has it.
    """
    last = codes.shape[1] - 1
    body = codes.copy()
    body[:, last] &= ~codes[:, :last].any(axis=1)
    low, high = body.argmax(axis=1), last - body[:, ::-1].argmax(axis=1)
    also = np.where(codes[:, last], last, high)
    return np.stack([low, high, also], axis=1), body.sum(axis=1) == high - low + 1


def _with_leaves(forest: Forest, cut: _Cut, asked: _Asked) -> Groups:
    """Return the groups with slots and leaves; conditions and sets are put in later."""
    steps = forest.steps(cut.leaves)
    column, group = forest.column[steps.split], cut.group[cut.leaves[steps.way]]
    # Every column on the way to a leaf is asked by a condition of its group.
    slot, of_slot = _first_seen(
        np.concatenate([asked.group, group]), np.concatenate([asked.column, column])
    )
    slot = slot[len(asked.group) :]
    first_slot = _starts(asked.group[of_slot], len(cut.tops))
    # The way to the group asks a column only once, and before the splits inside.
    inside = asked.of_split[steps.split]
    condition = np.where(inside >= 0, inside, of_slot[slot])
    bit = 1 << (condition - asked.first[group]) % _WORD
    part, first = _first_seen(steps.way, column)
    order = np.argsort(part, kind="stable")
    begins = _starts(part[order], len(first))[:-1]
    wanted = np.where(steps.left | (inside < 0), bit, 0)
    masks = [np.bitwise_or.reduceat(bits[order], begins) for bits in (bit, wanted)]
    return Groups(
        conditions=np.empty((0, 5), np.int64),
        sets=np.empty((0, 0), np.uint8),
        slots=asked.column[of_slot],
        values=forest.value[cut.leaves - forest.n_splits],
        parts=np.stack([slot[first] - first_slot[group[first]], *masks], axis=1),
        ratios=np.multiply.reduceat(steps.share[order], begins),
        first_condition=asked.first,
        first_slot=first_slot,
        first_leaf=_starts(cut.group[cut.leaves], len(cut.tops)),
        first_part=_starts(steps.way[first], len(cut.leaves)),
    )


def _first_seen(owner: IntArray, column: IntArray) -> tuple[IntArray, IntArray]:
    """Return numbers of pairs in the order in which they first come, and where each does."""
    key = owner * (column.max(initial=0) + 1) + column
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return number[which], first[order]


def _starts(owner: IntArray, count: int) -> IntArray:
    """Return where the rows of each owner begin, and the end; they come in order."""
    return np.searchsorted(owner, np.arange(count + 1))
