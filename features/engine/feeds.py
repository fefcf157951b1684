"""Feeds: when each view last delivered, how long it may rightly be silent, and since when it is.

Nothing is known of the time before a feed began, and nothing new once it has fallen silent.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays.array_types import IntArray
from ..arrays.feed_days import FeedDays
from ..arrays.time_grid import DAY_US, NEVER
from ..metrics.bounded_measures import (
    Capped,
    Flag,
    Highest,
    LowestOver,
    Smallest,
    Sum,
    Unless,
)
from ..metrics.combined_measures import Change, Difference, Ratio, Scaled, Slope
from ..metrics.group_measures import Busiest, Shared
from ..metrics.measures import Count, Distinct, Total
from ..metrics.queries import Measure
from ..metrics.row_selection import Select

__all__ = ["GRACE", "SilenceRule", "presupposed", "reach_of", "silent_after"]

_FEWEST_DELIVERIES = 5
_TIMES_A_LONG_GAP = 3
GRACE = 14
"""So small a part of a window may be missing: the first row comes after a weekend, say."""

_LONG = 0.95
"""Which quantile of the gaps between deliveries counts as a long one."""


@dataclass(frozen=True, slots=True)
class SilenceRule:
    """How long a feed may be silent before it counts as broken.

    Parameters
    ----------
    days : int
        At least.
    steady : bool
        Whether it delivers on every day of use, so that the days alone decide while too few
        deliveries are known to tell its rhythm; another feed is never silent then.
    """

    days: int
    steady: bool


def silent_after(delivered: FeedDays, moments: IntArray, rule: SilenceRule) -> IntArray:
    """Return after how long a silence a feed counts as broken, as known on each as-of date.

    Parameters
    ----------
    delivered : FeedDays
        When its rows became known.
    moments : ndarray of int64, shape (n_dates,)
        The as-of dates.
    rule : SilenceRule

    Returns
    -------
    ndarray of int64, shape (n_dates,)
        Microseconds: three times the long gaps (19 in 20 are shorter) between its deliveries,
        and at least the days of the rule; ``NEVER`` where its rhythm is not known.
    """
    found = [_limit(delivered.known_by(date, int(at)), rule) for date, at in enumerate(moments)]
    return np.array(found, dtype=np.int64).reshape(len(moments))


def _limit(days: IntArray, rule: SilenceRule) -> int:
    if len(days) < _FEWEST_DELIVERIES:
        return rule.days * DAY_US if rule.steady else NEVER
    long = np.quantile(np.diff(days), _LONG, method="higher")
    return max(rule.days, _TIMES_A_LONG_GAP * int(long)) * DAY_US


def reach_of(select: Select) -> int:
    """Return for how many days back a feed must reach to cover a selection's window.

    A fourteenth of the window may be missing: the first row comes after a weekend, say.

    Parameters
    ----------
    select : Select

    Returns
    -------
    int
        0 without a window.

    Examples
    --------
    >>> from churngrid.features.metrics.row_selection import Window
    >>> reach_of(Select("usage", window=Window(28))), reach_of(Select("usage"))
    (26, 0)
    """
    if select.window is None:
        return 0
    return select.window.days + select.window.ends_days_ago - select.window.days // GRACE


def presupposed(measure: Measure) -> Iterator[Select]:
    """Yield the selections whose whole window must be covered for a number to be true.

    A share or a mean over one window is true of the part that is covered; a count, a number of
    different things and a comparison of windows are not.

    Parameters
    ----------
    measure : Measure

    Yields
    ------
    Select
        With a window.
    """
    if isinstance(measure, Ratio) and _per_fact(measure):
        return
    for part in _parts(measure):
        yield from presupposed(part)
    if isinstance(measure, Count | Total | Distinct | Slope | Busiest | Shared):
        yield from (select for select, _ in measure.selects() if select.window)


def _parts(measure: Measure) -> tuple[Measure, ...]:
    """Return the measures that a number is made of, those that reach back furthest."""
    if isinstance(measure, Scaled | Capped | Flag | Unless):
        return (measure.measure,)
    if isinstance(measure, Change):
        return (measure.measure.shifted(measure.days),)
    if isinstance(measure, Ratio):
        return (measure.upper, measure.lower)
    if isinstance(measure, Difference):
        return (measure.first, measure.second)
    if isinstance(measure, LowestOver):
        return (measure.measure.shifted(measure.days * (measure.moments - 1)),)
    return measure.parts if isinstance(measure, Sum | Smallest | Highest) else ()


def _per_fact(ratio: Ratio) -> bool:
    """Say whether a ratio is a mean or a share over the facts of one window."""
    upper, lower = (
        {(select.view, select.window) for select, _ in part.selects()}
        for part in (ratio.upper, ratio.lower)
    )
    return _adds_facts(ratio.lower) and upper == lower


def _adds_facts(measure: Measure) -> bool:
    """Say whether a number grows with every fact of its window."""
    if isinstance(measure, Scaled):
        return _adds_facts(measure.measure)
    if isinstance(measure, Difference):
        return _adds_facts(measure.first) and _adds_facts(measure.second)
    return isinstance(measure, Count | Total)
