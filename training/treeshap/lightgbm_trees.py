"""Trees as LightGBM writes them down, and the codes under which they tell values of a column apart.

A tree asks a value nothing but on which side of its splits it lies. So a column is known by a code:
between which two thresholds a value is, or which category it is, or that it is missing. What a
split sends to the left is then a set of codes, and so is what reaches a leaf.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray

__all__ = ["ZERO", "Column", "Splits", "Trees", "columns_of", "read_trees"]


ZERO = float(np.float32(1e-35))
"""LightGBM takes numbers as near to zero as this for zero, in whatever they are asked."""

# Codes are stored in two bytes at most.
MOST_CODES = 1 << 16

_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_NONE, _ZERO_IS_MISSING, _NAN_IS_MISSING = 0, 1, 2

_LINES: dict[str, tuple[str, npt.DTypeLike]] = {
    "column": ("split_feature", np.int64),
    "decision": ("decision_type", np.int64),
    "threshold": ("threshold", np.float64),
    "left": ("left_child", np.int64),
    "right": ("right_child", np.int64),
    "count": ("internal_count", np.int64),
    "value": ("leaf_value", np.float64),
    "leaf_count": ("leaf_count", np.int64),
}
"""The line that says each field of a tree, and what its numbers are."""

_NAMES = (*(name for name, _ in _LINES.values()), "num_cat", "cat_boundaries", "cat_threshold")
_LINE = re.compile(rf"^({'|'.join((*_NAMES, 'is_linear'))})=(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Splits:
    """What splits ask.

    Parameters
    ----------
    column, decision : ndarray of int, shape (n_splits,)
        Column asked, and LightGBM's bits for the kind of question.
    threshold : ndarray of float, shape (n_splits,)
    categories : sequence of (frozenset of int), length n_splits
        Categories that go left; empty for questions about numbers.
    """

    column: IntArray
    decision: IntArray
    threshold: FloatArray
    categories: Sequence[frozenset[int]]

    def at(self, places: IntArray) -> "Splits":
        """Return some of the splits."""
        return Splits(
            self.column[places],
            self.decision[places],
            self.threshold[places],
            [self.categories[place] for place in places.tolist()],
        )

    @property
    def categorical(self) -> BoolArray:
        """Which of them ask for categories, shape (n_splits,)."""
        return np.asarray((self.decision & _CATEGORICAL) > 0, dtype=bool)

    @property
    def without_zero(self) -> BoolArray:
        """Which of them take zero for missing, shape (n_splits,)."""
        zero = self.decision >> 2 == _ZERO_IS_MISSING
        return np.asarray(zero & ~self.categorical, dtype=bool)


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees, one after the other; a child below 0 is the leaf ``-child - 1`` of its tree.

    Parameters
    ----------
    splits : Splits
        Of all trees.
    left, right, count : ndarray of int, shape (n_splits,)
        Children, counted in the tree, and training rows.
    value : ndarray of float, shape (n_leaves,)
        Log-odds of the leaves of all trees.
    leaf_count : ndarray of int, shape (n_leaves,)
        Their training rows.
    sizes : ndarray of int, shape (n_trees,)
        Splits of each tree; it has one leaf more.
    """

    splits: Splits
    left: IntArray
    right: IntArray
    count: IntArray
    value: FloatArray
    leaf_count: IntArray
    sizes: IntArray

    @classmethod
    def joined(cls, parts: Sequence["Trees"]) -> "Trees":
        """Return the trees of several, at least one, one after the other."""
        asked = [part.splits for part in parts]
        splits = Splits(
            np.concatenate([own.column for own in asked]),
            np.concatenate([own.decision for own in asked]),
            np.concatenate([own.threshold for own in asked]),
            [categories for own in asked for categories in own.categories],
        )
        others = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("left", "right", "count", "value", "leaf_count", "sizes")
        )
        return cls(splits, *others)


def read_trees(text: str) -> Trees:
    """Read the trees of a booster's text.

    Parameters
    ----------
    text : str
        As ``lightgbm.Booster.model_to_string`` gives it.

    Returns
    -------
    Trees
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
    >>> trees = read_trees(booster.model_to_string())
    >>> trees.sizes.tolist(), trees.count.tolist(), len(trees.value)
    ([1], [100], 2)
    """
    header = text.split("\nTree=", 1)[0]
    if "num_tree_per_iteration=1\n" not in header or "\naverage_output\n" in header:
        raise ValueError(
            "`text` must be of a booster with one output whose trees add up; "
            "use LightGBM's own `pred_contrib` for others."
        )
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for name, line in _LINE.findall(text):
        lines[name].append(line)
    if any(linear != "0" for linear in lines["is_linear"]):
        raise ValueError("`text` has linear functions in its leaves; use `pred_contrib` for them.")
    # A leaf alone may not say how many rows it has: all of them.
    lines["leaf_count"] = [line or "1" for line in lines["leaf_count"]]
    found = {field: _numbers(lines[name], kind) for field, (name, kind) in _LINES.items()}
    sizes = np.array([_length(line) for line in lines["split_feature"]], dtype=np.int64)
    leaves = [_length(line) for line in lines["leaf_count"]]
    if (
        leaves != (sizes + 1).tolist()
        or len(found["count"]) != sizes.sum()
        or (found["count"] < 1).any()
    ):
        raise ValueError("`text` does not say how many rows reach each split; train it again.")
    column, decision, threshold = (found.pop(name) for name in ("column", "decision", "threshold"))
    categories = _categories(lines, sizes, decision, threshold)
    return Trees(Splits(column, decision, threshold, categories), **found, sizes=sizes)


def _numbers(lines: Sequence[str], kind: npt.DTypeLike) -> npt.NDArray[Any]:
    return np.fromstring(" ".join(lines), dtype=kind, sep=" ")


def _length(line: str) -> int:
    return line.count(" ") + 1 if line else 0


def _categories(
    lines: Mapping[str, Sequence[str]], sizes: IntArray, decision: IntArray, threshold: FloatArray
) -> list[frozenset[int]]:
    """Return the categories that each split sends left, tree by tree."""
    found = [frozenset[int]()] * len(decision)
    sets = zip(lines["cat_boundaries"], lines["cat_threshold"], strict=True)
    ends = np.cumsum(sizes).tolist()
    for count, start, end in zip(lines["num_cat"], [0, *ends], ends, strict=False):
        if count != "0":
            edges, words = ([int(number) for number in line.split()] for line in next(sets))
            for split in range(start, end):
                if decision[split] & _CATEGORICAL:
                    place = int(threshold[split])
                    found[split] = _members(words[edges[place] : edges[place + 1]])
    return found


def _members(words: Sequence[int]) -> frozenset[int]:
    """Return the members of a set that LightGBM keeps as bits of words."""
    bits = sum(word << (32 * number) for number, word in enumerate(words))
    return frozenset(bit for bit in range(bits.bit_length()) if bits >> bit & 1)


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

    def sent_left(self, splits: Splits) -> BoolArray:
        """Return which codes are sent left.

        Parameters
        ----------
        splits : Splits
            On this column.

        Returns
        -------
        ndarray of bool, shape (n_splits, n_codes)
        """
        if self.categorical:
            left = np.zeros((len(splits.column), self.n_codes), dtype=bool)
            for own, categories in zip(left, splits.categories, strict=True):
                own[np.searchsorted(self.edges, list(categories))] = True
            return left
        place = np.searchsorted(self.edges, splits.threshold)
        left = np.arange(self.n_codes) <= place[:, None]
        by_default = (splits.decision & _DEFAULT_LEFT) > 0
        missing_is_zero = splits.decision >> 2 == _NONE
        left[:, -1] = np.where(missing_is_zero, splits.threshold >= 0.0, by_default)
        without = splits.without_zero
        left[without, np.searchsorted(self.edges, 0.0)] = by_default[without]
        return left


def columns_of(splits: Splits, n_columns: int) -> list[Column]:
    """Return how each column of a matrix is coded for the splits of some trees.

    Parameters
    ----------
    splits : Splits
    n_columns : int

    Returns
    -------
    list of Column
        One for each column of the matrix, without edges where no split asks for it.

    Raises
    ------
    ValueError
        If a column is a number to one split and a category to another, or is told apart too finely.
    """
    kinds = np.zeros((n_columns, 2), dtype=bool)
    kinds[splits.column, splits.categorical.astype(int)] = True
    if kinds.all(axis=1).any():
        mixed = np.flatnonzero(kinds.all(axis=1))[0]
        raise ValueError(f"`splits` take column {mixed} for a number and for a category.")
    found = [
        Column(_edges(splits.at(np.flatnonzero(splits.column == column))), categorical)
        for column, categorical in enumerate(kinds[:, 1].tolist())
    ]
    if max((column.n_codes for column in found), default=0) > MOST_CODES:
        raise ValueError(f"`splits` must tell apart at most {MOST_CODES:,} values of a column.")
    return found


def _edges(splits: Splits) -> FloatArray:
    """Return the thresholds or categories that splits on one column ask for."""
    if splits.categorical.any():
        return np.array(sorted(frozenset().union(*splits.categories)), dtype=float)
    zero = [np.nextafter(0.0, -1.0), 0.0] if splits.without_zero.any() else []
    return np.unique(np.append(splits.threshold, zero))
