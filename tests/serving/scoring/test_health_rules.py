import numpy as np
import pandas as pd
import pytest

from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_overrides import active_overrides, read_overrides
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.serving.scoring.health_rules import (
    FLAGS,
    band_distance,
    covered_band,
    flags_of,
    limited_band,
    sources_of,
    with_overrides,
)
from tests.build import day

CARD = read_scorecard(None, METRICS)
CALM = {
    "reason": None,
    **{"health_trend": "flat", "band_distance": 0, "guard": "", "cell": "save", "chs": 60.0},
    **{"arr_over_approval": -1.0, "maturity_conflict": "", "status": "scored", "p_churn": np.nan},
    **{"maturity_due": "", "caps": ()},
}


def one(**fields):
    return pd.DataFrame([{**CALM, **fields}])


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({}, ""),
        ({"health_trend": "down"}, "health_falling"),
        ({"health_trend": "up"}, ""),
        ({"health_trend": "unknown"}, ""),
        ({"band_distance": 2}, "model_and_scorecard_disagree"),
        ({"band_distance": 1}, ""),
        ({"guard": "too young"}, "let_churn_guarded"),
        ({"cell": "let_churn", "arr_over_approval": 1.0}, "let_churn_needs_approval"),
        ({"cell": "let_churn", "arr_over_approval": 0.0}, ""),
        ({"maturity_conflict": "process"}, "maturity_evidence_conflicts"),
        ({"maturity_due": "layoff since the newest answer"}, "maturity_due"),
        ({"caps": ("sponsor_left", "merged")}, "merged_with_competitor_in_sight"),
        ({"caps": ("sponsor_left",)}, ""),
        ({"chs": np.nan}, "health_score_insufficient"),
        ({"health_trend": "down", "chs": np.nan}, "health_falling,health_score_insufficient"),
    ],
)
def test_every_flag_whose_condition_holds_is_raised(fields, flags):
    wanted = one(**fields)
    assert flags_of(wanted).tolist() == [flags]
    assert {flag.name for flag in FLAGS} >= set(filter(None, flags.split(",")))


@pytest.mark.parametrize(
    ("source", "coverage", "raw", "shown"),
    [
        ("scorecard", 0.79, "medium", "medium"),
        ("scorecard", 0.79, "low", "low"),
        ("scorecard", 0.80, "medium", "high"),
        ("model", 0.50, "medium", "high"),
    ],
)
def test_the_past_keeps_no_account_green_of_which_too_little_is_known(source, coverage, raw, shown):
    account = {"band": "high", "health_band_raw": raw, "health_source": source}
    accounts = pd.DataFrame([{**account, "chs_coverage": coverage}])
    assert covered_band(accounts, CARD).tolist() == [shown]
    calm = accounts.assign(band="medium", health_band_raw="low")
    assert covered_band(calm, CARD).tolist() == ["medium"]


def test_a_falling_75_is_told_from_a_stable_60():
    accounts = pd.concat([one(chs=75.0, health_trend="down"), one(chs=60.0)], ignore_index=True)
    assert flags_of(accounts).tolist() == ["health_falling", ""]


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"status": "notice_given", "p_churn": 0.1}, "none"),
        ({"status": "paused"}, "none"),
        ({"p_churn": 0.1}, "model"),
        ({"status": "not_eligible", "p_churn": 0.1}, "scorecard"),
        ({"status": "not_eligible", "reason": "not_yet_customer"}, "none"),
        ({}, "scorecard"),
        ({"chs": np.nan}, "none"),
    ],
)
def test_the_first_source_that_is_there_gives_the_health(fields, source):
    assert sources_of(one(**fields)).tolist() == [source]


def limited(band, *, cap=np.nan, override=np.nan):
    fields = {"band": band, "cap": cap, "override_limit": override}
    reasons = {"cap_reason": "Cap." if cap == cap else ""}
    reasons["override_reason"] = "Said." if override == override else ""
    return limited_band(pd.DataFrame([{**fields, **reasons}]), CARD).iloc[0].to_dict()


@pytest.mark.parametrize(
    ("given", "band", "reason"),
    [
        ({"band": "high"}, "high", ""),
        ({"band": "high", "cap": 59}, "medium", "Cap."),
        ({"band": "high", "cap": 49}, "low", "Cap."),
        ({"band": "high", "override": 69.9}, "medium", "Said."),
        ({"band": "high", "override": 40}, "low", "Said."),
        ({"band": "high", "cap": 59, "override": 40}, "low", "Said."),
        ({"band": "high", "cap": 49, "override": 69}, "low", "Cap."),
        ({"band": "medium", "override": 90}, "medium", "Said."),  # never lifts
        ({"band": "low", "override": 69}, "low", "Said."),
        ({"band": "unknown", "override": 40}, "unknown", "Said."),
    ],
)
def test_the_band_is_never_better_than_the_lowest_limit(given, band, reason):
    found = limited(**given)
    assert (found["health_band"], found["cap_reason"]) == (band, reason)


ROWS = """account_id,limit,reason,author,set_at,expires_at
a,40,Budget cut,Kim,2025-05-01,2025-08-01
z,40,Nobody knows it,Kim,2025-05-01,2025-08-01
"""


def test_overrides_stand_beside_what_was_computed(tmp_path):
    path = tmp_path / "overrides.csv"
    path.write_text(ROWS)
    as_of = day("2025-06-01")
    index = pd.MultiIndex.from_tuples([("a", as_of), ("b", as_of)], names=["account_id", "as_of"])
    scored = pd.DataFrame({"chs": [80.0, 80.0]}, index=index)
    scored["caps"], scored["cap_reasons"] = [("late",), ()], [("Late.",), ()]
    active = active_overrides(read_overrides(path), as_of, CARD.bands)
    found = with_overrides(scored, active)
    assert found["chs"].tolist() == [80, 80]
    assert found["override_limit"].fillna(-1).tolist() == [40, -1]
    said = "Budget cut (set by Kim, until 2025-08-01)"
    assert found["override_reason"].tolist() == [said, ""]
    assert found["caps"].tolist() == [("late", "override"), ()]
    assert found["cap_reasons"].tolist() == [("Late.", said), ()]
    assert "override_limit" not in scored


def test_bands_are_as_far_apart_as_their_places():
    first = pd.Series([80.0, 80.0, 80.0, np.nan])
    second = pd.Series([75.0, 55.0, 20.0, 20.0])
    assert band_distance(first, second, CARD.bands).tolist() == [0, 1, 2, 0]
