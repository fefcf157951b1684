"""A mapping renames, selects, fills and looks up, and says where it cannot."""

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from tests.features.deliveries import company


def mapped(**tables):
    return Settings.model_validate({"tables": tables})


def test_mapping_renames_selects_fills_and_looks_up():
    frames = company()
    frames["crm"] = frames.pop("accounts").rename(columns={"account_id": "Customer ID"})
    frames["cases"] = pd.DataFrame(
        {
            "no": [1, 2, 3, 4],
            "contact": [10, 11, 10, 12],
            "opened": ["2025-02-01"] * 4,
            "kind": ["Bug", "spam", "bug", "bug"],
            "test": [False, False, False, True],
        }
    )
    frames["contacts"] = pd.DataFrame({"contact": [10.0, 11, 10], "customer": ["a", "b", "a"]})
    settings = mapped(
        accounts={"source": "crm", "columns": {"account_id": "Customer ID"}},
        tickets={
            "source": "cases",
            "columns": {"ticket_id": "no", "created_at": "opened"},
            "only": {"kind": ["bug"], "test": [False]},
            "constants": {"priority": "high", "reopen_count": 2},
            "lookup": {"account_id": {"table": "contacts", "on": "contact", "take": "customer"}},
        },
    )
    tables = read_tables(frames, settings)
    tickets = tables["tickets"].to_pylist()
    assert [ticket["ticket_id"] for ticket in tickets] == ["1", "3"]
    assert {ticket["account_id"] for ticket in tickets} == {"a"}
    assert {(ticket["priority"], ticket["reopen_count"]) for ticket in tickets} == {("high", 2.0)}
    assert tables.rows_in["tickets"] == 2
    assert tables.has("tickets", "priority", "account_id")


def test_row_whose_lookup_finds_nothing_is_put_aside():
    frames = company()
    frames["tickets"] = pd.DataFrame(
        {"ticket_id": [1, 2, 3], "contact": [10, 99, None], "created_at": ["2025-02-01"] * 3}
    )
    frames["contacts"] = pd.DataFrame({"contact": [10, None], "customer": ["a", "b"]})
    lookup = {"account_id": {"table": "contacts", "on": "contact", "take": "customer"}}
    tables = read_tables(frames, mapped(tickets={"lookup": lookup}))
    assert tables["tickets"]["ticket_id"].to_pylist() == ["1"]
    assert set(tables.quarantine["reason"].to_pylist()) == {"column `account_id`: missing"}


def test_quarantine_counts_rows_of_the_source_and_not_of_the_selection():
    frames = company()
    frames["tickets"] = pd.DataFrame(
        {"ticket_id": [1, 2, None], "account_id": "a", "created_at": "2025-02-01", "k": list("xyy")}
    )
    tables = read_tables(frames, mapped(tickets={"only": {"k": ["y"]}}))
    assert tables.quarantine["row"].to_pylist() == [2]


def test_skipped_table_is_not_read():
    frames = company()
    frames["labels"] = pd.DataFrame({"account_id": ["a"], "snapshot": ["2025-01-01"]})
    with pytest.raises(SchemaError, match=r"`labels` .* lacks the required column `as_of`"):
        read_tables(frames)
    assert "labels" not in read_tables(frames, mapped(labels={"skip": True}))


def test_table_that_looks_like_one_of_the_contract_is_reported():
    frames = company()
    frames["contract"] = pd.DataFrame({"x": [1]})
    (finding,) = [f for f in read_tables(frames).findings if f.table == "contracts"]
    assert finding.rule.startswith("not read; did you mean the source table 'contract'?")


LOOKUP = {"table": "seats", "on": "product_user_id", "take": "is_admin"}


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"acounts": {}}, "`tables.acounts`: no such table .* Did you mean 'accounts'"),
        ({"tickets": {}}, "`tables.tickets.source`: .* has no table 'tickets'; there are"),
        ({"accounts": {"source": "acounts"}}, "no table 'acounts'.* Did you mean 'accounts'"),
        (
            {"accounts": {"columns": {"nam": "name"}}},
            "`tables.accounts.columns.nam`: table `accounts` has no such column .*Did you mean 'n",
        ),
        ({"accounts": {"constants": {"x": "1"}}}, "`tables.accounts.constants.x`: table"),
        ({"accounts": {"lookup": {"x": LOOKUP}}}, "`tables.accounts.lookup.x`: table"),
        (
            {"accounts": {"columns": {"name": "nam"}}},
            "`tables.accounts.columns.name`: source table 'accounts' has no column 'nam'.*'name'",
        ),
        ({"accounts": {"only": {"x": ["1"]}}}, "`tables.accounts.only.x`: source table"),
        ({"accounts": {"row_id": "x"}}, "`tables.accounts.row_id`: source table"),
        ({"accounts": {"item_id": "x"}}, "`tables.accounts.item_id`: source table"),
        (
            {"usage_daily": {"lookup": {"errors": {**LOOKUP, "table": "seat"}}}},
            "`tables.usage_daily.lookup.errors.table`: .* no table 'seat'.*'seats'",
        ),
        (
            {"usage_daily": {"lookup": {"errors": {**LOOKUP, "on": "is_admin"}}}},
            "`tables.usage_daily.lookup.errors.on`: source table 'usage_daily' has no column",
        ),
        (
            {"usage_daily": {"lookup": {"errors": {**LOOKUP, "on": "date"}}}},
            "`tables.usage_daily.lookup.errors.on`: source table 'seats' has no column",
        ),
        (
            {"usage_daily": {"lookup": {"errors": {**LOOKUP, "take": "x"}}}},
            "`tables.usage_daily.lookup.errors.take`: source table 'seats' has no column",
        ),
        (
            {"usage_daily": {"columns": {"errors": "events"}, "constants": {"errors": "0"}}},
            "`tables.usage_daily`: column 'errors' must come from one place",
        ),
    ],
)
def test_mapping_to_something_that_is_not_there_names_the_setting(tables, message):
    with pytest.raises(SchemaError, match=message):
        read_tables(company(), mapped(**tables))


def test_lookup_with_two_answers_is_refused():
    frames = company()
    frames["seats"]["product_user_id"] = 7
    message = r"errors`: 1 values of `product_user_id` have more than one `is_admin` in"
    with pytest.raises(SchemaError, match=message):
        read_tables(frames, mapped(usage_daily={"lookup": {"errors": LOOKUP}}))
