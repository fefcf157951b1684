"""Accounts from which a play is withheld to learn what it does."""

import pandas as pd
import pytest

from churngrid.serving.plays.assign_plays import Limits, assign_plays
from tests.serving.plays.small_playbook import (
    AS_OF,
    book,
    play,
    scored,
    states,
)


def controls(accounts, **more):
    playbook = book(play("x", control_share=0.2), play("y"), play("now", slot="urgent"), **more)
    plays = assign_plays(accounts, playbook, metrics={})
    return plays, plays[plays["state"] == "withheld"]


def test_share_of_accounts_is_withheld_the_same_whenever_and_in_whatever_order():
    accounts = scored(500)
    plays, withheld = controls(accounts)
    assert 70 <= len(withheld) <= 130
    assert set(withheld["play"]) == {"x"}
    again = controls(accounts.sample(frac=1.0, random_state=1, ignore_index=True))[1]
    assert set(again["account_id"]) == set(withheld["account_id"])
    other_day = controls(accounts.assign(as_of=AS_OF + pd.Timedelta(days=20)))[1]
    assert set(other_day["account_id"]) == set(withheld["account_id"])
    assert len(plays) == 3 * len(accounts)


@pytest.mark.parametrize("days", [7, 30, 90, 180, 210, 800])
def test_who_is_withheld_stays_so_until_the_outcome_is_seen(days):
    withheld = controls(scored(300))[1]
    later = controls(scored(300).assign(as_of=AS_OF + pd.Timedelta(days=days)))[1]
    assert set(later["account_id"]) == set(withheld["account_id"])


def test_another_experiment_draws_anew():
    one, other = (
        assign_plays(
            scored(300),
            book(play("x", control_share=0.3, experiment=name)),
            metrics={},
        )
        for name in ("2025", "2026")
    )
    groups = [set(p.loc[p["state"] == "withheld", "account_id"]) for p in (one, other)]
    assert groups[0] != groups[1]
    assert all(50 < len(group) < 130 for group in groups)


def test_accounts_that_belong_together_are_in_one_group():
    accounts = scored(200, unit=[f"parent{n // 4}" for n in range(200)])
    plays = assign_plays(accounts, book(play("x", control_share=0.4)), metrics={})
    own = plays[plays["play"] == "x"].set_index("account_id")["state"]
    units = accounts.set_index("account_id")["unit"].loc[own.index]
    assert (own.groupby(units).nunique() == 1).all()
    assert own.nunique() == 2


def test_withheld_play_is_not_replaced_and_takes_no_room():
    playbook = book(play("x", control_share=0.999999), play("y"), play("z", slot="maturity"))
    plays = assign_plays(scored(), playbook, metrics={}, limits=Limits(most=2))
    assert states(plays) == {"x": "withheld", "watch": "proposed", "z": "proposed"}


def test_nothing_is_withheld_where_there_was_no_room_for_it():
    playbook = book(play("x", control_share=0.999999))
    plays = assign_plays(scored(), playbook, metrics={}, limits=Limits(most=1))
    assert states(plays) == {"watch": "proposed"}
