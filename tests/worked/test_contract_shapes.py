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


def billed(account, *days, **more):
    return [
        {"invoice_id": f"{account}{day}", "account_id": account, "issued_at": day} | more
        for day in pd.to_datetime(list(days)).strftime("%F")
    ]


def month_ends(first, count, months):
    return pd.date_range(first, periods=count, freq=pd.DateOffset(months=months))


LEAVERS = {
    # By the quarter: the last bill of the first year pays for its last quarter.
    "in advance": billed("x", *month_ends("2022-02-01", 4, 3)),
    # The quarter that ends with the term is billed when it is over.
    "afterwards": billed("x", *month_ends("2022-03-01", 12, 1)),
    # Forty days before each quarter.
    "early": billed("x", *month_ends("2021-12-23", 4, 3)),
    "taken back": [
        *billed("x", "2022-01-10"),
        *billed("x", "2023-01-10", status="Void"),
        *billed("x", "2023-02-10", amount_due=-1200.0),
    ],
}
STAYERS = {
    "in advance": billed("x", *month_ends("2022-02-01", 5, 3)),
    "afterwards": billed("x", *month_ends("2022-03-01", 13, 1)),
    "early": billed("x", *month_ends("2021-12-23", 5, 3)),
    "once a year": billed("x", "2022-01-10", "2022-12-20"),
    "first bill late": billed("x", "2022-02-20", "2023-01-03"),
}
YEARS_OF_BILLS = billed("other", *pd.to_datetime([f"{year}-02-01" for year in range(2022, 2027)]))


def ended_with(bills, **more):
    rows = [contract(name, "2022-02-01", "2023-02-01", **more) for name in ("x", "other")]
    ticket = {"ticket_id": "t", "account_id": "other", "created_at": LAST}
    return ends(company(rows, invoices=[*bills, *YEARS_OF_BILLS], tickets=[ticket])).get("x")


@pytest.mark.parametrize("shape", LEAVERS)
def test_the_last_bill_of_a_term_does_not_renew_it(shape):
    assert ended_with(LEAVERS[shape]) == "2023-02-01"


@pytest.mark.parametrize("shape", STAYERS)
def test_a_bill_for_what_begins_at_the_end_renews_the_term(shape):
    assert ended_with(STAYERS[shape]) == "2024-02-01"


def test_access_left_open_for_days_is_no_renewal():
    quiet = contract("alone", "2022-02-01", "2023-02-01")
    for until, end in (("2023-02-20", "2023-02-01"), ("2023-03-20", "2024-02-01")):
        tables = company([*PEERS, quiet], usage_daily=[*IN_USE, *used("alone", until)])
        assert ends(tables) == {"alone": end}


def by_length(**more):
    return contract("long", "2022-02-01", None, term_months=12.0) | more


@pytest.mark.parametrize(
    ("said", "left"),
    [({"auto_renew": None}, {}), ({"auto_renew": False}, {"long": "2023-02-01"})],
)
def test_a_length_without_an_end_rolls_unless_it_is_said_not_to(said, left):
    ticket = {"ticket_id": "t", "account_id": "long", "created_at": LAST}
    tables = company([by_length(**said)], tickets=[ticket])
    assert ends(tables) == left
    rows = pd.DataFrame({"account_id": ["long"], "as_of": pd.to_datetime(["2022-06-01"], utc=True)})
    stand = standing(tables, rows, business_of(tables), Settings())
    assert stand["term_end"].item() == pd.Timestamp("2023-02-01", tz="UTC")


def test_a_length_that_is_said_not_to_renew_ends_with_the_term_that_runs_then():
    versions = [
        by_length(auto_renew=True, known_at="2022-02-01"),
        by_length(auto_renew=False, known_at="2024-10-01"),
    ]
    ticket = {"ticket_id": "t", "account_id": "long", "created_at": LAST}
    tables = company(versions, tickets=[ticket])
    assert custom(tables, "long", "2024-12-01") == "paying"
    assert ends(tables) == {"long": "2025-02-01"}


def test_a_length_without_an_end_ends_with_the_silence():
    rows = [by_length(auto_renew=None), by_length(contract_id="o", account_id="other")]
    bills = [*billed("long", "2022-02-01", "2023-02-01"), *YEARS_OF_BILLS]
    ticket = {"ticket_id": "t", "account_id": "other", "created_at": LAST}
    assert ends(company(rows, invoices=bills, tickets=[ticket])) == {"long": "2024-02-01"}
