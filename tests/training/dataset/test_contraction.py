"""Contraction is less of one's own accord, enough of it, by an account that stays."""

import pandas as pd
import pytest

from churngrid.features.schema.settings import Settings
from tests.training.labelling import SETTINGS, labelled, leaver, stayer
from tests.training.records import item


def contracted(tables, rows, chosen=SETTINGS):
    return labelled(tables, rows, chosen)["contracted"].tolist()


@pytest.mark.parametrize("change", ["seat_down", "tier_down"])
def test_less_of_ones_own_accord_is_contraction(company, pairs, change):
    less = item("2024-10-01", mrr=80.0, change_type=change)
    assert contracted(stayer(company, less), pairs("2024-07-01")) == [True]


@pytest.mark.parametrize("change", ["price_uplift", "fx", "true_up", "renewal"])
def test_other_decreases_are_no_contraction(company, pairs, change):
    less = item("2024-10-01", mrr=50.0, change_type=change)
    assert contracted(stayer(company, less), pairs("2024-07-01")) == [False]


@pytest.mark.parametrize(("mrr", "cut"), [(95.01, False), (95.0, True), (94.99, True)])
def test_a_cut_has_to_reach_the_share(company, pairs, mrr, cut):
    less = item("2024-10-01", mrr=mrr, change_type="seat_down")
    assert contracted(stayer(company, less), pairs("2024-07-01")) == [cut]


def test_the_share_is_a_setting(company, pairs):
    less = item("2024-10-01", mrr=80.0, change_type="seat_down")
    chosen = Settings(contraction_share=0.25)
    assert contracted(stayer(company, less), pairs("2024-07-01"), chosen) == [False]


def test_who_leaves_has_not_contracted(company, pairs):
    less = item("2024-10-01", "2025-01-01", mrr=50.0, change_type="seat_down")
    tables = leaver(company, subscription_items=[item("2024-01-01"), less])
    assert contracted(tables, pairs("2024-09-01")) == [False]


def test_a_cut_is_set_off_against_growth(company, pairs):
    changes = [
        item("2024-10-01", mrr=70.0, change_type="seat_down"),
        item("2024-11-01", name="j", mrr=40.0, change_type="cross_sell"),
    ]
    told = labelled(stayer(company, *changes), pairs("2024-07-01"))
    assert told["contracted"].tolist() == [False]
    assert told["expanded"].tolist() == [True]


def test_growth_is_told_by_what_it_is_about(company, pairs):
    changes = [
        item("2024-10-01", mrr=120.0, change_type="seat_up"),
        item("2024-11-01", name="j", mrr=40.0, change_type="cross_sell"),
    ]
    told = labelled(stayer(company, *changes), pairs("2024-07-01"))
    assert told["expanded_seats"].tolist() == [True]
    assert told["expanded_cross_sell"].tolist() == [True]
    assert told["expanded_upsell"].tolist() == [False]


def test_nothing_is_known_where_growth_is_not(company, pairs):
    told = labelled(stayer(company), pairs("2025-10-01"))
    assert told["expanded"].isna().all()
    assert pd.isna(told["contracted"].iloc[0])
