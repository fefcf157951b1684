"""How late each renewal was, as it was known then, on tables written by hand."""

import pandas as pd
import pytest

from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.training.dataset.past_decisions import past_of
from tests.training.records import contract, event, item

DATES = pd.date_range("2024-03-01", "2025-06-01", freq="MS", tz="UTC")


def first_decision(tables):
    pairs = pd.MultiIndex.from_product([["a"], DATES], names=["account_id", "as_of"])
    found = past_of(tables, pd.Series("SMB", index=pairs), business_of(tables), Settings())
    return found.decisions.iloc[0]


@pytest.mark.parametrize(
    ("begins", "known_at", "days", "left"),
    [
        ("2025-01-01", "2024-12-20", 0, False),
        ("2025-01-11", "2025-01-11", 11, False),
        ("2025-01-01", "2025-01-08", 8, False),
        ("2025-03-01", "2025-03-01", 30, True),
    ],
    ids=["in time", "begun late", "written down late", "after the grace"],
)
def test_lateness_is_what_somebody_saw(company, begins, known_at, days, left):
    first = contract("2024-01-01", "2025-01-01", auto_renew=False)
    again = contract(begins, "2026-01-01", name="d", auto_renew=False, known_at=known_at)
    paid = [
        item("2024-01-01", "2025-01-01"),
        item(begins, "2026-01-01", name="j", known_at=known_at),
    ]
    decision = first_decision(company(contracts=[first, again], subscription_items=paid))
    assert decision["kind"] == "term_end"
    assert (decision["days_late"], decision["left"]) == (days, left)


def test_of_who_leaves_it_counts_when_that_was_told(company):
    """What is told on 4 January is known on the 5th: four days after the end."""
    first = contract("2024-01-01", "2025-01-01", auto_renew=False)
    gone = event("churn_confirmed", "2025-01-01", known_at="2025-01-04 12:00")
    paid = [item("2024-01-01", "2025-01-01")]
    tables = company(contracts=[first], subscription_items=paid, contract_events=[gone])
    decision = first_decision(tables)
    assert (decision["days_late"], decision["left"]) == (4, True)
