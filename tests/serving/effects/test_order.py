"""Whom a play helps more: an order that is there is found, one that is not is not given."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.serving.effects import order
from churngrid.serving.effects.order import orders_of
from tests.build import day

NOW = day("2025-12-01")


def world(count, effect, seed=0):
    """Draws of which as many wait, and what is known: `k` tells whom the play helps."""
    rng = np.random.default_rng(seed)
    known = pd.DataFrame(rng.normal(size=(count, 3)), columns=["k", "x", "y"])
    withheld = rng.random(count) < 0.5
    chance = 0.25 + np.where(~withheld, np.where(known["k"] > 0, -effect, effect), 0.0)
    ids = [f"a{n}" for n in range(count)]
    draws = pd.DataFrame(
        {
            "account_id": ids,
            "play": "save",
            "drawn_at": day("2025-01-20"),
            "withheld": withheld,
            "share": 0.5,
            "unit": ids,
            "customer": True,
            "closed": np.arange(count) % 5 > 0,
            "left": rng.random(count) < chance,
        }
    )
    return draws, known.set_index(pd.Index(ids))


def described(known, asked):
    def describe(rows):
        asked.append(set(rows["as_of"]))
        return known.loc[rows["account_id"]].set_axis(rows.index)

    return describe


def test_those_come_first_whom_it_helps():
    pytest.importorskip("econml")
    draws, known = world(1000, effect=0.2)
    dates = []
    found = orders_of(draws, described(known, dates), NOW)
    assert "ranked first gains" in found.notes[0]
    helped = known.loc[found.accounts["account_id"], "k"].to_numpy() > 0
    assert len(helped) == (~draws["closed"]).sum()
    assert helped[: len(helped) // 3].mean() > 0.9
    assert found.accounts["rank"].tolist() == list(range(1, len(helped) + 1))
    # What is learned from is as of the month of the draw, what is ranked as of now.
    assert dates == [{day("2025-01-01")}, {NOW}]


def test_where_it_helps_all_alike_no_order_is_given():
    pytest.importorskip("econml")
    draws, known = world(1000, effect=0.0)
    found = orders_of(draws, described(known, []), NOW)
    assert found.accounts.empty
    assert "does not tell whom it helps more" in found.notes[0]


def test_few_accounts_are_not_put_in_order():
    draws, known = world(300, effect=0.2)
    found = orders_of(draws, described(known, []), NOW)
    assert found.accounts.empty
    assert found.notes[0].startswith("No order of save: it takes 300 accounts in each group")


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(order, "find_spec", lambda name: None)
    with pytest.raises(SchemaError, match=r"pip install 'churngrid\[uplift\]'"):
        order.check_library()
