"""Pure functions that say how good probabilities are; an account drawn twice has weight 2."""

import numpy as np
import numpy.typing as npt

from .calibration import Prior, fit_logit
from .definedness import Weights, checked_rows, require

__all__ = [
    "CAPACITY",
    "brier",
    "calibration_intercept",
    "calibration_slope",
    "expected_calibration_error",
    "lift_at",
    "log_loss",
    "pr_auc",
    "precision_at",
    "recall_at",
    "roc_auc",
]

FloatArray = npt.NDArray[np.float64]

# Share of the accounts that a team is taken to be able to work on.
CAPACITY = 0.10
N_BINS = 10
# Probabilities nearer to 0 or 1 than this count as this near, or one sure miss would be infinite.
EDGE = 1e-12


def roc_auc(y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None) -> float:
    """Return the chance that an account with the outcome ranks above one without.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1, both present.
    p : array of shape (n,)
        Higher means the outcome is likelier. Ties count one half.
    weight : array of shape (n,), optional

    Returns
    -------
    float
        0.5 is chance, 1.0 perfect.

    Raises
    ------
    ValueError
        If one class only is present.

    Examples
    --------
    >>> roc_auc([0, 1, 0, 1], [0.1, 0.9, 0.4, 0.4])
    0.875
    """
    labels, chance, weights = checked_rows(y, p, weight)
    require("roc_auc", labels, chance, weights)
    hit, miss = _by_level(labels, chance, weights)
    below = np.cumsum(miss) - miss / 2
    return float(hit @ below / (hit.sum() * miss.sum()))


def pr_auc(y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None) -> float:
    """Return the average precision over the accounts with the outcome.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        As in ``roc_auc``. Accounts with equal probability are contacted together.

    Returns
    -------
    float
        The base rate is chance, 1.0 perfect.

    Raises
    ------
    ValueError
        If nobody has the outcome.

    Examples
    --------
    >>> pr_auc([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1]).__round__(4)
    0.8333
    """
    labels, chance, weights = checked_rows(y, p, weight)
    require("pr_auc", labels, chance, weights)
    hit, miss = (part[::-1] for part in _by_level(labels, chance, weights))
    found = np.cumsum(hit)
    contacted = found + np.cumsum(miss)
    return float(hit @ (found / np.where(contacted > 0, contacted, 1.0)) / hit.sum())


def log_loss(y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None) -> float:
    """Return the mean negative log-likelihood.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        As in ``roc_auc``; one class is enough. Probabilities count as at least 1e-12 from 0 and 1.

    Returns
    -------
    float
        At least 0; lower is better.

    Examples
    --------
    >>> round(log_loss([1, 0], [0.5, 0.5]), 4)
    0.6931
    """
    labels, chance, weights = checked_rows(y, p, weight)
    chance = np.clip(chance, EDGE, 1 - EDGE)
    return float(
        np.average(-np.where(labels == 1, np.log(chance), np.log1p(-chance)), weights=weights)
    )


def brier(y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None) -> float:
    """Return the mean squared distance of probability and outcome.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        As in ``roc_auc``; one class is enough.

    Returns
    -------
    float
        0 to 1; lower is better.

    References
    ----------
    G. W. Brier (1950), "Verification of forecasts expressed in terms of probability".

    Examples
    --------
    >>> brier([1, 0], [0.5, 0.5])
    0.25
    """
    labels, chance, weights = checked_rows(y, p, weight)
    return float(np.average((chance - labels) ** 2, weights=weights))


def precision_at(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None, *, share: float = CAPACITY
) -> float:
    """Return the share with the outcome among the accounts contacted.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        As in ``roc_auc``; ties count as the worst order.
    share : float in (0, 1]
        Part of the accounts that can be contacted, rounded up to whole accounts.

    Returns
    -------
    float
        0 to 1; higher is better.

    Raises
    ------
    ValueError
        If ``share`` is out of range.

    Examples
    --------
    >>> precision_at([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1], share=0.5)
    0.5
    """
    labels, chance, weights = checked_rows(y, p, weight)
    contacted = _contacted(labels, chance, weights, share)
    return float(np.average(labels, weights=contacted))


def recall_at(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None, *, share: float = CAPACITY
) -> float:
    """Return the share of the outcomes that the contacted accounts hold.

    Parameters
    ----------
    y, p, weight, share
        As in ``precision_at``.

    Returns
    -------
    float
        0 to 1; higher is better.

    Raises
    ------
    ValueError
        If nobody has the outcome, or ``share`` is out of range.

    Examples
    --------
    >>> recall_at([1, 1, 0, 0], [0.9, 0.4, 0.5, 0.1], share=0.5)
    0.5
    """
    labels, chance, weights = checked_rows(y, p, weight)
    require("recall_at", labels, chance, weights)
    return float(_contacted(labels, chance, weights, share) @ labels / (weights @ labels))


def lift_at(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None, *, share: float = CAPACITY
) -> float:
    """Return how much denser the outcome is among the contacted accounts than overall.

    Parameters
    ----------
    y, p, weight, share
        As in ``precision_at``.

    Returns
    -------
    float
        1.0 means no better than chance; higher is better.

    Raises
    ------
    ValueError
        If nobody has the outcome, or ``share`` is out of range.

    Examples
    --------
    >>> lift_at([1, 0, 0, 0], [0.9, 0.4, 0.3, 0.1], share=0.25)
    4.0
    """
    labels, chance, weights = checked_rows(y, p, weight)
    require("lift_at", labels, chance, weights)
    return precision_at(labels, chance, weights, share=share) / float(
        np.average(labels, weights=weights)
    )


def expected_calibration_error(y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None) -> float:
    """Return by how much probability and rate differ, on average over ten groups of equal size.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        As in ``roc_auc``; one class is enough. Accounts with equal probability share their rate,
        so the order of the rows does not matter.

    Returns
    -------
    float
        0 to 1; lower is better. Some of it is noise: n / 10 accounts decide a group's rate.

    Examples
    --------
    >>> expected_calibration_error([1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25])
    0.0
    """
    labels, chance, weights = checked_rows(y, p, weight)
    _, code = np.unique(chance, return_inverse=True)
    size = np.bincount(code, weights=weights)
    gap = np.bincount(code, weights=weights * (chance - labels))
    # Each level covers an interval of mass; a bin takes the part of the interval inside it.
    end = np.cumsum(size)
    edges = np.linspace(0, end[-1], N_BINS + 1)
    reached = np.interp(edges, np.r_[0.0, end], np.r_[0.0, np.cumsum(gap)])
    return float(np.abs(np.diff(reached)).sum() / end[-1])


def calibration_slope(y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None) -> float:
    """Return Cox's slope: what the log-odds should have been multiplied by.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        As in ``roc_auc``.

    Returns
    -------
    float
        1.0 is right, below 1 overconfident, above 1 too timid, below 0 the wrong way round.

    Raises
    ------
    ValueError
        If one class only is present, all probabilities are equal, or they separate the classes.

    References
    ----------
    D. R. Cox (1958), "Two further applications of a model for binary regression".

    Examples
    --------
    >>> y = np.array([1, 1, 1, 0] * 5 + [0, 0, 0, 1] * 5)
    >>> round(calibration_slope(y, np.repeat([0.75, 0.25], 20)), 4)
    1.0
    """
    labels, chance, weights = checked_rows(y, p, weight)
    require("calibration_slope", labels, chance, weights)
    log_odds = _log_odds(chance)
    design = np.column_stack([np.ones(len(labels)), log_odds])
    free = Prior(np.array([0.0, 1.0]), np.zeros(2))
    return float(fit_logit(design, labels, prior=free, weight=weights)[1])


def calibration_intercept(y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None) -> float:
    """Return calibration in the large: what should have been added to the log-odds.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        As in ``roc_auc``.

    Returns
    -------
    float
        0.0 is right, plus means the outcome came more often than predicted.

    Raises
    ------
    ValueError
        If one class only is present.

    Examples
    --------
    >>> round(calibration_intercept([1, 1, 1, 0], [0.5, 0.5, 0.5, 0.5]), 4)
    1.0986
    """
    labels, chance, weights = checked_rows(y, p, weight)
    require("calibration_intercept", labels, chance, weights)
    free = Prior(np.zeros(1), np.zeros(1))
    ones = np.ones((len(labels), 1))
    return float(fit_logit(ones, labels, prior=free, weight=weights, offset=_log_odds(chance))[0])


def _by_level(y: FloatArray, p: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return weights with and without the outcome per different probability, lowest first."""
    _, code = np.unique(p, return_inverse=True)
    hit, miss = np.bincount(code, weight * y), np.bincount(code, weight * (1 - y))
    return hit.astype(np.float64), miss.astype(np.float64)


def _contacted(y: FloatArray, p: FloatArray, weight: FloatArray, share: float) -> FloatArray:
    """Return how much of each row's weight is contacted; of equal ones the worst come first."""
    if not 0 < share <= 1:
        raise ValueError(f"`share` must lie in (0, 1], got {share!r}.")
    order = np.lexsort((y, -p))
    capacity = np.ceil(share * weight.sum() - 1e-9)
    before = np.cumsum(weight[order]) - weight[order]
    out = np.zeros(len(y))
    out[order] = np.clip(capacity - before, 0.0, weight[order])
    return out


def _log_odds(p: FloatArray) -> FloatArray:
    p = np.clip(p, EDGE, 1 - EDGE)
    return np.asarray(np.log(p) - np.log1p(-p))
