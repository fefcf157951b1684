"""What a table of accounts says beside who they are: terms, money, and who has left."""

import re
from collections.abc import Iterator

from ...arrays.plain_text import as_text
from ..forms.ends_told import agrees, is_one_of
from .columns import match_columns
from .keys import Key
from .money import annual, monthly, of_contract
from .profiles import ColumnProfile, TableProfile
from .proposal import Part, Take
from .roles import CHURN_FLAGS, role_of
from .vocabulary import ENDED, PROSPECTS, admitted
from .words import column_words

__all__ = [
    "churn_flag",
    "departures_of",
    "gone_without_day",
    "parts_of_sheet",
    "prospects_of",
    "set_to_nothing",
]

_FLAGS = tuple(column_words(name) for name in CHURN_FLAGS)
_NOTHING = re.compile(r"^[^\d]*0+(?:[.,'\s]0+)*[^\d]*$")
_YES = frozenset(
    {"yes", "true", "1", "y", "t", "ja", "j", "wahr", "oui", "vrai", "si", "s\u00ed", "sim"}
)
_NO = frozenset({"no", "false", "0", "n", "f", "nein", "falsch", "non", "faux", "nao", "n\u00e3o"})
_LEFT = _YES | {"churned", "churn", "left", "exited", "attrited", "lost"}
_STAYED = _NO | {
    "stayed",
    "active",
    "retained",
    "existing",
    "joined",
    "customer",
}
_ACTIVE = tuple(column_words(name) for name in ("active", "is active", "aktiv", "actif", "activo"))
_IS_CUSTOMER = tuple(column_words(name) for name in ("is customer", "customer", "is client"))
_STATES = tuple(
    column_words(name) for name in ("status", "account status", "customer status", "state")
)
_STAGES = (
    *_STATES,
    *(column_words(n) for n in ("lifecycle stage", "stage", "phase", "type", "account type")),
)
_LEFT_AT = tuple(
    column_words(name)
    for name in (
        *("churn date", "churned at", "cancelled at", "cancel date", "left at", "lost date"),
        *("customer churned", "churned", "customer to", "lost at", "termination date", "canceled"),
        *("terminated at", "offboarded at", "departure date", "deleted at", "contract canceled at"),
        *("subscription canceled at", "cancellation effective date"),
    )
)


def parts_of_sheet(table: TableProfile, key: Key) -> Iterator[Part]:
    """Yield what a table with one row an account holds of other canonical tables.

    Parameters
    ----------
    table : TableProfile
        Read as ``accounts``.
    key : Key

    Yields
    ------
    Part
        Contracts where terms end, items where only money is told, and the day somebody left.
    """
    terms = _terms(table, key)
    if terms is not None:
        yield terms
    else:
        yield from _money(table, key)
    yield from departures_of(table, key)


def prospects_of(table: TableProfile) -> dict[str, tuple[str, ...]]:
    """Return the rows of those who are no customers yet: column and its values.

    Parameters
    ----------
    table : TableProfile
        Of accounts.

    Returns
    -------
    dict of str to tuple of str
        Empty where all are customers, or nobody is.
    """
    for column in (c for words in _STAGES for c in table.filled if c.words == words):
        found = admitted(column.looked_at, PROSPECTS)
        if found and len(found) < len(column.lowered):
            return {column.name: found}
    return _no_customers(table)


def _no_customers(table: TableProfile) -> dict[str, tuple[str, ...]]:
    """Return the rows of suppliers and others, where a flag says which rows are customers."""
    for column in (c for c in table.filled if c.words in _IS_CUSTOMER and c.lowered <= _YES | _NO):
        others = tuple(v for v in column.looked_at if v.strip().lower() in _NO)
        if others and column.lowered & _YES:
            return {column.name: others}
    return {}


def churn_flag(table: TableProfile) -> ColumnProfile | None:
    """Return the column that says who left, or None.

    Parameters
    ----------
    table : TableProfile

    Returns
    -------
    ColumnProfile or None
        With both outcomes among its values.
    """
    for words in _FLAGS:
        for column in table.filled:
            seen = column.lowered
            both = bool(seen & _LEFT) and bool(seen & _STAYED)
            if column.words == words and both and seen <= _LEFT | _STAYED:
                return column
    return None


def _terms(table: TableProfile, key: Key) -> Part | None:
    taken = {"contract_id": key.column}
    takes = match_columns(role_of("contracts"), table, taken=taken)
    value = annual(table) or of_contract(table)
    if "term_end" not in takes or value is None or _ends_leavers(table, takes["term_end"]):
        return None
    takes.pop("tcv", None)
    takes["acv"] = value
    if "term_start" not in takes:
        takes["term_start"] = Take(
            "term_start",
            formula=f"{_last_day(table, takes['term_end'])} - interval 12 month",
            sure=False,
            why="no column says when a term began: taken as a year before its end",
        )
    keys = [Take("contract_id", key.column), Take("account_id", key.column)]
    ordered = _ordered("contracts", takes)
    return Part("contracts", table.name, (*keys, *ordered), but_not=_over(table, value))


def _last_day(table: TableProfile, end: Take) -> str:
    """Return when a term ended: the day somebody left comes before one that still is planned."""
    left = _left_at(table)
    days = [end.source, *([left.name] if left is not None else [])]
    moments = ['moment("' + day.replace('"', '""') + '")' for day in days]
    return moments[0] if len(moments) == 1 else f"least({', '.join(moments)})"


def _ends_leavers(table: TableProfile, end: Take) -> bool:
    """Say whether an end is told for those who have left, and for nobody else."""
    return any(
        agrees(table.looked_at[end.source], is_one_of(as_text(table.looked_at[name])[0], words))
        for name, words in _words_of_leavers(table).items()
    )


def _money(table: TableProfile, key: Key) -> Iterator[Part]:
    role = role_of("subscription_items")
    value = monthly(table)
    takes = match_columns(role, table, taken={"item_id": key.column})
    _bound(takes, table)
    if value is None or "effective_from" not in takes:
        return
    takes["mrr"] = value
    for name in ("unit_price", "contract_id", "product_id"):
        takes.pop(name, None)
    keys = [Take("item_id", key.column), Take("account_id", key.column)]
    ordered = _ordered(role.table, takes)
    yield Part("subscription_items", table.name, (*keys, *ordered), but_not=_over(table, value))


def _bound(takes: dict[str, Take], table: TableProfile) -> None:
    """Let what is paid begin with the account and end with it, where nothing else is said."""
    since = match_columns(role_of("accounts"), table, taken={}).get("customer_since")
    if "effective_from" not in takes and since is not None:
        why = f"{since.source!r}: what is paid now, as if it had been paid from the beginning"
        takes["effective_from"] = Take("effective_from", since.source, sure=False, why=why)
    left = _left_at(table)
    if "effective_to" not in takes and left is not None:
        takes["effective_to"] = Take("effective_to", left.name)


def _over(table: TableProfile, amount: Take) -> dict[str, tuple[str, ...]]:
    """Return the rows that say of those who left nothing but that they pay no more.

    Without a word of when they left, these are all their rows; with one, the amounts of 0 that
    stand in for what they paid before, which nobody knows.
    """
    left = _left_at(table)
    return gone_without_day(table) if left is None else set_to_nothing(table, amount, left)


def gone_without_day(table: TableProfile) -> dict[str, tuple[str, ...]]:
    """Return the rows of those who left, in a table that does not say when.

    Parameters
    ----------
    table : TableProfile
        With a row each.

    Returns
    -------
    dict of str to tuple of str
        Column and its values; empty where nobody left, or a column says when.
    """
    if _left_at(table) is not None:
        return {}
    return _words_of_leavers(table)


def _words_of_leavers(table: TableProfile) -> dict[str, tuple[str, ...]]:
    """Return the states and flags that say who left: column and its values."""
    columns = (c for c in table.filled if c.words in _STATES)
    found = {column.name: admitted(column.looked_at, ENDED) for column in columns}
    flag = churn_flag(table)
    if flag is not None:
        found[flag.name] = tuple(v for v in flag.looked_at if v.strip().lower() in _LEFT)
    for active in (c for c in table.filled if c.words in _ACTIVE and c.lowered <= _YES | _NO):
        found[active.name] = tuple(v for v in active.looked_at if v.strip().lower() in _NO)
    return {name: words for name, words in found.items() if words}


def set_to_nothing(
    table: TableProfile, amount: Take, left: ColumnProfile
) -> dict[str, tuple[str, ...]]:
    """Return the amounts of 0 that stand where somebody has left, and hide what was paid before.

    Parameters
    ----------
    table : TableProfile
    amount : Take
        What is paid.
    left : ColumnProfile
        The day on which somebody left.

    Returns
    -------
    dict of str to tuple of str
        The column and its values as they are written; empty unless all who left have one and
        nobody else.
    """
    column = table.columns.get(amount.first_column)
    if column is None:
        return {}
    zeros = tuple(value for value in column.looked_at if _NOTHING.match(value.strip()))
    if not zeros:
        return {}
    paid = as_text(table.looked_at[column.name])[0]
    of_leavers = agrees(table.looked_at[left.name], is_one_of(paid, zeros))
    return {column.name: zeros} if of_leavers else {}


def _left_at(table: TableProfile) -> ColumnProfile | None:
    """Return the day on which somebody left; given for some of the accounts only."""
    columns = (c for c in table.filled if c.words in _LEFT_AT and c.filled < table.rows)
    told = next((column for column in columns if column.reads_as("time")), None)
    end = match_columns(role_of("contracts"), table, taken={}).get("term_end")
    if told is None and end is not None and _ends_leavers(table, end):
        return table.columns[end.source]
    return told


def departures_of(table: TableProfile, key: Key) -> Iterator[Part]:
    """Yield the days on which accounts left, where a table with a row each tells them.

    Parameters
    ----------
    table : TableProfile
    key : Key

    Yields
    ------
    Part
        One at most.
    """
    column = _left_at(table)
    if column is not None:
        yield Part(
            "contract_events",
            table.name,
            (
                Take("event_id", key.column),
                Take("account_id", key.column),
                Take("event_type", constant="churn_confirmed"),
                Take("effective_at", column.name),
            ),
            filled=column.name,
        )


def _ordered(table: str, takes: dict[str, Take]) -> list[Take]:
    places = {column.name: place for place, column in enumerate(role_of(table).spec.columns)}
    return sorted(takes.values(), key=lambda take: places[take.column])
