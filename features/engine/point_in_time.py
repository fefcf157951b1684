"""What is known on the asked rows: every view is read once, for all measures together."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ..arrays.array_types import FloatArray, IntArray
from ..arrays.as_of_rows import Rows
from ..arrays.counting.fact_loops import raise_newest_known
from ..arrays.feed_days import FeedDays, days_by_date
from ..arrays.time_grid import DAY_US, NEVER, Edges, fixed
from ..metrics.queries import Commercial, Measure, Question
from ..metrics.row_selection import HasPart, Is, Select
from ..metrics.view import View
from ..metrics.view_data import ViewData
from ..metrics.views import VIEWS, view_named
from ..progress import Progress
from ..schema.effort import DEFAULT_EFFORT, Effort
from ..schema.plans import plan_ranks
from ..schema.tableset import Tables, Whole
from ..subscriptions.facts import commercial_numbers, subscriptions_of
from .feeds import SilenceRule, silent_after
from .scan_plan import kept_bytes
from .view_arrays import Stored
from .view_scan import Answers, taken

__all__ = ["Knowledge", "whole_of"]


def whole_of(
    tables: Tables, dates: IntArray, kinds: Iterable[tuple[str, Is | HasPart]] = ()
) -> Whole:
    """Return what the accounts of these tables show, as if there were no others.

    Parameters
    ----------
    tables : Tables
        Whose own ``whole`` does not count.
    dates : ndarray of int64, shape (n_dates,)
        As-of dates in microseconds since 1970, ascending, each once; may be empty.
    kinds : iterable of (str, Is or HasPart)
        Views, and the kinds of their rows of which to tell when the first became known.

    Returns
    -------
    Whole

    Examples
    --------
    >>> whole_of(Tables({}), np.array([0])).filled
    frozenset()
    """
    moments = pd.DatetimeIndex(np.asarray(dates).astype("datetime64[us]"))
    # One row a date is all that is needed; no account has to be meant by it.
    rows = Rows.of(pd.DataFrame({"account_id": "any", "as_of": moments}))
    known = Knowledge(replace(tables, whole=None), rows)
    feeds = [view for view in VIEWS if view.stale_after_days is not None and not view.feed]
    return Whole(
        filled=frozenset(name for name in tables if tables[name].num_rows),
        dates=np.asarray(dates, dtype=np.int64),
        deliveries={
            view.name: known.last_delivery(view) for view in feeds if view.delivered(tables)
        },
        days={
            (view.name, clock): known.feed_days(view, clock)
            for view in feeds
            if view.delivered(tables)
            for clock in (*_clocks(known, view), *([_LATER] if view.name in _WITH_ACCOUNTS else []))
        },
        first_known={
            (view, str(kind)): known.recorded_since(view, kind)
            for view, kind in kinds
            if view_named(view).delivered(tables)
        },
    )


def _clocks(known: "Knowledge", view: View) -> list[str]:
    """Return the columns of a view that tell times."""
    data = known.stored(view.name).data
    times = [field.name for field in data.table.schema if pa.types.is_timestamp(field.type)]
    return [*times, *(day for day in data.days if day not in times)]


_LATER = "(later)"
"""Stands where a clock stands, for the days on which old accounts had new rows."""

_WITH_ACCOUNTS = frozenset({"people", "seats", "contracts", "subscription_items"})
"""Views whose rows come with the accounts they are of, and may not change afterwards."""

_WORTH_THREADS = 1 << 18
"""Facts below which starting threads costs more than it spares."""


class Knowledge:
    """Answers to measures about the asked rows.

    Parameters
    ----------
    tables : Tables
    rows : Rows
    effort : Effort
    stored : dict of str to Stored, optional
        Views that are prepared already; added to. Those of the tables when None.
    """

    def __init__(
        self,
        tables: Tables,
        rows: Rows,
        effort: Effort = DEFAULT_EFFORT,
        stored: dict[str, Stored] | None = None,
    ) -> None:
        self.tables = tables
        self.rows = rows
        self._effort = effort
        self._stored: dict[str, Stored] = tables.prepared if stored is None else stored
        self._views: dict[str, Answers] = {}
        self._found: dict[Question, FloatArray] = {}
        self._deliveries: dict[str, IntArray] = {}
        self._days: dict[tuple[str, str], FeedDays] = {}
        self._tenure: FloatArray | None = None
        self._contracts: dict[str, FloatArray] | None = None

    def at(self, rows: Rows) -> "Knowledge":
        """Return the knowledge of the same tables on other rows."""
        return Knowledge(self.tables, rows, self._effort, self._stored)

    def prepare(self, measures: Iterable[Measure], progress: Progress | None = None) -> None:
        """Find all answers that measures will ask for, in one pass a view.

        Parameters
        ----------
        measures : iterable of Measure
            Those not collected are left out.
        progress : Progress, optional
        """
        asked = _Asked(self)
        for measure in measures:
            if self.collected(measure):
                measure.evaluate(asked)
        by_view: dict[str, list[Question]] = {}
        for question in asked.questions:
            if question not in self._found and not isinstance(question, Commercial):
                by_view.setdefault(question.select.view, []).append(question)
        for view, questions in by_view.items():
            self._found |= self._in_parts(view, questions, progress)

    def _in_parts(
        self, view: str, questions: list[Question], progress: Progress | None
    ) -> dict[Question, FloatArray]:
        """Answer for some accounts at a time, as threads and memory allow.

        Threads share out the facts of a view that pass by in chunks, and else the accounts.
        """
        declared, stored = view_named(view), self.stored(view)
        workers = self._effort.workers if len(stored) >= _WORTH_THREADS else 1
        at_once = workers if declared.entity else 1
        needed = kept_bytes(questions, stored, self.rows)
        parts = self.rows.parts(self._effort.parts(needed, at_once))
        step, threads = _counted(progress, view, len(parts) * len(stored)), workers // at_once
        if len(parts) == 1:
            return self.answers(view).of(questions, step, threads=threads)
        answers = (Answers(declared, stored, part) for part in parts)
        with ThreadPoolExecutor(at_once) as pool:
            found = list(pool.map(lambda one: one.of(questions, step, threads=threads), answers))
        return {
            question: np.concatenate([part[question] for part in found]) for question in questions
        }

    def answer(self, question: Question) -> FloatArray:
        """Return the answer to one question per row, shape (n_rows,)."""
        if isinstance(question, Commercial):
            return self._commercial(question.fact)
        if question not in self._found:
            self._found |= self.answers(question.select.view).of([question])
        return self._found[question]

    def _commercial(self, fact: str) -> FloatArray:
        """Return a fact of the contracts, all of which are read together."""
        if self._contracts is None:
            self._contracts = commercial_numbers(subscriptions_of(self.tables), self.rows)
        return self._contracts[fact]

    def answers(self, view: str) -> Answers:
        """Return what is known of one view on the asked rows."""
        if view not in self._views:
            self._views[view] = Answers(view_named(view), self.stored(view), self.rows)
        return self._views[view]

    def stored(self, view: str) -> Stored:
        """Return the rows of a view, of all accounts."""
        if view not in self._stored:
            self._stored[view] = Stored(self.data(view_named(view)))
        return self._stored[view]

    def data(self, view: View) -> ViewData:
        """Put the rows of a view together."""
        return view.build(self.tables)

    def whole(self, view: str) -> pa.Table:
        """Return all rows of a view, of every account."""
        return self.stored(view).data.table

    def tenure_days(self) -> FloatArray:
        """Return the days since each row's account became one, NaN where not known."""
        if self._tenure is None:
            since = self._account_time("customer_since")
            begun = self._account_time("valid_from")
            since = np.where(np.isnan(since), begun, since)
            self._tenure = (self.rows.as_of - since) / DAY_US
        return self._tenure

    def account_text(self, column: str) -> npt.NDArray[np.object_]:
        """Return a text of the account's newest known description; None where there is none."""
        texts = self.stored("accounts").texts(column)
        values = np.array([*texts.names.to_pylist(), None], dtype=object)
        codes = np.append(texts.codes, np.int32(-1))
        return np.asarray(values[codes[self.account_position()]], dtype=object)

    def plans(self) -> tuple[str, ...]:
        """Return the company's plans, the lowest first."""
        return self.tables.plans

    def plan_rank(self) -> FloatArray:
        """Return the place of each row's plan among them, NaN where not known as it was then."""
        if "plan_tier" in self.tables.snapshot_only.get("accounts", frozenset()):
            return np.full(len(self.rows), np.nan)
        return plan_ranks(pa.array(self.account_text("plan_tier"), pa.string()), self.plans())

    def account_position(self) -> IntArray:
        """Return the place of each row's newest known account description, or -1."""
        return self.answers("accounts").newest(Select("accounts"))

    def collected(self, measure: Measure) -> bool:
        """Say whether everything a measure reads was delivered."""
        for select, columns in measure.selects():
            if not view_named(select.view).delivered(self.tables):
                return False
            there = self.stored(select.view).data.collected | {"known_at"}
            if not (select.columns() | columns) <= there:
                return False
        return True

    def last_delivery(self, view: View) -> IntArray:
        """Return, per row, when the newest row of any account became known; -1 before the first."""
        name = view.feed or view.name
        if self.tables.whole is not None:
            return self.tables.whole.last_delivery(name, self.rows.as_of)
        if name not in self._deliveries:
            known = self.stored(name).times("known_at")
            self._deliveries[name] = _newest_before(known, self.rows.edges)[self.rows.date]
        return self._deliveries[name]

    def silent_after(self, view: View) -> IntArray:
        """Return, per row, after how long a silence the feed of a view counts as broken.

        A feed of what comes with an account has the rhythm of what it tells of accounts that were
        there: else one that changes with new customers only would stop with them.
        """
        if view.stale_after_days is None:
            return np.full(len(self.rows), NEVER)
        feed = _feed_of(view)
        rule = SilenceRule(feed.stale_after_days or 0, feed.steady)
        moments, place = self._dates()
        rhythm = self.feed_days(feed, _LATER if feed.name in _WITH_ACCOUNTS else "known_at")
        limits = silent_after(rhythm, moments, rule)
        return np.asarray(limits[place])

    def covered_since(self, select: Select) -> IntArray:
        """Return, per row, from when on a view's rows cover time, by a selection's clock.

        ``NEVER`` where none is known; always, for what describes things and does not happen.
        """
        feed = _feed_of(view_named(select.view))
        if feed.stale_after_days is None:
            return np.zeros(len(self.rows), dtype=np.int64)
        moments, place = self._dates()
        begun = [self.feed_days(feed, clock).begins(moments) for clock in self._clocks(select)]
        return np.asarray(np.minimum.reduce(begun)[place])

    def recorded_since(self, view: str, kind: Is | HasPart) -> int:
        """Return when the first thing of a kind became known of any account; ``NEVER`` if none."""
        if self.tables.whole is not None:
            return self.tables.whole.first_known.get((view, str(kind)), 0)
        return self.stored(view).first_known(kind)

    def tells(self, view: str, clock: str) -> bool:
        """Say whether the rows of a view tell a time themselves, and not what they name."""
        data = self.stored(view).data
        return clock in data.table.column_names or clock in data.days

    def _clocks(self, select: Select) -> list[str]:
        """Return the clocks that show what time the rows of a selection's view cover.

        What rarely happens to a thing (it is escalated, say) begins late by its own clock.
        """
        feed = _feed_of(view_named(select.view))
        own = {feed.happened_at, select.at or feed.happened_at}
        return sorted(clock for clock in own if self.tells(feed.name, clock))

    def watched_days(self, select: Select) -> FloatArray:
        """Return for how many days each row's account could have had facts that are known."""
        begun = self.covered_since(select)
        covered = np.where(begun == NEVER, np.nan, (self.rows.as_of - begun) / DAY_US)
        return np.minimum(self.tenure_days(), covered)

    def feed_days(self, view: View, clock: str) -> FeedDays:
        """Return the days of a view's rows by a clock, or of those that came later; of everyone."""
        key = (view.name, clock)
        if self.tables.whole is not None:
            return self.tables.whole.days[key]
        if key not in self._days:
            stored = self.stored(view.name)
            told = stored.data.days.get(clock, clock)
            moments = stored.known_later() if clock == _LATER else stored.times(told)
            self._days[key] = days_by_date(stored.times("known_at"), moments, self.rows.edges)
        return self._days[key]

    def _dates(self) -> tuple[IntArray, npt.NDArray[np.integer]]:
        """Return the dates that feeds are known for, and the place of each row's date."""
        whole = self.tables.whole
        if whole is None:
            return self.rows.dates, self.rows.date
        place = np.searchsorted(whole.dates, self.rows.as_of)
        return whole.dates, np.minimum(place, len(whole.dates) - 1)

    def _account_time(self, column: str) -> FloatArray:
        moment = self.stored("accounts").times(column)
        stated = np.where((moment == NEVER) | (moment == 0), np.nan, moment.astype(float))
        return taken(stated, self.account_position())


def _counted(progress: Progress | None, view: str, total: int) -> Callable[[int], None]:
    """Return what adds up the facts that threads have read."""
    lock, done = Lock(), 0

    def step(facts: int) -> None:
        nonlocal done
        with lock:
            done += facts
            if progress:
                progress(view, done, total)

    return step


class _Asked:
    """Stands in for knowledge to learn what measures ask for: it has no rows."""

    def __init__(self, known: Knowledge) -> None:
        empty = pd.DataFrame({"account_id": pd.Series(dtype=str), "as_of": pd.DatetimeIndex([])})
        self.rows = Rows.of(empty)
        self.questions: dict[Question, None] = {}
        self._known = known

    def answer(self, question: Question) -> FloatArray:
        self.questions[question] = None
        return np.zeros(0)

    def whole(self, view: str) -> pa.Table:
        return self._known.whole(view)

    def plan_rank(self) -> FloatArray:
        return np.zeros(0)

    def plans(self) -> tuple[str, ...]:
        return ()

    def tenure_days(self) -> FloatArray:
        return np.zeros(0)

    def watched_days(self, select: Select) -> FloatArray:
        return np.zeros(0)


def _feed_of(view: View) -> View:
    """Return the view whose rows tell when the sources of a view delivered."""
    return view_named(view.feed) if view.feed else view


def _newest_before(known: IntArray, edges: Edges) -> IntArray:
    """Return, per date, the newest moment before it, or -1."""
    newest = np.full(len(edges) + 1, -1, np.int64)
    raise_newest_known(fixed(known), edges.moments, edges.by_day, edges.first_day, newest)
    return np.maximum.accumulate(newest)[:-1]
