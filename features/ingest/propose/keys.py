"""Which column names the rows of a table, and which columns of other tables mean those rows.

Both are judged by values (a key is filled and unique, a link's values are found in the key) and by
names; running numbers agree with each other by chance, so for them the names have to agree, too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from .profiles import ColumnProfile, TableProfile
from .words import ACCOUNT_NOUNS, column_words, ends_with

__all__ = ["KEY_WORDS", "Key", "Link", "Links", "key_of", "same_name"]

KEY_WORDS = ("id", "number", "code", "ref")
"""Last words of columns that name something."""

_SAY_NOTHING = {(), ("name",), *((word,) for word in KEY_WORDS)}
"""Names that columns of many tables have, whatever they hold."""

_ACCOUNTS = {column_words(noun)[:1] for noun in ACCOUNT_NOUNS}

_MET = 0.5
_MET_WITHOUT_NAME = 0.9
_FEWEST_WITHOUT_NAME = 3


@dataclass(frozen=True, slots=True)
class Key:
    """The column that names the rows of a table.

    Parameters
    ----------
    table, column : str
    unique : bool
        False where a table holds several rows (versions, months) of what it names.
    """

    table: str
    column: str
    unique: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A column that means the rows of another table.

    Parameters
    ----------
    table, column : str
    to : Key
    met : float
        Share of the different values that are found in the key.
    named : bool
        Whether the name of the column says so, too.
    """

    table: str
    column: str
    to: Key
    met: float
    named: bool


def key_of(table: TableProfile) -> Key | None:
    """Return the column that names the rows of a table.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    Key or None
        None if no column is filled and unique and looks like a name of something.
    """
    unique = [c for c in table.filled if c.unique and (c.could_be_id or c.could_be_name)]
    ranked = sorted(unique, key=lambda column: _key_rank(column, table))
    best = next((column for column in ranked if _key_rank(column, table) < _NO_KEY), None)
    return Key(table.name, best.name) if best else None


_NO_KEY = 9


def _key_rank(column: ColumnProfile, table: TableProfile) -> int:
    """How much a column's name is that of a key; the lower, the more."""
    words, noun = column.words, table.words
    if not column.could_be_id:
        named = bool(noun) and words in {noun[-1:], (noun[-1], "name"), ("name",)}
        return 7 if named else _NO_KEY
    if words == (*noun, "id") or (noun and words == (noun[-1], "id")):
        return 0
    if words == ("id",):
        return 1
    if words[-1:] == ("id",) and noun and words[:1] == noun[-1:]:
        return 2
    if noun and words in {(noun[-1], word) for word in ("number", "code", "ref")}:
        return 3
    if noun and words == noun[-1:]:
        return 4
    if words in {("number",), ("code",), ("ref",), ("reference",)}:
        return 5
    return 6 if words[-1:] == ("id",) else _NO_KEY


class Links:
    """All links between the tables of a source.

    Parameters
    ----------
    tables : mapping of str to TableProfile
    """

    def __init__(self, tables: Mapping[str, TableProfile]) -> None:
        self._tables = tables
        found = {name: self._key_of(table) for name, table in tables.items()}
        self.keys: Mapping[str, Key] = {name: key for name, key in found.items() if key}

    def _key_of(self, table: TableProfile) -> Key | None:
        """Return the key of a table; of several ids of its own the one that other tables write.

        Running numbers are met everywhere by chance, so that only specific values count.
        """
        named = key_of(table)
        ids = [c for c in table.filled if c.unique and c.could_be_id]
        own = [
            column
            for column in ids
            if _could_name_rows(column, table)
            and not _is_of_account(column, table)
            and not self._is_of_another(column, table)
        ]
        others = [column for column in own if named is None or column.name != named.column]
        if not others or len(self._tables) < 2:
            return named
        written = {column.name: self._written_in(column, table) for column in others}
        best = max(others, key=lambda column: (written[column.name], -_key_rank(column, table)))
        mine = self._written_in(table.columns[named.column], table) if named else 0
        return Key(table.name, best.name) if written[best.name] > mine else named

    def _is_of_another(self, column: ColumnProfile, table: TableProfile) -> bool:
        """Say whether a column means the rows of another table, by name and values."""
        return any(
            _names(column, other) and overlap(column, other.columns[key.column]) >= _MET
            for other in self._tables.values()
            if other.name != table.name and (key := key_of(other))
        )

    def _written_in(self, column: ColumnProfile, table: TableProfile) -> int:
        """Return how many other tables have these values in a column that is not their own key."""
        others = (other for other in self._tables.values() if other.name != table.name)
        return sum(
            any(_means(one, column) for one in other.filled if not _is_own_key(one, other))
            for other in others
        )

    @cached_property
    def all(self) -> tuple[Link, ...]:
        """Every link that values and names bear out."""
        return tuple(
            link
            for table in self._tables.values()
            for column in table.filled
            for key in self.keys.values()
            if key.table != table.name and (link := self._link(table, column, key))
        )

    def to(self, key: Key) -> tuple[Link, ...]:
        """Return the links to a key, at most one a table: named before met, then the best met."""
        best: dict[str, Link] = {}
        for link in sorted(self.all, key=lambda link: (link.named, link.met), reverse=True):
            if link.to == key:
                best.setdefault(link.table, link)
        return tuple(best.values())

    def of(self, table: str) -> tuple[Link, ...]:
        """Return the links that start in a table."""
        return tuple(link for link in self.all if link.table == table)

    def _link(self, table: TableProfile, column: ColumnProfile, key: Key) -> Link | None:
        target = self._tables[key.table]
        if column.words == ("id",) or not (column.could_be_id or column.could_be_name):
            return None
        if self._same_kind(table, column, target):
            return None
        named = _names(column, target) or same_name(column, target.columns[key.column])
        named = named or _is_party(column, target)
        met = overlap(column, target.columns[key.column])
        chance = not (column.is_specific and target.columns[key.column].is_specific)
        if named and met >= _MET:
            return Link(table.name, column.name, key, met, named=True)
        many = len(column.values) >= _FEWEST_WITHOUT_NAME
        if met >= _MET_WITHOUT_NAME and many and not chance:
            return Link(table.name, column.name, key, met, named=False)
        return None

    def _same_kind(self, table: TableProfile, column: ColumnProfile, target: TableProfile) -> bool:
        """Whether the column is the key of its own table, which holds the same kind of thing."""
        own = self.keys.get(table.name)
        is_key = own is not None and own.column == column.name
        meant = column.words[:-1] == target.words
        return is_key and not meant and table.words[-1:] == target.words[-1:]


_PARTIES = {("entity",), ("party",), ("counterparty",), ("bill", "to"), ("sold", "to"), ("payer",)}
"""What documents call the other side, whoever it is."""


def _is_party(column: ColumnProfile, target: TableProfile) -> bool:
    """Say whether a column names the other side of a document, and a table is of customers."""
    bare = column.words[:-1] if column.words[-1:] == ("id",) else column.words
    return bare in _PARTIES and target.words[-1:] in _ACCOUNTS


def _means(column: ColumnProfile, key: ColumnProfile) -> bool:
    """Say whether a column called `account_id`, `Company Gsid`, or as the key, holds its values."""
    if same_name(column, key) and column.could_be_id:
        return overlap(column, key) >= _MET_WITHOUT_NAME
    last = "".join(column.words[-1:])
    called = last in KEY_WORDS or last.endswith("id")
    specific = column.could_be_id and column.is_specific and key.is_specific
    return called and specific and overlap(column, key) >= _MET


def same_name(column: ColumnProfile, key: ColumnProfile) -> bool:
    """Say whether two columns have the same telling name.

    Parameters
    ----------
    column, key : ColumnProfile

    Returns
    -------
    bool
        False for names that columns of many tables have, such as ``id``.
    """
    return column.words == key.words and column.words not in _SAY_NOTHING


def _could_name_rows(column: ColumnProfile, table: TableProfile) -> bool:
    """Say whether a column is no mere number: amounts that happen to differ name nothing."""
    return _key_rank(column, table) < _NO_KEY or not column.reads_as("number")


def _is_of_account(column: ColumnProfile, table: TableProfile) -> bool:
    """Say whether a column of another table says which account its rows belong to."""
    return column.words[:1] in _ACCOUNTS and table.words[-1:] not in _ACCOUNTS


def _is_own_key(column: ColumnProfile, table: TableProfile) -> bool:
    own = key_of(table)
    return own is not None and own.column == column.name


def overlap(column: ColumnProfile, key: ColumnProfile) -> float:
    """Return which share of the different values of a column is found in a key.

    Parameters
    ----------
    column, key : ColumnProfile

    Returns
    -------
    float
        0 to 1; 0 for a column without values.
    """
    return len(column.seen & key.seen) / len(column.seen) if column.seen else 0.0


def _names(column: ColumnProfile, target: TableProfile) -> bool:
    """Say whether a column's name is that of another table."""
    words = column.words
    bare = words[:-1] if words[-1:] and words[-1] in KEY_WORDS else words
    nouns: Iterable[tuple[str, ...]] = [target.words, target.words[-1:]]
    return bool(bare) and ends_with(bare, nouns) is not None
