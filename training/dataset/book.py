"""The book on as-of dates: what each account pays, what binds it, and its coming decisions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, IntArray
from ...features.arrays.as_of_rows import Rows
from ...features.arrays.moments import DAY, NEVER, add_months, from_timestamps, later
from ...features.schema.tableset import Tables
from ...features.subscriptions.decision_points import decision_points
from ...features.subscriptions.facts import Subscriptions, subscriptions_of

__all__ = ["Book", "book_of"]

_SLACK = 45 * DAY
"""A term that begins so soon after the first one is the first one: trials, corrected starts."""


@dataclass(frozen=True, slots=True)
class Book:
    """What is known of the contracts of some accounts on some dates.

    Parameters
    ----------
    accounts : DataFrame
        One row an account and date, in the order of ``Rows``: ``account_id``; ``as_of_us``;
        ``arr`` (per year; NaN where unknown; in the grace what it paid); ``custom``; ``notice``;
        ``paused``; ``stops_us`` (when the account that gave notice stops to pay; ``NEVER`` without
        notice); ``kind`` (of its next decision; null without one); ``monthly`` (decides month by
        month); ``renewed`` (has renewed before).
    points : DataFrame
        Coming decisions, sorted: ``row`` (position in ``accounts``), ``number`` (1 for the next
        one), ``at_us``, ``ends_us`` (until when it pays if it leaves there). An overdue renewal is
        decided when the grace is over.
    """

    accounts: pd.DataFrame
    points: pd.DataFrame

    def take(self, rows: IntArray) -> "Book":
        """Return some rows of the book, in their order.

        Parameters
        ----------
        rows : ndarray of int64
            Positions, ascending.

        Returns
        -------
        Book
        """
        place = np.full(len(self.accounts), -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        moved = self.points.assign(row=place[self.points["row"].to_numpy()])
        kept = moved[moved["row"].to_numpy() >= 0]
        return Book(self.accounts.iloc[rows].reset_index(drop=True), kept.reset_index(drop=True))


def book_of(tables: Tables, rows: Rows, *, grace_days: int, count: int) -> Book:
    """Read the book from the tables, as known before each as-of date.

    Parameters
    ----------
    tables : Tables
    rows : Rows
    grace_days : int
        The company's own.
    count : int
        Decisions to look ahead.

    Returns
    -------
    Book
        Without decisions where no contracts are delivered.

    Examples
    --------
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2025-01-01"])})
    >>> book = book_of(Tables({}), Rows.of(pairs), grace_days=30, count=1)
    >>> book.accounts["custom"].tolist(), len(book.points)
    (['not_yet'], 0)
    """
    known = subscriptions_of(tables, grace_days=grace_days)
    facts = known.facts(rows)
    accounts = pd.DataFrame(
        {
            "account_id": rows.account_ids[rows.account],
            "as_of_us": rows.as_of,
            **{name: facts[name] for name in ("custom", "notice", "paused")},
            "arr": facts["arr"].mask(facts["custom"].eq("grace"), facts["arr_until_then"]),
            "kind": facts["decision_kind"],
            "stops_us": np.where(facts["notice"], _stops(facts, rows.as_of), NEVER),
            "monthly": facts["decision_kind"].eq("month_end"),
            "renewed": _renewed(facts, _since(known, rows)),
        }
    )
    running = facts[facts["custom"].ne("grace")]
    coming = [_coming(running, rows.as_of, count), _overdue(facts, grace_days)]
    points = pd.concat(coming).sort_values(["row", "number"], ignore_index=True)
    return Book(accounts, points)


def _overdue(facts: pd.DataFrame, grace_days: int) -> pd.DataFrame:
    """Return when the overdue renewals are decided at the latest."""
    stopped = facts["stopped_us"].to_numpy(dtype=np.int64)
    row = np.flatnonzero(facts["custom"].eq("grace").to_numpy())
    at = later(stopped[row], grace_days)
    return pd.DataFrame({"row": row, "at_us": at, "ends_us": at, "number": 1})


def _coming(facts: pd.DataFrame, as_of: IntArray, count: int) -> pd.DataFrame:
    """Return the points whose leaving still lies ahead, numbered from 1.

    What takes effect on the as-of date itself is done or not done by now.
    """
    listed = decision_points(facts, count=count + 1)
    points = pd.DataFrame(
        {
            "row": listed["row"].to_numpy(dtype=np.int64),
            "at_us": from_timestamps(listed["decision_at"]),
            "ends_us": from_timestamps(listed["ends_at"]),
        }
    )
    ahead = points[points["ends_us"].to_numpy() > as_of[points["row"].to_numpy()]]
    numbered = ahead.assign(number=ahead.groupby("row").cumcount() + 1)
    kept: pd.DataFrame = numbered[numbered["number"] <= count]
    return kept.reset_index(drop=True)


def _stops(facts: pd.DataFrame, as_of: IntArray) -> IntArray:
    """Return when an account that gave notice stops to pay; at once where nobody says when."""
    ends = facts["term_end_us"].to_numpy()
    return np.where(ends == NEVER, as_of, np.maximum(ends, as_of)).astype(np.int64)


def _since(known: Subscriptions, rows: Rows) -> IntArray:
    """Return when each row's account first paid; ``NEVER`` where it never did by then."""
    paid = known.paid[~(known.paid["arr"] <= 0)]
    first = paid.groupby("account_id")["starts_us"].min()
    found = first.reindex(rows.account_ids[rows.account], fill_value=NEVER)
    return found.to_numpy(dtype=np.int64)


def _renewed(facts: pd.DataFrame, since: IntArray) -> BoolArray:
    """Tell who pays in a term that is not its first one."""
    ends = facts["term_end_us"].to_numpy()
    finite = np.where(ends == NEVER, 0, ends)
    began = add_months(finite, -facts["months"].to_numpy())
    return np.asarray((ends < NEVER) & (since < NEVER) & (began > since + _SLACK))
