"""What became dearer within a year, worked out by hand: by the seat, and by the discount lost."""

import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.ingest.read import read_tables
from churngrid.features.subscriptions.facts import subscriptions_of


def item(number, seats, mrr, first, last=None):
    ids = {"item_id": f"i{number}", "account_id": "a", "quantity": seats, "mrr": mrr}
    return ids | {"effective_from": first, "effective_to": last, "known_at": first}


def contract(number, acv, listed, first, last):
    ids = {"contract_id": f"c{number}", "account_id": "a", "acv": acv, "list_acv": listed}
    return ids | {"term_start": first, "term_end": last, "auto_renew": False, "known_at": first}


def asked(dates, **tables):
    accounts = pd.DataFrame({"account_id": ["a"], "customer_since": "2023-01-01"})
    company = read_tables(
        {"accounts": accounts} | {name: pd.DataFrame(rows) for name, rows in tables.items()}
    )
    pairs = pd.DataFrame({"account_id": "a", "as_of": pd.to_datetime(dates, utc=True)})
    return subscriptions_of(company), Rows.of(pairs)


def test_a_renewal_as_a_new_item_at_a_higher_price_is_dearer_and_more_seats_are_not():
    items = [
        item(1, 10, 100.0, "2023-06-01", "2024-06-01"),
        item(2, 15, 180.0, "2024-06-01", "2025-06-01"),
    ]
    known, rows = asked(
        ["2024-05-01", "2024-07-01", "2025-05-01", "2025-06-10"], subscription_items=items
    )
    # 10.00 a seat, then 12.00; nothing was paid a year before the first date, or is on the last.
    found = known.dearer(rows, months=12)
    assert found[1:3] == pytest.approx([0.2, 0.2])
    assert pd.isna(found[[0, 3]]).all()


def test_without_seats_nothing_is_dearer():
    known, rows = asked(
        ["2024-07-01"], contracts=[contract(1, 1000.0, None, "2023-01-01", "2026-01-01")]
    )
    assert pd.isna(known.dearer(rows, months=12)).all()


def test_a_discount_that_ends_is_lost_for_a_year():
    contracts = [
        contract(1, 800.0, 1000.0, "2023-06-01", "2024-06-01"),
        contract(2, 950.0, 1000.0, "2024-06-01", "2025-06-01"),
        contract(3, 950.0, 1000.0, "2025-06-01", "2026-06-01"),
    ]
    known, rows = asked(["2024-05-01", "2024-07-01", "2025-07-01"], contracts=contracts)
    found = known.less_discount(rows, months=12)
    assert found[1:] == pytest.approx([0.15, 0.0])
    assert pd.isna(found[0])


@pytest.mark.parametrize(
    ("renewal", "growth"),
    [
        ({"quantity": 10, "mrr": 130.0}, 0.0),
        ({"quantity": 15, "mrr": 180.0}, 0.6),
        ({"quantity": 8, "mrr": 96.0}, -0.2),
        ({"quantity": 10, "mrr": 90.0}, -0.1),
        ({"quantity": 10, "mrr": 150.0, "plan": "Enterprise"}, 0.5),
        ({"quantity": 10, "mrr": 150.0, "change_type": "tier_up"}, 0.5),
        ({"quantity": 10, "mrr": 130.0, "plan": " team"}, 0.0),
    ],
    ids=["dearer", "dearer and more", "dearer and fewer", "cheaper", "plan", "tier", "spelling"],
)
def test_a_higher_price_of_the_same_seats_is_no_growth_and_a_higher_plan_is(renewal, growth):
    """Ten seats at 10; worth in a year what they were at the old price, and more seats at the new.

    Dearer and more: 15 at 12 are 180, of which 2 for each of the old ten is price: 160 of 100.
    Dearer and fewer: 8 at 12 are 96, of which 16 is price: 80 of 100.
    """
    first = item(1, 10, 100.0, "2023-06-01", "2024-06-01") | {"plan": "Team", "change_type": "new"}
    later = item(2, 0, 0.0, "2024-06-01", "2025-06-01") | {"plan": "Team"} | renewal
    known, rows = asked(["2024-07-01"], subscription_items=[first, later])
    assert known.growth(rows, months=12).item() == pytest.approx(growth)


def test_what_was_bought_beside_is_growth_whatever_it_does_to_the_price_of_a_seat():
    items = [
        item(1, 10, 100.0, "2023-06-01", "2025-06-01") | {"product_id": "core"},
        item(2, None, 50.0, "2024-06-01", "2025-06-01") | {"product_id": "reports"},
    ]
    known, rows = asked(["2024-07-01"], subscription_items=items)
    assert known.growth(rows, months=12).item() == pytest.approx(0.5)
