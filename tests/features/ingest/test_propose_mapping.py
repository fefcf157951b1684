import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.propose_mapping import propose_mapping
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings


def foreign_company():
    return {
        "Customers": pd.DataFrame(
            {"CustomerID": ["a"], "Company Name": ["A"], "signup_date": ["2025-01-01"]}
        ),
        "support_tickets": pd.DataFrame(
            {"ID": [1], "customer_id": ["a"], "submitted_at": ["2025-02-01"], "closed": [None]}
        ),
        "labels": pd.DataFrame({"customer_id": ["a"], "snapshot": ["2025-01-01"]}),
        "notes": pd.DataFrame({"text": ["x"]}),
    }


def test_known_other_names_are_found():
    assert propose_mapping(foreign_company()) == {
        "accounts": {
            "source": "Customers",
            "columns": {
                "account_id": "CustomerID",
                "name": "Company Name",
                "customer_since": "signup_date",
            },
        },
        "tickets": {
            "source": "support_tickets",
            "columns": {
                "ticket_id": "ID",
                "account_id": "customer_id",
                "created_at": "submitted_at",
            },
        },
        "labels": {"columns": {"account_id": "customer_id"}, "skip": True},
    }


def test_proposal_can_be_read_with():
    data = foreign_company()
    settings = Settings.model_validate({"tables": propose_mapping(data)})
    assert str(read_tables(data, settings)) == "Tables: accounts 1, tickets 1"


def test_canonical_names_need_no_mapping():
    data = {
        "accounts": pd.DataFrame({"account_id": ["a"], "segment": ["mid"]}),
        "tickets": pd.DataFrame({"ticket_id": [1], "account_id": ["a"], "created_at": ["x"]}),
    }
    assert propose_mapping(data) == {}


def test_typing_errors_are_found():
    data = {"acounts": pd.DataFrame({"acount_id": ["a"], "employee_cuont": [1]})}
    assert propose_mapping(data) == {
        "accounts": {
            "source": "acounts",
            "columns": {"account_id": "acount_id", "employee_count": "employee_cuont"},
        }
    }


def test_a_column_is_proposed_once():
    data = {"usage_events": pd.DataFrame({"user_id": [1], "timestamp": ["x"], "account_id": ["a"]})}
    columns = propose_mapping(data)["usage_events"]["columns"]
    assert sorted(columns.values()) == ["timestamp", "user_id"]


def test_nothing_alike_gives_no_proposal():
    assert propose_mapping({"weather": pd.DataFrame({"rain": [1]})}) == {}


def test_missing_data_is_named(tmp_path):
    with pytest.raises(SchemaError, match="There is no folder or file"):
        propose_mapping(tmp_path / "nowhere")
