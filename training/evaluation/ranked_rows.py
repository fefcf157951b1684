"""Rows summed up by probability: all that can be known of how good the probabilities are.

Rows of equal probability cannot be told apart by a model, so every figure depends on nothing but
the weight with and without the outcome at each different probability. Resamples of accounts change
these weights and nothing else: rows are checked and sorted once for all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from .account_draws import account_draws

__all__ = ["Levels", "RankedRows", "Weights", "checked_rows", "levels_of", "ranked"]


Weights = npt.ArrayLike | None

# Rows times resamples at a time: what fits into the processor's cache is worked on fastest.
BLOCK_CELLS = 60_000


@dataclass(frozen=True)
class Levels:
    """Weights of one or several resamples of the same rows, at each different probability.

    Parameters
    ----------
    p : ndarray of float, shape (n_levels,)
        The different probabilities, lowest first.
    hit, miss : ndarray of float, shape (n_resamples, n_levels)
        Weight of the rows with and without the outcome.
    """

    p: FloatArray
    hit: FloatArray
    miss: FloatArray

    @cached_property
    def weight(self) -> FloatArray:
        """Weight of all rows at each level, shape (n_resamples, n_levels)."""
        return self.hit + self.miss

    @cached_property
    def reached(self) -> FloatArray:
        """Weight of all rows at each level and below it, shape (n_resamples, n_levels)."""
        return np.cumsum(self.weight, axis=1)

    def only(self, wanted: npt.NDArray[np.bool_]) -> "Levels":
        """Return some of the resamples; ``wanted`` has one entry each."""
        return self if wanted.all() else Levels(self.p, self.hit[wanted], self.miss[wanted])


@dataclass(frozen=True)
class RankedRows:
    """Checked rows in the order of their probability.

    Parameters
    ----------
    y : ndarray of float, shape (n_rows,)
        0 or 1.
    p : ndarray of float, shape (n_levels,)
        The different probabilities, lowest first.
    starts : ndarray of int, shape (n_levels,)
        First row of each level.
    account : ndarray of int, shape (n_rows,)
        Codes from 0 on.
    weight : ndarray of float, shape (n_rows,)
        What each row counts.
    """

    y: FloatArray
    p: FloatArray
    starts: IntArray
    account: IntArray
    weight: FloatArray

    @property
    def n_accounts(self) -> int:
        """How many different accounts there are."""
        return int(self.account.max()) + 1

    @cached_property
    def whole(self) -> Levels:
        """The rows as they are, as one resample."""
        return self.levels(self.weight[None, :])

    def levels(self, weight: FloatArray) -> Levels:
        """Return the levels of rows so weighted.

        Parameters
        ----------
        weight : ndarray of float, shape (n_resamples, n_rows)
            Not negative.

        Returns
        -------
        Levels
        """
        hit = np.add.reduceat(weight * self.y, self.starts, axis=1)
        return Levels(self.p, hit, np.add.reduceat(weight * (1 - self.y), self.starts, axis=1))

    def resampled(self, *, seed: int, n_boot: int) -> Iterator[Levels]:
        """Yield resamples of whole accounts, some at a time.

        Parameters
        ----------
        seed : int
            The same one draws the same accounts, whatever their probabilities.
        n_boot : int
            Resamples in all.

        Yields
        ------
        Levels
        """
        at_once = max(1, BLOCK_CELLS // len(self.y))
        draws = account_draws(self.n_accounts, n_boot, seed=seed)
        while drawn := list(islice(draws, at_once)):
            yield self.levels(np.array(drawn, dtype=np.float64)[:, self.account] * self.weight)


def ranked(
    y: npt.ArrayLike,
    p: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    weight: Weights = None,
) -> RankedRows:
    """Return rows in the order of their probability.

    Parameters
    ----------
    y, p : arrays of shape (n,)
        Labels and probabilities.
    groups : array of shape (n,), optional
        Account of each row; every row its own by default.
    weight : array of shape (n,), optional
        What each row counts; 1 each by default.

    Returns
    -------
    RankedRows

    Raises
    ------
    ValueError
        If lengths differ, and as in ``checked_rows``.

    Examples
    --------
    >>> rows = ranked([1, 0, 0], [0.5, 0.1, 0.5], ["a", "a", "b"])
    >>> rows.p, rows.starts, rows.account
    (array([0.1, 0.5]), array([0, 1]), array([0, 0, 1]))
    """
    labels, chance, weights = checked_rows(y, p, weight)
    accounts = np.arange(len(labels)) if groups is None else np.asarray(groups)
    if accounts.shape != labels.shape:
        raise ValueError(
            f"`groups` must have one entry per row, {len(labels)} in all, got shape "
            f"{accounts.shape!r}."
        )
    order = np.argsort(chance, kind="stable")
    levels, starts = np.unique(chance[order], return_index=True)
    code = pd.factorize(accounts, sort=True, use_na_sentinel=False)[0]
    return RankedRows(labels[order], levels, starts, code[order], weights[order])


def levels_of(y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None) -> Levels:
    """Return the levels of rows as one resample.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        Labels, probabilities and weights of the rows.

    Returns
    -------
    Levels

    Raises
    ------
    ValueError
        As in ``checked_rows``.

    Examples
    --------
    >>> levels_of([1, 0, 0], [0.5, 0.1, 0.5]).miss
    array([[1., 1.]])
    """
    return ranked(y, p, weight=weight).whole


def checked_rows(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return labels, probabilities and weights as flat arrays of equal length.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1.
    p : array of shape (n,)
        Between 0 and 1.
    weight : array of shape (n,), optional
        1 each by default.

    Returns
    -------
    tuple of ndarray of float

    Raises
    ------
    ValueError
        If there is no row of positive weight, shapes differ, or values are out of range.

    Examples
    --------
    >>> checked_rows([1], [0.5], None)
    (array([1.]), array([0.5]), array([1.]))
    """
    labels, probabilities = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    weights = np.ones(len(labels)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not labels.shape == probabilities.shape == weights.shape or labels.ndim != 1:
        raise ValueError(
            "`y`, `p` and `weight` must be flat and of equal length, got shapes "
            f"{labels.shape!r}, {probabilities.shape!r} and {weights.shape!r}."
        )
    if len(labels) == 0 or weights.sum() <= 0:
        raise ValueError("`y` must hold at least one row of positive weight, got none.")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("`p` must lie between 0 and 1 in every row; drop rows without one.")
    if not ((labels == 0) | (labels == 1)).all():
        raise ValueError("`y` must be 0 or 1 in every row; drop rows without a label.")
    return labels, probabilities, weights
