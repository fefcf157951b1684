"""Maturity answers of one account, and the index that they give."""

import pandas as pd

from churngrid.features.scores.maturity_index import score_maturity
from churngrid.features.scores.rubric_file import read_rubric
from tests.build import day, tables_of
from tests.checks.small_company import DAY

AS_OF = day("2025-06-01")
RUBRIC = read_rubric(None)
ITEMS = {
    name: [item.id for item in part.characteristics] for name, part in RUBRIC.categories.items()
}
PAIRS = pd.DataFrame({"account_id": ["a"], "as_of": [AS_OF]})


def statements(rows):
    """Events from (characteristic, level, evidence, age in days)."""
    return pd.DataFrame(
        {
            "event_id": [f"e{n}" for n in range(len(rows))],
            "account_id": "a",
            "kind": "maturity_answer",
            "characteristic_id": [row[0] for row in rows],
            "value_num": [float(row[1]) for row in rows],
            "evidence_type": [row[2] for row in rows],
            "occurred_at": [AS_OF - row[3] * DAY for row in rows],
            "known_at": [AS_OF - row[3] * DAY for row in rows],
        }
    )


def scored(rows, *, rubric=RUBRIC, pairs=PAIRS, **tables):
    found = score_maturity(tables_of({"account_events": statements(rows), **tables}), pairs, rubric)
    return found.iloc[0]


def all_answered(**levels):
    """Every characteristic of each category at one level."""
    return [(item, levels[name], "q", 10) for name, part in ITEMS.items() for item in part]


def first_two(**levels):
    return [(item, levels[name], "q", 10) for name in levels for item in ITEMS[name][:2]]


EVEN = {"vision": 3, "people": 3, "process": 3, "technology": 3}
