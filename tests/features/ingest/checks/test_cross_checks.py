"""Contradictions that are reported while the rows stay in use."""

import pandas as pd
import pytest

from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

DAY = "2025-01-01"
ACCOUNTS = {"account_id": ["a", "b"], "customer_since": [DAY, DAY]}
TICKETS = {"ticket_id": ["t"], "account_id": ["a"], "created_at": ["2025-02-01"]}


def findings(mapping=None, **tables):
    frames = {"accounts": ACCOUNTS, "tickets": TICKETS, **tables}
    read = read_tables(
        {name: pd.DataFrame(columns) for name, columns in frames.items()},
        Settings.model_validate({"tables": mapping or {}}),
    )
    assert read.quarantine.num_rows == 0
    return [one for one in read.findings if "taken from" not in one.rule]


def said(found, rule):
    return [(one.table, one.column, one.count, one.examples) for one in found if rule in one.rule]


def usage(days, **more):
    count = len(days)
    return {"account_id": ["a"] * count, "product_user_id": range(count), "date": days, **more}


def items(**more):
    return {
        "item_id": ["i"],
        "account_id": ["a"],
        "mrr": [100],
        "effective_from": ["2025-01-10"],
        "effective_to": ["2025-02-10"],
        "known_at": ["2025-01-10"],
        **more,
    }


def test_a_sound_company_has_no_contradictions():
    days = pd.date_range("2025-01-10", "2025-02-09").astype(str)
    assert (
        findings(
            accounts={**ACCOUNTS, "account_id": ["a", "b"], "known_at": [DAY, DAY]},
            usage_daily=usage(days, known_at=days),
            subscription_items=items(),
            contracts={
                "contract_id": [1, 2],
                "account_id": ["a", "b"],
                "term_start": [DAY, DAY],
                "term_end": ["2026-01-01"] * 2,
                "known_at": [DAY, DAY],
            },
        )
        == []
    )


def test_facts_known_before_they_happened_are_reported():
    found = findings(
        usage_daily=usage([DAY, DAY], known_at=["2024-12-31", DAY]),
        tickets={**TICKETS, "known_at": ["2025-01-31"]},
    )
    assert said(found, "before `date`") == [("usage_daily", "known_at", 1, (f"a / 0 / {DAY}",))]
    assert said(found, "before `created_at`") == [("tickets", "known_at", 1, ("t",))]


@pytest.mark.parametrize(("end", "count"), [("2025-01-09", 1), ("2025-01-10", 0)])
def test_periods_that_end_before_they_begin_are_reported(end, count):
    found = findings(subscription_items=items(effective_to=[end]))
    assert [one[2] for one in said(found, "before `effective_from`")] == [1] * count


def test_overlapping_versions_are_reported_and_corrections_are_not():
    accounts = {
        "account_id": ["a", "a", "a", "b", "b"],
        "valid_from": ["2025-01-01", "2025-03-01", "2025-03-01", "2025-01-01", "2025-02-01"],
        "valid_to": ["2025-03-02", "2025-04-01", None, "2025-02-01", None],
        "known_at": ["2025-01-01", "2025-03-01", "2025-03-05", "2025-01-01", "2025-02-01"],
    }
    found = findings(accounts=accounts)
    expected = [("accounts", "valid_to", 1, ("a / 2025-01-01",))]
    assert said(found, "after the next version's `valid_from`") == expected


@pytest.mark.parametrize(
    ("day", "outside"),
    [("2025-01-09", True), ("2025-01-10", False), ("2025-02-09", False), ("2025-02-10", True)],
)
def test_usage_outside_every_contract_of_the_account_is_reported(day, outside):
    found = findings(usage_daily=usage([day]), subscription_items=items())
    expected = [("usage_daily", "date", 1, (f"a / 0 / {day}",))] if outside else []
    assert said(found, "outside every contract and subscription (100% of the rows)") == expected


def test_contracts_count_beside_subscriptions():
    contract = {"contract_id": [1], "account_id": ["a"], "term_start": [DAY], "known_at": [DAY]}
    found = findings(usage_daily=usage([DAY]), subscription_items=items(), contracts=contract)
    assert said(found, "outside every contract") == []


def test_usage_outside_the_subscription_it_names_is_reported():
    two = items(
        item_id=["i", "j"],
        account_id=["a", "a"],
        mrr=[1, 1],
        effective_from=["2025-01-10", "2025-03-01"],
        effective_to=["2025-02-10", None],
        known_at=[DAY, DAY],
    )
    days = ["2025-01-20", "2025-01-20", "2025-03-05", "2025-01-20"]
    found = findings(
        {"usage_daily": {"item_id": "sub"}},
        usage_daily=usage(days, sub=["i", "j", "j", "k"]),
        subscription_items=two,
    )
    expected = [("usage_daily", "date", 1, ("a / 1 / 2025-01-20",))]
    assert said(found, "outside the period of its subscription (25% of the rows)") == expected
    expected = [("usage_daily", "sub", 1, ("a / 3 / 2025-01-20",))]
    assert said(found, "names an unknown subscription item") == expected


def test_tickets_and_usage_before_sign_up_are_reported():
    found = findings(
        usage_daily=usage(["2024-12-31", DAY]),
        tickets={
            "ticket_id": range(300),
            "account_id": ["a"] * 300,
            "created_at": ["2024-06-01", *["2025-02-01"] * 299],
        },
    )
    rule = "before the account's `customer_since`"
    assert said(found, f"{rule} (50% of the rows)") == [
        ("usage_daily", "date", 1, ("a / 0 / 2024-12-31",))
    ]
    assert said(found, f"{rule} (under 1% of the rows)") == [("tickets", "created_at", 1, ("0",))]


def test_references_to_nothing_are_reported():
    found = findings(
        usage_daily=usage([DAY, DAY, DAY], feature_id=["f", "g", None]),
        features={"feature_id": ["f"]},
    )
    expected = [("usage_daily", "feature_id", 1, (f"a / 1 / g / {DAY}",))]
    assert said(found, "unknown in `features`") == expected


def test_revenue_without_usage_and_usage_without_revenue_are_reported():
    found = findings(usage_daily=usage(["2025-01-20"]), subscription_items=items(account_id=["b"]))
    assert said(found, "has revenue but no usage") == [("accounts", "account_id", 1, ("b",))]
    expected = [("accounts", "account_id", 1, ("a",))]
    assert said(found, "has usage but neither contract nor subscription") == expected


def test_item_without_revenue_needs_no_usage():
    found = findings(
        usage_daily=usage(["2025-01-20"]),
        subscription_items=items(account_id=["b"], mrr=[0]),
    )
    assert said(found, "has revenue but no usage") == []


@pytest.mark.parametrize(("missing", "count"), [(4, 0), (5, 5)])
def test_silence_longer_than_a_long_weekend_is_reported(missing, count):
    days = pd.date_range("2025-03-01", periods=40).delete(slice(10, 10 + missing)).astype(str)
    found = said(findings(usage_daily=usage(days)), "was the feed broken?")
    assert found == ([("usage_daily", "date", count, ("2025-03-11",))] if count else [])


def test_silence_of_a_feed_that_is_rare_anyway_is_not_reported():
    days = pd.date_range("2025-03-01", periods=10, freq="7D").astype(str)
    assert said(findings(usage_daily=usage(days)), "was the feed broken?") == []


def test_cancellation_after_the_end_of_the_term_is_reported():
    contract = {
        "contract_id": ["c", "c"],
        "account_id": ["a", "a"],
        "term_start": [DAY, DAY],
        "term_end": ["2025-06-01", "2025-07-01"],
        "known_at": [DAY, "2025-02-01"],
    }
    events = {
        "event_id": ["late", "timely", "other"],
        "account_id": ["a"] * 3,
        "contract_id": ["c"] * 3,
        "event_type": ["cancelled", "notice_received", "renewed"],
        "effective_at": ["2025-07-02", "2025-07-01", "2026-01-01"],
    }
    found = said(
        findings(contracts=contract, contract_events=events), "after the contract's `term_end`"
    )
    assert found == [("contract_events", "effective_at", 1, ("late",))]


@pytest.mark.parametrize(("known_at", "count"), [("2025-06-02", 1), ("2025-05-31", 0)])
def test_term_end_moved_after_it_had_passed_is_reported(known_at, count):
    contract = {
        "contract_id": ["c", "d", "c"],
        "account_id": ["a", "a", "a"],
        "term_start": [DAY] * 3,
        "term_end": ["2025-06-01", "2025-06-01", "2025-09-01"],
        "known_at": [DAY, DAY, known_at],
    }
    found = said(findings(contracts=contract), "changed after it had passed")
    assert found == ([("contracts", "term_end", 1, ("c",))] if count else [])


def invoices(amounts, **more):
    count = len(amounts)
    months = pd.date_range("2025-02-01", periods=count, freq="MS").astype(str)
    return {
        "invoice_id": [f"v{n}" for n in range(count)],
        "account_id": ["a"] * count,
        "issued_at": months,
        "amount_due": amounts,
        "known_at": months,
        **more,
    }


def open_items(**more):
    return items(effective_from=[DAY], effective_to=[None], **more)


def test_monthly_invoice_unlike_the_mrr_is_reported():
    bills = invoices([100, 102, 103, 97, None])
    found = said(findings(subscription_items=open_items(), invoices=bills), "account's MRR")
    assert found == [("invoices", "amount_due", 2, ("v2", "v3"))]


@pytest.mark.parametrize("empty", ["subscription_items", "invoices"])
def test_without_items_or_without_invoices_there_is_nothing_to_compare(empty):
    tables = {"subscription_items": open_items(), "invoices": invoices([7, 7, 7])}
    tables[empty] = {name: [] for name in tables[empty]}
    assert said(findings(**tables), "account's MRR") == []


def cancelled(**more):
    event = {
        "event_id": ["e"],
        "account_id": ["a"],
        "event_type": ["cancelled"],
        "effective_at": ["2025-03-01"],
        "known_at": ["2025-03-01"],
    }
    return {**event, **more}


@pytest.mark.parametrize(
    ("ends", "event", "count"),
    [
        (None, {}, 0),
        ("2025-04-01", {}, 1),
        ("2025-03-31", {}, 0),
        ("2025-03-01", {}, 0),
        ("2025-04-01", {"event_type": ["notice_received"]}, 0),
        ("2025-04-01", {"account_id": ["b"]}, 0),
        ("2025-04-01", {"contract_id": ["c"]}, 1),
        ("2025-04-01", {"contract_id": ["d"]}, 0),
        ("2025-04-01", {"contract_id": ["unknown"]}, 1),
    ],
)
def test_cancellation_of_what_is_still_paid_for_is_reported(ends, event, count):
    two = items(
        item_id=["i", "j"],
        account_id=["a", "a"],
        contract_id=["c", "d"],
        mrr=[100, 0],
        effective_from=[DAY, DAY],
        effective_to=[ends, None],
        known_at=[DAY, DAY],
    )
    found = findings(subscription_items=two, contract_events=cancelled(**event))
    expected = [("contract_events", "effective_at", 1, ("e",))] if count else []
    assert said(found, "still paid for") == expected


def test_end_of_an_item_that_was_written_down_later_counts():
    versions = items(
        item_id=["i", "i"],
        account_id=["a", "a"],
        mrr=[100, 100],
        effective_from=[DAY, DAY],
        effective_to=[None, "2025-03-01"],
        known_at=[DAY, "2025-03-01"],
    )
    found = findings(subscription_items=versions, contract_events=cancelled())
    assert said(found, "still paid for") == []


def test_invoices_follow_the_steps_of_the_mrr():
    two = items(
        item_id=["i", "j"],
        account_id=["a", "a"],
        mrr=[100, 50],
        effective_from=[DAY, "2025-03-01"],
        effective_to=["2025-05-01", None],
        known_at=[DAY, DAY],
    )
    bills = invoices([100, 150, 150, 50])
    assert said(findings(subscription_items=two, invoices=bills), "account's MRR") == []


@pytest.mark.parametrize(
    "bills",
    [
        invoices([1_200, 900, 1_200], issued_at=["2025-01-01", "2026-01-01", "2027-01-01"]),
        invoices([7, 7]),
    ],
    ids=["yearly", "two"],
)
def test_other_ways_of_billing_are_not_compared(bills):
    assert said(findings(subscription_items=open_items(), invoices=bills), "account's MRR") == []


def test_amounts_in_several_currencies_are_not_compared():
    two = items(
        **{"item_id": ["i", "j"], "account_id": ["a", "b"], "mrr": [100, 100]},
        **{"effective_from": [DAY] * 2, "effective_to": [None] * 2, "known_at": [DAY] * 2},
        currency=["USD", "EUR"],
    )
    bills = invoices([1, 1, 1])
    assert said(findings(subscription_items=two, invoices=bills), "account's MRR") == []


def test_mixed_zones_are_reported():
    found = findings(
        tickets={
            **TICKETS,
            "ticket_id": ["t", "u"],
            "account_id": ["a", "a"],
            "created_at": ["2025-02-01 10:00+02:00", "2025-02-01 10:00Z"],
        }
    )
    assert said(found, "time zones mixed (+02:00, Z)") == [("tickets", "created_at", 1, ())]
