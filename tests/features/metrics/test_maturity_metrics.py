"""The metrics of the maturity axis on tables that fit on a screen."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue.maturity import METRICS
from tests.build import day, tables_of
from tests.checks.small_company import DAY

AS_OF = day("2025-06-01")
PAIRS = pd.DataFrame({"account_id": ["a"], "as_of": [AS_OF]})


def found(since_days=800, **tables):
    since = AS_OF - since_days * DAY
    accounts = pd.DataFrame({"account_id": ["a"], "customer_since": since, "known_at": since})
    features = compute_features(tables_of({"accounts": accounts, **tables}), PAIRS, metrics=METRICS)
    return features.frame.iloc[0], features.absence.iloc[0]


def ago(days):
    return [pd.NaT if each is None else AS_OF - each * DAY for each in days]


def seats(activated, deactivated, *, admin=(), sso=()):
    users = range(len(activated))
    return pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": [f"u{n}" for n in users],
            "is_admin": [n in admin for n in users],
            "sso": [n in sso for n in users],
            "activated_at": ago(activated),
            "deactivated_at": ago(deactivated),
            "known_at": ago(activated),
        }
    )


def test_shares_of_seats_count_those_active_on_the_date():
    rows = seats([700] * 8, [None] * 6 + [10, 1], admin=[0, 6], sso=[0, 1, 2, 7])
    value, _ = found(seats=rows)
    assert value["admin_seat_share"] == pytest.approx(1 / 6)
    assert value["sso_seat_share"] == pytest.approx(3 / 6)


def test_of_four_seats_nobody_can_say_whether_rights_are_given_sparingly():
    value, state = found(seats=seats([700] * 4, [None] * 4, admin=[0], sso=[0]))
    assert np.isnan(value["admin_seat_share"])
    assert state["admin_seat_share"] == Absence.NOT_APPLICABLE
    assert value["sso_seat_share"] == 0.25


def test_a_gap_between_two_admins_is_seen():
    # Moments 0, 30, ..., 330 days back; the first admin left 200 days ago, the next came 100 ago:
    # nobody at 120, 150 and 180.
    rows = seats([700, 700, 100], [200, None, None], admin=[0, 2])
    value, _ = found(seats=rows)
    assert value["admin_continuity"] == pytest.approx(9 / 12)


def test_moments_without_any_seat_do_not_count_against_the_account():
    rows = seats([140], [None], admin=[0])
    assert found(seats=rows)[0]["admin_continuity"] == 1.0


def test_a_young_account_has_no_admins_of_a_year():
    rows = seats([300], [None], admin=[0])
    value, state = found(since_days=329, seats=rows)
    assert np.isnan(value["admin_continuity"])
    assert state["admin_continuity"] == Absence.NO_EVENT_YET
    assert found(since_days=330, seats=rows)[0]["admin_continuity"] == 1.0


def test_certified_admins_are_those_who_have_not_left():
    people = pd.DataFrame(
        {
            "person_id": list("pqrs"),
            "account_id": "a",
            "roles": ["admin", "admin|champion", "admin", "champion"],
            "certified_at": ago([400, None, 300, 200]),
            "left_account_at": ago([None, None, 50, None]),
            "left_known_at": ago([None, None, 50, None]),
            "valid_from": ago([700] * 4),
            "known_at": ago([100] * 4),
        }
    )
    assert found(people=people)[0]["certified_admin_share"] == 0.5
    champions = people.assign(roles="champion")
    assert np.isnan(found(people=champions)[0]["certified_admin_share"])


@pytest.mark.parametrize(("events", "share"), [(70, 0.3), (69, np.nan)])
def test_automation_is_its_share_of_all_events_from_a_hundred_on(events, share):
    usage = pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": ["u", "v", "u"],
            "date": ago([1, 89, 91]),
            "events": [float(events), 0.0, 500.0],
            "automated_events": [10.0, 20.0, 0.0],
            "known_at": ago([1, 89, 91]),
        }
    )
    value, _ = found(usage_daily=usage)
    assert value["automation_share_90d"] == pytest.approx(share, nan_ok=True)


def used(*features, days=30, catalogue=None):
    """Some features used so many days ago, the board yesterday, and a catalogue with marks."""
    marks = catalogue or {"erp": "i", "api": "i", "sync": "i", "roles": "a", "audit": "ap"}
    usage = pd.DataFrame(
        {
            "account_id": [*["a"] * len(features), "a", "bystander"],
            "product_user_id": "u",
            "feature_id": [*features, "board", "board"],
            "date": ago([*[days] * len(features), 1, 700]),
            "events": 1.0,
            "known_at": ago([*[days] * len(features), 1, 700]),
        }
    )
    columns = {"is_integration": "i", "is_admin_setting": "a", "is_premium": "p"}
    offered = {name: [mark in held for held in marks.values()] for name, mark in columns.items()}
    return {
        "usage_daily": usage,
        "features": pd.DataFrame({"feature_id": list(marks), **offered}),
    }


def test_integrations_are_counted_once_however_often_they_run():
    column = "connected_integrations_180d"
    assert found(**used("erp", "erp", "erp", "api", "roles"))[0][column] == 2
    assert found(**used())[0][column] == 0
    assert found(**used("erp", days=181))[0][column] == 0


def test_a_product_without_integrations_or_settings_shows_nothing():
    value, state = found(**used(catalogue={"board": ""}))
    for column in ("connected_integrations_180d", "configured_setting_share_365d"):
        assert np.isnan(value[column])
        assert state[column] == Absence.NOT_APPLICABLE


def test_settings_of_a_higher_plan_are_not_asked_for():
    column = "configured_setting_share_365d"
    marks = {"roles": "a", "approvals": "a", "audit": "ap"}
    assert found(**used("roles", "audit", catalogue=marks))[0][column] == 0.5
    assert found(**used("audit", catalogue=marks))[0][column] == 0
    assert found(**used("roles", days=366, catalogue=marks))[0][column] == 0


def test_planned_goals_are_those_the_account_set_with_baseline_target_and_date():
    goals = pd.DataFrame(
        {
            "goal_id": list("ghijk"),
            "account_id": "a",
            "kind": [*["business_goal"] * 4, "onboarding_milestone"],
            "set_by": ["customer", "vendor", "customer", "customer", "customer"],
            "baseline": [1.0, 1.0, np.nan, 1.0, 1.0],
            "target_value": [2.0, 2.0, 2.0, 2.0, 2.0],
            "due_at": ago([-90, -90, -90, None, -90]),
            "changed_at": ago([30] * 5),
            "known_at": ago([30] * 5),
        }
    )
    assert found(goals=goals)[0]["planned_goal_share"] == 0.25


def test_without_tables_none_of_them_is_collected():
    _, state = found(tickets=pd.DataFrame({"ticket_id": ["t"], "account_id": "a"}))
    assert state.eq(Absence.NOT_COLLECTED).all()
