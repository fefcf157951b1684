"""Who the accounts are: the table of them, or the column by which other tables name them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from ..lookups import alike_of
from .keys import KEY_WORDS, Key, Link, Links, overlap, same_name
from .profiles import ColumnProfile, TableProfile
from .roles import role_of
from .words import ACCOUNT_NOUNS, ends_with, table_words

__all__ = ["Accounts", "Way", "accounts_of"]

_FEWEST = 2
_MET_BY_NAME, _MOSTLY = 0.9, 0.5
_MOST_HOPS = 3
_MANY = 3
_PERSONS = {("user",), ("member",), ("person",), ("contact",)}
_ASKERS = {("caller",), ("requester",), ("reporter",), ("contact",), ("submitter",)}
"""Persons of customers in tables that also name those who answer them."""
_LEDGER = ("account",)
"""What the books of a company call their parts, too."""
_BILLED_TO = {("contact",), ("contact", "name"), ("contact", "id")}
_OF_MONEY = ("invoices", "subscription_items", "contracts")
_NOUNS = tuple(table_words(noun) for noun in ACCOUNT_NOUNS)


@dataclass(frozen=True, slots=True)
class Way:
    """How a table says whose its rows are.

    Parameters
    ----------
    column : str
        Of the table itself.
    hops : tuple of (str, str, str)
        Tables to go through: name, column that is met, column to go on with.
    sure : bool
    why : str
    by_domain : bool
        Whether what is met are the domains of addresses.
    alike : bool
        Whether the first table is met by keys that were written in another way.
    """

    column: str
    hops: tuple[tuple[str, str, str], ...] = ()
    sure: bool = True
    why: str = ""
    by_domain: bool = False
    alike: bool = False


@dataclass(frozen=True)
class Accounts:
    """Who the accounts are.

    Parameters
    ----------
    tables : mapping of str to TableProfile
    links : Links
    key : Key or None
        Of the table of accounts; None where no table holds one row (or version) an account.
    noun : tuple of str
        Without a table: the word for accounts by which other tables name them.
    """

    tables: Mapping[str, TableProfile]
    links: Links
    key: Key | None
    noun: tuple[str, ...] = ()

    @property
    def unnamed(self) -> bool:
        """Whether neither a table nor a column names accounts."""
        return self.key is None and not self.noun

    def way_from(self, table: str) -> Way | None:
        """Return how a table names the accounts of its rows, or None if it does not."""
        profile = self.tables[table]
        if self.key is not None and table == self.key.table:
            return Way(self.key.column)
        straight = self._straight(profile)
        return straight if straight else self._through_another(table)

    def _straight(self, table: TableProfile) -> Way | None:
        if self.key is None:
            found = self._meeting(table)
            return Way(found.name) if found else None
        mine = [link for link in self.links.of(table.name) if link.to == self.key]
        if mine:
            best = max(mine, key=lambda link: (link.named, link.met))
            why = "" if best.named else f"{best.met:.0%} of its values are accounts"
            return Way(best.column, sure=best.named, why=why)
        alike = self._alike(table)
        if alike is not None:
            return alike
        found = _named(table, self.tables[self.key.table].words[-1:])
        way = self._weakly(found) if found else self._as_people(table)
        return way or self._by_names(table) or self._by_domains(table) or self._called(table)

    def _meeting(self, table: TableProfile) -> ColumnProfile | None:
        """Return the column of a table by which it meets most others, where several name accounts.

        A table may have the name and the number of a customer, and another one the number alone.
        """
        others = [_all_named(one, self.noun) for one in self.tables.values() if one is not table]

        def met(column: ColumnProfile) -> int:
            return sum(any(overlap(column, one) >= _MOSTLY for one in them) for them in others)

        return max(_all_named(table, self.noun), key=met, default=None)

    def _alike(self, table: TableProfile) -> Way | None:
        """Trust a column called as the key whose values a spreadsheet wrote in another way."""
        if self.key is None or not self.key.unique:
            return None
        whom = self.tables[self.key.table]
        key = whom.columns[self.key.column]
        keys = _alike(key)
        nouns = {whom.words[-1:], *_NOUNS}
        for column in table.filled:
            called = same_name(column, key) or (
                column.words[:-1] in nouns and column.words[-1] in KEY_WORDS
            )
            if not called or not column.could_be_id or len(keys) < len(key.seen):
                continue
            met = _alike(column)
            if len(met) >= _FEWEST and len(met & keys) >= _MET_BY_NAME * len(met):
                why = "its values are those of accounts, written in another way"
                hop = (self.key.table, self.key.column, self.key.column)
                return Way(column.name, (hop,), why=why, alike=True)
        return None

    def _by_names(self, table: TableProfile) -> Way | None:
        """Trust a column of names that are those of accounts, whatever it is called."""
        if self.key is None:
            return None
        whom = self.tables[self.key.table]
        names = [c for c in whom.filled if c.unique and c.could_be_name and len(c.seen) >= _MANY]
        for column in table.filled:
            for other in names if column.could_be_name and len(column.seen) >= _MANY else ():
                if overlap(column, other) >= _MET_BY_NAME:
                    hop = (self.key.table, other.name, self.key.column)
                    why = f"its values are those of {other.name!r}"
                    return Way(column.name, (hop,), sure=False, why=why)
        return None

    def _by_domains(self, table: TableProfile) -> Way | None:
        """Trust addresses whose domains are those of the accounts."""
        if self.key is None:
            return None
        whom = self.tables[self.key.table]
        theirs = {c.name: c.domains for c in whom.filled if len(c.domains) >= _MANY}
        for column in table.filled if theirs else ():
            mine = column.domains
            for name, domains in theirs.items() if len(mine) >= _MANY else ():
                if len(mine & domains) >= _MET_BY_NAME * len(mine):
                    hop = (self.key.table, name, self.key.column)
                    why = f"its domains are those of {name!r}"
                    return Way(column.name, (hop,), sure=False, why=why, by_domain=True)
        return None

    def _as_people(self, table: TableProfile) -> Way | None:
        """Where customers are persons, other tables may call them users."""
        if self.key is None or any(other.words[-1:] in _PERSONS for other in self.tables.values()):
            return None
        key = self.tables[self.key.table].columns[self.key.column]
        for column in table.filled:
            said = column.words[:-1] if column.words[-1:] == ("id",) else ()
            if said in _PERSONS and overlap(column, key) >= _MET_BY_NAME:
                why = f"all of its values are in {self.key.table!r}"
                return Way(column.name, sure=False, why=why)
        return None

    def _weakly(self, found: ColumnProfile) -> Way | None:
        """Trust a name whose values are rarely accounts, or are names of accounts."""
        key = self.key
        if key is None:
            return None
        whom = self.tables[key.table]
        met = len(found.seen & whom.columns[key.column].seen)
        if met:
            why = f"by its name: only {met} of its {len(found.seen)} values are accounts"
            return Way(found.name, sure=False, why=why)
        for other in whom.filled:
            if other.unique and overlap(found, other) >= _MET_BY_NAME:
                hop = (key.table, other.name, key.column)
                return Way(found.name, (hop,), why=f"its values are those of {other.name!r}")
        return None

    def _asks(self, link: Link) -> bool:
        """Say whether a column names the customer's person by ids that are met in no other way."""
        words = self.tables[link.table].columns[link.column].words
        return words[:1] in _ASKERS and link.met >= _MET_BY_NAME

    def _called(self, table: TableProfile) -> Way | None:
        """Trust a column called by another word for accounts, most of whose values are names."""
        if self.key is None:
            return None
        whom = self.tables[self.key.table]
        names = [c for c in whom.filled if c.unique and c.could_be_name and len(c.seen) >= _MANY]
        for column in (found for noun in _NOUNS if (found := _named(table, noun))):
            met = {other.name: overlap(column, other) for other in names}
            best = max(met, key=lambda name: met[name], default="")
            if best and met[best] >= _MOSTLY and len(column.seen) >= _MANY:
                hop = (self.key.table, best, self.key.column)
                why = f"{met[best]:.0%} of its values are those of {best!r}"
                return Way(column.name, (hop,), sure=False, why=why)
        return None

    def _through_another(self, table: str, seen: tuple[str, ...] = ()) -> Way | None:
        """Go through a table that this one names, or through one that names both."""
        seen = (*seen, table)
        for link in sorted(self.links.of(table), key=lambda link: -link.met):
            if not (link.named or self._asks(link)) or link.to.table in seen:
                continue
            next_ = self._straight(self.tables[link.to.table])
            if next_ is None and len(seen) < _MOST_HOPS:
                next_ = self._through_another(link.to.table, seen)
            if next_ is not None:
                hop = (link.to.table, link.to.column, next_.column)
                hops = (hop, *next_.hops)
                return Way(link.column, hops, next_.sure, f"by way of {link.to.table!r}")
        own = self.links.keys.get(table)
        for link in self.links.to(own) if own else ():
            next_ = self._straight(self.tables[link.table])
            if link.named and next_ is not None and next_.sure:
                hop = (link.table, link.column, next_.column)
                return Way(own.column if own else "", (hop,), why=f"by way of {link.table!r}")
        return None


def _alike(column: ColumnProfile) -> frozenset[str]:
    return frozenset(alike_of(pa.chunked_array([column.values])).to_pylist())


def accounts_of(
    tables: Mapping[str, TableProfile], links: Links, *, with_ledger: bool = False
) -> Accounts:
    """Find out who the accounts are.

    Parameters
    ----------
    tables : mapping of str to TableProfile
    links : Links
    with_ledger : bool
        Whether the source keeps books: what tables name as an account is one of these then.

    Returns
    -------
    Accounts
        A table whose name is a word for accounts and to which most other tables point; without
        one, the word that most tables use.
    """
    ranked = sorted(
        (table for table in tables.values() if _is_noun(table) and not table.is_long),
        key=lambda table: _rank(table, tables, links),
    )
    for table in ranked:
        key = links.keys.get(table.name)
        pointed = key is not None and bool(links.to(key))
        if key is not None and (pointed or table.rows >= _FEWEST or len(tables) == 1):
            return Accounts(tables, links, key)
    for table in (one for one in ranked if one.rows >= _FEWEST):
        versions = _version_key(table)
        if versions is not None:
            return Accounts(tables, links, Key(table.name, versions.name, unique=False))
    noun = _commonest_noun(tables, [n for n in _NOUNS if n != _LEDGER or not with_ledger])
    payers = None if noun else _payers(tables, links)
    return Accounts(tables, links, payers, noun)


def _payers(tables: Mapping[str, TableProfile], links: Links) -> Key | None:
    """Return the key of the contacts who are billed, where no table is of customers."""
    for table in tables.values():
        key = links.keys.get(table.name)
        if ends_with(table.words, _PERSONS) is None or key is None or table.rows < _FEWEST:
            continue
        billed = (tables[link.table] for link in links.to(key) if link.named)
        nouns = [noun for role in _OF_MONEY for noun in role_of(role).noun_words]
        if any(ends_with(one.words, nouns) for one in billed):
            return key
    return None


def _is_noun(table: TableProfile) -> bool:
    return ends_with(table.words, _NOUNS) is not None


def _rank(
    table: TableProfile, tables: Mapping[str, TableProfile], links: Links
) -> tuple[int, int, int]:
    key = links.keys.get(table.name)
    pointing = len(links.to(key)) if key else 0
    noun = ends_with(table.words, _NOUNS)
    exact = 0 if noun == table.words else 1
    return -pointing, exact, _NOUNS.index(noun) if noun else len(_NOUNS)


def _version_key(table: TableProfile) -> ColumnProfile | None:
    """Return the column that names accounts in a table of several rows each."""
    names = role_of("accounts").column_words["account_id"]
    for name in names:
        for column in table.filled:
            if column.words == name and column.could_be_id and column.filled == column.rows:
                return column
    return None


def _commonest_noun(
    tables: Mapping[str, TableProfile], nouns: list[tuple[str, ...]]
) -> tuple[str, ...]:
    counted: Counter[tuple[str, ...]] = Counter()
    several = [table for table in tables.values() if table.rows >= _FEWEST]
    for table in several or tables.values():
        for noun in nouns:
            if _named(table, noun) is not None:
                counted[noun] += 1
    best = max(counted.values(), default=0)
    return next((noun for noun in nouns if best and counted[noun] == best), ())


def _named(table: TableProfile, noun: tuple[str, ...]) -> ColumnProfile | None:
    """Return the column of a table that names accounts by one word for them."""
    return next(iter(_all_named(table, noun)), None)


def _all_named(table: TableProfile, noun: tuple[str, ...]) -> list[ColumnProfile]:
    """Return the columns of a table that name accounts by one word for them, the surest first."""
    wanted = [(*noun, "id"), noun, (*noun, "number"), (*noun, "code"), (*noun, "ref")]
    wanted += [(*noun, "0"), (*noun, "name")]
    if noun == _LEDGER and any(column.words in _BILLED_TO for column in table.filled):
        wanted.remove((*noun, "code"))
    return [
        column
        for words in (wanted if noun else ())
        for column in table.filled
        if column.words == words and (column.could_be_id or column.could_be_name)
        if not column.is_dated and not column.is_count
    ]
