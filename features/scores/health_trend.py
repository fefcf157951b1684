"""Trend: how the health score moved, from the same tables read as of earlier dates.

Nothing stored is needed and nothing looks ahead. Every earlier reading uses the weights and
thresholds that hold for the account now, and leaves caps out, so that growing older than 90 days or
a cap that runs out is no trend: only what the account did is.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..arrays.array_types import BoolArray, FloatArray
from ..engine.feature_table import Features
from ..metrics.absence import Absence
from .health_score import chs_before_caps
from .scorecard import Scorecard, TrendBounds
from .scorecard_weights import facts_of, weigh

__all__ = ["STEP_DAYS", "Past", "past_dates", "past_of", "trend_of", "with_own_past"]


STEP_DAYS = 28
"""Days between two readings."""

_STEPS = 3
_FEWEST_READINGS = 3
_MOST_MISSING = 0.1
"""Of the metrics that are read now, so many may not have been collected at an earlier reading."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the same accounts read like 28, 56 and 84 days earlier.

    Parameters
    ----------
    scores : DataFrame
        Same index as the features it was read for; columns 1, 2, 3 (steps back): the health score
        before caps, NaN where the account was no customer yet, or too little was known or read.
    own : DataFrame
        Same index: per weighed metric the mean of the earlier readings, NaN without any.
    """

    scores: pd.DataFrame
    own: pd.DataFrame


def past_dates(as_of: pd.Timestamp) -> list[pd.Timestamp]:
    """Return the earlier dates whose readings make the trend of a date, the newest first.

    Parameters
    ----------
    as_of : Timestamp

    Returns
    -------
    list of Timestamp

    Examples
    --------
    >>> [str(date.date()) for date in past_dates(pd.Timestamp("2025-06-30"))]
    ['2025-06-02', '2025-05-05', '2025-04-07']
    """
    return [as_of - pd.Timedelta(days=STEP_DAYS * step) for step in _steps()]


def past_of(readings: Features, features: Features, scorecard: Scorecard) -> Past:
    """Return the health of the same accounts as of earlier dates.

    Parameters
    ----------
    readings : Features
        Of the ``past_dates``; other dates and accounts among them are left alone.
    features : Features
        Of one as-of date; their variants of the scorecard are those of the earlier readings too.
    scorecard : Scorecard

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
    earlier = [past for date in dates for past in past_dates(date)]
    there = readings.frame.index
    place = _places(index, there)
    step = pd.Index(earlier).get_indexer(there.get_level_values("as_of"))
    meant = np.flatnonzero((step >= 0) & (place >= 0))
    place, step = place[meant], step[meant]
    weighing = weigh(scorecard, features.metrics, _judged_by(features, scorecard).iloc[place])
    columns = scorecard.metrics()
    frame = readings.frame[[*columns, *scorecard.ages()]].iloc[meant]
    absence = readings.absence[columns].iloc[meant]
    held = None if readings.held is None else readings.held.iloc[meant]
    live = readings.live.iloc[meant].to_numpy()
    scores = np.full((len(index), _STEPS), np.nan)
    alike = live & _alike(absence, features.absence[columns].iloc[place])
    scores[place, step] = np.where(
        alike, chs_before_caps(frame, absence, held, scorecard, weighing), np.nan
    )
    present = frame[columns].where(absence == Absence.PRESENT)[live]
    own = present.groupby(place[live]).mean().reindex(range(len(index)))
    return Past(pd.DataFrame(scores, index, list(_steps())), own.set_axis(index))


def _alike(then: pd.DataFrame, now: pd.DataFrame) -> BoolArray:
    """Return which earlier readings rest on what is read now: feeds that begin are no trend."""
    missing = (then == Absence.NOT_COLLECTED).to_numpy() & (now != Absence.NOT_COLLECTED).to_numpy()
    read = (now != Absence.NOT_COLLECTED).to_numpy().sum(axis=1)
    return np.asarray(missing.sum(axis=1) <= _MOST_MISSING * read, dtype=bool)


def _places(index: pd.Index, there: pd.Index) -> npt.NDArray[np.int64]:
    """Return the place of the account of each row among those of an index, -1 for others."""
    code, ids = pd.factorize(there.get_level_values("account_id"))
    return index.get_level_values("account_id").get_indexer(ids)[code]


def _judged_by(features: Features, scorecard: Scorecard) -> pd.DataFrame:
    """Return what decides on variants, and nothing else."""
    fields = [variant.when.fields() for variant in scorecard.variants]
    return facts_of(features)[sorted(frozenset().union(*fields))]


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
