"""Which questions can be answered while the facts pass by, and by which folds."""

from collections.abc import Sequence

import numpy as np

from ..arrays.as_of_rows import Rows
from ..arrays.time_grid import DAY_US
from ..metrics.queries import (
    Covered,
    Different,
    FirstMoment,
    LargestPart,
    LastMoment,
    Question,
    SharedBy,
    UsualGap,
)
from ..metrics.row_selection import Select
from ..metrics.view import View
from .accumulators import (
    CellFold,
    CoverFold,
    Family,
    FirstFold,
    Fold,
    LastFold,
    MarkFold,
    Numbering,
)
from .group_folds import GapFold, LargestFold, SharedFold
from .view_arrays import Stored

__all__ = ["folds_for", "kept_bytes", "passes_by"]


_CELLS_A_ROW = 4
"""More than these are not kept for the sums of one window: they would be nearly all empty."""

_THINGS_EACH = 8
"""About how many things, such as features, one user shares in."""

_A_YEAR = 366


def passes_by(question: Question, view: View) -> bool:
    """Say whether a question can be answered while the facts pass by.

    Parameters
    ----------
    question : Question
    view : View

    Returns
    -------
    bool
        Otherwise the visible facts themselves are needed.

    Examples
    --------
    >>> from churngrid.features.metrics.views import view_named
    >>> passes_by(Covered(Select("usage")), view_named("usage"))
    True
    """
    if isinstance(question, Covered):
        return True
    if isinstance(question, LastMoment | FirstMoment):
        return _lasts(question.select, view) and question.select.window is None
    if isinstance(question, Different):
        by_day = _told_by_day(question, view)
        timed = _looks_back(question.select)
        return _lasts(question.select, view) and (timed or not by_day)
    if isinstance(question, UsualGap):
        return view.daily and _lasts(question.select, view) and _looks_back(question.select)
    if isinstance(question, SharedBy | LargestPart):
        return _lasts(question.select, view)
    return False


def folds_for(questions: Sequence[Question], view: View, rows: Rows) -> list[Fold]:
    """Return the folds that together answer questions about facts that pass by.

    Parameters
    ----------
    questions : sequence of Question
        Those for which ``passes_by`` holds.
    view : View
    rows : Rows
        At least one.

    Returns
    -------
    list of Fold
    """
    folds: list[Fold] = []
    sums: dict[Family, list[Covered]] = {}
    counts: dict[Family, list[Different]] = {}
    for question in questions:
        if isinstance(question, LastMoment):
            folds.append(LastFold(question, rows))
        elif isinstance(question, FirstMoment):
            folds.append(FirstFold(question, rows))
        elif isinstance(question, Different):
            counts.setdefault(_counted_family(question, view), []).append(question)
        elif isinstance(question, Covered):
            columns = () if question.column is None else (question.column,)
            sums.setdefault(Family(_without_window(question.select), columns), []).append(question)
    for family, covered in sums.items():
        folds += _summing(family, covered, view, rows)
    numbering = Numbering(rows)
    folds += [MarkFold(family, asked, rows, numbering) for family, asked in counts.items()]
    return [*folds, *_grouping(questions, rows, numbering)]


def kept_bytes(questions: Sequence[Question], stored: Stored, rows: Rows) -> int:
    """Return about how much memory the folds for some questions need.

    Parameters
    ----------
    questions : sequence of Question
    stored : Stored
    rows : Rows

    Returns
    -------
    int
    """
    edges = 2 * len(rows.dates)
    total = 0
    for question in questions:
        if isinstance(question, Covered):
            total += 8 * (1 + _CELLS_A_ROW) * len(rows)
        elif isinstance(question, Different):
            texts = [name for name in question.columns if stored.is_text(name)]
            things = [len(stored.texts(name).names) for name in texts]
            total += edges * max([len(rows.account_ids), *things]) // 8
        elif isinstance(question, SharedBy):
            users = len(stored.texts(question.by).names) if stored.is_text(question.by) else 0
            total += edges * max(len(rows.account_ids), _THINGS_EACH * users) // 8
        elif isinstance(question, LargestPart):
            texts = [name for name in question.columns if stored.is_text(name)]
            things = [len(stored.texts(name).names) for name in texts]
            total += 16 * edges * max([len(rows.account_ids), *things])
        elif isinstance(question, UsualGap):
            days = int(np.ptp(rows.dates)) // DAY_US if len(rows.dates) else 0
            total += (days + _A_YEAR) * len(rows.account_ids) // 8
    return total


def _summing(family: Family, asked: list[Covered], view: View, rows: Rows) -> list[Fold]:
    """Sum over cells, unless a fact may cease to hold or most dates are of few accounts."""
    n_cells = 2 * len(rows.dates) * len(rows.account_ids)
    if n_cells <= _CELLS_A_ROW * len(rows) and _lasts(family.select, view):
        return [CellFold(family, asked, rows)]
    return [CoverFold(question, rows) for question in asked]


def _grouping(questions: Sequence[Question], rows: Rows, numbering: Numbering) -> list[Fold]:
    """Return a fold for every question about pairs of account and thing."""
    folds: list[Fold] = []
    for question in questions:
        if isinstance(question, SharedBy):
            folds.append(SharedFold(question, rows, numbering))
        elif isinstance(question, LargestPart):
            folds.append(LargestFold(question, rows, numbering))
        elif isinstance(question, UsualGap):
            folds.append(GapFold(question, rows, numbering))
    return folds


def _looks_back(select: Select) -> bool:
    """Say whether a selection has a window, by the own clock of its view."""
    return select.window is not None and select.at is None


def _lasts(select: Select, view: View) -> bool:
    """Say whether a fact, once seen, is only ever lost to a window."""
    return not view.entity and not select.until


def _told_by_day(question: Different, view: View) -> bool:
    return view.daily and view.happened_at in question.columns


def _counted_family(question: Different, view: View) -> Family:
    by_day = _told_by_day(question, view)
    columns = tuple(name for name in question.columns if not (by_day and name == view.happened_at))
    return Family(_without_window(question.select), columns, by_day)


def _without_window(select: Select) -> Select:
    return Select(
        select.view,
        select.where,
        at=select.at,
        after=select.after,
        until=select.until,
        lag_days=select.lag_days,
    )
