"""Which columns show the values of today, because the source keeps no history."""

import pandas as pd
import pytest

from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

DAY = "2025-01-01"
ACCOUNTS = {"account_id": ["a", "b"], "customer_since": [DAY, DAY]}
TICKETS = {"ticket_id": ["t"], "account_id": ["a"], "created_at": ["2025-02-01"]}


def snapshots(**tables):
    frames = {"accounts": ACCOUNTS, "tickets": TICKETS, **tables}
    read = read_tables({name: pd.DataFrame(columns) for name, columns in frames.items()})
    reported = {one.table for one in read.findings if one.rule.startswith("no history")}
    assert reported == set(read.snapshot_only)
    return {name: set(columns) for name, columns in read.snapshot_only.items()}


def many_accounts(late, early):
    count = late + early
    return {
        "account_id": [*"ab", *(f"x{n}" for n in range(count - 2))],
        "plan_tier": ["pro"] * count,
        "name": ["n"] * count,
        "known_at": ["2025-02-01"] * late + ["2024-01-01"] * early,
    }


def test_columns_without_any_time_of_their_own_are_snapshots():
    assert snapshots(accounts={**ACCOUNTS, "plan_tier": ["pro", "pro"]}) == {
        "accounts": {"plan_tier"}
    }


@pytest.mark.parametrize("column", ["valid_from", "known_at"])
def test_one_time_of_versions_is_a_history(column):
    accounts = {**ACCOUNTS, "plan_tier": ["a", "b"], column: ["2024-01-01", "2024-02-01"]}
    assert snapshots(accounts=accounts) == {}


@pytest.mark.parametrize(("late", "snapshot"), [(9, True), (8, False)])
def test_nine_in_ten_rows_known_at_the_end_are_a_snapshot(late, snapshot):
    found = snapshots(accounts=many_accounts(late, 10 - late))
    assert found == ({"accounts": {"plan_tier"}} if snapshot else {})


def test_fewer_than_ten_rows_say_nothing_about_a_share():
    assert snapshots(accounts=many_accounts(9, 0)) == {}


@pytest.mark.parametrize(("newest", "snapshot"), [("2025-03-04", True), ("2025-03-05", False)])
def test_rows_loaded_at_once_long_before_the_end_are_a_history(newest, snapshot):
    tickets = {**TICKETS, "created_at": [newest]}
    assert bool(snapshots(accounts=many_accounts(10, 0), tickets=tickets)) == snapshot


def test_table_without_changing_columns_is_no_snapshot():
    assert snapshots(people={"person_id": [1], "account_id": ["a"], "valid_from": [DAY]}) == {}


@pytest.mark.parametrize(
    ("formula", "moves"),
    [
        ('moment("month") + interval 1 month', False),
        ('coalesce(moment("ended"), moment("month") + interval 1 month)', True),
    ],
)
def test_what_follows_from_columns_that_stay_has_no_later_value(formula, moves):
    items = pd.DataFrame(
        {
            "line": ["1", "2"],
            "account_id": ["a", "b"],
            "month": [DAY, DAY],
            "ended": [None, "2025-03-01"],
            "mrr": [10, 20],
        }
    )
    mapping = {
        "columns": {"item_id": "line", "effective_from": "month"},
        "formulas": {"effective_to": formula},
    }
    settings = Settings.model_validate({"tables": {"subscription_items": mapping}})
    data = {"accounts": pd.DataFrame(ACCOUNTS), "subscription_items": items}
    found = read_tables(data, settings).snapshot_only
    assert ("subscription_items" in found) == moves


def terms(ends):
    """A contract every 19 days from the start of 2022 on, and when each ends."""
    begins = pd.date_range("2022-01-01", periods=len(ends), freq="19D")
    rows = {"contract_id": [f"c{n}" for n in range(len(ends))], "account_id": ["a"] * len(ends)}
    rows |= {"term_start": begins.strftime("%Y-%m-%d"), "acv": [100] * len(ends)}
    after = [
        begin + pd.DateOffset(months=months) for begin, months in zip(begins, ends, strict=True)
    ]
    return rows | {"term_end": [f"{day - pd.Timedelta(days=1):%Y-%m-%d}" for day in after]}


@pytest.mark.parametrize(
    ("ends", "moved"),
    [
        pytest.param([12] * 20 + [24] * 10 + [36] * 10, False, id="as one signs for"),
        pytest.param([12] * 36 + [7] * 4, True, id="some ended early"),
        pytest.param([12] * 4, True, id="too few to tell"),
    ],
)
def test_ends_as_far_as_one_signs_for_were_never_moved(ends, moved):
    assert ("contracts" in snapshots(contracts=terms(ends))) == moved


def test_what_ends_with_the_contract_it_was_added_to_was_not_moved():
    rows = pd.DataFrame(terms([12] * 12))
    later = pd.to_datetime(rows["term_start"]) + pd.DateOffset(months=5)
    added = rows.assign(contract_id="x" + rows["contract_id"], term_start=later.astype(str)).tail(4)
    assert "contracts" not in snapshots(contracts=pd.concat([rows, added]))
    alone = added.assign(account_id="b")
    assert "contracts" in snapshots(contracts=pd.concat([rows, alone]))
