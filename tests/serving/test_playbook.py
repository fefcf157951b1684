"""The playbook: order, slots, cool-down, reasons, and what is refused with which words."""

from pathlib import Path

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.serving.config import FACT_FIELDS
from churngrid.serving.grid import CELLS
from churngrid.serving.playbook import PLAY_COLUMNS, SLOTS, assign_plays, read_playbook

CATCH_ALL = (
    "  - {name: watch, slot: cell, when: {otherwise: true}, action: a, owner: o, due_days: 5}"
)


def written(tmp_path: Path, *plays: str) -> Path:
    path = tmp_path / "playbook.yaml"
    path.write_text("\n".join(["plays:", *plays]) + "\n")
    return path


def play(name, slot="driver", when="{field: arr, above: 0}", due=5):
    return f"  - {{name: {name}, slot: {slot}, when: {when}, action: a, owner: o, due_days: {due}}}"


def read(tmp_path, *plays):
    return read_playbook(written(tmp_path, *plays), FACT_FIELDS)


def scored(**columns):
    base = {
        "account_id": ["a"],
        "as_of": pd.DatetimeIndex(["2025-06-06"], tz="UTC"),  # a Friday
        "arr": [1.0],
        "cell": ["save"],
        "drivers": [("active_users_28d", "usage")],
        "caps": [("sponsor_left",)],
        "spoken": [{"sponsor_left": "the sponsor left", "usage": "users 41 -> 24"}],
    }
    return pd.DataFrame({**base, **columns})


def test_shipped_playbook_is_sound_and_names_every_cell():
    playbook = read_playbook(None, FACT_FIELDS)
    answered = set().union(*(play.when.admitted("cell") for play in playbook.plays))
    assert answered == set(CELLS.values())
    assert [p.name for p in playbook.plays if p.slot == "cell"][-1] == "watch"


def test_first_play_that_holds_is_taken_in_each_slot(tmp_path):
    playbook = read(tmp_path, play("first"), play("second"), CATCH_ALL)
    plays = assign_plays(scored(), playbook, labels={})
    assert plays.columns.tolist() == list(PLAY_COLUMNS)
    assert plays["play"].tolist() == ["watch", "first"]
    assert plays["slot"].tolist() == [s for s in SLOTS if s in ("cell", "driver")]


def test_play_in_cool_down_gives_way_to_the_next(tmp_path):
    playbook = read(tmp_path, play("first"), play("second"), CATCH_ALL)
    plays = assign_plays(scored(), playbook, labels={}, recent=frozenset({("a", "first")}))
    assert plays["play"].tolist() == ["watch", "second"]


@pytest.mark.parametrize(("most", "taken"), [(1, ["urgent"]), (2, ["urgent", "cell"])])
def test_at_most_so_many_plays_the_urgent_ones_first(tmp_path, most, taken):
    playbook = read(tmp_path, play("now", slot="urgent"), play("later"), CATCH_ALL)
    assert assign_plays(scored(), playbook, labels={}, most=most)["slot"].tolist() == taken


@pytest.mark.parametrize(("days", "due"), [(0, "2025-06-06"), (1, "2025-06-09"), (5, "2025-06-13")])
def test_due_date_counts_business_days(tmp_path, days, due):
    playbook = read(tmp_path, play("call", due=days), CATCH_ALL)
    plays = assign_plays(scored(), playbook, labels={}).set_index("play")
    assert plays.loc["call", "due_at"] == pd.Timestamp(due, tz="UTC")


def test_play_says_the_accounts_own_reason(tmp_path):
    driven = play("rebuild", when="{field: drivers, is: [usage]}")
    capped = play("successor", slot="urgent", when="{field: caps, is: [sponsor_left]}")
    why = assign_plays(scored(), read(tmp_path, driven, capped, CATCH_ALL), labels={})
    assert why.set_index("play")["why"].to_dict() == {
        "rebuild": "users 41 -> 24",
        "successor": "the sponsor left",
        "watch": "nothing else applies",
    }


def test_numbers_are_said_where_there_is_no_reason_in_words(tmp_path):
    playbook = read(tmp_path, play("grow"), CATCH_ALL)
    plays = assign_plays(scored(), playbook, labels={"arr": "ARR"}).set_index("play")
    assert plays.loc["grow", "why"] == "ARR 1"


def test_condition_is_said_in_words_where_nothing_else_is_known(tmp_path):
    playbook = read(tmp_path, play("grow"), CATCH_ALL)
    plays = assign_plays(scored(), playbook, labels={}).set_index("play")
    assert plays.loc["grow", "why"] == "arr above 0"


def test_no_accounts_give_no_plays(tmp_path):
    plays = assign_plays(scored().iloc[:0], read(tmp_path, CATCH_ALL), labels={})
    assert plays.empty
    assert plays.columns.tolist() == list(PLAY_COLUMNS)


@pytest.mark.parametrize(
    ("plays", "message"),
    [
        ([play("x"), play("x"), CATCH_ALL], "2 plays are named 'x'"),
        ([play("x", when="{field: cel, is: [save]}"), CATCH_ALL], "Did you mean 'cell'"),
        ([play("x", when="{field: nothing_like_it, above: 1}"), CATCH_ALL], "unknown field"),
        (
            [play("x", when="{otherwise: true}"), play("y"), CATCH_ALL],
            "play 'y' can never be reached: 'x' before it in slot 'driver'",
        ),
        ([play("x")], "slot 'cell' needs a last play"),
        ([play("x", due=-1), CATCH_ALL], r"playbook.yaml:2: plays\[0\].due_days"),
        ([play("x", slot="never"), CATCH_ALL], r"playbook.yaml:2: plays\[0\].slot"),
    ],
)
def test_wrong_playbook_is_refused_with_the_rule(tmp_path, plays, message):
    with pytest.raises(SchemaError, match=message):
        read(tmp_path, *plays)
