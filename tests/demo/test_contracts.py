import numpy as np
import pandas as pd
import pytest

END = pd.Timestamp("2026-01-01")
BEGIN = pd.Timestamp("2023-01-01")
LEAVING = ("notice_received", "cancel_requested")
GROWTH = ("seat_up", "tier_up", "cross_sell")


@pytest.fixture(scope="module")
def terms(company):
    rows = company.tables["contracts"].sort_values("known_at")
    return rows.drop_duplicates("contract_id").set_index("contract_id")


@pytest.fixture(scope="module")
def ledger(company):
    items = company.tables["subscription_items"].sort_values("known_at")
    return items.groupby(["item_id", "effective_from"], as_index=False).last()


def account_years(company):
    accounts = company.tables["accounts"].groupby("account_id")["customer_since"].first()
    begins = accounts.clip(lower=BEGIN)
    ends = company.truth.set_index("account_id")["decided_at"].fillna(END)
    return ((ends - begins).dt.days / 365.0).clip(lower=0)


def churn_per_year(company, chosen):
    truth = company.truth[company.truth["account_id"].isin(chosen)]
    return truth["churned"].sum() / account_years(company).reindex(chosen).sum()


def of_length(terms, months):
    return pd.Index(terms.loc[terms["term_months"].isin(months), "account_id"].unique())


def test_about_an_eighth_of_the_annual_accounts_leave_in_a_year(company, terms):
    assert 0.09 < churn_per_year(company, of_length(terms, [12])) < 0.16


def test_accounts_from_month_to_month_leave_more_often(company, terms):
    monthly = churn_per_year(company, of_length(terms, [1]))
    assert churn_per_year(company, of_length(terms, [12])) < monthly < 0.35


def test_about_one_account_in_five_grows_in_a_year(company):
    growth = company.truth["expansions"].sum() / account_years(company).sum()
    assert 0.12 < growth < 0.32


def test_every_kind_of_change_is_in_the_ledger(ledger):
    kinds = set(ledger["change_type"])
    assert kinds == {
        *("new", "seat_up", "seat_down", "tier_up", "cross_sell", "price_uplift"),
        *("fx", "true_up", "renewal", "cancel"),
    }


def test_truth_is_what_the_contract_events_say(company):
    events = company.tables["contract_events"]
    truth = company.truth.set_index("account_id")
    confirmed = set(events.loc[events["event_type"] == "churn_confirmed", "account_id"])
    assert confirmed
    assert confirmed <= set(truth.index[truth["churned"]])
    given = events[events["event_type"].isin(LEAVING)].groupby("account_id")["effective_at"].last()
    by_notice = truth[truth["route"].isin(["notice", "shutdown", "mna"])]
    pd.testing.assert_series_equal(
        given.reindex(by_notice.index), by_notice["decided_at"], check_names=False
    )


def test_those_who_stay_have_no_pending_notice(company):
    events = company.tables["contract_events"]
    stays = set(company.truth.loc[~company.truth["churned"], "account_id"])
    staying = events[events["account_id"].isin(stays)]
    # A notice of the last weeks may be taken back after the end of the data.
    given = staying[staying["event_type"].isin(LEAVING)]
    given = given[given["effective_at"] < END - pd.Timedelta(days=30)]
    withdrawn = staying[staying["event_type"] == "cancel_withdrawn"]
    taken_back = withdrawn.groupby("account_id")["effective_at"].last()
    assert len(given) > 5
    assert (given["account_id"].map(taken_back) > given["effective_at"]).all()


def test_there_are_silent_lapses_late_renewals_pauses_and_failed_payments(company):
    assert {"lapse", "payment_failure", "shutdown"} <= set(company.truth["route"])
    kinds = set(company.tables["contract_events"]["event_type"])
    assert {"paused", "reactivated", "cancel_withdrawn", "term_ended", "cancelled"} <= kinds
    failed = company.tables["contract_events"].query("initiated_by == 'payment_failure'")
    assert set(failed["event_type"]) <= {"cancelled", "churn_confirmed"}


def test_late_renewals_stay_within_the_grace(company, terms):
    stays = terms.sort_values(["account_id", "term_start"])
    before = stays.groupby("account_id")["term_end"].shift()
    gap = (stays["term_start"] - before).dt.days.dropna()
    assert (gap >= 0).all()
    assert (gap < 30).all()
    assert (gap > 0).any()


def test_notice_comes_before_its_deadline(company, terms):
    events = company.tables["contract_events"].query("event_type == 'notice_received'")
    ways = company.truth.set_index("account_id")["route"]
    events = events[events["account_id"].map(ways) == "notice"]
    deadline = terms["notice_deadline"].reindex(events["contract_id"]).to_numpy()
    assert len(events) > 50
    assert (events["effective_at"].to_numpy() < deadline).all()


def test_states_of_an_item_follow_each_other_without_overlap(ledger):
    paid = ledger[ledger["change_type"] != "cancel"].sort_values(["item_id", "effective_from"])
    closed = paid.dropna(subset=["effective_to"])
    assert (closed["effective_to"] > closed["effective_from"]).all()
    following = paid.groupby("item_id")["effective_from"].shift(-1)
    has_next = following.notna()
    assert paid.loc[has_next, "effective_to"].notna().all()
    assert (paid.loc[has_next, "effective_to"] <= following[has_next]).all()


def test_quantities_move_the_way_the_change_says(ledger):
    paid = ledger.sort_values(["item_id", "effective_from"])
    step = paid["quantity"] - paid.groupby("item_id")["quantity"].shift()
    for kind in ("seat_up", "true_up"):
        assert (step[paid["change_type"] == kind] > 0).all()
    assert (step[paid["change_type"] == "seat_down"] < 0).all()
    assert (step[paid["change_type"].isin(["fx", "price_uplift", "tier_up"])] == 0).all()


def test_growth_in_the_truth_is_growth_in_the_ledger(company, ledger):
    grown = ledger[ledger["change_type"].isin(GROWTH)].groupby("account_id").size()
    truth = company.truth.set_index("account_id")["expansions"]
    np.testing.assert_array_equal(grown.reindex(truth.index, fill_value=0), truth)


def test_nobody_pays_after_the_end(company, ledger):
    over = company.truth[company.truth["ends_at"] < END].set_index("account_id")["ends_at"]
    last = ledger[ledger["mrr"] > 0].groupby("account_id")["effective_to"].max()
    pd.testing.assert_series_equal(last.reindex(over.index), over, check_names=False)


def test_contract_from_month_to_month_has_no_end_until_it_is_cancelled(company, terms):
    rolling = company.tables["contracts"].query("term_months == 1")
    assert rolling.groupby("contract_id")["term_end"].first().notna().any()
    assert terms.loc[terms["term_months"] == 1, "term_end"].isna().all()
    gone = rolling[rolling["term_end"].notna()]["account_id"]
    assert company.truth.set_index("account_id").loc[gone, "churned"].all()


def test_an_invoice_once_paid_stays_paid(company):
    newest = company.tables["invoices"].sort_values("known_at").groupby("invoice_id").tail(1)
    ever = set(company.tables["invoices"].query("status == 'paid'")["invoice_id"])
    assert ever == set(newest.loc[newest["status"] == "paid", "invoice_id"])
