"""Periods given with their last day, currencies and their rates: read as the company writes."""

import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.facts import subscriptions_of


def items(*rows):
    columns = ["account_id", "item_id", "mrr", "currency", "effective_from", "effective_to"]
    return pd.DataFrame(rows, columns=columns)


def company(table, **more):
    ids = sorted(set(table["account_id"]))
    accounts = pd.DataFrame({"account_id": ids, "customer_since": "2023-01-01"})
    seen = {"account_id": ids[0], "product_user_id": "u", "date": ["2023-01-02", "2026-06-01"]}
    return {
        "accounts": accounts,
        "usage_daily": pd.DataFrame(seen),
        "subscription_items": table,
    } | more


def arr(tables, account, day):
    pairs = pd.DataFrame({"account_id": [account], "as_of": [pd.Timestamp(day, tz="UTC")]})
    return subscriptions_of(tables).arr(Rows.of(pairs))[0]


MONTHLY = items(
    ("a", "a1", 10.0, "USD", "2025-01-01", "2025-01-31"),
    ("a", "a2", 10.0, "USD", "2025-02-01", "2025-02-28"),
    ("a", "a3", 10.0, "USD", "2025-03-01", None),
    ("b", "b1", 10.0, "USD", "2025-01-01", "2025-02-01"),
    ("b", "b2", 10.0, "USD", "2025-02-01", None),
)


def told(tables, column):
    return [finding for finding in tables.findings if finding.column == column]


def test_an_end_a_day_before_what_follows_is_the_last_day():
    tables = read_tables(company(MONTHLY))
    for day in ("2025-01-31", "2025-02-01", "2025-02-02", "2025-02-28", "2025-03-01"):
        assert arr(tables, "a", day) == arr(tables, "b", day) == 120.0
    (finding,) = told(tables, "effective_to")
    assert (finding.count, finding.examples) == (2, ("a",))
    assert "`period_ends`" in finding.rule


def test_settings_say_what_ends_mean():
    every = read_tables(company(MONTHLY), Settings(period_ends="last_day"))
    assert arr(every, "b", "2025-02-02") == 240.0
    none = read_tables(company(MONTHLY), Settings(period_ends="day_after"))
    assert arr(none, "a", "2025-02-01") == 0.0
    assert not told(none, "effective_to")


def test_a_gap_beside_an_item_that_runs_on_is_found_too():
    beside = ("a", "a9", 5.0, "USD", "2024-06-01", None)
    tables = read_tables(company(items(beside, *MONTHLY.itertuples(index=False))))
    assert arr(tables, "a", "2025-02-01") == 180.0


PRICED = items(
    ("yen", "y", 100_000.0, "jpy ", "2024-01-01", None),
    ("dollar", "d", 10.0, "US$", "2024-01-01", None),
    ("both", "e", 10.0, "€", "2024-01-01", "2025-01-01"),
    ("both", "f", 10.0, "USD", "2025-01-01", None),
    ("plain", "p", 10.0, None, "2024-01-01", None),
)


def test_without_rates_sums_are_unknown_and_one_finding_says_so():
    tables = read_tables(company(PRICED), Settings(currency="usd"))
    assert arr(tables, "dollar", "2025-06-01") == arr(tables, "plain", "2025-06-01") == 120.0
    assert pd.isna(arr(tables, "yen", "2025-06-01"))
    (finding,) = told(tables, "currency")
    assert "EUR, JPY" in finding.rule
    assert finding.count == 2


def test_rates_of_the_settings_hold_from_their_dates():
    rates = {"JPY": 0.01, "eur": {"2024-01-01": 2.0, "2025-01-01": 3.0}}
    tables = read_tables(company(PRICED), Settings(currency="USD", exchange_rates=rates))
    assert arr(tables, "yen", "2025-06-01") == 12_000.0
    assert arr(tables, "both", "2024-06-01") == 240.0
    assert arr(tables, "both", "2025-06-01") == 120.0
    assert not told(tables, "currency")


def test_rates_of_the_data_are_read_as_well():
    rates = pd.DataFrame({"currency": ["JPY", "EUR"], "rate": [0.01, 2.0]})
    tables = read_tables(company(PRICED, exchange_rates=rates), Settings(currency="USD"))
    assert arr(tables, "yen", "2025-06-01") == 12_000.0


def test_growth_is_measured_at_equal_rates():
    rates = {"EUR": {"2024-01-01": 1.0, "2025-06-01": 2.0}}
    table = items(("a", "i", 10.0, "EUR", "2024-01-01", None))
    tables = read_tables(company(table), Settings(currency="USD", exchange_rates=rates))
    rows = Rows.of(
        pd.DataFrame({"account_id": ["a"], "as_of": [pd.Timestamp("2025-07-01", tz="UTC")]})
    )
    known = subscriptions_of(tables)
    assert known.changes(rows, known.facts(rows), months=12)["growth"][0] == pytest.approx(0.0)
    assert known.arr(rows)[0] == 240.0


def test_the_currency_of_the_data_is_the_company_s_where_none_is_set():
    table = items(("a", "i", 10.0, "EUR", "2024-01-01", None))
    tables = read_tables(company(table))
    assert tables.currency == "EUR"
    assert arr(tables, "a", "2025-07-01") == 120.0


def test_where_nothing_names_a_currency_none_is_made_up():
    tables = read_tables(company(items(("a", "i", 10.0, None, "2024-01-01", None))))
    assert tables.currency == ""
    assert arr(tables, "a", "2025-07-01") == 120.0
    assert not told(tables, "currency")


def test_bills_name_the_currency_where_items_do_not():
    bills = pd.DataFrame(
        {"account_id": ["a"], "invoice_id": "b", "amount": 10.0, "currency": "chf"}
    )
    bills["issued_at"] = bills["due_at"] = "2024-02-01"
    table = items(("a", "i", 10.0, None, "2024-01-01", None))
    tables = read_tables(company(table, invoices=bills))
    assert tables.currency == "CHF"
    assert arr(tables, "a", "2025-07-01") == 120.0
