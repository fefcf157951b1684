"""The book drawn many times: accounts by chance, and in each draw another error of the model."""

from dataclasses import dataclass

import numpy as np

from ...features.arrays.array_types import FloatArray, IntArray
from ..evaluation.scorers import SEED
from .book_rates import BookRates
from .exposure import Exposure, Sizes

__all__ = ["AT_END", "CUT", "DRAWS", "GROSS", "GROWN", "LEAVING", "RENEWED", "Drawn", "draw"]

DRAWS = 1000
"""So many books are drawn."""

RENEWED, LEAVING, CUT, GROWN, AT_END, GROSS = range(6)
"""What is summed up: of what is due what stays and what leaves, what is cut and what grows, what is
paid at the end with growth and without."""

_AT_ONCE = 1 << 18
"""Accounts times draws that are kept in memory at a time."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Sums of money by group, period, measure and draw.

    Parameters
    ----------
    totals : ndarray of float, shape (n_groups, n_periods, 6, n_draws)
    """

    totals: FloatArray

    def range(self, *, share: float) -> tuple[FloatArray, FloatArray]:
        """Return the bounds between which so large a share of the draws lies.

        Parameters
        ----------
        share : float in (0, 1)

        Returns
        -------
        low, high : ndarray of float, shape (n_groups, n_periods, n_measures)
        """
        tail = (1 - share) / 2
        low, high = np.quantile(self.totals, [tail, 1 - tail], axis=-1)
        return low, high


@dataclass(frozen=True, slots=True)
class _Shifts:
    """By which factor all hazards are off, draw by draw."""

    leave: FloatArray
    cut: FloatArray
    growth: FloatArray

    @classmethod
    def of(cls, rates: BookRates, draws: int) -> "_Shifts":
        rng = np.random.default_rng([SEED, 1])
        # Growth is the model's and, beyond its horizon, the rate's: the less certain of both.
        grows = max(rates.growth_error, rates.growth_rate_error)
        errors = (rates.leave_error, rates.cut_error, grows)
        # Factors of mean one, so that nothing is more likely for not being known well.
        return cls(*(np.exp(rng.normal(-(e**2) / 2, e, draws)) for e in errors))


def draw(
    exposure: Exposure,
    rates: BookRates,
    cell: IntArray,
    groups: list[IntArray],
    *,
    draws: int = DRAWS,
) -> Drawn:
    """Draw the book many times and sum it up by groups.

    Parameters
    ----------
    exposure : Exposure
        Accounts in an order of their own, so that the draws do not depend on how they were read;
        those of one cell stand together.
    rates : BookRates
    cell : ndarray of int64, shape (n_accounts,)
        Cells that groups are made of: 0, 1, ... ascending.
    groups : list of ndarray of int64
        The cells of each group.
    draws : int

    Returns
    -------
    Drawn
        The same on every machine and with any number of threads.

    Notes
    -----
    In one draw all hazards are off by the same factor: a model that is too hopeful is so for all
    accounts at once, so that its error does not average out as chance does. An account leaves
    once, is cut once at most and grows twice at most within the time asked for.
    """
    n, periods = len(exposure.arr), exposure.due.shape[1]
    totals = np.zeros((len(groups), periods, 6, draws))
    if not n:
        return Drawn(totals)
    shifts, sizes = _Shifts.of(rates, draws), Sizes.of(rates)
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    width = max(_AT_ONCE // n, 1)
    for number, first in enumerate(range(0, draws, width)):
        part = slice(first, min(first + width, draws))
        rng = np.random.default_rng([SEED, 2, number])
        futures = _futures(rng, n, shifts, part, sizes)
        for period in range(periods):
            for measure, money in enumerate(_money(exposure, futures, period)):
                summed = np.add.reduceat(money, starts, axis=0)
                for place, cells in enumerate(groups):
                    totals[place, period, measure, part] = summed[cells].sum(axis=0)
    return Drawn(totals)


@dataclass(frozen=True, slots=True)
class _Futures:
    """What befalls each account in each draw: at which hazard, and how much; (accounts, draws)."""

    leaves: FloatArray
    cut: FloatArray
    cut_size: FloatArray
    grows: FloatArray
    grows_again: FloatArray
    growth_size: FloatArray


def _futures(
    rng: np.random.Generator, n: int, shifts: _Shifts, part: slice, sizes: Sizes
) -> _Futures:
    shape = (n, len(shifts.leave[part]))
    once = rng.standard_exponential(shape)
    grows = rng.standard_exponential(shape) / shifts.growth[part]
    return _Futures(
        leaves=once / shifts.leave[part],
        cut=rng.standard_exponential(shape) / shifts.cut[part],
        cut_size=sizes.cut[rng.integers(len(sizes.cut), size=shape)],
        grows=grows,
        grows_again=grows + rng.standard_exponential(shape) / shifts.growth[part],
        growth_size=sizes.growth[rng.integers(len(sizes.growth), size=shape)],
    )


def _money(exposure: Exposure, futures: _Futures, period: int) -> list[FloatArray]:
    """Return the measures of one period, each of shape (n_accounts, n_draws)."""
    before, after = period, period + 1
    arr = exposure.arr[:, None]
    due = arr * exposure.due[:, period, None]
    stays = futures.leaves >= exposure.decided[:, after, None]
    there = futures.leaves >= exposure.decided[:, before, None]
    pays = arr * (futures.leaves >= exposure.paying[:, after, None])
    cut = futures.cut < exposure.cut[:, after, None]
    newly_cut = cut & (futures.cut >= exposure.cut[:, before, None])
    grown = _times(exposure.growth[:, after], futures)
    newly_grown = grown - _times(exposure.growth[:, before], futures)
    growth, loss = grown * futures.growth_size, cut * futures.cut_size
    return [
        due * stays,
        due * (there & ~stays),
        pays * newly_cut * futures.cut_size,
        pays * newly_grown * futures.growth_size,
        pays * (1.0 + growth - loss),
        pays * np.minimum(1.0 + growth - loss, 1.0),
    ]


def _times(hazard: FloatArray, futures: _Futures) -> FloatArray:
    """Return how often each account has grown by then, at most twice."""
    reached = hazard[:, None]
    return (futures.grows < reached).astype(np.float64) + (futures.grows_again < reached)
