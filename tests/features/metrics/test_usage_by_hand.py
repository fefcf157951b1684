"""Usage and adoption on tables that fit on a screen: the numbers are computed on paper."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.metrics.absence import Absence
from tests.features.metrics.hand_tables import (
    AS_OF,
    DAY,
    features,
    measured,
    people,
    seats,
    usage,
)


def test_the_busiest_user_is_held_against_all_use_of_28_days():
    rows = [
        ("u", "f", 3, 6),
        ("u", "f", 20, 2),
        ("v", "f", 5, 4),
        ("w", "g", 1, 9),
        ("v", "f", 29, 9),
    ]
    value, _ = measured(
        features=features("fg", is_value_event=[True, False]), usage_daily=usage(rows)
    )
    assert value["top_user_share_28d"] == pytest.approx(8 / 12)
    assert value["events_per_user_28d"] == pytest.approx(12 / 2 / 4)
    assert value["active_days_per_user_28d"] == pytest.approx(3 / 2)


def test_minutes_say_how_much_is_used_where_uses_are_not_counted():
    rows = usage([("u", "f", 3, 6), ("v", "f", 20, 2)])
    value, _ = measured(usage_daily=rows.rename(columns={"events": "minutes"}))
    assert value["usage_volume_28d"] == 8
    value, _ = measured(usage_daily=rows.assign(minutes=90.0))
    assert value["usage_volume_28d"] == 8


def test_departments_count_only_where_people_are_known():
    rows = [("u", "f", 3, 1), ("v", "f", 3, 1), ("w", "f", 3, 1), ("x", "f", 3, 1)]
    team = people([("1", "user", 700, None), ("2", "user", 700, None), ("3", "user", 700, None)])
    team = team.assign(product_user_id=["u", "v", "w"], department=["it", "it", "finance"])
    value, _ = measured(usage_daily=usage(rows), people=team)
    assert value["team_spread_28d"] == 2
    nobody = team.assign(product_user_id=["q", "r", "s"])
    value, state = measured(usage_daily=usage(rows), people=nobody)
    assert np.isnan(value["team_spread_28d"])
    assert state["team_spread_28d"] == Absence.NO_EVENT_YET


def test_a_user_of_the_same_name_in_another_account_lends_no_department():
    team = people([("1", "user", 700, None)])
    team = team.assign(product_user_id="u", department="it", account_id="b")
    value, _ = measured(usage_daily=usage([("u", "f", 3, 1)]), people=team)
    assert np.isnan(value["team_spread_28d"])


def silence(days, as_of=AS_OF):
    rows = usage([("u", "f", each, 1) for each in days])
    return measured(usage_daily=rows, as_of=as_of)[0]["silence_in_gaps_365d"]


def test_silence_counts_working_days_in_the_accounts_own_gaps():
    # The as-of date is a Monday. Friday was 3 days ago: one working day, as from day to day.
    daily = [3, 4, 5, 6, 7, 10, 11, 12]
    assert silence(daily) == 1
    # Every Monday: 5 working days from one to the next, 10 since the last.
    assert silence([14, 21, 28, 35]) == 2
    # A weekend belongs to its Friday: Saturday and Sunday are no silence.
    assert silence(daily, as_of=AS_OF - DAY) == 0


def test_silence_of_an_account_without_a_rhythm_is_held_against_a_week():
    assert silence([14]) == 10 / 5
    assert silence([400]) == 20.0


def test_long_silence_saturates():
    value, _ = measured(usage_daily=usage([("u", "f", 700, 1)]))
    assert value["days_since_value_event"] == 365


def items(quantity, since_days=400):
    return pd.DataFrame(
        {
            "item_id": ["i"],
            "account_id": "a",
            "quantity": quantity,
            "mrr": 100.0,
            "effective_from": AS_OF - since_days * DAY,
            "effective_to": pd.NaT,
            "known_at": AS_OF - since_days * DAY,
        }
    )


def test_saturation_is_the_lowest_of_now_and_of_one_and_two_weeks_ago():
    # v came 40 days ago and again on the day before the as-of date: a week ago only u had been
    # there within 28 days.
    rows = usage([("u", "f", 2, 1), ("u", "f", 20, 1), ("v", "f", 40, 1), ("v", "f", 1, 1)])
    value, _ = measured(usage_daily=rows, subscription_items=items(2.0))
    assert value["seat_saturation_28d"] == 0.5
    steady = usage([(user, "f", each, 1) for user in "uv" for each in (1, 15, 29, 41)])
    value, _ = measured(usage_daily=steady, subscription_items=items(2.0))
    assert value["seat_saturation_28d"] == 1.0


@pytest.mark.parametrize(
    ("beside", "bought"),
    [
        ({"unit": "seat", "change_type": "cross_sell"}, 8.0),
        ({"unit": "GB", "change_type": "new"}, 8.0),
        ({"unit": "Seat ", "change_type": "new"}, 48.0),
        ({"unit": None, "change_type": "new"}, 48.0),
    ],
)
def test_what_is_bought_beside_gives_no_more_people_a_seat(beside, bought):
    first = items(8.0).assign(unit="seat", change_type="new")
    other = items(40.0).assign(item_id="j", **beside)
    both = pd.concat([first, other], ignore_index=True)
    value, _ = measured(seats=seats("uvwx"), subscription_items=both)
    assert value["licence_utilisation"] == 4 / bought


def test_core_breadth_wants_two_users_and_looks_at_the_plan():
    catalogue = features("fghij", min_plan=["starter", None, "starter", "enterprise", "starter"])
    catalogue["is_core"] = [True, True, True, True, True]
    catalogue["retired_at"] = [pd.NaT, pd.NaT, pd.NaT, pd.NaT, AS_OF - 90 * DAY]
    rows = [
        ("u", "f", 3, 1),
        ("v", "f", 9, 1),
        ("u", "g", 3, 1),
        ("u", "g", 4, 1),
        ("v", "g", 30, 1),
    ]
    tables = {"features": catalogue, "usage_daily": usage(rows)}
    # In the plan and not retired: f, g, h. Two people used f alone.
    value, _ = measured(account={"plan_tier": "Starter"}, **tables)
    assert value["core_breadth_28d"] == pytest.approx(1 / 3)
    value, _ = measured(account={"plan_tier": "enterprise"}, **tables)
    assert value["core_breadth_28d"] == pytest.approx(1 / 4)
    # A plan that nobody put in order keeps nothing from anybody.
    value, _ = measured(account={"plan_tier": "gold"}, **tables)
    assert value["core_breadth_28d"] == pytest.approx(1 / 4)


def test_clicks_above_the_plan_count_by_the_plan_of_their_day():
    catalogue = features("fg", min_plan=["starter", "enterprise"])
    rows = usage([("u", "g", 20, 6), ("u", "g", 3, 2), ("u", "f", 3, 9)])
    first, upgraded = AS_OF - 800 * DAY, AS_OF - 10 * DAY
    account = {"valid_from": first, "known_at": first, "plan_tier": "starter"}
    value, _ = measured(features=catalogue, usage_daily=rows, account=account)
    assert value["premium_gate_hits_28d"] == 8 / 4
    account = {
        "account_id": ["a", "a"],
        "customer_since": first,
        "valid_from": [first, upgraded],
        "known_at": [first, upgraded],
        "plan_tier": ["starter", "enterprise"],
    }
    tables = {"features": catalogue, "usage_daily": rows, "accounts": pd.DataFrame(account)}
    assert measured(**tables)[0]["premium_gate_hits_28d"] == 6 / 4


def test_new_features_count_once_two_people_used_them_three_times_within_60_days():
    released = [AS_OF - 100 * DAY] * 4 + [AS_OF - 20 * DAY, AS_OF - 300 * DAY]
    catalogue = features("fghijk", released_at=released)
    taken_up = [("u", "f", 90, 2), ("v", "f", 80, 1)]
    by_one = [("u", "g", 90, 5)]
    twice_only = [("u", "h", 90, 1), ("v", "h", 90, 1)]
    too_late = [("u", "i", 90, 2), ("v", "i", 30, 2)]
    too_new = [("u", "j", 9, 2), ("v", "j", 9, 2)]
    rows = usage(taken_up + by_one + twice_only + too_late + too_new)
    value, _ = measured(features=catalogue, usage_daily=rows)
    assert value["new_feature_adoption_180d"] == pytest.approx(1 / 4)


def test_modules_in_use_are_told_against_those_there_are():
    rows = usage([("u", "f", 3, 2), ("u", "h", 40, 2)])
    for modules, share in ((["a"] * 3, 1.0), (["a", "a", "b"], 0.5), (["a", "b", "c"], 1 / 3)):
        value, _ = measured(features=features("fgh", module=modules), usage_daily=rows)
        assert value["module_breadth_28d"] == pytest.approx(share)
    retired = features("fgh", module=["a", "b", "c"], retired_at=[None, AS_OF - DAY, None])
    value, _ = measured(features=retired, usage_daily=rows)
    assert value["module_breadth_28d"] == pytest.approx(0.5)
    nameless = features("fgh", module=[None] * 3)
    value, state = measured(features=nameless, usage_daily=rows)
    assert np.isnan(value["module_breadth_28d"])
    assert state["module_breadth_28d"] == Absence.NOT_APPLICABLE


def test_visits_to_billing_pages_need_billing_pages():
    rows = usage([("u", "f", 3, 2), ("u", "g", 8, 2)])
    value, _ = measured(features=features("fg", module=["Billing", "x"]), usage_daily=rows)
    assert value["billing_page_visits_7d"] == 2
    value, state = measured(features=features("fg", module=["y", "x"]), usage_daily=rows)
    assert np.isnan(value["billing_page_visits_7d"])
    assert state["billing_page_visits_7d"] == Absence.NOT_APPLICABLE


def test_the_models_see_the_age_of_an_account_for_90_days():
    assert measured(since_days=40)[0]["first_90_days"] == 40
    assert measured(since_days=800)[0]["first_90_days"] == 90


def test_integrations_that_fail_are_held_against_all_their_events():
    rows = usage([("u", "f", 3, 60), ("u", "g", 3, 500)])
    rows = rows.assign(automated_events=[140, 0, 0, 0], errors=[10, 90, 0, 0])
    catalogue = features("fg", is_integration=[True, False])
    value, _ = measured(features=catalogue, usage_daily=rows)
    assert value["integration_error_share_90d"] == pytest.approx(10 / 200)
