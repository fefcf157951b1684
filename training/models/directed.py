"""Sums in which every column with a declared direction has its say, and none speaks against it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.optimize import Bounds, minimize

from ...features.arrays.array_types import FloatArray, IntArray
from ..dataset.row_order import TrainingRows
from ..dataset.temporal_splits import grouped_folds
from .bag import MIN_UNITS_PER_FOLD
from .calibration import Affine, fit_affine, log_loss_of, logit, sigmoid
from .scales import Pool, Scale
from .stepwise import N_FOLDS, AdditiveFit, Term

__all__ = ["fit_directed"]


PENALTIES = (3.0, 0.8, 0.2, 0.05, 0.0125, 0.003)
"""Ridge of a slope a row that competes, the plainest first; those after it only while the loss of
unseen accounts still falls."""

USUAL = 0.2
"""Ridge where there is too little to fold."""

BENDING = 5.0
"""Accounts that a change by 1 between two knots of the levelled column is not worth."""

QUANTILES = (0.0, 0.05, 0.15, 0.35, 0.65, 1.0)
"""Of the levelled column, between which it is straight."""


@dataclass(frozen=True)
class _Design:
    """The rows as each scale sees them.

    Parameters
    ----------
    scales : tuple of Scale
    values : ndarray of float, shape (n_rows, n_scales + 1)
        In training spreads in the order of ``scales``; the last column is ones.
    signs : ndarray of float, shape (n_scales,)
        Direction of each; 0 leaves it free.
    own_ridge : ndarray of float, shape (n_scales,)
        Of those that are free, in place of the one that competes.
    """

    scales: tuple[Scale, ...]
    values: FloatArray
    signs: FloatArray
    own_ridge: FloatArray

    def fitted(
        self, y: FloatArray, weight: FloatArray, penalty: float, start: FloatArray
    ) -> FloatArray:
        """Return slopes and intercept of least penalised log-loss, none against its direction."""
        ridge = np.append(np.where(self.signs == 0, self.own_ridge, penalty), 0.0)
        share = weight / weight.sum()

        def loss(coef: FloatArray) -> tuple[float, FloatArray]:
            z = self.values @ coef
            fit = share @ (np.logaddexp(0.0, z) - y * z) + ridge @ coef**2 / 2
            return float(fit), self.values.T @ (share * (sigmoid(z) - y)) + ridge * coef

        low = np.append(np.where(self.signs > 0, 0.0, -np.inf), -np.inf)
        high = np.append(np.where(self.signs < 0, 0.0, np.inf), np.inf)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=Bounds(low, high))
        return np.asarray(found.x, dtype=np.float64)

    def at(self, place: IntArray) -> "_Design":
        """Return some of the rows."""
        return replace(self, values=self.values[place])

    def start(self, rate: float) -> FloatArray:
        """Return the coefficients of the base rate."""
        return np.append(np.zeros(len(self.scales)), logit(rate))


def fit_directed(
    pool: Pool, rows: TrainingRows, level_by: str | None
) -> tuple[AdditiveFit, FloatArray]:
    """Weigh all columns that have a direction, together and in it.

    Parameters
    ----------
    pool : Pool
    rows : TrainingRows
        Both classes present.
    level_by : str or None
        Column without a direction along which the sum may bend.

    Returns
    -------
    fit : AdditiveFit
        Calibrated; a column that says nothing in its direction has no term.
    log_odds : ndarray of float, shape (n_rows,)
        Calibrated, each row's from a fit that did not see its group, unless there is too little
        to fold.

    Notes
    -----
    Few who left cannot tell seventy correlated metrics apart, and choosing among them chooses
    noise. Their directions are known beforehand, so all are kept, drawn to nothing by one ridge
    that unseen accounts choose. What is missing says nothing.
    """
    design = _design(pool, rows, level_by)
    y = rows.y.astype(np.float64)
    penalty, raw = _penalty_that_pays(design, rows)
    start = design.start(float(np.average(y, weights=rows.weight)))
    coef = design.fitted(y, rows.weight, penalty, start)
    line = Affine(1.0, 0.0) if raw is None else fit_affine(raw, y, rows.weight)
    slopes = zip(design.scales, coef[:-1], strict=True)
    terms = tuple(Term(scale, float(slope), 0.0) for scale, slope in slopes if slope != 0.0)
    unseen = design.values @ coef if raw is None else raw
    return AdditiveFit(float(coef[-1]), terms).scaled(line), line.apply(unseen)


def _penalty_that_pays(design: _Design, rows: TrainingRows) -> tuple[float, FloatArray | None]:
    """Return the ridge of least out-of-fold log-loss, and its log-odds of all rows."""
    n_folds = min(N_FOLDS, rows.units // MIN_UNITS_PER_FOLD)
    if n_folds < 2:
        return USUAL, None
    y = rows.y.astype(np.float64)
    folds = [
        (design.at(train), train, unseen)
        for train, unseen in grouped_folds(rows.groups, rows.y, n_splits=n_folds, seed=0)
    ]
    at = [design.start(float(np.average(y, weights=rows.weight)))] * n_folds
    best: tuple[float, float, FloatArray] | None = None
    for penalty in PENALTIES:
        raw = np.empty(len(y))
        for number, (part, train, unseen) in enumerate(folds):
            at[number] = part.fitted(y[train], rows.weight[train], penalty, at[number])
            raw[unseen] = design.values[unseen] @ at[number]
        loss = log_loss_of(raw, y, rows.weight)
        if best is not None and loss >= best[0]:
            break
        best = (loss, penalty, raw)
    assert best is not None
    return best[1], best[2]


def _design(pool: Pool, rows: TrainingRows, level_by: str | None) -> _Design:
    directed, position, pieces = _one_a_column(pool), pool.position, list[Scale]()
    if level_by in position:
        pieces = _pieces(level_by, rows.matrix[:, position[level_by]])
    scales = (*directed, *pieces)
    columns = [scale.standardised(rows.matrix[:, position[scale.column]]) for scale in scales]
    # A piece has few rows, so that its own spread would let it rise as high as they happen to be.
    heights = np.array([(scale.high - scale.low) / scale.spread for scale in pieces])
    signs = [float(pool.monotone[scale.column]) for scale in directed]
    return _Design(
        scales,
        np.column_stack([*columns, np.ones(len(rows.y))]),
        np.append(signs, np.zeros(len(pieces))),
        np.append(np.zeros(len(directed)), BENDING / len(np.unique(rows.groups)) * heights**2),
    )


def _one_a_column(pool: Pool) -> Sequence[Scale]:
    """Return the scale of each directed column: its logarithm, unless it has two values only.

    Counts and days are as skewed as they come; shares hardly change by it.
    """
    directed = [scale for scale in pool.scales if pool.monotone.get(scale.column)]
    return list({scale.column: scale for scale in directed}.values())


def _pieces(column: str, values: FloatArray) -> list[Scale]:
    """Return scales that each move between two knots only: together, a line that bends there."""
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    knots = np.unique(np.quantile(known, QUANTILES))
    missing = 1.0 - len(known) / len(values)
    found = []
    for low, high in pairwise(map(float, knots)):
        between = np.clip(known, low, high)
        spread = float(between.std())
        if spread > 0:
            found.append(Scale(column, False, low, high, float(between.mean()), spread, missing))
    return found
