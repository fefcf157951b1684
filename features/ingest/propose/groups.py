"""Accounts that stand inside JSON: the groups that product analytics write beside an event."""

import json
from collections import Counter
from dataclasses import replace

from .accounts import Way
from .profiles import ColumnProfile
from .proposal import Take
from .recognise import Fit
from .words import ACCOUNT_NOUNS, column_words

__all__ = ["by_group"]

_COLUMNS = {("group",)}
_NOUNS = {column_words(noun) for noun in ACCOUNT_NOUNS}
_MOSTLY = 0.9


def by_group(fit: Fit) -> Fit:
    """Let the group of an event name its account, where no column does.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Fit
        As it was, unless nearly all rows of a column ``groups`` name a group of the same kind.
    """
    if fit.way is not None or fit.accounts.key is not None or fit.role.table != "usage_events":
        return fit
    for column in fit.table.filled:
        kind = _kind_of_group(column) if column.words in _COLUMNS and column.is_json else ""
        if kind:
            why = f"the group {kind!r} inside {column.name!r}"
            account = Take("account_id", formula=_inside(column.name, kind), sure=False, why=why)
            way = Way(column.name, sure=False, why=why)
            return replace(fit, way=way, takes={**fit.takes, "account_id": account})
    return fit


def _kind_of_group(column: ColumnProfile) -> str:
    """Return the kind of group that nearly all values have, one called like accounts first."""
    groups = [_groups(value) for value in column.looked_at]
    counted = Counter(kind for found in groups for kind in found)
    often = [kind for kind, times in counted.items() if times >= _MOSTLY * len(groups)]
    called = [kind for kind in often if _noun_of(kind) in _NOUNS]
    return next(iter(called or (often if len(often) == 1 else [])), "")


def _noun_of(kind: str) -> tuple[str, ...]:
    words = column_words(kind)
    return words[:-1] if words[-1:] in {("id",), ("name",)} else words


def _groups(value: str) -> list[str]:
    """Return the kinds of group in one value; none where it is no object of names."""
    try:
        found = json.loads(value)
    except ValueError:
        return []
    return [
        kind for kind, named in found.items() if '"' not in kind and named not in ([], "", None)
    ]


def _inside(column: str, kind: str) -> str:
    """Return the first group of a kind, written alone or in a list."""
    name = '"' + column.replace('"', '""') + '"'
    path = f'$."{kind}"'.replace("'", "''")
    alone, first = (f"json_extract_string({name}, '{path}{end}')" for end in ("", "[0]"))
    return f"coalesce({first}, {alone})"
