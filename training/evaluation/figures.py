"""The arithmetic of the scorers: one figure per resample, from the weights at each probability.

What each figure means stands in ``quality``, by the same name.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ...features.arrays.array_types import BoolArray, FloatArray
from ..models.calibration import Prior, fit_logit
from .ranked_rows import Levels, Weights, levels_of

__all__ = [
    "CAPACITY",
    "brier",
    "calibration_intercept",
    "calibration_slope",
    "defined",
    "expected_calibration_error",
    "lift_at",
    "log_loss",
    "pr_auc",
    "precision_at",
    "recall_at",
    "require",
    "roc_auc",
    "undefined_because",
    "why_undefined",
]


def undefined_because(
    scorer: str, y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights = None
) -> str | None:
    """Return why a figure does not exist for these rows, or None if it does.

    Parameters
    ----------
    scorer : str
        Name of a function of ``quality``.
    y, p, weight : arrays of shape (n,)
        Labels, probabilities and weights of the rows.

    Returns
    -------
    str or None

    Raises
    ------
    ValueError
        As in ``checked_rows``.

    Examples
    --------
    >>> undefined_because("roc_auc", [0, 0], [0.1, 0.2])
    'nobody has the outcome'
    >>> undefined_because("brier", [0, 0], [0.1, 0.2]) is None
    True
    """
    return why_undefined(scorer, levels_of(y, p, weight))


def why_undefined(scorer: str, levels: Levels) -> str | None:
    """Return why a figure does not exist for one of the resamples, or None if it does."""
    conditions = _UNDEFINED.get(scorer, ())
    return next((reason for reason, lacks in conditions if lacks(levels).any()), None)


def defined(scorer: str, levels: Levels) -> BoolArray:
    """Tell for which resamples a figure exists, shape (n_resamples,)."""
    lacking = [lacks(levels) for _, lacks in _UNDEFINED.get(scorer, ())]
    never = np.zeros(len(levels.hit), dtype=np.bool_)
    return np.asarray(~np.any([never, *lacking], axis=0))


def require(scorer: str, levels: Levels) -> None:
    """Raise a ValueError that says why a figure does not exist, if it does not."""
    reason = why_undefined(scorer, levels)
    if reason is not None:
        raise ValueError(f"`{scorer}` is undefined because {reason}; score more accounts.")


def _nobody(levels: Levels) -> BoolArray:
    return np.asarray(levels.hit.max(axis=1) <= 0)


def _everybody(levels: Levels) -> BoolArray:
    return np.asarray(levels.miss.max(axis=1) <= 0)


def _equal(levels: Levels) -> BoolArray:
    used = levels.weight > 0
    return np.asarray(levels.p[_last(used)] - levels.p[_first(used)] <= EDGE)


def _separated(levels: Levels) -> BoolArray:
    hit, miss = levels.hit > 0, levels.miss > 0
    return np.asarray((_first(hit) >= _last(miss)) | (_last(hit) <= _first(miss)))


def _first(used: BoolArray) -> npt.NDArray[np.intp]:
    return np.asarray(np.argmax(used, axis=1))


def _last(used: BoolArray) -> npt.NDArray[np.intp]:
    return np.asarray(used.shape[1] - 1 - np.argmax(used[:, ::-1], axis=1))


_Condition = tuple[str, Callable[[Levels], BoolArray]]
_NOBODY: _Condition = ("nobody has the outcome", _nobody)
_EVERYBODY: _Condition = ("everybody has the outcome", _everybody)
_EQUAL: _Condition = ("all probabilities are equal", _equal)
_SEPARATED: _Condition = ("the probabilities separate the classes", _separated)

_UNDEFINED: dict[str, tuple[_Condition, ...]] = {
    "roc_auc": (_NOBODY, _EVERYBODY),
    "pr_auc": (_NOBODY,),
    "recall_at": (_NOBODY,),
    "lift_at": (_NOBODY,),
    "calibration_slope": (_NOBODY, _EVERYBODY, _EQUAL, _SEPARATED),
    "calibration_intercept": (_NOBODY, _EVERYBODY),
}


# Share of the accounts that a team is taken to be able to work on.
CAPACITY = 0.10
N_BINS = 10
# Probabilities nearer to 0 or 1 than this count as this near, or one sure miss would be infinite.
EDGE = 1e-12


def roc_auc(levels: Levels) -> FloatArray:
    """Return the chance that an account with the outcome ranks above one without."""
    hit, miss = levels.hit, levels.miss
    below = np.cumsum(miss, axis=1) - miss / 2
    return _total(hit * below) / (_total(hit) * _total(miss))


def pr_auc(levels: Levels) -> FloatArray:
    """Return the average precision over the accounts with the outcome."""
    hit = levels.hit
    found = np.cumsum(hit[:, ::-1], axis=1)[:, ::-1]
    contacted = levels.reached[:, -1:] - levels.reached + levels.weight
    return _total(hit * found / np.where(contacted > 0, contacted, 1.0)) / _total(hit)


def log_loss(levels: Levels) -> FloatArray:
    """Return the mean negative log-likelihood."""
    p = np.clip(levels.p, EDGE, 1 - EDGE)
    return -(levels.hit @ np.log(p) + levels.miss @ np.log1p(-p)) / _total(levels.weight)


def brier(levels: Levels) -> FloatArray:
    """Return the mean squared distance of probability and outcome."""
    p = levels.p
    return (levels.hit @ (1 - p) ** 2 + levels.miss @ p**2) / _total(levels.weight)


def precision_at(levels: Levels, share: float = CAPACITY) -> FloatArray:
    """Return the share with the outcome among the accounts contacted."""
    hit, miss = _contacted(levels, share)
    return hit / (hit + miss)


def recall_at(levels: Levels, share: float = CAPACITY) -> FloatArray:
    """Return the share of the outcomes that the contacted accounts hold."""
    return _contacted(levels, share)[0] / _total(levels.hit)


def lift_at(levels: Levels, share: float = CAPACITY) -> FloatArray:
    """Return how much denser the outcome is among the contacted accounts than overall."""
    return precision_at(levels, share) / (_total(levels.hit) / _total(levels.weight))


def expected_calibration_error(levels: Levels) -> FloatArray:
    """Return by how much probability and rate differ, on average over ten groups."""
    # Each level covers an interval of mass; a bin takes the part of the interval inside it.
    end = levels.reached
    gap = np.cumsum(levels.weight * levels.p - levels.hit, axis=1)
    share = np.linspace(0, 1, N_BINS + 1)
    reached = [
        np.interp(share * mass[-1], np.r_[0.0, mass], np.r_[0.0, lack])
        for mass, lack in zip(end, gap, strict=True)
    ]
    off = np.abs(np.diff(np.reshape(reached, (-1, N_BINS + 1)), axis=1))
    return _total(off) / end[:, -1]


def calibration_slope(levels: Levels) -> FloatArray:
    """Return Cox's slope: what the log-odds should have been multiplied by."""
    y, log_odds = _both_outcomes(levels)
    design = np.column_stack([np.ones(len(y)), log_odds])
    free = Prior(np.array([0.0, 1.0]), np.zeros(2))
    return np.array(
        [fit_logit(design, y, prior=free, weight=weight)[1] for weight in _weights(levels)]
    )


def calibration_intercept(levels: Levels) -> FloatArray:
    """Return calibration in the large: what should have been added to the log-odds."""
    y, log_odds = _both_outcomes(levels)
    ones, free = np.ones((len(y), 1)), Prior(np.zeros(1), np.zeros(1))
    return np.array(
        [
            fit_logit(ones, y, prior=free, weight=weight, offset=log_odds)[0]
            for weight in _weights(levels)
        ]
    )


def _total(weight: FloatArray) -> FloatArray:
    return np.asarray(weight.sum(axis=1))


def _contacted(levels: Levels, share: float) -> tuple[FloatArray, FloatArray]:
    """Return the weight contacted with and without the outcome; equal ones count in part, alike."""
    if not 0 < share <= 1:
        raise ValueError(f"`share` must lie in (0, 1], got {share!r}.")
    total = levels.reached[:, -1:]
    capacity = share * total
    # Above the first level that anybody's capacity reaches there is little left to look at.
    first = int(np.argmax((total - levels.reached < capacity).any(axis=0)))
    weight = levels.weight[:, first:]
    taken = np.clip(capacity - (total - levels.reached[:, first:]), 0.0, weight)
    part = np.divide(taken, weight, out=np.zeros_like(taken), where=weight > 0)
    return _total(part * levels.hit[:, first:]), _total(part * levels.miss[:, first:])


def _both_outcomes(levels: Levels) -> tuple[FloatArray, FloatArray]:
    """Return labels and log-odds of two rows per level, one with and one without the outcome."""
    p = np.clip(levels.p, EDGE, 1 - EDGE)
    log_odds = np.log(p) - np.log1p(-p)
    return np.repeat([1.0, 0.0], len(p)), np.tile(log_odds, 2)


def _weights(levels: Levels) -> FloatArray:
    return np.concatenate([levels.hit, levels.miss], axis=1)
