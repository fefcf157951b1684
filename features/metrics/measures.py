"""The kinds of arithmetic a metric is made of: small frozen classes over ranges of rows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import FloatArray, IntArray
from ..arrays.time_grid import DAY_US, NEVER
from ..schema.plans import plan_ranks
from .commercial_views import COMMERCIAL_FACTS
from .queries import Commercial as CommercialNumber
from .queries import (
    Covered,
    Different,
    FirstMoment,
    LastMoment,
    Middle,
    NewestMoment,
    NewestNumber,
    PointInTime,
)
from .row_selection import Filled, Filter, Select, Window
from .views import view_named

__all__ = [
    "Catalogue",
    "Commercial",
    "Count",
    "DaysSince",
    "DaysUntil",
    "Distinct",
    "Latest",
    "Median",
    "Oldest",
    "Tenure",
    "Total",
]


@dataclass(frozen=True, slots=True)
class Count:
    """How many facts."""

    select: Select

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the count per row; 0 where there are none."""
        return known.answer(Covered(self.select))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset()

    def shifted(self, days: int) -> "Count":
        """Return the same count so many days further back."""
        return replace(self, select=self.select.shifted(days))


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of a column, exact to a millionth; an empty value adds nothing."""

    select: Select
    column: str

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the sum per row; 0 where there are no facts."""
        return known.answer(Covered(self.select, self.column))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset({self.column})

    def shifted(self, days: int) -> "Total":
        """Return the same sum so many days further back."""
        return replace(self, select=self.select.shifted(days))


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many different values of some columns together; a missing one makes no value."""

    select: Select
    columns: tuple[str, ...]

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the count per row; 0 where there are no facts."""
        return known.answer(Different(self._complete(), self.columns))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self._complete(), frozenset(self.columns)

    def _complete(self) -> Select:
        """Return the facts that say all of the columns."""
        lacking = view_named(self.select.view).may_lack(self.columns)
        where = (*self.select.where, *(Filled(column) for column in lacking))
        return replace(self.select, where=where)

    def shifted(self, days: int) -> "Distinct":
        """Return the same count so many days further back."""
        return replace(self, select=self.select.shifted(days))


@dataclass(frozen=True, slots=True)
class Latest:
    """The number in the newest fact, by the selection's clock; ties go to the last known."""

    select: Select
    column: str

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the number per row; NaN where there are no facts."""
        return known.answer(NewestNumber(self.select, self.column))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset({self.column})

    def shifted(self, days: int) -> "Latest":
        """Return the same number so many days further back."""
        return replace(self, select=self.select.shifted(days))


@dataclass(frozen=True, slots=True)
class DaysSince:
    """Days since the newest fact, by the selection's clock.

    Parameters
    ----------
    select : Select
    or_tenure : bool
        Before the first fact, give the days for which there could have been one: since the
        account became one, but not from before the feed began.
    """

    select: Select
    or_tenure: bool = False

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the days per row; NaN where there are no facts and silence has no age."""
        days = (known.rows.as_of - known.answer(LastMoment(self.select))) / DAY_US
        if not self.or_tenure:
            return days
        return np.where(np.isnan(days), known.watched_days(self.select), days)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset()

    def shifted(self, days: int) -> "DaysSince":
        """Return the measure itself: it has no window to move."""
        return self


@dataclass(frozen=True, slots=True)
class Oldest:
    """Days since the oldest fact of a selection, by the selection's clock."""

    select: Select

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the days per row; 0 where there are no facts."""
        days = (known.rows.as_of - known.answer(FirstMoment(self.select))) / DAY_US
        return np.nan_to_num(days)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset()

    def shifted(self, days: int) -> "Oldest":
        """Return the same age so many days further back."""
        return replace(self, select=self.select.shifted(days))


@dataclass(frozen=True, slots=True)
class DaysUntil:
    """Days from the as-of date to a time stated in the newest fact; negative once it has passed."""

    select: Select
    column: str

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the days per row; NaN where there are no facts or no time is stated."""
        stated = known.answer(NewestMoment(self.select, self.column))
        return (stated - known.rows.as_of) / DAY_US

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset({self.column})

    def shifted(self, days: int) -> "DaysUntil":
        """Return the measure itself: it has no window to move."""
        return self


@dataclass(frozen=True, slots=True)
class Median:
    """The median hours between two times of a fact, or of a number column."""

    select: Select
    column: str
    hours_since: str | None = None

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the median per row; NaN where there are no facts with a value."""
        return known.answer(Middle(self.select, self.column, self.hours_since))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset({self.column, self.hours_since or self.column})

    def shifted(self, days: int) -> "Median":
        """Return the same median so many days further back."""
        return replace(self, select=self.select.shifted(days))


@dataclass(frozen=True, slots=True)
class Tenure:
    """Days since the account became one."""

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the days per row; NaN where it is not known."""
        return known.tenure_days()

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the accounts."""
        yield Select("accounts"), frozenset()

    def shifted(self, days: int) -> "Tenure":
        """Return the measure itself: it has no window to move."""
        return self


@dataclass(frozen=True, slots=True)
class Catalogue:
    """How many features of the product an account can use: released, not retired, in its plan.

    A plan that is not in the company's order of plans, or none, keeps nothing from anybody.

    Parameters
    ----------
    where : tuple of Filter
    window : Window or None
        Only features released in it.
    of : str
        Column whose different values are counted, such as modules, in place of features.
    """

    where: tuple[Filter, ...] = ()
    window: Window | None = None
    of: str = ""

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the count per row."""
        table = known.whole("features")
        kept = np.ones(table.num_rows, dtype=bool)
        for condition in self.where:
            kept &= condition.mask(table)
        table = table.filter(pa.array(kept))
        if not self.of:
            return self._count(table, known)
        count = np.zeros(len(known.rows.as_of))
        for value in pc.unique(table[self.of].drop_null()):
            count += self._count(table.filter(pc.equal(table[self.of], value)), known) > 0
        return count

    def _count(self, table: pa.Table, known: PointInTime) -> FloatArray:
        """Return how many features of a table each row's account can use."""
        needed = plan_ranks(table["min_plan"], known.plans())
        plan = known.plan_rank()
        count = np.zeros(len(known.rows.as_of))
        for rank in np.unique(needed):
            having = ~(plan < rank)
            part = table.filter(pa.array(np.isnan(needed) if np.isnan(rank) else needed == rank))
            count[having] += self._available(part, known.rows.as_of)[having]
        return count

    def _available(self, table: pa.Table, as_of: IntArray) -> FloatArray:
        """Return how many features of a table are out and not retired on each date."""
        released = np.asarray(pc.fill_null(table["released_at"].cast(pa.int64()), 0).to_numpy())
        retired = np.asarray(pc.fill_null(table["retired_at"].cast(pa.int64()), NEVER).to_numpy())
        ends = as_of - (self.window.ends_days_ago if self.window else 0) * DAY_US
        opens = ends - self.window.days * DAY_US if self.window else np.full(len(as_of), -NEVER)
        out = np.zeros(len(as_of))
        for since, until in zip(released.tolist(), retired.tolist(), strict=True):
            out += (since < ends) & (since >= opens) & (until >= as_of)
        return out

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the catalogue."""
        read = {"min_plan", "retired_at"} | ({"released_at"} if self.window else set())
        read |= {self.of} if self.of else set()
        yield Select("features", self.where), frozenset(read)

    def shifted(self, days: int) -> "Catalogue":
        """Return the measure itself: the catalogue is the same for every account."""
        return self


@dataclass(frozen=True, slots=True)
class Commercial:
    """A fact of the account's contracts, as the one reading of them gives it.

    Parameters
    ----------
    fact : str
        One of ``COMMERCIAL_FACTS``.
    """

    fact: str

    def __post_init__(self) -> None:
        if self.fact not in COMMERCIAL_FACTS:
            raise ValueError(f"`fact` must be one of {list(COMMERCIAL_FACTS)}, got {self.fact!r}.")

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the fact per row; NaN where it is not known or there is none."""
        return known.answer(CommercialNumber(self.fact))

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield what is read of the contracts, and the fact itself."""
        columns = COMMERCIAL_FACTS[self.fact]
        yield Select("subscriptions"), frozenset({self.fact, *columns})

    def shifted(self, days: int) -> "Commercial":
        """Return the measure itself: it has no window to move."""
        return self
