"""As-of dates: taken from the data, never from the clock."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.data_span import data_span
from ..arrays.moments import DAY, NEVER, IntArray, microseconds, timestamps
from ..errors import SchemaError
from ..schema.tables import ACTIVITY_TABLES, FACT_TABLES, USAGE_TABLES, table_spec
from ..schema.tableset import Tables

__all__ = ["MINIMUM_HISTORY_DAYS", "as_of_dates", "newest_closed_day", "resolve_as_of"]


MINIMUM_HISTORY_DAYS = 90
"""Before so many days of data most windows would look into the time before the data began."""

_QUIET = pd.Timedelta(days=7)
"""So long there may be no row without a day missing: weekends, holidays."""

_DATED = (
    *("tickets", "invoices", "survey_responses", "activities", "contract_events"),
    "subscription_items",
)
_FREQUENCY = {"week": "W-MON", "month": "MS", "quarter": "QS"}


def newest_closed_day(tables: Tables) -> pd.Timestamp:
    """Return the newest midnight up to which everything is known.

    Parameters
    ----------
    tables : Tables
        Use of the product decides, which is written to every day, else whatever is dated.

    Returns
    -------
    Timestamp
        UTC; scoring as of this moment sees every complete day and no other.

    Raises
    ------
    SchemaError
        If no table of facts has a row.

    Examples
    --------
    >>> import pyarrow as pa
    >>> known = pa.array([86_400_000_000 * 3 // 2], pa.timestamp("us", tz="UTC"))
    >>> newest_closed_day(Tables({"tickets": pa.table({"known_at": known})}))
    Timestamp('1970-01-02 00:00:00+0000', tz='UTC')
    """
    # A daily row is known in the last microsecond of its day, which then is complete.
    newest = (_known_bounds(tables)[1] + 1) // DAY * DAY
    return _moment(newest)


def as_of_dates(
    tables: Tables, step: str, *, minimum_history_days: int = MINIMUM_HISTORY_DAYS
) -> pd.DatetimeIndex:
    """List the starts of weeks (Mondays), months or quarters that the data covers.

    Parameters
    ----------
    tables : Tables
    step : {"week", "month", "quarter"}
    minimum_history_days : int
        Days that have to lie between the first known fact and the first date; at least 0.

    Returns
    -------
    DatetimeIndex
        UTC, ascending, up to the newest closed day; empty when the history is too short.

    Raises
    ------
    ValueError
        If ``step`` or ``minimum_history_days`` is out of range.
    SchemaError
        If no table of facts has a row.

    Examples
    --------
    >>> import pyarrow as pa
    >>> known = pa.array([0, 86_400_000_000 * 200], pa.timestamp("us", tz="UTC"))
    >>> tables = Tables({"tickets": pa.table({"known_at": known})})
    >>> as_of_dates(tables, "quarter").strftime("%Y-%m-%d").tolist()
    ['1970-04-01', '1970-07-01']
    """
    if step not in _FREQUENCY:
        raise ValueError(f"`step` must be one of {list(_FREQUENCY)}, got {step!r}.")
    if minimum_history_days < 0:
        raise ValueError(f"`minimum_history_days` must be at least 0, got {minimum_history_days}.")
    first = _moment(_known_bounds(tables)[0] + minimum_history_days * DAY)
    # Ceiled first: a range that starts within a day would keep its time of day.
    dates = pd.date_range(first.ceil("D"), newest_closed_day(tables), freq=_FREQUENCY[step])
    return dates.as_unit("us").rename("as_of")


def resolve_as_of(tables: Tables, as_of: str) -> pd.Timestamp:
    """Read the as-of date a user asks for.

    Parameters
    ----------
    tables : Tables
    as_of : str
        ``"latest"`` for the newest closed day, or a date such as ``"2025-06-30"``; a time without
        zone is UTC.

    Returns
    -------
    Timestamp
        UTC.

    Raises
    ------
    ValueError
        If the text is not a date, or the date lies before the data begins or more than a week
        after its last day.
    SchemaError
        If no table of facts has a row.

    Examples
    --------
    >>> import pyarrow as pa
    >>> known = pa.array([0, 86_400_000_000 * 200], pa.timestamp("us", tz="UTC"))
    >>> resolve_as_of(Tables({"tickets": pa.table({"known_at": known})}), "1970-07-01")
    Timestamp('1970-07-01 00:00:00+0000', tz='UTC')
    """
    newest = newest_closed_day(tables)
    if as_of == "latest":
        return newest
    asked = pd.to_datetime(as_of, utc=True, errors="coerce", format="ISO8601")
    if pd.isna(asked):
        raise ValueError(f"`as_of` must be 'latest' or a date such as '2025-06-30', got {as_of!r}.")
    first, last = (_moment(moment) for moment in _known_bounds(tables))
    # Who asks for the morning after, or after a weekend or a holiday, means all that is there.
    after = last.floor("D") + _QUIET
    if not first < asked <= max(newest, after):
        raise ValueError(
            f"`as_of` must lie within the data, after {first:%Y-%m-%d %H:%M} and not after "
            f"{max(newest, after):%Y-%m-%d}, got {as_of!r}. Use 'latest' for the newest closed day."
        )
    return pd.Timestamp(asked).as_unit("us")


_CLOCKS = (
    (USAGE_TABLES, ACTIVITY_TABLES, 0),
    (("tickets",), _DATED, 0),
    (("invoices", "survey_responses", "activities"), _DATED, DAY - 1),
    (FACT_TABLES, FACT_TABLES, DAY - 1),
)
"""In order: where one of the first has rows, the second say from when to when data reaches. What is
not written to every day, such as billing, is whole on the day of its newest row. Where there are
contracts and what became of them, and nothing else, the begin of a contract counts as well."""


def _known_bounds(tables: Tables) -> tuple[int, int]:
    """Return when the first and the last fact became known, lonely mistakes left aside.

    Tables that are written to as things happen decide; a contract may begin long after it is
    known, so it is asked where there is nothing else.
    """
    for asked, counted, whole in _CLOCKS:
        if any(tables.filled(name) for name in asked):
            filled = [tables[name] for name in counted if tables.filled(name)]
            known = [microseconds(table, "known_at") for table in filled]
            first, last = data_span([*known, *_period_starts(tables, counted)])
            return first, min(last + whole, _last_day(tables, counted))
    raise SchemaError(
        f"The data has no facts, so no day of it is closed; deliver rows in one of "
        f"{list(FACT_TABLES)}."
    )


def _last_day(tables: Tables, counted: tuple[str, ...]) -> int:
    """Return the end of the last day on which something happened that is written to every day.

    Rows that arrive late are known after that day, but nothing of the days between is.
    """
    if counted != ACTIVITY_TABLES:
        return NEVER
    filled = [name for name in counted if tables.filled(name)]
    happened = [pc.max(tables[name][table_spec(name).happened_at]) for name in filled]
    known = [pc.max(tables[name]["known_at"]) for name in filled if name not in USAGE_TABLES]
    last = max(pc.cast(moment, pa.int64()).as_py() or 0 for moment in (*happened, *known))
    return int(last // DAY * DAY + DAY - 1) if last else NEVER


def _period_starts(tables: Tables, counted: tuple[str, ...]) -> Iterator[IntArray]:
    """Yield when the periods began that subscriptions are in: who names one has seen it begin."""
    items = tables["subscription_items"] if tables.filled("subscription_items") else None
    has_them = items is not None and "current_period_start" in items.column_names
    if items is not None and has_them and "subscription_items" in counted:
        starts = microseconds(items, "current_period_start")
        yield starts[(starts != NEVER) & (starts > 0)]


def _moment(microsecond: int) -> pd.Timestamp:
    return timestamps(np.array([microsecond]))[0]
