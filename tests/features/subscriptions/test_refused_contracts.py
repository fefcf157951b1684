"""A contract that was refused stays refused, whatever else the account has signed."""

import pandas as pd
import pytest

from churngrid.features.cohorts.at_risk import standing
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.training.dataset.labels import label
from tests.training.records import contract, event, item, used, utc

ROLLING = {"auto_renew": True, "notice_period_days": 90, "acv": 1200.0}
MAIN = contract("2023-01-01", "2024-01-01", name="main") | ROLLING
ADDED = contract("2023-04-01", "2024-04-01", name="added") | ROLLING | {"acv": 300.0}
NO_ADDED = event("notice_received", "2023-12-01", contract_id="added")
NO_MAIN = event("notice_received", "2024-09-01", contract_id="main")


def stand(tables, rows):
    return standing(tables, rows, business_of(tables), Settings())


def test_one_contract_refused_leaves_the_others_and_does_not_come_back(company, pairs):
    tables = company(contracts=[MAIN, ADDED], contract_events=[NO_ADDED])
    found = stand(tables, pairs("2024-02-01", "2024-04-02", "2024-06-01", "2025-02-01"))
    assert "notice_given" not in found["status"].tolist()
    assert found["arr"].tolist() == [1500.0, 1200.0, 1200.0, 1200.0]
    assert found["decision_at"].tolist()[2:] == [utc("2024-10-03"), utc("2025-10-03")]


def test_later_contracts_do_not_bring_a_refused_one_back(company, pairs):
    signed = contract("2025-01-01", "2026-01-01", name="next", known_at="2024-12-01") | ROLLING
    follows = signed | {"predecessor_contract_id": "main"}
    tables = company(contracts=[MAIN, ADDED, follows], contract_events=[NO_ADDED])
    assert stand(tables, pairs("2025-02-01"))["arr"].item() == 1200.0


def test_account_has_given_notice_once_its_last_contract_is_refused(company, pairs):
    tables = company(contracts=[MAIN, ADDED], contract_events=[NO_ADDED, NO_MAIN])
    found = stand(tables, pairs("2024-08-01", "2024-09-02", "2025-01-02", "2025-06-01"))
    assert found["status"].tolist()[1] == "notice_given"
    assert found["custom"].tolist() == ["paying", "paying", "left", "left"]


def test_notice_of_the_last_contract_stands_until_the_longest_one_ends(company, pairs):
    """The one refused first ends last."""
    first = event("notice_received", "2024-08-30", contract_id="added")
    tables = company(contracts=[MAIN, ADDED], contract_events=[first, NO_MAIN])
    found = stand(tables, pairs("2024-08-31", "2024-09-02", "2025-03-20", "2025-04-02"))
    assert found["status"].tolist()[:3] == ["scored", "notice_given", "notice_given"]
    assert found["custom"].tolist()[3] == "left"


def test_refused_contract_without_any_other_sign_is_over(company, pairs):
    """Nobody confirms the end: nothing but the contract itself says what the account pays."""
    tables = company(contracts=[MAIN], contract_events=[NO_MAIN])
    assert stand(tables, pairs("2025-02-05", "2026-01-05"))["custom"].tolist() == ["left", "left"]


@pytest.mark.parametrize(("events", "left"), [([NO_MAIN], True), ([], False)])
def test_refused_contract_is_churn(company, pairs, events, left):
    seen = [used("2024-01-01"), used("2026-01-01")]
    tables = company(contracts=[MAIN], contract_events=events, usage_events=seen)
    found = label(tables, pairs("2024-06-01"), business_of(tables), Settings())
    assert bool(found["churned"].item()) is left


def test_items_still_paid_after_the_grace_show_that_the_account_stayed(company, pairs):
    tables = company(
        contracts=[MAIN], subscription_items=[item("2023-01-01")], contract_events=[NO_MAIN]
    )
    found = stand(tables, pairs("2025-01-15", "2025-02-05"))
    assert found["status"].tolist()[0] == "notice_given"
    assert found["custom"].tolist()[1] == "paying"
    assert pd.notna(found["decision_at"].tolist()[1])
