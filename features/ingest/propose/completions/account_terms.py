"""Terms that a table of accounts tells without a price: next renewals, counted from the beginning.

Where another table says what each account pays, month by month, only the accounts may say how long
they are bound for. Their next renewal alone is a value of today, told for those who stayed; that
it falls on the anniversary of the beginning makes it a rule that held for those who left as well.
"""

import pandas as pd

from ....schema.table_declaration import Column
from ...coerce import read_column
from ..columns import match_columns
from ..keys import Key
from ..money import interval_of, quoted
from ..profiles import ColumnProfile, TableProfile
from ..proposal import Part, Take
from ..roles import role_of

__all__ = ["account_terms"]


_YEAR, _NEAR_DAYS = 12, 3
_REGULAR, _BOUND, _FEWEST = 0.8, 0.5, 10


def account_terms(table: TableProfile, key: Key) -> Part | None:
    """Return yearly terms from the beginning of each account, where its next renewal says so.

    Parameters
    ----------
    table : TableProfile
        With a row an account.
    key : Key

    Returns
    -------
    Part or None
        Of ``contracts``, without what they are worth. None where no beginning or no renewal is
        told, or renewals do not fall on anniversaries. Accounts whose way of paying (a column of
        intervals) has no renewals are bound by nothing.
    """
    since = match_columns(role_of("accounts"), table, taken={}).get("customer_since")
    renews = match_columns(role_of("contracts"), table, taken={}).get("term_end")
    if since is None or renews is None or not (since.source and renews.source):
        return None
    days = pd.DataFrame({"since": _days(table, since), "renews": _days(table, renews)})
    rule = _rule_of(days)
    if not rule:
        return None
    way = interval_of(table)
    free = _unbound(table, way, days["renews"]) if way is not None else ()
    if way is None and days["renews"].notna().mean() < _BOUND:
        return None
    why = f"{renews.source!r} falls on anniversaries of {since.source!r}: a term of a year each"
    takes = (
        Take("contract_id", key.column),
        Take("account_id", key.column),
        Take("term_start", formula=_counted_back(since, renews, rule), sure=False, why=why),
        Take("term_months", constant=str(_YEAR)),
    )
    but_not = {way.name: free} if way is not None and free else {}
    return Part("contracts", table.name, takes, sure=False, why=why, but_not=but_not)


def _days(table: TableProfile, take: Take) -> pd.Series:
    read = read_column(Column("t", "time"), table.looked_at[take.source]).column
    days: pd.Series = read.to_pandas()
    return days


def _rule_of(days: pd.DataFrame) -> str:
    """Return from where years are counted: the ``day``, or the ``month`` of the beginning.

    Empty where renewals follow no such rule. What holds for those who stay has to be said of those
    who left in the same way, or else the day of the month would tell them apart.
    """
    both = days.dropna()
    if len(both) < _FEWEST:
        return ""
    since, renews = both["since"].dt, both["renews"].dt
    months = _YEAR * (renews.year - since.year) + renews.month - since.month
    whole = (months % _YEAR == 0) & (months > 0)
    apart = (renews.day - since.day).abs()
    same_day = (apart <= _NEAR_DAYS) | (apart >= 31 - _NEAR_DAYS)
    for rule, holds in (("day", same_day), ("month", renews.day == 1)):
        if (whole & holds).mean() >= _REGULAR:
            return rule
    return ""


def _unbound(table: TableProfile, way: ColumnProfile, renews: pd.Series) -> tuple[str, ...]:
    """Return the ways of paying of which few accounts have a renewal ahead, by those who stay."""
    paid = pd.Series(table.looked_at[way.name].to_pylist(), dtype=object)
    shares = renews.notna().groupby(paid).mean()
    return tuple(str(value) for value in shares[shares < _BOUND * shares.max()].index)


def _counted_back(since: Take, renews: Take, rule: str) -> str:
    """Return the beginning as whole years before the next renewal, where one is told."""
    begin, end = quoted(since.source, "moment"), quoted(renews.source, "moment")
    begin = f"date_trunc('month', {begin})" if rule == "month" else begin
    years = f"cast(ceil(date_diff('month', {begin}, {end}) / 12.0) as integer)"
    return f"coalesce({end} - to_years({years}), {begin})"
