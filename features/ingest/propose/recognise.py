"""Which role each source table plays, by its name, its columns and their values."""

from collections.abc import Mapping
from dataclasses import dataclass

from .accounts import Accounts, Way
from .columns import match_columns, only_count, only_time
from .profiles import TableProfile
from .proposal import Take
from .roles import ROLES, Role
from .words import ends_with

__all__ = ["Fit", "fits_of"]

_EXACT, _HEAD = 3.0, 2.5
_TELLING, _OPTIONAL = 1.0, 0.25
_WHOLE = 1.5
_ENOUGH = 2.25

_ANYWHERE = {"features"}
"""Tables whose rows belong to no account."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one role fits one source table.

    Parameters
    ----------
    role : Role
    table : TableProfile
    takes : mapping of str to Take
    way : Way or None
        How rows name their account.
    score : float
        Above 0; a source whose very name is that of the role starts with 3.
    missing : tuple of str
        Required columns that were not found.
    accounts : Accounts
    """

    role: Role
    table: TableProfile
    takes: Mapping[str, Take]
    way: Way | None
    score: float
    missing: tuple[str, ...]
    accounts: Accounts


def fits_of(table: TableProfile, accounts: Accounts) -> list[Fit]:
    """Return how well each role fits a table, the best first.

    Parameters
    ----------
    table : TableProfile
    accounts : Accounts

    Returns
    -------
    list of Fit
        Only roles that the name, at least three telling columns or a whole set speak for.
    """
    fits = (_fit(role, table, accounts) for role in ROLES if role.table != "accounts")
    return sorted((fit for fit in fits if fit.score >= _ENOUGH), key=lambda fit: -fit.score)


def _fit(role: Role, table: TableProfile, accounts: Accounts) -> Fit:
    way = None if role.table in _ANYWHERE else accounts.way_from(table.name)
    taken = {"account_id": way.column} if way and not way.hops else {}
    key = accounts.links.keys.get(table.name)
    entity = role.spec.columns[0].name
    if key is not None and entity != "account_id" and role.column_words.get(entity):
        taken[entity] = key.column
    found = match_columns(role, table, taken=taken)
    found |= only_time(role, table, found)
    found |= only_count(role, table, found)
    takes = {name: Take(name, source) for name, source in taken.items()} | found
    named = _noun_score(role, table)
    telling = sum(name in found for name in role.telling)
    optional = sum(
        name in found and not role.spec.column(name).required and name not in role.telling
        for name in found
    )
    return Fit(
        role,
        table,
        takes,
        way,
        named + _TELLING * telling + _OPTIONAL * optional + _WHOLE * _is_whole(role, found),
        tuple(
            column.name
            for column in role.spec.columns
            if column.demanded and column.name not in takes and column.name != "account_id"
        ),
        accounts,
    )


def _is_whole(role: Role, found: Mapping[str, Take]) -> bool:
    """Say whether all columns are there that together are hardly anything else."""
    return bool(role.whole) and found.keys() >= set(role.whole)


def _noun_score(role: Role, table: TableProfile) -> float:
    ending = ends_with(table.words, role.noun_words)
    if ending is None and role.table == "subscription_items" and table.is_recurring:
        return _EXACT
    if ending is None:
        return _HEAD if _named_by_key(role, table) else 0.0
    return _EXACT if ending == table.words else _HEAD


def _named_by_key(role: Role, table: TableProfile) -> bool:
    """Whether the file has a name of its own, but its key is that of such things."""
    ids = [column for column in table.filled if column.unique and column.words[-1:] == ("id",)]
    return any(column.words[:-1] in role.noun_words for column in ids)
