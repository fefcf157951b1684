"""A run of one view's facts that belong to the asked accounts, and the rows they are visible on."""

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import BoolArray, CodeArray, FloatArray, IntArray, RowArray, WideCodeArray
from ..arrays.arrow_columns import moments_of, numbers_of
from ..arrays.as_of_rows import Rows
from ..arrays.counting.pair_numbers import Pairs
from ..arrays.time_grid import DAY_US, beginnings_of, days_of, fixed
from ..metrics.row_selection import EveryRow, Filter, Select
from ..metrics.view import View
from .time_slices import Stretches
from .view_arrays import Stored

__all__ = ["MILLIONTHS", "Chunk"]


Kind = TypeVar("Kind", bound=np.generic)

MILLIONTHS = 1_000_000
"""Sums are kept in whole millionths, so that what enters a window leaves it exactly."""


class Chunk:
    """Some facts of a view, with everything found once and kept.

    A fact is visible on one unbroken range of its account's rows: from the first as-of date after
    it was known (and happened) until its window has passed or a newer version replaces it.

    Parameters
    ----------
    view : View
    stored : Stored
    rows : Rows
    account : ndarray of int32, shape (n_facts,)
        Position of each fact's account in ``rows``.
    kept : ndarray of int64, shape (n_facts,)
        Places of the facts, counted from ``start``.
    span : tuple of int
        ``start`` and ``stop`` among the stored rows.
    """

    def __init__(
        self,
        view: View,
        stored: Stored,
        rows: Rows,
        account: RowArray,
        kept: IntArray,
        span: tuple[int, int],
    ) -> None:
        self.view = view
        self.rows = rows
        self.account = account
        self._stored = stored
        self._kept = kept
        self._span = span
        self._start, self._stop = span
        self._whole = len(kept) == self._stop - self._start
        self._found: dict[tuple[Hashable, ...], Any] = {}

    def among(self, places: IntArray) -> "Chunk":
        """Return some of the facts, given by place in this chunk, as a chunk of their own."""
        account, kept = self.account[places], self._kept[places]
        return Chunk(self.view, self._stored, self.rows, account, kept, self._span)

    def __len__(self) -> int:
        return len(self.account)

    @cached_property
    def position(self) -> IntArray:
        """Place of each fact among the stored rows, shape (n_facts,)."""
        return self._kept + self._start

    @cached_property
    def leave(self) -> RowArray:
        """Row on which a newer version takes the fact's place; the end of the account's rows."""
        if not self.view.entity:
            return np.asarray(self.rows.reach[self.account, 1])
        replaced = self._stored.replaced(self.view.entity, self.view.version)
        return self.rows.first_after(self.account, self._taken(replaced))

    @cached_property
    def seen(self) -> IntArray:
        """When each fact was known and, for dated versions, had begun."""
        return self._taken(self._stored.seen(self.view.version))

    def time(self, column: str) -> IntArray:
        """Return a time column as microseconds; an empty one lies after everything."""
        return self._once(("time", column), lambda: self._time(column))

    def day(self, column: str) -> RowArray:
        """Return the day of a time column; ``NO_DAY`` where it is empty."""
        times = self._stored.times(self._stored.data.days.get(column, column))
        return self._once(("day", column), lambda: days_of(fixed(self._taken(times))))

    def number(self, column: str) -> FloatArray:
        """Return a number column, NaN where empty."""
        return self._once(("number", column), lambda: self._number(column))

    def weight(self, column: str) -> IntArray:
        """Return a number column in whole millionths, 0 where empty; one number if it is 1."""
        if column in self._stored.data.ones:
            return np.full(1, MILLIONTHS)
        if column in self._stored.data.table.column_names:
            self._stored.require_exact_sums(column)
        return self._once(
            ("weight", column),
            lambda: np.rint(np.nan_to_num(self.number(column)) * MILLIONTHS).astype(np.int64),
        )

    def codes(self, columns: tuple[str, ...]) -> tuple[WideCodeArray, int]:
        """Return a number a fact that is equal where all columns are, and a bound of it."""
        if len(columns) == 1:
            return self._column_codes(columns[0])
        code, size = np.zeros(len(self), np.int64), 1
        for column in columns:
            part, width = self._column_codes(column)
            if size * width >= 2**62:
                _, code = np.unique(code, return_inverse=True)
                size = len(code)
            code = code * width + part
            size *= width
        return code, size

    def numbered(self, columns: tuple[str, ...], pairs: Pairs) -> RowArray:
        """Return the number of each fact's pair of account and values, given by ``pairs``."""
        return self._once(
            ("pair", columns), lambda: pairs.number(self.account, self.codes(columns)[0])
        )

    def mask(self, conditions: tuple[Filter, ...]) -> BoolArray:
        """Return which facts meet all conditions, shape (n_facts,)."""
        return self._once(("mask", conditions), lambda: self._meets(conditions))

    def after(self, column: str, days: int) -> RowArray:
        """Return, per fact, the first row whose as-of date lies more than so many days after."""
        return self.rows.first_from(self.account, self._date_after(column, days))

    def known_from(self, select: Select) -> RowArray:
        """Return the first row on which a fact is known and its further times have passed."""
        return self.rows.first_from(self.account, self._known_date(select))

    def timely(self, select: Select) -> BoolArray:
        """Return which facts meet the conditions and are known by the first date that needs them.

        That is the first as-of date they belong before.
        """
        return self._once(
            ("timely", select.where, *self._known_by(select)),
            lambda: _but(self.mask(select.where), self._learned(select)),
        )

    def late(self, select: Select) -> IntArray:
        """Return the places of facts that meet the conditions and become known after that date."""
        learned = self._learned(select)
        return learned[self.mask(select.where)[learned]]

    def _learned(self, select: Select) -> IntArray:
        """Return the places of all facts that become known late, whatever is selected."""
        clock = select.at or self.view.happened_at
        return self._once(
            ("learned", *self._known_by(select)),
            lambda: np.flatnonzero(self._known_date(select) > self._date_after(clock, 0)),
        )

    def _known_by(self, select: Select) -> tuple[Hashable, ...]:
        return select.at, select.after, select.lag_days

    def stretch(self, clock: str, stretches: Stretches) -> RowArray:
        """Return the stretch in which each fact took place, by a clock."""
        return self._once(
            ("stretch", clock, *stretches.key),
            lambda: (
                stretches.number_days(self.day(clock))
                if clock in self._stored.data.days
                else stretches.number(self.time(clock))
            ),
        )

    def enter(self, select: Select) -> RowArray:
        """Return the first row on which each fact is known and has happened."""
        happened = self._date_after(select.at or self.view.happened_at, 0)
        return self.rows.first_from(self.account, np.maximum(self._known_date(select), happened))

    def bounds(self, select: Select) -> tuple[RowArray, RowArray]:
        """Return the rows on which each fact becomes visible and ceases to be, filters aside."""
        enter, leave = self.known_from(select), self.leave
        clock = select.at or self.view.happened_at
        if select.until:
            leave = np.minimum(leave, self.after(select.until, select.lag_days))
        if select.window:
            opens = select.window.ends_days_ago
            enter = np.maximum(enter, self.after(clock, opens))
            leave = np.minimum(leave, self.after(clock, opens + select.window.days))
        elif select.at or not self.view.entity:
            enter = np.maximum(enter, self.after(clock, 0))
        return enter, leave

    @cached_property
    def _seen_date(self) -> RowArray:
        """Place of the first as-of date on which each fact is known."""
        return self.rows.edges.reached_by(self.seen)

    def _known_date(self, select: Select) -> RowArray:
        date = self._seen_date
        for column in select.after:
            date = np.maximum(date, self._date_after(column, select.lag_days))
        return date

    def _date_after(self, column: str, days: int) -> RowArray:
        """Return the place of the first as-of date more than so many days after a time."""
        edges, by_day = self.rows.edges, column in self._stored.data.days
        return self._once(
            ("date", column, days),
            lambda: (
                edges.reached_on(self.day(column), days)
                if by_day
                else edges.reached_by(self.time(column), days * DAY_US)
            ),
        )

    def _time(self, column: str) -> IntArray:
        if column in self._stored.data.days:
            return np.asarray(beginnings_of(self.day(column)))
        if self._stored.is_attribute(column):
            return moments_of(self._looked_up(column))
        return self._taken(self._stored.times(column))

    def _number(self, column: str) -> FloatArray:
        if column in self._stored.data.ones:
            return np.ones(len(self))
        if self._stored.is_attribute(column):
            return numbers_of(self._looked_up(column))
        return self._taken(self._stored.numbers(column))

    def _meets(self, conditions: tuple[Filter, ...]) -> BoolArray:
        counted = self._stored.data.counted
        if counted is None or any(isinstance(condition, EveryRow) for condition in conditions):
            held = np.ones(len(self), dtype=bool)
        else:
            held = self._taken(counted).copy()
        for condition in conditions:
            held &= self._holds(condition)
        return held

    def _holds(self, condition: Filter) -> BoolArray:
        if isinstance(condition, EveryRow):
            return np.ones(len(self), dtype=bool)
        column, stored = condition.column, self._stored
        if stored.is_beside(column):
            codes, names = self._beside(column)
            values = pa.chunked_array([names, pa.nulls(1, names.type)])
            return np.asarray(condition.mask(pa.table({column: values})).take(codes))
        if column in stored.data.days:
            moments = pa.array(self.time(column)).cast(pa.timestamp("us", tz="UTC"))
            return condition.mask(pa.table({column: moments}))
        if stored.is_attribute(column) or stored.is_text(column):
            codes, held = stored.held(condition)
            return np.asarray(held.take(self._taken(codes)))
        part = stored.data.table[column].slice(self._start, self._stop - self._start)
        return self._only_kept(condition.mask(pa.table({column: part})))

    def _beside(self, column: str) -> tuple[CodeArray, pa.Array]:
        """Return codes and values of a column looked up by account and thing; -1 is none."""
        beside = self._stored.data.beside
        names = pa.array([], pa.string()) if beside is None else beside.names
        return self._once(("beside", column), lambda: self._stored.beside(self.position)), names

    def _column_codes(self, column: str) -> tuple[WideCodeArray, int]:
        if self._stored.is_beside(column):
            codes, names = self._beside(column)
            return codes + np.int32(1), len(names) + 1
        if column in self._stored.data.days:
            days = self.day(column)
            return days, int(days.max(initial=0)) + 1
        if self._stored.is_attribute(column):
            codes, values = self._stored.attribute(column)
            encoded = pc.dictionary_encode(values.combine_chunks(), null_encoding="encode")
            return encoded.indices.to_numpy()[self._taken(codes)], len(encoded.dictionary)
        if not self._stored.is_text(column):
            is_time = pa.types.is_timestamp(self._stored.data.table.schema.field(column).type)
            values = self.time(column) if is_time else self.number(column)
            _, found = np.unique(values, return_inverse=True)
            return found.astype(np.int64), len(found) + 1
        texts = self._stored.texts(column)
        return self._taken(texts.codes) + np.int32(1), len(texts.names) + 1

    def _looked_up(self, column: str) -> pa.ChunkedArray:
        codes, values = self._stored.attribute(column)
        wanted = self._taken(codes)
        return values.take(pa.array(np.where(wanted < 0, len(values) - 1, wanted)))

    def _taken(self, values: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        return self._only_kept(values[self._start : self._stop])

    def _only_kept(self, values: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        return values if self._whole else values.take(self._kept)

    def _once(
        self, key: tuple[Hashable, ...], make: Callable[[], npt.NDArray[Kind]]
    ) -> npt.NDArray[Kind]:
        """Return what was found under a key, which is looked for the first time only."""
        if key not in self._found:
            self._found[key] = make()
        found: npt.NDArray[Kind] = self._found[key]
        return found


def _but(kept: BoolArray, places: IntArray) -> BoolArray:
    if not len(places):
        return kept
    left = kept.copy()
    left[places] = False
    return left
