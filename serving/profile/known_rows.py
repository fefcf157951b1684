"""Rows of the tables as they were known on a date, of the accounts that are listed."""

import pandas as pd

from ...features.schema.tables import table_spec
from ...features.schema.tableset import Tables, empty_table

__all__ = ["Fact", "KnownRows", "on_day"]

Fact = tuple[str, str, str, str, pd.Timestamp | None]
"""Account, topic, name, text, and when it happened where it has a day of its own."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class KnownRows:
    """Tables cut at a date.

    Parameters
    ----------
    tables : Tables
        Already without what became known on the date or later.
    as_of : Timestamp
    accounts : collection of str
        Ids of the accounts that are listed.
    """

    def __init__(self, tables: Tables, as_of: pd.Timestamp, accounts: pd.Series) -> None:
        self.tables, self.as_of = tables, as_of
        self._accounts = set(accounts)

    def rows(self, name: str) -> pd.DataFrame:
        """Return the rows of a table; none where it is not delivered."""
        spec = table_spec(name)
        if name not in self.tables:
            nothing: pd.DataFrame = empty_table(spec).to_pandas()
            return nothing
        frame = self.tables[name].to_pandas()
        found: pd.DataFrame = frame[frame["account_id"].isin(self._accounts)]
        return found.reset_index(drop=True)

    def newest(self, name: str) -> pd.DataFrame:
        """Return the newest known version of each thing that a table describes."""
        spec = table_spec(name)
        ordered = self.rows(name).sort_values(list(spec.version), kind="stable")
        return ordered.drop_duplicates(list(spec.entity), keep="last").reset_index(drop=True)

    def lately(self, frame: pd.DataFrame, clock: str, days: int) -> pd.DataFrame:
        """Return the rows of the last days by a clock."""
        opens = self.as_of - pd.Timedelta(days=days)
        return frame[frame[clock].ge(opens) & frame[clock].lt(self.as_of)]


def on_day(when: pd.Timestamp) -> str:
    """Return a day in words.

    Examples
    --------
    >>> on_day(pd.Timestamp("2025-06-03", tz="UTC"))
    '3 Jun 2025'
    """
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
