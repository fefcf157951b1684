"""Support, sentiment, relationship and the rest on tables that fit on a screen."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.metrics.absence import Absence
from tests.features.metrics.hand_tables import (
    AS_OF,
    DAY,
    ago,
    answers,
    measured,
    people,
    seats,
    tickets,
)


def test_tickets_are_held_against_the_users_and_the_agreed_time():
    rows = tickets([(3, 6, 4, -1.0), (20, 1, 4, 0.5), (25, 4, 8, None), (60, 30, None, 0.2)])
    value, _ = measured(tickets=rows, seats=seats("uvwxy"))
    assert value["ticket_rate_30d"] == pytest.approx(100 * 3 / 5)
    assert value["resolution_to_sla_90d"] == 0.5  # the middle one of 1.5, 0.25 and 0.5
    assert value["ticket_tone_90d"] == pytest.approx((-1.0 + 0.5 + 0.2) / 3)


TEAM = people(
    [
        ("s", "exec_sponsor", 700, None),
        ("d", "decision_maker|champion", 700, None),
        ("m", "admin", 700, None),
        ("u", "user", 700, None),
    ]
)


def test_the_last_answer_of_each_contact_counts_by_their_role():
    said = answers(
        [
            *[("1", "s", 200, 9), ("2", "s", 40, 3), ("1", "m", 200, 8)],
            *[("2", "u", 40, 10), ("0", "u", 400, 7)],
        ]
    )
    value, _ = measured(people=TEAM, survey_responses=said)
    # The sponsor's 9 was taken back: 3 (weight 3), 8 (weight 2), 10 (weight 1).
    assert value["nps_mean_365d"] == pytest.approx((3 * 3 + 2 * 8 + 10) / 6)
    assert value["nps_balance_365d"] == pytest.approx(100 * (1 - 1) / 3)
    assert value["nps_change_365d"] == pytest.approx(((3 - 9) + (10 - 7)) / 2)
    assert value["detractors_180d"] == value["key_detractors_180d"] == 1


def test_who_changed_their_mind_is_no_detractor_any_more():
    said = answers([("1", "s", 100, 2), ("2", "s", 20, 9)])
    value, _ = measured(people=TEAM, survey_responses=said)
    assert value["detractors_180d"] == value["key_detractors_180d"] == 0
    # On the day before, the second answer was not there.
    value, _ = measured(people=TEAM, survey_responses=said, as_of=AS_OF - 21 * DAY)
    assert value["key_detractors_180d"] == 1


def test_anonymous_answers_stand_each_for_themselves():
    value, _ = measured(survey_responses=answers([("1", None, 90, 2), ("2", None, 20, 9)]))
    assert value["nps_mean_365d"] == pytest.approx(11 / 2)
    assert value["detractors_180d"] == 1


def test_effort_is_the_mean_of_its_own_surveys():
    value, _ = measured(survey_responses=answers([("1", "s", 9, 6), ("1", "u", 9, 3)], kind="ces"))
    assert value["effort_rating_90d"] == 4.5


def test_lost_key_contacts_are_a_share_of_those_there_a_year_ago():
    rows = people(
        [
            ("1", "champion", 700, 80),
            ("2", "champion", 700, 80),
            *[(f"new {place}", "champion", 140, None) for place in range(6)],
            ("came and went", "champion", 200, 50),
            ("left before", "champion", 900, 500),
            ("never key", "user", 900, 90),
        ]
    )
    value, _ = measured(people=rows)
    assert value["key_contacts_lost_share_365d"] == 1.0
    still = people(
        [("1", "champion", 700, 80), *[(f"{place}", "champion", 700, None) for place in "234"]]
    )
    assert measured(people=still)[0]["key_contacts_lost_share_365d"] == 0.25


def test_of_a_customer_younger_than_a_year_nobody_can_say_who_was_lost():
    rows = people([("1", "champion", 200, 50), ("2", "champion", 900, None)])
    rows["account_id"] = ["a", "b"]
    value, state = measured(since_days=210, people=rows)
    assert np.isnan(value["key_contacts_lost_share_365d"])
    assert state["key_contacts_lost_share_365d"] == Absence.NOT_APPLICABLE


def test_who_became_a_key_contact_of_late_was_none_a_year_ago():
    rows = people(
        [("1", "user", 700, None), ("1", "champion", 100, 20), ("2", "champion", 700, None)]
    )
    assert measured(people=rows)[0]["key_contacts_lost_share_365d"] == 0.0


@pytest.mark.parametrize("as_new_row", [False, True], ids=["one row a person", "a row a version"])
def test_a_sponsor_who_leaves_is_missed_from_the_day_it_is_known(as_new_row):
    rows = people([("s", "exec_sponsor", 700, None)])
    left, known = AS_OF - 40 * DAY, AS_OF - 10 * DAY
    if as_new_row:
        later = rows.assign(valid_from=known, known_at=known)
        rows = pd.concat([rows, later], ignore_index=True)
    rows.loc[len(rows) - 1, ["left_account_at", "left_known_at"]] = [left, known]
    before, _ = measured(people=rows, as_of=known)
    after, _ = measured(people=rows, as_of=known + DAY)
    assert [before["exec_sponsors"], after["exec_sponsors"]] == [1, 0]
    assert [before["sponsors_left_180d"], after["sponsors_left_180d"]] == [0, 1]
    assert [before["sponsors_left_lately_60d"], after["sponsors_left_lately_60d"]] == [0, 1]
    assert after["days_since_sponsor_left"] == 1


def activities(rows):
    """Activities from (type, person, days ago, attended); another account's began long before."""
    columns = ["type", "person_ids", "ago", "attended"]
    frame = pd.DataFrame([*rows, ("call", "z", 900, True)], columns=columns)
    frame["scheduled_at"] = ago(frame.pop("ago"))
    frame["activity_id"] = [f"v{place}" for place in range(len(frame))]
    return frame.assign(
        account_id=["a"] * len(rows) + ["b"],
        direction="outbound",
        occurred_at=frame["scheduled_at"],
        known_at=frame["scheduled_at"],
    )


def test_the_key_roles_that_somebody_holds_have_to_be_met():
    met = activities(
        [("meeting", "s|u", 9, True), ("meeting", "m", 91, True), ("call", "d", 9, False)]
    )
    value, _ = measured(people=TEAM, activities=met)
    assert value["persona_coverage_90d"] == pytest.approx(1 / 4)
    value, state = measured(people=TEAM[TEAM["roles"] == "user"], activities=met)
    assert state["persona_coverage_90d"] == Absence.NOT_APPLICABLE


def test_a_sponsor_nobody_ever_met_is_no_clock():
    met = activities([("meeting", "u", 9, True)])
    for since, expected in ((60, 60), (90, 90), (1500, 90)):
        value, _ = measured(since_days=since, people=TEAM, activities=met)
        assert value["days_since_sponsor_contact"] == expected


@pytest.mark.parametrize(
    ("reviews", "overdue", "since"),
    [
        ([("qbr", "s", 200, True), ("qbr", "s", 50, False)], 50, 200),
        ([("qbr", "s", 200, False), ("qbr", "s", 50, True)], 0, 50),
        ([("qbr", "s", 50, None)], 50, 365),
        ([("meeting", "s", 50, True)], 0, 365),
    ],
)
def test_a_review_is_overdue_until_one_is_held(reviews, overdue, since):
    value, _ = measured(people=TEAM, activities=activities(reviews))
    assert value["review_days_overdue"] == overdue
    assert value["days_since_review"] == since


def test_a_review_that_was_never_held_is_overdue_in_the_first_row_of_the_feed_too():
    planned = activities([("qbr", "s", 50, None)]).iloc[:1]
    assert measured(people=TEAM, activities=planned)[0]["review_days_overdue"] == 50


def test_trained_admins_are_a_share_of_those_still_there():
    admins = people(
        [(name, "admin", 700, left) for name, left in [("m", None), ("n", None), ("o", 9)]]
    )
    trained = activities(
        [("training", "m|u", 600, True), ("training", "n", 90, False), ("training", "o", 90, True)]
    )
    value, _ = measured(people=admins, activities=trained)
    assert value["trained_admin_share"] == 0.5


def test_lateness_is_weighed_by_amount_and_open_invoices_are_late_so_far():
    rows = pd.DataFrame(
        {
            "invoice_id": list("pqrs"),
            "account_id": "a",
            "issued_at": ago([330, 200, 90, 700]),
            "due_at": ago([300, 170, 60, 600]),
            "paid_at": ago([290, 180, None, None]),
            "amount_due": [100.0, 200.0, 300.0, 1e6],
            "known_at": ago([330, 200, 90, 700]),
        }
    )
    value, _ = measured(invoices=rows)
    # 100 ten days late, 200 ten days early, 300 open for 60 days; the last was due long ago.
    assert value["mean_days_late_365d"] == pytest.approx((100 * 10 + 300 * 60) / 600)


def milestones(rows):
    """Milestones from (days since due, days since reached)."""
    frame = pd.DataFrame(rows, columns=["due", "reached"])
    frame["due_at"], frame["achieved_at"] = ago(frame.pop("due")), ago(frame.pop("reached"))
    frame["goal_id"] = [f"g{place}" for place in range(len(frame))]
    planned = AS_OF - 200 * DAY
    return frame.assign(
        account_id="a",
        kind="onboarding_milestone",
        status="planned",
        changed_at=planned,
        known_at=planned,
    )


@pytest.mark.parametrize(
    ("rows", "since", "late", "overrun"),
    [
        ([(150, 150), (100, 80)], 200, 20, 0),
        ([(150, 100), (100, 110)], 200, 0, 0),
        ([(150, 150), (100, None)], 200, 100, 1),
        ([(60, None)], 80, 60, 0),
        ([(-10, None)], 200, 0, 1),
    ],
)
def test_going_live_is_late_by_the_last_milestone(rows, since, late, overrun):
    value, _ = measured(since_days=since, goals=milestones(rows))
    assert value["go_live_days_late"] == late
    assert value["onboarding_overrun"] == overrun


def test_more_than_three_invited_users_say_no_more():
    given = seats("uvwxyz")
    assert measured(seats=given)[0]["invited_users"] == 3
    assert measured(seats=given[:2])[0]["invited_users"] == 2


def test_documented_value_is_held_against_what_is_paid():
    goals = pd.DataFrame(
        {
            "goal_id": list("pqr"),
            "account_id": "a",
            "kind": "business_goal",
            "actual_value": [900.0, 300.0, 5e6],
            "achieved_at": ago([100, 20, 400]),
            "status": "achieved",
            "changed_at": ago([100, 20, 400]),
            "known_at": ago([100, 20, 400]),
        }
    )
    items = pd.DataFrame(
        {
            "item_id": ["i"],
            "account_id": "a",
            "mrr": [50.0],
            "effective_from": ago([500]),
            "effective_to": pd.NaT,
            "known_at": ago([500]),
        }
    )
    assert measured(goals=goals, subscription_items=items)[0]["value_ratio_365d"] == 1200 / 600


def account_events(rows):
    """Events from (kind, text, days ago); another account's began long before."""
    columns = ["kind", "value_text", "ago"]
    frame = pd.DataFrame([*rows, ("reference_request", None, 900)], columns=columns)
    frame["occurred_at"] = ago(frame.pop("ago"))
    frame["event_id"] = [f"e{place}" for place in range(len(frame))]
    frame["account_id"] = ["a"] * len(rows) + ["b"]
    return frame.assign(known_at=frame["occurred_at"])


@pytest.mark.parametrize(("asks", "counted"), [(3, 1), (4, 0)])
def test_a_refusal_is_excused_where_too_much_was_asked(asks, counted):
    asked = [("reference_request", None, 30 + place) for place in range(asks)]
    refused = [("reference_response", "declined_dissatisfied", 20)]
    value, _ = measured(account_events=account_events(asked + refused))
    assert value["references_refused_in_anger_365d"] == counted


def test_somebody_can_speak_for_us_while_sponsor_and_champion_are_there_and_nothing_burns():
    team = people([("s", "exec_sponsor", 700, None), ("c", "champion", 700, None)])
    calm = tickets([(30, 4, 8, None)]).assign(priority="critical")
    assert measured(people=team, tickets=calm)[0]["referenceable"] == 1
    burning = calm.assign(status="open", resolved_at=pd.NaT)
    assert measured(people=team, tickets=burning)[0]["referenceable"] == 0
    assert measured(people=team[:1], tickets=calm)[0]["referenceable"] == 0


def test_money_raised_and_people_hired_are_seen():
    value, _ = measured(account_events=account_events([("funding", None, 40)]))
    assert value["funding_rounds_365d"] == 1
    stated = {"valid_from": ago([700, 100]), "known_at": ago([700, 100])}
    account = {"account_id": ["a", "a"], "employee_count": [200.0, 150.0], **stated}
    value, _ = measured(account=account)
    assert value["headcount_trend_12m"] == pytest.approx(-0.25)
    value, state = measured(account={"employee_count": [200.0]})
    assert np.isnan(value["headcount_trend_12m"])
    assert state["headcount_trend_12m"] == Absence.NO_EVENT_YET


@pytest.mark.parametrize(
    ("title", "rank"),
    [("C_level", 5), ("vp", 4), ("Director", 3), ("manager", 2), ("staff", 1)],
)
def test_whoever_owns_the_function_has_a_rank(title, rank):
    team = TEAM.assign(seniority=["staff", title, "c_level", "c_level"])
    assert measured(people=team)[0]["owner_seniority"] == rank


def test_without_an_owner_there_is_no_rank():
    value, state = measured(people=TEAM.assign(seniority=None))
    assert np.isnan(value["owner_seniority"])
    assert state["owner_seniority"] == Absence.NOT_APPLICABLE


def test_renewals_and_stages_are_there_for_conditions():
    events = pd.DataFrame(
        {
            "event_id": list("pqrst"),
            "account_id": "a",
            "event_type": ["renewed"] * 4 + ["paused"],
            "effective_at": ago([900, 600, 300, 100, 50]),
            "known_at": ago([900, 600, 300, 100, 50]),
        }
    )
    value, _ = measured(contract_events=events, account={"lifecycle_stage": ["Onboarding"]})
    assert value["renewals"] == 3
    assert value["in_onboarding"] == 1


def _talks(rows, *, lacking):
    return activities(rows).drop(columns=lacking)


def test_where_no_source_says_who_came_a_meeting_with_a_day_took_place():
    met = _talks([("meeting", "m", 9, None), ("call", "d", 20, None)], lacking=["attended"])
    value, _ = measured(people=TEAM, activities=met)
    assert value["days_since_meeting"] == 9
    assert value["contacts_90d"] == 2


def test_a_call_took_place_though_only_meetings_say_who_came():
    value, _ = measured(people=TEAM, activities=activities([("call", "d", 20, None)]))
    assert value["contacts_90d"] == 1


@pytest.mark.parametrize(
    ("rows", "contacts"),
    [
        ([("email", "m", 9, None)], None),  # may have been an answer
        ([("email", "m", 9, None), ("call", "d", 8, None), ("call", "s", 8, None)], 2),
        ([("email", "m", 99, None)], 0),
        ([("call", None, 9, None)], None),  # with somebody, but nobody says with whom
        ([], 0),
    ],
)
def test_contact_that_cannot_be_told_is_not_none(rows, contacts):
    talks = _talks(rows, lacking=["attended", "direction"])
    value, state = measured(people=TEAM, activities=talks)
    if contacts is None:
        assert np.isnan(value["contacts_90d"])
        assert state["contacts_90d"] == Absence.NOT_APPLICABLE
    else:
        assert value["contacts_90d"] == contacts


def test_without_roles_nobody_is_a_sponsor_who_was_not_met():
    nobody = TEAM.drop(columns="roles")
    value, _ = measured(people=nobody, activities=activities([("meeting", "m", 9, True)]))
    assert np.isnan(value["days_since_sponsor_contact"])
    assert np.isnan(value["engaged_sponsors_90d"])
    assert value["contacts_90d"] == 1
