"""Exports of accounting systems: ledgers, suppliers and bills to be paid are no customers."""

import pandas as pd
import pytest

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

MONTHS = [f"2025-{month:02d}-05" for month in range(1, 11)]


def read(data):
    found = propose(data)
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    return read_tables(data, settings), found


def texts(rows):
    return pd.DataFrame(rows).astype(str)


def ledger(kind, kinds):
    return texts(
        [
            {"id": 1 + n, "name": f"Ledger {n}", kind: kinds[n % len(kinds)], "balance": 7 * n}
            for n in range(12)
        ]
    )


def invoices(**more):
    return texts(
        [
            {
                "id": 100 + 6 * n + who,
                "customer_id": 101 + who,
                "transaction_date": day,
                "total_amount": 200 + 50 * who,
                "balance": 0,
                **more,
            }
            for n, day in enumerate(MONTHS)
            for who in range(6)
        ]
    )


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [
        ("account_type", ["Bank", "Accounts Receivable", "Income"]),
        ("class", ["ASSET", "REVENUE", "EXPENSE"]),
        ("accttype", ["AcctRec", "OthCurrAsset"]),
    ],
)
def test_accounts_of_a_ledger_are_no_customers(kind, kinds):
    customers = texts([{"id": 101 + n, "company_name": f"Firm {n}"} for n in range(6)])
    data = {"account": ledger(kind, kinds), "customer": customers, "invoice": invoices()}
    tables, found = read(data)
    assert [(part.table, part.source) for part in found.parts] == [
        ("accounts", "customer"),
        ("invoices", "invoice"),
    ]
    assert sum(tables["invoices"]["amount_due"].to_pylist()) == 10 * sum(range(200, 500, 50))
    (unread,) = [one for one in found.unread if one.table == "account"]
    assert "ledger" in unread.why


def test_accounts_of_customers_by_type_stay_customers():
    kinds = ["Customer", "Partner", "Bank", "Retail"]
    accounts = texts([{"id": n, "name": f"Firm {n}", "type": kinds[n % 4]} for n in range(8)])
    assert [part.table for part in propose({"accounts": accounts}).parts] == ["accounts"]


def test_suppliers_and_what_they_are_owed_are_left_out():
    customers = texts([{"id": 101 + n, "company_name": f"Firm {n}"} for n in range(6)])
    vendors = texts([{"id": 1 + n, "company_name": f"Maker {n}"} for n in range(6)])
    bills = texts(
        [{"id": n, "vendor_id": 1 + n % 6, "transaction_date": MONTHS[0]} for n in range(9)]
    ).assign(total_amount="90")
    data = {"customer": customers, "vendor": vendors, "bill": bills, "invoice": invoices()}
    found = propose(data)
    assert {(part.table, part.source) for part in found.parts} == {
        ("accounts", "customer"),
        ("invoices", "invoice"),
    }


def both_sides():
    """Invoices sent and received in one table, the amount due being what is left to pay."""
    rows = []
    for day in MONTHS:
        for who in range(6):
            name, paid = f"con-{who}", day < "2025-10"
            rows.append(
                {
                    "invoice_id": f"i-{day}-{who}",
                    "contact_id": name,
                    "date": day,
                    "amount_due": 0 if paid else 110,
                    "amount_paid": 110 if paid else 0,
                    "total": 110,
                    "type": "ACCREC",
                }
            )
        rows.append({**rows[-1], "invoice_id": f"b-{day}", "contact_id": "con-9", "type": "ACCPAY"})
    return texts(rows)


def test_bills_to_be_paid_are_left_out_and_what_is_left_is_no_amount():
    tables, _ = read({"invoice": both_sides()})
    assert set(tables["invoices"]["account_id"].to_pylist()) == {f"con-{n}" for n in range(6)}
    assert set(tables["invoices"]["amount_due"].to_pylist()) == {110}


def test_contacts_who_are_billed_are_the_customers_beside_a_ledger():
    contacts = texts(
        [{"contact_id": f"con-{n}", "name": f"Firm {n}", "is_customer": n < 6} for n in range(10)]
    )
    own = texts([{"organisation_id": "o-1", "financial_year_end_month": 2}])
    data = {
        "contact": contacts,
        "invoice": both_sides(),
        "organization": own,
        "account": ledger("class", ["ASSET", "REVENUE"]),
    }
    tables, _ = read(data)
    assert sorted(tables["accounts"]["account_id"].to_pylist()) == [f"con-{n}" for n in range(6)]


def test_goods_have_a_price_each_by_the_interval_of_their_charge():
    goods = texts(
        [
            {
                "id": n,
                "customer_id": f"c-{n}",
                "created_at": MONTHS[n % 9],
                "price": 10 + n,
                "quantity": 1 + n % 3,
                "sku": "S1",
                "charge_interval_unit": ["day", "week", "month"][n % 3],
                "charge_interval_frequency": [28, 4, 3][n % 3],
            }
            for n in range(9)
        ]
    )
    tables, _ = read({"subscription": goods})
    months = [28 * 12 / 365.25, 4 * 12 * 7 / 365.25, 3]
    expected = [(10 + n) * (1 + n % 3) / months[n % 3] for n in range(9)]
    assert tables["subscription_items"]["mrr"].to_pylist() == pytest.approx(expected, rel=1e-5)
