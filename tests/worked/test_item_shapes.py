"""What an account pays and when it can leave, for the shapes in which items are exported.

Every right value was worked out by hand from the rows.
"""

import pandas as pd
import pytest

from churngrid.features.cohorts.at_risk import standing
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.training.dataset.churn_decisions import decide


def item(account, start, end=None, mrr=100.0, *, name=None, **more):
    row = {"item_id": name or f"{account} item", "account_id": account, "mrr": mrr}
    return row | {"effective_from": start, "effective_to": end} | more


def period(start, end):
    return {"current_period_start": start, "current_period_end": end}


def months(account, first, last, mrr=50.0, *, one_item=False):
    """A row for each month, none of which has an end."""
    starts = pd.date_range(first, last, freq="MS")
    return [
        item(
            account,
            f"{at:%F}",
            mrr=mrr,
            name=f"{account}" if one_item else f"{account} {at:%F}",
            product_id="base",
        )
        for at in starts
    ]


def company(rows, settings=None, **tables):
    accounts = sorted({row["account_id"] for row in rows})
    days = pd.date_range("2022-06-01", "2026-01-01", freq="7D").strftime("%F")
    frames = {
        "accounts": pd.DataFrame({"account_id": accounts, "customer_since": "2022-06-01"}),
        "subscription_items": pd.DataFrame(rows),
        "tickets": pd.DataFrame({"ticket_id": days, "account_id": accounts[0], "created_at": days}),
    }
    frames |= {name: pd.DataFrame(listed) for name, listed in tables.items()}
    return read_tables(frames, settings or Settings())


def stands(tables, account, dates):
    """One row a date."""
    rows = pd.DataFrame({"account_id": account, "as_of": pd.to_datetime(dates, utc=True)})
    return standing(tables, rows, business_of(tables), Settings())


def stand(tables, account, date):
    return stands(tables, account, [date]).iloc[0]


def ended(tables, account):
    episodes = decide(tables, business_of(tables), Settings())
    return episodes.loc[episodes["account_id"] == account, "ended_at"].iloc[-1]


def told(tables, word):
    rules = [finding for finding in tables.findings if word in finding.rule]
    return sorted(account for finding in rules for account in finding.examples)


@pytest.mark.parametrize("one_item", [True, False])
def test_a_row_a_month_without_ends_is_paid_for_a_month_each(one_item):
    stays = months("stays", "2023-01-01", "2025-12-01", one_item=one_item)
    leaves = months("leaves", "2023-01-01", "2024-02-01", one_item=one_item)
    tables = company([*stays, *leaves])
    assert stand(tables, "stays", "2025-06-20")["arr"] == 600.0
    assert stand(tables, "stays", "2025-07-01")["custom"] == "paying"
    assert stand(tables, "leaves", "2024-02-20")["arr"] == 600.0
    assert stand(tables, "leaves", "2024-03-10")["custom"] == "grace"
    assert stand(tables, "leaves", "2024-06-01")["custom"] == "left"
    assert f"{ended(tables, 'leaves'):%F}" == "2024-03-01"
    assert told(tables, "repeat at equal steps") == ["leaves", "stays"]


def test_who_came_late_or_left_soon_is_read_like_the_others():
    rows = [row for k in range(5) for row in months(f"a{k}", "2023-01-01", "2025-12-01")]
    tables = company([*rows, *months("brief", "2024-05-01", "2024-06-01")])
    assert stand(tables, "brief", "2024-06-20")["arr"] == 600.0
    assert f"{ended(tables, 'brief'):%F}" == "2024-07-01"


def test_months_that_begin_on_the_31st_leave_no_gap():
    starts = ["2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31"]
    tables = company([item("a", at, name=f"i{at}", product_id="base") for at in starts])
    days = pd.date_range("2025-02-01", "2025-06-30").strftime("%F")
    assert stands(tables, "a", days)["arr"].tolist() == [1200.0] * 150
    assert stand(tables, "a", "2025-07-01")["custom"] == "grace"


@pytest.mark.parametrize(
    "rows",
    [
        # A ledger of changes: every row says something new.
        [item("a", f"2024-0{k}-01", mrr=100.0 * k) for k in range(1, 6)],
        # Two rows tell no rhythm.
        [item("a", "2024-01-01"), item("a", "2024-02-01")],
        # Uneven steps.
        [item("a", at) for at in ("2024-01-01", "2024-02-01", "2024-05-17", "2024-09-02")],
    ],
)
def test_a_ledger_of_changes_runs_on(rows):
    tables = company([*rows, item("other", "2023-01-01")])
    assert stand(tables, "a", "2025-11-01")["arr"] == 12.0 * rows[-1]["mrr"]
    assert stand(tables, "other", "2025-11-01")["arr"] == 1200.0
    assert not told(tables, "repeat at equal steps")


def test_the_setting_says_what_rows_are():
    rows = months("a", "2023-01-01", "2024-02-01", one_item=True)
    on = company(rows, Settings(item_rows="states"))
    assert stand(on, "a", "2025-06-01")["arr"] == 600.0
    pair = [item("a", "2024-01-01"), item("a", "2024-02-01")]
    off = company(pair, Settings(item_rows="periods"))
    assert stand(off, "a", "2024-05-01")["custom"] == "left"


def test_a_period_that_is_kept_current_says_when_the_account_can_leave():
    rows = [
        item("year", "2023-01-15", **period("2025-01-15", "2026-01-15")),
        item("month", "2023-01-20", **period("2025-12-20", "2026-01-20")),
        item("quarter", "2023-11-30", **period("2025-11-30", "2026-02-28")),
        item("plain", "2023-01-15"),
    ]
    tables = company(rows)
    right = {
        ("year", "2024-06-01"): "2025-01-15",
        ("year", "2025-01-16"): "2026-01-15",
        ("month", "2024-06-10"): "2024-07-01",
        ("quarter", "2024-06-01"): "2024-08-28",
        ("plain", "2024-06-10"): "2024-07-01",
    }
    found = {key: f"{stand(tables, *key)['decision_at']:%F}" for key in right}
    assert found == right
    assert f"{stand(tables, 'year', '2024-06-01')['term_end']:%F}" == "2025-01-15"


def test_what_was_not_renewed_while_others_were_has_ended():
    rows = [
        item("live", "2023-01-15", **period("2025-12-15", "2026-01-15")),
        item("lost", "2023-03-10", **period("2024-03-10", "2025-03-10")),
    ]
    tables = company(rows)
    assert stand(tables, "lost", "2025-02-01")["custom"] == "paying"
    assert stand(tables, "lost", "2025-06-01")["custom"] == "left"
    assert told(tables, "not renewed") == ["lost"]


def test_a_yearly_row_binds_until_its_end():
    rows = [
        item("a", f"{year}-02-01", f"{year + 1}-02-01", name=f"{year}") for year in (2023, 2024)
    ]
    tables = company(rows)
    row = stand(tables, "a", "2024-06-01")
    assert (f"{row['decision_at']:%F}", row["decision_kind"]) == ("2025-02-01", "term_end")
    assert stand(tables, "a", "2025-02-10")["custom"] == "grace"


def test_a_request_to_end_with_the_paid_year_holds_until_then():
    rows = [
        item("a", "2023-03-10", **period("2025-03-10", "2026-03-10")),
        item("b", "2023-01-01", **period("2025-12-01", "2026-01-01")),
    ]
    asked = {"event_id": "e", "account_id": "a", "event_type": "cancel_requested"}
    tables = company(rows, contract_events=[asked | {"effective_at": "2025-04-01"}])
    assert stand(tables, "a", "2025-03-20")["status"] != "notice_given"
    for date in ("2025-04-02", "2025-08-01", "2025-12-31"):
        assert stand(tables, "a", date)["status"] == "notice_given"


def event(account, kind, at, known=None):
    return {
        "event_id": f"{account} {kind} {at}",
        "account_id": account,
        "event_type": kind,
        "effective_at": at,
        "known_at": known or at,
    }


def test_an_open_item_ends_with_what_was_cancelled():
    rows = [item(name, "2023-01-01") for name in ("gone", "later", "undone", "back", "stays")]
    rows.append(item("back", "2024-09-01", mrr=70.0, name="second"))
    said = [
        event("gone", "cancelled", "2024-05-01"),
        event("gone", "churn_confirmed", "2024-06-10"),
        event("later", "cancelled", "2024-12-01", known="2024-05-01"),
        event("undone", "cancelled", "2024-05-01"),
        event("undone", "reactivated", "2024-05-20"),
        event("back", "churn_confirmed", "2024-05-01"),
    ]
    tables = company(rows, contract_events=said)
    right = {
        ("gone", "2024-04-20"): "paying",
        ("gone", "2024-07-15"): "left",
        ("later", "2024-11-15"): "paying",
        ("later", "2025-02-01"): "left",
        ("undone", "2024-05-10"): "left",
        ("undone", "2024-07-15"): "paying",
        ("back", "2024-07-15"): "left",
        ("back", "2024-10-15"): "paying",
        ("stays", "2025-10-15"): "paying",
    }
    assert {key: stand(tables, *key)["custom"] for key in right} == right
    assert stand(tables, "back", "2024-10-15")["arr"] == 840.0
    assert stand(tables, "later", "2024-11-15")["status"] == "notice_given"
    assert f"{ended(tables, 'gone'):%F}" == "2024-05-01"
    (finding,) = [one for one in tables.findings if "ended by that" in one.rule]
    assert finding.count == 4


def test_a_cancelled_contract_ends_its_own_items_only():
    rows = [
        item("a", "2023-01-01", name="i", contract_id="c"),
        item("a", "2023-01-01", mrr=30.0, name="j", contract_id="d"),
    ]
    said = event("a", "cancelled", "2024-05-01") | {"contract_id": "c"}
    assert stand(company(rows, contract_events=[said]), "a", "2024-07-01")["arr"] == 360.0


def test_a_cancellation_that_an_item_states_itself_ends_no_other_item():
    rows = [item("a", "2023-01-01", name="i"), item("a", "2023-01-01", "2024-05-01", name="j")]
    said = event("a", "cancelled", "2024-05-01", known="2024-04-10")
    tables = company(rows, contract_events=[said])
    assert stand(tables, "a", "2024-07-01")["arr"] == 1200.0
    assert stand(tables, "a", "2024-07-01")["custom"] == "paying"
