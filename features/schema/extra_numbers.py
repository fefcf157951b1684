"""Numbers of accounts that the contract has no place for, named in the settings."""

from typing import Literal

from pydantic import Field

from .table_mapping import Lookup, TableMapping
from .yaml_base_model import Declared

__all__ = ["ACCOUNT_NUMBERS", "ExtraNumber"]

ACCOUNT_NUMBERS = "account_numbers"
"""The table in which they are kept, one row a number and date."""


class ExtraNumber(Declared):
    """One column of a dated table that becomes a metric.

    Parameters
    ----------
    source : str
        Source table with a row an account and date.
    account, at, value : str
        Columns of it: the account, the date from which the number holds, the number.
    lookup : Lookup or None
        Where the account stands in another source table, met by ``account``.
    period : {"day", "week", "month", "quarter"} or None
        What the number adds up or averages, where ``at`` is its first day: it is known when that
        is over. Of a ``day`` the metric is the mean a day over 28 days, and a day without a row
        counts 0; of anything else it is the newest number. None for a state, which is known on its
        day.
    month_columns : bool
        Whether the numbers stand in columns named by a month; ``at`` is ``column_month`` then, and
        ``value`` ``column_value``.
    label : str or None
        What people call it, to stand in a sentence; the name with blanks by default.
    unit : str
        ``calls``, ``users``, ``share`` (0 to 1), ``points``, ...
    direction : {"+", "-", "c"}
        Higher is healthier, lower is healthier, or it only goes with something.
    component : str
        Part of the health score that it belongs to where the scorecard lists it.
    formats : dict of str to str
        How ``at`` or ``value`` are written where the data does not tell.
    fresh_days : int
        A number older than this is not known any more.
    poor, healthy : float or None
        Values that score 0 and 100 in the scorecard.
    """

    source: str
    account: str
    at: str
    value: str
    lookup: Lookup | None = None
    period: Literal["day", "week", "month", "quarter"] | None = None
    month_columns: bool = False
    label: str | None = None
    unit: str = "points"
    direction: Literal["+", "-", "c"] = "c"
    component: str = "context"
    formats: dict[str, str] = Field(default_factory=dict)
    fresh_days: int = Field(default=92, ge=1, le=3650)
    poor: float | None = None
    healthy: float | None = None

    def mapping(self, name: str) -> TableMapping:
        """Return how the column is read as rows of ``account_numbers`` under a name."""
        columns = {"at": self.at, "value": self.value}
        looked_up = {} if self.lookup is None else {"account_id": self.lookup}
        quoted = self.at.replace('"', '""')
        over = f'moment("{quoted}") + interval {_PERIODS[self.period]}' if self.period else ""
        return TableMapping(
            source=self.source,
            columns=columns if looked_up else {"account_id": self.account, **columns},
            constants={"name": name},
            lookup=looked_up,
            formulas={"known_at": over} if over else {},
            formats=self.formats,
            month_columns=self.month_columns,
        )


_PERIODS = {"day": "1 day", "week": "7 day", "month": "1 month", "quarter": "3 month"}
