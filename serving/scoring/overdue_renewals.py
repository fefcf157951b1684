"""Accounts whose renewal is overdue: their last estimate, carried on by how late renewals come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.arrays.as_of_rows import to_microseconds
from ...features.arrays.moments import DAY, later, timestamps
from ...features.cohorts.at_risk import standing
from ...features.engine.compute import Features
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.business_kind import Business
from ...training.forecast.book_rates import MONTH_DAYS
from ...training.forecast.late_renewals import LateRenewals
from ...training.models.calibration import sigmoid
from ...training.registry.artifact import BASE
from .model_estimates import Estimate

__all__ = ["OVERDUE", "Overdue", "overdue_among", "with_day_of_reading", "with_rows"]

OVERDUE = "renewal_overdue_days"
"""Column of the days that a renewal is overdue, and of what they add to the log-odds."""

_SLACK = pd.Timedelta(days=3)
"""So much later than the decision may an end be written down."""

_COLUMNS = ("read_on", "until", "kind", "months", OVERDUE)


@dataclass(frozen=True, slots=True)
class Overdue:
    """The accounts of a date whose term has ended and whose renewal can still come.

    Parameters
    ----------
    frame : DataFrame
        Index (account_id, as_of) of those with a reading from before the end: ``read_on`` (the
        newest date on which they could be estimated), ``until`` (when the grace is over), ``kind``
        (of the decision then), ``months`` (at which they could have left in the time of that
        estimate: 1, but for those that decide by the month) and ``renewal_overdue_days``.
    grace_days : int
    """

    frame: pd.DataFrame
    grace_days: int

    @property
    def readings(self) -> pd.MultiIndex:
        """Where each was read before its end, in the order of the frame."""
        accounts = self.frame.index.get_level_values("account_id")
        return pd.MultiIndex.from_arrays(
            [accounts, pd.DatetimeIndex(self.frame["read_on"])], names=["account_id", "as_of"]
        )

    def as_read_before(self, now: Features, readings: Features) -> Features:
        """Return features in which these accounts read as they did before their end.

        Parameters
        ----------
        now : Features
            Of the date.
        readings : Features
            With the earlier dates.

        Returns
        -------
        Features
        """
        if self.frame.empty:
            return now
        then = readings.at(self.readings)

        def carried(today: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
            return with_rows(today, before.set_axis(self.frame.index, axis=0))

        return replace(
            now,
            frame=carried(now.frame, then.frame),
            absence=carried(now.absence, then.absence),
            segment_median=carried(now.segment_median, then.segment_median),
            held=None if now.held is None or then.held is None else carried(now.held, then.held),
        )

    def log_odds(self, p: FloatArray, late: LateRenewals) -> FloatArray:
        """Return what the missing renewal adds to the log-odds of the last estimate.

        Parameters
        ----------
        p : ndarray of float, shape (n_overdue,)
            The last estimate before the end.
        late : LateRenewals

        Returns
        -------
        ndarray of float, shape (n_overdue,)
            For who decided by the month it is brought from the whole horizon to one month first.
        """
        months = self.frame["months"].to_numpy(dtype=np.float64)
        one = -np.expm1(np.log1p(-p) / months)
        apart = np.where(months > 1, _logit(one) - _logit(p), 0.0)
        days = self.frame[OVERDUE].to_numpy(dtype=np.int64)
        kinds = self.frame["kind"].to_numpy(dtype=object)
        return np.asarray(apart + late.log_odds(kinds, days, grace_days=self.grace_days))

    def carried_on(
        self, said: Mapping[str, Estimate], index: pd.Index, late: LateRenewals
    ) -> dict[str, Estimate]:
        """Return the estimates, that of leaving carried on for these accounts.

        Parameters
        ----------
        said : mapping of str to Estimate
            By target, asked of all rows: of these as they were read before the end.
        index : Index
            (account_id, as_of) of all rows.
        late : LateRenewals

        Returns
        -------
        dict of str to Estimate
            The contributions have the column ``renewal_overdue_days`` where a renewal is, and add
            up to the log-odds of the estimate.
        """
        if self.frame.empty or "churn" not in said:
            return dict(said)
        churn, rows = said["churn"], index.get_indexer(self.frame.index)
        p, added = churn.p().copy(), np.zeros(len(index))
        added[rows] = self.log_odds(p[rows], late)
        p[rows] = sigmoid(_logit(p[rows]) + added[rows])

        def contributions() -> pd.DataFrame:
            shares = churn.contributions()
            return shares.assign(**{OVERDUE: added})[[*shares.columns.drop(BASE), OVERDUE, BASE]]

        return {**said, "churn": Estimate(lambda: p, cache(contributions), churn.maturity)}

    def told(
        self, accounts: pd.DataFrame, said: Mapping[str, Estimate], late: LateRenewals
    ) -> pd.DataFrame:
        """Return all accounts with what is said of these: they are scored, and until when.

        Parameters
        ----------
        accounts : DataFrame
            Index (account_id, as_of): ``status`` and ``p_by_date``.
        said : mapping of str to Estimate
            By target; without one of leaving nothing is said.
        late : LateRenewals

        Returns
        -------
        DataFrame
            With ``renewal_overdue_days``, ``overdue_log_odds`` and ``overdue_note``, empty for
            others.
        """
        found = accounts.assign(
            renewal_overdue_days=np.nan, overdue_log_odds=np.nan, overdue_note=""
        )
        if self.frame.empty or "churn" not in said:
            return found
        before = said["churn"].p()[accounts.index.get_indexer(self.frame.index)]
        mine = found.loc[self.frame.index].assign(
            status="scored",
            p_by_date=self.frame["until"],
            renewal_overdue_days=self.frame[OVERDUE].astype(float),
            overdue_log_odds=self.log_odds(before, late),
            overdue_note=self.notes(before, late),
        )
        return with_rows(found, mine)

    def notes(self, p: FloatArray, late: LateRenewals) -> list[str]:
        """Say of each account what its estimate is made of.

        Parameters
        ----------
        p : ndarray of float, shape (n_overdue,)
            The last estimate before the end.
        late : LateRenewals

        Returns
        -------
        list of str
        """
        columns = (self.frame[name].tolist() for name in ("read_on", "months", "kind", OVERDUE))
        return [
            _note(
                *(read_on, months, days, chance),
                *(late.counted(kind, days), late.unsaid(kind, days)),
            )
            for read_on, months, kind, days, chance in zip(*columns, p.tolist(), strict=True)
        ]


def overdue_among(
    tables: Tables,
    status: pd.DataFrame,
    dates: Sequence[pd.Timestamp],
    business: Business,
    settings: Settings,
) -> Overdue:
    """Find the accounts in the grace, and when they could last be estimated.

    Parameters
    ----------
    tables : Tables
    status : DataFrame
        Index (account_id, as_of), one date: what ``standing`` gives.
    dates : sequence of Timestamp
        Earlier dates of which readings are there, the newest first.
    business : Business
    settings : Settings

    Returns
    -------
    Overdue
        Without those that were never estimated while they paid: they have begun lately, had given
        notice or were paused.
    """
    late = status[status["reason"].eq("in_grace").fillna(False).to_numpy(dtype=bool)]
    if late.empty or not dates:
        return Overdue(pd.DataFrame(columns=list(_COLUMNS), index=late.index[:0]), 0)
    accounts = late.index.get_level_values("account_id")
    pairs = pd.MultiIndex.from_product([accounts, dates], names=["account_id", "as_of"])
    then = standing(tables, pairs.to_frame(index=False), business, settings)
    ended = late["term_end"].set_axis(accounts)
    known = then[then["status"].eq("scored") & (then["as_of"] < then["account_id"].map(ended))]
    # The newest of those whose decision was this one; bound past its deadline, the next one.
    own = known["leaves_at"] <= known["account_id"].map(ended) + _SLACK
    last = known.assign(own=own).sort_values(["own", "as_of"])
    last = last.drop_duplicates("account_id", keep="last").set_index("account_id")
    kept = late[accounts.isin(last.index)]
    last = last.loc[kept.index.get_level_values("account_id")]
    ends = to_microseconds(kept["term_end"])
    days = (to_microseconds(kept.index.get_level_values("as_of")) - ends) // DAY
    by_month = last["decision_kind"].eq("month_end").to_numpy()
    ahead = (to_microseconds(last["p_by_date"]) - to_microseconds(last["as_of"])) / DAY
    frame = pd.DataFrame(
        {
            "read_on": last["as_of"].to_numpy(),
            "until": timestamps(later(ends, settings.grace_days)),
            "kind": last["decision_kind"].fillna("").to_numpy(dtype=object),
            "months": np.where(by_month, np.maximum(np.rint(ahead / MONTH_DAYS), 1), 1),
            OVERDUE: days,
        },
        index=kept.index,
    )
    return Overdue(frame.assign(read_on=pd.DatetimeIndex(last["as_of"])), settings.grace_days)


def with_rows(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which some rows are replaced; order, columns and types stay."""
    kept = frame[~frame.index.isin(rows.index)]
    return pd.concat([kept, rows[frame.columns]]).loc[frame.index].astype(frame.dtypes)


def with_day_of_reading(drivers: pd.DataFrame, overdue: Overdue) -> pd.DataFrame:
    """Say with the drivers of an overdue renewal on which day they were read.

    Parameters
    ----------
    drivers : DataFrame
        ``account_id`` and ``text``.
    overdue : Overdue

    Returns
    -------
    DataFrame
        Same rows; the text alone tells of it.
    """
    if drivers.empty:
        return drivers
    accounts = overdue.frame.index.get_level_values("account_id")
    day = overdue.frame["read_on"].set_axis(accounts)
    read = drivers["account_id"].map(day)
    mine = read.notna().to_numpy(dtype=bool)
    if not mine.any():
        return drivers
    dated = drivers["text"] + " (as of " + read.dt.strftime("%Y-%m-%d") + ")"
    return drivers.assign(text=drivers["text"].mask(mine, dated))


def _logit(p: FloatArray) -> FloatArray:
    return np.asarray(np.log(p) - np.log1p(-p))


def _note(
    read_on: pd.Timestamp,
    months: float,
    days: int,
    chance: float,
    counted: tuple[int, int],
    unsaid: tuple[int, int],
) -> str:
    within = f" within {months:.0f} months" if months > 1 else ""
    renewals, later_ones = counted
    since = f"{days} day{'' if days == 1 else 's'}"
    seen = (
        f"of {renewals:,} renewals of its kind {later_ones or 'none'} came later than that"
        if renewals
        else "no renewal of its kind is on record, so that one in twenty is taken to come late"
    )
    left, unknown = unsaid
    if left and unknown < left:
        seen += (
            f"; of {left:,} that left without a word before the end {unknown or 'none'} had not "
            "been told by then"
        )
    return (
        f"the estimate of {read_on:%Y-%m-%d}, before its term ended, was {100 * chance:.0f} %"
        f"{within}; "
        f"nothing was renewed for {since} since, and {seen}"
    )
