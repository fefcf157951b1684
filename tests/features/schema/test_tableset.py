"""Tables as they stood at a moment."""

import pandas as pd
import pyarrow as pa

from churngrid.features.ingest.read import read_tables

TICKETS = {"ticket_id": ["t1", "t2"], "account_id": ["a", "a"]}
TICKETS["created_at"] = TICKETS["known_at"] = ["2025-01-01", "2025-03-01"]


def stood_on(tables, day):
    return tables.known_before(
        pa.scalar(pd.Timestamp(day).value // 1000, pa.timestamp("us", "UTC"))
    )


def test_what_became_known_later_is_cut_away_with_all_that_was_read_of_it():
    accounts = pd.DataFrame({"account_id": ["a"], "customer_since": ["2024-01-01"]})
    tables = read_tables({"accounts": accounts, "tickets": pd.DataFrame(TICKETS)})
    tables.prepared["read"] = "both tickets"
    assert stood_on(tables, "2025-03-02") is tables
    cut = stood_on(tables, "2025-03-01")
    assert cut["tickets"]["ticket_id"].to_pylist() == ["t1"]
    assert cut.prepared == {}
