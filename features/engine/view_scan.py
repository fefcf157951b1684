"""Answers questions about one view: in passing where possible, else from the facts themselves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from ..arrays.array_types import FloatArray, IntArray, RowArray, WideCodeArray
from ..arrays.as_of_rows import Rows
from ..arrays.counting.fact_loops import asked_for
from ..arrays.row_ranges import add_aged, distinct, list_ranges, medians, paint
from ..arrays.time_grid import DAY_US, NEVER, fixed
from ..arrays.workdays import workday_number
from ..metrics.queries import (
    Aged,
    Different,
    FirstMoment,
    LargestPart,
    LastMoment,
    Middle,
    NewestMoment,
    NewestNumber,
    Question,
    SharedBy,
    UsualGap,
)
from ..metrics.row_selection import Select
from ..metrics.view import View
from .accumulators import Fold, InTurn
from .chunk import Chunk
from .scan_plan import folds_for, passes_by
from .view_arrays import Stored

__all__ = ["Answers", "taken"]


_CHUNK = 1 << 17


class Answers:
    """What is known of one view on the asked rows.

    Parameters
    ----------
    view : View
    stored : Stored
    rows : Rows
    """

    def __init__(self, view: View, stored: Stored, rows: Rows) -> None:
        self.view = view
        self.rows = rows
        self._stored = stored
        self._whole: Chunk | None = None
        texts = stored.texts("account_id")
        places = np.append(rows.locate(texts.names), np.int32(-1))
        self._places, self._codes = places, texts.codes

    def of(
        self,
        questions: Sequence[Question],
        step: Callable[[int], None] | None = None,
        *,
        threads: int = 1,
    ) -> dict[Question, FloatArray]:
        """Answer all questions in one pass.

        Parameters
        ----------
        questions : sequence of Question
            Of this view.
        step : callable, optional
            Called with the number of facts after each chunk.
        threads : int
            Chunks that are read at the same time.

        Returns
        -------
        dict of Question to ndarray of float, shape (n_rows,)
        """
        if not len(self.rows):
            return {question: np.zeros(0) for question in questions}
        in_passing = [question for question in questions if self._passes_by(question)]
        lately = [question for question in in_passing if _looks_back(question, self.view)]
        ever = [question for question in in_passing if question not in lately]
        recent, others = (
            [InTurn(fold) for fold in folds_for(asked, self.view, self.rows)]
            for asked in (lately, ever)
        )
        opens = _opens(lately, self.rows)

        def read(span: tuple[int, int]) -> None:
            start, stop = span
            if recent:
                self._let_pass(recent, self._chunk(start, stop, since=opens))
            if others:
                self._let_pass(others, self._chunk(start, stop))
            if step:
                step(stop - start)

        _for_each(self._spans() if in_passing else (), read, threads)
        found: dict[Question, FloatArray] = {}
        for fold in (*recent, *others):
            found |= fold.answers()
        rest = [question for question in questions if question not in found]
        return found | {question: self._from_facts(question) for question in rest}

    def newest(self, select: Select) -> IntArray:
        """Return, per row, the place among the stored rows of the newest visible fact, or -1.

        Parameters
        ----------
        select : Select

        Returns
        -------
        ndarray of int64, shape (n_rows,)
            Newest by the selection's clock; ties go to what became known last, then to the last
            id, so that neither the order of rows nor the other dates asked for decide.
        """
        place = self._newest_place(select)
        position = np.append(self.whole.position, np.int64(-1))
        return position[place]

    @property
    def whole(self) -> Chunk:
        """All facts of the asked accounts as one chunk."""
        if self._whole is None:
            self._whole = self._chunk(0, len(self._stored))
        return self._whole

    def _passes_by(self, question: Question) -> bool:
        told_apart = _told_apart(question)
        coded = all(
            self._stored.is_attribute(name)
            or self._stored.is_beside(name)
            or (self.view.daily and name == self.view.happened_at)
            or self._stored.is_text(name)
            for name in told_apart
        )
        return coded and passes_by(question, self.view)

    def _spans(self) -> Iterator[tuple[int, int]]:
        size = len(self._stored) if self.view.entity else _CHUNK
        for start in range(0, len(self._stored), max(size, 1)):
            yield start, min(start + size, len(self._stored))

    def _let_pass(self, folds: Sequence[Fold], chunk: Chunk) -> None:
        if len(chunk):
            for fold in folds:
                fold.take(chunk)

    def _chunk(self, start: int, stop: int, *, since: int | None = None) -> Chunk:
        moment, until = np.zeros(0, np.int64), 0
        if since is not None:
            happened_at = self.view.happened_at
            clock = self._stored.data.days.get(happened_at, happened_at)
            moment = self._stored.times(clock)[start:stop]
            until = int(self.rows.dates[-1]) + DAY_US
        codes = self._codes[start:stop]
        kept, account = asked_for(codes, self._places, fixed(moment), since or 0, until)
        return Chunk(self.view, self._stored, self.rows, account, kept, (start, stop))

    def _visible(self, select: Select) -> tuple[IntArray, RowArray, RowArray]:
        """Return the facts of a selection, by place in the whole chunk, and their rows."""
        enter, leave = self.whole.bounds(select)
        found = np.flatnonzero((enter < leave) & self.whole.mask(select.where))
        return found, enter[found], leave[found]

    def _from_facts(self, question: Question) -> FloatArray:
        if isinstance(question, Different):
            return self._different(question)
        if isinstance(question, Middle):
            return self._middle(question)
        if isinstance(question, FirstMoment):
            return self._first(question.select)
        if isinstance(question, LastMoment):
            clock = question.select.at or self.view.happened_at
            return taken(self._moments(clock), self._newest_place(question.select))
        if isinstance(question, NewestMoment):
            return taken(self._moments(question.column), self._newest_place(question.select))
        if isinstance(question, NewestNumber):
            numbers = self.whole.number(question.column)
            return taken(numbers, self._newest_place(question.select))
        if isinstance(question, Aged):
            return self._aged(question)
        if isinstance(question, LargestPart | SharedBy | UsualGap):
            return self._grouped(question)
        raise TypeError(f"`question` must be one of the declared kinds, got {question!r}.")

    def _newest_place(self, select: Select) -> IntArray:
        """Return, per row, the place in the whole chunk of the newest visible fact, or -1."""
        chunk = self.whole
        found, enter, leave = self._visible(select)
        if not len(found) or not len(self.rows):
            return np.full(len(self.rows), -1, dtype=np.int64)
        clock = chunk.time(select.at or self.view.happened_at)[found]
        # What does not say when it took place is not the newest for that.
        clock = np.where(clock == NEVER, -1, clock)
        order = np.lexsort((-self._ids(found), -chunk.seen[found], -clock))
        owner = np.asarray(paint(order, enter, leave, len(self.rows)))
        return np.where(owner >= 0, found[np.maximum(owner, 0)], -1)

    def _moments(self, column: str) -> FloatArray:
        moments = self.whole.time(column)
        return np.where(moments == NEVER, np.nan, moments.astype(float))

    def _different(self, question: Different) -> FloatArray:
        found, enter, leave = self._visible(question.select)
        key = self.whole.codes(question.columns)[0][found].astype(np.int64)
        order = np.lexsort((enter, key))
        return np.asarray(distinct(order, key, enter, leave, len(self.rows)), dtype=float)

    def _middle(self, question: Middle) -> FloatArray:
        found, enter, leave = self._visible(question.select)
        value = self._measured(question)[found]
        filled = ~np.isnan(value)
        return np.asarray(
            medians(enter[filled], leave[filled], value[filled], len(self.rows)), dtype=float
        )

    def _aged(self, question: Aged) -> FloatArray:
        found, enter, leave = self._visible(question.select)
        clock = self.whole.time(question.select.at or self.view.happened_at)[found]
        weight = np.nan_to_num(self.whole.number(question.column)[found])
        out = np.zeros(len(self.rows), np.int64)
        dated = clock != NEVER
        facts = (enter[dated], leave[dated], clock[dated], weight[dated])
        add_aged(*(fixed(part) for part in facts), self.rows.as_of, out)
        return out / 1000

    def _grouped(self, question: LargestPart | SharedBy | UsualGap) -> FloatArray:
        """List the facts of every row: for few facts only."""
        found, enter, leave = self._visible(question.select)
        fact, row = list_ranges(enter, leave)
        found = found[fact]
        if isinstance(question, UsualGap):
            clock = self._moments(question.select.at or self.view.happened_at)[found]
            return _usual_gaps(row, workday_number(clock), len(self.rows))
        if isinstance(question, SharedBy):
            thing = self.whole.codes((question.column,))[0][found]
            other = self.whole.codes((question.by,))[0][found]
            return _shared(row, thing, other, question.at_least, len(self.rows))
        part = self.whole.codes(question.columns)[0][found]
        weight = self.whole.weight(question.column)
        weight = weight[found] if len(weight) == len(self.whole) else weight.repeat(len(found))
        return _largest(row, part, weight, len(self.rows))

    def _measured(self, question: Middle) -> FloatArray:
        if question.hours_since is None:
            return self.whole.number(question.column)
        ended, began = (self.whole.time(name) for name in (question.column, question.hours_since))
        hours = (ended - began) / (DAY_US / 24)
        return np.where((ended == NEVER) | (began == NEVER), np.nan, hours)

    def _first(self, select: Select) -> FloatArray:
        found, enter, leave = self._visible(select)
        clock = self.whole.time(select.at or self.view.happened_at)[found]
        order = np.argsort(clock, kind="stable")
        oldest = np.asarray(paint(order, enter, leave, len(self.rows)))
        return taken(np.where(clock == NEVER, np.nan, clock.astype(float)), oldest)

    def _ids(self, found: IntArray) -> IntArray:
        """Rank of the own id of some facts; facts of a view without one are alike."""
        name = self._stored.data.table.column_names[0]
        if name == "account_id":
            return np.zeros(len(found), dtype=np.int64)
        return self._stored.ranks(name)[self.whole.position[found]]


def _told_apart(question: Question) -> tuple[str, ...]:
    """Return the columns whose different values a question tells apart."""
    if isinstance(question, SharedBy):
        return (question.column, question.by)
    return question.columns if isinstance(question, Different | LargestPart) else ()


def _usual_gaps(row: IntArray, workday: FloatArray, n_rows: int) -> FloatArray:
    days = pd.DataFrame({"row": row, "day": workday}).dropna().drop_duplicates()
    days = days.sort_values(["row", "day"])
    gaps = days.groupby("row")["day"].diff().dropna()
    usual = gaps.groupby(days["row"]).median().reindex(range(n_rows))
    return np.asarray(usual, dtype=float)


def _shared(
    row: IntArray, thing: WideCodeArray, other: WideCodeArray, at_least: int, n_rows: int
) -> FloatArray:
    pairs = pd.DataFrame({"row": row, "thing": thing, "other": other}).drop_duplicates()
    shared = pairs.groupby(["row", "thing"]).size() >= at_least
    count = shared.groupby("row").sum()
    return np.asarray(count.reindex(range(n_rows), fill_value=0), dtype=float)


def _largest(row: IntArray, part: WideCodeArray, weight: IntArray, n_rows: int) -> FloatArray:
    sums = pd.DataFrame({"row": row, "part": part, "weight": weight}).groupby(["row", "part"])
    largest = sums["weight"].sum().groupby("row").max().clip(lower=0)
    return np.asarray(largest.reindex(range(n_rows), fill_value=0), dtype=float) / 1e6


def _for_each(
    spans: Iterable[tuple[int, int]], read: Callable[[tuple[int, int]], None], threads: int
) -> None:
    """Read chunk after chunk, some of them at the same time."""
    if threads == 1:
        for span in spans:
            read(span)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(read, spans):
            pass


def _looks_back(question: Question, view: View) -> bool:
    """Say whether only facts of some last days matter, by the view's own clock."""
    select = question.select
    return select.window is not None and select.at is None and not view.entity


def _opens(questions: Sequence[Question], rows: Rows) -> int:
    """Return the moment before which no window reaches."""
    windows = [question.select.window for question in questions]
    reach = [window.days + window.ends_days_ago for window in windows if window is not None]
    return int(rows.dates[0]) - max(reach, default=0) * DAY_US


def taken(values: FloatArray, position: IntArray) -> FloatArray:
    """Return the value at each position, NaN at -1.

    Parameters
    ----------
    values : ndarray of float
    position : ndarray of int64, shape (n_rows,)

    Returns
    -------
    ndarray of float, shape (n_rows,)

    Examples
    --------
    >>> taken(np.array([5.0]), np.array([0, -1])).tolist()
    [5.0, nan]
    """
    return np.append(values, np.nan)[position]
