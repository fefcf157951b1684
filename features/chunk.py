"""A run of one view's facts that belong to the asked accounts, and the rows they are visible on."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .facts import DAY_US, Select
from .filters import Filter
from .marks import Pairs
from .rows import NEVER, Rows
from .stored import Stored, moments_of, numbers_of
from .stretches import Stretches
from .views import View

__all__ = ["Chunk"]

IntArray = npt.NDArray[np.int64]
RowArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

Kind = TypeVar("Kind", bound=np.generic)

_MILLIONTHS = 1_000_000


class Chunk:
    """Some facts of a view, with everything found once and kept.

    A fact is visible on one unbroken range of its account's rows: from the first as-of date after
    it was known (and happened) until its window has passed or a newer version replaces it.

    Parameters
    ----------
    view : View
    stored : Stored
    rows : Rows
    account : ndarray of int32, shape (stop - start,)
        Position of each fact's account in ``rows``, -1 for accounts that were not asked for.
    span : tuple of int
        ``start`` and ``stop`` among the stored rows.
    """

    def __init__(
        self, view: View, stored: Stored, rows: Rows, account: RowArray, span: tuple[int, int]
    ) -> None:
        self.view = view
        self.rows = rows
        self._stored = stored
        self._start, self._stop = span
        asked = account >= 0
        self._whole = bool(asked.all())
        self._kept = np.flatnonzero(asked) if not self._whole else np.zeros(0, np.int64)
        self.account = account if self._whole else account[self._kept]
        self._after: dict[tuple[str, int], RowArray] = {}
        self._masks: dict[tuple[Filter, ...], BoolArray] = {}
        self._columns: dict[tuple[str, str], Any] = {}

    def __len__(self) -> int:
        return len(self.account)

    @cached_property
    def position(self) -> IntArray:
        """Place of each fact among the stored rows, shape (n_facts,)."""
        kept = np.arange(self._stop - self._start) if self._whole else self._kept
        return kept + self._start

    @cached_property
    def enter(self) -> RowArray:
        """First row on which each fact is known."""
        return self.rows.first_after(self.account, self.seen)

    @cached_property
    def leave(self) -> RowArray:
        """Row on which a newer version takes the fact's place; the end of the account's rows."""
        if not self.view.entity:
            return self.rows.starts.astype(np.int32)[1:][self.account]
        replaced = self._stored.replaced(self.view.entity, self.view.version)
        return self.rows.first_after(self.account, self._taken(replaced))

    @cached_property
    def seen(self) -> IntArray:
        """When each fact was known and, for dated versions, had begun."""
        return self._taken(self._stored.seen(self.view.version))

    def time(self, column: str) -> IntArray:
        """Return a time column as microseconds; an empty one lies after everything."""
        data = self._stored.data
        if column in data.days:
            return self._cached("time", column, self._day_of)
        if self._stored.is_attribute(column):
            return self._cached("time", column, lambda name: moments_of(self._looked_up(name)))
        return self._taken(self._stored.times(column))

    def number(self, column: str) -> FloatArray:
        """Return a number column, NaN where empty."""
        if column in self._stored.data.ones:
            return np.ones(len(self))
        if self._stored.is_attribute(column):
            return self._cached("number", column, lambda name: numbers_of(self._looked_up(name)))
        return self._taken(self._stored.numbers(column))

    def weight(self, column: str) -> IntArray:
        """Return a number column in whole millionths, 0 where empty."""
        if column in self._stored.data.table.column_names:
            self._stored.require_exact_sums(column)
        return self._cached(
            "weight",
            column,
            lambda name: np.rint(np.nan_to_num(self.number(name)) * _MILLIONTHS).astype(np.int64),
        )

    def codes(self, columns: tuple[str, ...]) -> tuple[IntArray, int]:
        """Return a number a fact that is equal where all columns are, and a bound of it."""
        code, size = np.zeros(len(self), dtype=np.int64), 1
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
        return self._cached(
            "pair",
            "|".join(columns),
            lambda _: pairs.number(self.account, self.codes(columns)[0]),
        )

    def mask(self, conditions: tuple[Filter, ...]) -> BoolArray:
        """Return which facts meet all conditions, shape (n_facts,)."""
        if conditions not in self._masks:
            held = np.ones(len(self), dtype=bool)
            for condition in conditions:
                held &= self._holds(condition)
            self._masks[conditions] = held
        return self._masks[conditions]

    def after(self, column: str, days: int) -> RowArray:
        """Return, per fact, the first row whose as-of date lies more than so many days after."""
        key = (column, days)
        if key not in self._after:
            found = self.rows.first_after(self.account, self.time(column), days * DAY_US)
            self._after[key] = found
        return self._after[key]

    def known_from(self, select: Select) -> RowArray:
        """Return the first row on which a fact is known and its further times have passed."""
        enter = self.enter
        for column in select.after:
            enter = np.maximum(enter, self.after(column, select.lag_days))
        return enter

    def late(self, select: Select) -> BoolArray:
        """Return which facts become known after the first as-of date they belong before."""
        return self.known_from(select) > self.after(select.at or self.view.happened_at, 0)

    def stretch(self, clock: str, stretches: Stretches) -> RowArray:
        """Return the stretch in which each fact took place, by a clock."""
        key = f"{clock}|{id(stretches)}"
        return self._cached("stretch", key, lambda _: stretches.number(self.time(clock)))

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

    def _holds(self, condition: Filter) -> BoolArray:
        column, stored = condition.column, self._stored
        if column in stored.data.days:
            moments = pa.array(self.time(column)).cast(pa.timestamp("us", tz="UTC"))
            return condition.mask(pa.table({column: moments}))
        if stored.is_attribute(column) or stored.is_text(column):
            codes, held = stored.held(condition)
            return held[self._taken(codes)]
        part = stored.data.table[column].slice(self._start, self._stop - self._start)
        return self._only_kept(condition.mask(pa.table({column: part})))

    def _column_codes(self, column: str) -> tuple[IntArray, int]:
        if column in self._stored.data.days:
            days = np.asarray(self.time(column) // DAY_US)
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
        return self._taken(texts.codes).astype(np.int64) + 1, len(texts.names) + 1

    def _looked_up(self, column: str) -> pa.ChunkedArray:
        codes, values = self._stored.attribute(column)
        wanted = self._taken(codes)
        return values.take(pa.array(np.where(wanted < 0, len(values) - 1, wanted)))

    def _day_of(self, column: str) -> IntArray:
        moments = self._taken(self._stored.times(self._stored.data.days[column]))
        return np.where(moments == NEVER, NEVER, moments // DAY_US * DAY_US)

    def _taken(self, values: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        return self._only_kept(values[self._start : self._stop])

    def _only_kept(self, values: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        return values if self._whole else values[self._kept]

    def _cached(
        self, kind: str, column: str, make: Callable[[str], npt.NDArray[Kind]]
    ) -> npt.NDArray[Kind]:
        key = (kind, column)
        if key not in self._columns:
            self._columns[key] = make(column)
        found: npt.NDArray[Kind] = self._columns[key]
        return found
