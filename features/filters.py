"""Which rows of a table a measure looks at: small declared conditions on one column each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Above", "Below", "Filled", "Filter", "HasPart", "Is", "IsNot", "IsTrue", "Weekday"]

Mask = npt.NDArray[np.bool_]


def _mask(values: pa.ChunkedArray) -> Mask:
    """Null is False: what is not known does not hold."""
    return np.asarray(pc.fill_null(values, False).to_numpy(), dtype=bool)


@dataclass(frozen=True, slots=True)
class Is:
    """The column has one of these texts, in whatever case."""

    column: str
    values: tuple[str, ...]

    def mask(self, table: pa.Table) -> Mask:
        """Return which rows hold, shape (n_rows,)."""
        lowered = pc.utf8_lower(table[self.column])
        return _mask(pc.is_in(lowered, value_set=pa.array(self.values, pa.string())))


@dataclass(frozen=True, slots=True)
class IsNot:
    """The column has none of these texts; an empty column holds."""

    column: str
    values: tuple[str, ...]

    def mask(self, table: pa.Table) -> Mask:
        """Return which rows hold, shape (n_rows,)."""
        return ~Is(self.column, self.values).mask(table)


@dataclass(frozen=True, slots=True)
class IsTrue:
    """The flag is set."""

    column: str

    def mask(self, table: pa.Table) -> Mask:
        """Return which rows hold, shape (n_rows,)."""
        return _mask(table[self.column])


@dataclass(frozen=True, slots=True)
class Above:
    """The number is greater than a bound."""

    column: str
    bound: float

    def mask(self, table: pa.Table) -> Mask:
        """Return which rows hold, shape (n_rows,)."""
        return _mask(pc.greater(table[self.column], self.bound))


@dataclass(frozen=True, slots=True)
class Below:
    """The number is less than a bound."""

    column: str
    bound: float

    def mask(self, table: pa.Table) -> Mask:
        """Return which rows hold, shape (n_rows,)."""
        return _mask(pc.less(table[self.column], self.bound))


@dataclass(frozen=True, slots=True)
class Filled:
    """The column is not empty."""

    column: str

    def mask(self, table: pa.Table) -> Mask:
        """Return which rows hold, shape (n_rows,)."""
        return _mask(pc.is_valid(table[self.column]))


@dataclass(frozen=True, slots=True)
class HasPart:
    """The list in the column contains one of these parts."""

    column: str
    values: tuple[str, ...]

    def mask(self, table: pa.Table) -> Mask:
        """Return which rows hold, shape (n_rows,)."""
        padded = pc.binary_join_element_wise("|", pc.fill_null(table[self.column], ""), "|", "")
        held = np.zeros(table.num_rows, dtype=bool)
        for value in self.values:
            held |= _mask(pc.match_substring(padded, f"|{value}|"))
        return held


@dataclass(frozen=True, slots=True)
class Weekday:
    """The time falls on Monday to Friday."""

    column: str

    def mask(self, table: pa.Table) -> Mask:
        """Return which rows hold, shape (n_rows,)."""
        return _mask(pc.less(pc.day_of_week(table[self.column]), 5))


Filter = Is | IsNot | IsTrue | Above | Below | Filled | HasPart | Weekday
