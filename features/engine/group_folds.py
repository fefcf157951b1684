"""Folds over pairs of account and thing: who shares in something, the busiest, the usual gap."""

import numpy as np

from ..arrays.array_types import BoolArray, FloatArray, IntArray, RowArray
from ..arrays.as_of_rows import Rows
from ..arrays.counting.pair_sums import add_to_pairs, raise_largest
from ..arrays.counting.presence_bits import count_shared, usual_gaps
from ..metrics.queries import LargestPart, Question, SharedBy, UsualGap
from ..metrics.row_selection import Select
from .accumulators import Numbering
from .chunk import MILLIONTHS, Chunk
from .presence_counts import Marks
from .time_slices import Windows

__all__ = ["GapFold", "LargestFold", "SharedFold"]


class SharedFold:
    """Counts the things in which enough others share, such as features with several users.

    Parameters
    ----------
    question : SharedBy
    rows : Rows
    numbering : Numbering
        Shared by all folds.
    """

    def __init__(self, question: SharedBy, rows: Rows, numbering: Numbering) -> None:
        self._question = question
        self._rows = rows
        self._numbering = numbering
        self._pairs = (question.column, question.by)
        self._windows = Windows.of([question.select], rows)
        self._marks = Marks(self._windows.stretches)
        self._group = np.zeros(0, np.int32)

    def take(self, chunk: Chunk) -> None:
        """Mark who was there with what."""
        select = self._question.select
        pair, n_pairs = self._numbering.of(chunk, self._pairs)
        thing, _ = self._numbering.of(chunk, (self._question.column,))
        kept = chunk.mask(select.where)
        self._make_room(n_pairs)
        self._group[pair[kept]] = thing[kept]
        _mark_chunk(self._marks, self._windows, chunk, select, pair, n_pairs)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the count per row."""
        out = np.zeros(len(self._rows), np.int64)
        order = np.argsort(self._group, kind="stable")
        order = order[self._group[order] >= 0]
        if len(order):
            count_shared(
                self._marks.bits,
                order,
                self._numbering.owner(self._pairs),
                self._group,
                *self._marks.late_by_pair(),
                self._rows.starts,
                self._windows.date,
                self._windows.after[0],
                self._windows.upto[0],
                self._question.at_least,
                out,
            )
        return {self._question: out.astype(float)}

    def _make_room(self, n_pairs: int) -> None:
        if n_pairs > len(self._group):
            grown = np.full(max(n_pairs, 2 * len(self._group)), -1, np.int32)
            grown[: len(self._group)] = self._group
            self._group = grown


class GapFold:
    """Keeps the days on which an account was there, for the usual distance between them.

    Parameters
    ----------
    question : UsualGap
        By the own clock of a view whose facts have a day and no hour.
    rows : Rows
    numbering : Numbering
        Shared by all folds.
    """

    def __init__(self, question: UsualGap, rows: Rows, numbering: Numbering) -> None:
        self._question = question
        self._rows = rows
        self._numbering = numbering
        self._windows = Windows.of([question.select], rows, by_day=True)
        self._marks = Marks(self._windows.stretches)

    def take(self, chunk: Chunk) -> None:
        """Mark the days."""
        pair, n_pairs = self._numbering.of(chunk, ())
        _mark_chunk(self._marks, self._windows, chunk, self._question.select, pair, n_pairs)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the distance per row, NaN below two working days."""
        out = np.full(len(self._rows), np.nan)
        usual_gaps(
            *self._marks.occurring(self._numbering.owner(())),
            self._rows.starts,
            self._windows.date,
            self._windows.after[0],
            self._windows.upto[0],
            self._windows.stretches.first_day,
            out,
        )
        return {self._question: out}


class LargestFold:
    """Sums by account and thing, of which the largest counts.

    Parameters
    ----------
    question : LargestPart
    rows : Rows
    numbering : Numbering
        Shared by all folds.
    """

    def __init__(self, question: LargestPart, rows: Rows, numbering: Numbering) -> None:
        self._question = question
        self._rows = rows
        self._numbering = numbering
        self._windows = Windows.of([question.select], rows)
        self._cells = np.zeros((self._windows.stretches.count, 1 << 6), np.int64)
        # Of the numbered pairs only those that occur get cells: they are far fewer.
        self._place = np.zeros(0, np.int32)
        self._owner = np.zeros(0, np.int32)
        self._late: list[tuple[IntArray, IntArray, IntArray, IntArray]] = []

    def take(self, chunk: Chunk) -> None:
        """Add what was known in time to its cell, and note the rest with its rows."""
        select, column = self._question.select, self._question.column
        place = self._placed(chunk, chunk.mask(select.where))
        clock = select.at or chunk.view.happened_at
        stretch, weight = chunk.stretch(clock, self._windows.stretches), chunk.weight(column)
        add_to_pairs(place, stretch, chunk.timely(select), weight, self._cells)
        late = chunk.late(select)
        if len(late):
            enter, leave = chunk.among(late).bounds(select)
            late_weight = weight[late] if len(weight) == len(chunk) else weight.repeat(len(late))
            seen = np.flatnonzero(enter < leave)
            found = (place[late], enter, leave, late_weight)
            self._late.append(tuple(part[seen].astype(np.int64) for part in found))  # type: ignore[arg-type]

    def answers(self) -> dict[Question, FloatArray]:
        """Return the largest sum per row, 0 where there is none, exact to a millionth."""
        out = np.zeros(len(self._rows), np.int64)
        running = np.zeros((self._cells.shape[0] + 1, len(self._owner)), np.int64)
        np.cumsum(self._cells[:, : len(self._owner)], axis=0, out=running[1:])
        raise_largest(
            running,
            self._owner,
            *self._late_by_place(),
            self._rows.starts,
            self._windows.date,
            self._windows.after[0],
            self._windows.upto[0],
            out,
        )
        return {self._question: out / MILLIONTHS}

    def _placed(self, chunk: Chunk, kept: BoolArray) -> RowArray:
        """Return the place of each kept fact's pair among the cells."""
        columns = self._question.columns
        pair, n_pairs = self._numbering.of(chunk, columns)
        if n_pairs > len(self._place):
            grown = np.full(max(n_pairs, 2 * len(self._place)), -1, np.int32)
            grown[: len(self._place)] = self._place
            self._place = grown
        occurring = np.unique(pair[kept])
        fresh = occurring[self._place[occurring] < 0]
        self._place[fresh] = len(self._owner) + np.arange(len(fresh), dtype=np.int32)
        self._owner = np.concatenate([self._owner, self._numbering.owner(columns)[fresh]])
        if len(self._owner) > self._cells.shape[1]:
            size = max(len(self._owner), 2 * self._cells.shape[1])
            wider = np.zeros((self._cells.shape[0], size), np.int64)
            wider[:, : self._cells.shape[1]] = self._cells
            self._cells = wider
        return self._place[pair]

    def _late_by_place(self) -> tuple[IntArray, ...]:
        if not self._late:
            return (np.zeros(0, np.int64),) * 4
        parts = [np.concatenate(part) for part in zip(*self._late, strict=True)]
        order = np.argsort(parts[0], kind="stable")
        return tuple(part[order] for part in parts)


def _mark_chunk(
    marks: Marks, windows: Windows, chunk: Chunk, select: Select, pair: RowArray, n_pairs: int
) -> None:
    """Mark the facts that are known in time, and note those learned late."""
    stretch = chunk.stretch(select.at or chunk.view.happened_at, windows.stretches)
    marks.add(pair, stretch, chunk.timely(select), n_pairs=n_pairs)
    late = chunk.late(select)
    if len(late):
        known = chunk.among(late).known_from(select)
        marks.add_late(pair[late], stretch[late], known)
