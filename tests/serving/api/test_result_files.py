"""What is stored of a scoring beside scores: who departed, and what the scorecard achieved."""

from types import SimpleNamespace

import pandas as pd
import pytest

from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.serving.api.result_files import criteria_of, departures_of
from churngrid.serving.results.result_column import check_result
from churngrid.serving.results.schema import CRITERIA, DEPARTURES
from churngrid.training.scorecard.criteria_card import scorecard_digest
from tests.build import day

AS_OF = day("2025-07-01")
CARD = read_scorecard(None, METRICS)
JUDGED = {
    **{"criterion": "green_share", "meaning": "share of the book that is green", "value": 0.9},
    **{"low": 0.85, "high": None, "threshold": 0.8, "at_least": False, "verdict": "fail"},
    **{"why": "between", "n_parents": 40},
}


def scored(card, departed=None, scores=None):
    churn = None if card is None else SimpleNamespace(card={"scorecard": card})
    basis = SimpleNamespace(
        models=SimpleNamespace(churn=churn), config=SimpleNamespace(scorecard=CARD)
    )
    listed = pd.DataFrame({"as_of": [AS_OF]}) if scores is None else scores
    nobody = pd.DataFrame() if departed is None else departed
    return SimpleNamespace(scores=listed, basis=basis, departed=nobody)


@pytest.mark.parametrize(("digest", "same"), [(scorecard_digest(CARD), True), ("other", False)])
def test_what_training_judged_is_stored_with_every_scoring(digest, same):
    card = {"scorecard": digest, "through": "2025-02-01T00:00:00+00:00", "criteria": [JUDGED]}
    told = criteria_of(scored(card))
    check_result("criteria", told, CRITERIA)
    assert told.loc[0, ["criterion", "verdict", "accounts"]].tolist() == ["green_share", "fail", 40]
    assert told.loc[0, "judged_through"] == day("2025-02-01")
    assert told.loc[0, "same_scorecard"] == same
    assert pd.isna(told.loc[0, "high"])


@pytest.mark.parametrize("card", [None, {}, {"criteria": []}])
def test_without_a_judgement_nothing_is_stored_of_it(card):
    told = criteria_of(scored(card))
    check_result("criteria", told, CRITERIA)
    assert told.empty


def test_who_departed_is_stored_with_the_date_of_the_scoring():
    gone = pd.DataFrame(
        {
            **{"account_id": ["a"], "account_name": ["Alder"], "csm_id": [None], "arr": [9.0]},
            **{"how": ["left"], "read_at": [day("2025-04-08")], "chs": [71.0]},
            "health_band": ["high"],
        }
    )
    told = departures_of(scored(None, gone))
    check_result("departures", told, DEPARTURES)
    assert told.loc[0, "as_of"] == AS_OF
    for empty in (departures_of(scored(None)), departures_of(scored(None, gone, gone.iloc[:0]))):
        check_result("departures", empty, DEPARTURES)
        assert empty.empty
