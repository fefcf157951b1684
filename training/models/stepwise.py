"""Sums of terms on log-odds: one numeric column each, chosen step by step and weighed together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...features.arrays.array_types import FloatArray, IntArray
from ..dataset.row_order import TrainingRows
from ..dataset.temporal_splits import grouped_folds
from .bag import MIN_UNITS_PER_FOLD
from .calibration import Affine, LogitProblem, Prior, log_loss_of, logit, sigmoid
from .scales import Pool, Scale, ScaledRows, scaled_rows

__all__ = ["AdditiveFit", "Term", "fit_steps", "forward"]


MAX_COLUMNS = 10
N_FOLDS = 5
# Ridge penalty of a coefficient whose column has unit spread (scikit-learn's C = 1).
RIDGE = 1.0
# Score statistic below which a further column is not worth its two coefficients (Akaike's price).
LEAST_STRENGTH = 4.0
# More rows than this do not choose columns any better; whole accounts are left out.
SELECTION_ROWS = 50_000


@dataclass(frozen=True)
class Term:
    """One column's part of the log-odds.

    Parameters
    ----------
    scale : Scale
    slope : float
        Log-odds per spread.
    missing : float
        Log-odds where there is no value, against the mean.
    """

    scale: Scale
    slope: float
    missing: float

    def contribution(self, values: FloatArray) -> FloatArray:
        """Return log-odds of values, 0 on average over the training rows."""
        absent = np.isnan(values) - self.scale.missing_share
        return self.slope * self.scale.standardised(values) + self.missing * absent


@dataclass(frozen=True)
class AdditiveFit:
    """A fitted sum of terms.

    Parameters
    ----------
    intercept : float
        Log-odds of an average training row.
    terms : tuple of Term
    """

    intercept: float
    terms: tuple[Term, ...]

    def scaled(self, line: Affine) -> "AdditiveFit":
        """Return the fit with a calibration worked into its coefficients."""
        terms = tuple(
            Term(term.scale, line.slope * term.slope, line.slope * term.missing)
            for term in self.terms
        )
        return AdditiveFit(line.slope * self.intercept + line.intercept, terms)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """The scales of the terms, in order."""
        return tuple(term.scale for term in self.terms)

    @property
    def coefficients(self) -> FloatArray:
        """The intercept, then slope and log-odds of a missing value per term."""
        return np.array([self.intercept, *(x for t in self.terms for x in (t.slope, t.missing))])


def fit_steps(pool: Pool, rows: TrainingRows) -> tuple[AdditiveFit, FloatArray | None]:
    """Return the fit of as many columns as pay, and the out-of-fold log-odds of taking so many.

    Parameters
    ----------
    pool : Pool
    rows : TrainingRows
        Both classes present.

    Returns
    -------
    fit : AdditiveFit
        Of 0 to ``MAX_COLUMNS`` columns, by the least out-of-fold log-loss, or of 1 if there is too
        little to fold; chosen on the selection rows and weighed on all.
    log_odds : ndarray of float, shape (n_rows,), or None
        None if there is too little to fold.
    """
    n_folds = min(N_FOLDS, rows.units // MIN_UNITS_PER_FOLD)
    size, raw = (1, None) if n_folds < 2 else _size_that_pays(pool, rows, n_folds)
    used = _for_selection(rows, np.arange(len(rows.y)))
    scaled = scaled_rows(pool, rows.matrix[used])
    fit = forward(scaled, rows.y[used], rows.weight[used], size=size, least=LEAST_STRENGTH)[-1]
    if len(used) == len(rows.y) or not fit.terms:
        rate = float(np.average(rows.y, weights=rows.weight))
        return (fit if fit.terms else AdditiveFit(logit(rate), ())), raw
    chosen = scaled_rows(replace(pool, scales=fit.scales), rows.matrix)
    everything = range(len(fit.terms))
    y, start = rows.y.astype(np.float64), fit.coefficients
    return _fit_terms(chosen, everything, y, rows.weight, start), raw


def _size_that_pays(pool: Pool, rows: TrainingRows, n_folds: int) -> tuple[int, FloatArray]:
    """Return the size of the least out-of-fold log-loss, and its log-odds of all rows."""
    raw = np.empty((MAX_COLUMNS + 1, len(rows.y)))
    for learn, unseen in grouped_folds(rows.groups, rows.y, n_splits=n_folds, seed=0):
        train = _for_selection(rows, learn)
        fits = forward(
            scaled_rows(pool, rows.matrix[train]),
            rows.y[train],
            rows.weight[train],
            size=MAX_COLUMNS,
            least=LEAST_STRENGTH,
        )
        chosen = replace(pool, scales=fits[-1].scales)
        design = scaled_rows(chosen, rows.matrix[unseen]).design(range(len(chosen.scales)))
        for size in range(MAX_COLUMNS + 1):
            coef = fits[min(size, len(fits) - 1)].coefficients
            raw[size, unseen] = design[:, : len(coef)] @ coef
    y = rows.y.astype(np.float64)
    losses = [log_loss_of(log_odds, y, rows.weight) for log_odds in raw]
    size = int(np.argmin(losses))
    return size, raw[size]


def _for_selection(rows: TrainingRows, learn: IntArray) -> IntArray:
    """Return which of the rows choose columns: all, or whole accounts up to about the limit.

    They are drawn among the rows to learn from: a draw of its own beside that of the folds could
    take just those that a fold keeps unseen.
    """
    parts = min(-(-len(learn) // SELECTION_ROWS), rows.units // MIN_UNITS_PER_FOLD)
    if parts < 2:
        return learn
    groups, y = rows.groups[learn], rows.y[learn]
    some = learn[grouped_folds(groups, y, n_splits=parts, seed=0)[0][1]]
    return some if len(np.unique(rows.y[some])) == 2 else learn


def forward(
    rows: ScaledRows, y: IntArray, weight: FloatArray, *, size: int, least: float
) -> list[AdditiveFit]:
    """Return the fits with 0, 1, ... up to ``size`` terms; fewer when nothing is left to add.

    Parameters
    ----------
    rows : ScaledRows
    y : ndarray of int, shape (n_rows,)
        0 or 1, both present.
    weight : ndarray of float, shape (n_rows,)
        Greater than 0; 1 on average.
    size : int
    least : float
        Score statistic that the next column must exceed.

    Returns
    -------
    list of AdditiveFit
        At least the base rate. Each has the terms of the one before and one more.

    Examples
    --------
    >>> from churngrid.training.models.scales import learn_pool
    >>> matrix = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> pool = learn_pool(["idle_days"], matrix, {"idle_days": 1})
    >>> rows = scaled_rows(pool, matrix)
    >>> fits = forward(rows, np.array([0, 0, 1, 1]), np.ones(4), size=1, least=0.0)
    >>> [len(fit.terms) for fit in fits], fits[1].terms[0].slope > 0
    ([0, 1], True)
    """
    labels, chosen = y.astype(np.float64), list[int]()
    fits = [AdditiveFit(logit(float(np.average(labels, weights=weight))), ())]
    while len(fits) <= size:
        log_odds = rows.design(chosen) @ fits[-1].coefficients
        strength = _strengths(rows, labels, weight, log_odds, chosen)
        if strength.max(initial=0.0) <= least:
            break
        chosen.append(int(np.argmax(strength)))
        # The fit so far is a near start.
        start = np.append(fits[-1].coefficients, [0.0, 0.0])
        fits.append(_fit_terms(rows, chosen, labels, weight, start))
    return fits


def _strengths(
    rows: ScaledRows,
    y: FloatArray,
    weight: FloatArray,
    log_odds: FloatArray,
    chosen: Sequence[int],
) -> FloatArray:
    """Return the score statistic of every scale; 0 if taken or against its direction."""
    residual = weight * (y - sigmoid(log_odds))
    bend = weight * sigmoid(log_odds) * sigmoid(-log_odds)
    pull, lack, column_of = rows.values @ residual, rows.absent @ residual, rows.pool.column_of
    pull[rows.pool.signs * pull < 0] = 0.0
    found = pull**2 / (_curvatures(rows.values, bend) + RIDGE)
    found += (lack**2 / (_curvatures(rows.absent, bend) + RIDGE))[column_of]
    found[np.isin(column_of, column_of[list(chosen)])] = 0.0
    return np.asarray(found)


def _curvatures(values: FloatArray, weight: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ij,ij,j->i", values, values, weight))


def _fit_terms(
    rows: ScaledRows,
    chosen: Sequence[int],
    y: FloatArray,
    weight: FloatArray,
    start: FloatArray,
) -> AdditiveFit:
    """Fit chosen columns together; slopes against their direction are set to 0, one after one."""
    design, coef, signs = rows.design(chosen), start, rows.pool.signs[list(chosen)]
    free = np.ones(len(coef), dtype=np.bool_)
    nothing, precision = np.zeros(len(y)), np.full(len(coef), RIDGE)
    precision[0] = 0.0
    while True:
        prior = Prior(np.zeros(int(free.sum())), precision[free])
        problem = LogitProblem(design[:, free], y, weight=weight, offset=nothing, prior=prior)
        solved = problem.solved(coef[free])
        coef = np.zeros(len(free))
        coef[free] = solved
        slopes = coef[1::2] * signs
        if slopes.min(initial=0.0) >= 0:
            return AdditiveFit(float(coef[0]), _terms(rows.pool, chosen, coef))
        free[1 + 2 * int(np.argmin(slopes))] = False


def _terms(pool: Pool, chosen: Sequence[int], coef: FloatArray) -> tuple[Term, ...]:
    parts = zip(chosen, coef[1::2], coef[2::2], strict=True)
    return tuple(Term(pool.scales[i], float(slope), float(missing)) for i, slope, missing in parts)
