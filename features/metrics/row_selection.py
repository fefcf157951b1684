"""Which facts a measure looks at: a selection of one view, inside a window of time."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = [
    "Above",
    "Below",
    "EveryRow",
    "Filled",
    "Filter",
    "HasPart",
    "Is",
    "IsNot",
    "IsTrue",
    "Select",
    "Weekday",
    "Window",
]


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


@dataclass(frozen=True, slots=True)
class EveryRow:
    """Rows of a view that are no facts by themselves count, too: what machines did, say."""

    column: str

    def mask(self, table: pa.Table) -> Mask:
        """Return that every row holds, shape (n_rows,)."""
        return np.ones(table.num_rows, dtype=bool)


Filter = Is | IsNot | IsTrue | Above | Below | Filled | HasPart | Weekday | EveryRow


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
