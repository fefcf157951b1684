"""How the score moved, on readings small enough for paper and on the same tables at other dates."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_score import measure_health, score_health
from churngrid.features.scores.health_trend import (
    STEP_DAYS,
    Past,
    past_dates,
    past_of,
    trend_of,
    with_own_past,
)
from churngrid.features.scores.scorecard import Scorecard, TrendBounds
from churngrid.features.scores.scorecard_file import read_scorecard
from tests.build import day
from tests.checks.small_company import other_future, small_company

DEFAULT = read_scorecard(None, METRICS)
AS_OF = day("2025-11-03")
NAN = np.nan


def trend(now, *earlier, bounds=None):
    index = pd.Index(["a"])
    past = pd.DataFrame([earlier], index, columns=[1, 2, 3], dtype=float)
    found = trend_of(
        pd.Series([now], index, dtype=float), Past(past, past), bounds or TrendBounds()
    )
    return found.iloc[0].to_dict()


@pytest.mark.parametrize(
    ("readings", "change", "slope", "word"),
    [
        ((75, 80, 85, 90), -5, -5, "down"),
        ((60, 60, 60, 60), 0, 0, "flat"),
        ((90, 80, 70, 60), 10, 10, "up"),
        # x = 0, -1, -2, -3: slope = (1.5 * 78 + 0.5 * 82 - 0.5 * 86 - 1.5 * 90) / 5
        ((78, 82, 86, 90), -4, -4, "down"),
        ((79, 82, 86, 90), -3, -3.7, "flat"),
        # Fell, and came back lately: not falling any more.
        ((72, 60, 80, 95), 12, (1.5 * 72 + 0.5 * 60 - 0.5 * 80 - 1.5 * 95) / 5, "flat"),
        ((80, 85, 90, NAN), -5, -5, "down"),
        ((80, NAN, 90, 95), NAN, -5, "down"),
        ((80, 85, NAN, NAN), -5, NAN, "unknown"),
        ((NAN, 85, 90, 95), NAN, NAN, "unknown"),
    ],
)
def test_level_and_slope_are_kept_apart(readings, change, slope, word):
    found = trend(*readings)
    assert found["chs_change_28d"] == pytest.approx(change, nan_ok=True)
    assert found["chs_slope_84d"] == pytest.approx(slope, nan_ok=True)
    assert found["health_trend"] == word


def test_the_company_says_what_counts_as_falling():
    readings = (75, 76, 77, 78)
    assert trend(*readings)["health_trend"] == "flat"
    assert trend(*readings, bounds=TrendBounds(falling=-1))["health_trend"] == "down"
    assert trend(*readings[::-1], bounds=TrendBounds(rising=1))["health_trend"] == "up"


@pytest.fixture(scope="module")
def tables():
    return small_company(8, months=20, seed=4)


def features_at(tables, date):
    return compute_features(tables, known_accounts(tables, [date]), metrics=METRICS)


def read_past(tables, features, scorecard):
    dates = features.frame.index.get_level_values("as_of").unique()
    earlier = [past for date in dates for past in past_dates(date)]
    readings = compute_features(tables, known_accounts(tables, earlier), metrics=METRICS)
    return past_of(readings, features, scorecard)


def score_at(tables, date, scorecard=DEFAULT):
    health = measure_health(features_at(tables, date), scorecard)
    return health.scores["chs"].droplevel("as_of")


WITHOUT_VARIANTS = DEFAULT.model_copy(update={"variants": ()})


def test_earlier_readings_are_the_scores_of_those_dates(tables):
    features = features_at(tables, AS_OF)
    past = read_past(tables, features, WITHOUT_VARIANTS)
    assert past.scores.notna().to_numpy().sum() > 5
    for step in (1, 2, 3):
        date = AS_OF - pd.Timedelta(days=STEP_DAYS * step)
        then = score_at(tables, date, WITHOUT_VARIANTS)
        live = features_at(tables, date).live.droplevel("as_of")
        wanted = then.where(live).reindex(past.scores.index.get_level_values("account_id"))
        assert past.scores[step].tolist() == pytest.approx(wanted.tolist(), nan_ok=True, abs=0)


def test_the_past_cannot_see_the_future(tables):
    changed = other_future(
        tables,
        AS_OF - pd.Timedelta(days=28),
        {"usage_daily": "append", "tickets": "append"},
        seed=1,
    )
    features = features_at(tables, AS_OF)
    old, new = (read_past(one, features, DEFAULT).scores for one in (tables, changed))
    assert old[1].notna().any()
    pd.testing.assert_frame_equal(old, new)


def test_growing_older_is_no_trend(tables):
    """The variant that holds now is that of the earlier readings too."""
    features = features_at(tables, AS_OF)
    tenure = features.frame["tenure_days"].droplevel("as_of")
    youngest = tenure[(tenure > 90) & (tenure < 400)].idxmin()
    born = tenure[youngest]
    variant = {
        "name": "older",
        "when": {"field": "tenure_days", "at_least": born},
        "components": {
            name: {"weight": 1 if name == "usage" else 0} for name in DEFAULT.components
        },
    }
    card = Scorecard.model_validate(
        {**WITHOUT_VARIANTS.model_dump(by_alias=True, exclude_none=True), "variants": [variant]}
    )
    past = read_past(tables, features, card).scores.droplevel("as_of")
    alone = Scorecard.model_validate(
        {
            "components": {"usage": card.components["usage"].model_dump(exclude_none=True)},
            "insufficient_below": card.insufficient_below,
        }
    )
    older = tenure.index[tenure >= born]
    date = AS_OF - pd.Timedelta(days=28)
    then = score_at(tables, date, alone).where(features_at(tables, date).live.droplevel("as_of"))
    compared = past.loc[older, 1]
    assert not np.isnan(compared[youngest])
    assert compared.tolist() == pytest.approx(then.reindex(older).tolist(), nan_ok=True)


def test_caps_are_no_trend(tables):
    always = {"name": "all", "when": {"otherwise": True}, "limit": 1, "reason": "All."}
    capped = Scorecard.model_validate(
        {**DEFAULT.model_dump(by_alias=True, exclude_none=True), "caps": [always]}
    )
    features = features_at(tables, AS_OF)
    assert (score_health(features, capped).scores["chs"].dropna() == 1).all()
    pd.testing.assert_frame_equal(
        read_past(tables, features, capped).scores, read_past(tables, features, DEFAULT).scores
    )


def test_the_own_past_stands_in_where_a_metric_has_no_baseline(tables):
    features = features_at(tables, AS_OF)
    past = read_past(tables, features, DEFAULT)
    told = with_own_past(features, past)
    assert set(DEFAULT.metrics()) <= set(told.baseline)
    for column in features.baseline:
        pd.testing.assert_series_equal(told.baseline[column], features.baseline[column])
    dates = [AS_OF - pd.Timedelta(days=28 * k) for k in (1, 2, 3)]
    readings = pd.concat(
        [features_at(tables, date).frame["active_user_rate_28d"] for date in dates]
    )
    account = told.baseline["active_user_rate_28d"].dropna().index[0]
    assert told.baseline.loc[account, "active_user_rate_28d"] == pytest.approx(
        readings.loc[account[0]].mean()
    )


def test_readings_of_other_dates_are_left_alone(tables):
    features = features_at(tables, AS_OF)
    dates = [AS_OF, AS_OF - pd.Timedelta(days=7), *past_dates(AS_OF)]
    readings = compute_features(tables, known_accounts(tables, dates), metrics=METRICS)
    wanted, found = read_past(tables, features, DEFAULT), past_of(readings, features, DEFAULT)
    pd.testing.assert_frame_equal(found.scores, wanted.scores)
    pd.testing.assert_frame_equal(found.own, wanted.own)


def test_several_dates_at_once_are_refused(tables):
    dates = [AS_OF, AS_OF - pd.Timedelta(days=7)]
    features = compute_features(tables, known_accounts(tables, dates), metrics=METRICS)
    with pytest.raises(ValueError, match="`features` must belong to one as-of date, got 2"):
        read_past(tables, features, DEFAULT)


def test_no_rows_have_no_past(tables):
    features = compute_features(tables, known_accounts(tables, []), metrics=METRICS)
    past = read_past(tables, features, DEFAULT)
    found = trend_of(score_health(features, DEFAULT).scores["chs"], past, DEFAULT.trend)
    assert found.shape == (0, 3)
