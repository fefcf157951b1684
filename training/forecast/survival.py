"""Survival: the chance that an account has not decided to leave, or still pays, at any moment.

Two clocks run. On the *decided* clock an account leaves when it decides to: at a notice deadline,
the end of a term, a month's end. On the *paying* clock it leaves when it stops to pay for what it
decided. Customer success works by the first, money goes by the second.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.arrays.moments import DAY, NEVER
from ..dataset.book import Book
from .book_rates import MONTH_DAYS, BookRates

__all__ = ["CARRY_PER_YEAR", "Clock", "Curves", "survival_curves"]

Clock = Literal["decided", "paying"]

CARRY_PER_YEAR = 0.5
"""Share of what sets an account apart from its group that is left of it a year later."""

_YEAR = 365.25 * DAY
_MONTH = round(MONTH_DAYS * DAY)
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Curves:
    """Chances to stay, as steps.

    Parameters
    ----------
    points : DataFrame
        ``row``, ``number``, ``at_us`` (decided), ``ends_us`` (stops to pay), ``hazard`` (chance to
        leave at the point for who is there); sorted by row and number.
    known : ndarray of bool, shape (n_rows,)
        Accounts with an estimate, or with notice given.
    """

    points: pd.DataFrame
    known: np.ndarray

    def at(self, moments: IntArray, *, clock: Clock) -> FloatArray:
        """Return the chance to be a customer after each moment.

        Parameters
        ----------
        moments : ndarray of int64, shape (n_rows, n_moments)
            Microseconds.
        clock : {"decided", "paying"}

        Returns
        -------
        ndarray of float, shape (n_rows, n_moments)
            Between 0 and 1, never rising; NaN for accounts that are not known.
        """
        return np.where(self.known[:, None], np.exp(-self.hazards(moments, clock=clock)), np.nan)

    def hazards(self, moments: IntArray, *, clock: Clock) -> FloatArray:
        """Return the summed hazards up to each moment, as ``at``; the chance is exp(-hazard)."""
        points = self.points
        when = points["at_us" if clock == "decided" else "ends_us"].to_numpy()
        row = points["row"].to_numpy()
        hazard = -np.log1p(-np.minimum(points["hazard"].to_numpy(), 1 - _LEAST))
        columns = [
            np.bincount(row, np.where(when <= moments[row, k], hazard, 0.0), len(moments))
            for k in range(moments.shape[1])
        ]
        return np.stack(columns, axis=1) if columns else np.zeros(moments.shape)


def survival_curves(
    book: Book,
    estimates: pd.DataFrame,
    rates: BookRates,
    *,
    horizon_days: float = 730.0,
) -> Curves:
    """Lay the chances to leave on the coming decisions of each account.

    Parameters
    ----------
    book : Book
    estimates : DataFrame
        In the order of ``book.accounts``: ``p_churn`` (NaN without an estimate), ``p_by_us`` (until
        when it counts) and ``segment``.
    rates : BookRates
        For the decisions after those that the estimate covers.
    horizon_days : float
        Decisions beyond are left out.

    Returns
    -------
    Curves
        At ``p_by_us`` the chance on the decided clock is exactly ``1 - p_churn``.

    Notes
    -----
    An estimate that covers several points (month to month) is divided among them so that each has
    the same hazard; accounts without contracts get monthly points. At later points the log-odds
    are those of the group that has renewed before, moved by what set the account apart, of which
    half is left every year. An account that gave notice leaves at once by the decided clock, and
    at its term's end by the paying one, unless it takes the notice back.
    """
    accounts = book.accounts.join(estimates[["p_churn", "p_by_us", "segment"]])
    until = accounts["as_of_us"].to_numpy() + round(horizon_days * DAY)
    points = pd.concat([book.points, _steps_without(book, accounts, until)], ignore_index=True)
    points = points[points["at_us"].to_numpy() <= until[points["row"].to_numpy()]]
    told = accounts["notice"].to_numpy(dtype=bool)
    estimated = accounts["p_churn"].notna().to_numpy() & ~told
    points = points[estimated[points["row"].to_numpy()]]
    points = points.sort_values(["row", "number"], ignore_index=True)
    points = points.assign(hazard=_hazards(points, accounts, rates))
    both = pd.concat([points, _given(accounts, told, rates)], ignore_index=True)
    return Curves(both.sort_values(["row", "number"], ignore_index=True), estimated | told)


def _steps_without(book: Book, accounts: pd.DataFrame, until: IntArray) -> pd.DataFrame:
    """Give accounts without a decision monthly points, one of them where their estimate ends."""
    without = ~np.isin(np.arange(len(accounts)), book.points["row"].to_numpy())
    row = np.flatnonzero(without & accounts["p_churn"].notna().to_numpy())
    as_of, by = (accounts[name].to_numpy()[row] for name in ("as_of_us", "p_by_us"))
    parts = np.maximum(np.rint((by - as_of) / _MONTH), 1).astype(np.int64)
    step = np.maximum((by - as_of) // parts, 1)
    most = int(((until[row] - as_of) // step).max()) if len(row) else 0
    number = np.arange(1, most + 1)
    at = as_of[:, None] + step[:, None] * number
    at = np.where(number == parts[:, None], by[:, None], at)
    return pd.DataFrame(
        {
            "row": np.repeat(row, most),
            "number": np.tile(number, len(row)),
            "at_us": at.ravel(),
            "ends_us": at.ravel(),
        }
    )


def _hazards(points: pd.DataFrame, accounts: pd.DataFrame, rates: BookRates) -> FloatArray:
    row, at = points["row"].to_numpy(), points["at_us"].to_numpy()
    own = accounts.take(row)
    by = own["p_by_us"].to_numpy()
    # The next decision is what the estimate is about, be it a little later than it says.
    covered = (at <= by) | (points["number"].to_numpy() == 1)
    often = np.bincount(row[covered], minlength=len(accounts))[row]
    p = np.clip(own["p_churn"].to_numpy(), _LEAST, 1 - _LEAST)
    each = -np.expm1(np.log1p(-p) / np.maximum(often, 1))
    years = np.maximum(at - by, 0) / _YEAR
    apart = _log_odds(each) - _log_odds(_of_group(own, rates, renewed=None))
    later = _log_odds(_of_group(own, rates, renewed=True)) + apart * CARRY_PER_YEAR**years
    return np.asarray(np.where(covered, each, 1.0 / (1.0 + np.exp(-later))))


def _of_group(own: pd.DataFrame, rates: BookRates, *, renewed: bool | None) -> FloatArray:
    before = own["renewed"].to_numpy(dtype=bool)
    return rates.leave_rates(
        own["monthly"].to_numpy(dtype=bool),
        before if renewed is None else np.full(len(own), renewed),
        own["segment"].to_numpy(dtype=object),
    )


def _log_odds(p: FloatArray) -> FloatArray:
    return np.asarray(np.log(p) - np.log1p(-p))


def _given(accounts: pd.DataFrame, told: np.ndarray, rates: BookRates) -> pd.DataFrame:
    row = np.flatnonzero(told)
    stops = accounts["stops_us"].to_numpy()[row]
    as_of = accounts["as_of_us"].to_numpy()[row]
    return pd.DataFrame(
        {
            "row": row,
            "number": 1,
            "at_us": as_of,
            "ends_us": np.where(stops == NEVER, as_of, stops),
            "hazard": 1.0 - rates.taken_back,
        }
    )
