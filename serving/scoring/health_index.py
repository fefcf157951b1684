"""From a probability to an index people can read, and from numbers to bands."""

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray, TextArray
from ...features.schema.bands import BANDS

__all__ = ["cut_by_capacity", "health_index", "p_of_index", "with_hysteresis"]


_ANCHORS = (100.0, 70.0, 50.0, 25.0, 0.0)
_STEADY_POINTS = 10.0


def health_index(p_churn: FloatArray, base_rate: float) -> FloatArray:
    """Return the health index of churn probabilities, anchored to the base rate.

    Parameters
    ----------
    p_churn : ndarray of float, shape (n_accounts,)
        Calibrated probability of churn, 0 to 1; NaN stays NaN.
    base_rate : float
        Churn rate the model was trained at.

    Returns
    -------
    ndarray of float
        0 to 100, higher is healthier: 70 at the base rate, 50 at twice, 25 at four times.

    Notes
    -----
    With a raw ``1 - p`` and a base rate of 10 % nearly everybody would stand between 85 and 99.
    Where four times the base rate is no probability, the index is ``100 * (1 - p)``.

    Examples
    --------
    >>> health_index(np.array([0.0, 0.1, 0.2, 0.4, 1.0]), 0.1).tolist()
    [100.0, 70.0, 50.0, 25.0, 0.0]
    """
    if not 0 < 4 * base_rate < 1:
        return 100.0 * (1.0 - p_churn)
    points = [0.0, base_rate, 2 * base_rate, 4 * base_rate, 1.0]
    return np.where(np.isnan(p_churn), np.nan, np.interp(p_churn, points, _ANCHORS))


def p_of_index(index: FloatArray, base_rate: float) -> FloatArray:
    """Return the churn probability that a health index stands for; see ``health_index``.

    Parameters
    ----------
    index : ndarray of float, shape (n_accounts,)
        0 to 100; NaN stays NaN.
    base_rate : float
        NaN gives NaN.

    Returns
    -------
    ndarray of float

    Examples
    --------
    >>> p_of_index(np.array([70.0, 50.0, 25.0]), 0.1).round(12).tolist()
    [0.1, 0.2, 0.4]
    """
    if np.isnan(base_rate):
        return np.full(len(index), np.nan)
    if not 0 < 4 * base_rate < 1:
        return 1.0 - index / 100.0
    points = [1.0, 4 * base_rate, 2 * base_rate, base_rate, 0.0]
    return np.where(np.isnan(index), np.nan, np.interp(index, _ANCHORS[::-1], points))


def cut_by_capacity(raw: TextArray, index: FloatArray, capacity: int) -> TextArray:
    """Return bands in which as many accounts are low as can be worked on, and no more.

    Parameters
    ----------
    raw : ndarray of str, shape (n_accounts,)
        Bands by fixed cuts.
    index : ndarray of float
        The values they were read from; of equal ones the earlier counts as lower, so give the
        accounts in an order that does not depend on how they were read.
    capacity : int
        The lowest so many become low; the others are at least medium, unknown ones stay unknown.

    Returns
    -------
    ndarray of str

    Examples
    --------
    >>> raw = np.array(["low", "low", "high", "unknown"], object)
    >>> cut_by_capacity(raw, np.array([20.0, 40.0, 90.0, np.nan]), 1).tolist()
    ['low', 'medium', 'high', 'unknown']
    """
    known = ~np.isnan(index)
    place = np.argsort(np.where(known, index, np.inf), kind="stable").argsort()
    lowest = known & (place < capacity)
    return np.where(lowest, "low", np.where(raw == "low", "medium", raw)).astype(object)


def with_hysteresis(raw: TextArray, index: FloatArray, previous: pd.DataFrame) -> TextArray:
    """Return bands that change only on the second reading or after a real move.

    Parameters
    ----------
    raw : ndarray of str, shape (n_accounts,)
        Bands of this reading.
    index : ndarray of float
        The values they were read from.
    previous : DataFrame
        Same order: ``band`` as shown last, ``raw_band`` and ``index`` of that reading; missing for
        an account that was not scored before.

    Returns
    -------
    ndarray of str

    Examples
    --------
    >>> before = pd.DataFrame({"band": ["high"], "raw_band": ["high"], "index": [71.0]})
    >>> with_hysteresis(np.array(["medium"], object), np.array([69.0]), before).tolist()
    ['high']
    """
    shown = previous["band"].to_numpy(dtype=object)
    again = raw == previous["raw_band"].to_numpy(dtype=object)
    moved = np.abs(index - previous["index"].to_numpy(dtype=float)) >= _STEADY_POINTS
    first = ~np.isin(shown, BANDS) | (raw == "unknown")
    return np.where(first | again | moved, raw, shown).astype(object)
