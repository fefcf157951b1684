"""Plays that were begun: open, cooling down, expired, overdue."""

import numpy as np
import pandas as pd
import pytest

from churngrid.serving.plays.assign_plays import Limits, assign_plays
from tests.serving.plays.small_playbook import (
    AS_OF,
    begun,
    book,
    play,
    scored,
    states,
    why_of,
)


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
