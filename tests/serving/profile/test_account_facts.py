"""What is known of an account beside its scores: only what the tables said before the date."""

import pandas as pd
import pyarrow as pa
import pytest

from churngrid.features.schema.tableset import Tables
from churngrid.serving.profile.facts import account_facts
from tests.build import day, tables_of

AS_OF = day("2025-07-01")


FRAMES = {
    "accounts": pd.DataFrame(
        {
            "account_id": ["a", "b"],
            "name": ["Alder", "Birch"],
            "industry": ["energy", None],
            "plan_tier": ["business_plus", None],
            "employee_count": [1200.0, None],
            "customer_since": ["2023-02-01", None],
            "valid_from": "2023-02-01",
            "known_at": "2023-02-01",
        }
    ),
    "people": pd.DataFrame(
        {
            "person_id": ["p1", "p2", "p3"],
            "account_id": ["a", "a", "b"],
            "title": ["VP Finance", "Head of IT", "CEO"],
            "roles": ["exec_sponsor", "decision_maker|user", "exec_sponsor"],
            "left_known_at": [None, None, "2025-05-05"],
            "valid_from": "2024-01-01",
            "known_at": "2024-01-01",
        }
    ),
    "activities": pd.DataFrame(
        {
            "activity_id": ["1", "2", "3", "4"],
            "account_id": "a",
            "person_ids": ["p1", "p1", "p1|p2", "p1"],
            "type": ["call", "email", "meeting", "qbr"],
            "direction": ["outbound", "outbound", "outbound", "outbound"],
            "scheduled_at": ["2025-06-01", None, "2025-08-15", "2025-07-20"],
            "occurred_at": ["2025-06-01", "2025-06-20", None, None],
            "attended": [True, None, None, None],
            "known_at": ["2025-06-01", "2025-06-20", "2025-06-21", "2025-07-02"],
        }
    ),
    "goals": pd.DataFrame(
        {
            "goal_id": ["g1", "g1", "g2"],
            "account_id": "a",
            "kind": "business_goal",
            "title": ["Fewer late projects", "Fewer late projects", "Retire spreadsheets"],
            "set_by": ["customer", "customer", "vendor"],
            "baseline": [0.0, 0.0, None],
            "target_value": [40.0, 40.0, None],
            "actual_value": [5.0, 18.5, None],
            "due_at": ["2025-09-01", "2025-09-01", "2025-05-01"],
            "achieved_at": [None, None, "2025-04-02"],
            "confirmed_by_customer": [False, False, True],
            "status": ["planned", "on_track", "reached"],
            "changed_at": ["2025-01-01", "2025-05-01", "2025-04-02"],
            "known_at": ["2025-01-01", "2025-05-01", "2025-04-02"],
        }
    ),
    "tickets": pd.DataFrame(
        {
            "ticket_id": ["t1", "t2", "t3"],
            "account_id": "a",
            "created_at": ["2025-06-10", "2025-06-11", "2025-06-12"],
            "priority": ["urgent", "high", "low"],
            "status": ["open", "solved", "open"],
            "category": "integration",
            "escalated_at": ["2025-06-12", None, None],
            "resolved_at": [None, "2025-06-13", None],
            "changed_at": ["2025-06-12", "2025-06-13", "2025-06-12"],
            "known_at": ["2025-06-12", "2025-06-13", "2025-06-12"],
        }
    ),
    "account_events": pd.DataFrame(
        {
            "event_id": ["e1", "e2", "e3", "e4", "e5", "e6"],
            "account_id": "a",
            "kind": ["upgrade_interest", *["blocker"] * 3, "training_request", "feedback"],
            "value_text": ["audit log", "SSO", "closed", None, "new planners", None],
            "value_num": [None, 1.0, 0.0, None, None, 0.8],
            "occurred_at": [
                *("2025-06-01", "2024-03-01", "2025-04-01", "2025-05-01", "2025-07-03"),
                "2025-06-01",
            ],
            "known_at": [
                *("2025-06-01", "2024-03-01", "2025-04-01", "2025-05-01", "2025-07-03"),
                "2025-06-01",
            ],
        }
    ),
    "usage_daily": pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": ["u1", "u2", "u1", "u1"],
            "feature_id": "f1",
            "date": ["2025-06-10", "2025-06-10", "2025-06-25", "2025-06-26"],
            "events": 1.0,
            "known_at": ["2025-06-11", "2025-06-11", "2025-06-26", "2025-06-27"],
        }
    ),
}


def told(tables, account="a"):
    facts = account_facts(tables, AS_OF, pd.Series(["a", "b"]))
    mine = facts[facts["account_id"] == account]
    return {
        (row.topic, row.name_): row.text
        for row in mine.rename(columns={"name": "name_"}).itertuples()
    }


@pytest.fixture(scope="module")
def mine():
    return told(tables_of(FRAMES))


def test_who_it_is_comes_as_far_as_it_is_known(mine):
    assert mine["who", "Industry"] == "energy"
    assert mine["who", "Plan"] == "business plus"
    assert mine["who", "Employees"] == "1,200"
    assert mine["who", "Customer since"] == "1 Feb 2023"
    assert ("who", "Industry") not in told(tables_of(FRAMES), "b")


def test_the_tie_names_people_by_title_and_their_last_answer(mine):
    assert mine["tie", "Executive sponsor"] == "VP Finance, last two-way contact 1 Jun 2025"
    assert mine["tie", "Decision maker"] == "Head of IT, no two-way contact yet"
    assert mine["tie", "In two-way contact (90 days)"] == "1 person"


def test_a_sponsor_who_left_is_no_sponsor():
    theirs = told(tables_of(FRAMES), "b")
    assert theirs["tie", "Executive sponsor"] == "nobody; the last one left, known 5 May 2025"


def test_without_roles_nobody_is_said_to_lack_a_sponsor():
    without = dict(FRAMES)
    without["people"] = without["people"].drop(columns="roles")
    assert ("tie", "Executive sponsor") not in told(tables_of(without), "b")


def test_the_next_meeting_is_one_that_was_planned_before_the_date(mine):
    assert mine["tie", "Next meeting"] == "meeting on 15 Aug 2025"


def test_goals_have_the_target_and_the_newest_value_of_the_customer(mine):
    said = "18.5 of 40, from 0, due 1 Sep 2025, set by the customer"
    assert mine["goals", "Fewer late projects"] == said
    reached = "reached 2 Apr 2025, confirmed by the customer, set by the vendor"
    assert mine["goals", "Retire spreadsheets"] == reached


def test_a_goal_that_was_reached_has_no_missing_value():
    goals = FRAMES["goals"].assign(target_value=1.0, actual_value=None)
    mine = told(tables_of(FRAMES | {"goals": goals}))
    assert mine["goals", "Retire spreadsheets"].startswith("reached 2 Apr 2025")
    assert mine["goals", "Fewer late projects"].startswith("no value yet of 1")


def test_only_open_grave_tickets_are_roadblocks(mine):
    said = "urgent ticket, integration, open since 10 Jun 2025, escalated"
    assert mine["roadblocks", "Ticket"] == said


def test_a_roadblock_that_was_closed_is_none_any_more(mine):
    assert mine["roadblocks", "Blocked by"] == "not said by what, since 1 May 2025"
    open_ones = told(tables_of(FRAMES | {"account_events": _events(SSO)}))
    assert open_ones["roadblocks", "Blocked by"] == "SSO, since 1 Mar 2024"
    assert ("roadblocks", "Blocked by") not in told(
        tables_of(FRAMES | {"account_events": _events(SSO, CLOSED)})
    )


SSO = ("blocker", "SSO", 1.0, "2024-03-01")
CLOSED = ("blocker", "closed", 0.0, "2025-04-01")


def _events(*rows):
    told = pd.DataFrame(rows, columns=["kind", "value_text", "value_num", "occurred_at"])
    ids = [str(number) for number in range(len(told))]
    return told.assign(event_id=ids, account_id="a", known_at=told["occurred_at"])


@pytest.mark.parametrize(
    ("text", "tone", "said"),
    [
        ("slow exports", -0.5, "slow exports, 1 Jun 2025"),
        ("slow exports", None, "slow exports, 1 Jun 2025"),
        (None, -0.5, "an unhappy word, 1 Jun 2025"),
        ("lovely", 0.9, None),
        (None, 0.9, None),
        (None, None, None),
    ],
)
def test_only_feedback_that_says_what_is_missing_limits_the_value(text, tone, said):
    events = _events(("feedback", text, tone, "2025-06-01"))
    facts = told(tables_of(FRAMES | {"account_events": events}))
    assert facts.get(("limits", "Feedback")) == said


def test_what_is_asked_for_is_told_once_it_is_known(mine):
    assert mine["grow", "Interest in more"] == "audit log, 1 Jun 2025"
    assert ("limits", "Asks for training") not in mine


def test_the_year_counts_different_users_a_week_from_the_first_covered_one(mine):
    weeks = mine["trend", "Active users a week"].split("|")
    assert weeks[-1] == "1"
    assert "2" in weeks
    assert len(weeks) < 52
    assert mine["use", "Active users (28 days)"] == "2"


def test_core_features_are_those_that_two_or_more_use_of_those_it_can_use():
    features = pd.DataFrame(
        {
            "feature_id": ["f1", "f2", "f3", "later"],
            "name": ["One", "Two", "Three", "Later"],
            "is_core": [True, True, False, True],
            "released_at": [*["2024-01-01"] * 3, "2025-08-01"],
        }
    )
    usage = pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": ["u1", "u2", "u1", "u1", "u2"],
            "feature_id": ["f1", "f1", "f2", "f3", "f3"],
            "date": "2025-06-20",
            "events": 1.0,
            "known_at": "2025-06-21",
        }
    )
    mine = told(tables_of(FRAMES | {"features": features, "usage_daily": usage}))
    assert mine["use", "Core features used by two or more (28 days)"] == "1 of 2"


def test_a_wish_of_long_ago_is_told_no_more():
    old = _events(("upgrade_interest", "audit log", None, "2025-01-01"))
    assert ("grow", "Interest in more") not in told(tables_of(FRAMES | {"account_events": old}))


def test_the_order_in_which_accounts_are_listed_changes_nothing():
    usage = FRAMES["usage_daily"]
    more = pd.concat([usage, usage.iloc[:1].assign(account_id="b", product_user_id="u9")])
    seats = pd.DataFrame(
        {
            "account_id": ["a", "b", "b"],
            "product_user_id": ["s1", "s2", "s3"],
            "activated_at": "2025-01-01",
            "deactivated_at": None,
            "known_at": "2025-01-01",
        }
    )
    tables = tables_of(FRAMES | {"usage_daily": more, "seats": seats})
    one, other = (
        account_facts(tables, AS_OF, pd.Series(listed)) for listed in (["a", "b"], ["b", "a"])
    )
    pd.testing.assert_frame_equal(one, other)
    use = one[one["topic"] == "use"].set_index(["account_id", "name"])["text"]
    assert use["a", "Active users (28 days)"] == "2"
    assert use["b", "Active users (28 days)"] == "1"
    assert use["b", "Seats assigned"] == "2"


def test_moments_carry_their_day():
    facts = account_facts(tables_of(FRAMES), AS_OF, pd.Series(["a", "b"]))
    moments = facts[(facts["topic"] == "moments") & (facts["account_id"] == "a")]
    assert dict(zip(moments["name"], moments["happened_at"], strict=True)) == {
        "Blocker": day("2025-05-01"),
        "Critical ticket": day("2025-06-10"),
    }


def test_what_becomes_known_later_changes_nothing():
    whole = tables_of(FRAMES)
    cut = whole.known_before(pa.scalar(AS_OF.to_pydatetime(), pa.timestamp("us", tz="UTC")))
    listed = pd.Series(["a", "b"])
    pd.testing.assert_frame_equal(
        account_facts(whole, AS_OF, listed), account_facts(cut, AS_OF, listed)
    )


@pytest.mark.parametrize("left", [*FRAMES, None])
def test_any_table_may_be_missing(left):
    rest = {name: frame for name, frame in FRAMES.items() if name != left}
    tables = tables_of(rest) if left else Tables({})
    facts = account_facts(tables, AS_OF, pd.Series(["a", "b"]))
    assert set(facts["account_id"]) <= {"a", "b"}
    assert len(facts) == 0 or left is not None
