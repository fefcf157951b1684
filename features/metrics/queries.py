"""What a measure may ask of the facts: a handful of kinds, so that one pass can answer them all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from ..arrays.array_types import FloatArray
from ..arrays.as_of_rows import Rows
from .row_selection import Select

__all__ = [
    "Aged",
    "Commercial",
    "Covered",
    "Different",
    "FirstMoment",
    "LargestPart",
    "LastMoment",
    "Measure",
    "Middle",
    "NewestMoment",
    "NewestNumber",
    "PointInTime",
    "Question",
    "SharedBy",
    "UsualGap",
]


@dataclass(frozen=True, slots=True)
class Covered:
    """How many facts are visible, or the sum of a column over them; 0 where there are none."""

    select: Select
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Different:
    """How many different values of some columns the visible facts have together."""

    select: Select
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LastMoment:
    """When the newest visible fact took place, by the selection's clock, in microseconds."""

    select: Select


@dataclass(frozen=True, slots=True)
class FirstMoment:
    """When the oldest visible fact took place, by the selection's clock, in microseconds."""

    select: Select


@dataclass(frozen=True, slots=True)
class NewestNumber:
    """The number that the newest visible fact states in a column."""

    select: Select
    column: str


@dataclass(frozen=True, slots=True)
class NewestMoment:
    """The time that the newest visible fact states in a column, in microseconds."""

    select: Select
    column: str


@dataclass(frozen=True, slots=True)
class Middle:
    """The median over the visible facts of a column, or of the hours between two times.

    Parameters
    ----------
    select : Select
    column : str
        A number, or the later time.
    hours_since : str or None
        The earlier time.
    """

    select: Select
    column: str
    hours_since: str | None = None


@dataclass(frozen=True, slots=True)
class LargestPart:
    """The largest sum of a column that the visible facts of one value of some columns have."""

    select: Select
    columns: tuple[str, ...]
    column: str


@dataclass(frozen=True, slots=True)
class SharedBy:
    """How many values of a column the visible facts have with enough different ones of another.

    Parameters
    ----------
    select : Select
    column : str
    by : str
    at_least : int
        Different values of ``by``.
    """

    select: Select
    column: str
    by: str
    at_least: int


@dataclass(frozen=True, slots=True)
class UsualGap:
    """The median distance in working days between days with visible facts; NaN below two days."""

    select: Select


@dataclass(frozen=True, slots=True)
class Aged:
    """The days since each visible fact times a column, added up; 0 where there are none."""

    select: Select
    column: str


@dataclass(frozen=True, slots=True)
class Commercial:
    """A number that the one reading of the commercial facts gives: see ``COMMERCIAL_FACTS``."""

    fact: str

    @property
    def select(self) -> Select:
        """What is read: the contracts and what is paid, of any time."""
        return Select("subscriptions")


Question = (
    Covered
    | Different
    | LastMoment
    | FirstMoment
    | NewestNumber
    | NewestMoment
    | Middle
    | LargestPart
    | SharedBy
    | UsualGap
    | Aged
    | Commercial
)


class PointInTime(Protocol):
    """What a measure is evaluated against: rows, and answers about the facts of any view."""

    rows: Rows

    def answer(self, question: Question) -> FloatArray:
        """Return the answer per row, shape (n_rows,)."""
        ...

    def whole(self, view: str) -> pa.Table:
        """Return all rows of a view, of every account."""
        ...

    def plans(self) -> tuple[str, ...]:
        """Return the company's plans, the lowest first."""
        ...

    def plan_rank(self) -> FloatArray:
        """Return the place of each row's plan among them, NaN where not known."""
        ...

    def tenure_days(self) -> FloatArray:
        """Return the days since each row's account became one, shape (n_rows,)."""
        ...

    def watched_days(self, select: Select) -> FloatArray:
        """Return the days of them that a selection's view covers, shape (n_rows,)."""
        ...


class Measure(Protocol):
    """Arithmetic over facts that gives one number per row."""

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the value per row, NaN where there is none, shape (n_rows,)."""
        ...

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield every selection with the columns that are read besides the selection's own."""
        ...

    def shifted(self, days: int) -> "Measure":
        """Return the same measure with every window so many days further back."""
        ...
