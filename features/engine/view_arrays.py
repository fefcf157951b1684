"""One view's rows as plain arrays: texts as codes, times as microseconds, no copy where avoidable.

What is said of a thing elsewhere (a feature of the catalogue, say) stays beside the codes of that
thing and is looked up when it is needed; it is never spread over the rows.
"""

from threading import RLock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import BoolArray, CodeArray, FloatArray, IntArray
from ..arrays.arrow_columns import moments_of, numbers_of
from ..arrays.coded_text import Texts, texts_of
from ..arrays.row_ranges import superseded
from ..arrays.time_grid import DAY_US, NEVER, fixed
from ..errors import SchemaError
from ..metrics.row_selection import Filter
from ..metrics.view_data import ViewData

__all__ = ["SETTLED_DAYS", "Stored"]

SETTLED_DAYS = 30
"""Rows that become known within so many days of an account's first came with the account."""

_LARGEST_SUM = 9e12
"""What 64 bits hold in whole millionths."""


class Stored:
    """A view's rows as arrays, each column prepared once, when first needed; threads may share it.

    Parameters
    ----------
    data : ViewData
    """

    def __init__(self, data: ViewData) -> None:
        self.data = data
        self._lock = RLock()
        self._texts: dict[str, Texts] = {}
        self._ranks: dict[str, IntArray] = {}
        self._times: dict[str, IntArray] = {}
        self._numbers: dict[str, FloatArray] = {}
        self._summed: set[str] = set()
        self._masks: dict[Filter, BoolArray] = {}
        self._first_known: dict[Filter, int] = {}
        self._seen: dict[tuple[str, ...], IntArray] = {}
        self._replaced: dict[tuple[str, ...], IntArray] = {}

    def __len__(self) -> int:
        return int(self.data.table.num_rows)

    def is_attribute(self, column: str) -> bool:
        """Say whether a column is looked up by the value of another one."""
        attributes = self.data.attributes
        return attributes is not None and column in attributes.table.column_names

    def is_beside(self, column: str) -> bool:
        """Say whether a column is looked up by account and the value of another one."""
        return self.data.beside is not None and column == self.data.beside.column

    def beside(self, places: IntArray) -> CodeArray:
        """Return the codes of the column looked up by account and thing, for some of the rows."""
        found = self.data.beside
        if found is None:
            raise KeyError("beside")
        account, thing = self.texts("account_id"), self.texts(found.by)
        known = self.times("known_at")[places]
        return found.codes(account.codes[places], thing.codes[places], len(thing.names), known)

    def texts(self, column: str) -> Texts:
        """Return a text column of the table as codes."""
        with self._lock:
            if column not in self._texts:
                self._texts[column] = texts_of(self.data.table[column])
            return self._texts[column]

    def attribute(self, column: str) -> tuple[CodeArray, pa.ChunkedArray]:
        """Return the codes to look a column up by, and its values; -1 is the last of them."""
        if self.data.attributes is None:
            raise KeyError(column)
        return self.texts(self.data.attributes.by).codes, self.data.attributes.table[column]

    def times(self, column: str) -> IntArray:
        """Return a time column in microseconds; an empty one lies after everything."""
        with self._lock:
            if column not in self._times:
                self._times[column] = moments_of(self.data.table[column])
            return self._times[column]

    def known_later(self) -> IntArray:
        """Return when each row became known that did not come with its account.

        Returns
        -------
        ndarray of int64, shape (n_rows,)
            Microseconds; ``NEVER`` for what became known within ``SETTLED_DAYS`` of the first row
            of its account, since that tells when customers come and not how often a source writes.
        """
        known = self.times("known_at")
        if not self.is_text("account_id"):
            return known
        place = self.texts("account_id").codes.astype(np.int64) + 1
        first = np.full(place.max(initial=0) + 1, NEVER)
        np.minimum.at(first, place, known)
        return np.where(known - first[place] > SETTLED_DAYS * DAY_US, known, NEVER)

    def seen(self, version: tuple[str, ...]) -> IntArray:
        """Return when each row was known and, for versions dated otherwise too, had begun."""
        if "known_at" not in self.data.table.column_names:
            return np.zeros(len(self), dtype=np.int64)
        known = self.times("known_at")
        dated = [column for column in version if column != "known_at"]
        if not dated:
            return known
        with self._lock:
            if version not in self._seen:
                begun = [self.times(column) for column in dated]
                stated = [np.where(moment == NEVER, known, moment) for moment in begun]
                self._seen[version] = np.maximum.reduce([known, *stated])
            return self._seen[version]

    def replaced(self, entity: tuple[str, ...], version: tuple[str, ...]) -> IntArray:
        """Return when a newer version of each row's thing became known, of whatever account.

        Parameters
        ----------
        entity : tuple of str
            Texts and times that name a thing.
        version : tuple of str
            Times that order its versions.

        Returns
        -------
        ndarray of int64, shape (n_rows,)
            ``NEVER`` where there is no newer version.
        """
        with self._lock:
            if entity not in self._replaced:
                thing = self._numbered(entity)
                clocks = [self.times(column) for column in reversed(version)]
                order = np.lexsort((*clocks, thing))
                seen = fixed(self.seen(version))
                self._replaced[entity] = np.asarray(superseded(order, thing, seen))
            return self._replaced[entity]

    def _numbered(self, columns: tuple[str, ...]) -> IntArray:
        """Return a number a row that is equal where all of some texts and times are."""
        number, size = np.zeros(len(self), dtype=np.int64), 1
        for column in columns:
            part, width = self._coded(column)
            if size * width >= 2**62:
                number, distinct = pd.factorize(number)
                size = len(distinct)
            number, size = number * width + part, size * width
        return number

    def _coded(self, column: str) -> tuple[IntArray, int]:
        """Return numbers that are equal where a text or a time is, and a bound of them."""
        if self.is_text(column):
            texts = self.texts(column)
            return texts.codes.astype(np.int64) + 1, len(texts.names) + 1
        codes, distinct = pd.factorize(self.times(column))
        return codes, len(distinct)

    def ranks(self, column: str) -> IntArray:
        """Return the place of each row's text among the different ones in order; 0 where empty."""
        with self._lock:
            if column not in self._ranks:
                texts = self.texts(column)
                order = pc.rank(texts.names, tiebreaker="dense").to_numpy().astype(np.int64)
                self._ranks[column] = np.append(order, 0).take(texts.codes)
            return self._ranks[column]

    def numbers(self, column: str) -> FloatArray:
        """Return a number column, NaN where empty."""
        with self._lock:
            if column not in self._numbers:
                self._numbers[column] = numbers_of(self.data.table[column])
            return self._numbers[column]

    def require_exact_sums(self, column: str) -> None:
        """Refuse a number column of which one account has more than sums can hold.

        Parameters
        ----------
        column : str

        Raises
        ------
        SchemaError
            If the numbers of one account add up to more than 9e12 in either direction.
        """
        with self._lock:
            if column in self._summed:
                return
            self._summed.add(column)
            size = np.abs(np.nan_to_num(self.numbers(column)))
            if size.max(initial=0.0) * len(size) <= _LARGEST_SUM:
                return
            total = np.bincount(self.texts("account_id").codes + 1, size)
            if total.max() > _LARGEST_SUM:
                raise SchemaError(
                    f"Column `{column}`: the numbers of one account add up to {total.max():.3g}, "
                    f"and sums are exact up to {_LARGEST_SUM:.0e} only. Give the column in a "
                    "larger unit, such as thousands."
                )

    def is_text(self, column: str) -> bool:
        """Say whether a column of the table holds text."""
        if column not in self.data.table.column_names:
            return False
        kind = self.data.table.schema.field(column).type
        return bool(pa.types.is_dictionary(kind) or pa.types.is_string(kind))

    def held(self, condition: Filter) -> tuple[CodeArray, BoolArray]:
        """Return codes and whether a condition on a text or an attribute holds for each code."""
        column = condition.column
        if self.is_attribute(column):
            codes, values = self.attribute(column)
        else:
            texts = self.texts(column)
            codes = texts.codes
            values = pa.chunked_array([texts.names, pa.nulls(1, texts.names.type)])
        if condition not in self._masks:
            self._masks[condition] = condition.mask(pa.table({column: values}))
        return codes, self._masks[condition]

    def first_known(self, condition: Filter) -> int:
        """Return when the first row for which a condition on a text holds became known.

        ``NEVER`` where it holds for none; always, where the column is none of the view's own.
        """
        if not self.is_text(condition.column) or "known_at" not in self.data.table.column_names:
            return 0
        if condition not in self._first_known:
            codes, mask = self.held(condition)
            known = self.times("known_at")[mask[codes]]
            self._first_known[condition] = int(known.min(initial=NEVER))
        return self._first_known[condition]
