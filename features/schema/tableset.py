"""The tables of one company after reading: canonical columns and types, nothing else."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import IntArray
from ..arrays.coded_text import CODED
from ..arrays.feed_days import FeedDays
from ..errors import SchemaError
from .plans import PLANS
from .table_declaration import Column, TableSpec

__all__ = [
    "ARROW_TYPES",
    "QUARANTINE_SCHEMA",
    "Amounts",
    "Finding",
    "Intake",
    "Tables",
    "Whole",
    "canonical_schema",
    "column_type",
    "empty_table",
]


QUARANTINE_SCHEMA = pa.schema(
    {
        "table": pa.string(),
        "row": pa.int64(),
        "reason": pa.string(),
        "key": pa.string(),
        "account_id": pa.string(),
        "money": pa.float64(),
        "values": pa.string(),
    }
)


ARROW_TYPES: Mapping[str, pa.DataType] = MappingProxyType(
    {
        "id": pa.string(),
        "text": pa.string(),
        "list": pa.string(),
        "number": pa.float64(),
        "flag": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One violated rule of the contract, with examples.

    Parameters
    ----------
    table, column, rule : str
        What is concerned; ``column`` is empty when the rule is about the whole table.
    count : int
        Rows concerned.
    examples : tuple of str
        Up to three keys.
    quarantined : bool
        Whether those rows were put aside; otherwise they are used and only reported.
    samples : tuple of str
        Up to three of the values concerned.
    advice : str
        The line for the settings that would mend it; empty where there is none.
    emptied : bool
        Whether the values count as missing, while their rows are used.
    """

    table: str
    column: str
    rule: str
    count: int
    examples: tuple[str, ...] = ()
    quarantined: bool = False
    samples: tuple[str, ...] = ()
    advice: str = ""
    emptied: bool = False


@dataclass(frozen=True, slots=True)
class Amounts:
    """The money in rows of one table.

    Parameters
    ----------
    column : str
        The column it stands in; empty for a table without money.
    by_currency : mapping of str to float
        Sums of the amounts that could be read, by the code written beside them (empty for none).
    unread : int
        Amounts that could not.
    """

    column: str = ""
    by_currency: Mapping[str, float] = field(default_factory=dict)
    unread: int = 0

    @classmethod
    def added(cls, parts: "Sequence[Amounts]") -> "Amounts":
        """Return the money of several pieces together."""
        column = next((part.column for part in parts if part.column), "")
        total: Counter[str] = Counter()
        for part in parts:
            total.update(part.by_currency)
        return cls(column, dict(sorted(total.items())), sum(part.unread for part in parts))


@dataclass(frozen=True, slots=True)
class Intake:
    """What came of the rows of one table: all of them were used or put aside.

    Parameters
    ----------
    rows_in, rows_used : int
    cells_emptied : int
        Cells of used rows that count as missing because they could not be read.
    money_column : str
        The column that holds the money of a row; empty for a table without money.
    money_in_by, money_used_by : mapping of str to float
        Sums of the amounts that could be read, of all rows and of the used ones, by the currency
        written beside them.
    amounts_unread : int
        Amounts that could not be read, and whose sum nobody knows.
    """

    rows_in: int
    rows_used: int
    cells_emptied: int = 0
    money_column: str = ""
    money_in_by: Mapping[str, float] = field(default_factory=dict)
    money_used_by: Mapping[str, float] = field(default_factory=dict)
    amounts_unread: int = 0

    @property
    def rows_aside(self) -> int:
        """Rows put aside."""
        return self.rows_in - self.rows_used

    @property
    def currencies(self) -> tuple[str, ...]:
        """Codes of the money; none is written where it is in one that nobody named."""
        return tuple(code for code in self.money_in_by if code)

    @property
    def money_in(self) -> float | None:
        """Money of all rows; None in several currencies, which are never added up."""
        return self._summed(self.money_in_by)

    @property
    def money_used(self) -> float | None:
        """Money of the used rows; None in several currencies."""
        return self._summed(self.money_used_by)

    @property
    def money_aside_by(self) -> dict[str, float]:
        """Money in the rows put aside, as far as it could be read, by currency."""
        used = self.money_used_by
        return {code: round(m - used.get(code, 0.0), 6) for code, m in self.money_in_by.items()}

    @property
    def money_aside(self) -> float | None:
        """Money in the rows put aside; None in several currencies."""
        return self._summed(self.money_aside_by)

    def _summed(self, by_currency: Mapping[str, float]) -> float | None:
        # What is written without a currency is in the one that all others name.
        return None if len(self.currencies) > 1 else round(sum(by_currency.values()), 6)


def canonical_schema(spec: TableSpec) -> pa.Schema:
    """Return the Arrow schema every table of that name has after reading.

    Parameters
    ----------
    spec : TableSpec

    Returns
    -------
    pyarrow.Schema

    Examples
    --------
    >>> from churngrid.features.schema.tables import table_spec
    >>> canonical_schema(table_spec("labels")).names
    ['account_id', 'as_of', 'churned', 'expanded']
    """
    return pa.schema([(column.name, column_type(spec, column)) for column in spec.columns])


def column_type(spec: TableSpec, column: Column) -> pa.DataType:
    """Return the Arrow type of one column after reading.

    Parameters
    ----------
    spec : TableSpec
    column : Column
        Of that table.

    Returns
    -------
    pyarrow.DataType
        Tables that grow with use keep their texts as codes.
    """
    kind = ARROW_TYPES[column.kind]
    return CODED if spec.bulky and pa.types.is_string(kind) else kind


def empty_table(spec: TableSpec) -> pa.Table:
    """Return a table without rows that has the canonical schema.

    Parameters
    ----------
    spec : TableSpec

    Returns
    -------
    pyarrow.Table

    Examples
    --------
    >>> from churngrid.features.schema.tables import table_spec
    >>> empty_table(table_spec("labels")).num_rows
    0
    """
    return canonical_schema(spec).empty_table()


@dataclass(frozen=True, slots=True)
class Whole:
    """What only all accounts together show, to go with tables that hold some of them.

    Parameters
    ----------
    filled : frozenset of str
        Tables with a row of any account.
    dates : ndarray of int64, shape (n_dates,)
        As-of dates in microseconds, ascending.
    deliveries : mapping of str to ndarray of int64, shape (n_dates,)
        By view whose feed can fall silent: when the newest row of any account before each date
        became known, -1 before the first.
    days : mapping of (str, str) to FeedDays
        By view and clock: the days of any account's rows.
    first_known : mapping of (str, str) to int
        By view and kind of its rows: when the first of any account became known.
    """

    filled: frozenset[str]
    dates: IntArray
    deliveries: Mapping[str, IntArray]
    days: Mapping[tuple[str, str], FeedDays] = field(default_factory=dict)
    first_known: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def last_delivery(self, view: str, as_of: IntArray) -> IntArray:
        """Return when the newest row before each date became known; -1 before the first.

        Parameters
        ----------
        view : str
        as_of : ndarray of int64
            Dates among ``dates``.

        Returns
        -------
        ndarray of int64

        Raises
        ------
        ValueError
            If a date is not among ``dates``.

        Examples
        --------
        >>> whole = Whole(frozenset(), np.array([10, 20]), {"usage": np.array([-1, 15])})
        >>> whole.last_delivery("usage", np.array([20, 10])).tolist()
        [15, -1]
        """
        place = np.searchsorted(self.dates, as_of)
        there = np.append(self.dates, -1)[place] == as_of
        if not there.all():
            raise ValueError(
                f"`as_of` must be among the dates that the company was asked about, got "
                f"{int(as_of[~there][0])} microseconds; ask about all dates together."
            )
        return self.deliveries[view][place]


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of one company, checked and coerced.

    Parameters
    ----------
    by_name : mapping of str to pyarrow.Table
        Only what was delivered; every table has the columns and types of its declaration, those
        that the source lacks are null. ``known_at`` is filled.
    collected : mapping of str to frozenset of str
        The columns each source really had.
    findings : tuple of Finding
    quarantine : pyarrow.Table or None
        The rows put aside: ``table``, ``row`` (counted from 0 in the source), ``reason``, ``key``,
        ``account_id`` and ``money`` (where they could be told), ``values`` (the row as JSON).
    rows_in : mapping of str to int
        Rows read per table: always rows used + rows quarantined.
    intake : mapping of str to Intake
        Per table, what came of its rows and of the money in them.
    snapshot_only : mapping of str to frozenset of str
        Columns whose history the source does not have, so that they show today's value.
    denied_ticket_categories : frozenset of str
        Categories that only a leaving customer opens: no metric sees those tickets.
    plans : tuple of str
        The company's plans, the lowest first, in lower case.
    currency : str
        Code of the company's own currency, in which amounts are added up; empty where neither
        settings nor data name one.
    grace_days : int
        For so long a customer whose term has ended can still renew.
    whole : Whole or None
        What all accounts together show, where these tables hold only some of them.

    Examples
    --------
    >>> Tables({})
    Tables: nothing read
    """

    by_name: Mapping[str, pa.Table]
    collected: Mapping[str, frozenset[str]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    quarantine: pa.Table | None = None
    rows_in: Mapping[str, int] = field(default_factory=dict)
    intake: Mapping[str, Intake] = field(default_factory=dict)
    snapshot_only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    denied_ticket_categories: frozenset[str] = frozenset(
        {"cancellation", "data_export", "billing_cancel", "offboarding"}
    )
    plans: tuple[str, ...] = PLANS
    currency: str = ""
    grace_days: int = 30
    prepared: dict[str, Any] = field(init=False, default_factory=dict, repr=False, compare=False)
    """Views put together so far; other tables, even copies of these, begin without any."""
    whole: Whole | None = None

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self.by_name:
            raise SchemaError(
                f"Table {name!r} was not delivered; there are {sorted(self.by_name)}."
            )
        return self.by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self.by_name

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __repr__(self) -> str:
        parts = [f"{name} {table.num_rows:,}" for name, table in self.by_name.items()]
        return "Tables: " + (", ".join(parts) or "nothing read")

    def has(self, table: str, *columns: str) -> bool:
        """Say whether a table and these columns of it were delivered.

        Parameters
        ----------
        table : str
        *columns : str

        Returns
        -------
        bool

        Examples
        --------
        >>> Tables({}).has("invoices", "paid_at")
        False
        """
        if table not in self.by_name:
            return False
        known = self.collected.get(table)
        return known is None or all(column in known for column in columns)

    def filled(self, table: str) -> bool:
        """Say whether the company has any row of a table.

        Parameters
        ----------
        table : str

        Returns
        -------
        bool
            Where these are the tables of some accounts, the rows of all others count as well.

        Examples
        --------
        >>> Tables({}).filled("contracts")
        False
        """
        if self.whole is not None:
            return table in self.whole.filled
        return table in self.by_name and self.by_name[table].num_rows > 0

    def known_before(self, moment: pa.TimestampScalar) -> "Tables":
        """Return the tables as they stood at a moment: rows known later are cut away.

        Parameters
        ----------
        moment : pyarrow.TimestampScalar
            In UTC; rows with ``known_at`` at or after it are gone.

        Returns
        -------
        Tables
            These themselves, with what was read of them, where nothing became known later.

        Examples
        --------
        >>> Tables({}).known_before(pa.scalar(0, pa.timestamp("us", tz="UTC")))
        Tables: nothing read
        """
        left = {name: _cut(table, moment) for name, table in self.by_name.items()}
        if all(len(table) == len(self.by_name[name]) for name, table in left.items()):
            return self
        return replace(self, by_name=left)


def _cut(table: pa.Table, moment: pa.TimestampScalar) -> pa.Table:
    if "known_at" not in table.column_names:
        return table
    return table.filter(pc.less(table["known_at"], moment))
