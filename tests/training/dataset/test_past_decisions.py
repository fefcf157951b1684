"""What became of past decisions and of the money, on tables written by hand."""

import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.arrays.moments import NEVER
from churngrid.features.cohorts.as_of_dates import newest_closed_day
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.features.scores.rubric_file import read_rubric
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.dataset.past_decisions import past_of
from tests.training.records import ANNUAL, contract, event, item, utc

pytestmark = pytest.mark.usefixtures("unproven")

DATES = pd.date_range("2024-03-01", "2025-06-01", freq="MS", tz="UTC")
RENEWS = contract("2025-01-01", "2026-01-01", name="d", signed_at="2024-12-20")


def past(tables):
    pairs = pd.MultiIndex.from_product([["a"], DATES], names=["account_id", "as_of"])
    segment = pd.Series("SMB", index=pairs)
    return past_of(tables, segment, business_of(tables), Settings())


def decided(tables):
    found = past(tables).decisions
    ends = pd.to_datetime(found["ends_us"], unit="us").dt.strftime("%Y-%m-%d")
    return list(zip(ends, found["left"], strict=True))


def test_a_term_that_ends_without_successor_was_left(company):
    tables = company(contracts=[ANNUAL], subscription_items=[item("2024-01-01", "2025-01-01")])
    assert decided(tables) == [("2025-01-01", True)]


def test_a_renewed_term_was_kept_and_the_next_one_has_renewed_before(company):
    tables = company(contracts=[ANNUAL, RENEWS], subscription_items=[item("2024-01-01")])
    assert decided(tables) == [("2025-01-01", False), ("2026-01-01", False)]
    found = past(tables).decisions
    assert found["renewed"].tolist() == [False, True]
    assert found["segment"].tolist() == ["SMB", "SMB"]


def test_an_end_in_the_midst_of_a_term_is_lost_but_no_decision(company):
    tables = company(contracts=[ANNUAL], subscription_items=[item("2024-01-01", "2024-08-20")])
    found = past(tables)
    assert decided(tables) == []
    assert found.months["lost"].sum() == 1
    assert found.months["left"].sum() == 1


def test_changes_of_ones_own_accord_count_in_their_month_and_prices_do_not(company):
    more = item("2024-05-10", mrr=150.0, change_type="seat_up", known_at="2024-05-10")
    dearer = item("2024-09-10", mrr=165.0, change_type="price_uplift", known_at="2024-09-10")
    tables = company(
        contracts=[ANNUAL, RENEWS], subscription_items=[item("2024-01-01"), more, dearer]
    )
    months = past(tables).months
    changed = months[months["change"] != 0]
    assert changed["change"].tolist() == [600.0]
    assert changed["as_of_us"].tolist() == [utc("2024-05-01").value // 1000]


def test_a_notice_that_was_withdrawn_was_taken_back(company):
    tables = company(
        contracts=[ANNUAL, RENEWS],
        subscription_items=[item("2024-01-01")],
        contract_events=[
            event("notice_received", "2024-09-15", known_at="2024-09-15"),
            event("cancel_withdrawn", "2024-10-15", known_at="2024-10-15"),
        ],
    )
    assert past(tables).notices["taken_back"].tolist() == [True]


def test_only_what_was_certain_is_learned_from(company):
    tables = company(contracts=[ANNUAL, RENEWS], subscription_items=[item("2024-01-01")])
    known = past(tables).before(utc("2025-02-01").value // 1000)
    assert len(known.decisions) == 1
    assert (known.months["until_us"] < utc("2025-02-01").value // 1000).all()
    assert past(tables).before(0).decisions.empty
    assert len(past(tables).before(NEVER).decisions) == 2


def test_a_dataset_learns_from_no_term_that_still_runs():
    tables = read_tables(build_company(30, months=18, seed=4).tables)
    rubric, scorecard = read_rubric(None), read_scorecard(None, METRICS)
    rows = build_dataset(tables, Settings(), scorecard=scorecard, rubric=rubric)
    over = newest_closed_day(tables).value // 1000
    decided = rows.past.decisions
    assert len(decided)
    assert (decided["closed_us"] <= over).all()
