"""Weights and thresholds by segment and stage of life, on numbers small enough for paper."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_score import chs_before_caps, score_health, scorecard_scope
from churngrid.features.scores.scorecard import Scorecard
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.features.scores.scorecard_weights import combinations_of, facts_of, weigh
from tests.features.scores.test_health_score import (
    NOT_THERE,
    SPONSORS,
    TICKETS,
    USERS,
    card,
    features_of,
)

GOOD = {TICKETS: 0.0, SPONSORS: 1.0}
YOUNG = {"field": "tenure_days", "below": 90}
SMALL = {"field": "segment", "is": "smb"}


def varied(*variants):
    return card(variants=[{"name": f"v{n}", **one} for n, one in enumerate(variants)])


def in_segment(features, segment):
    features.segment[:] = segment
    return features


def scored(features, scorecard):
    return score_health(features, scorecard).scores.iloc[0]


@pytest.mark.parametrize(("tenure", "usage"), [(89.0, 0.2), (90.0, 0.6), (np.nan, 0.6)])
def test_weights_of_the_first_days_count_only_then(tenure, usage):
    first = {"when": YOUNG, "components": {"usage": {"weight": 10}}}
    found = scored(features_of(tenure=tenure, **{USERS: 0.2}, **GOOD), varied(first))
    assert found["chs"] == pytest.approx(100 * (1 - usage), abs=1e-9)
    assert found["scorecard_variants"] == ("v0" if tenure < 90 else "")


def test_the_score_alone_is_that_of_the_whole():
    first = {"when": YOUNG, "components": {"usage": {"weight": 10}}}
    for tenure in (10.0, 400.0):
        features = features_of(tenure=tenure, **{USERS: 0.2}, **GOOD)
        weighing = weigh(varied(first), METRICS, facts_of(features))
        found = chs_before_caps(features.frame, features.absence, None, varied(first), weighing)
        assert found.tolist() == [scored(features, varied(first))["chs_before_caps"]]


def test_combinations_are_numbered_as_they_first_occur():
    held = [np.array(hit, dtype=bool) for hit in ([1, 0, 1, 0], [0, 0, 0, 1], [1, 0, 1, 1])]
    found, which = combinations_of(held, 4)
    assert found == [[0, 2], [], [1, 2]]
    assert which.tolist() == [0, 1, 0, 2]
    assert combinations_of([], 2)[0] == [[]]
    assert combinations_of([], 0)[0] == []


@pytest.mark.parametrize(("segment", "score"), [("smb", 100), ("enterprise", 25)])
def test_thresholds_go_by_segment(segment, score):
    easy = {"when": SMALL, "metrics": {USERS: {"poor": 0.1, "healthy": 0.3}}}
    features = in_segment(features_of(**{USERS: 0.35}, **GOOD), segment)
    assert scored(features, varied(easy))["chs_usage"] == pytest.approx(score)


def test_a_later_variant_wins_and_an_earlier_one_keeps_what_it_alone_changes():
    first = {"when": YOUNG, "metrics": {SPONSORS: {"weight": 7}, TICKETS: {"weight": 5}}}
    second = {"when": SMALL, "metrics": {SPONSORS: {"weight": 15}}}
    features = in_segment(features_of(tenure=10.0, **{TICKETS: 1.0, SPONSORS: 1.0}), "smb")
    found = scored(features, varied(first, second))
    assert found["chs_people"] == pytest.approx(100 * 15 / 20)
    assert found["scorecard_variants"] == "v0,v1"
    turned = scored(features, varied(second, first))
    assert turned["chs_people"] == pytest.approx(100 * 7 / 12)


def test_a_weight_of_nothing_leaves_a_metric_or_a_component_out():
    without = {"when": YOUNG, "metrics": {USERS: {"weight": 0}}}
    features = features_of(tenure=10.0, **{USERS: 0.2}, **GOOD)
    found = scored(features, varied(without))
    assert np.isnan(found["chs_usage"])
    assert (found["chs"], found["chs_coverage"]) == (100, 1)
    component = {"when": YOUNG, "components": {"usage": {"weight": 0}}}
    assert scored(features, varied(component))["chs"] == 100


def test_the_scope_goes_by_the_weights_that_hold():
    first = {"when": YOUNG, "components": {"usage": {"weight": 10}}}
    missing = features_of(tenure=10.0, states={SPONSORS: NOT_THERE})
    # People weigh 40 of 50 then, and a quarter of that is collected.
    assert scorecard_scope(missing, varied(first)) == pytest.approx(0.2 + 0.8 / 4)


FACTS = pd.DataFrame(
    {
        "tenure_days": [10.0, 89.9, 90.0, 200.0, 270.0, np.nan],
        "segment": ["smb", "enterprise", "smb", "strategic", "enterprise", "smb"],
        "arr_in_segment": [0.1, 0.2, 0.9, 0.5, np.nan, 0.79],
    }
)


def test_rows_get_exactly_the_numbers_of_the_shipped_scorecard():
    found = weigh(read_scorecard(None, METRICS), METRICS, FACTS)
    assert found.components["usage"].tolist() == [10, 10, 25, 25, 25, 25]
    assert found.components["outcomes"].tolist() == [30, 30, 15, 15, 15, 15]
    seats = found.metrics["licence_utilisation"]
    assert seats.poor.tolist() == [0.1, 0.1, 0.1, 0.5, 0.65, 0.5]
    assert seats.healthy.tolist() == [0.5, 0.5, 0.5, 0.75, 0.75, 0.75]
    meetings = found.metrics["days_since_meeting"]
    assert meetings.poor.tolist() == [90, 60, 60, 60, 60, 90]
    assert meetings.healthy.tolist() == [65, 35, 35, 35, 35, 65]
    assert found.applied == [
        *("first_90_days,first_six_months", "first_90_days,first_six_months,first_priority"),
        *("first_six_months,first_priority", "first_priority"),
        *("after_nine_months,first_priority", ""),
    ]


def test_the_weights_of_components_add_up_to_a_hundred_in_every_variant():
    found = weigh(read_scorecard(None, METRICS), METRICS, FACTS)
    assert sum(found.components.values()).tolist() == [100] * len(FACTS)


def test_no_rows_and_no_variants_give_no_names():
    scorecard = read_scorecard(None, METRICS)
    assert weigh(scorecard, METRICS, FACTS.iloc[:0]).applied == []
    plain = Scorecard.model_validate({"components": scorecard.model_dump()["components"]})
    assert weigh(plain, METRICS, FACTS).applied == [""] * len(FACTS)


def test_a_variant_row_by_row_is_what_a_scorecard_of_its_own_would_give():
    """Each row of a mixed book scores bit for bit as with its numbers written out by hand."""
    first = {"when": YOUNG, "metrics": {USERS: {"poor": 0.0, "healthy": 0.7, "weight": 3}}}
    mixed = varied({**first, "components": {"usage": {"weight": 7}}})
    written = {"metric": USERS, "poor": 0.0, "healthy": 0.7, "weight": 3}
    usage = {"label": "Usage", "weight": 7, "metrics": [written]}
    people = mixed.components["people"].model_dump()
    by_hand = Scorecard.model_validate({"components": {"usage": usage, "people": people}})
    features = features_of(tenure=30.0, **{USERS: 0.33, TICKETS: 0.4, SPONSORS: 0.7})
    one, other = scored(features, mixed), scored(features, by_hand)
    assert one["chs"] == other["chs"]
    assert one["chs_usage"] == other["chs_usage"]
