"""What each account did after each as-of date, by its next decision or by activity."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...features.arrays.as_of_rows import Rows
from ...features.arrays.moments import DAY, NEVER, IntArray, from_timestamps, later
from ...features.arrays.row_ranges import paint
from ...features.cohorts.as_of_dates import newest_closed_day
from ...features.cohorts.value_events import arrival_delay, signs_of_life, value_events
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.business_kind import Business, lives_by_use
from ...features.subscriptions.notices import pause_periods
from ...features.subscriptions.visible_spans import BoolArray, FloatArray, spans_of, whole
from .churn_decisions import decide
from .expansion import USER_GROWTH_SHARE, arr_growth, user_growth

__all__ = ["Drop", "Outcome", "by_activity", "by_decision"]


_NO_DECISION: dict[str, object] = {
    **dict.fromkeys(("started_us", "ended_us", "decided_us", "decision_known_us"), NEVER),
    "involuntary": False,
    "reason_code": None,
    "avoidability": None,
}


_SLACK_DAYS = 7
"""So many days after its term an account still goes with that term, as its last items do."""


class Drop(NamedTuple):
    """A reason to have no churn label, and the rows for which it holds."""

    reason: str
    holds: BoolArray


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened after the rows, before the company's own labels.

    Parameters
    ----------
    drops : tuple of Drop
        The first that holds is the reason.
    churned, expanded : ndarray of bool, shape (n_rows,)
        Meaningful where nothing holds.
    growth_known : ndarray of bool, shape (n_rows,)
        Where ``expanded`` can be judged.
    closes_us, growth_closes_us : ndarray of int64, shape (n_rows,)
        From when each of the two is certain.
    decisions : DataFrame of shape (n_rows, ...)
        ``decided_us``, ``decision_known_us``, ``reason_code``, ``avoidability``.
    """

    drops: tuple[Drop, ...]
    churned: BoolArray
    expanded: BoolArray
    growth_known: BoolArray
    closes_us: IntArray
    growth_closes_us: IntArray
    decisions: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Setup:
    """The rows in question and the days that frame their horizon."""

    tables: Tables
    grid: Rows
    settings: Settings

    @property
    def lead_days(self) -> int:
        return self.settings.lead_days

    @property
    def end_days(self) -> int:
        return self.lead_days + self.settings.horizon_days

    @property
    def opens(self) -> IntArray:
        return later(self.grid.as_of, self.lead_days)

    @property
    def ends(self) -> IntArray:
        return later(self.grid.as_of, self.end_days)

    def censored(self, closes: IntArray) -> BoolArray:
        return np.asarray(closes > newest_closed_day(self.tables).value // 1000)


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of each row: whether it left at its next decision, or within the horizon.

    Parameters
    ----------
    opens, by : ndarray of int64, shape (n_rows,)
        A decision to leave counts in ``(opens, by]``.
    ends : ndarray of int64, shape (n_rows,)
        Who is gone by then has decided so, whatever was said by the day of the decision.
    """

    opens: IntArray
    by: IntArray
    ends: IntArray

    @classmethod
    def of(cls, setup: _Setup, stands: pd.DataFrame) -> "_Question":
        """Ask for the next decision where a row has one, else for the horizon.

        What is of the as-of date itself is not known on it, and so lies ahead as the decision of
        that day does.
        """
        by, leaves = (from_timestamps(stands[name]) for name in ("p_by_date", "leaves_at"))
        own = (stands["p_by_date"] == stands["decision_at"]).to_numpy()
        return cls(
            opens=np.where(own, setup.grid.as_of - 1, setup.opens),
            by=np.where(own, by, setup.ends),
            ends=np.where(own, later(leaves, _SLACK_DAYS), setup.ends),
        )


def by_decision(
    tables: Tables, stands: pd.DataFrame, business: Business, settings: Settings
) -> Outcome:
    """Judge rows by the date on which an account decided to leave.

    Parameters
    ----------
    tables : Tables
    stands : DataFrame
        From ``standing``: the rows and what was known of them.
    business : Business
        A contractual one.
    settings : Settings

    Returns
    -------
    Outcome

    Raises
    ------
    SchemaError
        If no activity table has a row.
    """
    setup = _Setup(tables, Rows.of(stands), settings)
    asked = _Question.of(setup, stands)
    decisions = _running_episode(setup.grid, decide(tables, business, settings))
    decided = decisions["decided_us"].to_numpy()
    churned = (decided <= asked.by) | (decisions["ended_us"].to_numpy() <= asked.ends)
    # Whether an end was one is known when its grace is over.
    closes, growth_closes = (later(at, settings.grace_days) for at in (asked.ends, setup.ends))
    signs = signs_of_life(tables) if lives_by_use(tables, business) else pd.DataFrame()
    if len(signs):
        quiet, arrived = _without_life(setup, signs, setup.ends)
        churned, closes = churned | quiet, np.maximum(closes, arrived)
    standing = _standing_drops(setup.grid, stands, decisions)
    pause = _next_pause(setup)
    grows = _Question(setup.opens, setup.ends, setup.ends)
    leaves = decided <= setup.ends
    unknown = (*standing, *_window_drops(setup, grows, decisions, pause, leaves))
    judged = ~np.logical_or.reduce([drop.holds for drop in unknown])
    judged &= ~setup.censored(growth_closes) & stands["arr"].notna().to_numpy()
    return Outcome(
        drops=(
            *standing,
            Drop("censored", setup.censored(closes)),
            *_window_drops(setup, asked, decisions, pause, churned),
        ),
        churned=churned,
        expanded=_arr_grows(setup, stands["arr"].to_numpy()) & ~leaves,
        growth_known=judged,
        closes_us=closes,
        growth_closes_us=growth_closes,
        decisions=decisions,
    )


def _without_life(setup: _Setup, signs: pd.DataFrame, by: IntArray) -> tuple[BoolArray, IntArray]:
    """Tell which rows have no event after the lead and before ``by``, from when for certain.

    The label clock decides when an event is.
    """
    happened, known = signs["happened_us"].to_numpy(), signs["known_us"].to_numpy()
    by_happened = setup.settings.label_clock == "happened"
    at = happened if by_happened else known
    found = _first_after_lead(setup, signs["account_id"], at)
    return found >= by, by + (arrival_delay(happened, known) if by_happened else 0)


def _first_after_lead(setup: _Setup, account_ids: pd.Series, at: IntArray) -> IntArray:
    """Return when the first of some events is after each row's lead; ``NEVER`` where none is."""
    return _first_of(setup.grid, account_ids, at, through=at - setup.lead_days * DAY)


def _first_of(grid: Rows, account_ids: pd.Series, at: IntArray, *, through: IntArray) -> IntArray:
    """Return the first of some moments that each row is not yet through with, else ``NEVER``."""
    ever = np.full(len(at), np.iinfo(np.int64).min)
    spans = spans_of(grid, account_ids, after=ever, through=through)
    first = np.argsort(at[spans.kept], kind="stable")
    found = paint(first, spans.enter, spans.leave, len(grid))
    return np.asarray(np.append(at[spans.kept], NEVER)[found], dtype=np.int64)


def _running_episode(grid: Rows, episodes: pd.DataFrame) -> pd.DataFrame:
    """Give each row the latest episode of its account that had started before."""
    listed = episodes[["involuntary", "reason_code", "avoidability"]].assign(
        started_us=from_timestamps(episodes["started_at"]),
        ended_us=from_timestamps(episodes["ended_at"]),
        decided_us=from_timestamps(episodes["decided_at"]),
        decision_known_us=from_timestamps(episodes["decision_known_at"]),
    )
    started = listed["started_us"].to_numpy()
    forever = np.full(len(listed), NEVER)
    spans = spans_of(grid, episodes["account_id"], after=started, through=forever)
    latest_first = np.argsort(-started[spans.kept], kind="stable")
    found = paint(latest_first, spans.enter, spans.leave, len(grid))
    position = np.append(spans.kept, len(listed))[found]
    listed = pd.concat([listed, pd.DataFrame([_NO_DECISION]).astype(listed.dtypes)])
    return listed.take(position).reset_index(drop=True)


def _standing_drops(
    grid: Rows, stands: pd.DataFrame, decisions: pd.DataFrame
) -> tuple[Drop, Drop, Drop]:
    status = stands["status"]
    nobody = (decisions["started_us"] == NEVER).to_numpy()
    decided_before = (decisions["decided_us"].to_numpy() <= grid.as_of) & (
        decisions["decision_known_us"].to_numpy() < grid.as_of
    )
    return (
        Drop("not_eligible", (status == "not_eligible").to_numpy() | nobody),
        Drop("paused", (status == "paused").to_numpy()),
        Drop("decided_before", (status == "notice_given").to_numpy() | decided_before),
    )


def _window_drops(
    setup: _Setup, asked: _Question, decisions: pd.DataFrame, pause: IntArray, left: BoolArray
) -> tuple[Drop, ...]:
    decided = decisions["decided_us"].to_numpy()
    involuntary = decisions["involuntary"].to_numpy() & left
    return (
        Drop("recorded_later", decided < setup.grid.as_of),
        Drop("paused", (pause < asked.ends) & (pause < decided)),
        Drop("involuntary", involuntary & (not setup.settings.involuntary_churn)),
        Drop("decided_in_lead", decided <= asked.opens),
    )


def _next_pause(setup: _Setup) -> IntArray:
    """Return when the next pause begins; ``NEVER`` where none does."""
    pauses = pause_periods(setup.tables)
    begins = pauses["starts_us"].to_numpy()
    return _first_of(setup.grid, pauses["account_id"], begins, through=begins - 1)


def _arr_grows(setup: _Setup, arr: FloatArray) -> BoolArray:
    settings = setup.settings
    grown = arr_growth(
        setup.grid,
        setup.tables,
        window=(setup.lead_days, setup.end_days),
        grace_days=settings.grace_days,
    )
    asked = np.maximum(settings.expansion_share * arr, settings.expansion_minimum)
    return (whole(grown) >= whole(asked)) & (grown > 0)


def by_activity(
    tables: Tables, stands: pd.DataFrame, business: Business, settings: Settings
) -> Outcome:
    """Judge rows by the value events after the as-of date.

    Parameters
    ----------
    tables : Tables
    stands : DataFrame
        From ``standing``: the rows and what was known of them.
    business : Business
        The non-contractual one.
    settings : Settings

    Returns
    -------
    Outcome

    Raises
    ------
    SchemaError
        If no activity table has a row.
    """
    setup = _Setup(tables, Rows.of(stands), settings)
    events = value_events(tables)
    by = from_timestamps(stands["p_by_date"])
    churned, closes = _without_life(setup, events, np.where(by < NEVER, by, setup.ends))
    drops = (
        Drop("not_eligible", (stands["status"] == "not_eligible").to_numpy()),
        Drop("censored", setup.censored(closes)),
    )
    judged = ~(drops[0].holds | drops[1].holds)
    return Outcome(
        drops=drops,
        churned=churned,
        expanded=_users_grow(setup, events) & ~churned,
        growth_known=judged & bool((events["user"] >= 0).any()),
        closes_us=closes,
        growth_closes_us=closes,
        decisions=pd.DataFrame(_NO_DECISION, index=pd.RangeIndex(len(setup.grid))),
    )


def _users_grow(setup: _Setup, events: pd.DataFrame) -> BoolArray:
    settings = setup.settings
    past, coming = user_growth(setup.grid, events, settings, lead_days=setup.lead_days)
    share = max(settings.expansion_share, USER_GROWTH_SHARE)
    asked = np.maximum(share * past, max(settings.expansion_minimum, 1.0))
    return np.asarray(coming - past >= asked)
