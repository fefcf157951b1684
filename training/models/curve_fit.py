"""Penalised fit of curves to labels: all columns together, and none against its direction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import minimize

from ...features.arrays.array_types import FloatArray
from ..dataset.row_order import TrainingRows
from .calibration import logit, sigmoid
from .curves import Curve, Curves
from .unknown_cells import LEAST_GAPS

__all__ = ["ColumnKinds", "fit_curves"]

QUANTILES = (0.01, 0.5, 0.99)
"""Quantiles of the training rows between which a curve is straight."""

_STEPS = {"maxiter": 200, "ftol": 1e-6, "gtol": 1e-4, "maxcor": 20}


@dataclass(frozen=True)
class ColumnKinds:
    """What is declared of the columns of a matrix.

    Parameters
    ----------
    signs : tuple of int
        Per column: 1 never falls, -1 never rises, 0 is free.
    categorical : frozenset of int
        Columns that are codes of levels.
    """

    signs: tuple[int, ...]
    categorical: frozenset[int]


@dataclass(frozen=True)
class _Piece:
    """One part of a column's curve.

    Parameters
    ----------
    column : int
    start, end : float
        Where it rises from 0 to 1; equal for a level, NaN for what a missing value adds.
    sign : int
    """

    column: int
    start: float
    end: float
    sign: int

    @property
    def of_missing(self) -> bool:
        return bool(np.isnan(self.start))

    def of(self, matrix: FloatArray) -> FloatArray:
        """Return the piece of every row; NaN where the value is missing."""
        values = matrix[:, self.column]
        if self.of_missing:
            return np.isnan(values).astype(np.float64)
        if self.start == self.end:
            return np.where(np.isnan(values), np.nan, values == self.start)
        return np.clip((values - self.start) / (self.end - self.start), 0.0, 1.0)


@dataclass(frozen=True)
class _Design:
    """The pieces of all rows in their spreads, 0 where the value is missing."""

    pieces: list[_Piece]
    centre: FloatArray
    spread: FloatArray
    values: FloatArray


def fit_curves(rows: TrainingRows, kinds: ColumnKinds, penalties: Sequence[float]) -> list[Curves]:
    """Return, for each penalty, the curves of least penalised log-loss.

    Parameters
    ----------
    rows : TrainingRows
        Both classes present.
    kinds : ColumnKinds
    penalties : sequence of float
        Greater than 0: ridge penalties of a piece of unit spread.

    Returns
    -------
    list of Curves
        In the order of the penalties.

    Examples
    --------
    >>> from churngrid.training.dataset.row_order import in_own_order
    >>> matrix, y = np.arange(200.0).reshape(-1, 1), (np.arange(200) < 80).astype(np.int64)
    >>> rows = in_own_order(matrix, y, None, np.ones(200))
    >>> curves = fit_curves(rows, ColumnKinds((-1,), frozenset()), [1.0])[0]
    >>> said = curves.log_odds(np.array([[0.0], [199.0], [np.nan]]))
    >>> bool(said[0] > 0 > said[1]), bool(said[2] == curves.base)
    (True, True)
    """
    design, knots = _design(rows.matrix, kinds)
    coef = np.zeros(len(design.pieces) + 1)
    coef[0] = logit(float(np.average(rows.y, weights=rows.weight)))
    found = []
    for penalty in penalties:
        coef = _coefficients(design, rows, penalty, start=coef)
        found.append(_assembled(design, knots, coef, kinds))
    return found


def _coefficients(
    design: _Design, rows: TrainingRows, penalty: float, *, start: FloatArray
) -> FloatArray:
    """Return the base and the weight of each piece."""
    y, weight, values = rows.y.astype(np.float64), rows.weight, design.values

    def loss(coef: FloatArray) -> tuple[float, FloatArray]:
        z, free = coef[0] + values @ coef[1:], coef[1:]
        pull = weight * (sigmoid(z) - y)
        value = weight @ (np.logaddexp(0.0, z) - y * z) + penalty / 2 * (free @ free)
        return float(value), np.concatenate([[pull.sum()], pull @ values + penalty * free])

    ranges = {0: (None, None), 1: (0.0, None), -1: (None, 0.0)}
    bounds = [ranges[0], *(ranges[piece.sign] for piece in design.pieces)]
    solved = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=_STEPS)
    return np.asarray(solved.x, dtype=np.float64)


def _design(matrix: FloatArray, kinds: ColumnKinds) -> tuple[_Design, list[FloatArray]]:
    """Return the pieces that vary, and the knots of every column."""
    n_columns = matrix.shape[1]
    knots = [_knots(matrix[:, j], level=j in kinds.categorical) for j in range(n_columns)]
    found = [piece for j in range(n_columns) for piece in _pieces(matrix, j, knots[j], kinds)]
    raw = np.column_stack([np.empty((len(matrix), 0)), *(piece.of(matrix) for piece in found)])
    centre = np.nanmean(raw, axis=0) if found else np.empty(0)
    raw = np.where(np.isnan(raw), 0.0, raw - centre)
    spread = np.sqrt(np.mean(raw**2, axis=0))
    varies = np.flatnonzero(spread > 1e-9)
    kept = [found[i] for i in varies]
    values = np.ascontiguousarray(raw[:, varies] / spread[varies])
    return _Design(kept, centre[varies], spread[varies], values), knots


def _pieces(matrix: FloatArray, j: int, knots: FloatArray, kinds: ColumnKinds) -> Iterator[_Piece]:
    level = j in kinds.categorical
    for start, end in zip(knots, knots, strict=True) if level else pairwise(knots):
        yield _Piece(j, float(start), float(end), 0 if level else kinds.signs[j])
    if LEAST_GAPS <= np.isnan(matrix[:, j]).sum() < len(matrix):
        yield _Piece(j, np.nan, np.nan, 0)


def _knots(values: FloatArray, *, level: bool) -> FloatArray:
    seen = values[~np.isnan(values)]
    if level or not len(seen):
        return np.unique(seen)
    found = np.unique(np.quantile(seen, QUANTILES))
    return found if len(found) > 1 else np.unique([seen.min(), seen.max()])


def _assembled(
    design: _Design, knots: list[FloatArray], coef: FloatArray, kinds: ColumnKinds
) -> Curves:
    """Return the curves that the weighted pieces add up to."""
    rise = coef[1:] / design.spread
    level, missing = np.zeros(len(knots)), np.zeros(len(knots))
    heights = [np.zeros(len(known)) for known in knots]
    for piece, height, centre in zip(design.pieces, rise, design.centre, strict=True):
        j = piece.column
        level[j] -= height * centre
        if piece.of_missing:
            missing[j] += height * (1.0 - centre)
        else:
            reached = knots[j] >= piece.end if piece.start < piece.end else knots[j] == piece.start
            heights[j] += height * reached
    return Curves(
        float(coef[0]),
        tuple(
            Curve(
                tuple(map(float, known)),
                tuple(map(float, level[j] + heights[j])),
                float(missing[j]),
                j in kinds.categorical,
            )
            for j, known in enumerate(knots)
        ),
    )
