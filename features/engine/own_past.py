"""An account beside its own past: the mean over its preceding windows, where they are known."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..arrays.array_types import FloatArray, IntArray
from ..arrays.time_grid import DAY_US, NEVER
from ..metrics.metric import Metric
from ..metrics.queries import FirstMoment, Measure
from ..metrics.row_selection import Select
from ..metrics.views import view_named
from .feeds import GRACE, presupposed
from .point_in_time import Knowledge

__all__ = ["own_baselines", "preceding"]

_BASELINE_DAYS = 168


def preceding(metric: Metric) -> list[Measure]:
    """Return the measure over the account's own preceding windows, the newest first.

    Parameters
    ----------
    metric : Metric

    Returns
    -------
    list of Measure
        Empty for a metric without a baseline.
    """
    days = metric.window_days
    if not metric.own_baseline or days is None:
        return []
    count = max(1, round(_BASELINE_DAYS / days))
    return [metric.measure.shifted(k * days) for k in range(1, count + 1)]


def own_baselines(metrics: Sequence[Metric], known: Knowledge) -> pd.DataFrame:
    """Return the mean over the account's own preceding windows that its feeds cover.

    Parameters
    ----------
    metrics : sequence of Metric
    known : Knowledge

    Returns
    -------
    DataFrame
        One column a metric with a baseline. A window counts if it lies after the account became
        one, after the feed began and before it fell silent; where rows come with every use, also
        after the account's first one: what it did before, elsewhere, is not known.
    """
    columns = {}
    for metric in metrics:
        days = metric.window_days
        if not metric.own_baseline or days is None:
            continue
        if not known.collected(metric.measure):
            columns[metric.column] = np.full(len(known.rows), np.nan)
            continue
        columns[metric.column] = _mean_of_covered(metric, days, known)
    return pd.DataFrame(columns, index=known.rows.index, dtype=float)


def _mean_of_covered(metric: Metric, days: int, known: Knowledge) -> FloatArray:
    begun, ended = _begun(metric, days, known), _ended(metric, known)
    total = np.zeros(len(known.rows))
    count = np.zeros(len(known.rows))
    for k, measure in enumerate(preceding(metric), start=1):
        value = measure.evaluate(known)
        opens = known.rows.as_of - (k + 1) * days * DAY_US
        covered = (opens >= begun) & (opens + days * DAY_US <= ended)
        counted = covered & ~np.isnan(value)
        total[counted] += value[counted]
        count += counted
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _begun(metric: Metric, days: int, known: Knowledge) -> FloatArray:
    """Return from when on a window of the account's own past counts, NaN where none does."""
    begun = known.rows.as_of - known.tenure_days() * DAY_US
    grace = days // GRACE * DAY_US
    for select in _windowed(metric):
        begun = np.maximum(begun, known.covered_since(select).astype(float) - grace)
        if view_named(select.view).steady:
            first = known.answer(FirstMoment(Select(select.view)))
            begun = np.maximum(begun, first - grace)
    return begun


def _ended(metric: Metric, known: Knowledge) -> IntArray:
    """Return until when the feeds of a metric are known to have lived."""
    ended = np.full(len(known.rows), NEVER)
    for select in _windowed(metric):
        view = view_named(select.view)
        if view.stale_after_days is not None:
            last, limit = known.last_delivery(view), known.silent_after(view)
            silent = known.rows.as_of - last > limit
            ended = np.where(silent, np.minimum(ended, (last // DAY_US + 1) * DAY_US), ended)
    return ended


def _windowed(metric: Metric) -> list[Select]:
    found = list(presupposed(metric.measure))
    return found or [select for select, _ in metric.measure.selects() if select.window]
