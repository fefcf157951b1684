"""Tables that keep what was before, changes that add up, and rows that only look alike."""

import pandas as pd
import pyarrow as pa
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.ingest.reshape.running_sums import running_sums
from churngrid.features.schema.settings import Settings

FIRMS = [f"acc{number:05d}" for number in range(8)]


def read(data):
    data = {name: pd.DataFrame(rows).astype(str) for name, rows in data.items()}
    found = propose(data)
    settings = Settings.model_validate({"tables": mapping_of(found), "currency": found.currency})
    return read_tables(data, settings), found


TICKETS = [
    {"id": f"t{n}", "account_id": firm, "created_at": "2025-03-04 10:00:00"}
    for n, firm in enumerate(FIRMS)
]


def plans(*, twice):
    rows = [
        {"id": f"plan{n}", "interval_unit": "months", "interval_length": 1 + 11 * n} for n in (0, 1)
    ]
    rows = [{**row, "updated_at": "2025-03-01 10:00:00"} for row in rows]
    old = [{**row, "interval_length": 6, "updated_at": "2024-03-01 10:00:00"} for row in rows]
    return [*rows, *(old if twice else [])]


def subscriptions():
    """Two versions of each; of half of them the older one stands below."""
    rows = []
    for n, firm in enumerate(FIRMS):
        now = {
            "id": f"sub{n:05d}",
            "account_id": firm,
            "plan_id": f"plan{n % 2}",
            "state": "active",
            "activated_at": "2024-02-11 08:00:00",
            "unit_amount": 120 + n,
            "quantity": 1 + n % 3,
            "add_ons_total": 12 if n == 0 else 0,
            "updated_at": "2025-06-02 09:00:00",
        }
        before = {**now, "unit_amount": 5, "updated_at": "2025-01-02 09:00:00"}
        rows += [now, before] if n % 2 else [before, now]
    return rows


def accounts():
    rows = [
        {"id": firm, "company": f"Firm {firm}", "updated_at": "2025-06-02 09:00:00"}
        for firm in FIRMS
    ]
    old = {**rows[0], "company": "Old name", "updated_at": "2024-06-02 09:00:00"}
    return [old, *rows]


@pytest.mark.parametrize("twice", [False, True])
def test_of_versions_the_newest_is_read_in_whatever_order_they_stand(twice):
    data = {
        "account_history": accounts(),
        "subscription_history": subscriptions(),
        "plan_history": plans(twice=twice),
    }
    tables, _ = read(data)
    expected = [((120 + n) * (1 + n % 3) + 12 * (n == 0)) / (1 + 11 * (n % 2)) for n in range(8)]
    items = tables["subscription_items"].to_pandas().sort_values("item_id")
    assert items["mrr"].tolist() == pytest.approx(expected)
    assert "Old name" not in tables["accounts"]["name"].to_pylist()
    assert tables["accounts"].num_rows == 8


def test_rows_that_are_flagged_as_old_are_left_out():
    rows = [{"id": firm, "company": f"Firm {firm}", "_fivetran_active": "TRUE"} for firm in FIRMS]
    rows.append({**rows[0], "company": "Old name", "_fivetran_active": "FALSE"})
    tickets = [
        {"id": f"t{n}", "account_id": firm, "created_at": "2025-03-04 10:00:00"}
        for n, firm in enumerate(FIRMS)
    ]
    tables, found = read({"account": rows, "ticket": tickets})
    assert tables["accounts"].num_rows == 8
    assert "Old name" not in tables["accounts"]["name"].to_pylist()
    assert found.of("accounts")[0].but_not == {"_fivetran_active": ("FALSE",)}


def test_a_row_flagged_as_old_that_nothing_newer_stands_beside_stays():
    rows = [
        {"id": firm, "company": f"Firm {firm}", "_fivetran_active": str(n > 2)}
        for n, firm in enumerate(FIRMS)
    ]
    tables, _ = read({"account": rows, "ticket": TICKETS})
    assert tables["accounts"].num_rows == 8


def test_versions_of_tickets_stay_versions():
    tickets = [
        {"id": f"t{n}", "account_id": firm, "created_at": "2025-03-04 10:00:00"}
        | {"status": state, "updated_at": day}
        for n, firm in enumerate(FIRMS)
        for state, day in (("open", "2025-03-04 11:00:00"), ("closed", "2025-03-09 11:00:00"))
    ]
    tables, _ = read({"ticket_history": tickets})
    assert tables["tickets"].num_rows == 16


def test_versions_and_sums_need_the_column_of_what_they_are_of():
    with pytest.raises(ValueError, match="`newest_by` needs `lines_of`"):
        Settings.model_validate({"tables": {"accounts": {"newest_by": "updated_at"}}})
    both = {"lines_of": "a", "newest_by": "b", "add_up": ["amount_due"]}
    with pytest.raises(ValueError, match="name one of them"):
        Settings.model_validate({"tables": {"invoices": both}})


def movements(amounts):
    return [
        {"Date": day, "Customer": firm, "Type": kind, "MRR Movement": amount}
        for firm in FIRMS
        for day, kind, amount in amounts
        if not (firm == FIRMS[0] and kind == "Contraction")
    ]


CHANGES = [
    ("2025-05-03", "Contraction", "-30.00"),
    ("2024-01-03", "New Business", "100.00"),
    ("2025-02-01", "Expansion", "50.00"),
]


def test_movements_are_added_up_to_what_is_paid():
    rows = movements(CHANGES)
    rows.append({**rows[-1], "Date": "2025-08-01", "Type": "Churn", "MRR Movement": "-120.00"})
    tables, _ = read({"mrr_movements": rows})
    items = tables["subscription_items"].to_pandas().sort_values("effective_from")
    last = items.groupby("account_id")["mrr"].last()
    assert last.to_dict() == dict.fromkeys(FIRMS, 120) | {FIRMS[0]: 150, FIRMS[-1]: 0}
    events = tables["contract_events"].to_pandas()
    assert events["account_id"].tolist() == [FIRMS[-1]]


def test_movements_that_fall_below_nothing_are_not_read():
    falling = [("2024-01-03", "New Business", "10"), ("2025-05-03", "Contraction", "-30")]
    found = propose({"mrr_movements": pd.DataFrame(movements(falling))})
    assert not found.of("subscription_items")


def test_movements_without_a_sign_are_not_added_up():
    unsigned = [(day, kind, amount.lstrip("-")) for day, kind, amount in CHANGES]
    found = propose({"mrr_movements": pd.DataFrame(movements(unsigned))})
    assert not found.of("subscription_items")


def test_changes_of_one_moment_are_one_and_an_unknown_one_leaves_the_rest_open():
    rows = pd.DataFrame(
        {
            "item_id": ["a", "a", "a", "b", "b", "b"],
            "effective_from": ["2025-01-01", "2025-01-01", "2025-02-01"] * 2,
            "mrr": ["5", "6", "-11", "5", "odd", "1"],
        }
    )
    told, kept = running_sums(
        {name: pa.chunked_array([pa.array(rows[name])]) for name in rows}, ["mrr"]
    )
    assert told["mrr"].to_pylist() == [5, 11, 0, 5, None, None]
    assert kept.tolist() == [False, True, True, False, True, True]
    with pytest.raises(SchemaError, match="`item_id` is not mapped"):
        running_sums({"effective_from": told["effective_from"]}, ["mrr"])


def test_numbered_rows_of_use_that_say_the_same_are_two():
    usage = [
        {"usage_id": f"u{n:05d}", "account_id": FIRMS[n % 4], "usage_date": "2025-03-04"}
        | {"feature_name": "export", "usage_count": 5}
        for n in range(8)
    ]
    tables, _ = read({"feature_usage": usage})
    assert sum(tables["usage_daily"]["events"].to_pylist()) == 40


def test_nobody_is_no_csm():
    owners = ["Ann", "No owner", "Unassigned", "n/a", "-", "not assigned", "Bob", "TBD"]
    rows = [
        {"account_id": firm, "company": firm, "csm": owner}
        for firm, owner in zip(FIRMS, owners, strict=True)
    ]
    tickets = [
        {"id": f"t{n}", "account_id": firm, "created_at": "2025-03-04"}
        for n, firm in enumerate(FIRMS)
    ]
    tables, _ = read({"accounts": rows, "tickets": tickets})
    assert tables["accounts"]["csm_id"].to_pylist() == ["Ann", *[None] * 5, "Bob", None]


@pytest.mark.parametrize(
    ("word", "months"),
    [("Every 3 months", 3), ("Quarterly", 3), ("Semi-annually", 6), ("6-month", 6), ("p.a.", 12)],
)
def test_intervals_as_people_write_them(word, months):
    rows = [
        {"id": f"s{n:05d}", "account_id": firm, "start_date": "2024-02-11"}
        | {"amount": 120, "billing_interval": word if n % 2 else "Monthly"}
        for n, firm in enumerate(FIRMS)
    ]
    tables, _ = read({"subscriptions": rows})
    assert tables["subscription_items"]["mrr"].to_pylist() == [120, 120 / months] * 4


def test_a_column_called_cancelled_is_the_end():
    rows = [
        {"id": f"s{n:05d}", "account_id": firm, "created": "2024-02-11", "mrr": 100}
        | {"status": "cancelled" if n < 2 else "active", "cancelled": "2025-04-05" if n < 2 else ""}
        for n, firm in enumerate(FIRMS)
    ]
    tables, _ = read({"subscriptions": rows})
    ends = tables["subscription_items"]["effective_to"].to_pylist()
    assert [f"{end:%Y-%m-%d}" if end else "" for end in ends] == ["2025-04-05"] * 2 + [""] * 6


@pytest.mark.parametrize("heading", ["ARR (k€)", "ARR in thousands", "ARR TEUR", "ARR ($k)"])
def test_headings_that_say_thousands(heading):
    rows = [
        {"account_id": firm, "name": firm, heading: f"{12 + n}.5"}
        | {"contract_start": "2025-01-01", "contract_end": "2026-01-01"}
        for n, firm in enumerate(FIRMS)
    ]
    tables, _ = read({"customers": rows})
    assert tables["contracts"]["acv"].to_pylist() == [12_500 + 1_000 * n for n in range(8)]


def test_amounts_too_large_for_thousands_are_no_thousands():
    rows = [
        {"account_id": firm, "name": firm, "ARR k": 250_000 + n}
        | {"contract_start": "2025-01-01", "contract_end": "2026-01-01"}
        for n, firm in enumerate(FIRMS)
    ]
    tables, _ = read({"customers": rows})
    assert tables["contracts"]["acv"].to_pylist() == [250_000 + n for n in range(8)]
