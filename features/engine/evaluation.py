"""The values of metrics on rows, and the state behind each: unknown, zero and silent are three."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..arrays.array_types import BoolArray, FloatArray, IntArray, StateArray
from ..arrays.as_of_rows import Rows
from ..arrays.time_grid import DAY_US, NEVER
from ..metrics.absence import Absence
from ..metrics.measures import Commercial, Tenure
from ..metrics.metric import Metric
from ..metrics.queries import Measure
from ..metrics.silence import IDLE, SILENCE, USED, silent
from ..metrics.views import view_named
from .feeds import presupposed, reach_of
from .point_in_time import Knowledge
from .recorded_kinds import unrecorded

__all__ = ["Evaluated", "evaluated", "prepared_for"]


_NEWCOMER_DAYS = 30


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Numbers of metrics by column, each of shape (n_rows,).

    Parameters
    ----------
    numbers : dict of str to ndarray of float
    states : dict of str to ndarray of int8
        The ``Absence`` behind each value.
    held : dict of str to ndarray of float
        What a metric was when the account, or the feed, fell silent: no score may be better than
        that of this value. NaN where nothing is silent.
    """

    numbers: dict[str, FloatArray]
    states: dict[str, StateArray]
    held: dict[str, FloatArray]


def prepared_for(metrics: Sequence[Metric], known: Knowledge) -> Iterator[Measure]:
    """Yield the measures that the rules of silence ask beside the metrics themselves.

    Parameters
    ----------
    metrics : sequence of Metric
    known : Knowledge

    Yields
    ------
    Measure
    """
    if _ask_for_silence(metrics) and known.collected(IDLE):
        yield from (IDLE, USED)
    if any(map(_is_held, metrics)) and known.collected(SILENCE):
        yield from (SILENCE, USED)


def evaluated(metrics: Sequence[Metric], known: Knowledge) -> Evaluated:
    """Evaluate metrics on all rows.

    Parameters
    ----------
    metrics : sequence of Metric
    known : Knowledge

    Returns
    -------
    Evaluated
    """
    found = Evaluated({}, {}, {})
    idle = _idle(metrics, known)
    for metric in metrics:
        value, state = _evaluate(metric, known, idle)
        found.numbers[metric.column], found.states[metric.column] = value, state
    _hold_dormant(metrics, known, found)
    for views, concerned in _by_feeds(metrics, known).items():
        _freeze(concerned, known, _silence(views, known), found)
    return found


def _evaluate(metric: Metric, known: Knowledge, idle: BoolArray) -> tuple[FloatArray, StateArray]:
    """Return the values of one metric and the state behind each, as if every feed lived."""
    n_rows = len(known.rows)
    if not known.collected(metric.measure):
        return np.full(n_rows, np.nan), np.full(n_rows, Absence.NOT_COLLECTED, dtype=np.int8)
    value = metric.measure.evaluate(known)
    state = np.full(n_rows, Absence.PRESENT, dtype=np.int8)
    if isinstance(metric.when_absent, Absence):
        state[np.isnan(value)] = metric.when_absent
        empty = np.isnan(value)
    else:
        # What contracts do not tell (an amount without a rate) is unknown, and not nothing.
        untold = np.isnan(value) & isinstance(metric.measure, Commercial)
        value = np.where(np.isnan(value) & ~untold, metric.when_absent, value)
        state[untold] = Absence.NOT_COLLECTED
        empty = value == metric.when_absent
    newcomer = known.tenure_days() < _NEWCOMER_DAYS
    if not isinstance(metric.measure, Tenure):
        state[empty & newcomer] = Absence.NO_EVENT_YET
    unknown = _uncovered(metric, value, known) | unrecorded(metric, value, known)
    if metric.untold is not None and known.collected(metric.untold):
        untold = metric.is_poor(value) & (metric.untold.evaluate(known) > 0)
        state[untold] = Absence.NOT_APPLICABLE
        value = np.where(untold, np.nan, value)
    value = np.where(unknown, np.nan, value)
    state[unknown] = Absence.NOT_COLLECTED
    if metric.when_silent is not None:
        value = np.where(idle, metric.when_silent, value)
        state[idle] = Absence.PRESENT
    return value, state


def _uncovered(metric: Metric, value: FloatArray, known: Knowledge) -> BoolArray:
    """Return where a number rests on time from before its feed began.

    Where rows come now and then, what did happen is known, and that something good has not is no
    reason to hold an alarm back; only that nothing bad happened is not known.
    """
    unknown = np.zeros(len(known.rows), dtype=bool)
    young = known.rows.as_of - np.nan_to_num(known.tenure_days(), nan=np.inf) * DAY_US
    of_bad_news = metric.direction in "-u"
    for select in presupposed(metric.measure):
        if select.at and not known.tells(select.view, select.at):
            continue
        begins = np.maximum(known.rows.as_of - reach_of(select) * DAY_US, young)
        cut = known.covered_since(select) > begins
        unknown |= cut if view_named(select.view).steady else cut & ~(value > 0) & of_bad_news
    return unknown


def _by_feeds(metrics: Sequence[Metric], known: Knowledge) -> dict[tuple[str, ...], list[Metric]]:
    """Return the collected metrics by the feeds they read that can fall silent."""
    found: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        if known.collected(metric.measure):
            views = _views(metric.measure)
            feeds = sorted(name for name in views if view_named(name).stale_after_days is not None)
            if feeds:
                found.setdefault(tuple(feeds), []).append(metric)
    return found


@dataclass(frozen=True, slots=True)
class _Silence:
    """Which rows stand after a feed fell silent: when it last delivered, and counted as alive.

    The feed that fell silent first decides; one that never delivered has delivered at -1.
    """

    missing: BoolArray
    stale: BoolArray
    last: IntArray
    alive: IntArray


def _silence(views: tuple[str, ...], known: Knowledge) -> _Silence:
    as_of, n_rows = known.rows.as_of, len(known.rows)
    stale, missing = np.zeros(n_rows, dtype=bool), np.zeros(n_rows, dtype=bool)
    last, alive = np.full(n_rows, NEVER), np.full(n_rows, NEVER)
    for name in views:
        view = view_named(name)
        delivered, limit = known.last_delivery(view), known.silent_after(view)
        missing |= delivered < 0
        silent_now = (delivered >= 0) & (as_of - delivered > limit)
        earlier = silent_now & (delivered < last)
        stale |= silent_now
        last = np.where(earlier, delivered, last)
        alive = np.where(earlier, delivered + np.where(earlier, limit, 0), alive)
    return _Silence(missing, stale & ~missing, last, alive)


def _freeze(
    metrics: Sequence[Metric], known: Knowledge, silence: _Silence, found: Evaluated
) -> None:
    """Put in the last values known while the feed lived, and mark what was never delivered."""
    stale = silence.stale
    midnight = (silence.last // DAY_US + 1) * DAY_US
    fresh = _values_at(metrics, known, midnight, stale)
    alive = _values_at(metrics, known, silence.alive // DAY_US * DAY_US, stale)
    for metric in metrics:
        column = metric.column
        value = np.where(silence.missing, np.nan, found.numbers[column])
        state = np.where(silence.missing, Absence.NOT_COLLECTED, found.states[column])
        if stale.any():
            value = np.where(stale, fresh[column], value)
            # What did not apply while the feed lived must not begin to count as neutral.
            applies = ~np.isnan(value) | (metric.when_absent != Absence.NOT_APPLICABLE)
            told = np.where(applies, Absence.STALE_OR_FAILED, Absence.NOT_APPLICABLE)
            state = np.where(stale, told, state)
            held = found.held.get(column, np.full(len(value), np.nan))
            found.held[column] = np.where(stale, alive[column], held)
        found.numbers[column], found.states[column] = value, state.astype(np.int8)


def _hold_dormant(metrics: Sequence[Metric], known: Knowledge, found: Evaluated) -> None:
    """Note what metrics that dormant accounts have no more were when they fell silent."""
    scored = [metric for metric in metrics if _is_held(metric) and known.collected(metric.measure)]
    if not scored or not known.collected(SILENCE):
        return
    since = USED.evaluate(known)
    dormant = (SILENCE.evaluate(known) >= 1) & ~np.isnan(since)
    dormant &= ~_silence(tuple(_views(SILENCE)), known).stale
    fell = known.rows.as_of - (np.nan_to_num(since) * DAY_US).astype(np.int64)
    once = _values_at(scored, known, (fell // DAY_US + 1) * DAY_US, dormant)
    for column, value in once.items():
        found.held[column] = np.where(np.isnan(found.numbers[column]), value, np.nan)


def _is_held(metric: Metric) -> bool:
    """Say whether a metric is scored, and unknown once nothing happens any more."""
    known_by_use = any(view_named(name).steady for name in _views(metric.measure))
    undefined = metric.when_absent == Absence.NO_EVENT_YET
    return metric.poor is not None and undefined and not known_by_use


def _ask_for_silence(metrics: Sequence[Metric]) -> bool:
    return any(metric.when_silent is not None for metric in metrics)


def _idle(metrics: Sequence[Metric], known: Knowledge) -> BoolArray:
    if _ask_for_silence(metrics) and known.collected(IDLE):
        return silent(known)
    return np.zeros(len(known.rows), dtype=bool)


def _views(measure: Measure) -> set[str]:
    return {select.view for select, _ in measure.selects()}


def _values_at(
    metrics: Sequence[Metric], known: Knowledge, moments: IntArray, asked: BoolArray
) -> dict[str, FloatArray]:
    """Return what metrics were at a moment of each asked row, as known then; NaN elsewhere."""
    if not asked.any():
        return {}
    pairs = known.rows.with_as_of(np.where(asked, moments, 0))[asked]
    earlier = known.at(Rows.of(pairs))
    asked_for = [metric.measure for metric in metrics]
    earlier.prepare([*asked_for, *((IDLE, USED) if _ask_for_silence(metrics) else ())])
    place = earlier.rows.index.get_indexer(pd.MultiIndex.from_frame(pairs))
    idle = _idle(metrics, earlier)
    values = {}
    for metric in metrics:
        value = np.full(len(known.rows), np.nan)
        value[asked] = _evaluate(metric, earlier, idle)[0][place]
        values[metric.column] = value
    return values
