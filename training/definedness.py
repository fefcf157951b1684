"""Which rows can be scored, and which figure exists for them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["Weights", "checked_rows", "require", "undefined_because"]

FloatArray = npt.NDArray[np.float64]
Weights = npt.ArrayLike | None


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
    labels, probabilities, weights = checked_rows(y, p, weight)
    used = weights > 0
    labels, probabilities = labels[used], probabilities[used]
    for reason, holds in _UNDEFINED.get(scorer, ()):
        if holds(labels, probabilities):
            return reason
    return None


def _nobody(y: FloatArray, p: FloatArray) -> bool:
    return not (y == 1).any()


def _everybody(y: FloatArray, p: FloatArray) -> bool:
    return not (y == 0).any()


def _equal(y: FloatArray, p: FloatArray) -> bool:
    return bool(np.ptp(p) == 0)


def _separated(y: FloatArray, p: FloatArray) -> bool:
    hit, miss = p[y == 1], p[y == 0]
    return bool(hit.min() >= miss.max() or hit.max() <= miss.min())


_Condition = tuple[str, Callable[[FloatArray, FloatArray], bool]]
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


def require(scorer: str, y: FloatArray, p: FloatArray, weight: FloatArray) -> None:
    """Raise a ValueError that says why a figure does not exist, if it does not."""
    reason = undefined_because(scorer, y, p, weight)
    if reason is not None:
        raise ValueError(f"`{scorer}` is undefined because {reason}; score more accounts.")


def checked_rows(
    y: npt.ArrayLike, p: npt.ArrayLike, weight: Weights
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return labels, probabilities and weights as flat arrays of equal length.

    Parameters
    ----------
    y : array of shape (n,)
        0 or 1.
    p : array of shape (n,)
        Between 0 and 1.
    weight : array of shape (n,), optional
        1 each by default.

    Returns
    -------
    tuple of ndarray of float

    Raises
    ------
    ValueError
        If there is no row of positive weight, shapes differ, or values are out of range.

    Examples
    --------
    >>> checked_rows([1], [0.5], None)
    (array([1.]), array([0.5]), array([1.]))
    """
    labels, probabilities = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    weights = np.ones(len(labels)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not labels.shape == probabilities.shape == weights.shape or labels.ndim != 1:
        raise ValueError(
            "`y`, `p` and `weight` must be flat and of equal length, got shapes "
            f"{labels.shape!r}, {probabilities.shape!r} and {weights.shape!r}."
        )
    if len(labels) == 0 or weights.sum() <= 0:
        raise ValueError("`y` must hold at least one row of positive weight, got none.")
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise ValueError("`p` must lie between 0 and 1 in every row; drop rows without one.")
    if not ((labels == 0) | (labels == 1)).all():
        raise ValueError("`y` must be 0 or 1 in every row; drop rows without a label.")
    return labels, probabilities, weights
