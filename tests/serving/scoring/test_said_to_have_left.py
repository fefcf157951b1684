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


def test_who_has_bought_nothing_is_no_account_to_look_after():
    items = pd.DataFrame({"item_id": ["i"], "account_id": ["a1"], "mrr": 10.0})
    bought = {"subscription_items": items.assign(effective_from="2025-01-01")}
    signed = pd.DataFrame(
        [{"contract_id": "c", "account_id": "a2", "term_start": "2026-01-01", "acv": 9.0}]
    ).assign(known_at="2025-01-02", term_end="2027-01-01")
    used = pd.DataFrame([{"account_id": "a3", "product_user_id": "u", "occurred_at": "2025-01-03"}])
    accounts = pd.DataFrame({"account_id": KEYS, "name": KEYS})
    company = {"accounts": accounts, **bought, "contracts": signed, "usage_events": used}
    result = score(company, as_of="2025-01-09").scored
    reasons = result.scores.set_index("account_id")["reason"]
    assert sorted(reasons.index) == ["a1", "a2", "a3"]
    assert reasons["a2"] == "not_yet_customer"
    assert result.scores.set_index("account_id").loc["a2", "health_band"] == "unknown"
    assert "nor are 3 of whom nothing bought is known" in "".join(result.notes)
