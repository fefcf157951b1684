"""How much a play is worth, which comes first, and by when it is due."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.plays.assign_plays import Limits, assign_plays
from tests.serving.plays.small_playbook import (
    book,
    play,
    scored,
)


@pytest.mark.parametrize(("days", "due"), [(0, "2025-06-06"), (1, "2025-06-09"), (5, "2025-06-13")])
def test_due_date_counts_business_days(days, due):
    plays = assign_plays(scored(), book(play("call", due_days=days)), metrics={}).set_index("play")
    assert plays.loc["call", "due_at"] == pd.Timestamp(due, tz="UTC")


def test_priority_value_is_money_times_probability_times_save_rate():
    plays = assign_plays(scored(), book(play("x", save_rate=0.25)), metrics={}).set_index("play")
    assert plays.loc["x", "priority_value"] == pytest.approx(50.0)  # 1000 x 0.2 x 0.25
    assert np.isnan(plays.loc["watch", "priority_value"])


@pytest.mark.parametrize(
    ("slot", "notice", "term", "priority"),
    [
        ("urgent", 10.0, np.nan, 1),
        ("cell", 10.0, np.nan, 1),
        ("driver", 119.0, np.nan, 2),
        ("driver", 120.0, np.nan, 3),
        ("driver", -1.0, 10.0, 3),
        ("driver", np.nan, 10.0, 2),
        ("driver", np.nan, np.nan, 3),
        ("maturity", 0.0, np.nan, 3),
    ],
)
def test_renewal_that_is_near_raises_the_priority_one_step(slot, notice, term, priority):
    accounts = scored(days_to_notice_deadline=notice, days_to_term_end=term)
    plays = assign_plays(accounts, book(play("x", slot=slot)), metrics={}).set_index("play")
    assert plays.loc["x", "priority"] == priority


def test_accounts_with_a_play_are_ranked_by_value():
    accounts = scored(3, arr=[1000.0, 5000.0, np.nan])
    plays = assign_plays(accounts, book(play("x", save_rate=0.1)), metrics={})
    own = plays[plays["play"] == "x"].set_index("account_id")["rank_in_play"]
    assert own.to_dict() == {"a0": 2, "a1": 1, "a2": 3}


def test_the_value_of_a_play_stands_beside_the_assumption_it_rests_on():
    accounts = scored(2, arr=[1000.0, 5000.0], p_churn=[0.4, np.nan])
    plays = assign_plays(accounts, book(play("x", save_rate=0.1)), metrics={})
    own = plays[plays["play"] == "x"].set_index("account_id")
    assert own["assumed_save_rate"].tolist() == [0.1, 0.1]
    assert own["priority_value"].iloc[0] == pytest.approx(40.0)
    assert np.isnan(own["priority_value"].iloc[1])
    assert plays.loc[plays["play"] == "watch", "assumed_save_rate"].isna().all()


def test_accounts_with_a_play_of_growth_are_ranked_by_the_chance_of_expansion():
    # The one in the middle renews soon, which makes it no likelier to grow.
    accounts = scored(3, arr=[1000.0, 5000.0, 9.0], p_expand=[0.3, 0.1, 0.4])
    accounts["days_to_notice_deadline"] = [300.0, 20.0, 300.0]
    plays = assign_plays(accounts, book(play("x", save_rate=0.1, rank_by="p_expand")), metrics={})
    own = plays[plays["play"] == "x"].set_index("account_id")["rank_in_play"]
    assert own.to_dict() == {"a0": 2, "a1": 3, "a2": 1}


def test_holidays_are_no_business_days():
    limits = Limits(holidays=(date(2025, 6, 9), date(2025, 6, 11)))
    plays = assign_plays(scored(), book(play("call", due_days=3)), metrics={}, limits=limits)
    # Friday, then Monday and Wednesday off: Tuesday, Thursday, Friday.
    due = plays.set_index("play").loc["call", "due_at"]
    assert due == pd.Timestamp("2025-06-13", tz="UTC")


@pytest.mark.parametrize(
    ("decides", "due"),
    [
        ("2025-06-30", "2025-06-13"),  # far enough: five business days from today
        ("2025-06-12", "2025-06-11"),  # the last business day before the decision
        ("2025-06-09", "2025-06-06"),  # a Monday: today, which is Friday
        ("2025-06-07", "2025-06-06"),
        ("2025-06-06", "2025-06-06"),  # today: at once
        ("2025-06-02", "2025-06-13"),  # passed: not what this play is for
        (None, "2025-06-13"),
    ],
)
def test_a_play_is_due_before_the_decision(decides, due):
    accounts = scored(
        decision_at=pd.to_datetime([decides], utc=True), decision_kind="notice_deadline"
    )
    plays = assign_plays(accounts, book(play("first")), metrics={}).set_index("play")
    assert plays.loc["first", "due_at"] == pd.Timestamp(due, tz="UTC")


def test_a_decision_that_comes_with_every_month_hurries_nobody():
    accounts = scored(
        decision_at=pd.to_datetime(["2025-06-10"], utc=True), decision_kind="month_end"
    )
    plays = assign_plays(accounts, book(play("first")), metrics={}).set_index("play")
    assert plays.loc["first", "due_at"] == pd.Timestamp("2025-06-13", tz="UTC")
