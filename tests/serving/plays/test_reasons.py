"""Why a play is proposed: facts, numbers and the account's own words."""

import numpy as np
import pytest

from churngrid.serving.plays.assign_plays import assign_plays
from tests.serving.plays.small_playbook import (
    CUT,
    FELL,
    TICKETS,
    book,
    play,
    scored,
    states,
    why_of,
)


def test_play_says_the_accounts_own_reason():
    driven = play("rebuild", when={"field": "drivers", "is": ["usage"]})
    capped = play("successor", slot="urgent", when={"field": "caps", "is": ["sponsor_left"]})
    spoken = [{"sponsor_left": "the sponsor left", "usage": "users 41 -> 24"}]
    why = assign_plays(scored(spoken=spoken), book(driven, capped), metrics={})
    assert why.set_index("play")["why"].to_dict() == {
        "rebuild": "users 41 -> 24",
        "successor": "the sponsor left",
        "watch": "nothing else applies",
    }


def test_numbers_the_condition_looks_at_are_said_after_the_reason():
    accounts = scored(spoken=[{"driver": "it is"}])
    plays = assign_plays(accounts, book(play("x", slot="maturity"), play("y")), metrics=TICKETS)
    assert why_of(plays) | {"watch": ""} == {
        "x": "tickets opened 1",
        "y": "it is; tickets opened 1",
        "watch": "",
    }


def test_number_that_the_reason_says_already_is_not_said_again():
    told = [{"driver": "tickets opened 0 -> 1: 20 % of the estimate"}]
    plays = assign_plays(scored(spoken=told), book(play("y")), metrics=TICKETS)
    assert why_of(plays)["y"] == "tickets opened 0 -> 1: 20 % of the estimate"


@pytest.mark.parametrize(
    ("trend", "given"), [(-0.5, True), (-0.1, True), (-0.09, False), (0.0, False), (np.nan, False)]
)
def test_play_comes_only_where_its_fact_is_true(trend, given):
    driven = play("rebuild", when={"field": "drivers", "is": ["usage"]}, facts=["fell"])
    accounts = scored(active_users_trend_28d=trend, spoken=[{"usage": "users 41 -> 24"}])
    plays = assign_plays(accounts, book(driven, facts={"fell": FELL}), metrics=TICKETS)
    assert ("rebuild" in states(plays)) == given
    if given:
        said = f"active users fell (change in active users {trend:.0%}); users 41 -> 24"
        assert why_of(plays)["rebuild"] == said.replace("%", " %")


@pytest.mark.parametrize(
    ("trend", "downgrades", "said"),
    [
        (-0.12, 0.0, "ARR fell (change in ARR over a year -12 %)"),
        (0.0, 2.0, "ARR fell (downgrades 2)"),
        (-0.12, 1.0, "ARR fell (change in ARR over a year -12 %; downgrades 1)"),
    ],
)
def test_only_numbers_that_bear_the_fact_out_are_said(trend, downgrades, said):
    cut = play("cut", when={"field": "drivers", "is": ["usage"]}, facts=["cut"])
    accounts = scored(arr_trend_12m=trend, downgrades_365d=downgrades)
    plays = assign_plays(accounts, book(cut, facts={"cut": CUT}), metrics=TICKETS)
    assert why_of(plays)["cut"] == said


def test_play_waits_while_a_fact_speaks_against_it():
    grow = play("grow", unless=["cut"])
    accounts = scored(2, arr_trend_12m=[-0.2, 0.2], downgrades_365d=0.0)
    plays = assign_plays(accounts, book(grow, facts={"cut": CUT}), metrics=TICKETS)
    assert plays.loc[plays["play"] == "grow", "account_id"].tolist() == ["a1"]


def test_condition_is_said_in_words_where_nothing_else_is_known():
    plays = assign_plays(scored(), book(play("grow")), metrics={}).set_index("play")
    assert plays.loc["grow", "why"] == "tickets 30d above 0"


def test_fields_that_are_no_words_have_a_name():
    unasked = play("ask", when={"field": "cmi_status", "is": ["insufficient"]})
    accounts = scored(cmi_status=["insufficient"])
    plays = assign_plays(accounts, book(unasked), metrics={}).set_index("play")
    assert plays.loc["ask", "why"] == "evidence on maturity is insufficient"


def test_a_play_on_maturity_says_what_the_account_lacks():
    again = play("again", slot="maturity", when={"not": {"field": "maturity_due", "is": [""]}})
    when = {"field": "weakest_category", "is": ["people"]}
    people = play("people", slot="maturity", when=when)
    spoken = [{"maturity_due": "answers are old"}, {"weakest_category": "weakest in people"}]
    columns = {"maturity_due": ["answers are old", ""], "weakest_category": ["", "people"]}
    plays = assign_plays(scored(2, spoken=spoken, **columns), book(again, people), metrics={})
    why = plays.set_index("play")["why"]
    assert (why["again"], why["people"]) == ("answers are old", "weakest in people")
