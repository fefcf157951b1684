"""Words of other systems mean what the contract calls by one name; unknown ones are told."""

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.forms.words import vocabulary
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tables import table_spec

ACCOUNTS = pd.DataFrame({"account_id": ["a"]})


def read(mapping=None, **columns):
    n = len(next(iter(columns.values())))
    ticket = {"ticket_id": range(n), "account_id": ["a"] * n, "created_at": ["2025-01-01"] * n}
    settings = Settings.model_validate({"tables": {"tickets": mapping or {}}})
    return read_tables(
        {"accounts": ACCOUNTS, "tickets": pd.DataFrame({**ticket, **columns})}, settings
    )


def test_known_words_are_those_of_the_contract_and_others_stay():
    tickets = read(priority=["P1", "sev-2", "Urgent", "Whenever", None])["tickets"]
    assert tickets["priority"].to_pylist() == ["critical", "high", "urgent", "Whenever", None]
    assert read(status=["Done", "In_Progress"])["tickets"]["status"].to_pylist() == [
        *("resolved", "open"),
    ]


def test_the_settings_win_over_known_words():
    values = {"priority": {"P1": "urgent", "Whenever": "low", 3: "high"}}
    tickets = read({"values": values}, priority=["p1", "whenever", "3"])["tickets"]
    assert tickets["priority"].to_pylist() == ["urgent", "low", "high"]


def test_a_column_of_which_no_word_is_known_is_told_with_the_line_to_add():
    (told,) = [f for f in read(priority=["A", "B", None]).findings if f.column == "priority"]
    assert told.rule == "none of its values is known, so nothing follows from them"
    assert (told.count, told.samples, told.emptied) == (2, ("A", "B"), False)
    assert told.advice.startswith("tables: {tickets: {values: {priority: {YOUR WORD: one of crit")
    assert [f for f in read(priority=["A", "P1"]).findings if f.column == "priority"] == []


def test_words_of_a_closed_list_are_known_or_emptied_one_by_one():
    columns = {"activity_id": [1, 2], "account_id": ["a", "a"], "occurred_at": ["2025-01-01"] * 2}
    activities = pd.DataFrame({**columns, "type": ["Phone Call", "seance"]})
    ticket = {"ticket_id": [1], "account_id": ["a"], "created_at": ["2025-01-01"]}
    frames = {"accounts": ACCOUNTS, "tickets": pd.DataFrame(ticket), "activities": activities}
    tables = read_tables(frames)
    assert tables["activities"]["type"].to_pylist() == ["call", None]
    (told,) = [f for f in tables.findings if f.column == "type"]
    assert (told.samples, told.emptied) == (("seance",), True)


def test_values_of_no_column_of_the_contract_are_refused():
    with pytest.raises(SchemaError, match=r"values.prio`: table `tickets` has no such column"):
        read({"values": {"prio": {"x": "low"}}}, priority=["x"])


@pytest.mark.parametrize("column", sorted(vocabulary()))
def test_shipped_words_mean_what_the_contract_admits(column):
    table, name = column.split(".")
    choices = table_spec(table).column(name).choices
    if choices:
        assert set(vocabulary()[column].values()) <= set(choices)
