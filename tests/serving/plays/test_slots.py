"""Which plays are taken: one a slot, the urgent first, none beside what it contradicts."""

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.plays.assign_plays import Limits, assign_plays
from churngrid.serving.results.schema import PLAY_COLUMNS, PROGRESS_COLUMNS
from churngrid.serving.results.words import to_do
from tests.serving.plays.small_playbook import (
    FELL,
    TICKETS,
    begun,
    book,
    play,
    scored,
    states,
    why_of,
)


def test_first_play_that_holds_is_taken_in_each_slot_and_slots_stand_in_order():
    plays = assign_plays(scored(), book(play("first"), play("second")), metrics={})
    assert plays.columns.tolist() == [*PLAY_COLUMNS, *PROGRESS_COLUMNS]
    assert plays["play"].tolist() == ["watch", "first"]
    assert plays["slot"].tolist() == ["cell", "driver"]
    assert plays["state"].tolist() == ["proposed", "proposed"]


@pytest.mark.parametrize(("most", "taken"), [(1, ["urgent"]), (2, ["urgent", "cell"])])
def test_at_most_so_many_plays_the_urgent_ones_first(most, taken):
    playbook = book(play("now", slot="urgent"), play("later"))
    plays = assign_plays(scored(), playbook, metrics={}, limits=Limits(most=most))
    assert plays["slot"].tolist() == taken


def test_open_plays_count_against_the_three():
    playbook = book(play("now", slot="urgent"), play("later"), play("x", slot="maturity"))
    known = begun(("a0", "now", "begun", 40), ("a0", "later", "begun", 40))
    plays = assign_plays(scored(), playbook, metrics={}, known=known)
    assert states(plays) == {"now": "open", "watch": "proposed", "later": "open"}


def test_open_play_of_another_playbook_counts_too_but_is_not_listed():
    known = begun(("a0", "old_one", "begun", 1))
    plays = assign_plays(scored(), book(play("x")), metrics={}, known=known, limits=Limits(most=2))
    assert plays["play"].tolist() == ["watch"]


def test_play_that_stands_alone_leaves_no_room_even_while_it_cools_down():
    playbook = book(play("notice", slot="urgent", alone=True), play("x"))
    assert states(assign_plays(scored(), playbook, metrics={})) == {"notice": "proposed"}
    known = begun(("a0", "notice", "done", 1))
    assert assign_plays(scored(), playbook, metrics={}, known=known).empty


def test_first_of_two_plays_that_stand_alone_is_taken():
    playbook = book(
        play("one", slot="urgent", alone=True), play("two", slot="maturity", alone=True)
    )
    assert states(assign_plays(scored(), playbook, metrics={})) == {"one": "proposed"}


def test_to_do_is_what_is_proposed_or_open():
    plays = pd.DataFrame(
        {"state": ["open", "proposed", "waiting", "withheld"], "play": list("abcd")}
    )
    assert to_do(plays)["play"].tolist() == ["a", "b"]
    assert to_do(plays.drop(columns="state"))["play"].tolist() == list("abcd")


def test_the_next_component_is_asked_where_no_play_is_true_of_the_strongest():
    usage = play("rebuild", when={"field": "drivers", "is": ["usage"]}, facts=["fell"])
    goals = play("goals", when={"field": "drivers", "is": ["outcomes"]})
    families = [(("active_users_28d", "usage"), ("open_goals", "outcomes"))] * 2
    accounts = scored(2, families=families, active_users_trend_28d=[0.0, -0.5])
    plays = assign_plays(accounts, book(usage, goals, facts={"fell": FELL}), metrics=TICKETS)
    driven = plays[plays["slot"] == "driver"].set_index("account_id")["play"]
    assert driven.to_dict() == {"a0": "goals", "a1": "rebuild"}


def test_every_urgent_play_comes_whatever_is_open():
    now = [play(f"now{n}", slot="urgent") for n in range(2)]
    known = begun(*(("a0", name, "begun", 3) for name in ("p", "q", "watch")))
    playbook = book(*now, play("p"), play("q", slot="maturity"), play("r", slot="sponsor"))
    plays = assign_plays(scored(), playbook, metrics={}, known=known)
    assert states(plays) == {
        **{"now0": "proposed", "now1": "proposed", "r": "proposed"},
        **{"p": "open", "q": "open", "watch": "open"},
    }


def test_open_plays_hold_back_the_rest():
    known = begun(*(("a0", f"other{n}", "begun", 3) for n in range(3)))
    playbook = book(play("now", slot="urgent"), play("later"))
    assert states(assign_plays(scored(), playbook, metrics={}, known=known)) == {"now": "proposed"}


def test_of_two_plays_that_contradict_each_other_the_first_slot_is_taken():
    let_go = play("let_go", slot="cell", not_with=["driver"])
    playbook = book(let_go, play("call"), play("plan", slot="maturity"))
    assert states(assign_plays(scored(), playbook, metrics={})) == {
        "let_go": "proposed",
        "plan": "proposed",
    }
    playbook = book(play("call", slot="urgent"), play("let_go", slot="cell", not_with=["call"]))
    assert states(assign_plays(scored(), playbook, metrics={})) == {"call": "proposed"}


def test_play_is_not_proposed_beside_an_open_one_that_it_contradicts():
    known = begun(("a0", "call", "begun", 3))
    playbook = book(play("let_go", slot="cell", not_with=["driver"]), play("call"))
    assert states(assign_plays(scored(), playbook, metrics={}, known=known)) == {"call": "open"}


@pytest.mark.parametrize("alone", [True, False])
def test_what_is_urgent_ends_an_open_play_that_it_contradicts_and_says_so(alone):
    known = begun(("a0", "grow", "begun", 3), ("a0", "plan", "begun", 3))
    urgent = play("notice", slot="urgent", alone=alone, not_with=[] if alone else ["grow"])
    playbook = book(urgent, play("grow"), play("plan", slot="maturity"))
    plays = assign_plays(scored(), playbook, metrics={}, known=known)
    over = {"notice": "proposed"}
    assert states(plays) == (over if alone else {**over, "watch": "proposed", "plan": "open"})
    ended = "grow, plan" if alone else "grow"
    assert why_of(plays)["notice"] == f"tickets 30d above 0; it ends {ended}"


def test_no_accounts_give_no_plays():
    plays = assign_plays(scored().iloc[:0], book(play("x")), metrics={})
    assert plays.empty
    assert plays.columns.tolist() == [*PLAY_COLUMNS, *PROGRESS_COLUMNS]


def test_order_of_accounts_decides_nothing_but_the_order_of_the_rows():
    accounts = scored(40, arr=np.arange(40.0), tickets_30d=np.arange(40) % 3)
    playbook = book(play("x", save_rate=0.1, owner="desk"), capacity={"desk": {"plays": 5}})
    known = begun(("a3", "x", "begun", 2), ("a4", "x", "done", 2))
    one = assign_plays(accounts, playbook, metrics={}, known=known)
    mixed = accounts.sample(frac=1.0, random_state=2, ignore_index=True)
    other = assign_plays(mixed, playbook, metrics={}, known=known)
    keys = ["account_id", "play"]
    columns = ["account_id", "play", "state", "due_at", "why", "priority", "priority_value"]
    pd.testing.assert_frame_equal(
        one[columns].sort_values(keys, ignore_index=True),
        other[columns].sort_values(keys, ignore_index=True),
    )
