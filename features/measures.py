"""The kinds of arithmetic a metric is made of: small frozen classes over ranges of rows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .arrays.array_types import FloatArray
from .facts import DAY_US, Select, Window
from .filters import Filled, Filter
from .measure import Measure, PointInTime
from .questions import (
    Covered,
    Different,
    FirstMoment,
    LastMoment,
    Middle,
    NewestMoment,
    NewestNumber,
)
from .views import view_named

__all__ = [
    "Catalogue",
    "Change",
    "Count",
    "DaysSince",
    "DaysUntil",
    "Difference",
    "Distinct",
    "Latest",
    "Median",
    "Oldest",
    "Ratio",
    "Scaled",
    "Slope",
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
        Before the first fact, give the days since the account became one: silence has that age.
    """

    select: Select
    or_tenure: bool = False

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the days per row; NaN where there are no facts and silence has no age."""
        days = (known.rows.as_of - known.answer(LastMoment(self.select))) / DAY_US
        return np.where(np.isnan(days), known.tenure_days(), days) if self.or_tenure else days

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
    """How many features of the product were released, ever or in the last days; for every account.

    Parameters
    ----------
    where : tuple of Filter
    days : int or None
        Only features released in so many days.
    """

    where: tuple[Filter, ...] = ()
    days: int | None = None

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the count per row."""
        table = known.whole("features")
        kept = np.ones(table.num_rows, dtype=bool)
        for condition in self.where:
            kept &= condition.mask(table)
        moments = table["released_at"].cast(pa.int64())
        released = np.sort(np.asarray(pc.fill_null(moments, 0).to_numpy())[kept])
        count = np.searchsorted(released, known.rows.as_of, side="left")
        if self.days is not None:
            opens = known.rows.as_of - self.days * DAY_US
            count = count - np.searchsorted(released, opens, side="left")
        return np.asarray(count, dtype=float)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the catalogue."""
        yield Select("features", self.where), frozenset({"released_at"} if self.days else ())

    def shifted(self, days: int) -> "Catalogue":
        """Return the measure itself: the catalogue is the same for every account."""
        return self


@dataclass(frozen=True, slots=True)
class Scaled:
    """A measure times a constant."""

    measure: Measure
    factor: float

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the product per row."""
        return self.factor * self.measure.evaluate(known)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure."""
        yield from self.measure.selects()

    def shifted(self, days: int) -> "Scaled":
        """Return the same product so many days further back."""
        return replace(self, measure=self.measure.shifted(days))


@dataclass(frozen=True, slots=True)
class Ratio:
    """One measure over another; undefined where the lower one is not positive."""

    upper: Measure
    lower: Measure
    factor: float = 1.0
    at_least: float = 0.0

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the ratio per row; NaN where the lower one is 0 or below ``at_least``."""
        upper, lower = self.upper.evaluate(known), self.lower.evaluate(known)
        defined = (lower > 0) & (lower >= self.at_least)
        return np.where(defined, self.factor * upper / np.where(defined, lower, 1.0), np.nan)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of both."""
        yield from self.upper.selects()
        yield from self.lower.selects()

    def shifted(self, days: int) -> "Ratio":
        """Return the same ratio so many days further back."""
        return replace(self, upper=self.upper.shifted(days), lower=self.lower.shifted(days))


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure less another."""

    first: Measure
    second: Measure

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the difference per row; NaN where one is."""
        return self.first.evaluate(known) - self.second.evaluate(known)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of both."""
        yield from self.first.selects()
        yield from self.second.selects()

    def shifted(self, days: int) -> "Difference":
        """Return the same difference so many days further back."""
        return replace(self, first=self.first.shifted(days), second=self.second.shifted(days))


@dataclass(frozen=True, slots=True)
class Change:
    """How a measure moved against the window before, as a share of that window's value."""

    measure: Measure
    days: int

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the relative change per row; NaN where the window before has nothing."""
        before = self.measure.shifted(self.days).evaluate(known)
        now = self.measure.evaluate(known)
        return np.where(before > 0, now / np.where(before > 0, before, 1.0) - 1.0, np.nan)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure."""
        yield from self.measure.selects()

    def shifted(self, days: int) -> "Change":
        """Return the same change so many days further back."""
        return replace(self, measure=self.measure.shifted(days))


@dataclass(frozen=True, slots=True)
class Slope:
    """Least-squares slope per week of log(1 + weekly measure) over so many complete weeks."""

    measure: Measure
    weeks: int

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the slope per row; NaN where the account is younger or nothing ever happened."""
        weekly = np.stack([self.measure.shifted(7 * k).evaluate(known) for k in range(self.weeks)])
        time = -np.arange(self.weeks, dtype=float)
        time -= time.mean()
        slope = np.einsum("w,wn->n", time, np.log1p(weekly)) / np.sum(time**2)
        young = ~(known.tenure_days() >= 7 * self.weeks)
        return np.where(young | (weekly.sum(axis=0) == 0), np.nan, slope)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the selections of the measure, over all weeks together."""
        for select, columns in self.measure.selects():
            yield replace(select, window=Window(7 * self.weeks)), columns

    def shifted(self, days: int) -> "Slope":
        """Return the same slope so many days further back."""
        return replace(self, measure=self.measure.shifted(days))
