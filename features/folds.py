"""What is kept while the facts of a view pass by, and the answers it gives at the end.

A fold takes the facts in chunks, in any order, and remembers no fact by itself: a difference per
row, the newest moment per row, a bit per thing and stretch of time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numba as nb
import numpy as np
import numpy.typing as npt

from .chunk import Chunk
from .facts import DAY_US, Select
from .marks import Marks, Pairs, day_stretches, edge_stretches
from .questions import Covered, Different, LastMoment, Question
from .ranges import cover_into
from .rows import Rows

__all__ = ["CoverFold", "Fold", "LastFold", "MarkFold", "folds_for"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]

_MILLIONTHS = 1_000_000


class Fold(Protocol):
    """Something that takes facts chunk by chunk."""

    def take(self, chunk: Chunk) -> None:
        """Take the facts of a chunk."""

    def answers(self) -> dict[Question, FloatArray]:
        """Return the answers, each of shape (n_rows,)."""
        ...


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
        column = self._question.column
        enter, leave = chunk.bounds(self._question.select)
        weight = np.ones(1, np.int64) if column is None else chunk.weight(column)
        cover_into(enter, leave, chunk.mask(self._question.select.where), weight, self._change)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the count, or the sum exact to a millionth."""
        total = np.cumsum(self._change)[:-1]
        scale = 1.0 if self._question.column is None else float(_MILLIONTHS)
        return {self._question: total / scale}


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
        enter, leave = chunk.bounds(select)
        clock = chunk.time(select.at or chunk.view.happened_at)
        _raise_newest(enter, leave, chunk.mask(select.where), clock, self._newest)

    def answers(self) -> dict[Question, FloatArray]:
        """Return the moment, NaN before the first fact."""
        newest = self._newest.copy()
        _carry_newest(newest, self._rows.starts)
        return {self._question: np.where(newest < 0, np.nan, newest.astype(float))}


@dataclass(frozen=True, slots=True)
class _Family:
    """Selections that differ by window only, and what is told apart in them."""

    select: Select
    columns: tuple[str, ...]
    stretchwise: bool


class MarkFold:
    """Counts different things for all windows of one kind of selection at once.

    Parameters
    ----------
    family : tuple of a selection without window, columns, and whether days are told apart
    questions : sequence of Different
        Of that family.
    rows : Rows
    pairs : dict of tuple to Pairs
        Shared by all folds that tell the same things apart.
    """

    def __init__(
        self,
        family: _Family,
        questions: Sequence[Different],
        rows: Rows,
        pairs: dict[tuple[str, ...], Pairs],
    ) -> None:
        self._family = family
        self._questions = questions
        self._rows = rows
        self._pairs = pairs
        windows = [_edges_of(question.select, rows) for question in questions]
        ends = [edge for window in windows for edge in window if edge is not None]
        cut = day_stretches if family.stretchwise else edge_stretches
        self._stretches = cut(np.concatenate(ends))
        self._windows = windows
        self._marks = Marks(self._stretches)

    def take(self, chunk: Chunk) -> None:
        """Mark who was there."""
        family = self._family
        clock = family.select.at or chunk.view.happened_at
        pair, n_pairs = self._numbered(chunk)
        self._marks.add(
            pair,
            self._stretches.number(chunk.time(clock)),
            chunk.mask(family.select.where),
            known=chunk.known_from(family.select),
            due=chunk.after(clock, 0),
            n_pairs=n_pairs,
        )

    def answers(self) -> dict[Question, FloatArray]:
        """Return the counts."""
        rows, pairs = self._rows, self._pairs.get(self._family.columns, Pairs(0, 0))
        after = [self._opening(opens) for opens, _ in self._windows]
        upto = [self._stretches.last_before(ends) for _, ends in self._windows]
        counts = self._marks.count(
            pairs.owner,
            rows.starts,
            np.searchsorted(rows.dates, rows.as_of).astype(np.int32),
            (np.stack(after), np.stack(upto)),
            stretchwise=self._family.stretchwise,
        )
        return {
            question: count.astype(float)
            for question, count in zip(self._questions, counts, strict=True)
        }

    def _numbered(self, chunk: Chunk) -> tuple[RowArray, int]:
        columns = self._family.columns
        if columns not in self._pairs:
            n_accounts = len(self._rows.account_ids)
            self._pairs[columns] = Pairs(n_accounts, chunk.codes(columns)[1])
        pairs = self._pairs[columns]
        return chunk.numbered(columns, pairs), pairs.count

    def _opening(self, opens: IntArray | None) -> RowArray:
        if opens is None:
            return np.full(len(self._rows.dates), -1, np.int32)
        return self._stretches.last_before(opens)


def folds_for(questions: Sequence[Question], rows: Rows, *, daily: str | None) -> list[Fold]:
    """Return the folds that together answer questions about facts that pass by.

    Parameters
    ----------
    questions : sequence of Question
        Those for which ``passes_by`` holds.
    rows : Rows
    daily : str or None
        The view's clock, where it has no hours.

    Returns
    -------
    list of Fold
    """
    folds: list[Fold] = []
    families: dict[_Family, list[Different]] = {}
    for question in questions:
        if isinstance(question, Covered):
            folds.append(CoverFold(question, rows))
        elif isinstance(question, LastMoment):
            folds.append(LastFold(question, rows))
        elif isinstance(question, Different):
            families.setdefault(_family_of(question, daily), []).append(question)
    pairs: dict[tuple[str, ...], Pairs] = {}
    folds += [MarkFold(family, asked, rows, pairs) for family, asked in families.items()]
    return folds


def passes_by(question: Question, *, entity: bool, daily: str | None) -> bool:
    """Say whether a question can be answered while the facts pass by.

    Parameters
    ----------
    question : Question
    entity : bool
        Whether the view has versions of things.
    daily : str or None
        The view's clock, where it has no hours.

    Returns
    -------
    bool
        Otherwise the visible facts themselves are needed.
    """
    if isinstance(question, Covered):
        return True
    lasting = not entity and not question.select.until
    if isinstance(question, LastMoment):
        return lasting and question.select.window is None
    if isinstance(question, Different):
        by_day = daily is not None and daily in question.columns
        timed = question.select.window is not None and question.select.at in (None, daily)
        return lasting and (timed or not by_day)
    return False


def _family_of(question: Different, daily: str | None) -> _Family:
    select = question.select
    alike = Select(
        select.view, select.where, at=select.at, after=select.after, lag_days=select.lag_days
    )
    stretchwise = daily is not None and daily in question.columns
    columns = tuple(name for name in question.columns if not (stretchwise and name == daily))
    return _Family(alike, columns, stretchwise)


def _edges_of(select: Select, rows: Rows) -> tuple[IntArray | None, IntArray]:
    """Return, per as-of date, when the window opens (None: never) and ends."""
    if select.window is None:
        return None, rows.dates
    ends = rows.dates - select.window.ends_days_ago * DAY_US
    return ends - select.window.days * DAY_US, ends


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _raise_newest(
    enter: RowArray,
    leave: RowArray,
    kept: npt.NDArray[np.bool_],
    clock: IntArray,
    newest: IntArray,
) -> None:
    for i in range(len(enter)):
        if kept[i] and enter[i] < leave[i] and clock[i] > newest[enter[i]]:
            newest[enter[i]] = clock[i]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _carry_newest(newest: IntArray, starts: IntArray) -> None:
    for account in range(len(starts) - 1):
        for row in range(starts[account] + 1, starts[account + 1]):
            newest[row] = max(newest[row], newest[row - 1])
