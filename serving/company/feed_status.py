"""Feeds on the day of scoring: alive, silent, broken or gone, and what can no longer be trusted.

What was delivered once is known from the tables themselves, from the models, which learned from it,
and from the stored state of earlier scorings. A metric that had numbers and has none now is lost:
it is not the same as one that was never collected.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...features.arrays.as_of_rows import Rows
from ...features.arrays.time_grid import DAY_US
from ...features.engine.compute import Features
from ...features.engine.feeds import reach_of
from ...features.engine.point_in_time import Knowledge
from ...features.metrics.absence import Absence, gave_numbers
from ...features.metrics.catalogue import by_column
from ...features.metrics.metric import Metric
from ...features.metrics.row_selection import Select
from ...features.metrics.view import View
from ...features.metrics.views import view_named
from ...features.schema.settings import Settings
from ...features.schema.tables import TABLES
from ...features.schema.tableset import Tables
from ..results.schema import FEED_COLUMNS
from .put_aside import PutAside, put_aside, told_aside

__all__ = ["FeedStatus", "feed_status", "without_lost"]

_BROKEN = 0.5
"""From which share of rows put aside on nothing that a table says is trusted."""

_SAID_OF = {
    "silent": "`{table}` has brought nothing new since {last}: its {count} metrics keep their last "
    "values, and count at most 50 of 100.",
    "broken": "`{table}` is broken, most of its rows cannot be used: its {count} metrics are "
    "unknown, and no score rises for it.",
    "gone": "`{table}` is gone, or lacks what it had when it was read before: {count} metrics are "
    "unknown, and no score rises for it.",
}


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How the feeds stand on a date.

    Parameters
    ----------
    frame : DataFrame
        ``FEED_COLUMNS``, one row a table that delivers, or did.
    lost : frozenset of str
        Columns of metrics that had numbers once, or would have them, and have none to trust.
    findings : tuple of str
        What a run has to say before anything else, a sentence each.
    """

    frame: pd.DataFrame
    lost: frozenset[str] = frozenset()
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Feed:
    table: str
    state: str
    last: pd.Timestamp | None
    rows_in: int
    rows_put_aside: int
    metrics: tuple[str, ...]
    remembered: tuple[str, ...]

    @property
    def sentence(self) -> str:
        last = "it began" if self.last is None else str(self.last.date())
        said = _SAID_OF[self.state]
        return said.format(table=self.table, last=last, count=len(self.metrics))


def feed_status(
    tables: Tables,
    as_of: pd.Timestamp,
    features: Features,
    *,
    settings: Settings,
    learned: Iterable[str] = (),
    earlier: pd.DataFrame | None = None,
) -> FeedStatus:
    """Tell how the feeds stand, and which metrics are lost.

    Parameters
    ----------
    tables : Tables
    as_of : Timestamp
    features : Features
        Of the listed accounts on that date.
    settings : Settings
        A table that they leave out is missed by nobody.
    learned : iterable of str
        Columns that the models learned from.
    earlier : DataFrame, optional
        Stored ``feeds`` of earlier scorings.

    Returns
    -------
    FeedStatus
    """
    aside = {part.table: part for part in put_aside(tables)}
    rows = Rows.of(pd.DataFrame({"account_id": ["any"], "as_of": [as_of]}))
    reading = _Reading(Knowledge(tables, rows), aside)
    skipped = {name for name, mapping in settings.mappings.items() if mapping.skip}
    lost = _lost(features, {*learned, *_stored_metrics(earlier, as_of)}, reading, skipped)
    found = [_feed(table, lost, features, reading) for table in _fed_tables(tables)]
    feeds = [feed for feed in found if feed]
    told = [feed.sentence for feed in feeds if feed.state != "alive"]
    return FeedStatus(_frame(feeds, as_of, aside), frozenset(lost), (*told, *told_aside(tables)))


def without_lost(features: Features, lost: frozenset[str]) -> Features:
    """Return the features with lost metrics unknown, and said to have failed.

    Parameters
    ----------
    features : Features
    lost : frozenset of str
        Columns of metrics.

    Returns
    -------
    Features
    """
    if not lost:
        return features
    gone = [metric for metric in features.metrics if metric.column in lost]
    columns = [c for metric in gone for c in (metric.column, metric.vs_own, metric.percentile)]
    frame, absence = features.frame.copy(), features.absence.copy()
    frame[[column for column in columns if column in frame]] = np.nan
    absence[[metric.column for metric in gone]] = np.int8(Absence.STALE_OR_FAILED)
    held = None if features.held is None else features.held.drop(columns=lost, errors="ignore")
    return replace(features, frame=frame, absence=absence, held=held)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The tables on the date, and what was put aside of each."""

    known: Knowledge
    aside: Mapping[str, PutAside]

    def trusts(self, table: str) -> bool:
        return table not in self.aside or self.aside[table].share < _BROKEN

    def lacks(self, select: Select, columns: frozenset[str]) -> bool:
        """Say whether a selection finds no rows, or not the columns or the time it looks at."""
        view = view_named(select.view)
        if not view.delivered(self.known.tables) or not len(self.known.stored(view.name)):
            return True
        there = self.known.stored(view.name).data.collected | {"known_at"}
        opens = self.known.rows.as_of - reach_of(select) * DAY_US
        return not (select.columns() | columns) <= there or bool(
            select.window and (self.known.covered_since(select) > opens).all()
        )


def _lost(features: Features, once: set[str], reading: _Reading, skipped: set[str]) -> set[str]:
    """Return the metrics of tables that nobody can trust, and those that had numbers once."""
    if features.absence.empty:
        return set()
    declared = by_column(features.metrics)
    had = {declared[name].column for name in once if name in declared}
    unfed = (features.absence == Absence.NOT_COLLECTED).all()
    return {
        metric.column
        for metric in features.metrics
        if not _sources(metric) & skipped
        and (
            (unfed[metric.column] and metric.column in had)
            or not all(map(reading.trusts, _sources(metric)))
        )
    }


def _feed(table: str, lost: set[str], features: Features, reading: _Reading) -> _Feed | None:
    """Return how one feed stands; None if it never delivered."""
    known, part = reading.known, reading.aside.get(table)
    view = _view_of(table)
    fed = [metric for metric in features.metrics if table in _sources(metric)]
    gone = [
        metric.column
        for metric in fed
        if metric.column in lost
        and any(reading.lacks(*read) for read in metric.measure.selects() if _reads(read[0], table))
    ]
    there = view.delivered(known.tables) and len(known.stored(view.name)) > 0
    if not there and not gone and part is None:
        return None
    last = int(known.last_delivery(view)[0]) if there else -1
    silent = there and known.rows.as_of[0] - last > known.silent_after(view)[0] and last >= 0
    conditions = {"broken": not reading.trusts(table), "gone": bool(gone), "silent": silent}
    state = next((name for name, holds in conditions.items() if holds), "alive")
    unfed = (features.absence == Absence.NOT_COLLECTED).all()
    numbers = gave_numbers(features.absence)
    if state == "broken":
        gone = [metric.column for metric in fed if metric.column in lost]
    return _Feed(
        table=table,
        state=state,
        last=pd.Timestamp(last, unit="us", tz="UTC") if last >= 0 else None,
        rows_in=int(known.tables.rows_in.get(table, len(known.stored(view.name)) if there else 0)),
        rows_put_aside=part.rows if part else 0,
        metrics=tuple(gone or [metric.column for metric in fed if not unfed[metric.column]]),
        remembered=tuple(m.column for m in fed if m.column in lost or numbers[m.column]),
    )


def _fed_tables(tables: Tables) -> list[str]:
    """Return the tables that feed metrics, daily usage or its events once."""
    named = [spec.name for spec in TABLES if spec.stale_after_days is not None]
    events = "usage_events" in tables and "usage_daily" not in tables
    return [name for name in named if name != ("usage_daily" if events else "usage_events")]


def _view_of(table: str) -> View:
    return view_named("usage" if table in view_named("usage").sources else table)


def _reads(select: Select, table: str) -> bool:
    return table in view_named(select.view).sources


def _sources(metric: Metric) -> set[str]:
    """Return the tables that a metric reads, daily usage standing for its events too."""
    views = {select.view for select, _ in metric.measure.selects()}
    return {source for view in views for source in view_named(view).sources}


def _stored_metrics(earlier: pd.DataFrame | None, as_of: pd.Timestamp) -> set[str]:
    """Return the metrics that feeds had at the newest earlier scoring."""
    if earlier is None or earlier.empty:
        return set()
    before = earlier[earlier["as_of"] < as_of]
    newest = before[before["as_of"] == before["as_of"].max()]
    return {name for names in newest["metrics"].dropna() for name in str(names).split("|") if name}


def _frame(
    feeds: Sequence[_Feed], as_of: pd.Timestamp, aside: Mapping[str, PutAside]
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "as_of": [as_of] * len(feeds),
            "table": [feed.table for feed in feeds],
            "state": [feed.state for feed in feeds],
            "last_delivery": [feed.last for feed in feeds],
            "rows_in": np.array([feed.rows_in for feed in feeds], dtype=np.int64),
            "rows_put_aside": np.array([feed.rows_put_aside for feed in feeds], dtype=np.int64),
            "metrics": ["|".join(feed.remembered) for feed in feeds],
            "finding": [_finding(feed, aside.get(feed.table)) for feed in feeds],
        },
        columns=list(FEED_COLUMNS),
    )
    times = {name: pd.to_datetime(frame[name], utc=True) for name in ("as_of", "last_delivery")}
    return frame.assign(**times)


def _finding(feed: _Feed, part: PutAside | None) -> str:
    said = [feed.sentence] if feed.state != "alive" else []
    return " ".join([*said, *([part.sentence] if part and part.notable else [])])
