"""Many trees side by side: what lies above and below each node, and the parts they are cut into.

Nodes are counted through all trees: first the splits, tree by tree, then the leaves. Everything is
found for all nodes of one depth at a time.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray
from .lightgbm_trees import Trees

__all__ = ["Forest", "Steps"]


class Steps(NamedTuple):
    """The ways from the tops of trees to some nodes, one way after the other, each from its top.

    Parameters
    ----------
    way : ndarray of int, shape (n_steps,)
        Place of the node that it leads to among those asked for.
    split : ndarray of int
        Where a side is taken.
    left : ndarray of bool
        Which side.
    share : ndarray of float
        Share of the training rows of the split that go this side.
    """

    way: IntArray
    split: IntArray
    left: BoolArray
    share: FloatArray


@dataclass(frozen=True, slots=True)
class Forest:
    """The nodes of trees.

    Parameters
    ----------
    column : ndarray of int, shape (n_splits,)
        Column asked.
    children : ndarray of int, shape (2, n_splits)
        Left and right node.
    above : ndarray of int, shape (n_nodes,)
        Split directly above, -1 for the tops.
    rows : ndarray of int, shape (n_nodes,)
        Training rows.
    value : ndarray of float, shape (n_leaves,)
        Log-odds.
    tops : ndarray of int, shape (n_trees,)
    """

    column: IntArray
    children: IntArray
    above: IntArray
    rows: IntArray
    value: FloatArray
    tops: IntArray

    @classmethod
    def of(cls, trees: Trees) -> "Forest":
        """Return the nodes of trees."""
        n_splits, n_trees = len(trees.count), len(trees.sizes)
        tree = np.repeat(np.arange(n_trees), trees.sizes)
        first_split = np.cumsum(trees.sizes) - trees.sizes
        first_leaf = n_splits + first_split + np.arange(n_trees)
        sides = np.stack([trees.left, trees.right])
        children = np.where(sides < 0, first_leaf[tree] - sides - 1, first_split[tree] + sides)
        above = np.full(2 * n_splits + n_trees, -1, dtype=np.int64)
        above[children] = np.arange(n_splits)
        return cls(
            column=trees.splits.column,
            children=children,
            above=above,
            rows=np.concatenate([trees.count, trees.leaf_count]),
            value=trees.value,
            tops=np.where(trees.sizes > 0, first_split, first_leaf),
        )

    @property
    def n_splits(self) -> int:
        """How many nodes are splits; the leaves come after them."""
        return len(self.column)

    @property
    def mean(self) -> float:
        """Mean log-odds of all trees together over the training rows."""
        leaves = self.n_splits + np.arange(len(self.value))
        top = leaves
        while (self.above[top] >= 0).any():
            top = np.where(self.above[top] >= 0, self.above[top], top)
        return float(np.sum(self.rows[leaves] / self.rows[top] * self.value))

    def levels(self) -> list[IntArray]:
        """Return the splits by depth, the tops first."""
        found, level = [], self.tops[self.tops < self.n_splits]
        while len(level):
            found.append(level)
            below = self.children[:, level].ravel()
            level = below[below < self.n_splits]
        return found

    def inside(self) -> IntArray:
        """Return how many splits each node has from itself downwards, shape (n_nodes,)."""
        count = np.zeros(len(self.above), dtype=np.int64)
        for level in reversed(self.levels()):
            count[level] = 1 + count[self.children[:, level]].sum(axis=0)
        return count

    def places(self) -> IntArray:
        """Return the place of each node when trees are read from the top, left sides first."""
        nodes = 2 * self.inside() + 1
        place = np.zeros(len(self.above), dtype=np.int64)
        place[self.tops] = np.cumsum(nodes[self.tops]) - nodes[self.tops]
        for level in self.levels():
            left, right = self.children[:, level]
            place[left] = place[level] + 1
            place[right] = place[left] + nodes[left]
        return place

    def steps(self, nodes: IntArray) -> Steps:
        """Return the ways to some nodes; a top has none."""
        way, here = np.arange(len(nodes)), nodes
        found = [(way[:0], here[:0])]
        while len(here):
            below_split = self.above[here] >= 0
            way, here = way[below_split], here[below_split]
            found.append((way, here))
            here = self.above[here]
        ways, to = (np.concatenate(parts) for parts in zip(*reversed(found), strict=True))
        order = np.argsort(ways, kind="stable")
        to = to[order]
        split = self.above[to]
        return Steps(
            ways[order], split, self.children[0, split] == to, self.rows[to] / self.rows[split]
        )

    def parts(self, most: int) -> IntArray:
        """Return the node on top of the part that each node belongs to, shape (n_nodes,).

        A part is as large as it can be with at most so many conditions: one for each column asked
        on the way to it, and one for each split inside. A leaf that has more is a part alone; what
        lies above all parts has -1.
        """
        n_splits = self.n_splits
        steps = self.steps(np.arange(n_splits))
        again = np.zeros(n_splits, dtype=bool)
        again[steps.way[self.column[steps.split] == self.column[steps.way]]] = True
        asked = np.zeros(len(self.above), dtype=np.int64)
        levels = self.levels()
        for level in levels:
            asked[self.children[:, level]] = asked[level] + ~again[level]
        small = asked + self.inside() <= most
        small[n_splits:] = True
        top = np.full(len(self.above), -1, dtype=np.int64)
        top[self.tops] = np.where(small[self.tops], self.tops, -1)
        for level in levels:
            for below in self.children[:, level]:
                own = np.where(small[below], below, -1)
                top[below] = np.where(top[level] >= 0, top[level], own)
        return top
