import pandas as pd
import pytest

from churngrid.demo.company import build_company
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business, business_of
from churngrid.training.dataset.churn_decisions import decide
from tests.training.records import ANNUAL, contract, event, item, utc

SETTINGS = Settings()


def episodes(tables, settings=SETTINGS):
    return decide(tables, business_of(tables), settings)


def only(tables, settings=SETTINGS):
    found = episodes(tables, settings)
    assert len(found) == 1
    return found.iloc[0]


YEAR = item("2024-01-01", "2025-01-01")


def test_term_end_without_successor_is_the_decision(company):
    found = only(company(contracts=[ANNUAL], subscription_items=[YEAR]))
    assert found["account_id"] == "a"
    assert found["kind"] == "logo"
    assert found["started_at"] == utc("2024-01-01")
    assert found["ended_at"] == found["decided_at"] == utc("2025-01-01")
    assert found["decision_known_at"] == utc("2025-01-01")
    assert pd.isna(found["notice_at"])
    assert not found["involuntary"]


def test_notice_is_the_decision_and_the_end_stays_the_end(company):
    notice = event(
        "notice_received",
        "2024-09-15",
        known_at="2024-09-18",
        reason_code="budget",
        avoidability="eu",
        initiated_by="customer",
    )
    tables = company(contracts=[ANNUAL], subscription_items=[YEAR], contract_events=[notice])
    found = only(tables)
    assert found["ended_at"] == utc("2025-01-01")
    assert found["decided_at"] == found["notice_at"] == utc("2024-09-15")
    assert found["decision_known_at"] == utc("2024-09-18")
    assert (found["reason_code"], found["avoidability"]) == ("budget", "eu")


def test_cancellation_scheduled_ahead_is_decided_when_it_is_known(company):
    scheduled = event("cancelled", "2025-01-01", known_at="2024-08-01")
    found = only(
        company(contracts=[ANNUAL], subscription_items=[YEAR], contract_events=[scheduled])
    )
    assert found["decided_at"] == found["decision_known_at"] == utc("2024-08-01")


def test_earliest_of_several_notices_decides(company):
    events = [event("cancel_requested", "2024-10-01"), event("notice_received", "2024-09-01")]
    found = only(company(contracts=[ANNUAL], subscription_items=[YEAR], contract_events=events))
    assert found["decided_at"] == utc("2024-09-01")


def test_decision_recorded_after_the_end_is_known_by_the_end_itself(company):
    late = event("notice_received", "2024-09-01", known_at="2025-03-01")
    found = only(company(contracts=[ANNUAL], subscription_items=[YEAR], contract_events=[late]))
    assert found["decided_at"] == utc("2024-09-01")
    assert found["decision_known_at"] == utc("2025-01-01")


def test_reason_stated_after_the_end_is_kept(company):
    stated = event("churn_confirmed", "2025-01-20", reason_code="competitor")
    found = only(company(contracts=[ANNUAL], subscription_items=[YEAR], contract_events=[stated]))
    assert found["decided_at"] == utc("2025-01-01")
    assert found["reason_code"] == "competitor"


def test_withdrawn_notice_decides_nothing(company):
    events = [event("notice_received", "2024-09-01"), event("cancel_withdrawn", "2024-10-01")]
    tables = company(
        contracts=[ANNUAL, contract("2025-01-01", "2026-06-01", name="d")],
        subscription_items=[item("2024-01-01")],
        contract_events=events,
    )
    found = only(tables)
    assert found[["ended_at", "decided_at", "notice_at", "kind"]].isna().all()


def test_second_notice_after_a_withdrawn_one_decides(company):
    events = [
        event("notice_received", "2024-06-01"),
        event("cancel_withdrawn", "2024-07-01"),
        event("notice_received", "2024-11-01"),
    ]
    found = only(company(contracts=[ANNUAL], subscription_items=[YEAR], contract_events=events))
    assert found["decided_at"] == utc("2024-11-01")


@pytest.mark.parametrize("renewal", ["event", "contract", "extension", "silence"])
def test_notice_overtaken_by_a_renewal_is_not_the_decision_of_a_later_end(company, renewal):
    contracts, events = [ANNUAL], [event("notice_received", "2024-09-01")]
    if renewal == "event":
        events.append(event("renewed", "2024-12-01"))
    if renewal == "contract":
        second = contract("2025-01-01", "2025-10-01", name="d", signed_at="2024-12-01")
        contracts.append(second)
    if renewal == "extension":
        contracts.append(contract("2024-01-01", "2025-10-01", known_at="2024-12-01"))
    tables = company(
        contracts=contracts,
        subscription_items=[item("2024-01-01", "2025-10-01")],
        contract_events=events,
    )
    assert only(tables)["decided_at"] == utc("2025-10-01")


@pytest.mark.parametrize(("days", "n_episodes"), [(29, 1), (30, 2), (31, 2)])
def test_gap_below_the_grace_is_a_renewal(company, days, n_episodes):
    again = utc("2025-01-01") + pd.Timedelta(days=days)
    ledger = [YEAR, item(f"{again:%Y-%m-%d}", name="j")]
    found = episodes(company(contracts=[ANNUAL], subscription_items=ledger))
    assert len(found) == n_episodes
    assert found["ended_at"].isna().iloc[-1]
    assert found["started_at"].iloc[-1] == (utc("2024-01-01") if n_episodes == 1 else again)
    if n_episodes == 2:
        assert found["decided_at"].iloc[0] == utc("2025-01-01")


@pytest.mark.parametrize(
    ("last", "ended"), [("2025-01-30", False), ("2025-01-31", True), ("2025-02-01", True)]
)
def test_end_is_none_before_its_grace_has_run_out(company, last, ended):
    found = only(company(contracts=[ANNUAL], subscription_items=[YEAR], last=last))
    assert pd.notna(found["ended_at"]) == ended
    assert pd.notna(found["decided_at"]) == ended


def test_pending_notice_at_the_end_of_the_data_is_a_decision_without_an_end(company):
    notice = event("notice_received", "2024-09-15")
    tables = company(
        contracts=[ANNUAL],
        subscription_items=[YEAR],
        contract_events=[notice],
        last="2024-11-01",
    )
    found = only(tables)
    assert found["decided_at"] == utc("2024-09-15")
    assert pd.isna(found["ended_at"])
    assert found["kind"] == "logo"


def test_one_of_two_products_is_not_the_account(company):
    ledger = [item("2024-01-01", "2024-06-01"), item("2024-01-01", "2025-01-01", name="j")]
    found = only(company(contracts=[ANNUAL], subscription_items=ledger))
    assert found["decided_at"] == utc("2025-01-01")


def test_item_without_money_is_no_arr(company):
    ledger = [item("2024-01-01"), item("2024-06-01", mrr=0.0, known_at="2024-06-10")]
    found = only(company(contracts=[ANNUAL], subscription_items=ledger))
    assert found["ended_at"] == utc("2024-06-01")
    assert found["decision_known_at"] == utc("2024-06-10")


def test_account_that_never_paid_has_no_episode(company):
    assert episodes(
        company(contracts=[ANNUAL], subscription_items=[item("2024-01-01", mrr=0.0)])
    ).empty


def test_last_version_of_the_ledger_counts(company):
    ledger = [
        item("2024-01-01", None, known_at="2024-01-01"),
        item("2024-01-01", "2024-05-01", known_at="2024-06-01"),
    ]
    found = only(company(contracts=[ANNUAL], subscription_items=ledger))
    assert found["ended_at"] == utc("2024-05-01")
    assert found["decision_known_at"] == utc("2024-06-01")


def test_failed_payment_is_involuntary(company):
    failed = event("cancelled", "2024-12-20", initiated_by="payment_failure")
    found = only(company(contracts=[ANNUAL], subscription_items=[YEAR], contract_events=[failed]))
    assert found["involuntary"]


def test_notice_before_a_failed_payment_is_voluntary(company):
    events = [
        event("notice_received", "2024-09-01", initiated_by="customer"),
        event("cancelled", "2024-12-20", initiated_by="payment_failure"),
    ]
    found = only(company(contracts=[ANNUAL], subscription_items=[YEAR], contract_events=events))
    assert not found["involuntary"]


def test_pause_is_no_end(company):
    ledger = [item("2024-01-01", "2024-05-01"), item("2024-09-01", name="j")]
    events = [event("paused", "2024-05-01"), event("reactivated", "2024-09-01")]
    found = only(company(contracts=[ANNUAL], subscription_items=ledger, contract_events=events))
    assert found["paused_at"] == utc("2024-05-01")
    assert found[["ended_at", "decided_at"]].isna().all()


def test_pause_that_goes_on_is_no_end(company):
    events = [event("paused", "2024-05-01")]
    tables = company(
        contracts=[ANNUAL],
        subscription_items=[item("2024-01-01", "2024-05-01")],
        contract_events=events,
    )
    assert pd.isna(only(tables)["ended_at"])


def test_pause_that_turns_into_a_cancellation_ends_there(company):
    events = [event("paused", "2024-05-01"), event("churn_confirmed", "2024-08-01")]
    tables = company(
        contracts=[ANNUAL],
        subscription_items=[item("2024-01-01", "2024-05-01")],
        contract_events=events,
    )
    assert only(tables)["decided_at"] == utc("2024-08-01")


def test_notice_on_one_contract_does_not_end_an_account_whose_other_contract_runs_on(company):
    notice = event("notice_received", "2024-09-01", contract_id="c")
    tables = company(
        contracts=[ANNUAL, contract("2024-01-01", "2025-06-01", name="d")],
        subscription_items=[YEAR, item("2024-01-01", "2025-06-01", name="j")],
        contract_events=[notice],
    )
    assert only(tables)["decided_at"] == utc("2025-06-01")


def test_notice_on_the_contract_that_ends_last_ends_the_account(company):
    notice = event("notice_received", "2024-09-01", contract_id="d")
    tables = company(
        contracts=[ANNUAL, contract("2024-01-01", "2025-06-01", name="d")],
        subscription_items=[YEAR, item("2024-01-01", "2025-06-01", name="j")],
        contract_events=[notice],
    )
    assert only(tables)["decided_at"] == utc("2024-09-01")


def test_without_items_the_term_is_the_custom(company):
    terms = [ANNUAL, contract("2025-01-10", "2025-09-01", name="d")]
    found = only(company(contracts=terms))
    assert found["started_at"] == utc("2024-01-01")
    assert found["decided_at"] == utc("2025-09-01")


@pytest.mark.parametrize("named", ["c", None])
def test_without_items_a_cancellation_ends_the_term_early(company, named):
    cancelled = event("cancelled", "2024-06-01", contract_id=named)
    found = only(company(contracts=[ANNUAL], contract_events=[cancelled]))
    assert found["ended_at"] == found["decided_at"] == utc("2024-06-01")


def test_ended_term_does_not_end_its_successor(company):
    ended = event("term_ended", "2025-01-01")
    terms = [ANNUAL, contract("2025-01-01", "2025-09-01", name="d", signed_at="2024-12-01")]
    assert only(company(contracts=terms, contract_events=[ended]))["decided_at"] == utc(
        "2025-09-01"
    )


def test_month_to_month_custom_runs_from_sign_up_to_cancellation(company):
    tables = company(
        accounts=[{"account_id": "a", "customer_since": "2024-01-01", "known_at": "2024-01-02"}],
        contract_events=[
            event("cancel_requested", "2024-05-10"),
            event("cancelled", "2024-06-01"),
            event("reactivated", "2024-10-01"),
        ],
    )
    assert business_of(tables) is Business.MONTH_TO_MONTH
    found = episodes(tables)
    assert found["started_at"].tolist() == [utc("2024-01-01"), utc("2024-10-01")]
    assert found["decided_at"].iloc[0] == utc("2024-05-10")
    assert found["ended_at"].iloc[0] == utc("2024-06-01")
    assert pd.isna(found["decided_at"].iloc[1])


def test_monthly_items_alone_are_judged_by_the_ledger(company):
    tables = company(subscription_items=[item("2024-01-01", "2024-06-01")])
    assert only(tables)["decided_at"] == utc("2024-06-01")


def test_grace_of_the_settings_is_used(company):
    ledger = [YEAR, item("2025-01-11", name="j")]
    tables = company(contracts=[ANNUAL], subscription_items=ledger)
    assert len(episodes(tables, Settings(grace_days=10))) == 2
    assert len(episodes(tables, Settings(grace_days=11))) == 1


def test_accounts_do_not_mix(company):
    ledger = [YEAR, item("2025-01-01", account_id="b", name="j")]
    found = episodes(company(contracts=[ANNUAL], subscription_items=ledger))
    assert found["account_id"].tolist() == ["a", "b"]
    assert found["ended_at"].isna().tolist() == [False, True]


def test_order_of_rows_does_not_matter(company):
    ledger = [YEAR, item("2025-01-20", name="j"), item("2024-03-01", account_id="b", name="k")]
    events = [event("notice_received", "2024-09-01"), event("renewed", "2025-01-20")]
    first = episodes(company(contracts=[ANNUAL], subscription_items=ledger, contract_events=events))
    second = episodes(
        company(contracts=[ANNUAL], subscription_items=ledger[::-1], contract_events=events[::-1])
    )
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize("business", list(Business))
def test_empty_tables_have_no_episodes(company, business):
    tables = company(accounts=[], contracts=[], subscription_items=[], contract_events=[])
    assert decide(tables, business, SETTINGS).empty


def test_decisions_of_the_invented_company_are_those_it_drew():
    company = build_company(150, months=24)
    tables = read_tables(dict(company.tables))
    found = episodes(tables).dropna(subset="decided_at").set_index("account_id")["decided_at"]
    truth = company.truth[company.truth["churned"]].set_index("account_id")["decided_at"]
    # Who switches the renewal of a term off has said it, even if the letter comes days later.
    contracts = company.tables["contracts"].sort_values("known_at")
    was_on = contracts.groupby("contract_id")["auto_renew"].shift().eq(True)
    off = contracts[was_on & ~contracts["auto_renew"] & (contracts["term_months"] > 1)]
    said = off.groupby("account_id")["known_at"].min().reindex(truth.index)
    truth = truth.where(~(said < truth), said)
    known = truth[truth.index.isin(found.index)].dt.tz_localize("UTC")
    assert len(found) == len(known) >= 20
    pd.testing.assert_series_equal(found.sort_index(), known.sort_index(), check_freq=False)
    # Who is not found gave notice so late that nobody had logged it when the data ended.
    late = truth[~truth.index.isin(found.index)]
    assert (late > pd.Timestamp("2025-11-01")).all()
