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
    found = known.changes(rows, known.facts(rows), months=12)["dearer"]
    assert found[1:3] == pytest.approx([0.2, 0.2])
    assert pd.isna(found[[0, 3]]).all()


def test_without_seats_nothing_is_dearer():
    known, rows = asked(
        ["2024-07-01"], contracts=[contract(1, 1000.0, None, "2023-01-01", "2026-01-01")]
    )
    assert pd.isna(known.changes(rows, known.facts(rows), months=12)["dearer"]).all()


def test_a_discount_that_ends_is_lost_for_a_year():
    contracts = [
        contract(1, 800.0, 1000.0, "2023-06-01", "2024-06-01"),
        contract(2, 950.0, 1000.0, "2024-06-01", "2025-06-01"),
        contract(3, 950.0, 1000.0, "2025-06-01", "2026-06-01"),
    ]
    known, rows = asked(["2024-05-01", "2024-07-01", "2025-07-01"], contracts=contracts)
    found = known.changes(rows, known.facts(rows), months=12)["less_discount"]
    assert found[1:] == pytest.approx([0.15, 0.0])
    assert pd.isna(found[0])


@pytest.mark.parametrize("day", ["2024-01-01", "2024-07-01", "2025-01-01", "2025-01-02"])
def test_arr_grows_with_the_price_and_a_year_reaches_back_to_the_same_day(day):
    """A tenth more from each January on, the year with the leap day between them or not."""
    years = [(100.0, 2022), (110.0, 2023), (121.0, 2024), (133.1, 2025)]
    items = [
        item(1, 5, mrr, f"{year}-01-01", f"{year + 1}-01-01") | {"change_type": "price_uplift"}
        for mrr, year in years
    ]
    known, rows = asked([day], subscription_items=items)
    assert known.changes(rows, known.facts(rows), months=12)["growth"].item() == pytest.approx(0.1)
