"""Trend: how the health score moved, from the same tables read as of earlier dates.

Nothing stored is needed and nothing looks ahead. Every earlier reading uses the weights and
thresholds that hold for the account now, and leaves caps out, so that growing older than 90 days or
a cap that runs out is no trend: only what the account did is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from .absence import Absence
from .effort import DEFAULT_EFFORT, Effort
from .engine import Features, compute_features
from .health import measure_health
from .metric import Metric
from .population import known_accounts
from .scorecard import Scorecard, TrendBounds
from .tableset import Tables
from .weighing import facts_of

__all__ = ["STEP_DAYS", "Past", "read_past", "trend_of", "with_own_past"]

FloatArray = npt.NDArray[np.float64]

STEP_DAYS = 28
"""Days between two readings."""

_STEPS = 3
_FEWEST_READINGS = 3


@dataclass(frozen=True, slots=True)
class Past:
    """What the same accounts read like 28, 56 and 84 days earlier.

    Parameters
    ----------
    scores : DataFrame
        Same index as the features it was read for; columns 1, 2, 3 (steps back): the health score
        before caps, NaN where the account was no customer yet or too little was known.
    own : DataFrame
        Same index: per weighed metric the mean of the earlier readings, NaN without any.
    """

    scores: pd.DataFrame
    own: pd.DataFrame


def read_past(
    tables: Tables, features: Features, scorecard: Scorecard, effort: Effort = DEFAULT_EFFORT
) -> Past:
    """Read the health of the same accounts as of earlier dates.

    Parameters
    ----------
    tables : Tables
    features : Features
        Of one as-of date; their variants of the scorecard are those of the earlier readings too.
    scorecard : Scorecard
    effort : Effort

    Returns
    -------
    Past
        Empty for no rows.

    Raises
    ------
    ValueError
        If the features belong to several as-of dates.
    """
    index = features.frame.index
    dates = index.get_level_values("as_of").unique()
    if len(dates) > 1:
        raise ValueError(f"`features` must belong to one as-of date, got {len(dates)}.")
    earlier = [date - pd.Timedelta(days=STEP_DAYS * k) for date in dates for k in _steps()]
    pairs = known_accounts(tables, earlier)
    ids = index.get_level_values("account_id")
    pairs = pairs[pairs["account_id"].isin(ids)]
    needed = _needed(features.metrics, scorecard)
    past = compute_features(tables, pairs, metrics=needed, effort=effort)
    facts = facts_of(features).droplevel("as_of")
    then = facts.loc[past.frame.index.get_level_values("account_id")]
    health = measure_health(past, scorecard, weighed_as=then.set_axis(past.frame.index))
    readings = health.scores["chs"].where(past.live)
    present = past.frame.where(past.absence == Absence.PRESENT)[scorecard.metrics()]
    own = present[past.live].groupby(level="account_id").mean()
    return Past(
        scores=_by_step(readings, index, earlier), own=own.reindex(ids).set_axis(index, axis=0)
    )


def trend_of(now: pd.Series, past: Past, bounds: TrendBounds) -> pd.DataFrame:
    """Return how the score moved.

    Parameters
    ----------
    now : Series
        The health score before caps.
    past : Past
        Same index.
    bounds : TrendBounds
        From which slope a score rises or falls.

    Returns
    -------
    DataFrame
        ``chs_change_28d``: points since the reading 28 days ago. ``chs_slope_84d``: least-squares
        slope over the readings of 84 days in points per 28 days; it needs the present one and two
        more. ``health_trend``: ``up`` or ``down`` where the slope is beyond its bound and the last
        change does not go the other way, else ``flat``; ``unknown`` without a slope.

    Examples
    --------
    >>> index = pd.Index(["a", "b"])
    >>> scores = pd.DataFrame([[80.0, 85, 90], [60, 60, 60]], index, columns=[1, 2, 3])
    >>> found = trend_of(pd.Series([75.0, 60.0], index), Past(scores, scores), TrendBounds())
    >>> found["chs_slope_84d"].tolist(), found["health_trend"].tolist()
    ([-5.0, 0.0], ['down', 'flat'])
    """
    readings = np.column_stack([now.to_numpy(dtype=float), past.scores.to_numpy(dtype=float)])
    change = readings[:, 0] - readings[:, 1]
    slope = _slope(readings)
    back = np.nan_to_num(change)
    choices = [
        np.isnan(slope),
        (slope >= bounds.rising) & (back >= 0),
        (slope <= bounds.falling) & (back <= 0),
    ]
    words = np.select(choices, ["unknown", "up", "down"], "flat").astype(object)
    columns = {"chs_change_28d": change, "chs_slope_84d": slope, "health_trend": words}
    return pd.DataFrame(columns, index=now.index)


def with_own_past(features: Features, past: Past) -> Features:
    """Return the features with an own baseline for every weighed metric.

    Parameters
    ----------
    features : Features
    past : Past
        Its means stand in for metrics that have no baseline of their own.

    Returns
    -------
    Features
    """
    lacking = [name for name in past.own if name not in features.baseline]
    return replace(features, baseline=pd.concat([features.baseline, past.own[lacking]], axis=1))


def _steps() -> range:
    return range(1, _STEPS + 1)


def _needed(metrics: Sequence[Metric], scorecard: Scorecard) -> list[Metric]:
    """Return the metrics a score is measured by, without what is derived from them."""
    wanted = {*scorecard.metrics(), *scorecard.ages()}
    return [
        replace(metric, own_baseline=False, in_segment=False)
        for metric in metrics
        if metric.column in wanted
    ]


def _by_step(readings: pd.Series, index: pd.Index, earlier: list[pd.Timestamp]) -> pd.DataFrame:
    ids = index.get_level_values("account_id")
    dates = readings.index.get_level_values("as_of")
    columns = {
        step: readings[dates == date].droplevel("as_of").reindex(ids).to_numpy(dtype=float)
        for step, date in enumerate(earlier, start=1)
    }
    return pd.DataFrame(columns, index=index, columns=list(_steps()), dtype=float)


def _slope(readings: FloatArray) -> FloatArray:
    """Return the slope per step over the known readings, the newest of which comes first."""
    known = ~np.isnan(readings)
    time = np.where(known, -np.arange(readings.shape[1], dtype=float), 0.0)
    count = known.sum(axis=1)
    level = np.where(known, readings, 0.0)
    enough = known[:, 0] & (count >= _FEWEST_READINGS)
    size = np.maximum(count, 1)
    away = np.where(known, time - (time.sum(axis=1) / size)[:, None], 0.0)
    spread = np.where(enough, (away**2).sum(axis=1), 1.0)
    return np.where(enough, (away * level).sum(axis=1) / spread, np.nan)
