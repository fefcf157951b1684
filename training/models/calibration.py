"""Calibration as arithmetic on log-odds: one slope, one intercept, both fitted to what happened.

An affine map keeps the order of the accounts and keeps explanations exact: contributions on
log-odds are scaled by the slope, and the base takes the intercept.

References
----------
D. R. Cox (1958), "Two further applications of a model for binary regression", Biometrika 45.
J. C. Platt (1999), "Probabilistic outputs for support vector machines and comparisons to
regularized likelihood methods", Advances in Large Margin Classifiers.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...features.arrays.array_types import FloatArray

__all__ = [
    "MIN_SLOPE",
    "Affine",
    "LogitProblem",
    "Prior",
    "fit_affine",
    "fit_intercept_shift",
    "fit_logit",
    "log_loss_of",
    "logit",
    "sigmoid",
]


# Below this a model has said nothing about the order; the slope stays positive all the same, so
# that a driver never changes its sign through calibration.
MIN_SLOPE = 0.05

# Prior of the slope: 1 with a standard deviation of 0.5. It decides only where the out-of-fold
# log-odds carry little information (few accounts, or predictions that hardly differ).
SLOPE_PRECISION = 4.0

MAX_STEPS = 100
NEAR = 1e-8


@dataclass(frozen=True)
class Affine:
    """A straight line on log-odds.

    Parameters
    ----------
    slope : float
        Greater than 0.
    intercept : float
        In log-odds.

    Examples
    --------
    >>> Affine(slope=0.5, intercept=-1.0).apply(np.array([0.0, 2.0]))
    array([-1.,  0.])
    """

    slope: float
    intercept: float

    def apply(self, log_odds: FloatArray) -> FloatArray:
        """Return calibrated log-odds, same shape as given."""
        return self.slope * log_odds + self.intercept


@dataclass(frozen=True)
class Prior:
    """Independent normal priors of the coefficients of a logistic fit.

    Parameters
    ----------
    mean : ndarray of float, shape (n_coefficients,)
        Where the fit starts and what it is drawn to.
    precision : ndarray of float, shape (n_coefficients,)
        One over the variance; 0 leaves a coefficient free.
    """

    mean: FloatArray
    precision: FloatArray


def sigmoid(log_odds: FloatArray) -> FloatArray:
    """Return probabilities of log-odds, without overflow.

    Parameters
    ----------
    log_odds : ndarray of float
        Any real number; plus points to the outcome.

    Returns
    -------
    ndarray of float
        Same shape, between 0 and 1; empty for an empty input.

    Examples
    --------
    >>> sigmoid(np.array([0.0, 800.0]))
    array([0.5, 1. ])
    """
    small = np.exp(-np.abs(log_odds))
    return np.where(log_odds >= 0, 1.0, small) / (1.0 + small)


def logit(probability: float) -> float:
    """Return the log-odds of one probability.

    Parameters
    ----------
    probability : float
        Strictly between 0 and 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the probability is 0 or 1 or outside.

    Examples
    --------
    >>> logit(0.5)
    0.0
    """
    if not 0.0 < probability < 1.0:
        raise ValueError(f"`probability` must lie strictly between 0 and 1, got {probability!r}.")
    return float(np.log(probability) - np.log1p(-probability))


def log_loss_of(log_odds: FloatArray, y: FloatArray, weight: FloatArray | None = None) -> float:
    """Return the mean negative log-likelihood of labels under log-odds.

    Parameters
    ----------
    log_odds : ndarray of float, shape (n,)
    y : ndarray of float, shape (n,)
        1 if the outcome happened, else 0.
    weight : ndarray of float, shape (n,), optional
        Not negative, not all 0.

    Returns
    -------
    float
        Lower is better; 0.693 is a coin.

    Examples
    --------
    >>> round(log_loss_of(np.zeros(4), np.array([0.0, 1.0, 1.0, 0.0])), 4)
    0.6931
    """
    return float(np.average(np.logaddexp(0.0, log_odds) - y * log_odds, weights=weight))


def fit_logit(
    design: FloatArray,
    y: FloatArray,
    *,
    prior: Prior,
    weight: FloatArray | None = None,
    offset: FloatArray | None = None,
) -> FloatArray:
    """Return the coefficients of a penalised logistic fit.

    Minimises ``sum(weight * log-loss(offset + design @ coef)) +
    sum(precision * (coef - mean)**2) / 2`` by Newton steps with halving.

    Parameters
    ----------
    design : ndarray of float, shape (n, n_coefficients)
        A column of ones for the intercept, if one is wanted.
    y : ndarray of float, shape (n,)
        0 or 1.
    prior : Prior
    weight : ndarray of float, shape (n,), optional
        1 each by default.
    offset : ndarray of float, shape (n,), optional
        Log-odds already decided; 0 by default.

    Returns
    -------
    ndarray of float, shape (n_coefficients,)

    Raises
    ------
    ValueError
        If there is no finite optimum: a free coefficient separates the classes.

    Examples
    --------
    >>> free = Prior(np.zeros(1), np.zeros(1))
    >>> fit_logit(np.ones((4, 1)), np.array([0.0, 1.0, 1.0, 1.0]), prior=free).round(4)
    array([1.0986])
    """
    problem = LogitProblem(
        design,
        y,
        weight=np.ones(len(y)) if weight is None else weight,
        offset=np.zeros(len(y)) if offset is None else offset,
        prior=prior,
    )
    return problem.solved(prior.mean.astype(np.float64))


@dataclass(frozen=True)
class LogitProblem:
    """One penalised logistic likelihood; see ``fit_logit`` for what is minimised.

    Parameters
    ----------
    design : ndarray of float, shape (n, n_coefficients)
    y, weight, offset : ndarray of float, shape (n,)
    prior : Prior
    """

    design: FloatArray
    y: FloatArray
    weight: FloatArray
    offset: FloatArray
    prior: Prior

    def solved(self, start: FloatArray) -> FloatArray:
        """Return the coefficients, found from a start; a near one takes fewer steps.

        Parameters
        ----------
        start : ndarray of float, shape (n_coefficients,)

        Returns
        -------
        ndarray of float, shape (n_coefficients,)

        Raises
        ------
        ValueError
            If there is no finite optimum.
        """
        at = self._at(start)
        for _ in range(MAX_STEPS):
            step = self._newton_step(at)
            if np.max(np.abs(step), initial=0.0) < NEAR:
                # What is left after this step is about the square of it.
                return at.coef + step
            at = self._moved(at, step)
        raise ValueError(
            "`design` separates the two classes, so the logistic fit has no finite optimum; "
            "give every coefficient a `prior` with a positive precision."
        )

    def _at(self, coef: FloatArray) -> "_Point":
        log_odds = self.offset + self.design @ coef
        tail = np.exp(-np.abs(log_odds))
        fit = self.weight @ (np.maximum(log_odds, 0.0) + np.log1p(tail) - self.y * log_odds)
        penalty = self.prior.precision @ (coef - self.prior.mean) ** 2 / 2
        return _Point(coef, log_odds, tail, float(fit + penalty))

    def _newton_step(self, at: "_Point") -> FloatArray:
        # Both tails, because 1 - sigmoid(z) is 0 from z = 37 on and would look like an optimum.
        large, small = 1.0 / (1.0 + at.tail), at.tail / (1.0 + at.tail)
        p, q = np.where(at.log_odds >= 0, (large, small), (small, large))
        pull = self.prior.precision * (at.coef - self.prior.mean)
        gradient = self.design.T @ (self.weight * ((1 - self.y) * p - self.y * q)) + pull
        scaled = self.design * np.sqrt(self.weight * large * small)[:, None]
        curvature = scaled.T @ scaled + np.diag(self.prior.precision)
        # The tiny ridge shortens a step along a flat direction; it does not move the optimum.
        curvature += np.diag(np.full(len(at.coef), 1e-12 * np.trace(curvature)))
        return np.asarray(-np.linalg.solve(curvature, gradient), dtype=np.float64)

    def _moved(self, at: "_Point", step: FloatArray) -> "_Point":
        """Return where a step leads, halved until it is no step back."""
        length, most = 1.0, at.loss + 1e-12 * abs(at.loss)
        while (reached := self._at(at.coef + length * step)).loss > most and length > 1e-6:
            length /= 2
        return reached


@dataclass(frozen=True)
class _Point:
    """Coefficients on the way to the optimum."""

    coef: FloatArray
    log_odds: FloatArray
    tail: FloatArray
    loss: float


def fit_affine(log_odds: FloatArray, y: FloatArray, weight: FloatArray | None = None) -> Affine:
    """Return the calibration of out-of-fold log-odds.

    Penalised maximum likelihood of Cox's (1958) ``logit(p) = intercept + slope * log_odds``, which
    is Platt's (1999) sigmoid on log-odds. The slope has a normal prior around 1 (standard
    deviation 0.5) in place of Platt's smoothed labels; the intercept is free, so the mean
    calibrated probability equals the rate of the outcome exactly.

    Parameters
    ----------
    log_odds : ndarray of float, shape (n,)
        Made by models that did not see the row (nor its account).
    y : ndarray of float, shape (n,)
        0 or 1, both present.
    weight : ndarray of float, shape (n,), optional

    Returns
    -------
    Affine
        Slope at least ``MIN_SLOPE``.

    Raises
    ------
    ValueError
        If one class only is present.

    Examples
    --------
    >>> z = np.array([-2.0, -2.0, 2.0, 2.0] * 50)
    >>> fit_affine(z, np.array([0.0, 1.0, 0.0, 1.0] * 50)).slope
    0.05
    """
    if len(np.unique(y)) != 2:
        raise ValueError(
            f"`y` must hold both classes to calibrate on, got {np.unique(y).tolist()!r}; "
            "add rows with the other outcome."
        )
    ones = np.ones(len(y))
    prior = Prior(np.array([0.0, 1.0]), np.array([0.0, SLOPE_PRECISION]))
    coef = fit_logit(np.column_stack([ones, log_odds]), y, prior=prior, weight=weight)
    if coef[1] >= MIN_SLOPE:
        return Affine(slope=float(coef[1]), intercept=float(coef[0]))
    free = Prior(np.zeros(1), np.zeros(1))
    intercept = fit_logit(ones[:, None], y, prior=free, weight=weight, offset=MIN_SLOPE * log_odds)
    return Affine(slope=MIN_SLOPE, intercept=float(intercept[0]))


def fit_intercept_shift(
    log_odds: FloatArray,
    y: FloatArray,
    groups: npt.NDArray[np.generic] | None = None,
    *,
    weight: FloatArray | None = None,
    strength: float = 50.0,
) -> float:
    """Return by how much log-odds should move to fit the newest accounts, shrunken towards 0.

    Cox's (1958) calibration in the large with a normal prior. All rows together weigh as much as
    there are accounts, for rows of one account are near copies; the prior weighs as much as
    ``strength`` accounts. So about ``n / (n + strength)`` of the observed shift is taken over.
    The default of 50 accounts stands for base rates that drift by about a third of a log-odds
    between retrainings.

    Accounts do not weigh alike by default: who leaves has no later rows, so that an account's
    number of rows tells its outcome, and weights of one over it would count those who left twice
    and more.

    Parameters
    ----------
    log_odds : ndarray of float, shape (n,)
        Calibrated, made without having seen the labels.
    y : ndarray of float, shape (n,)
        0 or 1; one class alone is fine here.
    groups : ndarray, shape (n,), optional
        Account of each row; every row its own by default.
    weight : ndarray of float, shape (n,), optional
        What each row counts beside the others; alike by default.
    strength : float
        At least 0, in accounts; a larger one trusts the old intercept more.

    Returns
    -------
    float
        In log-odds, plus raises the probability; 0.0 for no rows.

    Raises
    ------
    ValueError
        If ``strength`` is negative, or 0 with one class only.

    Examples
    --------
    >>> shift = fit_intercept_shift(np.zeros(100), np.array([1.0, 1.0, 1.0, 0.0] * 25))
    >>> round(shift, 2)
    0.68
    """
    if strength < 0:
        raise ValueError(f"`strength` must be at least 0, got {strength!r}.")
    if len(y) == 0:
        return 0.0
    n_accounts = len(y) if groups is None else len(np.unique(groups))
    counts = np.ones(len(y)) if weight is None else weight
    counts = counts * (n_accounts / counts.sum())
    p = sigmoid(log_odds)
    information = float(np.average(p * (1 - p), weights=counts))
    prior = Prior(np.zeros(1), np.array([strength * information]))
    ones = np.ones((len(y), 1))
    return float(fit_logit(ones, y, prior=prior, weight=counts, offset=log_odds)[0])
