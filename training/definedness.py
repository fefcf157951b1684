"""Which figure exists for which rows."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from ..features.arrays.array_types import BoolArray
from .levels import Levels, Weights, levels_of

__all__ = ["defined", "require", "undefined_because", "why_undefined"]


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
    return np.asarray((levels.weight > 0).sum(axis=1) <= 1)


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
