"""Groups of leaves that share a few yes-or-no conditions: what a row holds of these decides all.

A group is a part of a tree small enough to have a table. Its conditions are what the way to it asks
of each column, taken together, and each split inside it. Which of them hold for a row is a pattern,
one bit a condition; what the leaves of the group add to the SHAP values depends on it alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .trees import Column, Tree, columns_of

__all__ = ["Groups", "Patterns", "patterns_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

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
    sets: npt.NDArray[np.uint8]
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


@dataclass(slots=True)
class _Layout:
    """What ``Patterns`` holds, while it grows."""

    columns: Sequence[Column]
    conditions: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    sets: list[int] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    parts: list[tuple[int, int, int]] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    first_condition: list[int] = field(default_factory=lambda: [0])
    first_slot: list[int] = field(default_factory=lambda: [0])
    first_leaf: list[int] = field(default_factory=lambda: [0])
    first_part: list[int] = field(default_factory=lambda: [0])

    def ask(self, column: int, codes: int) -> None:
        """Add a condition: the code is in a set, given as the bits of a number."""
        missing = 1 << (self.columns[column].n_codes - 1)
        body = codes & ~missing or codes
        low, high = (body & -body).bit_length() - 1, body.bit_length() - 1
        also = missing.bit_length() - 1 if codes & missing else high
        named = -1
        if body >> low != (2 << (high - low)) - 1:
            named = len(self.sets)
            self.sets.append(codes)
        self.conditions.append((column, low, high, also, named))

    def close_group(self, slots: Sequence[int]) -> None:
        """End a group whose conditions and leaves are all there."""
        self.slots.extend(slots)
        self.first_condition.append(len(self.conditions))
        self.first_slot.append(len(self.slots))
        self.first_leaf.append(len(self.values))


# Per column on a way: the codes that go it, and the share of the training rows that do.
_Way = dict[int, tuple[int, float]]
# Per column on the way to a leaf: which bits, what they have to be, and the share.
_Bits = dict[int, tuple[int, int, float]]


def patterns_of(members: Sequence[Sequence[Tree]], n_columns: int, *, most: int) -> Patterns:
    """Cut the trees of boosters into groups of leaves.

    Parameters
    ----------
    members : sequence of (sequence of Tree)
        The trees of each booster, in their order.
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
    >>> tree = Tree(split, split, split - 1, split - 2, split + 4, np.array([0.5]),
    ...             (frozenset(),), np.array([1.0, 3.0]), np.array([1, 3]))
    >>> patterns = patterns_of([[tree]], 1, most=8)
    >>> patterns.table_sizes.tolist(), patterns.base
    ([4], 2.5)
    """
    trees = [tree for member in members for tree in member]
    columns = columns_of(trees, n_columns)
    layout, first_group = _Layout(columns), [0]
    for member in members:
        for tree in member:
            asked = enumerate(tree.column.tolist())
            lefts = [columns[column].left_of(tree, split) for split, column in asked]
            for node, way in _groups(tree, lefts, columns, most):
                _add_group(layout, tree, lefts, node, way)
        first_group.append(len(layout.first_leaf) - 1)
    return Patterns(
        columns=tuple(columns),
        groups=_finished(layout),
        base=sum(tree.mean for tree in trees),
        first_group=np.array(first_group, dtype=np.int64),
        most=most,
    )


def _groups(
    tree: Tree, lefts: Sequence[int], columns: Sequence[Column], most: int
) -> Iterator[tuple[int, _Way]]:
    """Yield the top of each group and the way to it: the largest parts that have few conditions."""
    inside = _splits_inside(tree)
    open_nodes: list[tuple[int, _Way]] = [(0 if len(tree.column) else -1, {})]
    while open_nodes:
        node, way = open_nodes.pop()
        if node < 0 or len(way) + inside[node] <= most:
            yield node, way
            continue
        column, rows = int(tree.column[node]), int(tree.count[node])
        every = columns[column].every
        before, share = way.get(column, (every, 1.0))
        for child, codes in (
            (int(tree.right[node]), every & ~lefts[node]),
            (int(tree.left[node]), lefts[node]),
        ):
            ratio = tree.rows_in(child) / rows
            open_nodes.append((child, {**way, column: (before & codes, share * ratio)}))


def _splits_inside(tree: Tree) -> list[int]:
    """Return how many splits each split has below it, itself among them."""
    inside = [1] * len(tree.column)
    for node in range(len(inside) - 1, -1, -1):
        for child in (int(tree.left[node]), int(tree.right[node])):
            if child >= 0:
                inside[node] += inside[child]
    return inside


def _add_group(layout: _Layout, tree: Tree, lefts: Sequence[int], node: int, way: _Way) -> None:
    """Lay out the leaves below a node, with what they ask on the way and inside."""
    bits: _Bits = {}
    for place, (column, (codes, share)) in enumerate(way.items()):
        layout.ask(column, codes)
        # On a way too long for a table nobody looks at the bits.
        bit = 1 << place % _WORD
        bits[column] = (bit, bit, share)
    slots = {column: place for place, column in enumerate(bits)}
    asked = len(bits)
    open_nodes: list[tuple[int, _Bits]] = [(node, bits)]
    while open_nodes:
        node, bits = open_nodes.pop()
        if node < 0:
            layout.values.append(float(tree.value[-node - 1]))
            layout.parts.extend((slots[column], *own[:2]) for column, own in bits.items())
            layout.ratios.extend(own[2] for own in bits.values())
            layout.first_part.append(len(layout.parts))
            continue
        column, rows, bit = int(tree.column[node]), int(tree.count[node]), 1 << asked
        asked += 1
        layout.ask(column, lefts[node])
        slots.setdefault(column, len(slots))
        mask, wanted, share = bits.get(column, (0, 0, 1.0))
        for child, goal in ((int(tree.right[node]), 0), (int(tree.left[node]), bit)):
            ratio = tree.rows_in(child) / rows
            own = (mask | bit, wanted | goal, share * ratio)
            open_nodes.append((child, {**bits, column: own}))
    layout.close_group(list(slots))


def _finished(layout: _Layout) -> Groups:
    def whole(numbers: Sequence[object]) -> IntArray:
        return np.array(numbers, dtype=np.int64)

    n_codes = max((column.n_codes for column in layout.columns), default=0)
    sets = [[codes >> code & 1 for code in range(n_codes)] for codes in layout.sets]
    return Groups(
        conditions=whole(layout.conditions).reshape(-1, 5),
        sets=np.array(sets, dtype=np.uint8).reshape(-1, n_codes),
        slots=whole(layout.slots),
        values=np.array(layout.values, dtype=np.float64),
        parts=whole(layout.parts).reshape(-1, 3),
        ratios=np.array(layout.ratios, dtype=np.float64),
        first_condition=whole(layout.first_condition),
        first_slot=whole(layout.first_slot),
        first_leaf=whole(layout.first_leaf),
        first_part=whole(layout.first_part),
    )
