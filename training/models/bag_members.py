"""The fitted boosters of a bag, asked together: by the project's own kernel or by LightGBM."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

import lightgbm as lgb
import numpy as np

from ...features.arrays.array_types import FloatArray
from ..treeshap.leaf_groups import Patterns, patterns_of
from ..treeshap.lightgbm_trees import read_trees
from ..treeshap.shap_values import conditions_for, tree_log_odds, tree_shap
from .booster_text import trees_alone

__all__ = ["PREDICT_ROWS", "Members", "at_once"]


Item = TypeVar("Item")
Result = TypeVar("Result")

# With fewer rows LightGBM answers within half a second: loading the kernel and laying out the trees
# would not pay.
EXPLAIN_ROWS = 500
PREDICT_ROWS = 5_000
# Rows that LightGBM explains at a time, so that memory does not grow with members times rows.
BLOCK_ROWS = 20_000


class Members(list[lgb.Booster]):
    """Boosters that are one model: the mean of their log-odds.

    Many rows go to the project's own kernel, few to LightGBM, as do trees that the kernel refuses:
    linear leaves, several outputs, a column that is a number to one member and a category to
    another. Log-odds are the same to the last bit, contributions to 1e-12 or so. The layout for
    the kernel is made once and kept.

    Parameters
    ----------
    boosters : iterable of lightgbm.Booster
        At least one; not to be changed afterwards.

    Examples
    --------
    >>> X = np.arange(100.0).reshape(-1, 1)
    >>> fitted = lgb.train({"verbosity": -1, "num_leaves": 2}, lgb.Dataset(X, X[:, 0]), 1)
    >>> members = Members([fitted])
    >>> shares = members.contributions(X, n_jobs=1)
    >>> bool(np.allclose(shares.sum(axis=1), members.log_odds(X, n_jobs=1)))
    True
    """

    def __init__(self, boosters: Iterable[lgb.Booster] = ()) -> None:
        super().__init__(boosters)
        self._layouts: dict[tuple[int, int], Patterns | None] = {}

    @classmethod
    def stored(cls, texts: Sequence[str]) -> "Members":
        """Return the boosters of some texts, which have passed ``check_booster_text``.

        Parameters
        ----------
        texts : sequence of str
            As ``texts`` gives them.

        Returns
        -------
        Members
        """
        members = cls(lgb.Booster(model_str=trees_alone(text)) for text in texts)
        # As they were stored: the parameters belong to what is kept, not to what predicts.
        members.texts = tuple(texts)
        return members

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).stored, (self.texts,)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The boosters as LightGBM writes them down; that takes a while, so it is done once."""
        return tuple(booster.model_to_string() for booster in self)

    def log_odds(self, matrix: FloatArray, *, n_jobs: int) -> FloatArray:
        """Return the members' mean log-odds.

        Parameters
        ----------
        matrix : ndarray of float, shape (n_rows, n_columns)
            At least one row; NaN is missing.
        n_jobs : int
            Threads; the result does not depend on it.

        Returns
        -------
        ndarray of float, shape (n_rows,)
        """
        patterns = self._patterns(matrix) if len(matrix) >= PREDICT_ROWS else None
        if patterns is not None:
            return _mean(iter(tree_log_odds(patterns, matrix, n_jobs=n_jobs)), len(self))

        def predicted(booster: lgb.Booster) -> FloatArray:
            return np.asarray(booster.predict(matrix, raw_score=True, num_threads=1))

        return _mean(at_once(predicted, self, n_jobs), len(self))

    def contributions(self, matrix: FloatArray, *, n_jobs: int) -> FloatArray:
        """Return the members' mean path-dependent SHAP values.

        Parameters
        ----------
        matrix : ndarray of float, shape (n_rows, n_columns)
            At least one row; NaN is missing.
        n_jobs : int
            Threads; the result does not depend on it.

        Returns
        -------
        ndarray of float, shape (n_rows, n_columns + 1)
            The base last; rows sum to the log-odds.
        """
        patterns = self._patterns(matrix) if len(matrix) >= EXPLAIN_ROWS else None
        if patterns is not None:
            return tree_shap(patterns, matrix, n_jobs=n_jobs) / len(self)
        return self._asked_of_lightgbm(matrix, n_jobs)

    def _patterns(self, matrix: FloatArray) -> Patterns | None:
        """Return all members for the kernel; None for trees that only LightGBM explains."""
        n_rows, n_columns = matrix.shape
        wanted = n_columns, conditions_for(n_rows)
        if wanted not in self._layouts:
            self._layouts[wanted] = self._laid_out(*wanted)
        return self._layouts[wanted]

    def _laid_out(self, n_columns: int, most: int) -> Patterns | None:
        try:
            return patterns_of([read_trees(text) for text in self.texts], n_columns, most=most)
        except ValueError:
            return None

    def _asked_of_lightgbm(self, matrix: FloatArray, n_jobs: int) -> FloatArray:
        out = np.empty((matrix.shape[0], matrix.shape[1] + 1))
        for start in range(0, len(matrix), BLOCK_ROWS):
            block = matrix[start : start + BLOCK_ROWS]

            def explained(booster: lgb.Booster, rows: FloatArray = block) -> FloatArray:
                return np.asarray(booster.predict(rows, pred_contrib=True, num_threads=1))

            shares = at_once(explained, self, n_jobs)
            out[start : start + BLOCK_ROWS] = _mean(shares, len(self))
        return out


def at_once(work: Callable[[Item], Result], items: Sequence[Item], n_jobs: int) -> Iterator[Result]:
    """Yield the results of work on some items, in their order.

    Parameters
    ----------
    work : callable
    items : sequence
    n_jobs : int
        Items worked on at the same time.

    Yields
    ------
    object
        What ``work`` returns.

    Notes
    -----
    LightGBM releases the interpreter while it works. Its own threads are not used: they wait for
    each other after every split, which on a busy machine takes many times longer than one thread.

    Examples
    --------
    >>> list(at_once(len, ["a", "bcd"], 2))
    [1, 3]
    """
    with ThreadPoolExecutor(max_workers=n_jobs) as pool:
        yield from pool.map(work, items)


def _mean(arrays: Iterator[FloatArray], count: int) -> FloatArray:
    total = next(arrays)
    for array in arrays:
        total = total + array
    return total / count
