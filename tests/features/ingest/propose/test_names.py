"""Names of the contract, other names for the same, and typing errors."""

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of, settings_text
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings, load_settings


def foreign_company():
    return {
        "Customers": pd.DataFrame(
            {
                "CustomerID": ["a", "b"],
                "Company Name": ["A", "B"],
                "signup_date": ["2025-01-01", "2025-02-01"],
            }
        ),
        "support_tickets": pd.DataFrame(
            {"ID": [1], "customer_id": ["a"], "submitted_at": ["2025-02-01"], "closed": [None]}
        ),
        "labels": pd.DataFrame({"customer_id": ["a"], "snapshot": ["2025-01-01"]}),
        "notes": pd.DataFrame({"text": ["x"]}),
    }


def test_known_other_names_are_found():
    found = mapping_of(propose(foreign_company()))
    assert found["accounts"] == {
        "source": "Customers",
        "columns": {
            "account_id": "CustomerID",
            "name": "Company Name",
            "customer_since": "signup_date",
        },
    }
    assert found["tickets"] == {
        "source": "support_tickets",
        "columns": {"ticket_id": "ID", "account_id": "customer_id", "created_at": "submitted_at"},
    }


def test_a_proposal_can_be_read_with_as_object_and_as_text(tmp_path):
    data, found = foreign_company(), propose(foreign_company())
    data = {name: data[name] for name in ("Customers", "support_tickets")}
    file = tmp_path / "churngrid.yaml"
    file.write_text(settings_text(propose(data)))
    for settings in (
        Settings.model_validate({"tables": mapping_of(propose(data))}),
        load_settings(file),
    ):
        assert str(read_tables(data, settings)) == "Tables: accounts 2, tickets 1"
    why = "looks like `activities`, but no column names the account of its rows"
    assert f"# - notes (1 rows): {why}" in settings_text(found)


def test_canonical_names_need_no_mapping():
    data = {
        "accounts": pd.DataFrame({"account_id": ["a", "b"], "segment": ["mid", "big"]}),
        "tickets": pd.DataFrame(
            {"ticket_id": [1], "account_id": ["a"], "created_at": ["2025-01-01"]}
        ),
    }
    assert mapping_of(propose(data)) == {"accounts": {}, "tickets": {}}


def test_typing_errors_are_found_and_called_guesses():
    found = propose({"accounts": pd.DataFrame({"acount_id": ["a", "b"], "employee_cuont": [1, 7]})})
    takes = {take.column: take for take in found.of("accounts")[0].takes}
    assert takes["employee_count"].source == "employee_cuont"
    assert not takes["employee_count"].sure


def test_a_column_is_proposed_once():
    data = {
        "usage_events": pd.DataFrame(
            {"user_id": [1], "timestamp": ["2025-01-01"], "account_id": ["a"]}
        )
    }
    columns = mapping_of(propose(data))["usage_events"]["columns"]
    assert sorted(columns.values()) == ["timestamp", "user_id"]


def test_nothing_alike_gives_no_proposal():
    assert propose({"weather": pd.DataFrame({"rain": [1]})}).parts == ()


def test_missing_data_is_named(tmp_path):
    with pytest.raises(SchemaError, match="There is no folder or file"):
        propose(tmp_path / "nowhere")
