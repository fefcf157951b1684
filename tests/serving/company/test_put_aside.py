"""What a run says first: rows and money that were put aside, and what could not be read."""

import pandas as pd

from churngrid.features.ingest.read import read_tables
from churngrid.serving.company.put_aside import told_aside

FRAMES = {
    "accounts": pd.DataFrame({"account_id": ["a", "b", "c"]}),
    "tickets": pd.DataFrame(
        {"ticket_id": [1], "account_id": ["a"], "created_at": ["2025-01-01"]},
    ),
}
SOUND = {"item_id": [1, 2, 3], "account_id": ["a", "b", "c"], "effective_from": ["2025-01-01"] * 3}


def told(**columns):
    items = pd.DataFrame({**SOUND, "mrr": ["1,200.50", "$10.00", "99"], **columns})
    return told_aside(read_tables({**FRAMES, "subscription_items": items}))


def test_nothing_is_said_where_all_was_read():
    assert told() == ()


def test_money_put_aside_is_said_as_it_was_read_a_year():
    (sentence,) = told(effective_from=["soon", "2025-01-01", "2025-01-01"])
    assert sentence.startswith("`subscription_items`: 1 of 3 rows put aside, worth 14,406 a year")


def test_amounts_that_nobody_could_read_are_said():
    aside, unread = told(mrr=["many", "10.00", "99"])
    assert "1 of 3 rows put aside, most because column `mrr`: not a number" in aside
    assert unread.startswith("`subscription_items`: 1 of 3 amounts (`mrr`) could not be read")


def test_a_question_comes_with_the_line_that_answers_it():
    (sentence,) = told(effective_to=["03/04/2026", "05/06/2026", None])
    assert sentence.startswith("`subscription_items`: 2 values of `effective_to` were not read")
    line = "tables: {subscription_items: {formats: {effective_to: day-first or month-first}}}."
    assert sentence.endswith(f"Add to the settings: {line}")


def test_a_column_most_of_whose_values_were_not_read_is_said():
    (sentence,) = told(effective_to=["soon", "later", "2026-01-01"])
    assert sentence == (
        "`subscription_items`: 2 values of `effective_to` were not read (not a time), one was: it "
        "is as if nobody had said them."
    )


def test_a_stray_value_that_was_not_read_is_not_said_first():
    assert told(effective_to=["soon", "2026-02-01", "2026-01-01"]) == ()
