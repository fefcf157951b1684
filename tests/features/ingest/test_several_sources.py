"""Rows of one table from several sources, and what is left out or looked up on the way."""

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

ACCOUNTS = pd.DataFrame({"account_id": ["a", "b"], "customer_since": ["2024-01-01"] * 2})


def answers(first, score):
    return pd.DataFrame(
        {"id": ["1", "2"], "account": ["a", "b"], "on": [first, "2025-02-01"], "score": score}
    )


def source(name, kind):
    columns = {"survey_id": "id", "account_id": "account", "sent_at": "on"}
    return {"source": name, "columns": columns, "constants": {"survey_type": kind}}


def read(data, **tables):
    settings = Settings.model_validate({"tables": tables})
    ticket = pd.DataFrame({"ticket_id": ["t"], "account_id": ["a"], "created_at": ["2025-01-05"]})
    return read_tables({"accounts": ACCOUNTS, "tickets": ticket, **data}, settings)


def test_sources_of_one_table_are_read_below_each_other():
    data = {"nps": answers("2025-01-01", [9, 3]), "csat": answers("2025-01-01", [5, 1])}
    tables = read(data, survey_responses={**source("nps", "nps"), "also": [source("csat", "csat")]})
    rows = tables["survey_responses"].select(["survey_type", "survey_id", "score"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("nps", "1", 9.0),
        ("nps", "2", 3.0),
        ("csat", "1", 5.0),
        ("csat", "2", 1.0),
    ]
    assert tables.rows_in["survey_responses"] == 4


def test_events_of_two_systems_are_one_table():
    def events(person, when):
        return pd.DataFrame({"account_id": ["a"], person: ["p"], when: ["2025-01-01"]})

    tables = read(
        {"one": events("user", "time"), "two": events("distinct_id", "at")},
        usage_events={
            "source": "one",
            "columns": {"product_user_id": "user", "occurred_at": "time"},
            "also": [
                {
                    "source": "two",
                    "columns": {"product_user_id": "distinct_id", "occurred_at": "at"},
                }
            ],
        },
    )
    assert tables["usage_events"].num_rows == 2


def test_rows_are_left_out_by_value_and_where_a_column_is_empty():
    deals = pd.DataFrame(
        {
            "contract_id": ["1", "2", "3", "4"],
            "account_id": "a",
            "term_start": "2025-01-01",
            "state": ["won", "Deleted", "won", None],
            "signed": ["2025-01-01", "2025-01-01", None, "2025-01-01"],
        }
    )
    tables = read(
        {"contracts": deals}, contracts={"but_not": {"state": ["deleted"]}, "filled": "signed"}
    )
    assert tables["contracts"]["contract_id"].to_pylist() == ["1", "4"]


def test_an_account_may_be_two_tables_away():
    items = pd.DataFrame(
        {"item_id": ["i", "j"], "sub": ["s", "?"], "mrr": [10, 20], "effective_from": "2025-01-01"}
    )
    subscriptions = pd.DataFrame({"id": ["s"], "customer": ["c"]})
    customers = pd.DataFrame({"number": ["c"], "crm": ["b"]})
    look = {
        "table": "subscription",
        "on": "sub",
        "equals": "id",
        "take": "customer",
        "then": [{"table": "customer", "equals": "number", "take": "crm"}],
    }
    tables = read(
        {"subscription_items": items, "subscription": subscriptions, "customer": customers},
        subscription_items={"lookup": {"account_id": look}},
    )
    assert tables["subscription_items"]["account_id"].to_pylist() == ["b"]
    assert tables.quarantine["reason"].to_pylist() == ["column `account_id`: missing"]


def test_a_step_to_a_table_that_is_not_there_names_the_setting():
    look = {"table": "accounts", "on": "account_id", "take": "account_id"}
    then = [{"table": "nowhere", "equals": "x", "take": "y"}]
    with pytest.raises(
        SchemaError, match=r"tickets\.lookup\.category\.table`: .* no table 'nowhere'"
    ):
        read({}, tickets={"lookup": {"category": {**look, "then": then}}})


def test_a_further_source_without_a_name_is_refused():
    with pytest.raises(ValueError, match="`also` entry 1 must name its `source`"):
        Settings.model_validate({"tables": {"tickets": {"also": [{"columns": {}}]}}})
