"""Which column of a source table each canonical column is, by name and by what its values are."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from ...schema.table_declaration import Column
from .profiles import ColumnProfile, TableProfile
from .proposal import Take
from .roles import Role
from .words import names_many

__all__ = ["match_columns", "only_count", "only_time", "suits"]

_ALIKE = 0.87
_FEWEST_LETTERS = 6
_A_DAY = 10
"""Letters of a day written in numbers; a moment takes more."""
_OF_USE = "usage_daily"
_SPLIT = re.compile(r"[\W_]+")
_ENDS = frozenset({"term_end", "effective_to"})
_NAMED = frozenset({"feature_id", "product_id"})
"""Ids that are names in most systems, with blanks and all."""


class _Match(NamedTuple):
    """One possible answer; the smaller, the likelier."""

    rank: int
    place: int
    column: str
    coarse: bool
    source: str


def match_columns(role: Role, table: TableProfile, *, taken: Mapping[str, str]) -> dict[str, Take]:
    """Find the columns of a role in a source table.

    Parameters
    ----------
    role : Role
    table : TableProfile
    taken : mapping of str to str
        Canonical columns that are decided already (keys and links), and their source columns.
        The link to the account is never found by its name alone.

    Returns
    -------
    dict of str to Take
        By canonical column, without those decided already. No source column is used twice, but
        for a required time that has no other.
    """
    decided = {"account_id", *taken}
    open_ = [column for column in role.spec.columns if column.name not in decided]
    free = [column for column in table.filled if column.name not in taken.values()]
    found = _assigned(sorted(_by_name(role, open_, free, table)))
    found |= _assigned(sorted(_by_likeness(role, open_, free, found)), found)
    takes = {
        match.column: Take(
            match.column,
            match.source,
            sure=match.rank < _GUESSED,
            why="" if match.rank < _GUESSED else f"{match.source!r} looks like it",
        )
        for match in found.values()
    }
    return {**takes, **dict(_required_again(role, open_, free, takes))}


_AFTER_NOUN, _GUESSED = 500, 1_000


def only_time(role: Role, table: TableProfile, found: Mapping[str, Take]) -> dict[str, Take]:
    """Take the only time of a table for a required one that no name gives.

    Parameters
    ----------
    role : Role
    table : TableProfile
    found : mapping of str to Take

    Returns
    -------
    dict of str to Take
        Of one column at most, as a guess; none where that time is an end, for an end is no begin.
    """
    times = [c for c in table.filled if c.is_dated]
    open_ = [
        c for c in role.spec.columns if c.required and c.kind == "time" and c.name not in found
    ]
    ends = {found[name].source for name in _ENDS & found.keys()}
    if len(times) != 1 or len(open_) != 1 or times[0].name in ends:
        return {}
    why = f"{times[0].name!r} is the only time in the table"
    return {open_[0].name: Take(open_[0].name, times[0].name, sure=False, why=why)}


def only_count(role: Role, table: TableProfile, found: Mapping[str, Take]) -> dict[str, Take]:
    """Take the only count in a table of use for how much it was, where no name says it.

    Parameters
    ----------
    role : Role
    table : TableProfile
    found : mapping of str to Take

    Returns
    -------
    dict of str to Take
        Of one column at most, as a guess; none for other roles.
    """
    if role.table != _OF_USE or {"events", "minutes"} & found.keys():
        return {}
    used = {take.source for take in found.values()}
    free = [column for column in table.filled if column.name not in used and not column.unique]
    counts = [column for column in free if column.reads_as("number") and _names_things(column)]
    if len(counts) != 1:
        return {}
    why = f"{counts[0].name!r} is the only count in the table"
    return {"events": Take("events", counts[0].name, sure=False, why=why)}


def suits(source: ColumnProfile, column: Column) -> bool:
    """Say whether the values of a source column can be those of a canonical one.

    Parameters
    ----------
    source : ColumnProfile
    column : Column

    Returns
    -------
    bool
        False for a column without values.
    """
    if source.empty or source.is_json:
        return False
    if column.kind == "time":
        return source.reads_as("time")
    if column.kind == "id":
        named = source.could_be_id or source.is_mail or column.name in _NAMED
        return named and not source.is_count
    if column.kind in {"number", "flag"}:
        return source.reads_as(column.kind)
    if column.name == "name":
        return not source.reads_as("number") and not source.is_dated
    return not source.is_dated


def _names_things(column: ColumnProfile) -> bool:
    """Say whether a name has a word for several: `projects_opened` counts projects."""
    return any(names_many(word) for word in _SPLIT.split(column.name))


def _by_name(
    role: Role, open_: Iterable[Column], free: Iterable[ColumnProfile], table: TableProfile
) -> Iterator[_Match]:
    free = list(free)
    for place, column in enumerate(open_):
        names = role.column_words[column.name]
        for source in free:
            rank = _rank_of(source.words, names, table)
            if rank is not None and suits(source, column):
                yield _Match(rank, place, column.name, _is_coarse(column, source), source.name)


def _is_coarse(column: Column, source: ColumnProfile) -> bool:
    """Say whether a time is only a day, which a column of the same name may tell better."""
    return column.kind == "time" and all(len(value) <= _A_DAY for value in source.looked_at)


def _rank_of(
    words: tuple[str, ...], names: tuple[tuple[str, ...], ...], table: TableProfile
) -> int | None:
    """How well a name is one of several: itself, or after the noun of its table."""
    if words in names:
        return names.index(words)
    bare = words[1:] if words[:1] == table.words[-1:] else ()
    return _AFTER_NOUN + names.index(bare) if bare in names else None


def _by_likeness(
    role: Role,
    open_: Iterable[Column],
    free: Iterable[ColumnProfile],
    found: Mapping[str, _Match],
) -> Iterator[_Match]:
    """Typing errors in the names of the contract."""
    used = {match.source for match in found.values()}
    free = [source for source in free if source.name not in used]
    for place, column in enumerate(open_):
        for source in free if column.name not in found else ():
            alike = _likeness("".join(role.column_words[column.name][0]), "".join(source.words))
            meant = not column.choices or bool(source.lowered & set(column.choices))
            if alike >= _ALIKE and meant and suits(source, column):
                rank = _GUESSED + round(100 * (1 - alike))
                yield _Match(rank, place, column.name, False, source.name)


def _likeness(one: str, other: str) -> float:
    if min(len(one), len(other)) < _FEWEST_LETTERS:
        return 0.0
    return SequenceMatcher(None, one, other).ratio()


def _assigned(
    matches: Iterable[_Match], before: Mapping[str, _Match] | None = None
) -> dict[str, _Match]:
    found = dict(before or {})
    used = {match.source for match in found.values()}
    for match in matches:
        if match.column not in found and match.source not in used:
            found[match.column] = match
            used.add(match.source)
    return found


def _required_again(
    role: Role,
    open_: Iterable[Column],
    free: Iterable[ColumnProfile],
    takes: Mapping[str, Take],
) -> Iterator[tuple[str, Take]]:
    """Let one moment serve for two times where a required one has no other."""
    used = {take.source: name for name, take in takes.items()}
    for column in open_:
        if not (column.required and column.kind == "time" and column.name not in takes):
            continue
        names = role.column_words[column.name]
        for source in sorted(free, key=lambda source: _rank_in(source.words, names)):
            if source.words in names and source.name in used and suits(source, column):
                why = f"{source.name!r} stands for `{used[source.name]}` as well"
                yield column.name, Take(column.name, source.name, why=why)
                break


def _rank_in(words: tuple[str, ...], names: tuple[tuple[str, ...], ...]) -> int:
    return names.index(words) if words in names else len(names)
