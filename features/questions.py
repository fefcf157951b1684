"""What a measure may ask of the facts: a handful of kinds, so that one pass can answer them all."""

from dataclasses import dataclass

from .facts import Select

__all__ = [
    "Covered",
    "Different",
    "FirstMoment",
    "LastMoment",
    "Middle",
    "NewestMoment",
    "NewestNumber",
    "Question",
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


Question = Covered | Different | LastMoment | FirstMoment | NewestNumber | NewestMoment | Middle
