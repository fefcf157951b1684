"""Dated numbers of accounts that no table of the contract takes: metrics of one's own, offered."""

from .profiles import ColumnProfile, TableProfile
from .proposal import OwnNumbers

__all__ = ["own_numbers"]

_MOST = 12
_FEWEST_DATES = 3


def own_numbers(table: TableProfile, account: str) -> OwnNumbers | None:
    """Return the numbers of a table with a row an account and date.

    Parameters
    ----------
    table : TableProfile
    account : str
        Its column that names the account.

    Returns
    -------
    OwnNumbers or None
        None unless account and the only time together name a row, and a column is a number.
    """
    times = [column for column in table.filled if column.is_dated]
    if len(times) != 1 or len(times[0].values) < _FEWEST_DATES or table.is_long:
        return None
    rows = zip(*(table.looked_at[n].to_pylist() for n in (account, times[0].name)), strict=True)
    if len(set(rows)) < table.rows:
        return None
    beside = {account, times[0].name}
    numbers = [c.name for c in table.filled if c.name not in beside and _is_number(c)]
    return (
        OwnNumbers(table.name, account, times[0].name, tuple(numbers[:_MOST])) if numbers else None
    )


def _is_number(column: ColumnProfile) -> bool:
    named = column.words[-1:] in {("id",), ("code",)}
    return column.reads_as("number") and not named and len(column.values) > 1
