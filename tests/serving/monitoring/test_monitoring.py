"""Monitoring tells what was stored beside what came, and says when to train again."""

import numpy as np
import pandas as pd
import pytest

import churngrid
from churngrid.features.errors import SchemaError
from churngrid.serving.monitoring.open_reasons import open_because
from churngrid.serving.monitoring.page import monitor_page
from churngrid.serving.monitoring.realised import forecasts_held, pooled_of, realised_of
from churngrid.serving.monitoring.retrain_rules import RULES, facts_for, found_by
from churngrid.serving.monitoring.runs import psi_of, runs_of
from churngrid.serving.results.monitoring_schema import MONITORED
from churngrid.serving.results.result_column import check_result
from tests.build import day

DATES = ("2025-01-01", "2025-02-01", "2025-03-01")


def scores_of(date, *, p, version="m1", rng=None):
    count = len(p)
    return pd.DataFrame(
        {
            "account_id": [f"a{number:03d}" for number in range(count)],
            "as_of": day(date),
            "model_version": version,
            "p_churn": p,
            "base_rate": 0.2,
            "arr": 100.0,
            "health_band": np.where(np.asarray(p) < 0.1, "high", "low"),
            "hindsight": False,
        }
    )


def drift_of(date, *, moved=0.1, missing=0.0, inputs=5):
    return pd.DataFrame(
        {
            "as_of": day(date),
            "target": "churn",
            "input": [f"i{number}" for number in range(inputs)],
            "moved": moved,
            "missing_then": 0.0,
            "missing_now": missing,
        }
    )


FEEDS = pd.DataFrame({"as_of": [day(DATES[2])], "table": ["tickets"], "state": ["gone"]})


def history(p_of, drift=None, outcomes=None):
    """Stored scorings of three dates, merged with what came."""
    rng = np.random.default_rng(5)
    scores = pd.concat([scores_of(date, p=p_of(date, rng)) for date in DATES], ignore_index=True)
    drift = drift if drift is not None else pd.concat([drift_of(date) for date in DATES])
    left = pd.Series(pd.NA, scores.index, dtype="boolean")
    beside = scores.assign(left=left if outcomes is None else outcomes(scores, rng))
    runs = runs_of(scores, drift, FEEDS).merge(realised_of(beside), on="as_of")
    return runs.assign(open_because=open_because(runs)), beside


def by_chance(date, rng):
    return rng.beta(1, 4, 200)


def as_estimated(scores, rng):
    """What comes is drawn by the estimates; the newest scoring is still open."""
    first = rng.random(200)
    drawn = np.concatenate([first, first, first]) < scores["p_churn"]
    return drawn.astype("boolean").mask(scores["as_of"] == day(DATES[2]))


def rules_of(runs, beside):
    facts = facts_for(runs, pooled_of(beside, runs["model_version"].iloc[-1]))
    return {finding.rule: finding.says for finding in found_by(facts)}


def test_honest_estimates_give_no_reason_to_train_again():
    runs, beside = history(by_chance, outcomes=as_estimated)
    check_result("runs", runs, MONITORED["runs"])
    assert rules_of(runs, beside) == {}
    closed = runs.iloc[0]
    assert closed["closed"] == 200
    assert closed["expected_low"] <= closed["left"] <= closed["expected_high"]
    assert closed["roc_auc"] > 0.6
    assert runs["closed"].iloc[2] == 0
    assert runs["open_because"].tolist() == ["", "", "no outcome is certain yet"]
    assert np.isnan(runs["expected"].iloc[2])
    assert runs["feeds_wrong"].tolist() == ["", "", "tickets gone"]


def test_estimates_that_expect_too_few_are_found():
    def many(scores, rng):
        drawn = rng.random(len(scores)) < np.minimum(3 * scores["p_churn"], 1)
        return drawn.astype("boolean")

    found = rules_of(*history(by_chance, outcomes=many))
    assert "calibration" in found
    assert "which chance does not explain" in found["calibration"]


def test_estimates_that_rank_no_better_than_chance_are_found():
    def anybody(scores, rng):
        return pd.Series(rng.random(len(scores)) < 0.2, dtype="boolean")

    found = rules_of(*history(by_chance, outcomes=anybody))
    assert {"ranking", "no_better_than_base_rate"} <= set(found)


def test_hindsight_is_no_reference_for_what_came_later():
    """A model was asked about two dates it had learned from; its own use begins with the third."""
    rng = np.random.default_rng(5)
    parts = [scores_of(date, p=rng.beta(1, 4, 200)) for date in (*DATES, "2025-04-01")]
    for known in parts[:2]:
        known["hindsight"], known["p_churn"] = True, rng.beta(1, 20, 200)
    scores = pd.concat(parts, ignore_index=True)
    drift = pd.concat([drift_of(date, moved=0.9) for date in DATES[:2]])
    runs = runs_of(scores, drift, FEEDS)
    assert runs["reference"].isna().tolist() == [True, True, False, False]
    assert (runs["reference"].iloc[2:] == day(DATES[2])).all()
    assert runs["score_psi"].isna().tolist() == [True, True, False, False]
    assert runs["score_psi"].max() < 0.25
    beside = scores.assign(left=pd.Series(pd.NA, scores.index, dtype="boolean"))
    whole = runs.merge(realised_of(beside), on="as_of").assign(open_because="")
    check_result("runs", whole, MONITORED["runs"])
    assert rules_of(whole, beside) == {}


def test_a_planted_drift_is_found_only_where_it_lasts():
    once = pd.concat([drift_of(DATES[0]), drift_of(DATES[1]), drift_of(DATES[2], moved=0.7)])
    assert rules_of(*history(by_chance, drift=once)) == {}
    lasting = pd.concat([drift_of(DATES[0])] + [drift_of(date, moved=0.7) for date in DATES[1:]])
    found = rules_of(*history(by_chance, drift=lasting))
    assert "100% of the inputs lay far" in found["inputs_moved"]
    missing = pd.concat([drift_of(DATES[0])] + [drift_of(date, missing=0.9) for date in DATES[1:]])
    assert "inputs_missing" in rules_of(*history(by_chance, drift=missing))


def test_estimates_that_are_distributed_otherwise_are_found():
    def later_higher(date, rng):
        return rng.beta(1, 4, 200) if date == DATES[0] else rng.beta(4, 4, 200)

    assert "scores_moved" in rules_of(*history(later_higher))


@pytest.mark.parametrize(
    ("p", "hindsight", "says"),
    [
        (0.2, False, "no outcome is certain yet"),
        (0.2, True, "its estimates are hindsight: the model had learned from what came"),
        (np.nan, True, "nothing was estimated"),
    ],
)
def test_a_scoring_of_which_nothing_came_says_why(p, hindsight, says):
    scores = scores_of(DATES[0], p=np.full(60, p)).assign(hindsight=hindsight)
    runs = runs_of(scores, pd.DataFrame(), pd.DataFrame())
    runs = runs.merge(realised_of(scores.assign(left=pd.NA)), on="as_of")
    assert open_because(runs)[0].startswith(says)


@pytest.mark.parametrize(("hindsight", "old"), [(False, True), (True, False)])
def test_a_model_ages_by_its_use_and_not_by_hindsight(hindsight, old):
    rng = np.random.default_rng(5)
    past = scores_of("2024-01-01", p=rng.beta(1, 4, 200)).assign(hindsight=hindsight)
    now = scores_of("2025-06-01", p=rng.beta(1, 4, 200))
    both = pd.concat([past, now], ignore_index=True).assign(left=pd.NA)
    runs = runs_of(both, pd.DataFrame(), pd.DataFrame()).merge(realised_of(both), on="as_of")
    assert ("age" in rules_of(runs, both)) is old


def test_a_new_model_is_held_against_its_own_first_scoring():
    rng = np.random.default_rng(5)
    old = scores_of(DATES[0], p=rng.beta(1, 4, 200))
    new = scores_of(DATES[1], p=rng.beta(4, 4, 200), version="m2")
    runs = runs_of(pd.concat([old, new]), pd.DataFrame(), pd.DataFrame())
    assert runs["score_psi"].tolist() == [0.0, 0.0]
    assert runs["reference"].tolist() == [day(DATES[0]), day(DATES[1])]


def test_psi_is_that_of_its_definition():
    rng = np.random.default_rng(1)
    before, now = rng.normal(size=4000), rng.normal(0.8, 1, size=4000)
    edges = [-np.inf, *np.quantile(before, np.arange(1, 10) / 10), np.inf]
    then, today = (np.histogram(x, edges)[0] / 4000 for x in (before, now))
    expected = sum((b - a) * np.log(b / a) for a, b in zip(then, today, strict=True))
    assert psi_of(before, now) == pytest.approx(expected, rel=0.02)
    assert np.isnan(psi_of(before[:10], now))


def test_leavers_out_of_high_health_are_surprises():
    scores = scores_of(DATES[0], p=[0.05, 0.05, 0.6, 0.6])
    left = pd.Series([True, False, True, False], dtype="boolean")
    found = realised_of(scores.assign(left=left)).iloc[0]
    assert found["surprises"] == 1
    assert found["arr_left"] == 200.0
    assert found["arr_expected"] == pytest.approx(130.0)


def test_a_forecast_is_held_against_those_who_decided_in_its_period():
    forecast = pd.DataFrame(
        {
            "as_of": day("2025-01-01"),
            "unit": "quarter",
            "period": ["2025-Q1", "2025-Q2"],
            "grouping": "all",
            "starts_at": [day("2025-01-01"), day("2025-04-01")],
            "ends_at": [day("2025-04-01"), day("2025-07-01")],
            "leaving": [150.0, 100.0],
            "leaving_low": [50.0, 50.0],
            "leaving_high": [250.0, 150.0],
        }
    )
    outcomes = scores_of(DATES[0], p=[0.2, 0.2, 0.2]).assign(
        decided_at=[day("2025-02-01"), day("2025-03-31"), day("2025-05-01")]
    )
    held = forecasts_held(forecast, outcomes, day("2025-05-01"))
    check_result("forecasts", held, MONITORED["forecasts"])
    assert held["period"].tolist() == ["2025-Q1"]
    assert held["came"].tolist() == [200.0]
    assert held["inside"].tolist() == [True]


def test_every_rule_can_be_said():
    facts = dict.fromkeys(
        (
            *("left", "roc_auc_high", "gain_high", "gain_worse", "moved_share", "missing_share"),
            *("score_psi", "age_days", "outside", "expected", "newest_left"),
            *("expected_low", "expected_high"),
        ),
        0.5,
    )
    for rule in RULES:
        assert rule.says.format(**facts)


def test_the_page_is_plain_and_safe():
    runs, _ = history(by_chance)
    runs["feeds_wrong"] = "<script>alert(1)</script>"
    page = monitor_page(runs, pd.DataFrame(), (), ("note",))
    assert "<script>" not in page
    assert "Nothing says: train again" in page


def test_without_stored_results_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SchemaError, match="No stored results were found"):
        churngrid.monitor({}, out=None)
    with pytest.raises(SchemaError, match="has no scores yet"):
        churngrid.monitor({}, results=tmp_path / "nothing")
