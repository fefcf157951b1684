"""Silence: who no longer uses the product, and how long that is for the account."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.array_types import BoolArray, FloatArray
from .measures import Count, DaysSince
from .queries import PointInTime, UsualGap
from .row_selection import IsTrue, Select, Window

__all__ = ["IDLE", "SILENCE", "USED", "Silence", "silent"]


_DAYS_A_WORKING_DAY = 7 / 5
_SETTLED_DAYS = 30
"""Before it, that nothing has happened yet says nothing."""

_VALUE = Select("usage", (IsTrue("is_value_event"),))

USED = DaysSince(_VALUE)
"""Days since the last use of value; NaN before the first."""

IDLE = Count(replace(_VALUE, window=Window(28)))
"""Rows of use of value in 28 days."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Days since the last fact, as a share of what is long for the account.

    Parameters
    ----------
    select : Select
        Of a view that tells days, without a window.
    days : int
        What is long for every account.
    gaps : float
        So many times the median gap between its days with facts is long as well; the longer of
        the two counts.
    looks_back_days : int
        The gaps of so many days.
    """

    select: Select
    days: int = 30
    gaps: float = 3.0
    looks_back_days: int = 365

    def evaluate(self, known: PointInTime) -> FloatArray:
        """Return the ratio per row, from 1 on the account is dormant; since sign-up before."""
        since = DaysSince(self.select, or_tenure=True).evaluate(known)
        window = Window(self.looks_back_days)
        gap = known.answer(UsualGap(replace(self.select, window=window))) * _DAYS_A_WORKING_DAY
        return since / np.fmax(self.days, self.gaps * gap)

    def selects(self) -> Iterator[tuple[Select, frozenset[str]]]:
        """Yield the one selection."""
        yield self.select, frozenset()

    def shifted(self, days: int) -> "Silence":
        """Return the measure itself: it has no window to move."""
        return self


SILENCE = Silence(_VALUE)
"""Silence of an account by its own rhythm of use: at least 30 days, or three of its gaps."""


def silent(known: PointInTime) -> BoolArray:
    """Return on which rows nobody uses the product any more, or ever did though there was time.

    Parameters
    ----------
    known : PointInTime

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        No use of value in 28 days, and some before, or none in the first 30 days that are known.
    """
    before = ~np.isnan(USED.evaluate(known))
    settled = known.watched_days(_VALUE) >= _SETTLED_DAYS
    return np.asarray((IDLE.evaluate(known) == 0) & (before | settled), dtype=bool)
