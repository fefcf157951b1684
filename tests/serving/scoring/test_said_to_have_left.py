"""Who is said to have left, where nobody knows what they paid, is not listed."""

import pandas as pd
import pytest

from churngrid import score

KEYS = [f"a{number}" for number in range(6)]


def scored(events):
    items = {"item_id": KEYS[1:], "account_id": KEYS[1:], "mrr": 10.0}
    return score(
        {
            "accounts": pd.DataFrame({"account_id": KEYS, "name": KEYS}),
            "subscription_items": pd.DataFrame(items | {"effective_from": "2025-01-01"}),
            "contract_events": pd.DataFrame(
                [
                    {"event_id": f"e{n}", "account_id": account, "event_type": kind}
                    | {"effective_at": at}
                    for n, (account, kind, at) in enumerate(events)
                ]
            ),
        }
    )


@pytest.mark.parametrize(
    ("events", "listed"),
    [
        ([("a0", "churn_confirmed", "2025-03-01"), ("a1", "paused", "2025-04-01")], 5),
        ([("a0", "churn_confirmed", "2025-03-01"), ("a0", "reactivated", "2025-04-01")], 6),
        ([("a0", "paused", "2025-04-01")], 6),
    ],
)
def test_the_newest_word_counts(events, listed):
    result = scored(events)
    assert len(result.scores) == listed


def test_with_invoices_alone_who_was_billed_for_no_horizon_has_left():
    months = pd.date_range("2024-01-05", "2025-12-05", freq="MS") + pd.Timedelta(days=4)
    rows = [
        {"invoice_id": f"{key} {month:%y%m}", "account_id": key, "amount_due": 10.0}
        | {"issued_at": f"{month:%Y-%m-%d}"}
        for key in KEYS
        for month in months
        if key != "a0" or month < pd.Timestamp("2025-04-01")
    ]
    assert len(score({"invoices": pd.DataFrame(rows)}).scores) == 5
