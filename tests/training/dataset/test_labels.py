"""Who has left, by what became known after the as-of date."""

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tableset import Tables
from churngrid.features.subscriptions.business_kind import Business, business_of
from churngrid.training.dataset.labels import REASONS, label, own_labels, summarise
from tests.training.labelling import SETTINGS, churned, labelled, leaver, reasons, stayer
from tests.training.records import ANNUAL, contract, event, item, used, utc

# --- what is asked -------------------------------------------------------------------------------

RENEWS = ANNUAL | {"auto_renew": True, "notice_period_days": 90}
"""Of 2024: can be refused until 3 October, then ends with 2024, else runs through 2025."""


def test_term_end_without_successor_is_churn(company, pairs):
    found = labelled(leaver(company), pairs("2024-01-02", "2024-07-01", "2024-12-31"))
    assert found["churned"].tolist() == [True] * 3
    assert (found["decided_at"] == utc("2025-01-01")).all()
    # All looks at one decision close together: a week for last items, and the grace.
    assert (found["closes_at"] == utc("2025-01-01") + pd.Timedelta(days=7 + 30)).all()
    assert found["reason"].isna().all()


def test_renewal_is_no_churn(company, pairs):
    assert churned(stayer(company), pairs("2024-01-02", "2024-12-19")) == [False, False]


def test_a_notice_by_the_deadline_is_a_decision_to_leave(company, pairs):
    tables = leaver(company, event("notice_received", "2024-10-02"), contracts=[RENEWS])
    found = labelled(tables, pairs("2024-02-01", "2024-10-01", "2024-10-04"))
    assert found["churned"].tolist()[:2] == [True, True]
    assert found["reason"].tolist()[2] == "decided_before"
    assert found["closes_at"].tolist()[:2] == [utc("2025-02-07")] * 2


def test_who_gives_no_notice_in_time_has_stayed_whatever_it_says_later(company, pairs):
    """The notice of November is about the term that ends with 2025."""
    tables = leaver(
        company,
        event("notice_received", "2024-11-20"),
        contracts=[RENEWS],
        subscription_items=[item("2024-01-01", "2026-01-01")],
        last="2026-06-01",
    )
    found = labelled(tables, pairs("2024-09-01", "2024-11-01"))
    assert found["asked_until"].tolist() == [utc("2024-10-03"), utc("2025-10-03")]
    assert found["churned"].tolist() == [False, True]


def test_who_is_let_go_after_the_deadline_has_left_at_it(company, pairs):
    given = event("notice_received", "2024-11-20")
    tables = leaver(company, given, contracts=[RENEWS], last="2026-06-01")
    found = labelled(tables, pairs("2024-09-01", "2024-11-01"))
    assert found["churned"].tolist() == [True, True]


def test_a_decision_of_next_year_is_none_of_this_one(company, pairs):
    tables = company(
        contracts=[RENEWS],
        subscription_items=[item("2024-01-01", "2026-01-01")],
        contract_events=[event("notice_received", "2025-09-01")],
        last="2026-06-01",
    )
    found = labelled(tables, pairs("2024-09-01", "2024-10-04", "2025-08-01"))
    assert found["churned"].tolist() == [False, True, True]


def test_a_break_clause_is_a_decision_of_its_own(company, pairs):
    broken = ANNUAL | {"break_at": "2024-06-30"}
    tables = leaver(
        company, contracts=[broken], subscription_items=[item("2024-01-01", "2024-06-30")]
    )
    assert churned(tables, pairs("2024-02-01")) == [True]
    kept = leaver(company, contracts=[broken])
    assert churned(kept, pairs("2024-02-01", "2024-07-01")) == [False, True]


def test_the_contract_that_ends_last_decides(company, pairs):
    side = contract("2024-01-01", "2024-08-01", name="s")
    ledger = [item("2024-01-01", "2024-08-01", name="s"), item("2024-01-01")]
    tables = stayer(company, contracts=[side, ANNUAL], subscription_items=ledger)
    found = labelled(tables, pairs("2024-06-01"))
    assert (found["asked_until"].item(), found["churned"].item()) == (utc("2025-01-01"), False)


def test_last_items_go_with_the_term_they_outlive_by_days(company, pairs):
    for end, left in (("2025-01-08", True), ("2025-01-09", False)):
        tables = leaver(company, subscription_items=[item("2024-01-01", end)])
        assert churned(tables, pairs("2024-07-01")) == [left]


def test_an_account_that_goes_in_the_middle_of_its_term_has_left_at_it(company, pairs):
    tables = leaver(company, subscription_items=[item("2024-01-01", "2024-05-01")])
    assert churned(tables, pairs("2024-02-01")) == [True]


def test_who_can_leave_with_every_month_is_asked_for_the_horizon(company, pairs):
    tables = leaver(
        company,
        event("notice_received", "2024-10-01"),
        contracts=[contract("2024-01-01", None, term_months=1)],
        subscription_items=[item("2024-01-01", "2024-11-01")],
    )
    rows = pairs("2024-04-03", "2024-04-04", "2024-09-30")
    found = labelled(tables, rows)
    assert found["churned"].tolist() == [False, True, True]
    assert found["asked_until"].tolist()[0] == utc("2024-04-03") + pd.Timedelta(days=180)
    late = labelled(tables, rows, Settings(lead_days=30))
    assert late["churned"].tolist()[:2] == [True, True]
    assert late["reason"].tolist()[2] == "decided_in_lead"


def test_a_decision_counts_once_however_often_it_was_looked_at(company, pairs):
    months = [f"2024-{month:02d}-02" for month in range(1, 13)]
    tables = leaver(company, event("notice_received", "2024-08-15"))
    found = labelled(tables, pairs(*months))
    assert found["churned"].notna().tolist() == [True] * 8 + [False] * 4
    # It had twelve dates to be looked at; that it spoke early must not make its looks count more.
    assert found["weight"].tolist()[:8] == pytest.approx([1 / 12] * 8)
    assert labelled(stayer(company), pairs(*months))["weight"].sum() == pytest.approx(1.0)


def test_own_labels_count_alike(company, pairs):
    own = [{"account_id": "a", "as_of": "2024-07-01", "churned": True}]
    found = labelled(leaver(company, labels=own), pairs("2024-07-01"))
    assert found["weight"].tolist() == [1.0]
    assert found["closes_at"].item() == utc("2024-07-01") + pd.Timedelta(days=180 + 30)


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
    # What is of the as-of date itself lies ahead of it.
    assert churned(tables, rows)[:2] == [True, True]
    assert reasons(tables, rows)[2:] == ["recorded_later"] * 2 + ["decided_before"]
    report = summarise(labelled(tables, rows), business_of(tables))
    assert report.dropped["recorded_later"] == 2
    assert report.logging_lag_days == 30.0


def test_who_decides_on_the_as_of_date_itself_is_asked_whichever_way_it_went(company, pairs):
    """Else all rows of the last day would be of those who stayed."""
    day = pairs("2025-01-01")
    assert churned(leaver(company), day) == [True]
    rolls = stayer(company, contracts=[ANNUAL | {"auto_renew": True}])
    assert churned(rolls, day) == [False]


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


def test_multi_year_contract_is_asked_for_its_end(company, pairs):
    three_years = contract("2022-01-01", "2025-01-01", term_months=36)
    tables = leaver(
        company, contracts=[three_years], subscription_items=[item("2022-01-01", "2025-01-01")]
    )
    assert churned(tables, pairs("2022-07-01", "2024-07-01")) == [True, True]


def test_involuntary_churn_is_left_out_unless_the_settings_want_it(company, pairs):
    failed = event("cancelled", "2024-12-20", initiated_by="payment_failure")
    tables, rows = leaver(company, failed), pairs("2024-07-01")
    assert reasons(tables, rows) == ["involuntary"]
    assert churned(tables, rows, Settings(involuntary_churn=True)) == [True]


def test_involuntary_churn_after_the_decision_is_no_matter(company, pairs):
    failed = event("cancelled", "2025-06-20", initiated_by="payment_failure")
    ledger = [item("2024-01-01", "2025-07-01")]
    tables = leaver(company, failed, contracts=[RENEWS], subscription_items=ledger)
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
    late = stayer(company, contract_events=[event("paused", "2025-01-08")])
    assert churned(late, pairs("2024-07-01")) == [False]


@pytest.mark.parametrize(
    ("last", "reason"),
    [("2025-02-06", "censored"), ("2025-02-07", "labelled"), ("2025-02-08", "labelled")],
)
def test_term_and_grace_have_to_be_over_by_the_end_of_the_data(company, pairs, last, reason):
    # 2025-01-01 + 7 + 30 days = 2025-02-07
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
    assert (report.labelled, report.churned) == (3, 3)
    assert report.dropped["decided_before"] == 1
    assert tuple(report.dropped) == REASONS
    text = str(report)
    assert text.startswith("Contractual: churn is")
    assert "not_eligible 2" in text


def test_report_names_dates_and_lag(company, pairs):
    late = event("notice_received", "2024-06-15", known_at="2024-07-15")
    longer = contract("2024-07-01", "2025-07-01", name="d") | {"account_id": "b"}
    ledger = [item("2024-01-01", "2025-01-01"), item("2024-07-01", name="j", account_id="b")]
    given = {"contracts": [ANNUAL, longer], "subscription_items": ledger}
    tables = leaver(company, late, last="2025-03-01", **given)
    rows = pd.concat([pairs("2024-07-01"), pairs("2024-07-08", account="b")])
    text = str(summarise(labelled(tables, rows), business_of(tables)))
    assert "The data ends before anything asked on 2024-07-08 is answered." in text
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
    with pytest.raises(SchemaError, match="no facts"):
        label(Tables({}), pairs("2024-07-01"), Business.NON_CONTRACTUAL, SETTINGS)


def without_contract(company, *uses, **more):
    """An account that signed up, was used on some days, and never cancelled."""
    accounts = [{"account_id": "a", "customer_since": "2024-01-01"}]
    signed = event("renewed", "2024-01-01")
    events = [used(f"2024-{month:02d}-15") for month in uses]
    return company(
        accounts=accounts,
        contract_events=[signed],
        usage_events=[*events, used("2026-01-01", user="v")],
        **more,
    )


def test_who_stops_without_a_word_has_left_where_only_use_shows_a_customer(company, pairs):
    rows = pairs("2024-03-01", "2024-05-01", "2024-12-01")
    found = labelled(without_contract(company, 2, 3, 4), rows)
    assert found["churned"].tolist()[:2] == [False, True]
    assert found["reason"].fillna("").tolist() == ["", "", "not_eligible"]
    billed = [{"invoice_id": "n", "account_id": "a", "amount_due": 5.0, "issued_at": "2024-09-01"}]
    found = labelled(without_contract(company, 2, 3, 4, invoices=billed), rows)
    assert found["churned"].tolist() == [False, False, True]


def test_who_pays_by_items_or_contract_stays_a_customer_however_silent(company, pairs):
    kept = {"subscription_items": [item("2024-01-01")]}
    assert churned(without_contract(company, 2, **kept), pairs("2024-05-01")) == [False]


def bills(*days):
    return [
        {"invoice_id": f"i{n}", "account_id": "a", "amount_due": 5.0, "issued_at": day}
        for n, day in enumerate(days)
    ]


def test_with_invoices_alone_a_yearly_payer_left_when_its_next_one_never_came(company, pairs):
    yearly = ["2022-01-10", "2023-01-10", "2024-01-10"]
    others = [one | {"account_id": "z", "invoice_id": "z"} for one in bills("2026-12-01")]
    rows = pairs("2023-06-01", "2024-06-01", "2025-02-01", "2025-05-01")
    left = labelled(company(invoices=bills(*yearly) + others), rows)
    assert left["churned"].fillna(False).tolist() == [False, True, True, False]
    assert left["reason"].fillna("").tolist() == ["", "", "", "not_eligible"]
    # An answer that half a year would give in the midst of a year would be that it has left.
    stays = labelled(company(invoices=bills(*yearly, "2025-02-20") + others), rows)
    assert stays["churned"].tolist()[:3] == [False, False, False]
