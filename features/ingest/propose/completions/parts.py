"""A proposed part put together: its columns in order, and the rows that are left out."""

from collections.abc import Mapping
from dataclasses import replace

from ..accounts import Way
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..recognise import Fit
from ..roles import DELETED
from ..words import column_words

__all__ = ["YES", "first_named", "left_out", "part_of", "plain_part", "status_of"]


_DELETED = tuple(column_words(name) for name in DELETED)


YES = {"true", "t", "yes", "y", "1"}


_FEW = 40


def left_out(table: TableProfile) -> dict[str, tuple[str, ...]]:
    """Return the rows that are no longer there by a flag of their own: column and its values.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    dict of str to tuple of str
        Empty if all rows are there.
    """
    found = {}
    for column in table.columns.values():
        gone = sorted(column.lowered & YES) if column.words in _DELETED else []
        if gone and column.reads_as("flag"):
            found[column.name] = tuple(v for v in column.looked_at if v.strip().lower() in gone)
    return found


def plain_part(fit: Fit, takes: dict[str, Take]) -> Part | str:
    """Return a part to which nothing has to be added.

    Parameters
    ----------
    fit : Fit
    takes : dict of str to Take
        By canonical column; changed.

    Returns
    -------
    Part or str
        Or why the table is better left out.
    """
    return part_of(fit, takes)


def part_of(
    fit: Fit,
    takes: Mapping[str, Take],
    *,
    only: Mapping[str, tuple[str, ...]] | None = None,
    but_not: Mapping[str, tuple[str, ...]] | None = None,
    filled: str = "",
) -> Part:
    """Put a part together: columns in the order of the contract, and the way to the account.

    Parameters
    ----------
    fit : Fit
    takes : mapping of str to Take
        By canonical column.
    only, but_not : mapping of str to tuple of str or None
        Rows kept and left out, by source column; flags of deleted rows are left out anyway.
    filled : str
        Source column without a value in rows that are left out; none when empty.

    Returns
    -------
    Part
    """
    known = {column.name: place for place, column in enumerate(fit.role.spec.columns)}
    ordered = sorted(takes.values(), key=lambda take: known[take.column])
    if fit.way is not None and fit.way.hops:
        ordered.insert(0, _by_way(fit.way))
    elif fit.way is not None and not fit.way.sure:
        ordered = [
            _unsure(take, fit.way) if take.column == "account_id" else take for take in ordered
        ]
    return Part(
        fit.role.table,
        fit.table.name,
        tuple(ordered),
        only=only or {},
        but_not={**left_out(fit.table), **(but_not or {})},
        filled=filled,
        month_columns=fit.table.is_long,
    )


def _unsure(take: Take, way: Way) -> Take:
    return replace(take, sure=False, why=way.why)


def _by_way(way: Way) -> Take:
    (table, met, on), *more = way.hops
    lookup: dict[str, object] = {"table": table, "on": way.column, "equals": met, "take": on}
    lookup |= {"earliest": True, "by_domain": True} if way.by_domain else {}
    lookup |= {"alike": True} if way.alike else {}
    if more:
        lookup["then"] = [{"table": t, "equals": met, "take": on} for t, met, on in more]
    return Take("account_id", way.column, lookup=lookup, sure=way.sure, why=way.why)


def status_of(table: TableProfile) -> ColumnProfile | None:
    """Return the column of a status: few words, said again and again.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    ColumnProfile or None
    """
    found = first_named(table, "text", "status", "state", "subscription status")
    return found if found is not None and len(found.values) <= _FEW else None


def first_named(table: TableProfile, kind: str, *names: str) -> ColumnProfile | None:
    """Return the filled column that has the first of some names and can be read as a kind.

    Parameters
    ----------
    table : TableProfile
    kind : str
        Of the contract's columns; anything can be read as text.
    *names : str
        In the order in which they are preferred.

    Returns
    -------
    ColumnProfile or None
    """
    for words in (column_words(name) for name in names):
        for column in table.filled:
            if column.words == words and (kind == "text" or column.reads_as(kind)):  # type: ignore[arg-type]
                return column
    return None
