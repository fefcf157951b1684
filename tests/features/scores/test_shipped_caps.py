"""The caps of the shipped scorecard, on tables of one account."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_score import score_health
from churngrid.features.scores.scorecard_file import read_scorecard
from tests.build import day, tables_of
from tests.checks.small_company import DAY

AS_OF = day("2025-06-01")
PAIRS = pd.DataFrame({"account_id": ["a"], "as_of": [AS_OF]})
CARD = read_scorecard(None, METRICS)


def ago(days):
    return pd.NaT if days is None else AS_OF - days * DAY


def caps(since_days=900, **tables):
    since = AS_OF - since_days * DAY
    accounts = pd.DataFrame({"account_id": ["a"], "customer_since": since, "known_at": since})
    features = compute_features(tables_of({"accounts": accounts, **tables}), PAIRS, metrics=METRICS)
    return score_health(features, CARD).scores["caps"].iloc[0]


def people(*rows):
    """From (person, role, days since departure or None)."""
    return pd.DataFrame(
        [
            {
                "person_id": name,
                "account_id": "a",
                "roles": role,
                "left_account_at": ago(left),
                "left_known_at": ago(left),
                "valid_from": ago(800),
                "known_at": ago(800),
            }
            for name, role, left in rows
        ]
    )


def calls(*rows):
    """From (person, days ago)."""
    return pd.DataFrame(
        [
            {
                "activity_id": f"v{n}",
                "account_id": "a",
                "person_ids": name,
                "type": "call",
                "direction": "outbound",
                "attended": True,
                "occurred_at": ago(days),
                "known_at": ago(days),
            }
            for n, (name, days) in enumerate(rows)
        ]
    )


def used(account, days):
    """Weekly use of an account until some days ago, while the feed goes on."""
    moments = [*(ago(days + 7 * week) for week in range(8)), ago(1)]
    rows = {"account_id": [account] * 8 + ["busy"], "date": moments, "known_at": moments}
    return pd.DataFrame({**rows, "product_user_id": "u", "feature_id": "f", "events": 3.0})


def gone(days):
    return people(("ada", "exec_sponsor", days), ("bob", "champion", None))


@pytest.mark.parametrize(
    ("left", "met", "expected"),
    [
        (30, 400, ("sponsor_left_lately", "sponsor_left")),
        (59, 400, ("sponsor_left_lately", "sponsor_left")),
        (61, 400, ("sponsor_left",)),
        (181, 400, ("sponsor_left",)),
        (600, 700, ("sponsor_left",)),
        # Bob is in contact now, or was after Ada left, or shortly before.
        (30, 10, ()),
        (600, 10, ()),
        (600, 300, ()),
        (150, 100, ()),
        (30, 80, ()),
        # Shortly before is not enough any more once it is long ago.
        (70, 100, ("sponsor_left",)),
    ],
)
def test_a_lost_sponsor_caps_until_a_successor_was_in_contact(left, met, expected):
    found = caps(people=gone(left), activities=calls(("bob", met), ("ada", left + 1)))
    assert found == expected


@pytest.mark.parametrize(
    ("others", "left", "expected"),
    [
        ((), 30, ("sponsor_left_lately", "sponsor_left")),
        ((), 100, ("sponsor_left",)),
        ((("bob", "user", None),), 100, ("sponsor_left",)),
        ((), 600, ("sponsor_left",)),
        ((("bob", "exec_sponsor", None),), 30, ()),
        ((), None, ()),
    ],
)
def test_where_contacts_are_not_collected_a_named_sponsor_is_the_successor(others, left, expected):
    assert caps(people=people(("ada", "exec_sponsor", left), *others)) == expected


@pytest.mark.parametrize(
    ("due", "failed", "paid", "expected"),
    [
        (60, None, None, ()),
        (61, None, None, ("long_overdue",)),
        (61, None, 1, ()),
        (35, 30, None, ()),
        (35, 31, None, ("payment_failed",)),
        (35, 31, 1, ()),
    ],
)
def test_an_invoice_caps_when_long_overdue_or_given_up(due, failed, paid, expected):
    invoices = pd.DataFrame(
        {
            "invoice_id": ["i"],
            "account_id": "a",
            "amount_due": 100.0,
            # What the export says today, and said on no earlier day.
            "status": "uncollectible",
            "issued_at": ago(90),
            "due_at": ago(due),
            "first_failed_at": ago(failed),
            "paid_at": ago(paid),
            "known_at": ago(90),
        }
    )
    assert caps(invoices=invoices) == expected


@pytest.mark.parametrize(
    ("last_use", "expected"), [(20, ()), (90, ("dormant",)), (700, ("dormant",))]
)
def test_who_stopped_is_dormant_however_long_ago(last_use, expected):
    assert caps(usage_daily=used("a", last_use)) == expected


@pytest.mark.parametrize(("since", "expected"), [(29, ()), (31, ("never_used",))])
def test_whose_use_was_never_seen_is_not_told_to_have_stopped(since, expected):
    assert caps(since, usage_daily=used("b", 1)) == expected


def test_the_caps_are_those_of_the_domain():
    limits = {cap.name: cap.limit for cap in CARD.caps}
    assert limits == {
        **{"sponsor_left_lately": 49, "sponsor_left": 59, "csm_sees_red": 49, "dormant": 49},
        **{"critical_beyond_sla": 59, "long_overdue": 59, "payment_failed": 59},
        **{"nobody_in_contact": 59, "never_used": 59},
        **{"single_threaded": 69, "reference_refused": 69, "merged": 69},
    }
    assert [cap.name for cap in CARD.caps if cap.by_person] == ["csm_sees_red"]


def test_days_without_successor_are_from_the_contact_to_the_departure():
    accounts = pd.DataFrame({"account_id": ["a"], "customer_since": [ago(900)]})
    tables = {"accounts": accounts.assign(known_at=ago(900)), "people": gone(50)}
    tables["activities"] = calls(("bob", 80))
    frame = compute_features(tables_of(tables), PAIRS, metrics=METRICS).frame
    assert frame["days_without_successor"].iloc[0] == 30
    tables["people"] = gone(None)
    frame = compute_features(tables_of(tables), PAIRS, metrics=METRICS).frame
    assert np.isnan(frame["days_without_successor"].iloc[0])
