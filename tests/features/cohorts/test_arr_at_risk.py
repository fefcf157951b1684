"""What accounts at risk pay on an as-of date, by what was known then."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.schema.settings import Settings
from tests.features.cohorts.stand import customer, reasons, stand
from tests.training.records import ANNUAL, contract, item, utc


def test_arr_is_twelve_times_the_items_in_force(company, pairs):
    ledger = [
        item("2024-01-01", mrr=100.0),
        item("2024-01-01", name="j", mrr=50.5),
        item("2024-06-01", mrr=200.0),
    ]
    found = stand(customer(company, subscription_items=ledger), pairs("2024-05-01", "2024-07-01"))
    assert found["arr"].tolist() == [1806.0, 3006.0]


@pytest.mark.parametrize(
    ("as_of", "arr"),
    [
        ("2024-02-01 00:00:00", 0.0),
        ("2024-02-01 00:00:00.000001", 1200.0),
        ("2024-08-01 00:00:00", 1200.0),
        ("2024-08-01 00:00:00.000001", 0.0),
    ],
)
def test_item_holds_from_just_after_its_start_through_its_end(company, pairs, as_of, arr):
    tables = company(subscription_items=[item("2024-02-01", "2024-08-01")])
    assert stand(tables, pairs(as_of), Settings(grace_days=0))["arr"].item() == arr


def test_item_corrected_later_is_seen_as_it_was_known(company, pairs):
    ledger = [item("2024-01-01"), item("2024-01-01", mrr=80.0, known_at="2024-06-01")]
    found = stand(customer(company, subscription_items=ledger), pairs("2024-06-01", "2024-06-02"))
    assert found["arr"].tolist() == [1200.0, 960.0]


def test_item_recorded_late_pays_from_when_it_is_known(company, pairs):
    tables = company(subscription_items=[item("2024-01-01", known_at="2024-03-01")])
    found = stand(tables, pairs("2024-03-01", "2024-03-02"))
    assert found["status"].tolist() == ["not_eligible", "scored"]
    assert found["reason"].tolist()[0] == "not_yet_customer"


def test_contract_says_what_is_paid_until_an_item_is_known(company, pairs):
    late = [item("2024-01-01", mrr=90.0, known_at="2024-03-01")]
    found = stand(customer(company, subscription_items=late), pairs("2024-03-01", "2024-03-02"))
    assert found["arr"].tolist() == [1200.0, 1080.0]


def test_account_without_items_pays_its_contracts_where_others_have_items(company, pairs):
    other = item("2024-01-01", account_id="b")
    found = stand(company(contracts=[ANNUAL], subscription_items=[other]), pairs("2024-07-01"))
    assert (found["status"].item(), found["arr"].item()) == ("scored", 1200.0)


def test_ended_account_has_no_arr_and_a_new_one_is_not_yet_a_customer(company, pairs):
    tables = company(subscription_items=[item("2024-02-01", "2024-08-01")])
    rows = pairs("2024-01-15", "2024-09-01")
    assert reasons(tables, rows) == ["not_yet_customer", "no_arr"]


def test_account_that_has_just_ended_can_still_renew(company, pairs):
    tables = company(subscription_items=[item("2024-02-01", "2024-08-01")])
    found = stand(tables, pairs("2024-08-02", "2024-08-30", "2024-08-31"))
    assert found["reason"].tolist() == ["in_grace", "in_grace", "no_arr"]
    assert found["custom"].tolist() == ["grace", "grace", "left"]


def test_account_with_an_overdue_renewal_shows_what_is_to_be_had(company, pairs):
    """Each its own sum and end, whichever of them ended when."""
    ledger = [item("2024-02-01", "2024-08-01"), item("2024-02-01", "2024-07-20", name="j", mrr=5.0)]
    ledger += [item("2024-02-01", "2024-08-10", account_id="b", name="k", mrr=50.0)]
    known = {"customer_since": "2024-01-01", "known_at": "2024-01-01"}
    names = [{"account_id": name} | known for name in "ab"]
    tables = company(accounts=names, subscription_items=ledger)
    rows = pd.concat([pairs("2024-08-20"), pairs("2024-08-20").assign(account_id="b")])
    found = stand(tables, rows)
    assert found["arr"].tolist() == [1200.0, 600.0]
    assert found["term_end"].tolist() == [utc("2024-08-01"), utc("2024-08-10")]
    assert found["reason"].tolist() == ["in_grace"] * 2


def test_item_without_money_is_no_arr(company, pairs):
    ledger = [item("2024-01-01"), item("2024-06-01", mrr=0.0)]
    found = stand(customer(company, subscription_items=ledger), pairs("2024-07-01"))
    assert (found["arr"].item(), found["reason"].item()) == (0.0, "no_arr")


def test_arr_of_contracts_without_items_is_their_acv(company, pairs):
    tables = company(contracts=[ANNUAL, contract("2024-01-01", "2025-01-01", name="d", acv=300.0)])
    assert stand(tables, pairs("2024-07-01"))["arr"].item() == 1500.0


def test_unknown_acv_is_a_customer_with_unknown_arr(company, pairs):
    found = stand(company(contracts=[ANNUAL | {"acv": None}]), pairs("2024-07-01"))
    assert found["status"].item() == "scored"
    assert np.isnan(found["arr"].item())
