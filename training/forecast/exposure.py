"""How much can happen to each account by each moment: what is drawn, and what is expected."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray
from ...features.arrays.moments import DAY
from ..dataset.book import Book
from .book_rates import MONTH_DAYS, BookRates
from .survival import CARRY_PER_YEAR, Curves

__all__ = ["Exposure", "Sizes", "due_within", "exposure_of"]

_YEAR = 365.25 * DAY
_MOST = 0.95
"""No account is surer to grow or to cut back than that."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large cuts and growth are, as shares of ARR: equally likely, none where empty.

    Parameters
    ----------
    cut, growth : ndarray of float
    """

    cut: FloatArray
    growth: FloatArray

    @classmethod
    def of(cls, rates: BookRates) -> "Sizes":
        """Return the sizes of a book's rates; zero where there never was any."""
        return cls(np.array(rates.cut_sizes or (0.0,)), np.array(rates.growth_sizes or (0.0,)))

    def lost_after(self, times_grown: int) -> float:
        """Return the mean share lost by a cut of an account that has grown so many times."""
        grown = np.zeros(1)
        for _ in range(times_grown):
            grown = (grown[:, None] + self.growth[None, :]).ravel()
        return float(np.maximum(self.cut[:, None] - grown[None, :], 0.0).mean())


@dataclass(frozen=True, slots=True)
class Exposure:
    """Summed hazards of each account up to each moment; the first moment is the as-of date.

    Parameters
    ----------
    arr : ndarray of float, shape (n_accounts,)
        What each pays a year.
    decided, paying, cut, growth : ndarray of float, shape (n_accounts, n_moments)
        Hazards of having decided to leave, having stopped to pay, having cut back, and growing.
        The chance that it has not happened is ``exp(-hazard)``.
    due : ndarray of bool, shape (n_accounts, n_moments - 1)
        Whether a decision falls between two moments.
    """

    arr: FloatArray
    decided: FloatArray
    paying: FloatArray
    cut: FloatArray
    growth: FloatArray
    due: BoolArray

    def take(self, rows: IntArray) -> "Exposure":
        """Return some accounts, in the order given."""
        return Exposure(
            *(
                getattr(self, name)[rows]
                for name in ("arr", "decided", "paying", "cut", "growth", "due")
            )
        )


def exposure_of(
    book: Book,
    curves: Curves,
    estimates: pd.DataFrame,
    rates: BookRates,
    moments: IntArray,
) -> Exposure:
    """Gather what can happen to each account by each moment.

    Parameters
    ----------
    book : Book
    curves : Curves
    estimates : DataFrame
        In the order of ``book.accounts``: ``p_expand`` and ``p_contract`` (NaN without an
        estimate), ``moves_by_us`` (until when they count) and ``segment``.
    rates : BookRates
    moments : ndarray of int64, shape (n_moments,)
        Microseconds, ascending; the first is the as-of date.

    Returns
    -------
    Exposure
        Of all accounts; those that are not known have no hazard.
    """
    n = len(book.accounts)
    # What is due on the as-of date itself is still to be decided.
    edges = moments - np.append(1, np.zeros(len(moments) - 1, np.int64))
    by_row = np.broadcast_to(edges, (n, len(edges)))
    months = (by_row - moments[0]) / (MONTH_DAYS * DAY)
    lost = _hazard(rates.lost_in_month) * months
    points = curves.points
    row, at = points["row"].to_numpy(), points["at_us"].to_numpy()
    given = book.accounts["notice"].to_numpy(dtype=bool)
    decides = ~given[row]
    return Exposure(
        arr=book.accounts["arr"].to_numpy(dtype=np.float64),
        decided=curves.hazards(by_row, clock="decided") + lost,
        paying=curves.hazards(by_row, clock="paying") + lost,
        cut=_cuts(book, curves, estimates, rates, moments),
        growth=_growth(book, curves, estimates, rates, moments),
        due=due_within(row[decides], at[decides], moments, n),
    )


def _hazard(chance: float) -> float:
    return float(-np.log1p(-min(chance, 1 - 1e-9)))


def due_within(row: IntArray, at: IntArray, moments: IntArray, n: int) -> BoolArray:
    """Tell for which of ``n`` accounts something falls between two moments; the later one counts.

    What falls on the first moment counts, too.
    """
    found = np.zeros((n, len(moments) - 1), dtype=bool)
    place = np.maximum(np.searchsorted(moments, at, side="left") - 1, 0)
    ahead = at <= moments[-1]
    found[row[ahead], place[ahead]] = True
    return found


def _cuts(
    book: Book, curves: Curves, estimates: pd.DataFrame, rates: BookRates, moments: IntArray
) -> FloatArray:
    """Return hazards of cutting back, which falls on the ends of terms and of months.

    Whose term ends beyond its estimate cuts back in the midst of it, if at all before.
    """
    n = len(book.accounts)
    given = book.accounts["notice"].to_numpy(dtype=bool)
    points = curves.points[~given[curves.points["row"].to_numpy()]]
    row, ends = points["row"].to_numpy(), points["ends_us"].to_numpy()
    usual = _usual_cuts(book, estimates, rates)[row]
    until = estimates["moves_by_us"].to_numpy()
    own = _hazard_of_staying(estimates["p_contract"], curves, until)
    within = ends <= until[row]
    expected = np.bincount(row, np.where(within, usual, 0.0), n)
    times = np.divide(own, expected, out=np.ones(n), where=(expected > 0) & ~np.isnan(own))
    fades = CARRY_PER_YEAR ** (np.maximum(ends - until[row], 0) / _YEAR)
    each = usual * np.where(within, times[row], 1.0 + (times[row] - 1.0) * fades)
    columns = [np.bincount(row, np.where(ends <= moment, each, 0.0), n) for moment in moments]
    amidst = np.where((expected > 0) | given | ~curves.known, 0.0, np.nan_to_num(own))
    as_of = book.accounts["as_of_us"].to_numpy()
    passed = np.minimum(moments[None, :], until[:, None]) - as_of[:, None]
    so_far = passed / np.maximum(until - as_of, 1)[:, None]
    return np.asarray(np.stack(columns, axis=1) + amidst[:, None] * so_far)


def _usual_cuts(book: Book, estimates: pd.DataFrame, rates: BookRates) -> FloatArray:
    """Return each account's hazard at one renewal, or at the end of one month, by rates alone."""
    monthly = book.accounts["monthly"].to_numpy(dtype=bool)
    bound = np.isin(np.arange(len(monthly)), book.points["row"].to_numpy())
    at_renewal = rates.cut_rates(estimates["segment"].fillna("").to_numpy(dtype=object))
    hazard = -np.log1p(-np.minimum(at_renewal, 1 - 1e-9))
    return np.asarray(np.where(bound & ~monthly, hazard, _hazard(rates.cut_in_month)))


def _hazard_of_staying(p: pd.Series, curves: Curves, until: IntArray) -> FloatArray:
    """Return the hazard of who stays until then: who leaves neither grows nor cuts back."""
    stays = np.nan_to_num(curves.at(until[:, None], clock="decided")[:, 0], nan=1.0)
    of_staying = np.minimum(p.to_numpy(dtype=np.float64) / np.maximum(stays, _MOST / 10), _MOST)
    return np.asarray(-np.log1p(-of_staying))


def _growth(
    book: Book,
    curves: Curves,
    estimates: pd.DataFrame,
    rates: BookRates,
    moments: IntArray,
) -> FloatArray:
    """Return hazards of growth: the account's own until its estimate ends, then fading."""
    as_of = book.accounts["as_of_us"].to_numpy()
    until = estimates["moves_by_us"].to_numpy()
    month = MONTH_DAYS * DAY
    usual = _hazard(rates.growth_in_month) / month
    own = _hazard_of_staying(estimates["p_expand"], curves, until) / np.maximum(until - as_of, 1)
    own = np.where(np.isnan(own), usual, own)
    within = np.minimum(moments[None, :], until[:, None]) - as_of[:, None]
    beyond = np.maximum(moments[None, :] - until[:, None], 0)
    fades = np.log(1 / CARRY_PER_YEAR) / _YEAR
    apart = (own - usual)[:, None] * -np.expm1(-fades * beyond) / fades
    summed = own[:, None] * within + usual * beyond + apart
    given = book.accounts["notice"].to_numpy(dtype=bool)
    return np.where(given[:, None], 0.0, np.maximum(summed, 0.0))
