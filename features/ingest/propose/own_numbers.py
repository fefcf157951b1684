"""Dated numbers of accounts that no table of the contract takes: metrics of one's own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from ...schema.table_declaration import Column
from ..coerce import read_column
from .profiles import ColumnProfile, TableProfile
from .proposal import OwnNumbers

__all__ = ["MEANINGS", "Meaning", "meaning_of", "own_numbers", "period_of"]

_MOST = 12
_FEWEST_DATES, _FEWEST_STARTS = 3, 2
_WEEK_DAYS, _QUARTER_MONTHS = 7, 3
_DENSE = 0.6
"""Of the days between the first and the last one there are so many, where a row is of a day."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number counts, which way is better, and whether it adds up day after day."""

    unit: str
    direction: str
    component: str
    adds_up: bool = True


_NOTHING_KNOWN = Meaning("count", "c", "context", adds_up=False)

MEANINGS: Mapping[frozenset[str], Meaning] = {
    frozenset({"active", "license"}): Meaning("users", "+", "usage", adds_up=False),
    frozenset({"license"}): _NOTHING_KNOWN,
    frozenset({"licensed"}): _NOTHING_KNOWN,
    frozenset({"purchased"}): _NOTHING_KNOWN,
    frozenset({"assigned"}): _NOTHING_KNOWN,
    frozenset({"monthly", "active", "user"}): Meaning("users", "+", "usage", adds_up=False),
    frozenset({"weekly", "active", "user"}): Meaning("users", "+", "usage", adds_up=False),
    frozenset({"error"}): Meaning("errors", "-", "usage"),
    frozenset({"active", "user"}): Meaning("users", "+", "usage"),
    frozenset({"mau"}): Meaning("users", "+", "usage", adds_up=False),
    frozenset({"wau"}): Meaning("users", "+", "usage", adds_up=False),
    frozenset({"dau"}): Meaning("users", "+", "usage"),
    frozenset({"login"}): Meaning("logins", "+", "usage"),
    frozenset({"session"}): Meaning("sessions", "+", "usage"),
    frozenset({"minute"}): Meaning("minutes", "+", "usage"),
    **{
        frozenset({done}): Meaning("count", "+", "usage")
        for done in ("completed", "created", "sent", "published", "exported", "uploaded", "viewed")
    },
}
"""By words of a column, the first that are all there; what is better is not guessed otherwise."""


def meaning_of(words: Collection[str]) -> Meaning:
    """Return what a column of some words counts.

    Parameters
    ----------
    words : collection of str

    Returns
    -------
    Meaning
        Without a direction where the words do not tell one.

    Examples
    --------
    >>> meaning_of(("weekly", "active", "user")).direction, meaning_of(("storage", "gb")).direction
    ('+', 'c')
    """
    said = (meaning for asked, meaning in MEANINGS.items() if asked <= set(words))
    return next(said, _NOTHING_KNOWN)


def own_numbers(
    table: TableProfile,
    account: str,
    lookup: Mapping[str, object] | None = None,
    taken: Collection[str] = (),
) -> OwnNumbers | None:
    """Return the numbers of a table with a row an account and date.

    Parameters
    ----------
    table : TableProfile
    account : str
        Its column that names the account.
    lookup : mapping of str to object, optional
        How the account is found by it, as in the settings.
    taken : collection of str
        Columns that are read otherwise.

    Returns
    -------
    OwnNumbers or None
        None unless account and the only time together name a row, and a column is a number.
    """
    times = [column for column in table.filled if column.is_dated]
    if len(times) != 1 or len(times[0].values) < _FEWEST_DATES:
        return None
    rows = zip(*(table.looked_at[n].to_pylist() for n in (account, times[0].name)), strict=True)
    if len(set(rows)) < table.rows:
        return None
    beside = {account, times[0].name, *taken}
    numbers = [c.name for c in table.filled if c.name not in beside and _is_number(c)]
    if not numbers:
        return None
    at, values = times[0], tuple(numbers[:_MOST])
    looked_up, period = lookup or {}, period_of(table, at, account)
    return OwnNumbers(table.name, account, at.name, values, looked_up, period, table.is_long)


def period_of(table: TableProfile, at: ColumnProfile, account: str = "") -> str:
    """Return what a row of a table is of, where its date is the first day of it.

    Parameters
    ----------
    table : TableProfile
    at : ColumnProfile
        Its date.
    account : str, default ""
        Its column that names the account; weeks may begin on another day for each.

    Returns
    -------
    str
        ``day``, ``week``, ``month``, ``quarter``; empty for a state, or a last day.
    """
    moments = read_column(Column("t", "time"), table.looked_at[at.name]).column.to_pandas()
    whose = table.looked_at[account].to_pylist() if account in table.columns else ""
    rows = pd.DataFrame({"whose": whose, "day": moments.dt.normalize()}).dropna().drop_duplicates()
    if rows["day"].nunique() < _FEWEST_STARTS or {"end", "ending", "ended"} & set(at.words):
        return ""
    if (rows["day"].dt.day == 1).all():
        by_quarter = (rows["day"].dt.month % _QUARTER_MONTHS == 1).all()
        return "quarter" if by_quarter else "month"
    apart = rows.sort_values("day").groupby("whose")["day"].diff().dropna().dt.days
    if len(apart) >= _FEWEST_STARTS and (apart % _WEEK_DAYS == 0).all():
        return "week"
    days = (rows["day"].max() - rows["day"].min()).days + 1
    return "day" if rows["day"].nunique() >= max(_DENSE * days, _WEEK_DAYS) else ""


def _is_number(column: ColumnProfile) -> bool:
    named = column.words[-1:] in {("id",), ("code",)}
    return column.reads_as("number") and not named and len(column.values) > 1
