"""Every shipped play has an account that gets it, and one that just does not."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.metrics.catalogue import METRICS, by_column
from churngrid.serving.api.check_files import check_file
from churngrid.serving.company.config import FACT_FIELDS
from churngrid.serving.company.playbook_file import read_playbook
from churngrid.serving.company.playbook_rules import warnings_of
from churngrid.serving.plays.assign_plays import Limits, assign_plays
from churngrid.serving.report.tasks import task_columns
from churngrid.serving.results.words import with_the_account

SHIPPED = read_playbook(None, FACT_FIELDS)
KNOWN = by_column(METRICS)
TUPLES = ("caps", "drivers")
TEXTS = (
    *("status", "cell", "quadrant", "health_band", "maturity_band", "cmi_status", "guard"),
    *("weakest_category", "maturity_blocker", "maturity_due", "segment"),
)
REASON = {"reasons_told": 1}
GROWS = {"cell": "expand_and_leverage"}


def capped(*names):
    return {"caps": names}


def driven(*names):
    return {"drivers": names}


def cell(name):
    return {"cell": name}


def weak(category):
    return {"maturity_band": "low", "weakest_category": category}


ACCOUNTS = {
    "notice_given": ({"status": "notice_given"}, {"status": "scored"}),
    "close_the_renewal": ({"reason": "in_grace"}, {"reason": "no_arr"}),
    "agree_the_restart": ({"status": "paused"}, {"status": "scored"}),
    "find_successor": (
        {**capped("sponsor_left"), "days_since_sponsor_left": 180},
        {**capped("sponsor_left"), "days_since_sponsor_left": 181},
    ),
    "fix_critical_ticket": ({"open_critical_tickets": 1}, {"open_critical_tickets": 0}),
    "collect_payment": (
        {**capped("long_overdue"), "days_overdue": 61},
        capped("critical_beyond_sla"),
    ),
    "retry_payment": (
        {"failed_payments_30d": 1, "days_payment_failed": 5},
        {"days_payment_failed": 0},  # it was paid since
    ),
    "answer_red_flag": (capped("csm_sees_red"), capped("merged")),
    "listen_after_refusal": (capped("reference_refused"), capped("merged")),
    "win_a_sponsor": ({"exec_sponsors": 0}, {"exec_sponsors": 1}),
    "clear_the_way": ({**GROWS, "open_blockers": 1}, {"open_blockers": 0}),
    "offer_seats": ({**GROWS, "seat_saturation_28d": 0.9}, {"seat_saturation_28d": 0.89}),
    "discover_use_case": (
        {**GROWS, "upgrade_interest_180d": 1},
        {"open_critical_tickets": 1},
    ),
    "save": (cell("save"), cell("save_if_fixable")),
    "save_if_fixable": (cell("save_if_fixable"), cell("save")),
    "let_churn": (cell("let_churn"), {"exec_sponsors": 0}),
    "strengthen_to_expand": (cell("strengthen_to_expand"), cell("standard_plan")),
    "expand_without_asking": (
        {**GROWS, "references_declined_180d": 1},
        {"references_declined_180d": 0},
    ),
    "expand_and_leverage": (GROWS, {"layoffs_180d": 1}),
    "grow_selectively": (cell("grow_selectively"), {"arr_trend_12m": -0.1}),
    "retain_with_services": ({**cell("retain_as_is"), "services": 1}, {"services": 0}),
    "retain_as_is": ({**cell("retain_as_is"), "services": 0}, {"services": 1}),
    "stabilise_cheaply": (cell("stabilise_cheaply"), cell("standard_plan")),
    "standard_plan": ({**cell("standard_plan"), **REASON}, {"reasons_told": 0}),
    "refresh_the_goals": (cell("standard_plan"), REASON),
    "call_about_top_reason": ({**cell("low_unassessed"), **REASON}, {"reasons_told": 0}),
    "call_and_ask": (cell("low_unassessed"), REASON),
    "act_on_top_reason": ({**cell("medium_unassessed"), **REASON}, {"reasons_told": 0}),
    "ask_how_they_fare": (cell("medium_unassessed"), REASON),
    "keep_in_touch": (cell("healthy_unassessed"), cell("medium_unassessed")),
    "ask_before_the_decision": (
        {**cell(""), "days_to_decision": 60},
        {**cell(""), "days_to_decision": 61},
    ),
    "watch": (cell(""), cell("save")),
    "answer_competitor": ({"competitor_signals_180d": 1}, {"competitor_signals_180d": 0}),
    "wake_up": (capped("dormant"), capped("never_used")),
    "find_the_use": (capped("never_used"), capped("dormant")),
    "reach_the_renewal": (
        {"days_to_notice_deadline": 90, "days_since_meeting": 60},
        {"days_to_notice_deadline": 91},
    ),
    "call_detractor": ({"detractors_lately_30d": 1}, {"detractors_lately_30d": 0}),
    "restore_usage": (
        {**driven("usage"), "active_users_trend_28d": -0.41},
        {"active_users_trend_28d": -0.4},
    ),
    "plan_with_both_owners": ({"mergers_365d": 1}, {"mergers_365d": 0}),
    "secure_terms": ({"insolvencies_365d": 1}, {"insolvencies_365d": 0}),
    "right_size_after_layoffs": ({"layoffs_180d": 1}, {"layoffs_180d": 0}),
    "meet_new_leader": ({"leadership_changes_180d": 1}, {"leadership_changes_180d": 0}),
    "clear_roadblock": ({"open_blockers": 1}, {"open_blockers": 0}),
    "confirm_new_priorities": ({"priority_changes_180d": 1}, {"priority_changes_180d": 0}),
    "repair_data": ({"stale_metrics": 1, "chs_coverage": 0.79}, {"chs_coverage": 0.8}),
    "settle_the_price": (
        {"days_to_notice_deadline": 120, "price_uplifts_365d": 1},
        {"price_uplifts_365d": 0},
    ),
    "use_or_right_size": (
        {"days_to_notice_deadline": 150, "licence_utilisation": 0.5},
        {"licence_utilisation": 0.51},
    ),
    "ask_after_silence": (
        {"tickets_30d": 0, "earlier_tickets_90d": 6, "active_users_trend_28d": -0.01},
        {"active_users_trend_28d": 0},
    ),
    "rest_after_decline": (
        {"references_declined_180d": 1},
        {"references_declined_180d": 1, **capped("reference_refused")},
    ),
    "give_training": ({"training_requests_180d": 1}, {"training_requests_180d": 0}),
    "answer_interest": (
        {"upgrade_interest_180d": 1, "health_band": "medium"},
        {"health_band": "low"},
    ),
    "onboard_again": ({"onboarding_days_late": 7}, {"onboarding_days_late": 6}),
    "rebuild_adoption": (
        {**driven("usage"), "active_users_trend_28d": -0.1},
        {"active_users_trend_28d": 0.0},
    ),
    "raise_low_use": (
        {**driven("usage"), "active_user_rate_28d": 0.49},
        {"active_user_rate_28d": 0.5},
    ),
    "adopt_release": (
        {**driven("new_feature_adoption_180d"), "new_feature_adoption_180d": 0.49},
        {"new_feature_adoption_180d": 0.5},
    ),
    "widen_use": ({**driven("adoption"), "core_breadth_28d": 0.59}, {"core_breadth_28d": 0.6}),
    "answer_support_trouble": (
        {**driven("support"), "escalations_90d": 1},
        {"escalations_90d": 0},
    ),
    "reach_the_silent": (
        {**driven("survey_response_share_365d"), "survey_response_share_365d": 0},
        {"survey_response_share_365d": 0.01},
    ),
    "win_back_voice": ({**driven("sentiment"), "nps_mean_365d": 6.9}, {"nps_mean_365d": 9.5}),
    "reach_somebody": ({**driven("relationship"), "contacts_90d": 0}, {"contacts_90d": 1}),
    "widen_contacts": ({**driven("contacts_90d"), "contacts_90d": 1}, {"contacts_90d": 0}),
    "deepen_relationship": (
        {**driven("relationship"), "exec_sponsors": 1, "engaged_sponsors_90d": 0},
        {"engaged_sponsors_90d": 1},
    ),
    "agree_a_rhythm": (
        {**driven("relationship"), "days_since_meeting": 60},
        {"days_since_meeting": 59},
    ),
    "understand_the_cut": (
        {**driven("arr_trend_12m"), "arr_trend_12m": -0.01},
        {"arr_trend_12m": 0},
    ),
    "settle_payment": ({**driven("financial"), "days_overdue": 1}, {"days_overdue": 0}),
    "get_to_value": (
        {**driven("onboarding"), "onboarding_completion": 0.99},
        {"onboarding_completion": 1},
    ),
    "renew_goals": (
        {**driven("outcomes"), "goals_on_track_share": 0.59},
        {"goals_on_track_share": 0.6},
    ),
    "look_at_the_goals": (
        {**driven("outcomes"), "days_since_goal_update": 60},
        {"days_since_goal_update": 59},
    ),
    "assess_maturity": (
        {"cmi_status": "insufficient", "maturity_asked": 1},
        {"cmi_status": "insufficient", "maturity_asked": 0},
    ),
    "strengthen_process": (weak("process"), weak("people")),
    "strengthen_people": (weak("people"), weak("process")),
    "strengthen_technology": (weak("technology"), weak("process")),
    "strengthen_vision": (weak("vision"), weak("process")),
    "reassess_maturity": ({"maturity_due": "answers are old"}, {"maturity_due": ""}),
}


def account_of(**facts):
    """An account of which nothing but these facts is known."""
    nothing = {
        **dict.fromkeys(FACT_FIELDS, np.nan),
        **dict.fromkeys(TEXTS, ""),
        **dict.fromkeys(TUPLES, ()),
        **{"status": "scored", "cmi_status": "certain", "cell": "standard_plan"},
        **{"account_id": "a", "as_of": pd.Timestamp("2025-06-02", tz="UTC"), "spoken": {}},
    }
    told = {**nothing, **facts}
    return pd.DataFrame({name: pd.Series([value]) for name, value in told.items()})


def plays_of(**facts):
    return assign_plays(account_of(**facts), SHIPPED, metrics=KNOWN)


def test_nothing_is_proposed_where_nobody_is_in_contact():
    assert plays_of(**GROWS, contacts_90d=1)["play"].tolist() == ["expand_and_leverage"]
    (first,) = plays_of(**GROWS, contacts_90d=0).itertuples()
    assert first.play == "clear_the_way"
    assert first.why.startswith("something has to be settled first (people in two-way contact 0)")


def test_a_feed_that_stopped_is_work_for_one_desk_however_many_accounts_lack_it():
    lacking = [account_of(account_id=f"a{n}", stale_metrics=3, chs_coverage=0.5) for n in range(40)]
    accounts = pd.concat(lacking, ignore_index=True)
    plays = assign_plays(accounts, SHIPPED, metrics=KNOWN, limits=Limits(per_week=5))
    repair = plays[plays["play"] == "repair_data"]
    assert len(repair) == 40
    assert set(repair["state"]) == {"proposed"}
    assert "repair_data" not in set(with_the_account(plays)["play"])
    as_of = accounts["as_of"].iloc[0]
    tasks = task_columns(repair, accounts["account_id"], as_of, SHIPPED)
    assert tasks["account"] == [0]
    assert tasks["action"][0].endswith("with the true dates. For 40 accounts.")


def test_a_feed_that_stopped_does_not_hide_what_the_others_tell():
    stale = {"stale_metrics": 3, "chs_coverage": 0.5}
    fell = {**driven("usage"), "active_users_trend_28d": -0.2}
    assert "rebuild_adoption" in plays_of(**stale, **fell)["play"].tolist()
    alone = plays_of(**stale).set_index("play")
    assert alone.loc["repair_data", "why"] == (
        "a feed stopped, and less than 80 % of the health score is known"
    )


def test_who_never_used_it_is_not_told_that_users_are_gone():
    silent = {**driven("usage"), "active_users_trend_28d": -1.0, "silence_ratio": 4.0}
    assert "restore_usage" in set(plays_of(**silent, days_since_last_use=60.0)["play"])
    never = plays_of(**silent, **capped("never_used"))["play"].tolist()
    assert "find_the_use" in never
    assert not {"restore_usage", "rebuild_adoption"} & set(never)


def test_every_shipped_play_is_tried():
    assert set(ACCOUNTS) == {play.name for play in SHIPPED.plays}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_an_account_gets_the_play_and_its_neighbour_does_not(name):
    facts, near = ACCOUNTS[name]
    assert name in plays_of(**facts)["play"].tolist()
    assert name not in plays_of(**{**facts, **near})["play"].tolist()


@pytest.mark.parametrize("name", ACCOUNTS)
def test_what_a_play_takes_for_granted_is_unknown_of_an_account_of_which_nothing_is(name):
    play = SHIPPED.named(name)
    facts = {key: value for key, value in ACCOUNTS[name][0].items() if key in (*TEXTS, *TUPLES)}
    looked_at = {field for fact in play.facts for field in SHIPPED.facts[fact].when.fields()}
    if looked_at - {*TEXTS}:
        assert name not in plays_of(**facts)["play"].tolist()


def test_no_shipped_play_answers_to_a_driver_alone(tmp_path):
    assert list(warnings_of(SHIPPED)) == []
    own = tmp_path / "playbook.yaml"
    own.write_text(
        "plays:\n"
        "  - {name: call, slot: driver, when: {field: drivers, is: [usage]}, action: a, owner: o, "
        "due_days: 5}\n"
        "  - {name: watch, slot: cell, when: {otherwise: true}, action: a, owner: o, due_days: 5}\n"
    )
    (found,) = check_file("playbook", own)
    assert found.startswith("playbook.yaml:2: play 'call' answers to a driver and states no fact")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("facts: [fell]", "facts names unknown 'fell'. Did you mean 'fall'?"),
        ("unless: [fell]", "unless names unknown 'fell'. Did you mean 'fall'?"),
        ("not_with: [wach]", "not_with names unknown 'wach'. Did you mean 'watch'?"),
    ],
)
def test_names_that_a_play_gives_have_to_be_there(tmp_path, key, said):
    own = tmp_path / "playbook.yaml"
    own.write_text(
        "facts: {fall: {says: it fell, when: {field: arr_trend_12m, below: 0}}}\n"
        "plays:\n"
        f"  - {{name: call, slot: driver, when: {{field: tickets_30d, above: 0}}, {key}, "
        "action: a, owner: o, due_days: 5}\n"
        "  - {name: watch, slot: cell, when: {otherwise: true}, action: a, owner: o, due_days: 5}\n"
    )
    assert any(said in line for line in check_file("playbook", own))


@pytest.mark.parametrize("urgent", [{"open_critical_tickets": 1}, capped("reference_refused")])
def test_nothing_is_sold_beside_something_urgent(urgent):
    names = set(plays_of(**GROWS, **urgent, seat_saturation_28d=1.0)["play"])
    assert names.isdisjoint({"offer_seats", "expand_and_leverage", "expand_without_asking"})


@pytest.mark.parametrize("facts", [{"exec_sponsors": 0}, capped("csm_sees_red"), driven("usage")])
def test_nobody_is_given_up_and_worked_for_at_a_time(facts):
    names = set(plays_of(**cell("let_churn"), **facts, active_users_trend_28d=-0.5)["play"])
    others = {p.name for p in SHIPPED.plays if "executive" in p.action or p.slot == "driver"}
    assert "let_churn" not in names or names.isdisjoint({*others, "win_a_sponsor"})
