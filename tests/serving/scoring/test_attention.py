"""The order of the list: blocks by what is due, inside of them money, chance and nearness."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.serving.results.words import BLOCKS, in_order
from churngrid.serving.scoring.attention import BLOCK_RULES, attention_of

AS_OF = pd.Timestamp("2025-06-30", tz="UTC")
ACCOUNT = {
    **{"account_id": "a", "as_of": AS_OF, "status": "scored", "reason": None, "arr": 1000.0},
    **{"p_churn": 0.1},
    **{"p_expand": 0.2, "health_value": 80.0, "health_index": 80.0, "health_band": "high"},
    **{"health_trend": "flat", "cap": np.nan, "cell": "standard_plan"},
    **{"decision_at": AS_OF + pd.Timedelta(days=90), "decision_kind": "notice_deadline"},
    **{"term_end": AS_OF + pd.Timedelta(days=120), "open_critical_tickets": 0.0},
}


def ranked(*changes):
    rows = [{**ACCOUNT, "account_id": f"a{n}", **change} for n, change in enumerate(changes)]
    frame = pd.DataFrame(rows)
    for name in frame.columns.intersection(["decision_at", "term_end", "notice_deadline"]):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return pd.concat([frame, attention_of(frame)], axis=1)


def days(number):
    return AS_OF + pd.Timedelta(days=number)


# Its deadline is past, and it stays only if somebody signs.
UNRENEWED = {
    **{"decision_at": days(45), "decision_kind": "term_end", "term_end": days(45)},
    **{"notice_deadline": days(-15), "auto_renew": False},
}


@pytest.mark.parametrize(
    ("changes", "block"),
    [
        ({}, "quiet"),
        ({"status": "notice_given", "decision_at": pd.NaT}, "notice_given"),
        ({"status": "paused", "decision_at": days(5)}, "quiet"),
        ({"reason": "in_grace", "decision_at": pd.NaT, "term_end": days(-9)}, "decides_this_month"),
        ({"reason": "no_arr", "decision_at": pd.NaT, "term_end": days(-9)}, "quiet"),
        ({"decision_at": days(31)}, "decides_this_month"),
        ({"decision_at": days(32)}, "quiet"),
        # The term ends soon, but what is decided next is the one after.
        ({"decision_at": days(360), "term_end": days(5)}, "quiet"),
        ({"decision_at": days(20), "decision_kind": "term_end"}, "decides_this_month"),
        # Who can leave with any month does not decide in this one more than in another.
        ({"decision_at": days(5), "decision_kind": "month_end"}, "quiet"),
        ({"decision_at": pd.NaT, "decision_kind": None}, "quiet"),
        (UNRENEWED, "decides_this_month"),
        (UNRENEWED | {"auto_renew": True}, "quiet"),
        (UNRENEWED | {"auto_renew": None}, "quiet"),
        (UNRENEWED | {"notice_deadline": days(1)}, "quiet"),
        ({"health_band": "low"}, "at_risk"),
        ({"cap": 59.0}, "at_risk"),
        ({"cap": 69.0}, "quiet"),
        ({"cell": "grow_selectively"}, "growth"),
        ({"cell": "grow_selectively", "open_critical_tickets": 1.0}, "support_need"),
        ({"open_critical_tickets": 1.0}, "support_need"),
    ],
)
def test_an_account_stands_in_the_block_of_what_is_due(changes, block):
    assert ranked(changes)["block"].tolist() == [block]


def test_every_block_has_a_rule():
    assert {rule.block for rule in BLOCK_RULES} == set(BLOCKS)


def test_attention_is_money_times_chance_times_nearness():
    near = ranked({}, {"decision_at": days(180)}, {"arr": 3000.0}, {"p_churn": 0.4})
    assert near["attention"].tolist() == pytest.approx([50.0, 25.0, 150.0, 200.0])


def test_without_an_estimate_what_is_missing_of_the_score_is_the_chance():
    told = ranked({"p_churn": np.nan}, {"p_churn": np.nan, "health_trend": "down"})
    assert told["attention"].tolist() == pytest.approx([100.0, 160.0])


def test_who_gave_notice_leaves_with_the_term_and_who_can_leave_monthly_is_always_near():
    told = ranked(
        {"status": "notice_given", "decision_at": pd.NaT, "term_end": days(90)},
        {"decision_at": days(25), "decision_kind": "month_end"},
    )
    assert told["attention"].tolist() == pytest.approx([500.0, 100.0])


def test_where_no_money_is_known_every_account_counts_alike():
    told = ranked({"arr": np.nan}, {"arr": np.nan, "p_churn": 0.4})
    assert told["attention"].tolist() == pytest.approx([0.05, 0.2])


def test_growth_goes_by_the_chance_to_grow():
    told = ranked({"cell": "expand_and_leverage", "p_expand": 0.5})
    assert told["attention"].tolist() == pytest.approx([250.0])


def test_the_list_goes_block_by_block():
    told = ranked(
        {"arr": 9e9},
        {"health_band": "low", "arr": 1.0},
        {"decision_at": days(3), "arr": 1.0},
        {"health_band": "low", "arr": 2.0},
    )
    assert in_order(told)["account_id"].tolist() == ["a2", "a3", "a1", "a0"]


CELLS = ("let_churn", "save", "standard_plan")


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.01, 0.9),
    st.floats(0.0, 0.09),
    st.integers(0, 300),
    st.sampled_from(CELLS),
    st.sampled_from(["low", "medium"]),
)
def test_no_account_loses_rank_for_being_surer_to_be_lost(p, more, ahead, cell, band):
    other = {"p_churn": 0.45, "health_band": "low", "decision_at": days(60)}
    own = {"cell": cell, "health_band": band, "decision_at": days(ahead)}
    places = []
    for chance in (p, p + more):
        told = ranked({**own, "p_churn": chance}, other)
        places.append(in_order(told)["account_id"].tolist().index("a0"))
    assert places[1] <= places[0]
