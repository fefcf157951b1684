"""What is proposed for a source: which table is read as what, how sure that is, and what is not."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["OwnNumbers", "Part", "Proposal", "Take", "Unread"]

_QUOTED = re.compile(r'"((?:[^"]|"")+)"')


@dataclass(frozen=True, slots=True)
class Take:
    """Where one canonical column comes from: exactly one of the sources below.

    Parameters
    ----------
    column : str
        Canonical.
    source : str
        A column of the source table.
    formula : str
        An expression over columns of the source table.
    constant : str
        The same value in every row.
    lookup : mapping of str to object
        As in the settings.
    sure : bool
        False for a guess that someone should look at.
    why : str
        What speaks for it; empty where names say it all.
    form : str
        How values are written, where the column does not tell; as under ``formats``.
    """

    column: str
    source: str = ""
    formula: str = ""
    constant: str = ""
    lookup: Mapping[str, object] = field(default_factory=dict)
    sure: bool = True
    why: str = ""
    form: str = ""

    @property
    def first_column(self) -> str:
        """The source column, by itself or the first one of its expression; empty without one."""
        found = _QUOTED.search(self.formula)
        return self.source or (found[1].replace('""', '"') if found else "")


@dataclass(frozen=True, slots=True)
class OwnNumbers:
    """Numbers of a table with a row an account and date, which could be metrics of one's own.

    Parameters
    ----------
    table : str
    account, at : str
        Columns with the account and the date.
    values : tuple of str
        Columns with the numbers.
    lookup : mapping of str to object
        How the account is found in another table, as in the settings; empty if it stands here.
    period : str
        What a row is of, where its date is the first day: ``week``, ``month``, ``quarter``; empty
        for one day or a state.
    month_columns : bool
        Whether the numbers stand in columns named by a month.
    """

    table: str
    account: str
    at: str
    values: tuple[str, ...]
    lookup: Mapping[str, object] = field(default_factory=dict)
    period: str = ""
    month_columns: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One source table read as one canonical table.

    Parameters
    ----------
    table : str
        Canonical.
    source : str
    takes : tuple of Take
    only, but_not : mapping of str to tuple of str
        Source column and the values whose rows are kept, or left out.
    sure : bool
    why : str
    filled : str
        A source column without which a row says nothing of this kind; empty if all rows do.
    beside : mapping of str to mapping
        Columns of other source tables that expressions use, as in the settings.
    month_columns : bool
    lines_of : str
    add_up : tuple of str
    newest_by, row_id : str
    changes : tuple of str
        As in the settings.
    """

    table: str
    source: str
    takes: tuple[Take, ...]
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    but_not: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sure: bool = True
    why: str = ""
    filled: str = ""
    beside: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    month_columns: bool = False
    lines_of: str = ""
    add_up: tuple[str, ...] = ()
    newest_by: str = ""
    row_id: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A source table, or columns of one, that nothing is read from.

    Parameters
    ----------
    table : str
    columns : tuple of str
        Empty for the whole table.
    why : str
    broken : bool
        Whether it could not even be opened.
    """

    table: str
    columns: tuple[str, ...] = ()
    why: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """All that is proposed for a source.

    Parameters
    ----------
    parts : tuple of Part
        In the order of the contract; several of one canonical table are read below each other.
    unread : tuple of Unread
    currency : str or None
        The one that the data names most often.
    notes : tuple of str
        What somebody has to know or to decide, in sentences.
    flat : tuple of str or None
        Source table, key column and flag column of a table of customers with an outcome.
    rows : mapping of str to int
        Rows looked at, by source table.
    own_numbers : tuple of OwnNumbers
        Numbers that the contract has no place for, read as metrics of one's own.
    """

    parts: tuple[Part, ...] = ()
    unread: tuple[Unread, ...] = ()
    currency: str | None = None
    notes: tuple[str, ...] = ()
    flat: tuple[str, str, str] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    own_numbers: tuple[OwnNumbers, ...] = ()

    def of(self, table: str) -> tuple[Part, ...]:
        """Return the parts of one canonical table."""
        return tuple(part for part in self.parts if part.table == table)
