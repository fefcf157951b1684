"""What the values of each source column look like, found out once for everything that asks."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import BoolArray
from ...arrays.plain_text import as_text
from ...errors import SchemaError
from ...schema.table_declaration import Column, Kind
from ..coerce import coerce, form_of, read_column
from ..forms.column_forms import ColumnForm, told
from ..lookups import domains_of
from ..raw_rows import Source
from ..reshape.month_columns import MONTH, VALUE, long_form, month_names, months_each
from .words import LOADER_WORDS, column_words, names_many, table_words

__all__ = ["MOST_ROWS", "ColumnProfile", "TableProfile", "only_rows", "profiles_of"]

MOST_ROWS = 200_000
"""Of a table that are looked at, the first ones."""

_LOOKED_AT = 400
_READABLE = 0.98
_DIGITS = re.compile(r"^\d+$")
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
_INNERMOST = re.compile(r"^(?:.*?\w\.)*?([^.\s]+)(?:\.\$\w+)?$")
_LONGEST_ID = 64
_OWNER = re.compile(r"^(\S.*?)(?:\s*:\s+|\s+-\s+)(?=\S)")
_MONTHLY = {
    **{"mrr": ("mrr",), "arr": ("arr",)},
    **dict.fromkeys(("recurring", "revenue", "subscription"), ("mrr",)),
}
_OF_TIME = {3: ("quarterly", "amount"), 12: ("annual", "amount")}
_LONGEST_NAME = 100
_ALL_BEGIN = 0.8
_FEWEST_BEGIN = 3


@dataclass(frozen=True)
class ColumnProfile:
    """One source column.

    Parameters
    ----------
    name : str
    rows : int
        Rows looked at.
    filled : int
        Rows with a value.
    values : pyarrow.Array of string
        Each different value once, in the order of their first row.
    words : tuple of str
        What its name says, without what all columns of the table begin with.
    """

    name: str
    rows: int
    filled: int
    values: pa.Array
    words: tuple[str, ...] = ()

    @property
    def by_loader(self) -> bool:
        """Whether the program that copied the rows wrote it."""
        return column_words(self.name)[:1] in {(word,) for word in LOADER_WORDS}

    @property
    def empty(self) -> bool:
        """Whether no row has a value."""
        return self.filled == 0

    @property
    def unique(self) -> bool:
        """Whether every row has a value of its own."""
        return 0 < self.filled == self.rows == len(self.values)

    @cached_property
    def seen(self) -> frozenset[str]:
        """The different values."""
        return frozenset(self.values.to_pylist())

    @cached_property
    def looked_at(self) -> list[str]:
        """Some of the different values, evenly from all of them."""
        step = max(len(self.values) // _LOOKED_AT, 1)
        return [str(value) for value in self.values[::step].to_pylist()]

    @cached_property
    def lowered(self) -> frozenset[str]:
        """The different values looked at, in lower case and without blanks around them."""
        return frozenset(value.strip().lower() for value in self.looked_at)

    def reads_as(self, kind: Kind) -> bool:
        """Say whether nearly all values can be read as one kind.

        Parameters
        ----------
        kind : {"id", "text", "number", "flag", "time", "list"}

        Returns
        -------
        bool
            False for a column without values.
        """
        if self.empty:
            return False
        if kind not in self._readable:
            self._readable[kind] = self._share_read(kind)
        return self._readable[kind] >= _READABLE or (kind == "time" and bool(self.question))

    @cached_property
    def question(self) -> tuple[str, ...]:
        """Forms of dates between which its owner has to decide; mostly none."""
        return self._dates_as.question

    @cached_property
    def is_plain_number(self) -> bool:
        """Whether all values are digits, as times written as a number are, too."""
        return all(_DIGITS.match(value) for value in self.looked_at)

    @cached_property
    def is_dated(self) -> bool:
        """Whether the values are times that are written as such, and not as plain numbers."""
        return not self.is_plain_number and self.reads_as("time")

    @cached_property
    def is_mail(self) -> bool:
        """Whether the values are addresses of e-mail."""
        return self._share(lambda value: bool(_MAIL.match(value))) >= _READABLE

    @cached_property
    def is_json(self) -> bool:
        """Whether the values are objects written as JSON."""
        return self._share(lambda value: value[:1] == "{" and value[-1:] == "}") >= _READABLE

    @cached_property
    def is_count(self) -> bool:
        """Whether it counts what its name names: `Logins`, `Monthly active users`."""
        return names_many(self.name) and self.reads_as("number")

    @cached_property
    def is_specific(self) -> bool:
        """Whether a value is hardly met by chance: longer than a running number."""
        return self._share(lambda value: len(value) >= 6 and not value.isalpha()) >= _READABLE

    @cached_property
    def could_be_id(self) -> bool:
        """Whether values can name something: short, without blanks inside, no fractions."""
        if self.empty or self.is_json:
            return False
        return self._share(_like_an_id) >= _READABLE

    @cached_property
    def domains(self) -> frozenset[str]:
        """The domains of the addresses of e-mail and of web sites among its values."""
        if not len(self.values) or self.reads_as("number") or self.is_dated:
            return frozenset()
        found = domains_of(pa.chunked_array([self.values])).to_pylist()
        return frozenset(domain for domain in found if domain)

    @cached_property
    def could_be_name(self) -> bool:
        """Whether values can be names of something: short, neither numbers nor times."""
        if self.empty or self.is_json or self.reads_as("number") or self.is_dated:
            return False
        return self._share(lambda value: len(value) <= _LONGEST_NAME) >= _READABLE

    @cached_property
    def numbers(self) -> list[float]:
        """The numbers among the values looked at."""
        read = read_column(Column("n", "number"), self.sample).column
        return [float(value) for value in pc.drop_null(read).to_pylist()]

    @cached_property
    def currencies(self) -> frozenset[str]:
        """What the signs beside amounts mean; mostly none."""
        return self._numbers_as.currencies

    @cached_property
    def _dates_as(self) -> ColumnForm:
        return form_of(self.sample, "time")

    @cached_property
    def _numbers_as(self) -> ColumnForm:
        return form_of(self.sample, "number")

    @cached_property
    def _readable(self) -> dict[Kind, float]:
        """Share of the values that can be read as each kind that was asked for."""
        return {}

    def _share_read(self, kind: Kind) -> float:
        column, sample = Column("x", kind), self.sample
        read = coerce(column, sample)
        if not read.is_plain:
            read = coerce(column, sample, self._dates_as if kind == "time" else self._numbers_as)
        if kind == "number" and self.currencies:
            read = coerce(column, sample, replace(self._numbers_as, currencies=frozenset()))
        faulty = sum(int(fault.mask.sum()) for fault in read.faults)
        return 1 - faulty / max(len(sample), 1)

    @property
    def sample(self) -> pa.ChunkedArray:
        """The values looked at, as a column."""
        return pa.chunked_array([pa.array(self.looked_at, pa.string())])

    def _share(self, holds: Callable[[str], bool]) -> float:
        looked = self.looked_at
        return sum(map(holds, looked)) / len(looked) if looked else 0.0


@dataclass(frozen=True)
class TableProfile:
    """One source table.

    Parameters
    ----------
    name : str
    rows : int
        Rows looked at.
    columns : mapping of str to ColumnProfile
        In the order of the source.
    looked_at : pyarrow.Table
        Those rows.
    is_long : bool
        Whether they were a column a month, and are looked at below each other.
    repeated : tuple of str
        Names that several columns have, so that none of these is looked at.
    months_each : int
        How many months the columns below each other are of: 1, 3 or 12; 0 without such columns.
    broken : str
        Why it cannot be read; empty where it can.
    superseded : mapping of str to tuple of str
        Flags and the values of rows that newer ones have taken the place of; such rows are not
        looked at.
    versions : tuple of str or None
        Where rows are versions of things: the column that names a thing, and the one with the
        moment at which a version was made. Only the newest ones are looked at.
    """

    name: str
    rows: int
    columns: Mapping[str, ColumnProfile] = field(default_factory=dict)
    looked_at: pa.Table = field(default_factory=lambda: pa.table({}))
    is_long: bool = False
    repeated: tuple[str, ...] = ()
    months_each: int = 0
    broken: str = ""
    superseded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    versions: tuple[str, str] | None = None

    @cached_property
    def words(self) -> tuple[str, ...]:
        """What its name says."""
        return table_words(self.name)

    @property
    def is_recurring(self) -> bool:
        """Whether it had a column a month, quarter or year, of what is paid."""
        paid = {("mrr",), ("arr",), *_OF_TIME.values()}
        return self.is_long and self.columns[VALUE].words in paid

    @property
    def filled(self) -> tuple[ColumnProfile, ...]:
        """The columns that have a value and that no loader wrote."""
        return tuple(c for c in self.columns.values() if not c.empty and not c.by_loader)


def profiles_of(source: Source) -> dict[str, TableProfile]:
    """Look at every table of a source.

    Parameters
    ----------
    source : Source

    Returns
    -------
    dict of str to TableProfile
        Only the first part of a large table is looked at. A table that cannot be read has no
        columns, and says why.
    """
    return {name: _table(source, name) for name in source.names()}


def only_rows(table: TableProfile, kept: BoolArray) -> TableProfile:
    """Return a table as it is without some of its rows.

    Parameters
    ----------
    table : TableProfile
    kept : ndarray of bool, shape (n_rows,)

    Returns
    -------
    TableProfile
    """
    if kept.all():
        return table
    rows = table.looked_at.filter(pa.array(kept))
    columns = {
        name: _column(name, rows[name], column.words) for name, column in table.columns.items()
    }
    return replace(table, columns=columns, looked_at=rows)


def _table(source: Source, name: str) -> TableProfile:
    try:
        return _looked_at(source, name)
    except SchemaError as error:
        return TableProfile(name, 0, broken=str(error))


def _looked_at(source: Source, name: str) -> TableProfile:
    times = Counter(source.columns(name))
    columns = tuple(column for column, count in times.items() if count == 1)
    piece = next(iter(source.pieces(name, columns)), None) if columns else None
    months = month_names(columns)
    is_long = 2 * len(months) > len(columns)
    piece = long_form(piece) if piece is not None and is_long else piece
    table = pa.table({}) if piece is None else _told(piece.table.slice(0, MOST_ROWS))
    words = _bare_words(table.column_names)
    if is_long:
        words |= {
            MONTH: ("month",),
            VALUE: _what_is_paid((*table_words(name), *_said_of_all(months)), months_each(months)),
        }
    found = {
        column: _of_reference(_column(column, table[column], words[column]))
        for column in table.column_names
    }
    repeated = tuple(column for column, count in times.items() if count > 1)
    each = months_each(months) if is_long else 0
    return TableProfile(name, table.num_rows, found, table, is_long, repeated, each)


def _told(table: pa.Table) -> pa.Table:
    """Take away the marks that stand where there is no value, such as a dash for a day."""
    columns = [told(column) if _is_text(column.type) else column for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _said_of_all(names: Iterable[str]) -> tuple[str, ...]:
    """Return the first words of columns of months where all have the same: `ARR Q1 2024`."""
    first = {column_words(name)[:1] for name in names}
    return first.pop() if len(first) == 1 else ()


def _what_is_paid(words: tuple[str, ...], months: int) -> tuple[str, ...]:
    """Return what a column a month, quarter or year holds, by the name of its table.

    ARR and MRR are rates, whatever time they are told for; revenue is that of the whole time.
    """
    what = next((what for word, what in _MONTHLY.items() if word in words), ("value",))
    rate = any(word in words for word in ("mrr", "arr")) or what == ("value",)
    return what if rate or months == 1 else _OF_TIME[months]


def _bare_words(names: list[str]) -> dict[str, tuple[str, ...]]:
    """Words of columns, without the first one where nearly all columns begin with it."""
    words = _leaves(names) | _without_owner(names)
    longer = [said for said in words.values() if len(said) > 1]
    first, times = Counter(said[0] for said in longer).most_common(1)[0] if longer else ("", 0)
    if times < max(_FEWEST_BEGIN, _ALL_BEGIN * len(names)):
        return words
    return {
        name: said[1:] if len(said) > 1 and said[0] == first else said
        for name, said in words.items()
    }


def _without_owner(names: list[str]) -> dict[str, tuple[str, ...]]:
    """Words of columns called `Rate Plan Charge: MRR`, without what most columns are said to be of.

    Those of other things keep their owner: `Account: ID`.
    """
    owners = {name: found[1] for name in names if (found := _OWNER.match(name))}
    if not owners:
        return {}
    owner, times = Counter(owners.values()).most_common(1)[0]
    if times < max(_FEWEST_BEGIN, len(names) / 2):
        return {}
    mine = [name for name, of in owners.items() if of == owner]
    return {name: column_words(name[len(_OWNER.match(name)[0]) :]) for name in mine}  # type: ignore[index]


def _leaves(names: list[str]) -> dict[str, tuple[str, ...]]:
    """Words of columns; of one inside an object only its own, where no other has the same."""
    words = {name: column_words(name) for name in names}
    own = {name: column_words(_INNERMOST.sub(r"\1", name)) for name in names if "." in name}
    times = Counter([*own.values(), *(w for name, w in words.items() if name not in own)])
    return words | {name: said for name, said in own.items() if said and times[said] == 1}


def _column(name: str, values: pa.ChunkedArray, words: tuple[str, ...]) -> ColumnProfile:
    text = pc.drop_null(as_text(values)[0])
    return ColumnProfile(name, len(values), len(text), pc.unique(text), words)


def _of_reference(column: ColumnProfile) -> ColumnProfile:
    """Read `company_value` as a company where its values are ids: so systems write references."""
    said = column.words
    if len(said) < 2 or said[-1] != "value" or column.reads_as("number"):
        return column
    return replace(column, words=said[:-1]) if column.could_be_id else column


def _like_an_id(value: str) -> bool:
    return len(value) <= _LONGEST_ID and not re.search(
        r"\s|^-?\d+\.(?:\d{2,}|[1-9])$|^\d{4}-\d{2}-\d{2}", value
    )
