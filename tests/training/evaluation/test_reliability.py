"""Estimates beside what came: every decision once, each distance for itself."""

import numpy as np
import pandas as pd
import pytest

from churngrid.training.evaluation.reliability import reliability_table

START = pd.Timestamp("2025-01-01", tz="UTC")


def predictions(days, p, label, weight=1.0):
    rows = pd.DataFrame({"p": p, "label": label, "weight": weight, "as_of": START})
    return rows.assign(asked_until=START + pd.to_timedelta(np.asarray(days), unit="D"))


def test_a_decision_counts_once_however_often_it_was_looked_at():
    seldom = predictions([10] * 100, [0.2] * 100, [1] * 20 + [0] * 80)
    often = pd.concat([seldom.assign(weight=0.25)] * 4)
    columns = ["decisions", "estimate", "rate", "low", "high"]
    pd.testing.assert_frame_equal(
        reliability_table(often)[columns], reliability_table(seldom)[columns]
    )


def test_every_distance_has_its_own_bins_and_all_rows_are_in_one():
    rng = np.random.default_rng(0)
    days, p = rng.integers(0, 400, 2000), rng.random(2000)
    found = reliability_table(predictions(days, p, rng.random(2000) < p))
    assert list(found["stratum"].unique()) == ["all", "0-30", "31-90", "91-180", "over 180"]
    assert found.groupby("stratum")["rows"].sum().drop("all").sum() == 2000
    whole = found[found["stratum"] == "all"]
    assert whole["estimate"].is_monotonic_increasing
    inside = (whole["low"] <= whole["estimate"]) & (whole["estimate"] <= whole["high"])
    assert inside.sum() >= 4


@pytest.mark.parametrize(("count", "bins"), [(5, 1), (45, 2), (1000, 5)])
def test_few_decisions_have_few_bins(count, bins):
    found = reliability_table(predictions([100] * count, np.linspace(0.1, 0.9, count), [0] * count))
    assert len(found[found["stratum"] == "91-180"]) == bins
    assert (found["low"] == 0.0).all()
    assert (found["high"] < 1.0).all()


def test_nothing_told_is_an_empty_table():
    assert reliability_table(predictions([], [], [])).empty
