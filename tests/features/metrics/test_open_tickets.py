"""Which critical tickets are open: by when they were resolved, and by what they say."""

import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from tests.build import day

AS_OF = day("2025-06-01")
BEFORE, AFTER = "2025-05-20", "2025-06-20"
NAME = "open_critical_tickets"


def found(**told):
    """Compute the metric for an account with one critical ticket; columns as exports have them."""
    ticket = {"ticket_id": ["t", "u"], "account_id": ["a", "a"], "priority": ["P1", "P4"]}
    ticket |= {"created_at": ["2025-05-01", "2025-04-01"]}
    ticket |= {name: [value, None] for name, value in told.items()}
    accounts = {"account_id": ["a"], "customer_since": ["2024-01-01"]}
    tables = read_tables({"accounts": pd.DataFrame(accounts), "tickets": pd.DataFrame(ticket)})
    metrics = [metric for metric in METRICS if metric.column == NAME]
    return compute_features(tables, known_accounts(tables, [AS_OF]), metrics=metrics)


@pytest.mark.parametrize(
    ("told", "count"),
    [
        pytest.param({"resolved_at": BEFORE}, 0, id="resolved"),
        pytest.param({"resolved_at": AFTER}, 1, id="resolved only later"),
        pytest.param({"status": "open"}, 1, id="open by its status"),
        pytest.param({"status": "solved"}, 0, id="closed by its status"),
        pytest.param({"status": "solved", "resolved_at": BEFORE}, 0, id="both say so"),
        pytest.param({"status": "solved", "resolved_at": AFTER}, 1, id="closed by now, not then"),
        pytest.param({"status": "open", "resolved_at": BEFORE}, 1, id="opened again"),
    ],
)
def test_a_ticket_is_open_until_it_was_resolved(told, count):
    assert found(**told).frame[NAME].tolist() == [count]


def test_tickets_that_never_say_how_they_end_tell_nothing_of_open_ones():
    assert set(found().absence[NAME]) == {Absence.NOT_COLLECTED}
