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
            {"model": name, "label": LABELS, "p": 0.25 + merit * (LABELS - 0.25), "weight": 1.0}
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
