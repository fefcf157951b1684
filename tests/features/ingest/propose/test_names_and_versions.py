"""Names of other systems and languages, versions of subscriptions, and who is no customer."""

import pandas as pd
import pytest

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.propose.words import column_words
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

NAMES = [f"Firm {letter}" for letter in "ABCDEFGH"]
KEYS = [f"acc-{number:05d}" for number in range(8)]
STARTS = [f"2024-0{month}-11" for month in range(1, 9)]
ENDS = [f"2026-0{month}-11" for month in range(1, 9)]


def read(data):
    frames = {name: pd.DataFrame(columns) for name, columns in data.items()}
    found = propose(frames)
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    return read_tables(frames, settings), mapping_of(found)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("createdon", ("created", "at")),
        ("accountid", ("account", "id")),
        ("numberofemployees", ("number", "employee")),
        ("weekend", ("weekend",)),
        ("customer", ("customer",)),
        ("Code client", ("client", "code")),
        ("Nom du client", ("client", "name")),
        ("Tacite reconduction", ("auto", "renewal")),
        ("Belegnummer", ("document", "number")),
        ("Debitorenkonto", ("customer", "number")),
    ],
)
def test_names_written_together_and_in_other_languages(name, words):
    assert column_words(name) == words


def test_french_contracts():
    sheet = {"Code client": KEYS, "Nom du client": NAMES, "Date d'effet": STARTS}
    sheet |= {"Date d'échéance": ENDS, "Montant annuel HT (€)": ["1 200,50"] * 8}
    tables, _ = read({"contrats": sheet})
    assert sum(tables["contracts"]["acv"].to_pylist()) == pytest.approx(9604)


def test_tables_with_names_written_together():
    account = {"accountid": KEYS, "name": NAMES, "numberofemployees": ["5"] * 8}
    contract = {"contractid": [f"c-{n:05d}" for n in range(8)], "accountid": KEYS}
    contract |= {"activeon": STARTS, "expireson": ENDS, "totalprice": ["2400"] * 8}
    tables, mapping = read({"account": account, "contract": contract})
    assert mapping["accounts"]["columns"]["employee_count"] == "numberofemployees"
    assert tables["contracts"]["tcv"].to_pylist() == [2400] * 8


@pytest.mark.parametrize("straight", [True, False])
def test_charges_of_superseded_versions_are_over(straight):
    subscriptions = {
        "Id": [f"sub-{n:05d}" for n in range(10)],
        "AccountId": [*KEYS, KEYS[0], KEYS[1]],
        "Version": ["1"] * 8 + ["2"] * 2,
        "Status": ["Expired"] * 2 + ["Active"] * 8,
    }
    charges = {
        "Id": [f"chg-{n:05d}" for n in range(10)],
        "MRR": ["50"] * 10,
        "EffectiveStartDate": [*STARTS, *STARTS[:2]],
        "EffectiveEndDate": [*ENDS, *ENDS[:2]],
    }
    plans = {"Id": [f"pln-{n:05d}" for n in range(10)], "SubscriptionId": subscriptions["Id"]}
    data = {"Account": {"Id": KEYS, "Name": NAMES}, "Subscription": subscriptions}
    if straight:
        charges["SubscriptionId"] = subscriptions["Id"]
    else:
        data["RatePlan"], charges["RatePlanId"] = plans, plans["Id"]
    tables, _ = read(data | {"RatePlanCharge": charges})
    items = tables["subscription_items"].to_pandas()
    over = items["effective_to"] <= items["effective_from"]
    assert sorted(items.loc[over, "item_id"]) == ["chg-00000", "chg-00001"]
    assert items.loc[~over, "mrr"].sum() == 400


@pytest.mark.parametrize(
    ("ends", "left"), [(["2025-06-30", "2025-09-02"], 2), (["2026-01-11", "2026-02-11"], 0)]
)
def test_an_end_on_no_anniversary_is_a_day_on_which_somebody_left(ends, left):
    items = {"subscription_id": [f"s-{n:05d}" for n in range(8)], "customer_id": KEYS}
    items |= {"mrr": ["10"] * 8, "start_date": STARTS, "end_date": [*ends, *[None] * 6]}
    tables, _ = read({"subscriptions": items})
    assert (tables["contract_events"].num_rows if tables.filled("contract_events") else 0) == left


def test_leads_are_no_customers():
    sheet = {"Company ID": KEYS, "Company": NAMES, "MRR": ["10"] * 6 + [None] * 2}
    sheet |= {"Customer since": STARTS[:6] + [None] * 2, "Status": ["Active"] * 6 + ["Lead"] * 2}
    tables, _ = read({"companies": sheet})
    assert tables["accounts"].num_rows == 6
    assert tables["subscription_items"].num_rows == 6


def test_a_row_keeps_its_own_id_beside_that_of_the_contract_it_belongs_to():
    """One item a contract, and events that name contracts: the contract's id is none of an item."""
    contracts = {"contract_id": [f"V{n:05d}" for n in range(8)], "account_id": KEYS}
    contracts |= {"term_start": STARTS, "term_end": ENDS, "acv": ["1200"] * 8}
    items = {"item_id": [f"P{n:05d}" for n in range(8)], "contract_id": contracts["contract_id"]}
    items |= {"account_id": KEYS, "mrr": ["100"] * 8, "effective_from": STARTS}
    events = {"event_id": [f"E{n:05d}" for n in range(8)], "account_id": KEYS}
    events |= {"contract_id": contracts["contract_id"], "event_type": ["renewed"] * 8}
    events |= {"effective_at": ENDS}
    tables, _ = read(
        {
            "accounts": {"account_id": KEYS, "name": NAMES},
            "contracts": contracts,
            "subscription_items": items,
            "contract_events": events,
        }
    )
    assert set(tables["subscription_items"]["item_id"].to_pylist()) == set(items["item_id"])
