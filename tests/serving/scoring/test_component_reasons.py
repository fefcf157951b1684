"""What pulls a component down, beside what is usual for the account and its segment."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_score import score_health
from churngrid.serving.scoring.component_reasons import component_reasons, points_of
from tests.checks.small_company import small_company
from tests.features.scores.test_health_score import (
    LENIENT,
    MOOD,
    NONE_YET,
    SPONSORS,
    TICKETS,
    USERS,
    card,
    features_of,
)


def reasons(features, scorecard):
    health = score_health(features, scorecard)
    points = points_of(features, health, scorecard)
    return component_reasons(features, health, points, scorecard)


def why(*, own=None, **given):
    features = features_of(**given)
    nothing = pd.DataFrame(index=features.frame.index)
    features = replace(features, baseline=nothing.assign(**(own or {})), segment_median=nothing)
    return reasons(features, card()).iloc[0].to_dict()


WEAK = {USERS: 0.35, TICKETS: 1.0, SPONSORS: 0.0}
USE = "share of assigned users who are active 35 %"


def test_the_metric_that_costs_most_is_named_with_its_points():
    # Usage: 60 of 100 points, a quarter is there. People: 40 points, 3/4 are the sponsor's.
    assert why(**WEAK) == {
        "why_usage": f"{USE} (full points at 80 %): costs 45 points",
        "why_people": "executive sponsors 0 (full points at 1): costs 30 points",
    }


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (0.6, "share of assigned users who are active 60 % -> 35 %"),
        (np.nan, USE),
        (0.2, USE),  # it was worse: that speaks for the account
    ],
)
def test_the_own_past_is_said_where_it_was_better(own, said):
    told = why(own={USERS: own}, **WEAK)["why_usage"]
    assert told == f"{said} (full points at 80 %): costs 45 points"


@pytest.mark.parametrize(
    ("answer", "age", "said"),
    [
        # Half of a half-life, of 50 points: 100 - 75 and what has faded, 25 * (1 - 0.5 ** 0.5).
        (8.25, 90.0, "mean NPS answer 8.2 (full points at 9), 90 days old: costs 32 points"),
        # What was bad does not become neutral by growing old.
        (6.0, 90.0, "mean NPS answer 6 (full points at 9), 90 days old: costs 100 points"),
        (6.0, 1.0, "mean NPS answer 6 (full points at 9), 1 day old: costs 100 points"),
        # A good answer costs points by its age alone, so that its number is no reason.
        (9.5, 540.0, "mean NPS answer, nothing said for 540 days: costs 44 points"),
    ],
)
def test_what_fades_says_how_old_it_is(answer, age, said):
    features = features_of(nps_mean_365d=answer, tickets_30d=age)
    scorecard = card(**MOOD, **LENIENT)
    nothing = pd.DataFrame(index=features.frame.index)
    features = replace(features, baseline=nothing, segment_median=nothing)
    assert reasons(features, scorecard)["why_mood"].tolist() == [said]


def test_a_strong_component_needs_no_reason():
    told = why(**{USERS: 0.65, TICKETS: 0.0, SPONSORS: 1.0})  # scores 75: high
    assert told == {"why_usage": "", "why_people": ""}
    assert why(**{USERS: 0.6, TICKETS: 0.0, SPONSORS: 1.0})["why_usage"] != ""


def test_what_is_not_known_is_no_reason():
    told = why(states={SPONSORS: NONE_YET}, **{USERS: 0.8, TICKETS: 1.0})
    assert told["why_people"] == "open critical tickets 1 (full points at 0): costs 10 points"
    assert why(states={SPONSORS: NONE_YET}, **{USERS: 0.8, TICKETS: 0.0})["why_people"] == ""


def test_no_rows_have_no_reasons():
    tables = small_company(2, seed=1)
    features = compute_features(tables, known_accounts(tables, []), metrics=METRICS)
    assert reasons(features, card()).shape == (0, 2)
