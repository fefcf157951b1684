"""What accounts pay where contracts and items carry no price, worked out by hand from the bills."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.cohorts.at_risk import standing
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business, business_of
from churngrid.features.subscriptions.facts import subscriptions_of
from churngrid.training.dataset.churn_decisions import decide


def bills(account, first, count, months, amount, **more):
    days = pd.date_range(first, periods=count, freq=pd.DateOffset(months=months))
    return [
        {"invoice_id": f"{account} {day:%F}", "account_id": account, "issued_at": f"{day:%F}"}
        | {"amount_due": amount}
        | more
        for day in days
    ]


def contract(account, **more):
    row = {"contract_id": account, "account_id": account, "term_start": "2023-01-01"}
    return row | {"term_end": "2026-01-01", "auto_renew": False, "acv": 0.0} | more


def company(**tables):
    ids = sorted({row["account_id"] for rows in tables.values() for row in rows})
    accounts = pd.DataFrame({"account_id": ids, "customer_since": "2023-01-01"})
    return read_tables(
        {"accounts": accounts} | {name: pd.DataFrame(rows) for name, rows in tables.items()}
    )


def facts(tables, account, date):
    pairs = pd.DataFrame({"account_id": [account], "as_of": pd.to_datetime([date], utc=True)})
    return subscriptions_of(tables).facts(Rows.of(pairs)).iloc[0]


MONTHLY = bills("a", "2023-03-01", 24, 1, 100.0)


@pytest.mark.parametrize("price", [0.0, None])
@pytest.mark.parametrize(
    ("date", "arr"),
    [("2024-06-15", 1200.0), ("2025-02-15", 1200.0), ("2025-08-15", 600.0)],
    ids=["in its second year", "on its last bill", "no longer billed"],
)
def test_what_carries_no_price_pays_what_it_is_billed_in_a_year(price, date, arr):
    found = facts(company(contracts=[contract("a", acv=price)], invoices=MONTHLY), "a", date)
    assert found["arr"] == pytest.approx(arr)
    assert found["custom"] == "paying"


def test_a_shorter_time_is_brought_to_a_year():
    tables = company(contracts=[contract("a")], invoices=bills("a", "2023-03-01", 3, 3, 300.0))
    # Three quarters of 92 days each, 900 in 276 days.
    assert facts(tables, "a", "2023-09-15")["arr"] == pytest.approx(900 * 365 / 276)


def test_a_first_bill_makes_a_customer_and_says_nothing_of_a_year():
    tables = company(contracts=[contract("a")], invoices=MONTHLY)
    assert facts(tables, "a", "2023-02-15")["custom"] == "trial"
    first = facts(tables, "a", "2023-03-15")
    assert first["custom"] == "paying"
    assert np.isnan(first["arr"])


def test_void_bills_do_not_count_and_credit_notes_reduce():
    void = bills("a", "2024-03-05", 1, 1, 5000.0, status="void")
    credit = bills("a", "2024-04-05", 1, 1, -150.0, status="credit_note")
    tables = company(contracts=[contract("a")], invoices=[*MONTHLY, *void, *credit])
    assert facts(tables, "a", "2024-06-15")["arr"] == pytest.approx(1050.0)


def test_currencies_are_brought_together_or_unknown():
    both = [*bills("a", "2023-03-01", 24, 1, 100.0, currency="EUR")]
    tables = company(contracts=[contract("a", currency="USD")], invoices=both)
    assert np.isnan(facts(tables, "a", "2024-06-15")["arr"])
    rated = company(
        contracts=[contract("a", currency="USD")],
        invoices=both,
        exchange_rates=[{"account_id": "a", "currency": "EUR", "rate": 2.0}],
    )
    assert facts(rated, "a", "2024-06-15")["arr"] == pytest.approx(2400.0)


def test_a_price_is_believed_over_the_bills():
    tables = company(contracts=[contract("a", acv=900.0)], invoices=MONTHLY)
    assert facts(tables, "a", "2024-06-15")["arr"] == 900.0


def test_metered_items_pay_what_they_are_billed():
    item = {"item_id": "i", "account_id": "a", "mrr": 0.0, "effective_from": "2023-01-01"}
    tables = company(subscription_items=[item], invoices=MONTHLY)
    found = facts(tables, "a", "2024-06-15")
    assert (found["custom"], found["arr"]) == ("paying", pytest.approx(1200.0))


def test_who_went_from_a_price_to_a_free_plan_is_no_customer_for_its_old_bills():
    items = [
        {"item_id": "i", "account_id": "a", "mrr": 100.0, "effective_from": "2023-03-01"}
        | {"effective_to": "2025-03-01"},
        {"item_id": "free", "account_id": "a", "mrr": 0.0, "effective_from": "2025-03-01"},
    ]
    tables = company(subscription_items=items, invoices=MONTHLY)
    found = facts(tables, "a", "2025-03-15")
    assert (found["pays"], found["arr"]) == (False, 0.0)


def test_the_end_of_an_unpriced_contract_is_the_end_of_the_customer():
    tables = company(contracts=[contract("a", term_end="2025-01-01")], invoices=MONTHLY)
    business = business_of(tables)
    assert facts(tables, "a", "2025-01-10")["custom"] == "grace"
    assert facts(tables, "a", "2025-02-10")["custom"] == "left"
    episodes = decide(tables, business, Settings())
    assert episodes["ended_at"].dt.strftime("%F").tolist() == ["2025-01-01"]


def test_growth_compares_years_of_bills():
    more = bills("a", "2025-03-01", 12, 1, 150.0)
    tables = company(contracts=[contract("a", term_end=None)], invoices=[*MONTHLY, *more])
    pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2026-02-15"], utc=True)})
    known, rows = subscriptions_of(tables), Rows.of(pairs)
    growth = known.changes(rows, known.facts(rows), months=12)["growth"]
    assert growth[0] == pytest.approx(0.5)


def test_reading_from_bills_is_said():
    tables = company(
        contracts=[contract("a"), contract("b", acv=100.0), contract("c")], invoices=MONTHLY
    )
    told = [one for one in tables.findings if "invoices of the last" in one.rule]
    assert [(one.table, one.column, one.count, one.examples) for one in told] == [
        ("contracts", "acv", 1, ("a",))
    ]


def test_without_contracts_the_bills_are_the_arr():
    use = [
        {"account_id": "a", "product_user_id": "u", "date": f"{day:%F}"}
        for day in pd.date_range("2023-03-01", "2024-07-01", freq="7D")
    ]
    tables = company(usage_daily=use, invoices=MONTHLY)
    assert business_of(tables) is Business.NON_CONTRACTUAL
    rows = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["2024-06-15"], utc=True)})
    found = standing(tables, rows, Business.NON_CONTRACTUAL, Settings())
    assert found["arr"].item() == pytest.approx(1200.0)
    alone = standing(company(usage_daily=use), rows, Business.NON_CONTRACTUAL, Settings())
    assert np.isnan(alone["arr"].item())
