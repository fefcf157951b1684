"""How often an account is invoiced: what tells a customer who stays from one who is gone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, IntArray
from ..arrays.as_of_rows import Rows
from ..arrays.moments import DAY, NEVER
from ..arrays.row_ranges import paint
from ..schema.settings import Settings
from ..subscriptions.visible_spans import spans_of

__all__ = ["Rhythm", "rhythm_of"]


_GAPS = 6
"""The usual gap is the longest of so many newest ones: a month left out now and then is no end."""
_SURE = 3
"""With fewer gaps than that the activity window passes before an invoice is overdue."""
_LONG_DAYS = 80
"""A single gap tells a rhythm if it is so long: a shorter one may part an order from its set-up."""
_LATE = 0.5
_LEAST_LATE, _MOST_LATE = 15, 92
"""An invoice may be late by half the usual gap, within these days."""
_LEAST_DAYS = 45
_UNTOLD_DAYS = 365 + _MOST_LATE
"""Without a rhythm the next invoice may be a year away."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the invoices known before each as-of date say.

    Parameters
    ----------
    ever : ndarray of bool, shape (n_rows,)
        There has been one.
    current : ndarray of bool, shape (n_rows,)
        The next one is not overdue.
    told : ndarray of bool, shape (n_rows,)
        There have been enough to tell a rhythm: three, or two that lie far apart.
    overdue_us : ndarray of int64, shape (n_rows,)
        From when the invoice after the newest one is overdue; ``NEVER`` without any.
    answered_us : ndarray of int64, shape (n_rows,)
        Until when one that falls due after the lead has come, or is overdue; not before the end of
        the horizon, and there where there is no rhythm.
    """

    ever: BoolArray
    current: BoolArray
    told: BoolArray
    overdue_us: IntArray
    answered_us: IntArray


def rhythm_of(events: pd.DataFrame, grid: Rows, settings: Settings) -> Rhythm:
    """Read the rhythm of invoices on some rows.

    Parameters
    ----------
    events : DataFrame
        From ``value_events``: one row an invoice.
    grid : Rows
    settings : Settings
        Lead, horizon and activity window are used.

    Returns
    -------
    Rhythm
        An invoice counts from when it is known and issued, whichever is later. Invoices of one day
        are one.

    Notes
    -----
    Every account goes by its own invoices: one that pays by the month is overdue after a month and
    a half, one that pays by the year after a year and three months, in the same company.
    """
    shown = _with_gaps(events, settings)
    after = shown["seen_us"].to_numpy(dtype=np.int64)
    newer = shown.groupby("account_id", observed=True, sort=False)["seen_us"]
    newest = spans_of(
        grid,
        shown["account_id"],
        after=after,
        through=newer.shift(-1, fill_value=NEVER).to_numpy(dtype=np.int64),
    )
    order = np.arange(len(newest.kept))[::-1]
    found = paint(order, newest.enter, newest.leave, len(grid))
    place = np.append(newest.kept, len(shown))[found]
    last, gap, late = (
        np.append(shown[name].to_numpy(dtype=np.int64), 0)[place]
        for name in ("happened_us", "gap_us", "late_us")
    )
    ever, told = found >= 0, gap > 0
    overdue = last + gap + late
    opens = grid.as_of + settings.lead_days * DAY
    ends = opens + settings.horizon_days * DAY
    usual = np.maximum(gap, 1)
    # One that is late already is waited for, unless it may come in the lead, where nobody looks.
    begins = opens - (0 if settings.lead_days else late)
    due = last + (np.maximum(begins - last, 0) // usual + 1) * usual
    return Rhythm(
        ever=ever,
        current=ever & (grid.as_of <= overdue),
        told=told,
        overdue_us=np.where(ever, overdue, NEVER),
        answered_us=np.where(told, np.maximum(due + late, ends), ends),
    )


def _with_gaps(events: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return each account's days of invoices with the usual gap by then, and how late it may be."""
    shown = events.assign(seen_us=events[["happened_us", "known_us"]].max(axis=1))
    shown = shown.assign(day=shown["happened_us"] // DAY)
    shown = shown.sort_values(["seen_us", "happened_us"], kind="stable")
    shown = shown.drop_duplicates(["account_id", "day"]).reset_index(drop=True)
    by_account = shown.groupby("account_id", observed=True, sort=False)
    apart = by_account["happened_us"].diff().abs()
    newest = apart.groupby(shown["account_id"], observed=True, sort=False).rolling(_GAPS, 1)
    gap = newest.max().droplevel(0).reindex(shown.index).fillna(0.0).to_numpy()
    gaps = by_account.cumcount().to_numpy()
    told = (gaps > 1) | (gap >= _LONG_DAYS * DAY)
    late = np.clip(gap * _LATE, _LEAST_LATE * DAY, _MOST_LATE * DAY)
    least = np.where(gaps >= _SURE, _LEAST_DAYS, settings.activity_window_days) * DAY
    wait = np.where(told, np.maximum(gap + late, least), _UNTOLD_DAYS * DAY)
    gap = np.where(told, gap, 0.0)
    return shown.assign(gap_us=gap.astype(np.int64), late_us=(wait - gap).astype(np.int64))
