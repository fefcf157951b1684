"""What is expected of a book, worked out without drawing: the middle that ranges lie around."""

import numpy as np

from ...features.arrays.array_types import FloatArray
from .exposure import Exposure, Sizes

__all__ = ["expected_change", "expected_money"]


def expected_money(exposure: Exposure, sizes: Sizes) -> FloatArray:
    """Return what is expected of each account in each period.

    Parameters
    ----------
    exposure : Exposure
    sizes : Sizes

    Returns
    -------
    ndarray of float, shape (n_accounts, n_periods, 6)
        The measures of ``draws``, at the model's own chances.
    """
    arr = exposure.arr[:, None]
    decided, pays = np.exp(-exposure.decided), arr * np.exp(-exposure.paying[:, 1:])
    due = arr * exposure.due
    cut = -np.expm1(-exposure.cut)
    times = _times_grown(exposure.growth)
    mean_cut, mean_growth = float(sizes.cut.mean()), float(sizes.growth.mean())
    gross = 1.0 - cut[:, 1:] * _lost(exposure.growth[:, 1:], sizes)
    return np.stack(
        [
            due * decided[:, 1:],
            due * (decided[:, :-1] - decided[:, 1:]),
            pays * np.diff(cut, axis=1) * mean_cut,
            pays * np.diff(times, axis=1) * mean_growth,
            pays * (1.0 + times[:, 1:] * mean_growth - cut[:, 1:] * mean_cut),
            pays * gross,
        ],
        axis=2,
    )


def expected_change(exposure: Exposure, sizes: Sizes) -> FloatArray:
    """Return by how much each account's ARR is expected to change until the last moment.

    Parameters
    ----------
    exposure : Exposure
    sizes : Sizes

    Returns
    -------
    ndarray of float, shape (n_accounts,)
        Per year; minus is less. NaN where the ARR is unknown.
    """
    stays = np.exp(-exposure.paying[:, -1])
    cut = -np.expm1(-exposure.cut[:, -1]) * sizes.cut.mean()
    growth = _times_grown(exposure.growth[:, -1]) * sizes.growth.mean()
    return np.asarray(exposure.arr * (stays * (1.0 + growth - cut) - 1.0))


def _times_grown(hazard: FloatArray) -> FloatArray:
    """Return how often an account is expected to have grown, at most twice."""
    once = -np.expm1(-hazard)
    return np.asarray(once + (once - hazard * np.exp(-hazard)))


def _lost(hazard: FloatArray, sizes: Sizes) -> FloatArray:
    """Return the mean share that a cut takes below what was paid, growth set off against it."""
    never, once = np.exp(-hazard), hazard * np.exp(-hazard)
    lost = [sizes.lost_after(times) for times in range(3)]
    return np.asarray(never * lost[0] + once * lost[1] + (1.0 - never - once) * lost[2])
