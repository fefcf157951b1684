"""How often an account is invoiced: what tells a customer who stays from one who is gone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray
from ..arrays.as_of_rows import Rows
from ..arrays.moments import DAY, NEVER
from ..schema.settings import Settings
from ..subscriptions.visible_spans import spans_of

__all__ = ["Rhythm", "rhythm_of"]


_LATE = 1.5
"""An invoice is overdue to come after so many of the usual gaps."""
_FIRST_DAYS = 400
"""After a first invoice the next one may be a year away."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the invoices known before each as-of date say.

    Parameters
    ----------
    ever : ndarray of bool, shape (n_rows,)
        There has been one.
    current : ndarray of bool, shape (n_rows,)
        The next one is not overdue.
    often : ndarray of bool, shape (n_rows,)
        They come so often that a horizon without one is a statement.
    """

    ever: BoolArray
    current: BoolArray
    often: BoolArray


def rhythm_of(events: pd.DataFrame, grid: Rows, settings: Settings) -> Rhythm:
    """Read the rhythm of invoices on some rows.

    Parameters
    ----------
    events : DataFrame
        From ``value_events``: one row an invoice.
    grid : Rows
    settings : Settings
        Horizon and activity window are used.

    Returns
    -------
    Rhythm
        An invoice counts from when it is known and issued, whichever is later.
    """
    shown = events.assign(seen_us=events[["happened_us", "known_us"]].max(axis=1))
    shown = shown.sort_values(["seen_us", "happened_us"], kind="stable").reset_index(drop=True)
    by_account = shown.groupby("account_id", observed=True, sort=False)
    gap = by_account["happened_us"].diff()
    after = shown["seen_us"].to_numpy(dtype=np.int64)
    newer = by_account["seen_us"].shift(-1, fill_value=NEVER).to_numpy(dtype=np.int64)
    waits = (gap * _LATE).clip(lower=settings.activity_window_days * DAY)
    fades = shown["happened_us"] + waits.fillna(_FIRST_DAYS * DAY).astype(np.int64)
    often = (gap * _LATE <= settings.horizon_days * DAY).to_numpy()

    def holds(which: BoolArray, through: np.ndarray) -> BoolArray:
        ids = shown["account_id"][which]
        spans = spans_of(grid, ids, after=after[which], through=through[which])
        return np.asarray(spans.count(len(grid)) > 0)

    every = np.ones(len(shown), dtype=bool)
    forever = np.full(len(shown), NEVER)
    return Rhythm(
        ever=holds(every, forever),
        current=holds(every, np.minimum(fades.to_numpy(dtype=np.int64), newer)),
        often=holds(often, newer),
    )
