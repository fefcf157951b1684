"""What became of accounts in the days after a draw: whether they left, and their ARR."""

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray
from ...features.arrays.as_of_rows import Rows
from ...features.arrays.moments import DAY, from_timestamps, timestamps
from ...features.cohorts.as_of_dates import newest_closed_day
from ...features.cohorts.value_events import arrival_delay, value_events
from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.business_kind import Business
from ...features.subscriptions.facts import subscriptions_of
from ...features.subscriptions.visible_spans import spans_of
from ...training.dataset.churn_decisions import decide

__all__ = ["outcomes_of"]


def outcomes_of(
    tables: Tables, draws: pd.DataFrame, business: Business, settings: Settings, *, days: int
) -> pd.DataFrame:
    """Add to draws what became of the accounts.

    Parameters
    ----------
    tables : Tables
        With all that is known by now.
    draws : DataFrame
        ``account_id`` and ``drawn_at``.
    business : Business
    settings : Settings
        Grace, and without contracts the horizon, are used.
    days : int
        The outcome is that of so many days from the draw on.

    Returns
    -------
    DataFrame
        The same rows with ``customer`` (whether it was one on the day of the draw), ``closed_at``
        (from when the outcome is certain), ``closed``, ``left`` (with contracts: it decided to
        leave by the end of the days; without: no value event in the last horizon of them),
        ``arr_before`` and ``arr_after`` (0 for who left; NaN where unknown).
    """
    drawn = from_timestamps(draws["drawn_at"])
    ends = drawn + days * DAY
    judge = _by_decision if business.contractual else _by_activity
    customer, left, closes = judge(tables, draws, business, settings, days)
    before = _arr(tables, draws["account_id"], drawn, business, settings)
    after = _arr(tables, draws["account_id"], ends, business, settings)
    closed = closes <= _data_end(tables) if len(draws) else np.zeros(0, dtype=bool)
    return draws.assign(
        customer=customer,
        closed_at=timestamps(closes),
        closed=closed,
        left=left,
        arr_before=before,
        arr_after=np.where(left, np.where(np.isnan(before), np.nan, 0.0), after),
    )


def _data_end(tables: Tables) -> int:
    return int(newest_closed_day(tables).value // 1000)


_Judged = tuple[BoolArray, BoolArray, IntArray]


def _by_decision(
    tables: Tables, draws: pd.DataFrame, business: Business, settings: Settings, days: int
) -> _Judged:
    """Judge by the episode of custom that runs on the day of the draw."""
    drawn = from_timestamps(draws["drawn_at"])
    ends = drawn + days * DAY
    episodes = decide(tables, business, settings)
    listed = episodes[["account_id", "started_at", "ended_at", "decided_at"]]
    asked = draws[["account_id", "drawn_at"]].reset_index(names="row")
    found = pd.merge_asof(
        asked.sort_values("drawn_at", kind="stable"),
        listed.sort_values("started_at", kind="stable").astype(asked.dtypes[["account_id"]]),
        left_on="drawn_at",
        right_on="started_at",
        by="account_id",
    ).sort_values("row")
    running = found["started_at"].notna() & ~(found["ended_at"] <= found["drawn_at"])
    left = running & (from_timestamps(found["decided_at"]) <= ends)
    closes = ends + settings.grace_days * DAY
    return running.to_numpy(dtype=bool), left.to_numpy(dtype=bool), closes


def _by_activity(
    tables: Tables, draws: pd.DataFrame, business: Business, settings: Settings, days: int
) -> _Judged:
    """Judge by value events: some before the draw, none in the last horizon of the days."""
    drawn = from_timestamps(draws["drawn_at"])
    ends = drawn + days * DAY
    events = value_events(tables)
    happened, known = events["happened_us"].to_numpy(), events["known_us"].to_numpy()
    before = _counted(draws["account_id"], drawn, events, settings.activity_window_days)
    after = _counted(draws["account_id"], ends, events, min(settings.horizon_days, days))
    late = arrival_delay(happened, known) if len(events) else 0
    return before > 0, after == 0, ends + late


def _counted(accounts: pd.Series, moments: IntArray, events: pd.DataFrame, days: int) -> FloatArray:
    """Count the value events of accounts in the days before moments."""
    pairs = pd.DataFrame({"account_id": accounts.to_numpy(), "as_of": timestamps(moments)})
    rows = Rows.of(pairs)
    happened = events["happened_us"].to_numpy()
    spans = spans_of(rows, events["account_id"], after=happened, through=happened + days * DAY)
    return _spread(pairs, rows, spans.count(len(rows)).astype(float))


def _arr(
    tables: Tables,
    accounts: pd.Series,
    moments: IntArray,
    business: Business,
    settings: Settings,
) -> FloatArray:
    """Return the ARR of accounts at moments; NaN where there is no money."""
    if not business.contractual or not len(accounts):
        return np.full(len(accounts), np.nan)
    pairs = pd.DataFrame({"account_id": accounts.to_numpy(), "as_of": timestamps(moments)})
    rows = Rows.of(pairs)
    known = subscriptions_of(tables, grace_days=settings.grace_days)
    return _spread(pairs, rows, known.arr(rows))


def _spread(pairs: pd.DataFrame, rows: Rows, values: FloatArray) -> FloatArray:
    """Give every pair the value of its row, however often it is there."""
    asked = pd.MultiIndex.from_frame(pairs)
    found = pd.Series(values, index=rows.index).reindex(asked)
    return np.asarray(found, dtype=np.float64)
