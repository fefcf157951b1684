"""Who looks after an account, by name, where accounts only hold the key of a list of people."""

from collections.abc import Mapping
from dataclasses import replace

from ..keys import overlap
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part
from ..words import column_words

__all__ = ["with_csm_names"]

_NAMES = tuple(
    column_words(name)
    for name in ("name", "full name", "user name", "display name", "owner name", "email")
)
_MOSTLY = 0.9


def with_csm_names(part: Part, tables: Mapping[str, TableProfile]) -> Part:
    """Look up the names of CSMs in another table whose key the accounts hold.

    Parameters
    ----------
    part : Part
    tables : mapping of str to TableProfile
        All of the source.

    Returns
    -------
    Part
        As it was unless it is of accounts, and a table names nearly all of their CSMs.
    """
    taken = next((take for take in part.takes if take.column == "csm_id"), None)
    if part.table != "accounts" or taken is None or not taken.source:
        return part
    held = tables[part.source].columns[taken.source]
    others = (table for table in tables.values() if table.name != part.source)
    for table in others:
        key, name = _key_of(table, held), _name_of(table)
        if key is not None and name is not None and key is not name:
            by = {"table": table.name, "on": held.name, "equals": key.name, "take": name.name}
            named = replace(taken, lookup=by, why=f"its values are those of {key.name!r}")
            return replace(part, takes=tuple(named if t is taken else t for t in part.takes))
    return part


def _name_of(table: TableProfile) -> ColumnProfile | None:
    named = (column for words in _NAMES for column in table.filled if column.words == words)
    return next(named, None)


def _key_of(table: TableProfile, held: ColumnProfile) -> ColumnProfile | None:
    """Return the column that names each row of a table, and nearly all of some values."""
    keys = (column for column in table.filled if column.unique and column.words[-1:] == ("id",))
    return next((key for key in keys if overlap(held, key) >= _MOSTLY), None)
