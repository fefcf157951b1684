"""What the past says of a book: how often customers renew, cut back, grow, or drop out."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray
from ...features.arrays.moments import DAY
from ..dataset.past_decisions import Past
from ..models.stored_state import StoredBookRates
from .late_renewals import LateRenewals, learn_lateness
from .model_error import rate_error

__all__ = ["MONTH_DAYS", "BookRates", "CutRate", "LeaveRate", "learn_rates"]

MONTH_DAYS = 365.25 / 12
_TRUST = 20.0
"""A rate counts as much as that of the larger group when it rests on so many decisions."""
_PRIOR = (0.05, 20.0)
"""Where nothing is known: a rate, and the decisions that it counts for."""
_CUT, _GROWN = -0.05, 0.05
"""Changes of ARR within one step that count, as shares of what was paid."""
_SIZES = np.linspace(0.05, 0.95, 10)
_LISTS = ("leave", "cut_by_segment", "cut_sizes", "growth_sizes")
_QUARTER = 91 * DAY


@dataclass(frozen=True, slots=True)
class LeaveRate:
    """How often one group decided to leave.

    Parameters
    ----------
    monthly : bool
        Decides by the month, not at the end of a term.
    renewed : bool or None
        Had renewed before; None for both.
    segment : str or None
        None for all.
    decisions, left : int
    rate : float
        Chance to leave at one decision, drawn towards the larger group.
    """

    monthly: bool
    renewed: bool | None
    segment: str | None
    decisions: int
    left: int
    rate: float


@dataclass(frozen=True, slots=True)
class CutRate:
    """How often one segment cut back at a renewal that was kept.

    Parameters
    ----------
    segment : str
    renewals, cuts : int
    rate : float
        Chance to cut back at one, drawn towards that of all.
    """

    segment: str
    renewals: int
    cuts: int
    rate: float


@dataclass(frozen=True, slots=True)
class BookRates:
    """Rates of a book, learned from what is over.

    Parameters
    ----------
    leave : tuple of LeaveRate
        Larger groups before their parts.
    cut_at_renewal, cut_in_month : float
        Chance to cut back at a renewal that is kept, and in a month where there are no terms.
    cut_by_segment : tuple of CutRate
        The first of them by segment, where one is known.
    cut_sizes : tuple of float
        Shares of ARR that such cuts take: equally likely sizes, ascending.
    growth_in_month : float
        Chance to grow in a month, for accounts without an estimate of their own.
    growth_sizes : tuple of float
        Shares of ARR that such growth adds.
    lost_in_month : float
        Chance to end otherwise than by a decision: unpaid bills, ends in the midst of a term.
    taken_back : float
        Chance that a notice is withdrawn.
    leave_error, growth_error : float
        Standard deviation, between past blocks of time, of the logarithm by which what came
        differed from what the model had said.
    cut_error, growth_rate_error : float
        The same between past quarters, of the share of all money that was cut, or added.
    late : LateRenewals
        How long after a term's end its renewal came.
    """

    leave: tuple[LeaveRate, ...] = ()
    cut_at_renewal: float = 0.0
    cut_in_month: float = 0.0
    cut_by_segment: tuple[CutRate, ...] = ()
    cut_sizes: tuple[float, ...] = ()
    growth_in_month: float = 0.0
    growth_sizes: tuple[float, ...] = ()
    lost_in_month: float = 0.0
    taken_back: float = 0.0
    leave_error: float = 0.0
    growth_error: float = 0.0
    cut_error: float = 0.0
    growth_rate_error: float = 0.0
    late: LateRenewals = field(default_factory=LateRenewals)

    def with_errors(self, models: Mapping[str, float]) -> Self:
        """Return the same with how far the models of a scoring were off, from ``model_error``.

        Parameters
        ----------
        models : mapping of str to float
            By target; one that is missing has no model.

        Returns
        -------
        BookRates
            Cuts of one's own model and, beyond its horizon, of the rates: the less certain of both.
        """
        return replace(
            self,
            leave_error=models.get("churn", 0.0),
            growth_error=models.get("expansion", 0.0),
            cut_error=max(self.cut_error, models.get("contraction", 0.0)),
        )

    def cut_rates(self, segment: npt.NDArray[np.object_]) -> FloatArray:
        """Return each account's chance to cut back at a renewal that is kept.

        Parameters
        ----------
        segment : ndarray of str, shape (n,)

        Returns
        -------
        ndarray of float, shape (n,)
            Of its segment; of all where that is not known.
        """
        found = np.full(len(segment), self.cut_at_renewal)
        for cell in self.cut_by_segment:
            found = np.where(segment == cell.segment, cell.rate, found)
        return found

    def leave_rates(
        self, monthly: FloatArray, renewed: FloatArray, segment: np.ndarray
    ) -> FloatArray:
        """Return each account's chance to leave at one decision, by its group.

        Parameters
        ----------
        monthly, renewed : ndarray of bool, shape (n,)
        segment : ndarray of str, shape (n,)

        Returns
        -------
        ndarray of float, shape (n,)
            Of the smallest group that is known.
        """
        found = np.full(len(monthly), _PRIOR[0])
        for cell in self.leave:
            here = monthly == cell.monthly
            if cell.renewed is not None:
                here = here & (renewed == cell.renewed)
            if cell.segment is not None:
                here = here & (segment == cell.segment)
            found = np.where(here, cell.rate, found)
        return found

    def to_state(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        told = asdict(self)
        late = {name: list(values) for name, values in told["late"].items()}
        for name in ("still_open", "still_unsaid"):
            late[name] = [list(days) for days in late[name]]
        return told | {name: list(told[name]) for name in _LISTS} | {"late": late}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the rates that ``to_state`` described; ValueError if it describes none."""
        stored = StoredBookRates.model_validate(state).model_dump()
        lists = {name: tuple(stored[name]) for name in ("cut_sizes", "growth_sizes")}
        leave = tuple(LeaveRate(**cell) for cell in stored["leave"])
        cuts = tuple(CutRate(**cell) for cell in stored["cut_by_segment"])
        told = stored["late"]
        still, unsaid = (
            tuple(tuple(days) for days in told[name]) for name in ("still_open", "still_unsaid")
        )
        late = LateRenewals(
            *(tuple(told["kind"]), tuple(told["renewals"]), still),
            *(tuple(told["leavers"]), unsaid),
        )
        return cls(**{**stored, **lists, "leave": leave, "cut_by_segment": cuts, "late": late})


def learn_rates(past: Past, *, leave_error: float = 0.0, growth_error: float = 0.0) -> BookRates:
    """Learn the rates of a book from what is over.

    Parameters
    ----------
    past : Past
    leave_error, growth_error : float
        From ``model_error``.

    Returns
    -------
    BookRates
        Those of nothing known where nothing is over.
    """
    decided = past.decisions
    stayed = past.months[~past.months["left"].to_numpy(dtype=bool)]
    stayed = stayed[stayed["arr"].to_numpy() > 0]
    share = stayed["change"].to_numpy() / stayed["arr"].to_numpy()
    by_month = stayed["monthly"].to_numpy(dtype=bool)
    cut, grown = share <= _CUT, share >= _GROWN
    renewals = decided[~(decided["left"] | decided["monthly"]).to_numpy(dtype=bool)]
    months = _months_in(past.months)
    at_renewal = _rate(int((cut & ~by_month).sum()), len(renewals))
    return BookRates(
        leave=tuple(_leave_rates(decided)),
        cut_at_renewal=at_renewal,
        cut_in_month=_rate(int((cut & by_month).sum()), _months_in(stayed[by_month])),
        cut_by_segment=tuple(_cuts_by_segment(renewals, stayed[cut & ~by_month], at_renewal)),
        cut_sizes=_sizes(-share[cut], stayed["arr"].to_numpy()[cut], most=1.0),
        growth_in_month=_rate(int(grown.sum()), _months_in(stayed)),
        growth_sizes=_sizes(share[grown], stayed["arr"].to_numpy()[grown], most=np.inf),
        lost_in_month=_rate(int(past.months["lost"].sum()), months),
        taken_back=_rate(int(past.notices["taken_back"].sum()), len(past.notices)),
        leave_error=leave_error,
        growth_error=growth_error,
        cut_error=_between_quarters(stayed, cut),
        growth_rate_error=_between_quarters(stayed, grown),
        late=learn_lateness(decided),
    )


def _cuts_by_segment(renewals: pd.DataFrame, cuts: pd.DataFrame, whole: float) -> Iterator[CutRate]:
    """Yield the rate of each segment in which something was renewed."""
    segment_of = renewals.drop_duplicates("account_id", keep="last").set_index("account_id")
    counted = cuts["account_id"].map(segment_of["segment"]).value_counts()
    for segment, part in renewals.groupby("segment"):
        count = min(int(counted.get(segment, 0)), len(part))
        rate = (count + _TRUST * whole) / (len(part) + _TRUST)
        yield CutRate(str(segment), len(part), count, rate)


def _between_quarters(stayed: pd.DataFrame, changed: BoolArray) -> float:
    """Return how far the share of money that is cut, or added, moved from quarter to quarter."""
    money = np.where(changed, np.abs(stayed["change"].to_numpy(dtype=np.float64)), 0.0)
    at, paid = stayed["as_of_us"].to_numpy(dtype=np.int64), stayed["arr"].to_numpy(dtype=np.float64)
    if not money.sum():
        return rate_error(np.zeros(0), np.zeros(0))
    quarter = (at - at.min()) // _QUARTER
    came, held = (np.bincount(quarter, each).astype(np.float64) for each in (money, paid))
    unit = float((money**2).sum() / money.sum())
    return rate_error(came, held * (money.sum() / paid.sum()), unit=unit)


def _leave_rates(decided: pd.DataFrame) -> list[LeaveRate]:
    """Return the rates of ever smaller groups, each drawn towards the one that holds it."""
    found = []
    for monthly, kind in decided.groupby("monthly"):
        whole = _cell(kind, bool(monthly), None, None, _PRIOR[0], _PRIOR[1])
        found.append(whole)
        for renewed, part in kind.groupby("renewed"):
            tenure = _cell(part, bool(monthly), bool(renewed), None, whole.rate, _TRUST)
            found.append(tenure)
            found += [
                _cell(some, bool(monthly), bool(renewed), str(name), tenure.rate, _TRUST)
                for name, some in part.groupby("segment")
            ]
    return found


def _cell(
    rows: pd.DataFrame,
    monthly: bool,
    renewed: bool | None,
    segment: str | None,
    towards: float,
    trust: float,
) -> LeaveRate:
    decisions, left = len(rows), int(rows["left"].sum())
    rate = (left + trust * towards) / (decisions + trust)
    return LeaveRate(monthly, renewed, segment, decisions, left, rate)


def _rate(events: int, exposure: float) -> float:
    return min(events / exposure, 1.0) if exposure > 0 else 0.0


def _months_in(months: pd.DataFrame) -> float:
    length = months["until_us"].to_numpy() - months["as_of_us"].to_numpy()
    return float(length.sum() / (MONTH_DAYS * DAY))


def _sizes(shares: FloatArray, arr: FloatArray, *, most: float) -> tuple[float, ...]:
    """Return equally likely sizes; large accounts count by their money."""
    if not len(shares):
        return ()
    order = np.argsort(shares, kind="stable")
    reached = np.cumsum(arr[order]) / arr.sum()
    place = np.minimum(np.searchsorted(reached, _SIZES), len(order) - 1)
    return tuple(float(size) for size in np.minimum(shares[order][place], most))
