"""How far a model was off as a whole, block of time by block of time."""

import numpy as np
import numpy.typing as npt

from ...features.arrays.array_types import FloatArray

__all__ = ["hazard_factor", "model_error", "rate_error"]

_PRIOR_SPREAD, _PRIOR_BLOCKS = 0.25, 2.0
"""What is assumed before any block has been seen, and for how many it counts."""
_WIDEST = 1.0


def hazard_factor(p: FloatArray, label: FloatArray, weight: FloatArray) -> float:
    """Return the factor on all hazards at which probabilities would have been right in all.

    Parameters
    ----------
    p, label, weight : ndarray of float, shape (n_rows,)
        Probabilities, what came, and what each row counts for.

    Returns
    -------
    float
        1 where as many came as were expected, above 1 where more; NaN if none or all came.

    Notes
    -----
    Chances to stay are raised to this power, so that a whole survival curve follows.

    Examples
    --------
    >>> round(hazard_factor(np.array([0.1, 0.1]), np.array([1.0, 0.0]), np.ones(2)), 2)
    6.58
    """
    came, most = float(np.sum(weight * label)), float(np.sum(weight))
    if not 0 < came < most:
        return float("nan")
    hazard = -np.log1p(-np.clip(p, 1e-9, 1 - 1e-9))
    low, high = -12.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        expected = float(np.sum(weight * -np.expm1(-hazard * np.exp(middle))))
        low, high = (middle, high) if expected < came else (low, middle)
    return float(np.exp((low + high) / 2))


def model_error(
    p: FloatArray, label: FloatArray, block: npt.NDArray[np.int64], account: npt.NDArray[np.object_]
) -> float:
    """Return how far a model was off as a whole, beyond what chance explains.

    Parameters
    ----------
    p, label : ndarray of float, shape (n_rows,)
        Out-of-time probabilities and what came.
    block : ndarray of int, shape (n_rows,)
        Folds, each by a model trained before it.
    account : ndarray of str, shape (n_rows,)
        Rows of one account in one block count together as one.

    Returns
    -------
    float
        Standard deviation of the logarithm of the hazard factor between blocks, drawn towards 0.25
        where there are few, at most 1. What chance alone would do is taken off.

    Examples
    --------
    >>> none = np.zeros(0)
    >>> model_error(none, none, none.astype(np.int64), none.astype(object))
    0.25
    """
    spreads = []
    for number in np.unique(block):
        here = block == number
        _, place, often = np.unique(account[here], return_inverse=True, return_counts=True)
        weight = 1.0 / often[place]
        factor = hazard_factor(p[here], label[here], weight)
        if np.isnan(factor):
            continue
        spreads.append(_beyond_chance(factor, float(np.sum(weight * label[here]))))
    return _drawn(spreads)


def rate_error(came: FloatArray, expected: FloatArray, *, unit: float = 1.0) -> float:
    """Return how far a rate moves from block to block of time, beyond what chance explains.

    Parameters
    ----------
    came, expected : ndarray of float, shape (n_blocks,)
        What each block brought, events or money, and what the rate of all blocks gives it.
    unit : float
        What a single event brings: 1 where events are counted; of money its mean, large events
        counting for more.

    Returns
    -------
    float
        As ``model_error``; blocks in which less than one event is expected say nothing.

    Examples
    --------
    >>> steady, moved = np.array([50.0, 50.0, 50.0]), np.array([20.0, 80.0, 50.0])
    >>> rate_error(steady, steady) < 0.25 < rate_error(moved, steady)
    True
    """
    told = expected >= unit
    # Half an event more on both sides: a block without any has a logarithm, too.
    factors = (came[told] + unit / 2) / (expected[told] + unit / 2)
    events = expected[told] / unit
    return _drawn([_beyond_chance(f, n) for f, n in zip(factors, events, strict=True)])


def _beyond_chance(factor: float, events: float) -> float:
    return max(float(np.log(factor)) ** 2 - 1.0 / max(events, 1.0), 0.0)


def _drawn(spreads: list[float]) -> float:
    total = _PRIOR_BLOCKS * _PRIOR_SPREAD**2 + sum(spreads)
    return float(min(np.sqrt(total / (_PRIOR_BLOCKS + len(spreads))), _WIDEST))
