"""What a measure is: arithmetic that gives one number per row, and what it is evaluated against."""

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa

from .arrays.array_types import FloatArray
from .facts import Select
from .questions import Question
from .rows import Rows

__all__ = ["Measure", "PointInTime"]


class PointInTime(Protocol):
    """What a measure is evaluated against: rows, and answers about the facts of any view."""

    rows: Rows

    def answer(self, question: Question) -> FloatArray:
        """Return the answer per row, shape (n_rows,)."""
        ...

    def whole(self, view: str) -> pa.Table:
        """Return all rows of a view, of every account."""
        ...

    def tenure_days(self) -> FloatArray:
        """Return the days since each row's account became one, shape (n_rows,)."""
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
