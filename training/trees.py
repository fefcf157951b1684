"""Trees as LightGBM writes them down, and the codes under which they tell values of a column apart.

A tree asks a value nothing but on which side of its splits it lies. So a column is known by a code:
between which two thresholds a value is, or which category it is, or that it is missing. What a
split sends to the left is then a set of codes, and so is what reaches a leaf.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

__all__ = ["ZERO", "Column", "Tree", "columns_of", "read_trees"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

ZERO = float(np.float32(1e-35))
"""LightGBM takes numbers as near to zero as this for zero, in whatever they are asked."""

# Codes are stored in two bytes at most.
MOST_CODES = 1 << 16

_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_NONE, _ZERO_IS_MISSING, _NAN_IS_MISSING = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree; a child below 0 is the leaf ``-child - 1``.

    Parameters
    ----------
    column, decision, left, right, count : ndarray of int, shape (n_splits,)
        Column asked, LightGBM's bits for the kind of question, children, training rows.
    threshold : ndarray of float, shape (n_splits,)
    categories : tuple of (frozenset of int), length n_splits
        Categories that go left; empty for questions about numbers.
    value : ndarray of float, shape (n_splits + 1,)
        Log-odds of the leaves.
    leaf_count : ndarray of int, shape (n_splits + 1,)
        Their training rows.
    """

    column: IntArray
    decision: IntArray
    left: IntArray
    right: IntArray
    count: IntArray
    threshold: FloatArray
    categories: tuple[frozenset[int], ...]
    value: FloatArray
    leaf_count: IntArray

    def rows_in(self, node: int) -> int:
        """Return how many training rows reach a split or a leaf."""
        return int(self.count[node] if node >= 0 else self.leaf_count[-node - 1])

    @property
    def mean(self) -> float:
        """Mean log-odds over the training rows."""
        if not len(self.column):
            return float(self.value[0])
        return float(np.sum(self.leaf_count / self.count[0] * self.value))


def read_trees(text: str) -> list[Tree]:
    """Read the trees of a booster's text.

    Parameters
    ----------
    text : str
        As ``lightgbm.Booster.model_to_string`` gives it.

    Returns
    -------
    list of Tree
        In their order; their log-odds add up.

    Raises
    ------
    ValueError
        If the booster has several outputs, averages its trees or has linear functions in its
        leaves, or if a tree does not say how many rows it was trained on.

    Examples
    --------
    >>> import lightgbm as lgb
    >>> X = np.arange(100.0).reshape(-1, 1)
    >>> booster = lgb.train({"verbosity": -1, "num_leaves": 2}, lgb.Dataset(X, X[:, 0]), 1)
    >>> [(tree.rows_in(0), len(tree.value)) for tree in read_trees(booster.model_to_string())]
    [(100, 2)]
    """
    header, *sections = text.split("\nTree=")
    if "num_tree_per_iteration=1\n" not in header or "\naverage_output\n" in header:
        raise ValueError(
            "`text` must be of a booster with one output whose trees add up; "
            "use LightGBM's own `pred_contrib` for others."
        )
    return [_tree(_fields(section.split("\n\n", 1)[0])) for section in sections]


def _fields(section: str) -> dict[str, str]:
    lines = (line.partition("=") for line in section.splitlines()[1:])
    return {name: value for name, _, value in lines}


def _tree(fields: dict[str, str]) -> Tree:
    def whole(name: str) -> IntArray:
        return np.array(fields.get(name, "").split(), dtype=np.int64)

    def real(name: str) -> FloatArray:
        return np.array(fields.get(name, "").split(), dtype=np.float64)

    if fields.get("is_linear", "0") != "0":
        raise ValueError("`text` has linear functions in its leaves; use `pred_contrib` for them.")
    tree = Tree(
        column=whole("split_feature"),
        decision=whole("decision_type"),
        left=whole("left_child"),
        right=whole("right_child"),
        count=whole("internal_count"),
        threshold=real("threshold"),
        categories=tuple(_categories(fields, whole("decision_type"), real("threshold"))),
        value=real("leaf_value"),
        leaf_count=whole("leaf_count"),
    )
    if len(tree.column) and (len(tree.leaf_count) != len(tree.value) or tree.count.min() < 1):
        raise ValueError("`text` does not say how many rows reach each split; train it again.")
    return tree


def _categories(
    fields: dict[str, str], decision: IntArray, threshold: FloatArray
) -> Iterator[frozenset[int]]:
    """Yield the categories that each split sends left; LightGBM keeps them as bits of words."""
    if fields.get("num_cat", "0") == "0":
        yield from repeat(frozenset[int](), len(decision))
        return
    edges = [int(edge) for edge in fields.get("cat_boundaries", "").split()]
    words = [int(word) for word in fields.get("cat_threshold", "").split()]
    for kind, place in zip(decision.tolist(), threshold.tolist(), strict=True):
        own = words[edges[int(place)] : edges[int(place) + 1]] if kind & _CATEGORICAL else []
        bits = sum(word << (32 * number) for number, word in enumerate(own))
        yield frozenset(bit for bit in range(bits.bit_length()) if bits >> bit & 1)


@dataclass(frozen=True, slots=True)
class Column:
    """How values of one column become codes.

    The code of a number is how many edges lie below it, that of a missing one comes after; the
    code of a category is its place among the edges, that of any other comes after.

    Parameters
    ----------
    edges : ndarray of float, shape (n_edges,)
        Ascending thresholds, or categories.
    categorical : bool
    """

    edges: FloatArray
    categorical: bool

    @property
    def n_codes(self) -> int:
        """How many different codes there are; the last one is for what is missing."""
        return len(self.edges) + (1 if self.categorical else 2)

    @property
    def every(self) -> int:
        """The set of all codes, as the bits of a number."""
        return (1 << self.n_codes) - 1

    def left_of(self, tree: Tree, split: int) -> int:
        """Return the set of codes that a split sends left, as the bits of a number."""
        if self.categorical:
            return sum(1 << bisect_left(self.edges, code) for code in tree.categories[split])
        threshold, kind = float(tree.threshold[split]), int(tree.decision[split])
        left = (2 << bisect_left(self.edges, threshold)) - 1
        missing, defaults = 1 << (self.n_codes - 1), bool(kind & _DEFAULT_LEFT)
        if kind >> 2 == _NAN_IS_MISSING:
            return left | missing if defaults else left
        if kind >> 2 == _NONE:
            return left | missing if threshold >= 0.0 else left
        absent = missing | 1 << bisect_left(self.edges, 0.0)
        return left | absent if defaults else left & ~absent


def columns_of(trees: Sequence[Tree], n_columns: int) -> list[Column]:
    """Return how each column of a matrix is coded for some trees.

    Parameters
    ----------
    trees : sequence of Tree
    n_columns : int

    Returns
    -------
    list of Column
        One for each column of the matrix, without edges where no tree asks for it.

    Raises
    ------
    ValueError
        If a column is a number to one tree and a category to another, or is told apart too finely.
    """
    edges: dict[int, set[float]] = defaultdict(set)
    kinds: dict[int, set[bool]] = defaultdict(set)
    for tree in trees:
        asked = zip(tree.column, tree.decision, tree.threshold, tree.categories, strict=True)
        for column, kind, threshold, categories in asked:
            kinds[column].add(bool(kind & _CATEGORICAL))
            edges[column].update(categories if kind & _CATEGORICAL else [threshold])
            if kind >> 2 == _ZERO_IS_MISSING and not kind & _CATEGORICAL:
                edges[column].update([np.nextafter(0.0, -1.0), 0.0])
    mixed = [column for column, found in kinds.items() if len(found) > 1]
    if mixed:
        raise ValueError(f"`trees` take column {mixed[0]} for a number and for a category.")
    found = [
        Column(np.array(sorted(edges[i]), dtype=float), kinds[i] == {True})
        for i in range(n_columns)
    ]
    if max((column.n_codes for column in found), default=0) > MOST_CODES:
        raise ValueError(f"`trees` must tell apart at most {MOST_CODES:,} values of a column.")
    return found
