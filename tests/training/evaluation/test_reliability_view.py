"""Reliability reads as text and as a picture without scripts."""

import numpy as np
import pandas as pd

from churngrid.training.evaluation.reliability import reliability_table
from churngrid.training.evaluation.reliability_view import Reliability


def _told(n=400):
    rng = np.random.default_rng(0)
    p = rng.beta(1, 4, n)
    start = pd.Timestamp("2025-01-01", tz="UTC")
    rows = pd.DataFrame({"p": p, "label": rng.random(n) < p, "weight": 1.0, "as_of": start})
    return reliability_table(rows.assign(asked_until=start + pd.Timedelta(days=60)))


def test_all_groups_are_told_and_those_of_all_distances_drawn():
    found = Reliability("churn <b>", _told())
    lines = repr(found).splitlines()
    assert lines[0] == "churn <b>: said, and what came (95 % interval)"
    assert len(lines) == 1 + len(found.table)
    shown = found._repr_html_()
    assert shown.count("<circle") == (found.table["stratum"] == "all").sum() == 5
    assert "<b>" not in shown.replace("&lt;b&gt;", "")
    assert "<script" not in shown
    assert "<th>came</th>" in shown


def test_nothing_is_an_empty_table():
    nothing = Reliability("churn", _told().head(0))
    assert "<svg" in nothing._repr_html_()
    assert repr(nothing).count("\n") == 0
