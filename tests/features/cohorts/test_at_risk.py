"""Who is at risk on an as-of date, by what was known then."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.cohorts.at_risk import standing
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business
from tests.features.cohorts.stand import SETTINGS, customer, reasons, stand, statuses
from tests.training.records import ANNUAL, contract, event, item, used, utc

# --- decision points -----------------------------------------------------------------------------


def test_who_pays_is_scored_however_far_its_decision_is(company, pairs):
    found = stand(customer(company), pairs("2024-01-02", "2024-06-05", "2025-01-01"))
    assert found["status"].tolist() == ["scored"] * 3
    assert found["decision_kind"].tolist() == ["term_end"] * 3
    assert found["p_by_date"].tolist() == found["leaves_at"].tolist() == [utc("2025-01-01")] * 3


def test_a_notice_deadline_is_the_decision_of_a_term_that_renews_by_itself(company, pairs):
    tables = customer(company, ANNUAL | {"notice_period_days": 90, "auto_renew": True})
    found = stand(tables, pairs("2024-03-06", "2024-10-03"))
    assert found["notice_deadline"].tolist() == [utc("2024-10-03")] * 2
    assert found["p_by_date"].tolist() == [utc("2024-10-03")] * 2
    assert found["leaves_at"].tolist() == [utc("2025-01-01")] * 2
    assert found["decision_kind"].tolist() == ["notice_deadline"] * 2


def test_past_its_deadline_an_account_is_estimated_for_the_decision_after(company, pairs):
    renews = ANNUAL | {"notice_period_days": 90, "auto_renew": True}
    found = stand(customer(company, renews), pairs("2024-06-01", "2024-11-15", "2025-06-01"))
    assert found["status"].tolist() == ["scored"] * 3
    assert found["past_deadline"].tolist() == [False, True, False]
    assert found["p_by_date"].tolist() == [utc("2024-10-03"), *[utc("2025-10-03")] * 2]
    assert found["leaves_at"].tolist() == [utc("2025-01-01"), *[utc("2026-01-01")] * 2]


def test_a_break_clause_is_the_decision_while_it_lies_ahead(company, pairs):
    tables = customer(company, ANNUAL | {"break_at": "2024-06-30"})
    found = stand(tables, pairs("2024-06-01", "2024-07-01"))
    assert found["decision_kind"].tolist() == ["break", "term_end"]
    assert found["p_by_date"].tolist() == [utc("2024-06-30"), utc("2025-01-01")]
    assert found["leaves_at"].tolist() == found["p_by_date"].tolist()


def test_stated_notice_deadline_wins_over_the_period(company, pairs):
    stated = ANNUAL | {"notice_period_days": 90, "notice_deadline": "2024-11-30"}
    found = stand(customer(company, stated), pairs("2024-06-01"))
    assert found["notice_deadline"].item() == utc("2024-11-30")


def test_who_can_leave_with_every_month_is_estimated_for_the_horizon(company, pairs):
    monthly = contract("2024-01-01", None, term_months=1)
    found = stand(customer(company, monthly), pairs("2024-02-10"), Settings(horizon_days=20))
    assert found["month_to_month"].item()
    assert (found["status"].item(), found["decision_kind"].item()) == ("scored", "month_end")
    assert found["decision_at"].item() == utc("2024-03-01")
    assert found["p_by_date"].item() == utc("2024-03-01")
    week = Settings(lead_days=3, horizon_days=7)
    assert stand(customer(company, monthly), pairs("2024-02-10"), week)["p_by_date"].item() == utc(
        "2024-02-20"
    )


def test_two_months_are_no_monthly_term(company, pairs):
    short = contract("2024-01-01", "2024-03-01", term_months=2)
    assert not stand(customer(company, short), pairs("2024-02-10"))["month_to_month"].item()


def test_multi_year_contract_decides_at_its_end_alone(company, pairs):
    three_years = contract("2022-01-01", "2025-01-01", term_months=36)
    tables = customer(company, three_years, subscription_items=[item("2022-01-01")])
    found = stand(tables, pairs("2022-06-01", "2023-06-01", "2024-07-01"))
    assert found["status"].tolist() == ["scored"] * 3
    assert found["p_by_date"].tolist() == [utc("2025-01-01")] * 3


def test_term_that_renews_by_itself_rolls_on(company, pairs):
    rolling = contract("2022-01-01", "2023-01-01", auto_renew=True, notice_period_days=30)
    tables = customer(company, rolling, subscription_items=[item("2022-01-01")])
    found = stand(tables, pairs("2024-02-01", "2024-08-01", "2025-01-01"))
    assert found["p_by_date"].tolist() == [utc("2024-12-02"), utc("2024-12-02"), utc("2025-12-02")]
    assert found["term_end"].tolist() == [utc("2025-01-01")] * 3
    assert found["notice_deadline"].tolist() == [utc("2024-12-02")] * 3
    assert found["auto_renew"].all()


def test_length_of_a_rolling_term_is_measured_when_it_is_not_stated(company, pairs):
    rolling = contract("2022-01-01", "2023-01-01", auto_renew=True, term_months=None)
    found = stand(customer(company, rolling), pairs("2024-08-01"))
    assert found["term_end"].item() == utc("2025-01-01")


def test_who_pays_on_after_its_term_is_over_is_bound_by_the_month(company, pairs):
    found = stand(customer(company), pairs("2025-01-01", "2025-01-02"))
    assert found["term_end"].tolist() == [utc("2025-01-01"), pd.NaT]
    assert found["decision_kind"].tolist() == ["term_end", "month_end"]
    assert found["p_by_date"].tolist() == [utc("2025-01-01"), utc("2025-07-01")]


def test_successor_already_signed_is_the_term_that_binds(company, pairs):
    second = contract("2025-01-01", "2026-01-01", name="d", signed_at="2024-07-15")
    found = stand(customer(company, ANNUAL, second), pairs("2024-07-15", "2024-07-16"))
    assert found["status"].tolist() == ["scored", "scored"]
    assert found["p_by_date"].tolist() == [utc("2025-01-01"), utc("2026-01-01")]


def test_account_is_bound_by_the_contract_that_ends_last(company, pairs):
    side = contract("2024-01-01", "2024-08-01", name="d")
    found = stand(customer(company, side, ANNUAL), pairs("2024-07-01"))
    assert found["term_end"].item() == utc("2025-01-01")


def test_a_small_contract_beside_binds_only_once_the_large_one_is_over(company, pairs):
    large = contract("2024-01-01", "2025-01-01", acv=12_000.0)
    small = contract("2024-06-01", "2025-06-01", name="d", acv=1_000.0)
    found = stand(customer(company, large, small), pairs("2024-07-01", "2025-01-15"))
    assert found["term_end"].tolist() == [utc("2025-01-01"), utc("2025-06-01")]


def test_a_small_contract_binds_where_the_large_one_is_refused(company, pairs):
    large = contract("2024-01-01", "2025-01-01", acv=12_000.0, auto_renew=True)
    small = contract("2024-06-01", "2025-06-01", name="d", acv=1_000.0)
    said = {"event_id": "e", "account_id": "a", "contract_id": "c", "known_at": "2024-06-15"}
    said |= {"event_type": "notice_received", "effective_at": "2024-06-15"}
    tables = company(
        accounts=[{"account_id": "a", "customer_since": "2024-01-01"}],
        contracts=[large, small],
        contract_events=[said],
    )
    found = stand(tables, pairs("2024-07-01"))
    assert found["status"].item() == "scored"
    assert found["decision_at"].item() == utc("2025-06-01")


def test_term_end_moved_later_is_not_seen_before_it_was_moved(company, pairs):
    moved = contract("2024-01-01", "2025-07-01", known_at="2024-10-01")
    found = stand(customer(company, ANNUAL, moved), pairs("2024-10-01", "2024-10-02"))
    assert found["term_end"].tolist() == [utc("2025-01-01"), utc("2025-07-01")]


def test_contract_without_an_end_is_estimated_for_the_horizon(company, pairs):
    endless = contract("2024-01-01", None, term_months=None)
    found = stand(customer(company, endless), pairs("2024-07-01"))
    assert found["status"].item() == "scored"
    assert found[["decision_at", "decision_kind"]].isna().all(axis=None)
    assert pd.isna(found["decision_at"].item())
    assert found["p_by_date"].item() == utc("2024-12-28")


# --- notices and pauses --------------------------------------------------------------------------


def test_notice_counts_once_it_is_known(company, pairs):
    notice = event("notice_received", "2024-07-01", known_at="2024-07-10")
    rows = pairs("2024-07-05", "2024-07-10", "2024-07-11")
    found = statuses(customer(company, contract_events=[notice]), rows)
    assert found == ["scored", "scored", "notice_given"]


def test_notice_withdrawn_later_is_still_pending_before(company, pairs):
    events = [
        event("notice_received", "2024-07-01"),
        event("cancel_withdrawn", "2024-08-01", known_at="2024-08-05"),
    ]
    rows = pairs("2024-07-15", "2024-08-05", "2024-08-06")
    found = statuses(customer(company, contract_events=events), rows)
    assert found == ["notice_given", "notice_given", "scored"]


def test_a_notice_far_ahead_of_its_deadline_stands(company, pairs):
    notice = event("notice_received", "2024-02-01")
    assert statuses(customer(company, contract_events=[notice]), pairs("2024-03-01")) == [
        "notice_given"
    ]


def test_notice_lapses_when_the_account_is_still_there_after_term_and_grace(company, pairs):
    rolling = ANNUAL | {"auto_renew": True}
    notice = event("notice_received", "2024-11-01")
    tables = customer(company, rolling, contract_events=[notice])
    rows = pairs("2025-01-31", "2025-02-01", "2025-08-01")
    assert statuses(tables, rows) == ["notice_given", "scored", "scored"]


def test_renewal_signed_after_a_notice_voids_it_once_known(company, pairs):
    second = contract("2025-01-01", "2026-01-01", name="d", signed_at="2024-12-01")
    notice = event("notice_received", "2024-11-01")
    tables = customer(company, ANNUAL, second, contract_events=[notice])
    found = stand(tables, pairs("2024-12-01", "2024-12-02"))
    assert found["status"].tolist() == ["notice_given", "scored"]
    assert found["p_by_date"].tolist() == [pd.NaT, utc("2026-01-01")]


def test_withdrawal_for_another_contract_leaves_a_notice_pending(company, pairs):
    events = [
        event("notice_received", "2024-07-01", contract_id="c"),
        event("cancel_withdrawn", "2024-08-01", contract_id="other"),
    ]
    assert statuses(customer(company, contract_events=events), pairs("2024-08-15")) == [
        "notice_given"
    ]


def test_notice_without_known_term_lapses_after_the_month_and_the_grace(company, pairs):
    tables = company(
        subscription_items=[item("2024-01-01")],
        contract_events=[event("cancel_requested", "2024-05-10")],
    )
    # The month ends on 1 June, the grace on 1 July.
    rows = pairs("2024-05-11", "2024-07-01", "2024-07-02")
    assert statuses(tables, rows) == ["notice_given", "notice_given", "scored"]


def test_paused_account_stands_apart_until_it_resumes(company, pairs):
    events = [event("paused", "2024-07-01"), event("reactivated", "2024-09-01")]
    tables = customer(company, contract_events=events)
    rows = pairs("2024-07-01", "2024-07-02", "2024-09-01", "2024-09-02")
    assert statuses(tables, rows) == ["scored", "paused", "paused", "scored"]


def test_paused_account_without_arr_is_paused_and_not_lost(company, pairs):
    tables = customer(
        company,
        subscription_items=[item("2024-01-01", "2024-07-01")],
        contract_events=[event("paused", "2024-07-01")],
    )
    assert statuses(tables, pairs("2024-08-01")) == ["paused"]


# --- other businesses ----------------------------------------------------------------------------


def test_month_to_month_account_can_leave_at_any_month_end(company, pairs):
    tables = company(
        accounts=[{"account_id": "a", "customer_since": "2024-01-01"}],
        contract_events=[event("cancelled", "2024-06-01", arr_after=0.0)],
    )
    found = stand(tables, pairs("2023-12-01", "2024-03-01", "2024-07-01"))
    assert found["status"].tolist() == ["not_eligible", "scored", "not_eligible"]
    assert found["reason"].tolist()[::2] == ["not_yet_customer", "no_arr"]
    assert np.isnan(found["arr"].tolist()[1])
    assert found["month_to_month"].all()


def test_month_to_month_arr_is_what_the_last_renewal_states(company, pairs):
    tables = company(
        accounts=[{"account_id": "a", "customer_since": "2024-01-01"}],
        contract_events=[event("renewed", "2024-02-01", arr_after=600.0)],
    )
    assert stand(tables, pairs("2024-03-01"))["arr"].item() == 600.0


def test_activity_window_reaches_back_from_the_as_of_date(company, pairs):
    tables = company(usage_events=[used("2024-01-01")])
    rows = pairs("2024-01-01", "2024-01-02", "2024-06-29", "2024-06-30")
    found = stand(tables, rows)
    assert found["status"].tolist() == ["not_eligible", "scored", "scored", "not_eligible"]
    assert found["reason"].tolist()[::3] == ["never_active", "inactive"]


def test_event_known_late_counts_late_and_by_when_it_happened(company, pairs):
    tables = company(usage_events=[used("2024-01-01", known_at="2024-06-01")])
    rows = pairs("2024-06-01", "2024-06-02", "2024-06-29", "2024-06-30")
    assert statuses(tables, rows) == ["not_eligible", "scored", "scored", "not_eligible"]
    by_known = Settings(label_clock="known")
    assert statuses(tables, rows, by_known) == ["not_eligible", "scored", "scored", "scored"]


def test_only_features_marked_as_value_events_count(company, pairs):
    catalogue = [
        {"feature_id": "report", "is_value_event": True},
        {"feature_id": "login", "is_value_event": False},
    ]
    events = [used("2024-01-01", feature_id="login"), used("2024-03-01", feature_id="report")]
    rows = pairs("2024-02-01", "2024-04-01")
    marked = company(usage_events=events, features=catalogue)
    assert statuses(marked, rows) == ["not_eligible", "scored"]
    unmarked = company(usage_events=events, features=[{"feature_id": "login"}])
    assert statuses(unmarked, rows) == ["scored", "scored"]


def test_daily_usage_without_events_is_no_activity(company, pairs):
    row = {
        "account_id": "a",
        "product_user_id": "u",
        "date": "2024-01-01",
        "known_at": "2024-01-02",
    }
    rows = pairs("2024-02-01")
    assert statuses(company(usage_daily=[row | {"events": 0}]), rows) == ["not_eligible"]
    assert statuses(company(usage_daily=[row | {"events": 1}]), rows) == ["scored"]
    assert statuses(company(usage_daily=[row]), rows) == ["scored"]


def test_who_opens_no_tickets_has_not_left(company, pairs):
    ticket = {"ticket_id": "t", "account_id": "a", "created_at": "2024-01-01"}
    tables = company(tickets=[ticket])
    assert statuses(tables, pairs("2024-02-01", "2025-07-01")) == ["scored", "scored"]


def invoices(*days):
    return [
        {"invoice_id": f"i{n}", "account_id": "a", "issued_at": day} for n, day in enumerate(days)
    ]


def test_an_invoice_alone_says_nothing_of_how_often_one_comes(company, pairs):
    tables = company(invoices=invoices("2024-01-10"))
    rows = pairs("2024-01-10", "2024-02-01", "2025-04-10", "2025-05-01", "2025-08-01")
    assert reasons(tables, rows) == [
        *("never_invoiced", "few_invoices", "few_invoices"),
        *("no_further_invoice", "no_longer_invoiced"),
    ]


def test_monthly_invoices_that_stop_are_overdue_after_a_month_and_a_half(company, pairs):
    days = [f"2024-{month:02d}-10" for month in range(1, 6)]
    tables = company(invoices=invoices(*days))
    found = stand(tables, pairs("2024-03-20", "2024-06-25", "2024-06-27", "2024-10-01"))
    assert found["status"].tolist() == [*["scored"] * 2, *["not_eligible"] * 2]
    assert found["reason"].tolist()[2:] == ["no_further_invoice", "no_longer_invoiced"]
    assert found["p_by_date"].tolist()[:2] == [utc("2024-09-16"), utc("2024-12-22")]


def test_yearly_invoices_are_current_for_a_year_and_a_quarter(company, pairs):
    tables = company(invoices=invoices("2023-01-10", "2024-01-10"))
    rows = pairs("2023-06-01", "2024-06-01", "2024-12-20", "2025-04-01", "2025-04-13", "2025-08-01")
    assert stand(tables, rows)["reason"].fillna("").tolist() == [
        *("few_invoices", "", "", "", "no_further_invoice", "no_longer_invoiced"),
    ]
    # Asked is whether the next one comes before it is overdue, within the horizon at least.
    asked = stand(tables, rows)["p_by_date"].tolist()
    assert asked[1:4] == [utc("2025-04-11"), utc("2025-06-18"), utc("2025-09-28")]
    lead = Settings(lead_days=30)
    # In the lead nobody looks, so that it is the one after next.
    assert stand(tables, rows, lead)["p_by_date"].tolist()[2] == utc("2026-04-11")


def test_unknown_account_is_not_yet_a_customer(company, pairs):
    rows = pairs("2024-07-01", account="nobody")
    assert reasons(customer(company), rows) == ["not_yet_customer"]
    assert reasons(company(usage_events=[used("2024-01-01")]), rows) == ["never_active"]


@pytest.mark.parametrize("business", list(Business))
def test_no_rows_give_an_empty_frame_with_all_columns(company, pairs, business):
    tables = company(accounts=[], contracts=[ANNUAL], subscription_items=[item("2024-01-01")])
    found = standing(tables, pairs(), business, SETTINGS)
    full = standing(tables, pairs("2024-07-01"), business, SETTINGS)
    assert found.empty
    assert found.columns.tolist() == full.columns.tolist()
    assert found.dtypes.tolist() == full.dtypes.tolist()


def test_rows_come_back_sorted_and_once(company, pairs):
    rows = pd.concat([pairs("2024-07-01", account="b"), pairs("2024-08-01", "2024-07-01")] * 2)
    found = stand(customer(company), rows)
    assert found["account_id"].tolist() == ["a", "a", "b"]
    assert found["as_of"].is_monotonic_increasing is False
    assert found["as_of"].tolist()[:2] == [utc("2024-07-01"), utc("2024-08-01")]
