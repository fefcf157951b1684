"""The facts of one view beside the rows they are asked for, and the ranges they are visible on."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .filters import Filter
from .ranges import first_after, paint, superseded
from .rows import Rows
from .views import View, ViewData

__all__ = ["DAY_US", "Facts", "Ranges", "Select", "Window"]

IntArray = npt.NDArray[np.int64]

DAY_US = 86_400_000_000
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Window:
    """Look-back of so many days by when a fact happened, closed on the left, open on the right.

    Parameters
    ----------
    days : int
        Length.
    ends_days_ago : int
        Distance of its right end from the as-of date.
    """

    days: int
    ends_days_ago: int = 0

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError(f"`days` must be at least 1, got {self.days!r}.")
        if self.ends_days_ago < 0:
            raise ValueError(
                f"`ends_days_ago` must not be negative, got {self.ends_days_ago!r}: "
                "a window never looks ahead."
            )


@dataclass(frozen=True, slots=True)
class Select:
    """Which facts a measure folds.

    Parameters
    ----------
    view : str
    where : tuple of Filter
        All have to hold.
    window : Window or None
        None looks at everything known so far.
    at : str or None
        Clock the window is judged by; the view's ``happened_at`` when None.
    after : tuple of str
        Further times that must lie in the past.
    until : str or None
        Time from which the fact no longer holds; never, where it is empty.
    lag_days : int
        Judge ``after`` and ``until`` so many days before the as-of date: the state back then, as
        it is known now.
    """

    view: str
    where: tuple[Filter, ...] = ()
    window: Window | None = None
    at: str | None = None
    after: tuple[str, ...] = ()
    until: str | None = None
    lag_days: int = 0

    def shifted(self, days: int) -> "Select":
        """Return the same selection with its window, or its state, so many days further back."""
        if self.window is None:
            return replace(self, lag_days=self.lag_days + days)
        moved = Window(self.window.days, self.window.ends_days_ago + days)
        return replace(self, window=moved)

    def columns(self) -> frozenset[str]:
        """Return the columns of the view that the selection needs."""
        clocks = {name for name in (self.at, self.until, *self.after) if name}
        return frozenset(clocks | {condition.column for condition in self.where})


@dataclass(frozen=True, slots=True)
class Ranges:
    """Selected facts with the rows on which each is visible.

    Parameters
    ----------
    position : ndarray of int64, shape (n_selected,)
        Row of the fact in the view's table.
    enter, leave : ndarray of int64, shape (n_selected,)
    """

    position: IntArray
    enter: IntArray
    leave: IntArray


class Facts:
    """One view's rows that belong to the asked accounts, with everything found once and kept.

    Parameters
    ----------
    view : View
    data : ViewData
    rows : Rows
    """

    def __init__(self, view: View, data: ViewData, rows: Rows) -> None:
        account = rows.locate(data.table["account_id"])
        self.view = view
        self.table = data.table.filter(pa.array(account >= 0)).combine_chunks()
        self.account = account[account >= 0]
        self._rows = rows
        self._after: dict[tuple[str, int], IntArray] = {}
        self._masks: dict[Filter, npt.NDArray[np.bool_]] = {}
        self._codes: dict[tuple[str, ...], IntArray] = {}
        self._seen_at = self._seen()
        self.enter = self._first_after(self._seen_at)
        self.leave = self._leave(self._seen_at)

    def time(self, column: str) -> IntArray:
        """Return a time column as microseconds; an empty one lies after everything."""
        moments = self.table[column].cast(pa.int64())
        return np.asarray(pc.fill_null(moments, _NEVER).to_numpy(), dtype=np.int64)

    def number(self, column: str) -> npt.NDArray[np.float64]:
        """Return a number column, NaN where empty."""
        return np.asarray(
            pc.fill_null(self.table[column].cast(pa.float64()), np.nan).to_numpy(), dtype=float
        )

    def codes(self, columns: tuple[str, ...]) -> IntArray:
        """Return a whole number per row that is equal where all these columns are equal."""
        if columns not in self._codes:
            code = np.zeros(self.table.num_rows, dtype=np.int64)
            for name in columns:
                values = self.table[name].combine_chunks()
                encoded = pc.dictionary_encode(values, null_encoding="encode")
                part = np.asarray(encoded.indices.to_numpy(), dtype=np.int64)
                _, code = np.unique(
                    code * (len(encoded.dictionary) + 1) + part, return_inverse=True
                )
            self._codes[columns] = np.asarray(code, dtype=np.int64)
        return self._codes[columns]

    def select(self, select: Select) -> Ranges:
        """Return the facts of a selection and where they are visible.

        Parameters
        ----------
        select : Select

        Returns
        -------
        Ranges
        """
        enter, leave = self._bounds(select)
        visible = enter < leave
        for condition in select.where:
            visible &= self._mask(condition)
        position = np.flatnonzero(visible)
        return Ranges(position, enter[position], leave[position])

    def newest(self, select: Select, n_rows: int) -> IntArray:
        """Return, per row, the table position of the newest selected fact, or -1.

        Parameters
        ----------
        select : Select
        n_rows : int

        Returns
        -------
        ndarray of int64, shape (n_rows,)
            Newest by the selection's clock; ties go to what became known last, then to the last
            id, so that neither the order of rows nor the other dates asked for decide.
        """
        found = self.select(select)
        if not len(found.position):
            return np.full(n_rows, -1, dtype=np.int64)
        clock = self.time(select.at or self.view.happened_at)[found.position]
        order = np.lexsort((-self._ids(found.position), -self._seen_at[found.position], -clock))
        owner = np.asarray(paint(order, found.enter, found.leave, n_rows))
        return np.where(owner >= 0, found.position[np.maximum(owner, 0)], -1)

    def _bounds(self, select: Select) -> tuple[IntArray, IntArray]:
        enter, leave = self.enter, self.leave
        clock = select.at or self.view.happened_at
        for column in select.after:
            enter = np.maximum(enter, self._after_column(column, select.lag_days))
        if select.until:
            leave = np.minimum(leave, self._after_column(select.until, select.lag_days))
        if select.window:
            opens = select.window.ends_days_ago
            enter = np.maximum(enter, self._after_column(clock, opens))
            leave = np.minimum(leave, self._after_column(clock, opens + select.window.days))
        elif select.at or not self.view.entity:
            enter = np.maximum(enter, self._after_column(clock, 0))
        return enter, leave

    def _seen(self) -> IntArray:
        """When a row starts to count: known, and for dated versions also begun."""
        if "known_at" not in self.table.column_names:
            return np.zeros(self.table.num_rows, dtype=np.int64)
        known = self.time("known_at")
        if self.view.happened_at in self.view.version:
            begun = self.time(self.view.happened_at)
            return np.maximum(known, np.where(begun == _NEVER, known, begun))
        return known

    def _leave(self, seen: IntArray) -> IntArray:
        if not self.view.entity:
            return self._rows.starts[self.account + 1]
        entity = self.codes(self.view.entity)
        clocks = [self.time(name) for name in reversed(self.view.version)]
        order = np.lexsort((*clocks, entity))
        return self._first_after(superseded(order, entity, seen))

    def _ids(self, position: IntArray) -> IntArray:
        """Rank of the own id of some rows; rows of a view without one are alike."""
        name = self.table.column_names[0]
        if name == "account_id":
            return np.zeros(len(position), dtype=np.int64)
        ranks = pc.rank(self.table[name].take(pa.array(position)), tiebreaker="dense")
        return np.asarray(ranks.to_numpy(), dtype=np.int64)

    def _first_after(self, moment: IntArray) -> IntArray:
        return np.asarray(first_after(self.account, moment, self._rows.starts, self._rows.as_of))

    def _after_column(self, column: str, days: int) -> IntArray:
        key = (column, days)
        if key not in self._after:
            moment = self.time(column)
            if days:
                moment = np.where(moment == _NEVER, _NEVER, moment + days * DAY_US)
            self._after[key] = self._first_after(moment)
        return self._after[key]

    def _mask(self, condition: Filter) -> npt.NDArray[np.bool_]:
        if condition not in self._masks:
            self._masks[condition] = condition.mask(self.table)
        return self._masks[condition]
