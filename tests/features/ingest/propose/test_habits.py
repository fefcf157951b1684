"""Habits of people and spreadsheets: `$12k`, quarters, prices apart, damaged keys, no end date."""

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

NAMES = [f"Firm {letter}" for letter in "ABCDEFGH"]
KEYS = [f"acc-{number:04d}" for number in range(8)]
STARTS = [f"2024-0{month}-11" for month in range(1, 9)]
ENDS = [f"2026-0{month}-11" for month in range(1, 9)]
MONEY = [str(100 + 10 * place) for place in range(8)]


def frame(**columns):
    return pd.DataFrame(
        {
            name.replace("__", " "): values if isinstance(values, list) else [values] * 8
            for name, values in columns.items()
        }
    )


def read(data):
    found = propose(data)
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    return read_tables(data, settings), found


def numbers(tables, table, column):
    return tables[table][column].to_pylist()


def test_a_column_a_quarter_is_a_row_a_quarter_that_is_known_when_it_is_over():
    quarters = {f"Q{q} 2025": [str(12 * int(m)) for m in MONEY] for q in (1, 2, 3)}
    quarters["Q3 2025"][0] = ""
    tables, _ = read({"arr by customer": frame(Customer=NAMES, **quarters)})
    items = tables["subscription_items"].to_pandas()
    assert items["mrr"].sum() == pytest.approx(3 * sum(map(float, MONEY)) - 100)
    first = items[items["account_id"] == "Firm A"]
    assert [f"{day:%Y-%m-%d}" for day in first["effective_from"]] == ["2025-01-01", "2025-04-01"]
    assert [f"{day:%Y-%m-%d}" for day in first["effective_to"]] == ["2025-04-01", "2025-07-01"]
    assert f"{first['known_at'].iloc[-1]:%Y-%m-%d}" == "2025-07-01"


def test_months_beside_quarters_are_not_added_up():
    columns = dict.fromkeys(("Q1 2025", "Q2 2025", "Q3 2025", "Oct 2025", "Nov 2025"), MONEY)
    assert not propose({"arr by customer": frame(Customer=NAMES, **columns)}).parts


def test_a_plan_in_a_table_of_its_own_says_by_which_period_its_price_is():
    plans = pd.DataFrame(
        {"code": ["y", "m"], "interval_length": ["12", "1"], "interval_unit": ["months"] * 2}
    )
    prices = [str(int(m) * (12 if place % 2 else 1)) for place, m in enumerate(MONEY)]
    subscriptions = frame(
        subscription_id=[f"s{n}" for n in range(8)],
        account_code=KEYS,
        plan_code=["m", "y"] * 4,
        unit_amount=prices,
        quantity="1",
        activated_at=STARTS,
    )
    accounts = frame(account_code=KEYS, company_name=NAMES)
    data = {"accounts": accounts, "subscriptions": subscriptions, "plans": plans}
    tables, found = read(data)
    assert numbers(tables, "subscription_items", "mrr") == [float(m) for m in MONEY]
    assert "'plans'" in found.of("subscription_items")[0].takes[-1].why or any(
        "'plans'" in take.why for take in found.of("subscription_items")[0].takes
    )


def test_a_price_of_ones_own_counts_before_that_of_the_plan():
    plans = pd.DataFrame({"code": ["m", "n"], "price": ["999", "998"], "interval": ["month"] * 2})
    subscriptions = frame(
        subscription_id=[f"s{n}" for n in range(8)],
        account_code=KEYS,
        plan_code=["m", "n"] * 4,
        amount=MONEY,
        started_at=STARTS,
    )
    data = {"accounts": frame(account_code=KEYS, name=NAMES), "plans": plans}
    tables, _ = read({**data, "subscriptions": subscriptions})
    assert numbers(tables, "subscription_items", "mrr") == [float(m) for m in MONEY]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([f"{n:06d}" for n in range(17, 25)], [str(n) for n in range(17, 25)]),
        ([str(n) for n in range(17, 25)], [f"{n:06d}" for n in range(17, 25)]),
        ([f"{n}.0" for n in range(1001, 1009)], [str(n) for n in range(1001, 1009)]),
        ([f"ac{n:05x}f" for n in range(8)], [f"AC{n:05x}F".upper() for n in range(8)]),
        (
            [f"0015g00000Ab{n:03d}AAZ" for n in range(8)],
            [f"0015g00000Ab{n:03d}" for n in range(8)],
        ),
    ],
)
def test_keys_that_a_spreadsheet_wrote_in_another_way_still_meet(ours, theirs):
    tickets = frame(
        Ticket=[f"T{n}" for n in range(8)],
        Customer__No=theirs,
        Created="2025-03-01",
        Priority="High",
    )
    customers = frame(Customer__No=ours, Customer=NAMES, MRR=MONEY, Start__Date=STARTS)
    tables, _ = read({"customers": customers, "tickets": tickets})
    assert numbers(tables, "tickets", "account_id") == ours


def test_keys_that_would_become_the_same_do_not_meet_by_likeness():
    ours = ["AC1", "ac1", "AC2", "ac2", "AC3", "ac3", "AC4", "ac4"]
    tickets = frame(
        Ticket=[f"T{n}" for n in range(8)],
        Customer__No=[f"Ac{n % 4 + 1}" for n in range(8)],
        Created="2025-03-01",
        Priority="High",
    )
    customers = frame(Customer__No=ours, Customer=NAMES, MRR=MONEY, Start__Date=STARTS)
    found = propose({"customers": customers, "tickets": tickets})
    assert not any(take.lookup for part in found.of("tickets") for take in part.takes)
    mapping = mapping_of(found)
    mapping["tickets"] = {
        "columns": {"ticket_id": "Ticket", "created_at": "Created"},
        "lookup": {
            "account_id": {
                **{"table": "customers", "on": "Customer No", "take": "Customer No"},
                "alike": True,
            }
        },
    }
    settings = Settings.model_validate({"tables": mapping, "currency": "USD"})
    with pytest.raises(SchemaError, match="more than one"):
        read_tables({"customers": customers, "tickets": tickets}, settings)


@pytest.mark.parametrize(
    "said",
    [
        {"Active": ["No"] + ["Yes"] * 7},
        {"Aktiv": ["Nein"] + ["Ja"] * 7},
        {"Status": ["Cancelled"] + ["Active"] * 7},
        {"Churned": ["Ja"] + ["Nein"] * 7},
    ],
)
@pytest.mark.parametrize("begin", ["Start Date", "Created"])
def test_what_ended_on_an_untold_day_is_not_paid_for_ever(said, begin):
    columns = {"Subscription ID": [f"S{n}" for n in range(8)], "Customer": NAMES, "MRR": MONEY}
    tables, _ = read({"subscriptions": frame(**columns, **{begin: STARTS}, **said)})
    assert numbers(tables, "subscription_items", "mrr") == [float(m) for m in MONEY[1:]]


def test_an_end_that_all_have_counts_where_the_status_says_that_it_is_over():
    columns = {"Subscription ID": [f"S{n}" for n in range(8)], "Customer": NAMES, "MRR": MONEY}
    more = {"End Date": ENDS, "Status": ["Cancelled"] + ["Active"] * 7}
    tables, _ = read({"subscriptions": frame(**columns, Start__Date=STARTS, **more)})
    assert [end is not None for end in numbers(tables, "subscription_items", "effective_to")] == [
        True,
        *[False] * 7,
    ]
    assert tables["contract_events"].num_rows == 1


@pytest.mark.parametrize("said", ["Churned On", "Left at", "Termination date"])
def test_a_list_of_contracts_says_who_left_and_when(said):
    gone = ["2025-03-14"] + [""] * 7
    contracts = frame(Customer=NAMES, Start=STARTS, Renewal__Date=ENDS, ARR=MONEY, **{said: gone})
    tables, _ = read({"contracts": contracts})
    events = tables["contract_events"]
    assert events["account_id"].to_pylist() == ["Firm A"]
    assert f"{events['effective_at'][0].as_py():%Y-%m-%d}" == "2025-03-14"


def test_contracts_of_those_who_left_on_an_untold_day_are_left_out():
    flag = ["Ja"] + ["Nein"] * 7
    contracts = frame(Customer=NAMES, Start=STARTS, End=ENDS, ARR=MONEY, Cancelled=flag)
    tables, _ = read({"contracts": contracts})
    assert tables["contracts"].num_rows == 7


@pytest.mark.parametrize("mark", ["-", "n/a", "--", "none"])
def test_a_mark_where_there_is_no_day_is_no_day(mark):
    gone = ["2025-03-14"] + [mark] * 7
    columns = {"Subscription ID": [f"S{n}" for n in range(8)], "Customer": NAMES, "MRR": MONEY}
    tables, _ = read({"subscriptions": frame(**columns, Start__Date=STARTS, Churn__Date=gone)})
    ends = numbers(tables, "subscription_items", "effective_to")
    assert [end is not None for end in ends] == [True, *[False] * 7]
    assert tables["contract_events"].num_rows == 1
    assert not any(
        found.table == "contract_events" and found.quarantined for found in tables.findings
    )
