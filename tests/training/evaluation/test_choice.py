"""Size limits what may ship, the backtest chooses, and nothing worse than the base rate ships."""

import numpy as np
import pandas as pd
import pytest

from churngrid.training.evaluation.choice import choose
from churngrid.training.models.catalogue import MODELS, gate

LABELS = np.tile([1, 0, 0, 0], 25)
FULL, MIDDLE, FEW, SMALL = gate(300, 900), gate(80, 200), gate(20, 60), gate(9, 60)


def predicted(**merits):
    """Every model says 0.25, moved towards the truth by its merit."""
    merits = {"base_rate": 0.0, **merits}
    return pd.concat(
        pd.DataFrame(
            {
                "model": name,
                "account_id": np.arange(len(LABELS)),
                "label": LABELS,
                "p": 0.25 + merit * (LABELS - 0.25),
                "weight": 1.0,
            }
        )
        for name, merit in merits.items()
    )


@pytest.mark.parametrize(
    ("allowed", "merits", "kind", "notice"),
    [
        (FULL, {"logistic": 0.1, "boosted": 0.2}, "boosted", ""),
        (FULL, {"logistic": 0.2, "boosted": 0.1}, "logistic", "best of those out of time"),
        (FULL, {"scorecard": 0.2, "logistic": -0.2, "boosted": 0.1}, "scorecard", "the best"),
        (MIDDLE, {"logistic": 0.1, "boosted": 0.2}, "logistic", "At most an additive"),
        (MIDDLE, {"logistic": 0.1, "additive": 0.2, "boosted": 0.3}, "additive", "At most an"),
        (MIDDLE, {"scorecard": 0.1, "additive": -0.1}, "scorecard", "At most an additive"),
        (MIDDLE, {"scorecard": 0.1, "logistic": -0.1, "boosted": 0.2}, "scorecard", "log-loss"),
        (FEW, {"scorecard": 0.1, "directed": 0.2, "logistic": 0.3}, "directed", "At most a sum"),
        (FEW, {"scorecard": 0.2, "directed": 0.1}, "scorecard", "best of those out of time"),
        (
            SMALL,
            {"scorecard": 0.1, "directed": 0.2, "logistic": 0.3, "additive": 0.4},
            "scorecard",
            "At most a rule",
        ),
        (FULL, {"recency": -0.1, "boosted": -0.2}, "base_rate", "Nothing was better out of time"),
        (SMALL, {"scorecard": -0.1}, "base_rate", "says nothing of any"),
    ],
)
def test_what_ships(allowed, merits, kind, notice):
    choice = choose(predicted(**merits), MODELS, allowed)
    assert choice.kind == kind
    assert notice in choice.notice


def test_rows_count_by_their_weight():
    """The boosted model is right about the rows that count, and wrong about most others."""
    rows = predicted(boosted=-0.2)
    right = (rows["model"] == "boosted") & (rows.index < 8)
    rows.loc[right, "p"] = 0.25 + 0.2 * (rows.loc[right, "label"] - 0.25)
    assert choose(rows, MODELS, FULL).kind == "base_rate"
    rows["weight"] = (rows.index < 8) * 99.0 + 1.0
    assert choose(rows, MODELS, FULL).kind == "boosted"


def luck(seed, *, gain):
    """A rival whose estimates differ by chance from the steady one's, and may be better."""
    rng = np.random.default_rng(seed)
    steady = predicted(directed=0.2)
    p = np.clip(0.25 + (0.2 + gain) * (LABELS - 0.25) + rng.normal(0, 0.05, len(LABELS)), 0.01, 1)
    one = steady[steady["model"] == "directed"].assign(model="one_metric", p=p)
    return pd.concat([steady, one], ignore_index=True)


def test_on_little_history_the_steady_one_ships_unless_another_is_clearly_better():
    kinds = [choose(luck(seed, gain=0.0), MODELS, MIDDLE).kind for seed in range(20)]
    assert kinds.count("directed") >= 15
    assert choose(luck(0, gain=0.2), MODELS, MIDDLE).kind == "one_metric"
    told = choose(predicted(directed=0.2), MODELS, MIDDLE)
    assert "by more than noise" in told.notice


def test_on_a_long_history_the_best_ships_however_little_it_is_ahead():
    ahead = predicted(directed=0.200, boosted=0.201)
    assert choose(ahead, MODELS, FULL).kind == "boosted"


def test_the_steady_one_does_not_ship_where_the_base_rate_is_better():
    assert choose(predicted(directed=-0.1, scorecard=0.001), MODELS, MIDDLE).kind == "scorecard"


def test_looks_at_one_account_are_no_evidence_of_their_own():
    """A rival that is right about one account on forty dates has been right once."""
    table = predicted(directed=0.2, one_metric=0.2).reset_index(drop=True)
    place = np.tile(np.arange(len(LABELS)) < 40, 3)
    rival = table["model"].eq("one_metric") & place
    table.loc[rival, "p"] = 0.25 + 0.35 * (table.loc[rival, "label"] - 0.25)
    assert choose(table, MODELS, MIDDLE).kind == "one_metric"
    table.loc[place, "account_id"] = 0
    assert choose(table, MODELS, MIDDLE).kind == "directed"
