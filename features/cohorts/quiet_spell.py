"""After how long without use an account of a business without contracts has left."""

import numpy as np
import pandas as pd

from ..arrays.as_of_rows import to_microseconds
from ..arrays.moments import DAY, IntArray
from ..schema.settings import Settings
from ..schema.tableset import Tables
from ..subscriptions.business_kind import Business, business_of
from .value_events import value_events

__all__ = ["quiet_days", "with_quiet_days", "with_times"]

_TIMES = ("lead_days", "horizon_days", "activity_window_days")
_STEPS = (30, 60, 90, 120)
"""Days that are tried, the shortest first; a month of holidays is none."""
_COME_BACK = 0.1
_FEWEST = 20
"""Silences that have to have become so long, of accounts that came back or did not."""


def with_quiet_days(
    settings: Settings, tables: Tables, known_before: pd.Timestamp | None = None
) -> Settings:
    """Let the time in which nothing happens follow from how accounts use the product.

    Where hardly anyone comes back after a month, half a year without any use would call nobody
    gone until long after it happened, and an estimate of it would only repeat who is gone already.

    Parameters
    ----------
    settings : Settings
    tables : Tables
    known_before : Timestamp, optional
        Only use that was known before counts; all of it without.

    Returns
    -------
    Settings
        As they were where one of ``lead_days``, ``horizon_days`` and ``activity_window_days`` is
        set, where contracts or invoices tell who leaves, and where accounts come back after long.
        Otherwise the same day is looked ahead to, and only the last days before it have to be
        without use.
    """
    if settings.model_fields_set & {*_TIMES} or business_of(tables) is not Business.NON_CONTRACTUAL:
        return settings
    quiet = quiet_days(tables, known_before)
    return with_times(settings, settings.lead_days + settings.horizon_days - quiet, quiet)


def with_times(settings: Settings, lead_days: int, horizon_days: int) -> Settings:
    """Let the times be those that a model learned with, unless one of them is set.

    Parameters
    ----------
    settings : Settings
    lead_days, horizon_days : int

    Returns
    -------
    Settings
        An account is at risk that had a value event in a time as long as the horizon.

    Examples
    --------
    >>> with_times(Settings(), 150, 30).activity_window_days
    30
    >>> with_times(Settings(lead_days=10), 150, 30).lead_days
    10
    """
    known = (settings.lead_days, settings.horizon_days)
    if settings.model_fields_set & {*_TIMES} or known == (lead_days, horizon_days):
        return settings
    found = dict(zip(_TIMES, (lead_days, horizon_days, horizon_days), strict=True))
    return settings.model_copy(update=found)


def quiet_days(tables: Tables, known_before: pd.Timestamp | None = None) -> int:
    """Return the days of silence after which at most one account in ten comes back.

    Parameters
    ----------
    tables : Tables
    known_before : Timestamp, optional
        Only use that was known before counts; all of it without.

    Returns
    -------
    int
        30, 60, 90 or 120; 180 where accounts come back later, or too few fell silent to tell.

    Examples
    --------
    >>> quiet_days(Tables({}))
    180
    """
    ended, open_ = _silences(tables, known_before)
    for days in _STEPS:
        back, away = int((ended >= days).sum()), int((open_ >= days).sum())
        if back + away >= _FEWEST and back <= _COME_BACK * (back + away):
            return days
    return Settings().activity_window_days


def _silences(tables: Tables, known_before: pd.Timestamp | None) -> tuple[IntArray, IntArray]:
    """Return the days of silences that ended with use, and of those that had not at the end."""
    events = value_events(tables)
    if known_before is not None:
        events = events[events["known_us"] < to_microseconds(pd.DatetimeIndex([known_before]))[0]]
    if events.empty:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    account = events["account_id"].cat.codes.to_numpy().astype(np.int64)
    day = events["happened_us"].to_numpy() // DAY
    first = int(day.min())
    span = int(day.max()) - first + 1
    pairs = np.unique(account * span + (day - first))
    whose, when = pairs // span, pairs % span
    same = whose[1:] == whose[:-1]
    last = np.append(~same, True)
    return np.diff(when)[same], span - 1 - when[last]
