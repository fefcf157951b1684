"""What became of past decisions and of the money: what renewal rates are learned from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.arrays.as_of_rows import Rows
from ...features.arrays.moments import DAY, NEVER, from_timestamps, later, timestamps
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.business_kind import Business
from ...features.subscriptions.facts import subscriptions_of
from .book import Book, book_of
from .churn_decisions import decide
from .expansion import own_changes
from .lateness import days_late

__all__ = ["Past", "custom_ends", "past_of"]

_NEAR = 3 * DAY
"""So much later than the term's end may an end be written down."""

_EARLY = 16 * DAY
"""What ends by so much before the decision takes effect was no decision at the term's end."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the ledger tells of the decisions and months that are over.

    Parameters
    ----------
    decisions : DataFrame
        One row an account and decision, seen as late before it as the dates allow: ``account_id``,
        ``as_of_us``, ``ends_us``, ``kind``, ``monthly``, ``renewed``, ``segment`` (on that date;
        null where none is known), ``left``, ``days_late`` (until the renewal was there or
        leaving was told; 0 where that was so at the end of the term, the whole grace where nothing
        was ever told), ``closed_us`` (when it was certain).
    months : DataFrame
        One row a paying account and stretch between two dates: ``account_id``, ``as_of_us``,
        ``until_us``, ``arr``, ``monthly``, ``change`` (own accord, per year), ``lost`` (ended
        otherwise than by a decision), ``left`` (ended in any way).
    notices : DataFrame
        One row a notice: ``known_us``, ``taken_back``.
    """

    decisions: pd.DataFrame
    months: pd.DataFrame
    notices: pd.DataFrame

    def before(self, moment: int) -> "Past":
        """Return what was certain before a moment in microseconds.

        Parameters
        ----------
        moment : int

        Returns
        -------
        Past
        """
        closed = self.decisions["closed_us"].to_numpy() < moment
        over = self.months["until_us"].to_numpy() < moment
        told = self.notices["lapses_us"].to_numpy() < moment
        return Past(self.decisions[closed], self.months[over], self.notices[told])


def past_of(tables: Tables, segment: pd.Series, business: Business, settings: Settings) -> Past:
    """Read what became of the accounts after each as-of date.

    Parameters
    ----------
    tables : Tables
        With all that is known by now.
    segment : Series of str
        Index (account_id, as_of): accounts on dates that follow each other, and their segments.
    business : Business
        Without contracts there are no decisions and no money to learn from.
    settings : Settings
        ``grace_days`` is used.

    Returns
    -------
    Past

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_product([["a"], pd.to_datetime(["2025-01-01"], utc=True)])
    >>> segment = pd.Series(["SMB"], index=pairs.set_names(["account_id", "as_of"]))
    >>> past = past_of(Tables({}), segment, Business.NON_CONTRACTUAL, Settings())
    >>> len(past.decisions), len(past.months)
    (0, 0)
    """
    rows = Rows.of(segment.index.to_frame(index=False))
    book = book_of(tables, rows, grace_days=settings.grace_days, count=1)
    ends = custom_ends(tables, rows, business, settings)
    paying = book.accounts["custom"].eq("paying").to_numpy() & ~ends["ended_us"].lt(0).to_numpy()
    return Past(
        decisions=_with_lateness(
            _with_segment(_decisions(book, ends, paying, settings), segment), tables, settings
        ),
        months=_months(book, ends, paying, tables, settings),
        notices=_notices(tables, settings),
    )


def _with_segment(decisions: pd.DataFrame, segment: pd.Series) -> pd.DataFrame:
    as_of = timestamps(decisions["as_of_us"].to_numpy(dtype=np.int64))
    keys = pd.MultiIndex.from_arrays([decisions["account_id"], as_of], names=segment.index.names)
    return decisions.assign(segment=segment.reindex(keys).to_numpy(dtype=object))


def _with_lateness(decisions: pd.DataFrame, tables: Tables, settings: Settings) -> pd.DataFrame:
    late = days_late(
        tables,
        decisions["account_id"],
        decisions["ends_us"].to_numpy(dtype=np.int64),
        grace_days=settings.grace_days,
    )
    return decisions.assign(days_late=late)


def custom_ends(tables: Tables, rows: Rows, business: Business, settings: Settings) -> pd.DataFrame:
    """Tell when the running custom of each row ended, judged with all data.

    Parameters
    ----------
    tables : Tables
    rows : Rows
    business : Business
    settings : Settings

    Returns
    -------
    DataFrame of shape (n_rows, 2)
        ``ended_us`` (``NEVER`` while it runs or may still be renewed; -1 for an account that was no
        customer) and ``involuntary``.
    """
    episodes = decide(tables, business, settings)
    listed = pd.DataFrame(
        {
            "account_id": episodes["account_id"].astype("str"),
            "started_us": from_timestamps(episodes["started_at"]),
            "ended_us": from_timestamps(episodes["ended_at"]),
            "involuntary": episodes["involuntary"].astype(bool),
        }
    ).sort_values("started_us", kind="stable")
    asked = pd.DataFrame({"account_id": rows.account_ids[rows.account], "as_of_us": rows.as_of})
    asked = asked.astype({"account_id": "str"}).sort_values("as_of_us", kind="stable")
    found = pd.merge_asof(
        asked, listed, left_on="as_of_us", right_on="started_us", by="account_id"
    ).set_index(asked.index)
    found = found.sort_index()
    ended = found["ended_us"].fillna(-1).astype(np.int64)
    return pd.DataFrame(
        {"ended_us": ended, "involuntary": found["involuntary"].eq(True).to_numpy()}
    )


def _decisions(
    book: Book, ends: pd.DataFrame, paying: np.ndarray, settings: Settings
) -> pd.DataFrame:
    points = book.points[book.points["number"] == 1]
    row = points["row"].to_numpy()
    seen = book.accounts.iloc[row].reset_index(drop=True)
    frame = seen[["account_id", "as_of_us", "kind", "monthly", "renewed"]].assign(
        ends_us=points["ends_us"].to_numpy(),
        ended_us=ends["ended_us"].to_numpy()[row],
        involuntary=ends["involuntary"].to_numpy()[row],
        paying=paying[row],
    )
    frame = frame[frame["paying"]].sort_values(["account_id", "ends_us", "as_of_us"])
    # Seen as late as possible: terms are changed, and others leave before they decide.
    frame = frame.drop_duplicates(["account_id", "ends_us"], keep="last")
    ended, ends_us = frame["ended_us"].to_numpy(), frame["ends_us"].to_numpy()
    # Who decides by the month gives notice first, and was seen for the last time before that.
    last = ~frame.duplicated(["account_id", "ended_us"], keep="last").to_numpy()
    noticed = last & frame["monthly"].to_numpy(dtype=bool) & (ended < NEVER)
    left = (ended <= ends_us + _NEAR) | noticed
    closed = later(np.where(noticed, np.maximum(ended, ends_us), ends_us), settings.grace_days)
    kept: pd.DataFrame = frame.assign(left=left, closed_us=closed)[~(left & _otherwise(frame))]
    return kept.drop(columns=["paying", "involuntary", "ended_us"]).reset_index(drop=True)


def _otherwise(frame: pd.DataFrame) -> np.ndarray:
    """Tell which custom ended, but not by a decision at the end of a term."""
    early = frame["ended_us"].to_numpy() < frame["ends_us"].to_numpy() - _EARLY
    within = ~frame["monthly"].to_numpy(dtype=bool)
    return np.asarray(frame["involuntary"].to_numpy(dtype=bool) | (early & within))


def _months(
    book: Book, ends: pd.DataFrame, paying: np.ndarray, tables: Tables, settings: Settings
) -> pd.DataFrame:
    accounts = book.accounts
    dates = np.unique(accounts["as_of_us"].to_numpy())
    upcoming = np.append(dates[1:], NEVER)
    until = upcoming[np.searchsorted(dates, accounts["as_of_us"].to_numpy())]
    first = book.points[book.points["number"] == 1].set_index("row")["ends_us"]
    due = first.reindex(np.arange(len(accounts)), fill_value=NEVER).to_numpy(dtype=np.int64)
    ended = ends["ended_us"].to_numpy()
    frame = accounts[["account_id", "as_of_us", "arr", "monthly"]].assign(
        until_us=until,
        ends_us=due,
        ended_us=ended,
        involuntary=ends["involuntary"].to_numpy(),
        left=ended < until,
        change=_changed(accounts, dates, tables, settings),
    )
    frame = frame.assign(lost=frame["left"].to_numpy() & _otherwise(frame))
    kept: pd.DataFrame = frame[paying & (until < NEVER) & ~accounts["notice"].to_numpy(dtype=bool)]
    return kept.drop(columns=["ends_us", "ended_us", "involuntary"]).reset_index(drop=True)


def _changed(
    accounts: pd.DataFrame, dates: IntArray, tables: Tables, settings: Settings
) -> FloatArray:
    """Return by how much each row's ARR changes until the next date, of the account's accord."""
    changes = own_changes(tables, grace_days=settings.grace_days)
    place = np.searchsorted(dates, changes["at_us"].to_numpy(), side="right") - 1
    known = changes.assign(as_of_us=dates[np.maximum(place, 0)] if len(dates) else 0)[place >= 0]
    summed = known.groupby(["account_id", "as_of_us"])["change"].sum()
    keys = pd.MultiIndex.from_frame(accounts[["account_id", "as_of_us"]])
    return summed.reindex(keys, fill_value=0.0).to_numpy(dtype=np.float64)


def _notices(tables: Tables, settings: Settings) -> pd.DataFrame:
    """List the notices that were given ahead, and whether they were taken back."""
    notices = subscriptions_of(tables, grace_days=settings.grace_days).notices
    ahead = notices[notices["event_type"].isin(("notice_received", "cancel_requested"))]
    ahead = ahead[ahead["lapses_us"] < NEVER]
    return pd.DataFrame(
        {
            "lapses_us": ahead["lapses_us"].to_numpy(dtype=np.int64),
            "taken_back": ahead["void_at_us"].to_numpy() < NEVER,
        }
    )
