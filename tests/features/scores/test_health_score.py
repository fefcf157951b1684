"""The health score on numbers small enough to check by hand."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import Features, compute_features, known_accounts
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_score import score_health, scorecard_scope
from churngrid.features.scores.scorecard import Scorecard
from churngrid.features.scores.scorecard_file import read_scorecard
from tests.build import day
from tests.checks.small_company import small_company

GONE, NOT_THERE = Absence.NOT_APPLICABLE, Absence.NOT_COLLECTED
NONE_YET, STALE = Absence.NO_EVENT_YET, Absence.STALE_OR_FAILED

USERS, TICKETS, SPONSORS = "active_user_rate_28d", "open_critical_tickets", "exec_sponsors"

CARD = {
    "components": {
        "usage": {
            "label": "Usage",
            "weight": 60,
            "metrics": [{"metric": USERS, "poor": 0.2, "healthy": 0.8}],
        },
        "people": {
            "label": "People",
            "weight": 40,
            "metrics": [{"metric": TICKETS, "weight": 1}, {"metric": SPONSORS, "weight": 3}],
        },
    }
}
"""Usage scores 0 at 0.2 and 100 at 0.8; a ticket 0, none 100; no sponsor 0, one 100."""


def card(**other):
    return Scorecard.model_validate({**CARD, **other})


def features_of(*, tenure=400.0, states=None, **values):
    """One account with these numbers, all present unless a state says otherwise."""
    columns = [metric.column for metric in METRICS]
    index = pd.MultiIndex.from_tuples([("a", day("2025-06-01"))], names=["account_id", "as_of"])
    numbers = {**dict.fromkeys(columns, 0.0), "tenure_days": tenure, **values}
    frame = pd.DataFrame(numbers, index=index)
    frame["arr_in_segment"] = 0.2
    absence = pd.DataFrame(dict.fromkeys(columns, np.int8(0)), index=index)
    for column, state in (states or {}).items():
        absence[column] = np.int8(state)
        if state in (GONE, NOT_THERE, NONE_YET):
            frame[column] = np.nan
    alive = pd.Series(True, index=index)
    return Features(frame, absence, frame, frame, alive, alive.map({True: "all"}), METRICS)


def scored(features, scorecard):
    return score_health(features, scorecard).scores.iloc[0]


def test_the_score_is_the_weighted_mean_of_components():
    found = scored(features_of(**{USERS: 0.5, TICKETS: 0.0, SPONSORS: 0.0}), card())
    assert found["chs_usage"] == pytest.approx(50)
    assert found["chs_people"] == pytest.approx(25)  # (1 x 100 + 3 x 0) / 4
    assert found["chs"] == pytest.approx(0.6 * 50 + 0.4 * 25)
    assert found["chs_low"] == found["chs_high"] == pytest.approx(40)
    assert found["chs_coverage"] == 1


@pytest.mark.parametrize(
    ("value", "score"), [(0.0, 0), (0.2, 0), (0.35, 25), (0.8, 100), (1.4, 100)]
)
def test_a_metric_is_linear_between_its_thresholds_and_flat_beyond(value, score):
    assert scored(features_of(**{USERS: value}), card())["chs_usage"] == pytest.approx(score)


def test_own_thresholds_replace_those_of_the_metric():
    own = {"metric": USERS, "poor": 0.0, "healthy": 0.5}
    parts = {"usage": {"label": "Usage", "weight": 1, "metrics": [own]}}
    assert scored(features_of(**{USERS: 0.25}), card(components=parts))["chs"] == pytest.approx(50)


@pytest.mark.parametrize("state", [GONE, NOT_THERE])
def test_what_does_not_apply_or_is_not_collected_carries_no_weight(state):
    found = scored(features_of(**{USERS: 0.5}, states={SPONSORS: state}), card())
    assert found["chs_people"] == 100
    assert found["chs"] == pytest.approx(0.6 * 50 + 0.4 * 100)
    assert found["chs_coverage"] == 1


@pytest.mark.parametrize("state", [GONE, NOT_THERE])
def test_a_component_that_does_not_apply_leaves_its_weight_to_the_others(state):
    states = {TICKETS: state, SPONSORS: state}
    found = scored(features_of(**{USERS: 0.5}, states=states), card())
    assert np.isnan(found["chs_people"])
    assert found["chs"] == pytest.approx(50)
    assert found["chs_coverage"] == 1


def test_no_event_yet_is_neutral_uncovered_and_opens_the_interval():
    found = scored(features_of(**{USERS: 0.8}, states={SPONSORS: NONE_YET}), card())
    assert found["chs_people"] == pytest.approx((100 + 3 * 50) / 4)
    assert found["chs_coverage"] == pytest.approx(1 - 0.4 * 3 / 4)
    assert found["chs_low"] == pytest.approx(60 + 0.4 * 25)
    # The most it could be is 100, but with 70 % known it may not be called high.
    assert found["chs_high"] == np.nextafter(70, 0)


@pytest.mark.parametrize(("value", "score"), [(0.8, 50), (0.5, 50), (0.35, 25), (0.2, 0)])
def test_a_stale_feed_keeps_its_last_value_but_at_most_fifty(value, score):
    found = scored(features_of(**{USERS: value}, states={USERS: STALE}), card())
    assert found["chs_usage"] == pytest.approx(score)
    assert found["chs_coverage"] == pytest.approx(0.4)


def half_known(share):
    """Two metrics, the second one unknown, with weights so that ``share`` is known."""
    metrics = [
        {"metric": USERS, "weight": share},
        {"metric": SPONSORS, "weight": round(1 - share, 6)},
    ]
    parts = {"all": {"label": "All", "weight": 1, "metrics": metrics}}
    features = features_of(**{USERS: 0.8}, states={SPONSORS: NONE_YET})
    return scored(features, card(components=parts))


def test_below_sixty_per_cent_known_there_is_no_score():
    assert half_known(0.6)["chs"] == np.nextafter(70, 0)
    below = half_known(0.59)
    assert np.isnan(below["chs"])
    assert below["chs_low"] == pytest.approx(59)


def test_below_eighty_per_cent_known_no_score_is_high():
    assert half_known(0.79)["chs"] == np.nextafter(70, 0)
    assert half_known(0.81)["chs"] == pytest.approx(81 + 19 / 2)


def test_nothing_known_leaves_every_score_possible():
    states = {USERS: GONE, TICKETS: GONE, SPONSORS: GONE}
    found = scored(features_of(states=states), card())
    assert np.isnan(found["chs"])
    assert found["chs_low"] == 0
    assert found["chs_high"] == np.nextafter(70, 0)


CAPS = [
    {"name": "far", "when": {"field": "days_overdue", "above": 60}, "limit": 59, "reason": "Late."},
    {
        "name": "red",
        "when": {"field": "layoffs_180d", "at_least": 1},
        "limit": 30,
        "reason": "Cut.",
    },
]
GOOD = {USERS: 0.8, TICKETS: 0.0, SPONSORS: 1.0}


@pytest.mark.parametrize(
    ("values", "score", "reason", "names"),
    [
        ({}, 100, "", ()),
        ({"days_overdue": 60.0}, 100, "", ()),
        ({"days_overdue": 60.5}, 59, "Late.", ("far",)),
        ({"days_overdue": 61.0, "layoffs_180d": 1.0}, 30, "Cut.", ("red", "far")),
    ],
)
def test_the_lowest_cap_that_holds_limits_the_score_and_says_why(values, score, reason, names):
    found = scored(features_of(**GOOD, **values), card(caps=CAPS))
    assert found["chs"] == found["chs_high"] == found["chs_low"] == score
    assert found["cap_reason"] == reason
    assert found["caps"] == names


def test_a_cap_never_lifts_a_score():
    found = scored(features_of(**{USERS: 0.2, TICKETS: 1.0}, layoffs_180d=1.0), card(caps=CAPS))
    assert found["chs"] == 0
    assert found["cap"] == 30


def test_an_unknown_number_holds_no_cap():
    features = features_of(**GOOD, states={"layoffs_180d": NOT_THERE})
    assert scored(features, card(caps=CAPS))["chs"] == 100


FADING = {"metric": "nps_mean_365d", "fades": {"half_life_days": 180, "since": "tickets_30d"}}
LENIENT = {"insufficient_below": 0, "green_from": 0}
MOOD = {"components": {"mood": {"label": "Mood", "weight": 1, "metrics": [FADING]}}}


@pytest.mark.parametrize(
    ("answer", "age", "score"),
    [
        (9.0, 0.0, 100),
        (9.0, 180.0, 75),  # half is left of what it says, the other half is neutral
        (9.0, 360.0, 62.5),
        (6.0, 180.0, 0),  # what was bad does not become neutral by growing old
        (7.5, 180.0, 50),
        (9.0, np.nan, 100),  # without an age nothing fades
    ],
)
def test_a_signal_drifts_to_neutral_with_its_age(answer, age, score):
    found = scored(features_of(nps_mean_365d=answer, tickets_30d=age), card(**MOOD, **LENIENT))
    assert found["chs"] == pytest.approx(score)


@pytest.mark.parametrize(("age", "known"), [(0.0, 1.0), (180.0, 0.5), (540.0, 0.125)])
def test_what_has_faded_is_unknown(age, known):
    found = scored(features_of(nps_mean_365d=8.1, tickets_30d=age), card(**MOOD, **LENIENT))
    assert found["chs_coverage"] == pytest.approx(known)
    assert found["chs_low"] == pytest.approx(70 * known)
    assert found["chs_high"] == pytest.approx(100 - 30 * known)
    assert found["chs"] == pytest.approx((found["chs_low"] + found["chs_high"]) / 2)


def test_a_faded_score_counts_as_too_little_known():
    features = features_of(nps_mean_365d=9.0, tickets_30d=180.0)
    assert np.isnan(scored(features, card(**MOOD))["chs"])


@pytest.mark.parametrize(("age", "score"), [(0.0, 0), (180.0, 0)])
def test_a_stale_feed_keeps_what_its_signal_still_said(age, score):
    values = {"nps_mean_365d": 6.0, "tickets_30d": age}
    found = scored(features_of(states={"nps_mean_365d": STALE}, **values), card(**MOOD, **LENIENT))
    assert found["chs_mood"] == pytest.approx(score)
    assert (found["chs_low"], found["chs_high"], found["chs_coverage"]) == (0, 100, 0)


def test_the_score_before_caps_is_kept_beside_the_score():
    found = scored(features_of(**GOOD, layoffs_180d=1.0), card(caps=CAPS))
    assert (found["chs"], found["chs_before_caps"]) == (30, 100)


def test_losses_are_what_is_missing_from_a_hundred():
    health = score_health(features_of(**{USERS: 0.35, TICKETS: 1.0, SPONSORS: 0.0}), card())
    losses = health.losses.iloc[0]
    assert losses.to_dict() == pytest.approx({USERS: 45.0, TICKETS: 10.0, SPONSORS: 30.0})
    assert 100 - losses.sum() == pytest.approx(health.scores["chs"].iloc[0])


def test_scope_is_the_weight_of_what_the_company_collects_at_all():
    assert scorecard_scope(features_of(), card()) == 1
    # Of the people component 3/4 are not collected: 1 - 0.4 x 3/4.
    missing = features_of(states={SPONSORS: NOT_THERE})
    assert scorecard_scope(missing, card()) == pytest.approx(0.7)
    assert scorecard_scope(features_of(states={SPONSORS: GONE}), card()) == 1


def test_no_rows_give_no_scores():
    tables = small_company(2, seed=1)
    features = compute_features(tables, known_accounts(tables, []), metrics=METRICS)
    health = score_health(features, read_scorecard(None, METRICS))
    assert len(health.scores) == len(health.losses) == 0
    assert {"chs", "chs_low", "chs_high", "chs_usage", "cap_reason"} <= set(health.scores)
    assert scorecard_scope(features, read_scorecard(None, METRICS)) == 0
