"""What pulls a component down, beside what is usual for the account and its segment."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_score import score_health
from churngrid.serving.scoring.component_reasons import component_reasons
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


def why(*, own=None, segment=None, percentile=None, **given):
    features = features_of(**given)
    nothing = pd.DataFrame(index=features.frame.index)
    frame = features.frame
    if percentile is not None:
        frame = frame.assign(**{f"{USERS}_in_segment": percentile})
    features = replace(
        features,
        frame=frame,
        baseline=nothing.assign(**(own or {})),
        segment_median=nothing.assign(**(segment or {})),
    )
    found = component_reasons(features, score_health(features, card()), card())
    return found.iloc[0].to_dict()


WEAK = {USERS: 0.35, TICKETS: 1.0, SPONSORS: 0.0}
USE = "share of assigned users who are active 35 %"


def test_the_metric_that_costs_most_is_named_with_its_points():
    # Usage: 60 of 100 points, a quarter is there. People: 40 points, 3/4 are the sponsor's.
    assert why(**WEAK) == {
        "why_usage": f"{USE}: costs 45 points",
        "why_people": "executive sponsors 0: costs 30 points",
    }


@pytest.mark.parametrize(
    ("usual", "said"),
    [
        ({"own": {USERS: 0.6}}, " (own 60 %)"),
        ({"segment": {USERS: 0.75}}, " (segment 75 %)"),
        ({"own": {USERS: np.nan}, "segment": {USERS: 0.75}}, " (segment 75 %)"),
        (
            {"own": {USERS: 0.6}, "segment": {USERS: 0.75}, "percentile": 0.084},
            " (own 60 %, segment 75 %, percentile 8)",
        ),
    ],
)
def test_a_value_stands_beside_what_is_usual(usual, said):
    assert why(**usual, **WEAK)["why_usage"] == f"{USE}{said}: costs 45 points"


def test_what_fades_says_how_old_it_is():
    features = features_of(nps_mean_365d=6.0, tickets_30d=90.0)
    scorecard = card(**MOOD, **LENIENT)
    nothing = pd.DataFrame(index=features.frame.index)
    features = replace(features, baseline=nothing, segment_median=nothing)
    found = component_reasons(features, score_health(features, scorecard), scorecard)
    # Half of a half-life: 100 - 50 * (1 - 0.5 ** 0.5) = 85.4.
    assert found["why_mood"].tolist() == ["mean NPS answer 6 (90 days old): costs 85 points"]


def test_a_strong_component_needs_no_reason():
    told = why(**{USERS: 0.65, TICKETS: 0.0, SPONSORS: 1.0})  # scores 75: high
    assert told == {"why_usage": "", "why_people": ""}
    assert why(**{USERS: 0.6, TICKETS: 0.0, SPONSORS: 1.0})["why_usage"] != ""


def test_what_is_not_known_is_no_reason():
    told = why(states={SPONSORS: NONE_YET}, **{USERS: 0.8, TICKETS: 1.0})
    assert told["why_people"] == "open critical tickets 1: costs 10 points"
    assert why(states={SPONSORS: NONE_YET}, **{USERS: 0.8, TICKETS: 0.0})["why_people"] == ""


def test_no_rows_have_no_reasons():
    tables = small_company(2, seed=1)
    features = compute_features(tables, known_accounts(tables, []), metrics=METRICS)
    found = component_reasons(features, score_health(features, card()), card())
    assert found.shape == (0, 2)
