"""Tickets that only a leaving customer opens become no metric, whichever categories those are."""

import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings

AS_OF = pd.Timestamp("2025-03-01", tz="UTC")


def company(category):
    tickets = {
        "ticket_id": ["1", "2"],
        "account_id": "a",
        "created_at": "2025-02-20",
        "category": ["billing", category],
    }
    accounts = {"account_id": ["a"], "customer_since": ["2024-01-01"]}
    return {"accounts": pd.DataFrame(accounts), "tickets": pd.DataFrame(tickets)}


@pytest.mark.parametrize(
    ("category", "settings", "counted"),
    [
        ("offboarding", Settings(), 1),
        ("Offboarding", Settings(), 1),
        ("question", Settings(), 2),
        ("farewell", Settings(deny_ticket_categories=["Farewell"]), 1),
        ("offboarding", Settings(deny_ticket_categories=[]), 2),
    ],
)
def test_denied_category_is_not_counted(category, settings, counted):
    tables = read_tables(company(category), settings)
    pairs = pd.DataFrame({"account_id": ["a"], "as_of": [AS_OF]})
    frame = compute_features(tables, pairs, metrics=METRICS).frame
    assert frame["tickets_30d"].item() == counted
