from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.errors import SchemaError
from churngrid.features.population import known_accounts
from churngrid.features.settings import Settings
from churngrid.features.tables import table_spec
from churngrid.features.tableset import Tables, canonical_schema
from churngrid.training.business import Business, business_of
from churngrid.training.calendars import as_of_dates
from churngrid.training.labels import REASONS, label, own_labels, summarise

SETTINGS = Settings()


def contract(start, end, *, name="c", **more):
    row = {"contract_id": name, "account_id": "a", "term_start": start, "term_end": end}
    return row | {"term_months": 12, "acv": 1200.0} | more


def item(start, end=None, *, name="i", mrr=100.0, **more):
    row = {"item_id": name, "account_id": "a", "effective_from": start, "effective_to": end}
    return row | {"mrr": mrr} | more


def event(kind, at, **more):
    row = {"event_id": f"{kind} {at}", "account_id": "a", "event_type": kind, "effective_at": at}
    return row | more


def used(at, *, user="u", **more):
    return {"account_id": "a", "product_user_id": user, "occurred_at": at} | more


def utc(text):
    return pd.Timestamp(text, tz="UTC")


ANNUAL = contract("2024-01-01", "2025-01-01")
STAYS = contract("2025-01-01", "2026-01-01", name="d", signed_at="2024-12-20")


def leaver(company, *events, **more):
    """An annual customer whose ledger ends with its term."""
    ledger = [item("2024-01-01", "2025-01-01")]
    given = {"contracts": [ANNUAL], "subscription_items": ledger, "contract_events": list(events)}
    return company(**(given | more))


def stayer(company, *changes, **more):
    """An annual customer that renews."""
    given = {"contracts": [ANNUAL, STAYS], "subscription_items": [item("2024-01-01"), *changes]}
    return company(**(given | more))


def labelled(tables, rows, chosen=SETTINGS):
    return label(tables, rows, business_of(tables), chosen)


def churned(tables, rows, chosen=SETTINGS):
    return labelled(tables, rows, chosen)["churned"].tolist()


def reasons(tables, rows, chosen=SETTINGS):
    return labelled(tables, rows, chosen)["reason"].tolist()


def expanded(tables, rows, chosen=SETTINGS):
    return labelled(tables, rows, chosen)["expanded"].tolist()


# --- the label window ----------------------------------------------------------------------------


def test_term_end_without_successor_is_churn(company, pairs):
    found = labelled(leaver(company), pairs("2024-07-01")).iloc[0]
    assert found["churned"]
    assert found["decided_at"] == utc("2025-01-01")
    assert found["closes_at"] == utc("2024-07-01") + pd.Timedelta(days=30 + 180 + 30)
    assert pd.isna(found["reason"])


def test_renewal_is_no_churn(company, pairs):
    assert churned(stayer(company), pairs("2024-07-01")) == [False]


def test_decision_counts_from_just_after_the_lead_to_the_end_of_the_horizon(company, pairs):
    tables = leaver(
        company,
        event("notice_received", "2024-10-01"),
        contracts=[contract("2024-01-01", None, term_months=1)],
        subscription_items=[item("2024-01-01", "2024-11-01")],
    )
    rows = pairs("2024-03-04", "2024-03-05", "2024-08-31", "2024-09-01", "2024-09-30")
    found = labelled(tables, rows)
    assert found["churned"].tolist()[:3] == [False, True, True]
    assert found["reason"].tolist()[3:] == ["decided_in_lead", "decided_in_lead"]


def test_notice_in_the_window_counts_although_the_term_ends_after_it(company, pairs):
    contracts = [ANNUAL | {"notice_period_days": 90}]
    tables = leaver(company, event("notice_received", "2024-09-15"), contracts=contracts)
    assert churned(tables, pairs("2024-03-10")) == [True]


def test_withdrawn_notice_is_no_churn_before_it_and_no_training_row_while_it_pends(company, pairs):
    events = [event("notice_received", "2024-08-01"), event("cancel_withdrawn", "2024-09-01")]
    found = labelled(stayer(company, contract_events=events), pairs("2024-06-15", "2024-08-15"))
    assert found["churned"].tolist()[0] is False
    assert found["reason"].tolist()[1] == "decided_before"


@pytest.mark.parametrize(("days", "left"), [(29, False), (30, True), (31, True)])
def test_late_renewal_inside_the_grace_is_no_churn(company, pairs, days, left):
    again = f"{utc('2025-01-01') + pd.Timedelta(days=days):%F}"
    ledger = [item("2024-01-01", "2025-01-01"), item(again, name="j")]
    tables = leaver(company, subscription_items=ledger)
    assert churned(tables, pairs("2024-07-01")) == [left]


def test_decision_before_the_as_of_date_leaves_training(company, pairs):
    tables = leaver(company, event("notice_received", "2024-06-15"))
    assert reasons(tables, pairs("2024-07-01")) == ["decided_before"]


def test_decision_recorded_later_leaves_training_and_is_counted_apart(company, pairs):
    late = event("notice_received", "2024-06-15", known_at="2024-07-15")
    rows = pairs("2024-06-14", "2024-06-15", "2024-07-01", "2024-07-15", "2024-07-16")
    tables = leaver(company, late)
    assert reasons(tables, rows) == [
        "decided_in_lead",
        "recorded_later",
        "recorded_later",
        "recorded_later",
        "decided_before",
    ]
    report = summarise(labelled(tables, rows), business_of(tables))
    assert report.dropped["recorded_later"] == 3
    assert report.logging_lag_days == 30.0


def test_logging_lag_counts_each_decision_once(company, pairs):
    late = event("notice_received", "2024-06-15", known_at="2024-07-15")
    other = late | {"event_id": "b", "account_id": "b", "known_at": "2024-06-25"}
    tables = leaver(
        company,
        late,
        other,
        contracts=[ANNUAL, ANNUAL | {"contract_id": "d", "account_id": "b"}],
        subscription_items=[
            item("2024-01-01", "2025-01-01"),
            item("2024-01-01", "2025-01-01", name="j", account_id="b"),
        ],
    )
    rows = pd.concat(
        [pairs("2024-06-20", "2024-07-01", "2024-07-10"), pairs("2024-06-20", account="b")]
    )
    assert summarise(labelled(tables, rows), business_of(tables)).logging_lag_days == 20.0


def test_multi_year_contract_gives_no_label_before_its_final_year(company, pairs):
    three_years = contract("2022-01-01", "2025-01-01", term_months=36)
    tables = leaver(
        company, contracts=[three_years], subscription_items=[item("2022-01-01", "2025-01-01")]
    )
    found = labelled(tables, pairs("2022-07-01", "2024-07-01"))
    assert found["reason"].tolist()[0] == "not_eligible"
    assert found["churned"].tolist()[1] is True


def test_involuntary_churn_is_left_out_unless_the_settings_want_it(company, pairs):
    failed = event("cancelled", "2024-12-20", initiated_by="payment_failure")
    tables, rows = leaver(company, failed), pairs("2024-07-01")
    assert reasons(tables, rows) == ["involuntary"]
    assert churned(tables, rows, Settings(involuntary_churn=True)) == [True]


def test_involuntary_churn_after_the_window_is_no_matter(company, pairs):
    failed = event("cancelled", "2024-12-20", initiated_by="payment_failure")
    contracts = [ANNUAL | {"notice_period_days": 180}]
    tables = leaver(company, failed, contracts=contracts)
    assert churned(tables, pairs("2024-02-01")) == [False]


def test_pause_in_the_window_censors(company, pairs):
    events = [event("paused", "2024-10-01"), event("reactivated", "2024-11-01")]
    tables = stayer(company, contract_events=events)
    rows = pairs("2024-07-01", "2024-09-30", "2024-10-15", "2024-11-15")
    assert reasons(tables, rows)[:3] == ["paused"] * 3
    assert churned(tables, rows)[3] is False


def test_pause_after_the_decision_or_the_window_does_not_censor(company, pairs):
    events = [
        event("notice_received", "2024-09-01"),
        event("paused", "2024-10-01"),
        event("term_ended", "2025-01-01"),
    ]
    assert churned(leaver(company, *events), pairs("2024-07-01")) == [True]
    late = stayer(company, contract_events=[event("paused", "2025-03-01")])
    assert churned(late, pairs("2024-07-01")) == [False]


@pytest.mark.parametrize(
    ("last", "reason"),
    [("2025-02-25", "censored"), ("2025-02-26", "labelled"), ("2025-02-27", "labelled")],
)
def test_window_and_grace_have_to_be_closed_by_the_end_of_the_data(company, pairs, last, reason):
    # 2024-07-01 + 30 + 180 + 30 days = 2025-02-26
    for tables in (leaver(company, last=last), stayer(company, last=last)):
        found = labelled(tables, pairs("2024-07-01"))
        assert found["reason"].fillna("labelled").item() == reason
        assert found["churned"].isna().item() == (reason == "censored")


def test_early_decisions_are_censored_with_their_date(company, pairs):
    tables = leaver(company, event("notice_received", "2024-09-01"), last="2024-12-01")
    found = labelled(tables, pairs("2024-07-01"))
    assert found["reason"].item() == "censored"
    assert summarise(found, business_of(tables)).dates_dropped == (utc("2024-07-01"),)


def test_account_that_comes_back_is_judged_by_its_new_episode(company, pairs):
    again = contract("2025-06-01", "2026-06-01", name="d")
    ledger = [item("2024-01-01", "2025-01-01"), item("2025-06-01", name="j")]
    tables = leaver(
        company, contracts=[ANNUAL, again], subscription_items=ledger, last="2027-06-01"
    )
    assert churned(tables, pairs("2024-07-01", "2026-01-01")) == [True, False]


def test_month_to_month_churn_is_the_cancellation(company, pairs):
    tables = company(
        accounts=[{"account_id": "a", "customer_since": "2024-01-01"}],
        contract_events=[event("cancelled", "2024-10-01")],
    )
    assert churned(tables, pairs("2024-03-01", "2024-06-01")) == [False, True]


def test_reason_and_avoidability_travel_with_the_label(company, pairs):
    gone = event("notice_received", "2024-10-01", reason_code="shutdown", avoidability="uu")
    found = labelled(leaver(company, gone), pairs("2024-07-01")).iloc[0]
    assert (found["reason_code"], found["avoidability"]) == ("shutdown", "uu")


# --- expansion -----------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["seat_up", "tier_up", "cross_sell"])
def test_more_of_ones_own_accord_is_expansion(company, pairs, change):
    more = item("2024-10-01", mrr=110.0, change_type=change)
    assert expanded(stayer(company, more), pairs("2024-07-01")) == [True]


@pytest.mark.parametrize("change", ["price_uplift", "fx", "true_up", "renewal", "new", None])
def test_other_increases_are_no_expansion(company, pairs, change):
    more = item("2024-10-01", mrr=200.0, change_type=change)
    assert expanded(stayer(company, more), pairs("2024-07-01")) == [False]


def test_only_the_part_of_an_increase_that_is_not_price_counts(company, pairs):
    changes = [
        item("2024-10-01", mrr=150.0, change_type="price_uplift"),
        item("2024-11-01", mrr=154.0, change_type="seat_up"),
    ]
    # Four of a hundred at the as-of date: below the five that count.
    assert expanded(stayer(company, *changes), pairs("2024-07-01")) == [False]


@pytest.mark.parametrize(("mrr", "grown"), [(104.99, False), (105.0, True), (105.01, True)])
def test_growth_has_to_reach_the_share(company, pairs, mrr, grown):
    more = item("2024-10-01", mrr=mrr, change_type="seat_up")
    assert expanded(stayer(company, more), pairs("2024-07-01")) == [grown]


@pytest.mark.parametrize(("minimum", "grown"), [(119.99, True), (120.0, True), (120.01, False)])
def test_growth_has_to_reach_the_minimum(company, pairs, minimum, grown):
    more = item("2024-10-01", mrr=110.0, change_type="seat_up")
    chosen = Settings(expansion_minimum=minimum)
    assert expanded(stayer(company, more), pairs("2024-07-01"), chosen) == [grown]


def test_no_growth_is_no_expansion_even_when_none_is_asked(company, pairs):
    assert expanded(stayer(company), pairs("2024-07-01"), Settings(expansion_share=0.0)) == [False]


def test_decreases_count_against_increases(company, pairs):
    changes = [
        item("2024-10-01", name="j", mrr=30.0, change_type="cross_sell"),
        item("2024-11-01", mrr=72.0, change_type="seat_down"),
    ]
    assert expanded(stayer(company, *changes), pairs("2024-07-01")) == [False]
    assert expanded(stayer(company, changes[0]), pairs("2024-07-01")) == [True]


def test_cancelled_product_counts_against_a_new_one(company, pairs):
    changes = [
        item("2024-10-01", name="j", mrr=30.0, change_type="cross_sell"),
        item("2024-10-01", mrr=0.0, change_type="cancel"),
    ]
    assert expanded(stayer(company, *changes), pairs("2024-07-01")) == [False]


def test_increase_counts_from_just_after_the_lead_to_the_end_of_the_horizon(company, pairs):
    more = item("2024-10-01", mrr=110.0, change_type="seat_up")
    monthly = contract("2024-01-01", None, term_months=1)
    tables = stayer(company, more, contracts=[monthly])
    rows = pairs("2024-03-04", "2024-03-05", "2024-08-31", "2024-09-01")
    assert expanded(tables, rows) == [False, True, True, False]


def test_increase_already_signed_at_the_as_of_date_is_no_expansion(company, pairs):
    more = item("2024-10-01", mrr=110.0, change_type="seat_up", known_at="2024-07-01")
    assert expanded(stayer(company, more), pairs("2024-07-01", "2024-07-02")) == [True, False]


def test_account_that_churns_has_not_expanded(company, pairs):
    ledger = [
        item("2024-01-01"),
        item("2024-10-01", "2025-01-01", mrr=200.0, change_type="seat_up"),
    ]
    found = labelled(leaver(company, subscription_items=ledger), pairs("2024-07-01"))
    assert (found["churned"].item(), found["expanded"].item()) == (True, False)


def test_account_that_cannot_leave_can_expand(company, pairs):
    three_years = contract("2024-01-01", "2027-01-01", term_months=36)
    more = item("2024-10-01", mrr=110.0, change_type="seat_up")
    found = labelled(stayer(company, more, contracts=[three_years]), pairs("2024-07-01"))
    assert found["reason"].item() == "not_eligible"
    assert pd.isna(found["churned"].item())
    assert found["expanded"].item()


def test_without_items_a_greater_renewal_is_expansion(company, pairs):
    greater = STAYS | {"acv": 1300.0}
    assert expanded(company(contracts=[ANNUAL, greater]), pairs("2024-07-01")) == [True]
    assert expanded(company(contracts=[ANNUAL, STAYS]), pairs("2024-07-01")) == [False]


def test_without_contracts_a_renewal_states_the_growth(company, pairs):
    signed = event("renewed", "2024-02-01", arr_after=600.0)
    grown = event("renewed", "2024-10-01", arr_before=600.0, arr_after=660.0)
    account = [{"account_id": "a", "customer_since": "2024-01-01"}]
    tables = company(accounts=account, contract_events=[signed, grown])
    assert expanded(tables, pairs("2024-07-01")) == [True]


def test_unknown_arr_gives_no_expansion_label(company, pairs):
    tables = company(contracts=[ANNUAL | {"acv": None}, STAYS])
    found = labelled(tables, pairs("2024-07-01"))
    assert not found["churned"].item()
    assert pd.isna(found["expanded"].item())


# --- without contracts ---------------------------------------------------------------------------


def test_no_value_event_in_the_horizon_is_churn(company, pairs):
    tables = company(usage_events=[used("2024-01-01"), used("2024-08-01"), used("2026-01-01")])
    rows = pairs("2024-01-02", "2024-02-04", "2024-08-02")
    assert churned(tables, rows) == [True, False, True]


def test_horizon_is_open_at_its_end_and_closed_at_its_start(company, pairs):
    events = [used("2024-01-01"), used("2024-06-01"), used("2026-01-01")]
    tables, ten = company(usage_events=events), Settings(horizon_days=10, activity_window_days=365)
    rows = pairs("2024-05-22", "2024-05-23", "2024-06-01", "2024-06-02")
    assert churned(tables, rows, ten) == [True, False, False, True]


def test_lead_moves_the_horizon_of_activity(company, pairs):
    events = [used("2024-01-01"), used("2024-02-05"), used("2026-01-01")]
    chosen = Settings(lead_days=10, horizon_days=20)
    rows = pairs("2024-01-25", "2024-01-26", "2024-01-27")
    assert churned(company(usage_events=events), rows, chosen) == [False, False, True]


def test_label_clock_decides_which_events_fall_into_the_horizon(company, pairs):
    events = [
        used("2024-01-01"),
        used("2024-01-10", known_at="2024-04-01"),
        used("2026-01-01"),
    ]
    tables, rows = company(usage_events=events), pairs("2024-02-01")
    assert churned(tables, rows, Settings(label_clock="happened")) == [True]
    assert churned(tables, rows, Settings(label_clock="known")) == [False]


def test_happened_clock_waits_for_late_events(company, pairs):
    events = [
        used("2024-01-01"),
        used("2024-01-10", known_at="2024-02-19"),  # 40 days late
        used("2024-09-01"),
    ]
    tables = company(usage_events=events, last="2024-09-01")
    rows = pairs("2024-01-26", "2024-01-27")
    known, happened = Settings(label_clock="known"), Settings(label_clock="happened")
    # On 1 September 220 days since 25 January are over.
    assert labelled(tables, rows, happened)["reason"].tolist() == ["censored", "censored"]
    assert labelled(tables, pairs("2024-01-25"), happened)["churned"].tolist() == [True]
    assert labelled(tables, rows, known)["reason"].isna().all()
    assert labelled(tables, rows, happened)["closes_at"].tolist() == [
        at + pd.Timedelta(days=220) for at in rows["as_of"]
    ]


@pytest.mark.parametrize(("before", "after", "grown"), [(4, 5, True), (5, 6, False), (1, 2, True)])
def test_more_users_by_a_quarter_and_at_least_one_is_expansion(
    company, pairs, before, after, grown
):
    events = [used("2024-01-01", user=f"u{n}") for n in range(before)]
    events += [used("2024-03-01", user=f"v{n}") for n in range(after)] * 2
    events.append(used("2025-01-01"))
    assert expanded(company(usage_events=events), pairs("2024-02-01")) == [grown]


def test_trailing_users_are_those_of_a_window_as_long_as_the_horizon(company, pairs):
    events = [used("2024-01-01", user="u"), used("2024-01-20", user="v")]
    events += [used("2024-02-05", user=name) for name in "uv"] + [used("2025-01-01")]
    tables, rows = company(usage_events=events), pairs("2024-02-01")
    assert expanded(tables, rows, Settings(horizon_days=30)) == [True]
    assert expanded(tables, rows, Settings(horizon_days=31)) == [False]


def test_greater_share_of_the_settings_holds_for_users_too(company, pairs):
    events = [used("2024-01-01", user=f"u{n}") for n in range(4)]
    events += [used("2024-03-01", user=f"v{n}") for n in range(6)] + [used("2025-01-01")]
    tables, rows = company(usage_events=events), pairs("2024-02-01")
    assert expanded(tables, rows, Settings(expansion_share=0.5)) == [True]
    assert expanded(tables, rows, Settings(expansion_share=0.51)) == [False]
    assert expanded(tables, rows, Settings(expansion_minimum=3.0)) == [False]


def test_silent_account_has_not_expanded_and_users_without_id_say_nothing(company, pairs):
    silent = company(usage_events=[used("2024-01-01"), used("2025-01-01", account_id="b")])
    assert expanded(silent, pairs("2024-02-01")) == [False]
    nameless = [
        {"ticket_id": at, "account_id": "a", "created_at": at}
        for at in ("2024-01-01", "2025-01-01")
    ]
    assert pd.isna(expanded(company(tickets=nameless), pairs("2024-02-01"))[0])


# --- own labels, reports, empty input ------------------------------------------------------------


def test_own_labels_win_over_everything(company, pairs):
    rows = pairs("2024-07-01", "2025-12-01")
    own = [
        {"account_id": "a", "as_of": "2024-07-01", "churned": False},
        {"account_id": "a", "as_of": "2025-12-01", "churned": True, "expanded": False},
    ]
    found = labelled(leaver(company, labels=own), rows)
    assert found["churned"].tolist() == [False, True]
    assert found["own"].tolist() == [True, True]
    assert found["reason"].isna().all()


def test_own_churn_label_alone_is_no_row_of_expansion(company, pairs):
    more = item("2024-10-01", mrr=110.0, change_type="seat_up")
    own = [{"account_id": "a", "as_of": "2024-07-01", "churned": False}]
    found = labelled(stayer(company, more, labels=own), pairs("2024-07-01"))
    assert found["churned"].tolist() == [False]
    assert pd.isna(found["expanded"].item())


def test_own_expansion_label_alone_is_no_row_of_churn(company, pairs):
    own = [{"account_id": "a", "as_of": "2024-07-01", "expanded": True}]
    found = labelled(stayer(company, labels=own), pairs("2024-07-01"))
    assert pd.isna(found["churned"].item())
    assert (found["expanded"].item(), found["reason"].item()) == (True, "not_given")


def test_where_a_company_labels_what_it_left_open_gets_no_label_of_ours(company, pairs):
    rows = pairs("2024-07-01", "2024-08-01")
    own = [{"account_id": "a", "as_of": "2024-08-01", "churned": True, "expanded": False}]
    tables = stayer(company, labels=own)
    found = labelled(tables, rows)
    assert found[["churned", "expanded"]].isna().all(axis=1).tolist() == [True, False]
    assert found["own"].tolist() == [False, True]
    report = summarise(found, business_of(tables))
    assert report.dropped["not_given"] == 1
    assert report.labelled + sum(report.dropped.values()) == report.rows == 2


def test_own_labels_are_listed_with_their_dates(company):
    own = [{"account_id": "a", "as_of": "2024-07-01", "churned": True}]
    found = own_labels(company(labels=own))
    assert found["as_of"].tolist() == [utc("2024-07-01")]
    assert pd.isna(found["expanded"].item())


def test_report_counts_every_row_once(company, pairs):
    tables = leaver(company, event("notice_received", "2024-09-15"))
    rows = pairs("2023-12-01", "2024-01-15", "2024-07-01", "2024-09-01", "2024-10-01", "2025-12-01")
    report = summarise(labelled(tables, rows), business_of(tables))
    assert report.rows == 6
    assert report.labelled + sum(report.dropped.values()) == report.rows
    assert (report.labelled, report.churned) == (1, 1)
    assert report.dropped["decided_in_lead"] == 1
    assert report.dropped["decided_before"] == 1
    assert tuple(report.dropped) == REASONS
    text = str(report)
    assert text.startswith("Contractual: churn is")
    assert "not_eligible 3" in text


def test_report_names_dates_and_lag(company, pairs):
    late = event("notice_received", "2024-06-15", known_at="2024-07-15")
    tables = leaver(company, late, last="2025-03-01")
    rows = pairs("2024-07-01", "2024-07-08")
    text = str(summarise(labelled(tables, rows), business_of(tables)))
    assert "The data ends before the label window of 2024-07-08." in text
    assert "Decisions recorded late: median 30 days." in text


@pytest.mark.parametrize("business", list(Business))
def test_no_rows_give_no_labels(company, pairs, business):
    tables = company(accounts=[], contracts=[ANNUAL], subscription_items=[item("2024-01-01")])
    found = label(tables, pairs(), business, SETTINGS)
    full = label(tables, pairs("2024-07-01"), business, SETTINGS)
    assert found.empty
    assert found.dtypes.to_dict() == full.dtypes.to_dict()
    report = summarise(found, business)
    assert (report.rows, report.labelled, report.logging_lag_days) == (0, 0, None)


def test_data_without_activity_cannot_be_labelled(pairs):
    with pytest.raises(SchemaError, match="no activity"):
        label(Tables({}), pairs("2024-07-01"), Business.NON_CONTRACTUAL, SETTINGS)


# --- against a slow obvious version --------------------------------------------------------------

DAY = st.integers(0, 400)


@settings(max_examples=25, deadline=None)
@given(
    events=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("uvw"), DAY, DAY), min_size=1),
    as_of=st.lists(DAY, min_size=1, max_size=4, unique=True),
    lead=st.integers(0, 20),
    horizon=st.integers(1, 120),
)
def test_known_clock_agrees_with_a_loop(company, events, as_of, lead, horizon):
    start = utc("2024-01-01")
    at = [start + pd.Timedelta(days=day) for day in range(900)]
    listed = [
        used(at[day], user=user, account_id=account, known_at=at[day + late])
        for account, user, day, late in events
    ] + [used(at[899], account_id="c")]
    rows = pd.DataFrame(
        [{"account_id": account, "as_of": at[day]} for account in "ab" for day in sorted(as_of)]
    )
    chosen = Settings(label_clock="known", lead_days=lead, horizon_days=horizon)
    found = labelled(company(usage_events=listed), rows, chosen)
    for row in found.itertuples():
        mine = [(u, d, d + late) for account, u, d, late in events if account == row.account_id]
        t = (row.as_of - start).days
        recent = [u for u, d, k in mine if d < t and k < t and t - k <= 180]
        coming = {u for u, _, k in mine if t + lead <= k < t + lead + horizon}
        past = {u for u, d, k in mine if d < t and k < t and t - k <= horizon}
        assert pd.isna(row.churned) == (not recent)
        if recent:
            assert row.churned == (not coming)
            more = len(coming) - len(past)
            assert row.expanded == (bool(coming) and more >= max(0.25 * len(past), 1))


SUITE = Path(__file__).parents[3] / "shared" / "data" / "oss_suite"


def _canonical(name, **columns):
    schema = canonical_schema(table_spec(name))
    length = len(next(iter(columns.values())))
    filled = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.table(filled, schema=schema)


@pytest.mark.skipif(not SUITE.exists(), reason="the data sets in ../shared/data are not here")
def test_labels_of_a_real_community_equal_those_computed_elsewhere():
    events = pd.read_parquet(SUITE / "events.parquet")
    events = events[events["event_type"] == "commit"]
    accounts = pd.read_parquet(SUITE / "accounts.parquet")
    tables = Tables(
        {
            "accounts": _canonical(
                "accounts", account_id=accounts["account_id"], known_at=accounts["first_seen"]
            ),
            "usage_events": _canonical(
                "usage_events",
                account_id=events["account_id"],
                product_user_id=events["user_id"],
                occurred_at=events["event_ts"],
                known_at=events["known_ts"],
            ),
        }
    )
    chosen = Settings(label_clock="known", lead_days=0, horizon_days=180)
    rows = known_accounts(tables, as_of_dates(tables, "quarter"))
    found = label(tables, rows, business_of(tables), chosen)
    expected = pd.read_parquet(SUITE / "labels.parquet")
    expected["as_of"] = expected["snapshot_ts"].dt.tz_localize("UTC")
    both = expected.merge(found, on=["account_id", "as_of"], suffixes=("_expected", ""))
    assert len(both) == len(expected) == 2975
    assert (both["churned"] == both["churned_expected"]).all()
    assert (both["expanded"] == both["expanded_expected"]).all()
    assert both["churned"].mean() == pytest.approx(0.244, abs=0.001)
