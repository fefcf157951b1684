"""The point-in-time engine: all metrics for all (account, as_of) rows, without look-ahead.

A fact counts from the moment it is known and falls into a window by when it happened. Training and
scoring call the same function, so their rows are the same numbers.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..arrays.array_types import BoolArray, FloatArray, StateArray
from ..arrays.as_of_rows import Rows, to_microseconds
from ..arrays.time_grid import DAY_US, NEVER
from ..metrics.absence import Absence
from ..metrics.catalogue.context import ACTIVE_LATELY, PAYS
from ..metrics.measures import Commercial, Tenure
from ..metrics.metric import Metric
from ..metrics.queries import Measure
from ..metrics.views import view_named
from ..progress import Progress
from ..schema.settings import DEFAULT_EFFORT, Effort
from ..schema.tableset import Tables
from .feature_table import Features, OwnFeatures, with_peers
from .point_in_time import Knowledge

__all__ = ["Features", "compute_features", "compute_own", "known_accounts", "live_accounts"]


_LIVE = (PAYS, ACTIVE_LATELY)
_NEWCOMER_DAYS = 30
_BASELINE_DAYS = 168


def compute_features(
    tables: Tables,
    pairs: pd.DataFrame,
    *,
    metrics: Sequence[Metric],
    progress: Progress | None = None,
    effort: Effort = DEFAULT_EFFORT,
) -> Features:
    """Compute metrics for pairs of account and as-of date.

    Parameters
    ----------
    tables : Tables
    pairs : DataFrame
        With ``account_id`` and ``as_of``; may be empty. Percentiles and medians compare the live
        accounts among these pairs that share a date and a segment, so give all accounts of a date.
    metrics : sequence of Metric
    progress : callable, optional
        Called with the name of each view, its facts read so far and those there are.
    effort : Effort
        Threads and memory to use; the result does not depend on it.

    Returns
    -------
    Features
        Rows sorted by account and date.
    """
    return with_peers(compute_own(tables, pairs, metrics=metrics, progress=progress, effort=effort))


def compute_own(
    tables: Tables,
    pairs: pd.DataFrame,
    *,
    metrics: Sequence[Metric],
    progress: Progress | None = None,
    effort: Effort = DEFAULT_EFFORT,
) -> OwnFeatures:
    """Compute what follows from each account alone.

    Parameters
    ----------
    tables : Tables
        Of all accounts, or of some with ``whole`` to tell when the feeds of all last delivered.
    pairs, metrics, progress, effort
        As in ``compute_features``.

    Returns
    -------
    OwnFeatures
        Rows sorted by account and date; those of one account do not depend on the other pairs.
    """
    known = Knowledge(tables, Rows.of(pairs), effort)
    known.prepare([*_LIVE, *_measures_of(metrics, known)], progress)
    values, states = _evaluated(metrics, known)
    index = known.rows.index
    live = pd.Series(live_accounts(known), index=index, name="live")
    segment = pd.Series(_segments(known), index=index, name="segment")
    return OwnFeatures(
        level=pd.DataFrame(values, index=index),
        absence=pd.DataFrame(states, index=index).astype(np.int8),
        baseline=_baselines(metrics, known),
        live=live,
        segment=segment,
        metrics=tuple(metrics),
    )


def live_accounts(known: Knowledge) -> BoolArray:
    """Return which rows' accounts are customers: they pay, or where nobody pays they were active.

    Parameters
    ----------
    known : Knowledge

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    for measure in _LIVE:
        if known.collected(measure):
            return np.nan_to_num(measure.evaluate(known)) > 0
    return np.ones(len(known.rows), dtype=bool)


def _measures_of(metrics: Sequence[Metric], known: Knowledge) -> Iterator[Measure]:
    """Yield everything that will be evaluated, each own baseline with its windows."""
    for metric in metrics:
        if known.collected(metric.measure):
            yield metric.measure
            yield from _preceding(metric)


def _preceding(metric: Metric) -> list[Measure]:
    """Return the measure over the account's own preceding windows."""
    days = metric.window_days
    if not metric.own_baseline or days is None:
        return []
    count = max(1, round(_BASELINE_DAYS / days))
    return [metric.measure.shifted(k * days) for k in range(1, count + 1)]


def _evaluated(
    metrics: Sequence[Metric], known: Knowledge
) -> tuple[dict[str, FloatArray], dict[str, StateArray]]:
    """Return the values of the metrics and the state behind each."""
    values, states = {}, {}
    for metric in metrics:
        values[metric.column], states[metric.column] = _evaluate(metric, known)
    for views, concerned in _by_feeds(metrics, known).items():
        stale, last = _silence(views, known)
        earlier = _last_fresh(concerned, known, last, stale)
        for metric in concerned:
            column = metric.column
            values[column], states[column] = _with_feed_state(
                metric, (values[column], states[column]), earlier.get(column), (last < 0, stale)
            )
    return values, states


def _evaluate(metric: Metric, known: Knowledge) -> tuple[FloatArray, StateArray]:
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
        unknown = np.isnan(value) & isinstance(metric.measure, Commercial)
        value = np.where(np.isnan(value) & ~unknown, metric.when_absent, value)
        state[unknown] = Absence.NOT_COLLECTED
        empty = value == metric.when_absent
    newcomer = known.tenure_days() < _NEWCOMER_DAYS
    if not isinstance(metric.measure, Tenure):
        state[empty & newcomer] = Absence.NO_EVENT_YET
    return value, state


def _by_feeds(metrics: Sequence[Metric], known: Knowledge) -> dict[tuple[str, ...], list[Metric]]:
    """Return the collected metrics by the feeds they read that can fall silent."""
    found: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        if known.collected(metric.measure):
            views = {select.view for select, _ in metric.measure.selects()}
            feeds = sorted(name for name in views if view_named(name).stale_after_days is not None)
            if feeds:
                found.setdefault(tuple(feeds), []).append(metric)
    return found


def _silence(views: tuple[str, ...], known: Knowledge) -> tuple[BoolArray, npt.NDArray[np.int64]]:
    """Return which rows stand after one of the feeds fell silent, and when it last delivered.

    The feed that fell silent first decides; a feed that never delivered has delivered at -1.
    """
    stale = np.zeros(len(known.rows), dtype=bool)
    last = np.full(len(known.rows), NEVER)
    for name in views:
        view = view_named(name)
        delivered = known.last_delivery(view)
        silent = known.rows.as_of - delivered > (view.stale_after_days or 0) * DAY_US
        stale |= silent
        last = np.where(silent, np.minimum(last, delivered), last)
    return stale & (last >= 0), last


def _with_feed_state(
    metric: Metric,
    found: tuple[FloatArray, StateArray],
    earlier: FloatArray | None,
    feeds: tuple[BoolArray, BoolArray],
) -> tuple[FloatArray, StateArray]:
    """Put in the last values known while the feed lived, and mark what was never delivered."""
    (value, state), (missing, stale) = found, feeds
    value = np.where(missing, np.nan, value)
    state = np.where(missing, Absence.NOT_COLLECTED, state).astype(np.int8)
    if earlier is None:
        return value, state
    value = np.where(stale, earlier, value)
    # What did not apply while the feed lived must not begin to count as neutral.
    applies = ~np.isnan(value) | (metric.when_absent != Absence.NOT_APPLICABLE)
    silent = np.where(applies, Absence.STALE_OR_FAILED, Absence.NOT_APPLICABLE)
    return value, np.where(stale, silent, state).astype(np.int8)


def _last_fresh(
    metrics: Sequence[Metric],
    known: Knowledge,
    last: npt.NDArray[np.int64],
    stale: BoolArray,
) -> dict[str, FloatArray]:
    """Return the values as of the midnight after the last delivery, at the stale rows."""
    if not stale.any():
        return {}
    midnight = (last[stale] // DAY_US + 1) * DAY_US
    pairs = known.rows.with_as_of(np.where(stale, 0, known.rows.as_of))[stale]
    pairs["as_of"] = pd.DatetimeIndex(midnight.astype("datetime64[us]")).tz_localize("UTC")
    earlier = known.at(Rows.of(pairs))
    earlier.prepare([metric.measure for metric in metrics])
    place = earlier.rows.index.get_indexer(pd.MultiIndex.from_frame(pairs))
    values = {}
    for metric in metrics:
        value = np.full(len(known.rows), np.nan)
        value[stale] = metric.measure.evaluate(earlier)[place]
        values[metric.column] = value
    return values


def _baselines(metrics: Sequence[Metric], known: Knowledge) -> pd.DataFrame:
    """Return the mean over the account's own preceding windows that lie inside its tenure."""
    columns = {}
    for metric in metrics:
        days = metric.window_days
        if not metric.own_baseline or days is None:
            continue
        if not known.collected(metric.measure):
            columns[metric.column] = np.full(len(known.rows), np.nan)
            continue
        tenure = known.tenure_days()
        total = np.zeros(len(known.rows))
        count = np.zeros(len(known.rows))
        for k, measure in enumerate(_preceding(metric), start=1):
            value = measure.evaluate(known)
            counted = (tenure >= (k + 1) * days) & ~np.isnan(value)
            total[counted] += value[counted]
            count += counted
        columns[metric.column] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return pd.DataFrame(columns, index=known.rows.index, dtype=float)


def _segments(known: Knowledge) -> npt.NDArray[np.object_]:
    found = known.account_text("segment")
    return np.where(found == None, "all", found)  # noqa: E711 - elementwise


def known_accounts(tables: Tables, as_of: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Return all pairs of an as-of date and an account known before it.

    Parameters
    ----------
    tables : Tables
    as_of : sequence of Timestamp
        May be empty.

    Returns
    -------
    DataFrame
        ``account_id`` and ``as_of`` (UTC), every pair once.

    Examples
    --------
    >>> known_accounts(Tables({}), []).columns.tolist()
    ['account_id', 'as_of']
    """
    dates = pd.DatetimeIndex(list(as_of), tz="UTC")
    if "accounts" not in tables:
        return pd.DataFrame({"account_id": pd.Series(dtype=str), "as_of": dates[:0]})
    accounts = tables["accounts"].select(["account_id", "known_at"]).to_pandas()
    first = accounts.groupby("account_id")["known_at"].min()
    seen, moments = to_microseconds(first), to_microseconds(dates)
    account, date = np.nonzero(seen[:, None] < moments[None, :])
    return pd.DataFrame({"account_id": first.index.to_numpy()[account], "as_of": dates[date]})
