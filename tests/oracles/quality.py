"""Pure functions that say how good probabilities are; an account drawn twice has weight 2."""

from collections.abc import Callable

import numpy.typing as npt

from churngrid.features.arrays.array_types import FloatArray
from churngrid.training.evaluation import figures
from churngrid.training.evaluation.figures import CAPACITY, require
from churngrid.training.evaluation.ranked_rows import Levels, Weights, levels_of

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
    return _value(figures.roc_auc, levels_of(y, p, weight))


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
    return _value(figures.pr_auc, levels_of(y, p, weight))


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
    return _value(figures.log_loss, levels_of(y, p, weight))


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
    return _value(figures.brier, levels_of(y, p, weight))


def precision_at(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None, *, share: float = CAPACITY
) -> float:
    """Return the share with the outcome among the accounts contacted.

    Parameters
    ----------
    y, p, weight : arrays of shape (n,)
        As in ``roc_auc``; of equal ones each counts in part, so that their order does not matter.
    share : float in (0, 1]
        Part of the accounts that can be contacted; the last account counts in part.

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
    return _value(figures.precision_at, levels_of(y, p, weight), share)


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
    return _value(figures.recall_at, levels_of(y, p, weight), share)


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
    return _value(figures.lift_at, levels_of(y, p, weight), share)


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
    return _value(figures.expected_calibration_error, levels_of(y, p, weight))


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
    return _value(figures.calibration_slope, levels_of(y, p, weight))


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
    return _value(figures.calibration_intercept, levels_of(y, p, weight))


def _value(figure: Callable[..., FloatArray], levels: Levels, *share: float) -> float:
    require(figure.__name__, levels)
    return float(figure(levels, *share)[0])
