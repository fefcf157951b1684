"""The point-in-time engine: all metrics for all (account, as_of) rows, without look-ahead.

A fact counts from the moment it is known and falls into a window by when it happened. Training and
scoring call the same function, so their rows are the same numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from .absence import Absence
from .facts import DAY_US, Facts, Select
from .measures import Measure, Tenure
from .metric import Metric
from .metrics.context import ACTIVE_LATELY, ARR, IN_TERM
from .rows import Rows
from .tableset import Tables
from .views import View, ViewData, view_named

__all__ = ["Features", "Knowledge", "compute_features"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_NEWCOMER_DAYS = 30
_BASELINE_DAYS = 168
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Features:
    """The numbers of all rows, and why any is missing.

    Parameters
    ----------
    frame : DataFrame
        Index (account_id, as_of); one column a metric and one a derived variant.
    absence : DataFrame of int8
        Same index, one column a metric: the ``Absence`` state behind each value.
    baseline : DataFrame
        The account's own mean over the preceding windows, for metrics that have one.
    segment_median : DataFrame
        Median over the live accounts of the same segment and date.
    live : Series of bool
        Whether the row's account is a customer on that date.
    segment : Series of str
    metrics : tuple of Metric
    """

    frame: pd.DataFrame
    absence: pd.DataFrame
    baseline: pd.DataFrame
    segment_median: pd.DataFrame
    live: pd.Series
    segment: pd.Series
    metrics: tuple[Metric, ...] = field(repr=False)

    def at(self, index: pd.Index) -> "Features":
        """Return the features of some rows only.

        Parameters
        ----------
        index : Index
            Rows that are all there.

        Returns
        -------
        Features
        """
        return Features(
            self.frame.loc[index],
            self.absence.loc[index],
            self.baseline.loc[index],
            self.segment_median.loc[index],
            self.live.loc[index],
            self.segment.loc[index],
            self.metrics,
        )


class Knowledge:
    """Facts of every view beside the asked rows; each view is prepared once, when first needed.

    Parameters
    ----------
    tables : Tables
    rows : Rows
    """

    def __init__(self, tables: Tables, rows: Rows) -> None:
        self.tables = tables
        self.rows = rows
        self._data: dict[str, ViewData] = {}
        self._facts: dict[str, Facts] = {}
        self._deliveries: dict[str, npt.NDArray[np.int64]] = {}
        self._tenure: FloatArray | None = None

    def data(self, view: View) -> ViewData:
        """Return the rows of a view, of all accounts."""
        if view.name not in self._data:
            self._data[view.name] = view.build(self.tables)
        return self._data[view.name]

    def facts(self, view: str) -> Facts:
        """Return the facts of one view that belong to the asked accounts."""
        if view not in self._facts:
            declared = view_named(view)
            self._facts[view] = Facts(declared, self.data(declared), self.rows)
        return self._facts[view]

    def tenure_days(self) -> FloatArray:
        """Return the days since each row's account became one, NaN where not known."""
        if self._tenure is None:
            since = self.account_time("customer_since")
            begun = self.account_time("valid_from")
            since = np.where(np.isnan(since), begun, since)
            self._tenure = (self.rows.as_of - since) / DAY_US
        return self._tenure

    def account_time(self, column: str) -> FloatArray:
        """Return a time of the account's newest known description, in microseconds."""
        facts = self.facts("accounts")
        moment = facts.time(column)
        stated = np.where((moment == _NEVER) | (moment == 0), np.nan, moment.astype(float))
        position = self.account_position()
        return np.where(position >= 0, np.append(stated, np.nan)[position], np.nan)

    def account_text(self, column: str) -> npt.NDArray[np.object_]:
        """Return a text of the account's newest known description; None where there is none."""
        facts = self.facts("accounts")
        texts = np.array([*facts.table[column].to_pylist(), None], dtype=object)
        return np.asarray(texts[self.account_position()], dtype=object)

    def account_position(self) -> npt.NDArray[np.int64]:
        """Return the table position of each row's newest known account description, or -1."""
        return self.facts("accounts").newest(Select("accounts"), len(self.rows))

    def whole(self, view: str) -> pa.Table:
        """Return all rows of a view, of every account."""
        return self.data(view_named(view)).table

    def collected(self, measure: Measure) -> bool:
        """Say whether everything a measure reads was delivered."""
        for select, columns in measure.selects():
            view = view_named(select.view)
            if not view.delivered(self.tables):
                return False
            if not (select.columns() | columns) <= self.data(view).collected | {"known_at"}:
                return False
        return True

    def last_delivery(self, view: View) -> npt.NDArray[np.int64]:
        """Return, per row, when the newest row of any account became known; -1 before the first."""
        if view.name not in self._deliveries:
            known = self.data(view).table["known_at"].cast(pa.int64())
            self._deliveries[view.name] = np.sort(known.to_numpy())
        moments = self._deliveries[view.name]
        place = np.searchsorted(moments, self.rows.as_of, side="left")
        return np.append(moments, -1)[place - 1]


def compute_features(
    tables: Tables,
    pairs: pd.DataFrame,
    *,
    metrics: Sequence[Metric],
    progress: Callable[[str], None] | None = None,
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
        Called with the column name before each metric.

    Returns
    -------
    Features
        Rows sorted by account and date.
    """
    known = Knowledge(tables, Rows.of(pairs))
    report = progress or (lambda column: None)
    values, states = {}, {}
    for metric in metrics:
        report(metric.column)
        values[metric.column], states[metric.column] = _evaluate(metric, known)
    index = known.rows.index
    live = pd.Series(live_accounts(known), index=index, name="live")
    segment = pd.Series(_segments(known), index=index, name="segment")
    level = pd.DataFrame(values, index=index)
    baseline = _baselines(metrics, known)
    peers = level[live].groupby(
        [live.index[live].get_level_values(1), segment[live]], observed=True
    )
    return Features(
        frame=_with_variants(metrics, level, baseline, peers.rank(pct=True)),
        absence=pd.DataFrame(states, index=index).astype(np.int8),
        baseline=baseline,
        segment_median=_spread(peers.median(), index, segment),
        live=live,
        segment=segment,
        metrics=tuple(metrics),
    )


def live_accounts(known: Knowledge) -> BoolArray:
    """Return which rows' accounts are customers: money flows, a term runs, or they were active.

    Parameters
    ----------
    known : Knowledge

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    for measure in (ARR, IN_TERM, ACTIVE_LATELY):
        if known.collected(measure):
            return np.nan_to_num(measure.evaluate(known)) > 0
    return np.ones(len(known.rows), dtype=bool)


def _evaluate(metric: Metric, known: Knowledge) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Return the values of one metric and the state behind each."""
    n_rows = len(known.rows)
    if not known.collected(metric.measure):
        return np.full(n_rows, np.nan), np.full(n_rows, Absence.NOT_COLLECTED, dtype=np.int8)
    value = metric.measure.evaluate(known)
    state = np.full(n_rows, Absence.PRESENT, dtype=np.int8)
    if isinstance(metric.when_absent, Absence):
        state[np.isnan(value)] = metric.when_absent
        empty = np.isnan(value)
    else:
        value = np.where(np.isnan(value), metric.when_absent, value)
        empty = value == metric.when_absent
    newcomer = known.tenure_days() < _NEWCOMER_DAYS
    if not isinstance(metric.measure, Tenure):
        state[empty & newcomer] = Absence.NO_EVENT_YET
    return _with_feed_state(metric, known, value, state)


def _with_feed_state(
    metric: Metric, known: Knowledge, value: FloatArray, state: npt.NDArray[np.int8]
) -> tuple[FloatArray, npt.NDArray[np.int8]]:
    """Put in the last values known while the feed lived, and mark what was never delivered."""
    for name in {select.view for select, _ in metric.measure.selects()}:
        view = view_named(name)
        if view.stale_after_days is None:
            continue
        last = known.last_delivery(view)
        missing = last < 0
        value = np.where(missing, np.nan, value)
        state = np.where(missing, Absence.NOT_COLLECTED, state).astype(np.int8)
        stale = ~missing & (known.rows.as_of - last > view.stale_after_days * DAY_US)
        if stale.any():
            value = np.where(stale, _last_fresh(metric, known, last, stale), value)
            # What did not apply while the feed lived must not begin to count as neutral.
            applies = ~np.isnan(value) | (metric.when_absent != Absence.NOT_APPLICABLE)
            silent = np.where(applies, Absence.STALE_OR_FAILED, Absence.NOT_APPLICABLE)
            state = np.where(stale, silent, state).astype(np.int8)
    return value, state


def _last_fresh(
    metric: Metric, known: Knowledge, last: npt.NDArray[np.int64], stale: BoolArray
) -> FloatArray:
    """Return the values as of the midnight after the last delivery, at the stale rows."""
    midnight = (last // DAY_US + 1) * DAY_US
    pairs = known.rows.with_as_of(np.where(stale, midnight, known.rows.as_of))
    earlier = Knowledge(known.tables, Rows.of(pairs[stale]))
    found = pd.Series(metric.measure.evaluate(earlier), index=earlier.rows.index)
    value = np.full(len(known.rows), np.nan)
    value[stale] = found.loc[pd.MultiIndex.from_frame(pairs[stale])].to_numpy()
    return value


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
        for k in range(1, max(1, round(_BASELINE_DAYS / days)) + 1):
            value = metric.measure.shifted(k * days).evaluate(known)
            counted = (tenure >= (k + 1) * days) & ~np.isnan(value)
            total[counted] += value[counted]
            count += counted
        columns[metric.column] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return pd.DataFrame(columns, index=known.rows.index, dtype=float)


def _with_variants(
    metrics: Sequence[Metric], level: pd.DataFrame, baseline: pd.DataFrame, rank: pd.DataFrame
) -> pd.DataFrame:
    """Return the levels with the ratios to the own baseline and the percentiles beside them."""
    parts = {}
    for metric in metrics:
        if metric.column in baseline:
            base = baseline[metric.column]
            parts[metric.vs_own] = (level[metric.column] / base).where(base > 0)
        if metric.in_segment:
            parts[metric.percentile] = rank[metric.column].reindex(level.index)
    return pd.concat([level, pd.DataFrame(parts, index=level.index)], axis=1)


def _spread(medians: pd.DataFrame, index: pd.MultiIndex, segment: pd.Series) -> pd.DataFrame:
    """Return the group medians at every row of the group."""
    keys = pd.MultiIndex.from_arrays([index.get_level_values(1), segment.to_numpy()])
    return medians.reindex(keys).set_axis(index, axis=0)


def _segments(known: Knowledge) -> npt.NDArray[np.object_]:
    found = known.account_text("segment")
    return np.asarray([text if isinstance(text, str) else "all" for text in found], dtype=object)
