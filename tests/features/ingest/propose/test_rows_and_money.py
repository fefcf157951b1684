"""Rows named by several columns, sets of columns that tell, and money as it is written."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.cohorts.as_of_dates import resolve_as_of
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

NAMES = [f"Firm {letter}" for letter in "ABCDEFGH"]
KEYS = [f"acc-{number:05d}" for number in range(8)]
STARTS = [f"2024-0{month}-11" for month in range(1, 9)]
ENDS = [f"2026-0{month}-11" for month in range(1, 9)]
LEFT = ["2025-06-30", *[None] * 7]


def read(data):
    frames = {name: pd.DataFrame(columns) for name, columns in data.items()}
    found = propose(frames)
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    return read_tables(frames, settings), mapping_of(found), found


def test_two_products_of_one_day_are_two_rows():
    lines = {"Customer": NAMES * 2, "Product": ["Core"] * 8 + ["Support"] * 8}
    lines |= {"Start": STARTS * 2, "End": ENDS * 2, "ARR": ["1200"] * 8 + ["240"] * 8}
    tables, _, _ = read({"contract_lines": lines})
    assert sum(tables["contracts"]["acv"].to_pylist()) == 8 * 1440


def test_rows_that_nothing_tells_apart_are_left_out_and_not_halved():
    lines = {"Customer": NAMES * 2, "MRR": ["100"] * 8 + ["20"] * 8, "Start": STARTS * 2}
    found = propose({"subscriptions": pd.DataFrame(lines)})
    assert not found.of("subscription_items")
    assert "no column tells what each is for" in found.unread[0].why


def test_the_only_time_is_not_begin_and_end_at_once():
    sheet = {"Account": NAMES, "Renewal date": ENDS, "ARR": ["1200"] * 8, "Owner": ["Kim"] * 8}
    tables, _, found = read({"Renewals": sheet})
    begun = tables["contracts"]["term_start"].to_pylist()
    assert [f"{at:%Y-%m-%d}" for at in begun] == [end.replace("2026", "2025") for end in ENDS]
    assert not next(t for t in found.of("contracts")[0].takes if t.column == "term_start").sure


def test_ends_and_values_are_contracts_whatever_the_sheet_is_called():
    sheet = {"Account": NAMES, "Contract start": STARTS, "Renewal date": ENDS, "CSM": ["Kim"] * 8}
    tables, _, _ = read({"Portfolio": sheet | {"ARR (USD)": ["1200"] * 8}})
    assert sum(tables["contracts"]["acv"].to_pylist()) == 9600


def test_a_ledger_with_what_is_paid_a_month_is_no_list_of_invoices():
    ledger = {
        "Transaction ID": [f"t{n}" for n in range(8)],
        "Customer": NAMES,
        "Amount": ["2400"] * 8,
    }
    ledger |= {"Start Date": STARTS, "End Date": ENDS, "MRR": ["100"] * 8, "Order Date": STARTS}
    ledger |= {"Quantity": ["1"] * 8}
    tables, mapping, _ = read({"transactions": ledger})
    assert "invoices" not in mapping
    assert sum(tables["subscription_items"]["mrr"].to_pylist()) == 800


def test_a_log_of_churn_is_no_use_and_needs_no_id():
    customers = {"Customer ID": KEYS, "Customer Name": NAMES, "Start Date": STARTS}
    log = {"Customer Name": NAMES[:2], "Churn Date": ["2025-06-30", "2025-07-31"]}
    log |= {"Reason": ["Price", "Fit"]}
    tables, mapping, _ = read({"Customers": customers | {"MRR": ["10"] * 8}, "Churn log": log})
    assert "usage_events" not in mapping
    assert tables["contract_events"]["account_id"].to_pylist() == KEYS[:2]


@pytest.mark.parametrize("nothing", ["$0.00", "0", "0,00"])
def test_a_0_that_only_leavers_pay_is_not_what_they_paid(nothing):
    amounts = [nothing, *(nothing.replace("0", "15", 1) for _ in range(7))]
    sheet = {"Customer ID": KEYS, "Name": NAMES, "MRR": amounts}
    sheet |= {"Subscribed At": STARTS, "Churned At": LEFT}
    tables, _, _ = read({"customers": sheet})
    assert tables["subscription_items"]["account_id"].to_pylist() == KEYS[1:]
    assert tables["contract_events"]["account_id"].to_pylist() == KEYS[:1]


def test_what_others_pay_nothing_for_is_kept():
    sheet = {"Customer ID": KEYS, "Name": NAMES, "MRR": ["0"] * 4 + ["15"] * 4}
    sheet |= {"Subscribed At": STARTS, "Churned At": LEFT}
    tables, _, _ = read({"customers": sheet})
    assert tables["subscription_items"].num_rows == 8


def bills(amounts, *, ids="in_{:014x}", name="amount_due", currency="usd"):
    return {
        "id": [ids.format(n) for n in range(8)],
        "customer_id": KEYS,
        name: amounts,
        "currency": [currency] * 4 + ["usd"] * 4,
        "date": STARTS,
    }


@pytest.mark.parametrize(
    ("rows", "first"),
    [
        (bills(["12000"] * 8), 120),
        (bills(["12000"] * 8, currency="jpy"), 12_000),
        (bills(["12000"] * 8, ids="txn_{:024x}"), 120),
        (bills(["120.00"] * 8), 120),
        (bills(["12000"] * 8, ids="INV-{:05d}"), 12_000),
        (bills(["12000"] * 8, name="Amount Due"), 12_000),
    ],
)
def test_what_a_payment_provider_hands_over_is_in_hundredths(rows, first):
    tables, _, _ = read({"customers": {"id": KEYS, "name": NAMES}, "invoices": rows})
    assert tables["invoices"]["amount_due"][0].as_py() == first


def test_nobody_leaves_with_the_newest_month_of_snapshots():
    months = ["2026-07", "2026-08", "2026-09", "2026-10"]
    rows = [(month, key) for month in months for key in KEYS[month > "2026-08" :]]
    snapshots = {
        "snapshot_month": [month for month, _ in rows],
        "account_id": [key for _, key in rows],
        "mrr": ["100"] * len(rows),
        "seats": ["5"] * len(rows),
        "plan": ["pro"] * len(rows),
    }
    tables, _, _ = read({"account_monthly_snapshot": snapshots})
    items = tables["subscription_items"].to_pandas()
    as_of = resolve_as_of(tables, "latest")
    live = items[items["effective_to"].isna() | (items["effective_to"] > as_of)]
    assert sorted(live["account_id"]) == KEYS[1:]
    assert np.isclose(live["mrr"].sum(), 700)


def test_a_rating_without_a_day_is_of_when_the_ticket_was_resolved():
    solved = ["2025-03-02 10:00", None, "2025-03-04 12:00", *["2025-03-05 09:00"] * 5]
    tickets = {"ticket_id": list("12345678"), "account_id": NAMES, "csat_score": [5] * 8}
    tickets |= {"opened_at": ["2025-03-01 09:00"] * 8, "solved_at": solved}
    tables, _, _ = read({"customers": {"account_id": NAMES}, "tickets": tickets})
    rated = tables["tickets"].to_pandas()
    assert rated["csat_at"].equals(rated["resolved_at"].rename("csat_at"))
    assert rated["csat_at"].notna().sum() == 7
