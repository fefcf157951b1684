"""Exact SHAP values and log-odds of trees from tables of patterns: the project's own kernel.

LightGBM walks every tree again for every row. Here each small group of leaves gets a table once,
with what it adds to the values of its columns for each pattern of conditions that a row can hold;
a row then needs its pattern and one look-up a column.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ...features.arrays.array_types import BinArray, FloatArray, IntArray
from .kernels import Coding, Rows, Tables, add_log_odds, add_shares, encode, fill_tables
from .leaf_groups import Groups, Patterns

__all__ = ["conditions_for", "tree_log_odds", "tree_shap"]


# From so many rows on, filling larger tables pays.
FEW_ROWS = 4_000
# Rows a thread works on at a time: their codes and values stay in its cache.
BLOCK_ROWS = 4096
# Groups whose tables a thread fills at a time.
BLOCK_GROUPS = 256
# Entries of the tables that are there at a time (64 MB), so that memory does not grow with trees.
TABLE_ENTRIES = 1 << 23


def conditions_for(n_rows: int) -> int:
    """Return how many conditions a group should have at most for so many rows.

    Larger tables take longer to fill, and leave less to do for a row.

    Parameters
    ----------
    n_rows : int

    Returns
    -------
    int

    Examples
    --------
    >>> conditions_for(500), conditions_for(100_000)
    (8, 11)
    """
    return 8 if n_rows < FEW_ROWS else 11


def tree_shap(patterns: Patterns, matrix: FloatArray, *, n_jobs: int) -> FloatArray:
    """Return the path-dependent SHAP values of the sum of all trees.

    Parameters
    ----------
    patterns : Patterns
    matrix : ndarray of float, shape (n_rows, n_columns)
        NaN is missing.
    n_jobs : int
        Threads; the values do not depend on it.

    Returns
    -------
    ndarray of float, shape (n_rows, n_columns + 1)
        Log-odds of all members together; the last column is the base. Empty for no rows.

    Notes
    -----
    A column's value is its effect averaged over all orders in which columns can become known. The
    average is an integral of a polynomial (Owen 1972), to which half as many points as there are
    columns on the way to a leaf give the exact answer.

    References
    ----------
    S. M. Lundberg et al. (2020), "From local explanations to global understanding with explainable
    AI for trees", Nature Machine Intelligence 2 (path-dependent form). G. Owen (1972),
    "Multilinear extensions of games", Management Science 18.

    Examples
    --------
    >>> from churngrid.training.treeshap.leaf_groups import patterns_of
    >>> from churngrid.training.treeshap.lightgbm_trees import Splits, Trees
    >>> split = np.zeros(1, dtype=int)
    >>> asked = Splits(split, split, np.array([0.5]), [frozenset()])
    >>> tree = Trees(asked, split - 1, split - 2, split + 4, np.array([1.0, 3.0]),
    ...              np.array([1, 3]), split + 1)
    >>> tree_shap(patterns_of([tree], 1, most=8), np.array([[0.0], [1.0]]), n_jobs=1)
    array([[-1.5,  2.5],
           [ 0.5,  2.5]])
    """
    n_rows, n_columns = matrix.shape
    values = np.zeros((n_columns + 1, n_rows))
    values[-1] = patterns.base
    points = _points(patterns.groups)
    with ThreadPoolExecutor(max_workers=n_jobs) as pool:
        blocks = _Blocks(pool, n_jobs)
        rows = Rows(_codes(patterns, matrix, blocks), values)
        for tables in _tables(patterns, points, blocks):
            blocks(
                add_shares, patterns.groups, tables, points, rows, length=n_rows, most=BLOCK_ROWS
            )
    return values.T


def tree_log_odds(patterns: Patterns, matrix: FloatArray, *, n_jobs: int) -> FloatArray:
    """Return what each member says of each row, to the last bit as LightGBM does.

    Parameters
    ----------
    patterns : Patterns
    matrix : ndarray of float, shape (n_rows, n_columns)
        NaN is missing.
    n_jobs : int
        Threads; the values do not depend on it.

    Returns
    -------
    ndarray of float, shape (n_members, n_rows)
        Log-odds.

    Examples
    --------
    >>> from churngrid.training.treeshap.leaf_groups import patterns_of
    >>> from churngrid.training.treeshap.lightgbm_trees import Splits, Trees
    >>> split = np.zeros(1, dtype=int)
    >>> asked = Splits(split, split, np.array([0.5]), [frozenset()])
    >>> tree = Trees(asked, split - 1, split - 2, split + 4, np.array([1.0, 3.0]),
    ...              np.array([1, 3]), split + 1)
    >>> tree_log_odds(patterns_of([tree], 1, most=8), np.array([[0.0], [1.0]]), n_jobs=1)
    array([[1., 3.]])
    """
    total = np.zeros((len(patterns.first_group) - 1, len(matrix)))
    points = _points(patterns.groups)
    with ThreadPoolExecutor(max_workers=n_jobs) as pool:
        blocks = _Blocks(pool, n_jobs)
        rows = Rows(_codes(patterns, matrix, blocks), total)
        for tables in _tables(patterns, points, blocks):
            given = patterns.groups, tables, patterns.first_group, rows
            blocks(add_log_odds, *given, length=len(matrix), most=BLOCK_ROWS)
    return total


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Does work on a long row of things in pieces, several at the same time."""

    pool: ThreadPoolExecutor
    n_jobs: int

    def __call__(self, work: Callable[..., None], *given: object, length: int, most: int) -> None:
        size = max(1, min(most, -(-length // self.n_jobs)))
        pieces = ((low, min(low + size, length)) for low in range(0, length, size))
        for _ in self.pool.map(lambda piece: work(*given, *piece), pieces):
            pass


def _codes(patterns: Patterns, matrix: FloatArray, blocks: _Blocks) -> BinArray:
    codes = np.empty(matrix.shape[::-1], dtype=np.uint16)
    blocks(encode, matrix, _coding(patterns), codes, length=len(matrix), most=BLOCK_ROWS)
    return codes


def _tables(patterns: Patterns, points: FloatArray, blocks: _Blocks) -> Iterator[Tables]:
    """Yield the tables of all groups, as many at a time as there may be."""
    sizes = patterns.table_sizes
    ends, first = np.cumsum(sizes), 0
    while first < len(sizes):
        before = ends[first] - sizes[first]
        last = int(np.searchsorted(ends, before + TABLE_ENTRIES, side="right"))
        starts = _starts(sizes[first : max(last, first + 1)])
        tables = Tables(first, starts, np.zeros(starts[-1]))
        count = len(starts) - 1
        blocks(fill_tables, patterns.groups, tables, points, length=count, most=BLOCK_GROUPS)
        yield tables
        first = max(last, first + 1)


def _coding(patterns: Patterns) -> Coding:
    edges = [column.edges for column in patterns.columns]
    return Coding(
        edges=np.concatenate([*edges, np.empty(0)]),
        first=_starts(np.array([len(own) for own in edges], dtype=np.int64)),
        categorical=np.array([column.categorical for column in patterns.columns], dtype=np.bool_),
    )


def _points(groups: Groups) -> FloatArray:
    """Return places and weights at which polynomials are integrated from 0 to 1, by their number.

    So many points give degree 2 n - 1 exactly; a leaf with u columns needs degree u - 1.
    """
    most = (int(np.diff(groups.first_part).max(initial=1)) + 1) // 2
    found = np.zeros((most + 1, 2, most))
    for count in range(1, most + 1):
        places, weights = np.polynomial.legendre.leggauss(count)
        found[count, 0, :count] = (places + 1) / 2
        found[count, 1, :count] = weights / 2
    return found


def _starts(sizes: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
