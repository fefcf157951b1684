"""Who is still a customer, for the shapes in which contracts alone are exported.

Every right value was worked out by hand from the rows.
"""

import pandas as pd
import pytest

from churngrid.features.cohorts.at_risk import standing
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.training.dataset.churn_decisions import decide

LAST = "2026-03-01"


def contract(account, start, end, **more):
    row = {"contract_id": f"{account} {start}", "account_id": account, "acv": 1200.0}
    row |= {"term_start": start, "term_end": end, "auto_renew": True, "notice_period_days": 30}
    return row | more


def yearly(account, first, last):
    """A row for each year."""
    years = range(first, last + 1)
    return [contract(account, f"{year}-02-01", f"{year + 1}-02-01") for year in years]


def used(account, until=LAST):
    days = pd.date_range("2022-03-01", until, freq="7D").strftime("%F")
    return [{"account_id": account, "product_user_id": "u", "date": day} for day in days]


def company(contracts, **tables):
    accounts = sorted({row["account_id"] for row in contracts})
    frames = {
        "accounts": pd.DataFrame({"account_id": accounts, "customer_since": "2022-02-01"}),
        "contracts": pd.DataFrame(contracts),
    }
    return read_tables(frames | {name: pd.DataFrame(rows) for name, rows in tables.items()})


def custom(tables, account, date):
    rows = pd.DataFrame({"account_id": [account], "as_of": pd.to_datetime([date], utc=True)})
    return standing(tables, rows, business_of(tables), Settings())["custom"].iloc[0]


def ends(tables):
    episodes = decide(tables, business_of(tables), Settings())
    ended = episodes.set_index("account_id")["ended_at"].dropna()
    return ended.dt.strftime("%F").to_dict()


PEERS = [row for k in range(4) for row in yearly(f"p{k}", 2022, 2025)]
IN_USE = [row for k in range(4) for row in used(f"p{k}")]


def test_a_term_without_a_follow_up_and_without_use_was_the_last_one():
    quiet = yearly("quiet", 2022, 2023)
    tables = company([*PEERS, *quiet], usage_daily=[*IN_USE, *used("quiet", "2023-12-20")])
    assert custom(tables, "quiet", "2024-01-15") == "paying"
    # For sixty days it may still be there.
    assert custom(tables, "quiet", "2024-03-15") == "paying"
    assert custom(tables, "quiet", "2024-05-01") == "left"
    assert ends(tables) == {"quiet": "2024-02-01"}


def test_one_row_that_is_used_on_and_on_renews_by_itself():
    alone = contract("alone", "2022-02-01", "2023-02-01")
    tables = company([*PEERS, alone], usage_daily=[*IN_USE, *used("alone")])
    assert custom(tables, "alone", "2026-02-15") == "paying"
    assert ends(tables) == {}


def test_one_row_ends_with_the_term_in_which_it_fell_silent():
    alone = contract("alone", "2022-02-01", "2023-02-01")
    tables = company([*PEERS, alone], usage_daily=[*IN_USE, *used("alone", "2024-06-01")])
    assert custom(tables, "alone", "2025-01-15") == "paying"
    assert custom(tables, "alone", "2025-05-01") == "left"
    assert ends(tables) == {"alone": "2025-02-01"}


def test_where_no_company_writes_a_further_row_silence_alone_ends_nothing():
    rows = [contract(name, "2022-02-01", "2023-02-01") for name in "abcdef"]
    use = [row for name in "abcde" for row in used(name)]
    tables = company(rows, usage_daily=[*use, *used("f", "2024-06-01")])
    assert custom(tables, "f", "2026-02-15") == "paying"


@pytest.mark.parametrize(("last", "left"), [(2024, {"a": "2025-02-01"}), (2025, {})])
def test_an_account_that_is_invoiced_no_longer_has_left(last, left):
    rows = [contract(name, "2022-02-01", "2023-02-01") for name in "ab"]
    years = {"a": range(2022, last + 1), "b": range(2022, 2027)}
    bills = [
        {"invoice_id": f"{name}{year}", "account_id": name, "issued_at": f"{year}-01-10"}
        for name in "ab"
        for year in years[name]
    ]
    tickets = {"ticket_id": "t", "account_id": "b", "created_at": LAST}
    tables = company(rows, invoices=bills, tickets=[tickets])
    assert ends(tables) == left


def test_without_any_sign_of_life_nothing_is_concluded():
    ticket = {"ticket_id": "t", "account_id": "p0", "created_at": LAST}
    tables = company([*PEERS, *yearly("quiet", 2022, 2023)], tickets=[ticket])
    assert custom(tables, "quiet", "2025-06-01") == "paying"
