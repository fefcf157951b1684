"""Measures by hand, on values that are missing."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.engine.point_in_time import Knowledge
from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.measures import Distinct, Total
from churngrid.features.metrics.row_selection import Select, Window
from churngrid.features.metrics.views import view_named
from churngrid.features.schema.settings import Settings
from tests.build import day

AS_OF = day("2025-03-01")


@pytest.fixture
def known():
    """Two features of one module, one of none, one in no catalogue, and uses of nothing named."""
    used = ["plan", "plan", "chart", "alone", "elsewhere", "", " ", None, np.nan]
    usage = pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": "u",
            "feature_id": used,
            "date": [f"2025-02-{10 + place}" for place in range(len(used))],
            "events": 1,
        }
    )
    features = pd.DataFrame(
        {"feature_id": ["plan", "chart", "alone"], "module": ["core", "core", ""]}
    )
    activities = pd.DataFrame(
        {
            "activity_id": ["v1", "v2", "v3"],
            "account_id": "a",
            "person_ids": ["ada||", "|ada|bob", ""],
            "type": "meeting",
            "attended": True,
            "occurred_at": ["2025-02-10", "2025-02-11", "2025-02-12"],
        }
    )
    frames = {
        "accounts": pd.DataFrame({"account_id": ["a"], "customer_since": ["2024-01-01"]}),
        "usage_daily": usage,
        "features": features,
        "activities": activities,
    }
    pairs = pd.DataFrame({"account_id": ["a"], "as_of": [AS_OF]})
    return Knowledge(read_tables(frames, Settings()), Rows.of(pairs))


@pytest.mark.parametrize(
    ("view", "columns", "expected"),
    [
        ("usage", ("product_user_id",), 1),
        ("usage", ("feature_id",), 4),
        ("usage", ("module",), 1),
        ("usage", ("product_user_id", "feature_id"), 4),
        ("usage", ("date",), 9),
        ("usage", ("module", "date"), 3),
        ("touches", ("person_id",), 2),
    ],
)
def test_a_missing_value_is_no_value(known, view, columns, expected):
    found = Distinct(Select(view, window=Window(28)), columns).evaluate(known)
    assert found.tolist() == [expected]


def test_a_row_may_lack_what_no_contract_demands():
    assert view_named("usage").may_lack(["product_user_id", "feature_id", "date", "module"]) == [
        "product_user_id",
        "feature_id",
        "module",
    ]
    assert view_named("touches").may_lack(["person_id", "activity_id"]) == ["person_id"]


def summed(minutes, rows):
    usage = pd.DataFrame(
        {
            "account_id": ["a"] * rows,
            "product_user_id": "u",
            "date": pd.date_range("2025-01-01", periods=rows),
            "minutes": minutes,
        }
    )
    accounts = pd.DataFrame({"account_id": ["a"]})
    tables = read_tables({"accounts": accounts, "usage_daily": usage}, Settings())
    pairs = pd.DataFrame({"account_id": ["a"], "as_of": [day("2025-12-01")]})
    return Total(Select("usage", window=Window(365)), "minutes").evaluate(
        Knowledge(tables, Rows.of(pairs))
    )


def test_a_sum_is_exact_up_to_its_bound_and_refused_beyond():
    assert summed(9e10, 100).tolist() == [9e12]
    with pytest.raises(SchemaError, match="Column `minutes`: the numbers of one account add up"):
        summed(9e10, 101)
