"""Sums of terms on log-odds: one numeric column each, chosen step by step and weighed together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .boosting import MIN_UNITS_PER_FOLD
from .calibration import Affine, Prior, fit_logit, log_loss_of, logit, sigmoid
from .ordering import TrainingRows
from .splits import grouped_folds

__all__ = [
    "AdditiveFit",
    "Pool",
    "Scale",
    "Term",
    "choose_size",
    "fit_chosen",
    "forward",
    "learn_pool",
]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MAX_COLUMNS = 10
N_FOLDS = 5
# Ridge penalty of a coefficient whose column has unit spread (scikit-learn's C = 1).
RIDGE = 1.0
# Values beyond these quantiles of the training rows count as the quantile, so that one absurd
# number cannot carry a straight line to certainty.
CLIP = (0.005, 0.995)
# Score statistic below which a further column is not worth its two coefficients (Akaike's price).
LEAST_STRENGTH = 4.0
# More rows than this do not choose columns any better; whole accounts are left out.
SELECTION_ROWS = 50_000


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

    def log_odds(self, matrix: FloatArray, position: Mapping[str, int]) -> FloatArray:
        """Return log-odds of rows, given which column of the matrix is which."""
        total = np.full(len(matrix), self.intercept)
        for term in self.terms:
            total += term.contribution(matrix[:, position[term.scale.column]])
        return total


@dataclass(frozen=True)
class Pool:
    """The columns there are to choose from, as they are and as logarithms.

    Parameters
    ----------
    names : tuple of str
        Columns of the matrix, in order.
    scales : tuple of Scale
        None for a column that says nothing, else two.
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

    def sign(self, scale: Scale) -> int:
        """Return the declared direction of a scale's column."""
        return self.monotone.get(scale.column, 0)


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
    >>> pool = learn_pool(["seats", "same"], np.array([[1.0, 5.0], [3.0, 5.0]]), {})
    >>> [(scale.column, scale.log) for scale in pool.scales]
    [('seats', False), ('seats', True)]
    """
    return Pool(tuple(names), _scales(names, matrix), dict(monotone))


def _scales(names: Sequence[str], matrix: FloatArray) -> tuple[Scale, ...]:
    found = (
        _scale(name, matrix[:, i], log=log) for i, name in enumerate(names) for log in (False, True)
    )
    return tuple(scale for scale in found if scale is not None)


def _scale(name: str, values: FloatArray, *, log: bool) -> Scale | None:
    """Learn a scale; None where the column says nothing: one value or none, never missing."""
    missing = float(np.mean(np.isnan(values)))
    seen = values[~np.isnan(values)]
    if len(seen) == 0 or (missing == 0 and np.ptp(seen) == 0):
        return None
    seen = _logged(seen) if log else seen
    low, high = np.quantile(seen, CLIP)
    if low == high:
        low, high = seen.min(), seen.max()
    clipped = np.clip(seen, low, high)
    with np.errstate(over="ignore"):
        centre, spread = float(clipped.mean()), float(np.std(clipped))
    if not np.isfinite(spread):
        return None
    if spread <= 1e-12 * abs(centre):
        spread = 1.0
    return Scale(name, log, float(low), float(high), centre, spread, missing)


def choose_size(pool: Pool, rows: TrainingRows) -> tuple[int, FloatArray | None]:
    """Return how many columns to take, and the out-of-fold log-odds of taking so many.

    Parameters
    ----------
    pool : Pool
    rows : TrainingRows
        Both classes present.

    Returns
    -------
    size : int
        0 to ``MAX_COLUMNS``: the least out-of-fold log-loss; 1 if there is too little to fold.
    log_odds : ndarray of float, shape (n_rows,), or None
        None if there is too little to fold.
    """
    n_folds = min(N_FOLDS, rows.units // MIN_UNITS_PER_FOLD)
    if n_folds < 2:
        return 1, None
    used = _for_selection(rows)
    raw = np.empty((MAX_COLUMNS + 1, len(rows.y)))
    for learn, unseen in grouped_folds(rows.groups, rows.y, n_splits=n_folds, seed=0):
        train = learn[used[learn]]
        fits = forward(
            pool, rows.matrix[train], rows.y[train], size=MAX_COLUMNS, least=LEAST_STRENGTH
        )
        for size in range(MAX_COLUMNS + 1):
            fit = fits[min(size, len(fits) - 1)]
            raw[size, unseen] = fit.log_odds(rows.matrix[unseen], pool.position)
    losses = [log_loss_of(log_odds, rows.y.astype(np.float64)) for log_odds in raw]
    size = int(np.argmin(losses))
    return size, raw[size]


def fit_chosen(pool: Pool, rows: TrainingRows, size: int) -> AdditiveFit:
    """Return a fit of up to so many columns, chosen on the selection rows and weighed on all.

    Parameters
    ----------
    pool : Pool
    rows : TrainingRows
    size : int
        0 gives the base rate.

    Returns
    -------
    AdditiveFit
    """
    used = _for_selection(rows)
    fit = forward(pool, rows.matrix[used], rows.y[used], size=size, least=LEAST_STRENGTH)[-1]
    if not fit.terms:
        return AdditiveFit(logit(float(rows.y.mean())), ())
    place = [pool.scales.index(term.scale) for term in fit.terms]
    columns = [rows.matrix[:, pool.position[term.scale.column]] for term in fit.terms]
    blocks = [_block(term.scale, values) for term, values in zip(fit.terms, columns, strict=True)]
    return _fit_terms(pool, list(zip(place, blocks, strict=True)), rows.y.astype(np.float64))


def _for_selection(rows: TrainingRows) -> npt.NDArray[np.bool_]:
    """Tell which rows choose columns: all of them, or whole accounts up to about the limit."""
    parts = min(-(-len(rows.y) // SELECTION_ROWS), int(rows.groups.max()) + 1)
    used = np.ones(len(rows.y), dtype=np.bool_)
    if parts > 1:
        left_out, _ = grouped_folds(rows.groups, rows.y, n_splits=parts, seed=0)[0]
        used[left_out] = False
    return used


def forward(
    pool: Pool, matrix: FloatArray, y: IntArray, *, size: int, least: float
) -> list[AdditiveFit]:
    """Return the fits with 0, 1, ... up to ``size`` terms; fewer when nothing is left to add.

    Parameters
    ----------
    pool : Pool
    matrix : ndarray of float, shape (n_rows, n_columns)
    y : ndarray of int, shape (n_rows,)
        0 or 1, both present.
    size : int
    least : float
        Score statistic that the next column must exceed.

    Returns
    -------
    list of AdditiveFit
        At least the base rate.

    Examples
    --------
    >>> matrix = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> pool = learn_pool(["idle_days"], matrix, {"idle_days": 1})
    >>> fits = forward(pool, matrix, np.array([0, 0, 1, 1]), size=1, least=0.0)
    >>> [len(fit.terms) for fit in fits], fits[1].terms[0].slope > 0
    ([0, 1], True)
    """
    labels, position = y.astype(np.float64), pool.position
    blocks = [_block(scale, matrix[:, position[scale.column]]) for scale in pool.scales]
    fits, chosen = [AdditiveFit(logit(float(labels.mean())), ())], list[int]()
    while len(fits) <= size:
        taken = {pool.scales[i].column for i in chosen}
        strength = _strengths(pool, blocks, labels, fits[-1].log_odds(matrix, position), taken)
        if strength.max(initial=0.0) <= least:
            break
        chosen.append(int(np.argmax(strength)))
        fits.append(_fit_terms(pool, [(i, blocks[i]) for i in chosen], labels))
    return fits


def _block(scale: Scale, values: FloatArray) -> FloatArray:
    return np.column_stack([scale.standardised(values), np.isnan(values) - scale.missing_share])


def _strengths(
    pool: Pool,
    blocks: Sequence[FloatArray],
    y: FloatArray,
    log_odds: FloatArray,
    taken: set[str],
) -> FloatArray:
    """Return the score statistic of every scale; 0 if taken or against its direction."""
    residual = y - sigmoid(log_odds)
    weight = sigmoid(log_odds) * sigmoid(-log_odds)
    out = np.zeros(len(blocks))
    for i, (scale, block) in enumerate(zip(pool.scales, blocks, strict=True)):
        if scale.column in taken:
            continue
        pull = block.T @ residual
        if pool.sign(scale) * pull[0] < 0:
            pull[0] = 0.0
        out[i] = np.sum(pull**2 / (weight @ block**2 + RIDGE))
    return out


def _fit_terms(pool: Pool, chosen: Sequence[tuple[int, FloatArray]], y: FloatArray) -> AdditiveFit:
    """Fit chosen columns together; slopes against their direction are set to 0, one after one."""
    scales = [pool.scales[i] for i, _ in chosen]
    design = np.column_stack([np.ones(len(y)), *(block for _, block in chosen)])
    precision = np.full(design.shape[1], RIDGE)
    precision[0] = 0.0
    prior = Prior(np.zeros(design.shape[1]), precision)
    while True:
        coef = fit_logit(design, y, prior=prior)
        slopes = coef[1::2] * [pool.sign(scale) for scale in scales]
        if slopes.min(initial=0.0) >= 0:
            terms = zip(scales, coef[1::2], coef[2::2], strict=True)
            return AdditiveFit(
                float(coef[0]), tuple(Term(s, float(a), float(b)) for s, a, b in terms)
            )
        design[:, 1 + 2 * int(np.argmin(slopes))] = 0.0


def _logged(values: FloatArray) -> FloatArray:
    return np.sign(values) * np.log1p(np.abs(values))
