"""Owners have so many hands, and begin so many plays a week: who waits."""

import numpy as np

from churngrid.serving.plays.assign_plays import Limits, assign_plays
from tests.serving.plays.small_playbook import (
    begun,
    book,
    play,
    scored,
)

FIRST = "decides_this_month"


def test_owner_without_a_free_hand_lets_the_least_valuable_wait():
    playbook = book(play("x", save_rate=0.1, owner="desk"), capacity={"desk": {"plays": 2}})
    plays = assign_plays(scored(3, arr=[1.0, 3.0, 2.0]), playbook, metrics={})
    own = plays[plays["play"] == "x"].set_index("account_id")["state"]
    assert own.to_dict() == {"a0": "waiting", "a1": "proposed", "a2": "proposed"}
    assert (plays.loc[plays["play"] == "watch", "state"] == "proposed").all()


def test_priority_goes_before_value_when_hands_are_few():
    playbook = book(play("x", save_rate=0.1, owner="desk"), capacity={"desk": {"plays": 1}})
    accounts = scored(2, arr=[1.0, 9.0], days_to_notice_deadline=[10.0, 300.0])
    plays = assign_plays(accounts, playbook, metrics={})
    own = plays[plays["play"] == "x"].set_index("account_id")["state"]
    assert own.to_dict() == {"a0": "proposed", "a1": "waiting"}


def test_plays_that_are_open_take_hands_too():
    playbook = book(play("x", owner="desk"), capacity={"desk": {"plays": 1}})
    plays = assign_plays(scored(2), playbook, metrics={}, known=begun(("a1", "x", "begun", 3)))
    own = plays[plays["play"] == "x"].set_index("account_id")["state"]
    assert own.to_dict() == {"a0": "waiting", "a1": "open"}


def test_limit_of_each_csm_counts_their_own_accounts():
    playbook = book(
        play("x", owner="desk", save_rate=0.1), capacity={"desk": {"plays": 1, "per": "csm"}}
    )
    accounts = scored(4, csm_id=["ann", "ann", "bob", None], arr=[1.0, 2.0, 0.5, 3.0])
    plays = assign_plays(accounts, playbook, metrics={})
    own = plays[plays["play"] == "x"].set_index("account_id")["state"]
    assert own.to_dict() == {"a0": "waiting", "a1": "proposed", "a2": "proposed", "a3": "proposed"}


def test_each_csm_begins_so_many_plays_a_week_and_urgent_ones_never_wait():
    accounts = scored(6, csm_id=["ann"] * 4 + ["bob"] * 2, arr=np.arange(6.0, 0, -1))
    playbook = book(play("now", slot="urgent", save_rate=0.1), play("x", save_rate=0.1))
    limits = Limits(per_week=5)
    plays = assign_plays(accounts, playbook, metrics={}, limits=limits)
    counts = plays.groupby(["play", "state"]).size().to_dict()
    assert counts[("now", "proposed")] == 6
    # Four urgent ones leave Ann one play, two leave Bob three.
    own = plays[plays["state"] == "waiting"].merge(accounts[["account_id", "csm_id"]])
    assert own.groupby("csm_id").size().to_dict() == {"ann": 7, "bob": 1}


def test_who_decides_this_month_gets_the_free_hand_before_who_is_worth_more():
    accounts = scored(3, csm_id="ann", arr=[9e3, 8e3, 1.0], block=["at_risk"] * 2 + [FIRST])
    playbook = book(play("x", save_rate=0.1))
    plays = assign_plays(accounts, playbook, metrics={}, limits=Limits(per_week=5))
    own = plays[plays["play"] == "x"].set_index("account_id")["state"]
    assert own.to_dict() == {"a0": "proposed", "a1": "waiting", "a2": "proposed"}


def test_an_account_that_decides_this_month_never_has_only_plays_that_wait():
    accounts = scored(3, csm_id="ann", arr=[9e3, 8e3, 1.0], block=["at_risk", FIRST, FIRST])
    usual, answer = play("usual", slot="cell"), play("answer", save_rate=0.1)
    plays = assign_plays(accounts, book(usual, answer), metrics={}, limits=Limits(per_week=1))
    begins = plays[plays["state"] == "proposed"]
    assert sorted(zip(begins["account_id"], begins["play"], strict=True)) == [
        ("a1", "answer"),
        ("a2", "answer"),
    ]


def test_what_is_urgent_is_where_an_account_that_decides_begins():
    accounts = scored(1, block=[FIRST])
    now, answer = play("now", slot="urgent"), play("answer")
    plays = assign_plays(accounts, book(now, answer), metrics={}, limits=Limits(per_week=1))
    begins = plays[plays["state"] == "proposed"]
    assert begins["play"].tolist() == ["now"]


def test_sponsors_are_won_one_week_after_the_other():
    accounts = scored(4, csm_id="ann", arr=[1.0, 4.0, 3.0, 2.0])
    win = play("win", slot="sponsor", save_rate=0.1)
    plays = assign_plays(accounts, book(win, play("x")), metrics={}, limits=Limits(per_week=2))
    won = plays[plays["play"] == "win"].set_index("account_id")["state"]
    assert won[won == "proposed"].index.tolist() == ["a1", "a2"]
    assert won.eq("waiting").sum() == 2


def test_desks_without_accounts_of_their_own_begin_so_many_for_all():
    accounts = scored(4, csm_id=["ann", "bob", "cy", None])
    playbook = book(play("x", owner="support lead and CSM", save_rate=0.1))
    plays = assign_plays(accounts, playbook, metrics={}, limits=Limits(per_week=3))
    assert (plays.loc[plays["play"] == "x", "state"] == "waiting").sum() == 1
