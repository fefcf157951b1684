"""Numeric columns as linear models take them: raw or logarithm, clipped, in training spreads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...features.arrays.array_types import FloatArray, IntArray

__all__ = ["Pool", "Scale", "ScaledRows", "learn_pool", "scaled_rows"]


# Values beyond these quantiles of the training rows count as the quantile, so that one absurd
# number cannot carry a straight line to certainty.
CLIP = (0.005, 0.995)


@dataclass(frozen=True)
class Scale:
    """How one numeric column enters a linear model.

    Parameters
    ----------
    column : str
    log : bool
        Whether the value is taken as ``sign(x) * log(1 + |x|)`` first.
    low, high : float
        Values outside count as these (after the logarithm).
    centre, spread : float
        Mean and standard deviation of the training rows.
    missing_share : float
        Share of training rows without a value; they count as the mean plus a term of their own.
    """

    column: str
    log: bool
    low: float
    high: float
    centre: float
    spread: float
    missing_share: float

    def standardised(self, values: FloatArray) -> FloatArray:
        """Return values in training spreads from the training mean; 0 where missing."""
        scaled = np.clip(_logged(values) if self.log else values, self.low, self.high)
        return np.nan_to_num((scaled - self.centre) / self.spread, nan=0.0)


@dataclass(frozen=True)
class Pool:
    """The columns there are to choose from, as they are and as logarithms.

    Parameters
    ----------
    names : tuple of str
        Columns of the matrix, in order.
    scales : tuple of Scale
        None for a column that says nothing, one for a column of two values, else two.
    monotone : dict of str to int
        Declared direction: 1, -1 or 0.
    """

    names: tuple[str, ...]
    scales: tuple[Scale, ...]
    monotone: Mapping[str, int]

    @property
    def position(self) -> dict[str, int]:
        """Column of the matrix per name."""
        return {name: i for i, name in enumerate(self.names)}

    @cached_property
    def columns(self) -> dict[str, int]:
        """The different columns of the scales, and the place of each among them."""
        names = dict.fromkeys(scale.column for scale in self.scales)
        return {name: place for place, name in enumerate(names)}

    @cached_property
    def column_of(self) -> IntArray:
        """Place of each scale's column among ``columns``, shape (n_scales,)."""
        return np.array([self.columns[scale.column] for scale in self.scales], dtype=np.int64)

    @cached_property
    def signs(self) -> IntArray:
        """Declared direction of each scale's column, shape (n_scales,)."""
        signs = [self.monotone.get(scale.column, 0) for scale in self.scales]
        return np.array(signs, dtype=np.int64)


def learn_pool(names: Sequence[str], matrix: FloatArray, monotone: Mapping[str, int]) -> Pool:
    """Return what can be chosen from the columns of a training matrix.

    Parameters
    ----------
    names : sequence of str
    matrix : ndarray of float, shape (n_rows, n_names)
        NaN is missing; no infinity.
    monotone : dict of str to int
        May name other columns too.

    Returns
    -------
    Pool

    Examples
    --------
    >>> matrix = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]])
    >>> pool = learn_pool(["seats", "same"], matrix, {})
    >>> [(scale.column, scale.log) for scale in pool.scales]
    [('seats', False), ('seats', True)]
    """
    found = [scale for i, name in enumerate(names) for scale in _scales(name, matrix[:, i])]
    return Pool(tuple(names), tuple(found), dict(monotone))


def _scales(name: str, values: FloatArray) -> Iterator[Scale]:
    """Yield a column's scales; none where it says nothing: one value or none, never missing."""
    missing = float(np.mean(np.isnan(values)))
    seen = values[~np.isnan(values)]
    if len(seen) == 0 or (missing == 0 and np.ptp(seen) == 0):
        return
    yield from _scale(name, seen, missing, log=False)
    # Of two values the logarithm says the same, and which is taken would be left to rounding.
    if ((seen > seen.min()) & (seen < seen.max())).any():
        yield from _scale(name, _logged(seen), missing, log=True)


def _scale(name: str, seen: FloatArray, missing: float, *, log: bool) -> Iterator[Scale]:
    low, high = np.quantile(seen, CLIP)
    if low == high:
        low, high = seen.min(), seen.max()
    clipped = np.clip(seen, low, high)
    with np.errstate(over="ignore"):
        centre, spread = float(clipped.mean()), float(np.std(clipped))
    if spread <= 1e-12 * abs(centre):
        spread = 1.0
    if np.isfinite(spread):
        yield Scale(name, log, float(low), float(high), centre, spread, missing)


@dataclass(frozen=True)
class ScaledRows:
    """Rows as each scale of a pool sees them.

    Parameters
    ----------
    pool : Pool
    values : ndarray of float, shape (n_scales, n_rows)
        In training spreads from the training mean; 0 where missing.
    absent : ndarray of float, shape (n_columns of the scales, n_rows)
        1 where missing, else 0, minus the share that was missing in training.
    """

    pool: Pool
    values: FloatArray
    absent: FloatArray

    def design(self, chosen: Sequence[int]) -> FloatArray:
        """Return ones, then value and absence of each chosen scale, shape (n_rows, 1 + 2 k)."""
        column = self.pool.column_of
        parts = [row for i in chosen for row in (self.values[i], self.absent[column[i]])]
        return np.column_stack([np.ones(self.values.shape[1]), *parts])


def scaled_rows(pool: Pool, matrix: FloatArray) -> ScaledRows:
    """Return the rows of a matrix as the scales of a pool see them.

    Parameters
    ----------
    pool : Pool
    matrix : ndarray of float, shape (n_rows, n_columns)
        NaN is missing.

    Returns
    -------
    ScaledRows

    Examples
    --------
    >>> matrix = np.array([[1.0], [3.0], [np.nan]])
    >>> rows = scaled_rows(learn_pool(["seats"], matrix, {}), matrix)
    >>> rows.absent[0].round(2)
    array([-0.33, -0.33,  0.67])
    """
    position, column_of = pool.position, pool.column_of
    values = np.empty((len(pool.scales), len(matrix)))
    absent = np.empty((len(pool.columns), len(matrix)))
    for i, scale in enumerate(pool.scales):
        column = matrix[:, position[scale.column]]
        values[i] = scale.standardised(column)
        absent[column_of[i]] = np.isnan(column) - scale.missing_share
    return ScaledRows(pool, values, absent)


def _logged(values: FloatArray) -> FloatArray:
    return np.sign(values) * np.log1p(np.abs(values))
