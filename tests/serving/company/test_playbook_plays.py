"""Choosing plays: order, slots, what is open, cool-down, priority, capacity, control, reasons."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from churngrid.features.metrics.catalogue import METRICS, by_column
from churngrid.features.schema.conditions import Condition
from churngrid.serving.company.playbook import Play, Playbook
from churngrid.serving.plays.assign_plays import Limits, assign_plays
from churngrid.serving.plays.interventions import Interventions
from churngrid.serving.results.schema import PLAY_COLUMNS, PROGRESS_COLUMNS
from churngrid.serving.results.words import to_do

AS_OF = pd.Timestamp("2025-06-06", tz="UTC")  # a Friday
ALWAYS = {"field": "tickets_30d", "above": 0}

FIRST = "decides_this_month"


def play(name, slot="driver", when=None, **more):
    told = {"action": "a.", "owner": "CSM", "due_days": 5, **more}
    when = Condition.model_validate(when or ALWAYS)
    return Play(name=name, slot=slot, when=when, **told)


WATCH = play("watch", slot="cell", when={"otherwise": True})


def book(*plays, **more):
    return Playbook(plays=(*plays, WATCH), **more)


def scored(count=1, **columns):
    base = {
        "account_id": [f"a{n}" for n in range(count)],
        "as_of": [AS_OF] * count,
        "tickets_30d": 1.0,
        "arr": 1000.0,
        "p_churn": 0.2,
        "csm_id": "ann",
        "cell": "save",
        "spoken": [{} for _ in range(count)],
        "drivers": [("active_users_28d", "usage")] * count,
        "caps": [("sponsor_left",)] * count,
    }
    return pd.DataFrame({**base, **columns})


def begun(*rows):
    """Interventions from (account, play, state, days ago)."""
    stated = [
        {
            "account_id": account,
            "play": name,
            "state": state,
            "since": AS_OF - pd.Timedelta(days=days),
            "last_at": AS_OF - pd.Timedelta(days=days),
        }
        for account, name, state, days in rows
    ]
    return Interventions(pd.DataFrame(stated), 0)


def states(plays):
    return dict(zip(plays["play"], plays["state"], strict=True))


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


@pytest.mark.parametrize(
    ("state", "days", "again"),
    [
        ("begun", 29, "open"),
        ("begun", 89, "open"),
        ("begun", 90, "proposed"),
        ("done", 30, None),
        ("done", 31, "proposed"),
        ("failed", 5, None),
        ("declined", 5, None),
        ("declined", 31, "proposed"),
    ],
)
def test_play_comes_again_after_it_ended_and_cooled_down(state, days, again):
    known = begun(("a0", "x", state, days))
    plays = assign_plays(scored(), book(play("x")), metrics={}, known=known)
    assert states(plays).get("x") == again


@pytest.mark.parametrize(("own", "again"), [(0, True), (3, True), (10, False)])
def test_cool_down_of_the_play_itself_goes_before_that_of_the_settings(own, again):
    known = begun(("a0", "x", "done", 4))
    playbook = book(play("x", cool_down_days=own))
    limits = Limits(cool_down_days=0 if own else 30)
    plays = assign_plays(scored(), playbook, metrics={}, known=known, limits=limits)
    assert ("x" in states(plays)) == again


def test_play_expires_after_its_own_days():
    known = begun(("a0", "x", "begun", 40))
    plays = assign_plays(scored(), book(play("x", expires_days=40)), metrics={}, known=known)
    assert states(plays)["x"] == "proposed"


def test_play_in_cool_down_gives_way_to_the_next_but_not_to_the_catch_all():
    playbook = book(play("first"), play("second"), play("save", slot="cell"))
    known = begun(("a0", "first", "done", 1), ("a0", "save", "done", 1))
    plays = assign_plays(scored(), playbook, metrics={}, known=known)
    assert plays["play"].tolist() == ["second"]


def test_interventions_of_others_change_nothing():
    known = begun(("b", "x", "begun", 1))
    assert states(assign_plays(scored(), book(play("x")), metrics={}, known=known)) == {
        "watch": "proposed",
        "x": "proposed",
    }


def test_open_play_says_since_when_and_was_due_then():
    known = begun(("a0", "x", "begun", 7))
    row = (
        assign_plays(scored(), book(play("x")), metrics={}, known=known).set_index("play").loc["x"]
    )
    assert row["open_since"] == AS_OF - pd.Timedelta(days=7)
    assert row["due_at"] == AS_OF
    assert row["why"] == "begun on 30 May 2025"


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


def test_to_do_is_what_is_proposed_or_open():
    plays = pd.DataFrame(
        {"state": ["open", "proposed", "waiting", "withheld"], "play": list("abcd")}
    )
    assert to_do(plays)["play"].tolist() == ["a", "b"]
    assert to_do(plays.drop(columns="state"))["play"].tolist() == list("abcd")


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


TICKETS = by_column(METRICS)


def why_of(plays):
    return plays.set_index("play")["why"].to_dict()


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


FELL = {"says": "active users fell", "when": {"field": "active_users_trend_28d", "at_most": -0.1}}
CUT = {
    "says": "ARR fell",
    "when": {
        "any": [
            {"field": "arr_trend_12m", "at_most": -0.01},
            {"field": "downgrades_365d", "at_least": 1},
        ]
    },
}


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


def test_the_next_component_is_asked_where_no_play_is_true_of_the_strongest():
    usage = play("rebuild", when={"field": "drivers", "is": ["usage"]}, facts=["fell"])
    goals = play("goals", when={"field": "drivers", "is": ["outcomes"]})
    families = [(("active_users_28d", "usage"), ("open_goals", "outcomes"))] * 2
    accounts = scored(2, families=families, active_users_trend_28d=[0.0, -0.5])
    plays = assign_plays(accounts, book(usage, goals, facts={"fell": FELL}), metrics=TICKETS)
    driven = plays[plays["slot"] == "driver"].set_index("account_id")["play"]
    assert driven.to_dict() == {"a0": "goals", "a1": "rebuild"}


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


@pytest.mark.parametrize(
    ("days", "overdue", "priority"), [(7, np.nan, 3), (8, 1.0, 2), (11, 4.0, 2), (14, 5.0, 2)]
)
def test_open_play_past_its_day_is_overdue_and_goes_up(days, overdue, priority):
    # Begun a week ago it is due today, a Friday; of the days since, Saturday and Sunday count none.
    known = begun(("a0", "x", "begun", days))
    plays = assign_plays(scored(), book(play("x"), escalate_to="boss"), metrics={}, known=known)
    row = plays.set_index("play").loc["x"]
    assert row["overdue_days"] == pytest.approx(overdue, nan_ok=True)
    assert row["escalated_to"] == (None if np.isnan(overdue) else "boss")
    assert row["priority"] == priority


def test_holidays_are_no_business_days():
    limits = Limits(holidays=(date(2025, 6, 9), date(2025, 6, 11)))
    plays = assign_plays(scored(), book(play("call", due_days=3)), metrics={}, limits=limits)
    # Friday, then Monday and Wednesday off: Tuesday, Thursday, Friday.
    due = plays.set_index("play").loc["call", "due_at"]
    assert due == pd.Timestamp("2025-06-13", tz="UTC")


def earlier(*rows):
    columns = ["account_id", "play", "as_of", "state", "why"]
    return pd.DataFrame(rows, columns=columns).assign(
        as_of=lambda f: pd.to_datetime(f["as_of"], utc=True)
    )


def test_open_play_keeps_the_reason_it_was_begun_for():
    known = begun(("a0", "x", "begun", 7))  # on 30 May
    stored = earlier(
        ("a0", "x", "2025-05-20", "proposed", "an older reason"),
        ("a0", "x", "2025-05-28", "proposed", "the ticket was open"),
        ("a0", "x", "2025-06-03", "open", "said later"),
        ("a1", "x", "2025-05-29", "proposed", "of another"),
    )
    plays = assign_plays(scored(), book(play("x")), metrics={}, known=known, earlier=stored)
    assert why_of(plays)["x"] == "the ticket was open; begun on 30 May 2025"


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
