"""Expansion is more of one's own accord, and enough of it."""

import pandas as pd
import pytest

from churngrid.features.schema.settings import Settings
from tests.training.labelling import STAYS, expanded, labelled, leaver, stayer
from tests.training.records import ANNUAL, contract, event, item


@pytest.mark.parametrize("change", ["seat_up", "tier_up", "cross_sell"])
def test_more_of_ones_own_accord_is_expansion(company, pairs, change):
    more = item("2024-10-01", mrr=110.0, change_type=change)
    assert expanded(stayer(company, more), pairs("2024-07-01")) == [True]


@pytest.mark.parametrize("change", ["price_uplift", "fx", "true_up", "renewal", "new"])
def test_other_increases_are_no_expansion(company, pairs, change):
    more = item("2024-10-01", mrr=200.0, change_type=change)
    assert expanded(stayer(company, more), pairs("2024-07-01")) == [False]


def test_only_the_part_of_an_increase_that_is_not_price_counts(company, pairs):
    changes = [
        item("2024-10-01", mrr=150.0, change_type="price_uplift"),
        item("2024-11-01", mrr=154.0, change_type="seat_up"),
    ]
    # Four of a hundred at the as-of date: below the five that count.
    assert expanded(stayer(company, *changes), pairs("2024-07-01")) == [False]


@pytest.mark.parametrize(("mrr", "grown"), [(104.99, False), (105.0, True), (105.01, True)])
def test_growth_has_to_reach_the_share(company, pairs, mrr, grown):
    more = item("2024-10-01", mrr=mrr, change_type="seat_up")
    assert expanded(stayer(company, more), pairs("2024-07-01")) == [grown]


@pytest.mark.parametrize(("minimum", "grown"), [(119.99, True), (120.0, True), (120.01, False)])
def test_growth_has_to_reach_the_minimum(company, pairs, minimum, grown):
    more = item("2024-10-01", mrr=110.0, change_type="seat_up")
    chosen = Settings(expansion_minimum=minimum)
    assert expanded(stayer(company, more), pairs("2024-07-01"), chosen) == [grown]


def test_no_growth_is_no_expansion_even_when_none_is_asked(company, pairs):
    assert expanded(stayer(company), pairs("2024-07-01"), Settings(expansion_share=0.0)) == [False]


def test_decreases_count_against_increases(company, pairs):
    changes = [
        item("2024-10-01", name="j", mrr=30.0, change_type="cross_sell"),
        item("2024-11-01", mrr=72.0, change_type="seat_down"),
    ]
    assert expanded(stayer(company, *changes), pairs("2024-07-01")) == [False]
    assert expanded(stayer(company, changes[0]), pairs("2024-07-01")) == [True]


def test_cancelled_product_counts_against_a_new_one(company, pairs):
    changes = [
        item("2024-10-01", name="j", mrr=30.0, change_type="cross_sell"),
        item("2024-10-01", mrr=0.0, change_type="cancel"),
    ]
    assert expanded(stayer(company, *changes), pairs("2024-07-01")) == [False]


def test_increase_counts_from_just_after_the_lead_to_the_end_of_the_horizon(company, pairs):
    more = item("2024-10-01", mrr=110.0, change_type="seat_up")
    monthly = contract("2024-01-01", None, term_months=1)
    tables = stayer(company, more, contracts=[monthly])
    rows = pairs("2024-03-04", "2024-03-05", "2024-08-31", "2024-09-01")
    chosen = Settings(lead_days=30)
    assert expanded(tables, rows, chosen) == [False, True, True, False]
    rows = pairs("2024-04-03", "2024-04-04", "2024-09-30", "2024-10-01")
    assert expanded(tables, rows) == [False, True, True, False]


def test_increase_already_signed_at_the_as_of_date_is_no_expansion(company, pairs):
    more = item("2024-10-01", mrr=110.0, change_type="seat_up", known_at="2024-07-01")
    assert expanded(stayer(company, more), pairs("2024-07-01", "2024-07-02")) == [True, False]


def test_account_that_churns_has_not_expanded(company, pairs):
    ledger = [
        item("2024-01-01"),
        item("2024-10-01", "2025-01-01", mrr=200.0, change_type="seat_up"),
    ]
    found = labelled(leaver(company, subscription_items=ledger), pairs("2024-08-01"))
    assert (found["churned"].item(), found["expanded"].item()) == (True, False)


def test_growth_is_told_long_before_the_decision_is(company, pairs):
    three_years = contract("2024-01-01", "2027-01-01", term_months=36)
    more = item("2024-10-01", mrr=110.0, change_type="seat_up")
    found = labelled(stayer(company, more, contracts=[three_years]), pairs("2024-07-01"))
    assert found["reason"].item() == "censored"
    assert pd.isna(found["churned"].item())
    assert found["growth_closes_at"].item() < found["closes_at"].item()
    assert found["expanded"].item()


def test_without_items_a_greater_renewal_is_expansion(company, pairs):
    greater = STAYS | {"acv": 1300.0}
    assert expanded(company(contracts=[ANNUAL, greater]), pairs("2024-08-01")) == [True]
    assert expanded(company(contracts=[ANNUAL, STAYS]), pairs("2024-08-01")) == [False]


def test_without_contracts_a_renewal_states_the_growth(company, pairs):
    signed = event("renewed", "2024-02-01", arr_after=600.0)
    grown = event("renewed", "2024-10-01", arr_before=600.0, arr_after=660.0)
    account = [{"account_id": "a", "customer_since": "2024-01-01"}]
    tables = company(accounts=account, contract_events=[signed, grown])
    assert expanded(tables, pairs("2024-07-01")) == [True]


def test_unknown_arr_gives_no_expansion_label(company, pairs):
    tables = company(contracts=[ANNUAL | {"acv": None}, STAYS])
    found = labelled(tables, pairs("2024-07-01"))
    assert not found["churned"].item()
    assert pd.isna(found["expanded"].item())
