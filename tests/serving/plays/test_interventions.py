"""Interventions read back: forms of the statement, both clocks, what is left out and said so."""

import pandas as pd
import pytest

from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tableset import Tables
from churngrid.serving.company.config import read_config
from churngrid.serving.plays.interventions import interventions_before
from tests.build import day, tables_of

AS_OF = day("2025-06-01")


def recorded(*rows):
    """Account events from (text, occurred, known)."""
    frame = pd.DataFrame(
        [
            {
                "event_id": f"e{number}",
                "account_id": "a",
                "kind": "intervention",
                "value_text": text,
                "occurred_at": occurred,
                "known_at": known or occurred,
            }
            for number, (text, occurred, known) in enumerate(rows)
        ]
    )
    return interventions_before(tables_of({"account_events": frame}), AS_OF)


@pytest.mark.parametrize(
    ("text", "play", "state"),
    [
        ("play=find_successor;state=begun", "find_successor", "begun"),
        ("play=find_successor;state=done", "find_successor", "done"),
        ("play=save; state=failed", "save", "failed"),
        (" Play = save ; State = DECLINED ; note=budget is gone", "save", "declined"),
        ("state=done;play=save", "save", "done"),
        ("find_successor", "find_successor", "begun"),
    ],
)
def test_statement_is_read_in_all_its_forms(text, play, state):
    found = recorded((text, "2025-05-01", None))
    assert found.unread == 0
    assert found.plays[["account_id", "play", "state"]].to_numpy().tolist() == [["a", play, state]]


@pytest.mark.parametrize("text", ["play=save", "play=save;state=soon", "state=done", "", None, ";"])
def test_statement_without_play_or_state_is_counted_and_not_used(text):
    found = recorded((text, "2025-05-01", None), ("save", "2025-05-02", None))
    assert found.unread == 1
    assert found.plays["play"].tolist() == ["save"]


def test_newest_statement_counts_and_the_last_beginning_is_kept():
    found = recorded(
        ("play=save;state=done", "2025-05-20", None),
        ("play=save;state=begun", "2025-05-01", None),
        ("play=save;state=begun", "2025-05-10", None),
        ("play=watch;state=done", "2025-05-03", None),
    ).plays.set_index("play")
    assert found["state"].to_dict() == {"save": "done", "watch": "done"}
    assert found["since"].to_dict() == {"save": day("2025-05-10"), "watch": day("2025-05-03")}
    assert found["last_at"].to_dict() == {"save": day("2025-05-20"), "watch": day("2025-05-03")}


@pytest.mark.parametrize(
    ("occurred", "known", "seen"),
    [
        ("2025-05-31", "2025-05-31", True),
        ("2025-05-31", "2025-06-01", False),
        ("2025-05-31", "2025-06-02", False),
        ("2025-06-01", "2025-05-01", False),
    ],
)
def test_statement_counts_once_it_is_known_and_has_happened(occurred, known, seen):
    assert len(recorded(("save", occurred, known)).plays) == seen


def test_other_events_are_no_interventions():
    frame = pd.DataFrame(
        {
            "event_id": ["e"],
            "account_id": ["a"],
            "kind": ["feedback"],
            "value_text": ["play=save;state=begun"],
            "occurred_at": ["2025-05-01"],
            "known_at": ["2025-05-01"],
        }
    )
    found = interventions_before(tables_of({"account_events": frame}), AS_OF)
    assert (len(found.plays), found.unread) == (0, 0)


def test_company_without_events_has_no_interventions():
    assert interventions_before(Tables({}), AS_OF).plays.empty


def test_notes_name_strange_plays_and_count_what_cannot_be_read():
    playbook = read_config(Settings()).playbook
    assert recorded(("save", "2025-05-01", None)).notes(playbook) == []
    found = recorded(("old_one", "2025-05-01", None), ("state=done", "2025-05-01", None))
    strange, unread = found.notes(playbook)
    assert strange.startswith("Interventions name 1 plays that are not in the playbook: 'old_one'.")
    assert unread.startswith("1 interventions say neither play nor state and are not used")
