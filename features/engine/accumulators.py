"""What is kept while the facts of a view pass by, and the answers it gives at the end.

A fold takes the facts in chunks, in any order, and remembers no fact by itself: a difference per
row, a sum or a bit per stretch of time, the newest moment per row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np

from ..arrays.array_types import FloatArray, IntArray, RowArray
from ..arrays.as_of_rows import Rows
from ..arrays.counting.fact_loops import (
    add_to_cells,
    carry_newest,
    carry_oldest,
    lower_oldest,
    raise_newest,
)
from ..arrays.counting.pair_numbers import Pairs
from ..arrays.row_ranges import cover_into
from ..arrays.time_grid import NEVER, fixed
from ..metrics.queries import (
    Covered,
    Different,
    FirstMoment,
    LastMoment,
    Question,
)
from ..metrics.row_selection import Select
from .chunk import MILLIONTHS, Chunk
from .presence_counts import Marks
from .time_slices import Windows

__all__ = [
    "CellFold",
    "CoverFold",
    "Family",
    "FirstFold",
    "Fold",
    "InTurn",
    "LastFold",
    "MarkFold",
    "Numbering",
]


class Fold(Protocol):
    """Something that takes facts chunk by chunk, one chunk at a time."""

    def take(self, chunk: Chunk) -> None:
        """Take the facts of a chunk."""

    def answers(self) -> dict[Question, FloatArray]:
        """Return the answers, each of shape (n_rows,)."""
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """Selections that differ by window only, and what is asked of them.

    Parameters
    ----------
    select : Select
        Without window.
    columns : tuple of str
        What is told apart, or the one column that is summed.
    by_day : bool
        Whether each day counts by itself.
    """

    select: Select
    columns: tuple[str, ...]
    by_day: bool = False


class InTurn:
    """Lets one thread after the other use a fold.

    While one chunk is in this fold, others are in others.

    Parameters
    ----------
    fold : Fold
    """

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._lock = Lock()

    def take(self, chunk: Chunk) -> None:
        """Take the facts of a chunk once no other one is taken."""
        with self._lock:
            self._fold.take(chunk)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the answers of the fold."""
        return self._fold.answers()


class CoverFold:
    """Counts or sums the facts that are visible on each row.

    Parameters
    ----------
    question : Covered
    rows : Rows
    """

    def __init__(self, question: Covered, rows: Rows) -> None:
        self._question = question
        self._change = np.zeros(len(rows) + 1, np.int64)

    def take(self, chunk: Chunk) -> None:
        """Add what enters and leaves."""
        select, column = self._question.select, self._question.column
        enter, leave = chunk.bounds(select)
        cover_into(enter, leave, chunk.mask(select.where), _weight(chunk, column), self._change)

    def totals(self) -> IntArray:
        """Return the count per row, or the sum in millionths."""
        return np.cumsum(self._change)[:-1]

    def answers(self) -> dict[Question, FloatArray]:
        """Return the count, or the sum exact to a millionth."""
        return {self._question: _scaled(self.totals(), self._question.column)}


class CellFold:
    """Counts or sums facts for all windows of a family at once.

    What is known in time is added to the cell of its account and stretch; what is learned late is
    put on the rows of each window by itself.

    Parameters
    ----------
    family : Family
    questions : sequence of Covered
        Of that family.
    rows : Rows
    """

    def __init__(self, family: Family, questions: Sequence[Covered], rows: Rows) -> None:
        self._family = family
        self._questions = questions
        self._rows = rows
        self._windows = Windows.of([question.select for question in questions], rows)
        self._late = [CoverFold(question, rows) for question in questions]
        shape = (self._windows.stretches.count, len(rows.account_ids))
        self._cells = np.zeros(shape, dtype=np.int64)

    def take(self, chunk: Chunk) -> None:
        """Add what was known in time to its cell."""
        select, column = self._family.select, self._questions[0].column
        clock = select.at or chunk.view.happened_at
        kept, stretch = chunk.timely(select), chunk.stretch(clock, self._windows.stretches)
        add_to_cells(chunk.account, stretch, kept, _weight(chunk, column), self._cells)
        late = chunk.late(select)
        if len(late):
            few = chunk.among(late)
            for fold in self._late:
                fold.take(few)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the counts, or the sums exact to a millionth."""
        running = np.zeros((self._cells.shape[0] + 1, self._cells.shape[1]), dtype=np.int64)
        np.cumsum(self._cells, axis=0, out=running[1:])
        account, windows = self._rows.account, self._windows
        found: dict[Question, FloatArray] = {}
        for place, question in enumerate(self._questions):
            opened = running[windows.after[place][windows.date] + 1, account]
            ended = running[windows.upto[place][windows.date] + 1, account]
            total = ended - opened + self._late[place].totals()
            found[question] = _scaled(total, question.column)
        return found


class LastFold:
    """Keeps when the newest fact took place that is visible on each row.

    Parameters
    ----------
    question : LastMoment
        Of facts that stay visible: no window, no versions, no end.
    rows : Rows
    """

    def __init__(self, question: LastMoment, rows: Rows) -> None:
        self._question = question
        self._rows = rows
        self._newest = np.full(len(rows), -1, np.int64)

    def take(self, chunk: Chunk) -> None:
        """Raise the newest moment of the row on which each fact becomes visible."""
        select = self._question.select
        kept, clock = chunk.mask(select.where), chunk.time(select.at or chunk.view.happened_at)
        ends = self._rows.starts[1:]
        raise_newest(chunk.enter(select), chunk.account, ends, kept, fixed(clock), self._newest)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the moment, NaN before the first fact."""
        newest = self._newest.copy()
        carry_newest(newest, self._rows.starts)
        return {self._question: np.where(newest < 0, np.nan, newest.astype(float))}


class FirstFold:
    """Keeps when the oldest fact took place that is visible on each row.

    Parameters
    ----------
    question : FirstMoment
        Of facts that stay visible: no window, no versions, no end.
    rows : Rows
    """

    def __init__(self, question: FirstMoment, rows: Rows) -> None:
        self._question = question
        self._rows = rows
        self._oldest = np.full(len(rows), NEVER, np.int64)

    def take(self, chunk: Chunk) -> None:
        """Lower the oldest moment of the row on which each fact becomes visible."""
        select = self._question.select
        kept, clock = chunk.mask(select.where), chunk.time(select.at or chunk.view.happened_at)
        ends = self._rows.starts[1:]
        lower_oldest(chunk.enter(select), chunk.account, ends, kept, fixed(clock), self._oldest)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the moment, NaN before the first fact."""
        oldest = self._oldest.copy()
        carry_oldest(oldest, self._rows.starts)
        return {self._question: np.where(oldest == NEVER, np.nan, oldest.astype(float))}


class Numbering:
    """Numbers of pairs of account and thing, shared by folds that tell the same things apart.

    Parameters
    ----------
    rows : Rows
    """

    def __init__(self, rows: Rows) -> None:
        self._n_accounts = len(rows.account_ids)
        self._pairs: dict[tuple[str, ...], Pairs] = {}
        self._lock = Lock()

    def of(self, chunk: Chunk, columns: tuple[str, ...]) -> tuple[RowArray, int]:
        """Return the number of each fact's pair, and how many there are so far."""
        with self._lock:
            if columns not in self._pairs:
                self._pairs[columns] = Pairs(self._n_accounts, chunk.codes(columns)[1])
            pairs = self._pairs[columns]
            return chunk.numbered(columns, pairs), pairs.count

    def owner(self, columns: tuple[str, ...]) -> RowArray:
        """Return the account of each pair, shape (n_pairs,)."""
        return self._pairs.get(columns, Pairs(0, 0)).owner


class MarkFold:
    """Counts different things for all windows of a family at once.

    Parameters
    ----------
    family : Family
    questions : sequence of Different
        Of that family.
    rows : Rows
    numbering : Numbering
        Shared by all folds.
    """

    def __init__(
        self,
        family: Family,
        questions: Sequence[Different],
        rows: Rows,
        numbering: Numbering,
    ) -> None:
        self._family = family
        self._questions = questions
        self._rows = rows
        self._numbering = numbering
        selects = [question.select for question in questions]
        self._windows = Windows.of(selects, rows, by_day=family.by_day)
        self._marks = Marks(self._windows.stretches)

    def take(self, chunk: Chunk) -> None:
        """Mark who was there."""
        select = self._family.select
        pair, n_pairs = self._numbering.of(chunk, self._family.columns)
        stretch = chunk.stretch(select.at or chunk.view.happened_at, self._windows.stretches)
        self._marks.add(pair, stretch, chunk.timely(select), n_pairs=n_pairs)
        late = chunk.late(select)
        if len(late):
            known = chunk.among(late).known_from(select)
            self._marks.add_late(pair[late], stretch[late], known)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the counts."""
        owner = self._numbering.owner(self._family.columns)
        counts = self._marks.count(
            owner, self._rows.starts, self._windows, stretchwise=self._family.by_day
        )
        return dict(zip(self._questions, counts.astype(float), strict=True))


def _weight(chunk: Chunk, column: str | None) -> IntArray:
    """Return what each fact adds; one number for all when facts are counted."""
    return np.ones(1, np.int64) if column is None else chunk.weight(column)


def _scaled(total: IntArray, column: str | None) -> FloatArray:
    return total.astype(float) if column is None else total / MILLIONTHS
