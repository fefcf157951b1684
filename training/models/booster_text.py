"""The text of a booster, held against its grammar before LightGBM sees it.

LightGBM trusts its files: a count or an index that is wrong makes it read and write where it must
not, which ends the process. So every line of a stored booster has to be one that LightGBM writes,
with as many numbers as its tree needs, all of them in range, and the nodes of each tree have to
hang together.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from ...features.arrays.array_types import FloatArray, IntArray

__all__ = ["check_booster_text", "trees_alone"]

LARGEST_TEXT = 64_000_000
MOST_LEAVES = 4096
DEEPEST = 128
MOST_ROWS = 2_147_483_647
# Log-odds beyond this say nothing, and their sums could leave the range of numbers.
LARGEST_VALUE = 1e6

_CATEGORICAL = 1
_DECISIONS = (0, 2, 4, 6, 8, 10, 1, 5, 9)
"""What a split may ask: a number or, if odd, a category, with each way to treat what is missing."""

_INT = r"-?[0-9]{1,10}"
_FLOAT = r"-?[0-9]{1,25}(?:\.[0-9]{0,25})?(?:[eE][-+]?[0-9]{1,3})?"
_INTS = re.compile(rf"{_INT}(?: {_INT})*|")
_FLOATS = re.compile(rf"{_FLOAT}(?: {_FLOAT})*|")
# What lies below infinity is all that is not missing.
_LIMITS = re.compile(rf"(?:{_FLOAT}|-?inf)(?: (?:{_FLOAT}|-?inf))*|")
_RANGES = re.compile(
    rf"(?:none|\[{_FLOAT}:{_FLOAT}\]|{_INT}(?::{_INT})*)(?: (?:none|\[{_FLOAT}:"
    rf"{_FLOAT}\]|{_INT}(?::{_INT})*))*"
)
_NAMES = re.compile(r"[!-~]+(?: [!-~]+)*")
_TAIL = re.compile(
    r"end of trees\n\nfeature_importances:\n(?:[!-~]+=[0-9]{1,10}\n)*\n"
    r"parameters:\n(?:\[[a-z0-9_]+: [\w.,:+ -]*\]\n)*\nend of parameters\n\n"
    r"pandas_categorical:(?:null|\[\])\n?"
)

_NO_PARAMETERS = (
    "\nfeature_importances:\n\nparameters:\n\nend of parameters\n\npandas_categorical:null\n"
)

_HEAD = (
    ("tree", None),
    ("version", re.compile("v[34]")),
    ("num_class", re.compile("1")),
    ("num_tree_per_iteration", re.compile("1")),
    ("label_index", re.compile("0")),
    ("max_feature_idx", re.compile(_INT)),
    ("objective", re.compile("binary sigmoid:1")),
    ("feature_names", _NAMES),
    ("monotone_constraints", _INTS),
    ("feature_infos", _RANGES),
    ("tree_sizes", _INTS),
)
"""The lines before the first tree, in their order."""
_MAY_LACK = frozenset(["monotone_constraints"])

_SPLITS_INT = ("split_feature", "decision_type", "left_child", "right_child", "internal_count")
_SPLITS_FLOAT = ("split_gain", "internal_value", "internal_weight")
_TREE = (
    *("num_leaves", "num_cat", "split_feature", "split_gain", "threshold", "decision_type"),
    *("left_child", "right_child", "leaf_value", "leaf_weight", "leaf_count"),
    *("internal_value", "internal_weight", "internal_count"),
    *("cat_boundaries", "cat_threshold", "is_linear", "shrinkage"),
)
"""The lines of a tree, in their order; the two about categories are there if any split asks so."""
_OF_CATEGORIES = frozenset(["cat_boundaries", "cat_threshold"])


def check_booster_text(text: str, n_columns: int, categorical: AbstractSet[int]) -> None:
    """Refuse a text that is no booster of a probability.

    Parameters
    ----------
    text : str
        As ``lightgbm.Booster.model_to_string`` gives it.
    n_columns : int
        Columns that the model reads.
    categorical : set of int
        Which of them are categories, by position.

    Raises
    ------
    ValueError
        Naming the tree and the line that is wrong.

    Examples
    --------
    >>> check_booster_text("tree", 1, set())
    Traceback (most recent call last):
    ValueError: the text of a booster must begin with `version`, got nothing
    """
    if len(text) > LARGEST_TEXT or not text.isascii():
        raise ValueError(f"the text of a booster must be ASCII of at most {LARGEST_TEXT:,} bytes")
    head, start, _ = text.partition("\n\nTree=0\n")
    found = _head(head.split("\n"))
    _check_columns(found, n_columns)
    sizes = [] if not start else _ints(found["tree_sizes"])
    position = len(head) + 2
    for number, size in enumerate(sizes):
        tree = text[position : position + max(size, 0)]
        position += max(size, 0)
        try:
            _check_tree(tree, number, n_columns, categorical)
        except ValueError as error:
            raise ValueError(f"tree {number}: {error}") from None
    if not sizes or not _TAIL.fullmatch(text, position):
        raise ValueError("the trees of a booster must be as long as `tree_sizes` says")


def trees_alone(text: str) -> str:
    r"""Return a booster without the parameters it was trained with, of which none is needed.

    Parameters
    ----------
    text : str
        That has passed ``check_booster_text``.

    Returns
    -------
    str
        It predicts the same, whatever the parameters said.

    Examples
    --------
    >>> "learning_rate" in trees_alone("end of trees\n\nparameters:\n[learning_rate: 1]\n")
    False
    """
    trees, end, _ = text.partition("end of trees\n")
    return f"{trees}{end}{_NO_PARAMETERS}"


def _head(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    remaining = iter(lines)
    line = next(remaining)
    for key, form in _HEAD:
        name, _, value = line.partition("=")
        if name != key and key in _MAY_LACK:
            continue
        if name != key or (value if form is None else not form.fullmatch(value)):
            got = repr(line[:80]) if line else "nothing"
            raise ValueError(f"the text of a booster must begin with `{key}`, got {got}")
        found[key] = value
        line = next(remaining, "")
    if line:
        raise ValueError(f"the text of a booster has a line too many: {line[:80]!r}")
    return found


def _check_columns(head: Mapping[str, str], n_columns: int) -> None:
    names = head["feature_names"].split(" ")
    said = {
        "max_feature_idx": int(head["max_feature_idx"]) + 1,
        "feature_names": len(set(names)),
        "feature_infos": len(head["feature_infos"].split(" ")),
        "monotone_constraints": len(_ints(head.get("monotone_constraints", "0 " * n_columns))),
    }
    for key, count in said.items():
        if count != n_columns or len(names) != n_columns:
            raise ValueError(f"`{key}` must be of {n_columns} columns, got {count}")
    if not set(_ints(head.get("monotone_constraints", "0"))) <= {-1, 0, 1}:
        raise ValueError("`monotone_constraints` must be -1, 0 or 1")


def _check_tree(text: str, number: int, n_columns: int, categorical: AbstractSet[int]) -> None:
    lines = text.removesuffix("\n\n\n").split("\n")
    if lines[0] != f"Tree={number}" or not text.endswith("\n\n\n"):
        raise ValueError(f"it must begin with `Tree={number}` and end with an empty line")
    pairs = [line.partition("=")[::2] for line in lines[1:]]
    found = dict(pairs)
    # A tree without categories has no lines about them.
    expected = [name for name in _TREE if name in found or name not in _OF_CATEGORIES]
    if [name for name, _ in pairs] != expected:
        raise ValueError("its lines must be those that LightGBM writes, in their order")
    leaves, n_sets = _single(found, "num_leaves"), _single(found, "num_cat")
    if not 1 <= leaves <= MOST_LEAVES or not 0 <= n_sets < leaves:
        raise ValueError(f"it must have 1 to {MOST_LEAVES:,} leaves, got {leaves}")
    if found["is_linear"] != "0":
        raise ValueError("`is_linear` must be 0")
    _floats_of(found, "shrinkage", 1)
    leaf_count = _check_leaves(found, leaves)
    ints = {name: _ints_of(found, name, leaves - 1) for name in _SPLITS_INT}
    for name in _SPLITS_FLOAT:
        _floats_of(found, name, leaves - 1)
    threshold = _floats_of(found, "threshold", leaves - 1, form=_LIMITS)
    if leaves > 1:
        _check_splits(ints, n_columns)
        _check_sides(ints["left_child"], ints["right_child"])
        _check_rows(ints, leaf_count)
    _check_categories(found, ints, threshold, n_sets, categorical)


def _check_leaves(found: Mapping[str, str], leaves: int) -> IntArray:
    """Return the training rows of each leaf, after a look at their values."""
    values = _floats_of(found, "leaf_value", leaves)
    if np.abs(values).max() > LARGEST_VALUE:
        raise ValueError(f"`leaf_value` must lie within {LARGEST_VALUE:,.0f} around 0")
    if leaves == 1:
        # A leaf alone need not say how many rows it has.
        found = {**found, **{name: found[name] or "1" for name in ("leaf_weight", "leaf_count")}}
    _floats_of(found, "leaf_weight", leaves)
    rows = _ints_of(found, "leaf_count", leaves)
    if rows.min() < 1 or rows.max() > MOST_ROWS:
        raise ValueError(f"`leaf_count` must be 1 to {MOST_ROWS:,}")
    return rows


def _check_splits(ints: Mapping[str, IntArray], n_columns: int) -> None:
    column = ints["split_feature"]
    if column.min() < 0 or column.max() >= n_columns:
        raise ValueError(f"`split_feature` must be one of {n_columns} columns")
    if not np.isin(ints["decision_type"], _DECISIONS).all():
        raise ValueError("`decision_type` must be one that LightGBM knows")


def _check_sides(left: IntArray, right: IntArray) -> None:
    """Refuse sides that do not make one tree: each node below exactly one split, and after it."""
    splits = len(left)
    sides = np.concatenate([left, right])
    parents = np.tile(np.arange(splits), 2)
    below = np.sort(sides)
    wanted = np.concatenate([np.arange(-splits - 1, 0), np.arange(1, splits)])
    if not np.array_equal(below, wanted) or (sides[sides >= 0] <= parents[sides >= 0]).any():
        raise ValueError("`left_child` and `right_child` must lead to every node once")
    depth = np.zeros(splits, dtype=np.int64)
    for parent in range(splits):
        for side in (int(left[parent]), int(right[parent])):
            if side >= 0:
                depth[side] = depth[parent] + 1
    if depth.max() >= DEEPEST:
        raise ValueError(f"it must be at most {DEEPEST} splits deep")


def _check_rows(ints: Mapping[str, IntArray], leaf_count: IntArray) -> None:
    """Refuse a split through which other rows went than went to its two sides."""
    rows = np.concatenate([ints["internal_count"], leaf_count[::-1]])
    # A leaf is counted from the end: -1 is the first one.
    sides = rows[ints["left_child"]] + rows[ints["right_child"]]
    if not np.array_equal(ints["internal_count"], sides) or sides.max() > MOST_ROWS:
        raise ValueError("`internal_count` must be the rows of both sides together")


def _check_categories(
    found: Mapping[str, str],
    ints: Mapping[str, IntArray],
    threshold: FloatArray,
    n_sets: int,
    categorical: AbstractSet[int],
) -> None:
    asks = (ints["decision_type"] & _CATEGORICAL) > 0
    if not np.array_equal(asks, np.isin(ints["split_feature"], sorted(categorical))):
        raise ValueError("`decision_type` must ask columns of categories, and no others, for them")
    if int(asks.sum()) != n_sets or (n_sets > 0) != (found.keys() >= _OF_CATEGORIES):
        raise ValueError("`num_cat` must count the splits that ask for categories")
    if not n_sets:
        return
    if not np.array_equal(np.sort(threshold[asks]), np.arange(n_sets)):
        raise ValueError("`threshold` must name each set of categories once")
    edges = _ints_of(found, "cat_boundaries", n_sets + 1)
    words = _ints(found["cat_threshold"])
    if edges[0] != 0 or (np.diff(edges) < 1).any() or edges[-1] != len(words):
        raise ValueError("`cat_boundaries` must divide `cat_threshold`")
    if not all(0 <= word < 1 << 32 for word in words):
        raise ValueError("`cat_threshold` must be words of 32 bits")


def _single(found: Mapping[str, str], name: str) -> int:
    return int(_ints_of(found, name, 1)[0])


def _ints_of(found: Mapping[str, str], name: str, count: int) -> IntArray:
    values = _ints(found[name]) if _INTS.fullmatch(found[name]) else []
    if len(values) != count:
        raise ValueError(f"`{name}` must be {count} whole numbers")
    return np.array(values, dtype=np.int64)


def _floats_of(
    found: Mapping[str, str], name: str, count: int, *, form: re.Pattern[str] = _FLOATS
) -> FloatArray:
    fits = form.fullmatch(found[name]) is not None
    values = np.array(found[name].split() if fits else [], dtype=np.float64)
    # A number too large to be held reads as infinity.
    if len(values) != count or (form is _FLOATS and not np.isfinite(values).all()):
        raise ValueError(f"`{name}` must be {count} finite numbers")
    return values


def _ints(line: str) -> list[int]:
    return [int(number) for number in line.split()]
