"""The outlook of a book: survival of each account, and what is due, stays and is paid by period."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray
from ...features.arrays.as_of_rows import to_microseconds
from ...features.arrays.moments import DAY, timestamps
from ..dataset.book import Book
from .book_rates import BookRates
from .draws import AT_END, DRAWS, GROSS, LEAVING, draw
from .expected import expected_change, expected_money
from .exposure import Exposure, Sizes, due_within, exposure_of
from .survival import Clock, Curves, survival_curves

__all__ = ["GROUPINGS", "SHARE", "SURVIVAL_DAYS", "UNITS", "Outlook", "Unit", "period_moments"]

Unit = Literal["quarter", "month"]
UNITS = {"quarter": ("Q", 4), "month": ("M", 12)}
"""Calendar periods by name: pandas' letter, and how many whole ones follow the running one."""

GROUPINGS = ("all", "segment", "csm")
SHARE = 0.8
"""Part of the draws that lies inside the ranges."""

SURVIVAL_DAYS = (30, 90, 180, 365)
_CHANGE_DAYS = 365
_DIGITS = 4
_COUNTS = ("accounts", "accounts_without_arr", "accounts_due")
_MEASURES = ("renewed", "leaving", "contracted", "expanded", "arr_end", "arr_kept")


@dataclass(frozen=True, slots=True)
class Outlook:
    """The book of one date, with the chances laid on it.

    Parameters
    ----------
    book : Book
        Of one as-of date.
    estimates : DataFrame
        In its order: ``p_churn``, ``p_by_us``, ``p_called`` (chance to leave that a person's
        override stands for; NaN without one), ``p_expand``, ``p_contract`` (NaN without an
        estimate), ``moves_by_us`` (until when these two count), ``segment``, ``csm_id``.
    rates : BookRates
    curves : Curves
    """

    book: Book
    estimates: pd.DataFrame
    rates: BookRates
    curves: Curves

    @classmethod
    def of(cls, book: Book, estimates: pd.DataFrame, rates: BookRates) -> "Outlook":
        """Lay the chances on a book; see ``survival_curves``."""
        return cls(book, estimates, rates, survival_curves(book, estimates, rates))

    @property
    def as_of(self) -> int:
        """The as-of date in microseconds; 0 for an empty book."""
        moments = self.book.accounts["as_of_us"]
        return int(moments.iloc[0]) if len(moments) else 0

    def survival(
        self, days: tuple[int, ...] = SURVIVAL_DAYS, *, clock: Clock = "decided"
    ) -> pd.DataFrame:
        """Return the chance to be a customer after some days, as lifelines lays it out.

        Parameters
        ----------
        days : tuple of int
        clock : {"decided", "paying"}
            Whether an account is gone when it has decided to leave, or when it stops to pay.

        Returns
        -------
        DataFrame
            Index ``days``, one column an account; NaN without an estimate. Never rises.
        """
        moments = self.as_of + np.array(days, dtype=np.int64) * DAY
        grid = np.broadcast_to(moments, (len(self.book.accounts), len(moments)))
        found = self.curves.at(grid, clock=clock)
        ids = pd.Index(self.book.accounts["account_id"], name="account_id")
        return pd.DataFrame(found.T, index=pd.Index(days, name="days"), columns=ids)

    def steps(self, account_id: str) -> pd.DataFrame:
        """Return the points of one account's curve, ready to be drawn as steps.

        Parameters
        ----------
        account_id : str

        Returns
        -------
        DataFrame
            One row a coming decision: ``decision_at`` and ``ends_at`` (UTC), ``leaves`` (chance to
            leave there for who is still a customer), ``survival`` (chance to be one afterwards).
            Empty without an estimate.
        """
        row = np.flatnonzero(self.book.accounts["account_id"] == account_id)
        points = self.curves.points[self.curves.points["row"].isin(row)]
        stays = 1.0 - points["hazard"].to_numpy()
        return pd.DataFrame(
            {
                "decision_at": timestamps(points["at_us"].to_numpy()),
                "ends_at": timestamps(points["ends_us"].to_numpy()),
                "leaves": 1.0 - stays,
                "survival": np.cumprod(stays),
            }
        )

    def expected_change(self) -> FloatArray:
        """Return by how much each account's ARR is expected to change within a year.

        Returns
        -------
        ndarray of float, shape (n_accounts,)
            Money a year, in the order of the book; NaN without an estimate or without money.
        """
        moments = np.array([self.as_of, self.as_of + _CHANGE_DAYS * DAY])
        change = expected_change(self._exposure(moments), Sizes.of(self.rates))
        return np.where(self.curves.known, change, np.nan)

    def table(
        self, unit: Unit = "quarter", *, periods: int | None = None, draws: int = DRAWS
    ) -> pd.DataFrame:
        """Return the forecast by period and group.

        Parameters
        ----------
        unit : {"quarter", "month"}
        periods : int, optional
            Whole periods after the running one; 4 quarters or 12 months by default.
        draws : int

        Returns
        -------
        DataFrame
            As the result ``forecast`` is declared; empty where nobody pays.
        """
        if unit not in UNITS:
            raise ValueError(f"`unit` must be one of {list(UNITS)}, got {unit!r}.")
        moments, names = period_moments(self.as_of, unit, periods)
        parts = [
            _frame(grouping, group, figures, moments, names)
            for grouping, group, figures in self._groups(moments, draws)
        ]
        if not parts:
            return pd.DataFrame()
        found = pd.concat(parts, ignore_index=True)
        found = found.astype(dict.fromkeys(_COUNTS, np.int64))
        return found.assign(as_of=timestamps(np.array([self.as_of]))[0], unit=unit)

    def retention(self, moments: IntArray, *, draws: int = DRAWS) -> pd.DataFrame:
        """Return gross and net retention of the whole book at some moments, with ranges.

        Parameters
        ----------
        moments : ndarray of int64
            Microseconds, ascending, after the as-of date.
        draws : int

        Returns
        -------
        DataFrame
            One row a moment: ``grr``, ``nrr`` and their bounds; without rows where nobody pays.
        """
        names = [f"{name}{bound}" for name in ("grr", "nrr") for bound in ("", "_low", "_high")]
        edges = np.append(self.as_of, moments).astype(np.int64)
        whole = [figures for _, _, figures in self._groups(edges, draws, ("all",))]
        return pd.DataFrame({name: whole[0][name] if whole else [] for name in names})

    def cohort(self) -> BoolArray:
        """Tell which accounts retention is about: they pay a known amount and have an estimate.

        Returns
        -------
        ndarray of bool, shape (n_accounts,)
        """
        accounts = self._paying()
        found = np.zeros(len(self.book.accounts), dtype=bool)
        found[accounts.loc[accounts["known"], "row"].to_numpy()] = True
        return found

    def _exposure(self, moments: IntArray) -> Exposure:
        return exposure_of(self.book, self.curves, self.estimates, self.rates, moments)

    def _groups(
        self, moments: IntArray, draws: int, groupings: tuple[str, ...] = GROUPINGS
    ) -> Iterator[tuple[str, str, dict[str, FloatArray]]]:
        accounts = self._paying()
        if accounts.empty:
            return
        exposure = self._exposure(moments)
        asked = accounts[accounts["known"]].sort_values(["cell", "account_id"])
        mine = exposure.take(asked["row"].to_numpy())
        expected = expected_money(mine, Sizes.of(self.rates))
        listed = [
            (grouping, str(group), np.sort(part["cell"].unique()))
            for grouping in groupings
            for group, part in accounts.groupby(grouping)
        ]
        place = np.unique(asked["cell"].to_numpy(), return_inverse=True)
        cells = [np.flatnonzero(np.isin(place[0], group)) for _, _, group in listed]
        low, high = draw(mine, self.rates, place[1], cells, draws=draws).range(share=SHARE)
        due = self._due(moments)
        called = self._called(moments)
        for number, (grouping, group, held) in enumerate(listed):
            here = accounts[accounts["cell"].isin(held)]
            inside = asked["cell"].isin(held).to_numpy()
            bounds = expected[inside].sum(axis=0), low[number], high[number]
            now = mine.arr[inside].sum() if _tells(here) else 0.0
            figures = _figures(now, *bounds)
            figures["leaving_called"] = _summed(called, here[here["known"]]["row"].to_numpy())
            yield grouping, group, _stated(here, due, moments) | figures

    def _called(self, moments: IntArray) -> FloatArray:
        """Return what leaves of each account where a person's override speaks of more than that.

        Shape (n_accounts, n_periods + 1); the last column marks the accounts with an override.
        """
        said = self.estimates["p_called"].to_numpy(dtype=np.float64)
        worse = self.estimates["p_churn"].where(
            ~(self.estimates["p_churn"] < said), self.estimates["p_called"]
        )
        other = Outlook.of(self.book, self.estimates.assign(p_churn=worse), self.rates)
        left = expected_money(other._exposure(moments), Sizes.of(self.rates))[:, :, LEAVING]
        return np.column_stack([left, ~np.isnan(said) & self.curves.known])

    def _paying(self) -> pd.DataFrame:
        """Return the accounts that pay, with the cell each belongs to, known and unknown."""
        book = self.book.accounts
        frame = pd.DataFrame(
            {
                "row": np.arange(len(book)),
                "account_id": book["account_id"],
                "arr": book["arr"],
                "known": self.curves.known,
                "stops_us": book["stops_us"],
                "notice": book["notice"],
                "all": "",
                "segment": self.estimates["segment"].fillna("").to_numpy(),
                "csm": self.estimates["csm_id"].fillna("").to_numpy(),
            }
        )
        frame = frame[book["custom"].isin(["paying", "grace", ""]).to_numpy()]
        frame = frame[~(frame["arr"] <= 0)]
        frame = frame.assign(cell=frame.groupby(["segment", "csm"]).ngroup())
        return frame.assign(known=frame["known"] & frame["arr"].notna())

    def _due(self, moments: IntArray) -> BoolArray:
        points = self.book.points
        given = self.book.accounts["notice"].to_numpy(dtype=bool)
        row, at = points["row"].to_numpy(), points["at_us"].to_numpy()
        decides = ~given[row]
        return due_within(row[decides], at[decides], moments, len(given))


def period_moments(
    as_of: int, unit: Unit, periods: int | None = None
) -> tuple[IntArray, list[str]]:
    """Return where calendar periods begin and end, and their names.

    Parameters
    ----------
    as_of : int
        Microseconds; the first period begins here, in the midst of a calendar period or not.
    unit : {"quarter", "month"}
    periods : int, optional
        Whole periods after the running one.

    Returns
    -------
    moments : ndarray of int64
        One more than there are names.
    names : list of str

    Examples
    --------
    >>> period_moments(0, "quarter", 1)[1]
    ['1970-Q1', '1970-Q2']
    """
    letter, most = UNITS[unit]
    today = timestamps(np.array([as_of]))[0].tz_localize(None)
    listed = pd.period_range(today, periods=1 + (most if periods is None else periods), freq=letter)
    ends = to_microseconds(pd.DatetimeIndex([(one + 1).start_time for one in listed]))
    names = [
        f"{one.year}-Q{one.quarter}" if unit == "quarter" else f"{one.year}-{one.month:02d}"
        for one in listed
    ]
    return np.append(as_of, ends).astype(np.int64), names


def _tells(accounts: pd.DataFrame) -> bool:
    """Return whether more is known of some accounts than which of them gave notice."""
    known = accounts["known"]
    return bool(known.all() or (known & ~accounts["notice"].astype(bool)).any())


def _summed(called: FloatArray, rows: IntArray) -> FloatArray:
    """Return the sums over some accounts; NaN where no person spoke of any of them."""
    money, spoken = called[rows, :-1].sum(axis=0), called[rows, -1].any()
    return np.where(spoken, money, np.nan)


def _stated(accounts: pd.DataFrame, due: BoolArray, moments: IntArray) -> dict[str, FloatArray]:
    """Return what is known without any chance: money now, due, given notice, not estimated."""
    arr = accounts["arr"].fillna(0.0).to_numpy()
    falls = due[accounts["row"].to_numpy()]
    blind = ~accounts["known"].to_numpy()
    given = accounts["notice"].to_numpy(dtype=bool)
    stops = np.maximum(accounts["stops_us"].to_numpy(), moments[0] + 1)
    place = np.searchsorted(moments, stops, side="left") - 1
    periods = len(moments) - 1
    inside = given & (place < periods)
    return {
        "accounts": np.full(periods, float(len(accounts))),
        "accounts_without_arr": np.full(periods, float(accounts["arr"].isna().sum())),
        "arr": np.full(periods, arr.sum()),
        "arr_without_estimate": np.full(periods, arr[blind].sum()),
        "accounts_due": falls.sum(axis=0).astype(np.float64),
        "arr_due": (arr[:, None] * falls).sum(axis=0),
        "arr_due_without_estimate": (arr[blind, None] * falls[blind]).sum(axis=0),
        "arr_notice": np.bincount(place[inside], arr[inside], periods),
    }


def _figures(
    now: float, middle: FloatArray, low: FloatArray, high: FloatArray
) -> dict[str, FloatArray]:
    """Return what is expected of a group, each with its range; from (n_periods, n_measures)."""
    figures: dict[str, FloatArray] = {}
    for measure, name in enumerate(_MEASURES):
        for bound, money in (("", middle), ("_low", low), ("_high", high)):
            figures[f"{name}{bound}"] = money[:, measure]
    for name, measure in (("grr", GROSS), ("nrr", AT_END)):
        for bound in ("", "_low", "_high"):
            money = figures[f"{_MEASURES[measure]}{bound}"]
            figures[f"{name}{bound}"] = money / now if now > 0 else np.full(len(money), np.nan)
    return figures


def _frame(
    grouping: str, group: str, figures: dict[str, FloatArray], moments: IntArray, names: list[str]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "period": names,
            "starts_at": timestamps(moments[:-1]),
            "ends_at": timestamps(moments[1:]),
            "grouping": grouping,
            "group": group,
            **{name: np.round(values, _DIGITS) for name, values in figures.items()},
        }
    )
