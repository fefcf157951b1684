"""Drivers: which metrics move an estimate most, and what is said of them."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.feature_table import Features
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.serving.results.schema import DRIVER_COLUMNS
from churngrid.serving.scoring.drivers import drivers_of

AS_OF = pd.Timestamp("2025-06-30", tz="UTC")
NAMES = [metric.column for metric in METRICS[:12]]
SHARES = [metric.column for metric in METRICS if metric.unit == "share"]


def frame(values, names=NAMES):
    index = pd.MultiIndex.from_product([["a", "b"], [AS_OF]], names=["account_id", "as_of"])
    return pd.DataFrame(values, index=index, columns=names, dtype=float)


def features_of(value=7.0, *, baseline=np.nan, median=np.nan, absence=Absence.PRESENT):
    level = frame(np.nan, [metric.column for metric in METRICS]).fillna(value)
    return Features(
        frame=level,
        absence=pd.DataFrame(absence, index=level.index, columns=level.columns),
        baseline=frame(baseline),
        segment_median=level * 0 + median,
        live=pd.Series(True, index=level.index),
        segment=pd.Series("", index=level.index),
        metrics=METRICS,
    )


def none_lost(names=NAMES):
    return frame(0.0, names)


def test_five_raise_and_three_lower_the_strongest_first():
    shares = frame([[*range(1, 8), -1, -2, -3, -4, 0], [0.0] * 12])
    found = drivers_of(features_of(), {"churned": shares}, none_lost())
    assert found["account_id"].tolist() == ["a"] * 8
    assert found["rank"].tolist() == list(range(1, 9))
    assert found["shap"].tolist() == [7, 6, 5, 4, -4, 3, -3, -2]
    assert found["direction"].tolist() == ["+", "+", "+", "+", "-", "+", "-", "-"]
    assert found["metric"].iloc[0] == NAMES[6]
    assert found["weight"].tolist() == found["shap"].abs().tolist()


def test_of_equal_shares_the_earlier_column_comes_first():
    shares = frame([[1.0] * 3 + [0.0] * 9, [0.0] * 12])
    found = drivers_of(features_of(), {"churned": shares}, none_lost())
    assert found["metric"].tolist() == NAMES[:3]


def test_each_target_follows_the_other_and_the_score_comes_last():
    shares = frame([[1.0] + [0.0] * 11, [2.0] + [0.0] * 11])
    lost = frame([[0, 2.6] + [0.0] * 10, [0.0] * 12])
    found = drivers_of(features_of(), {"churned": shares, "expanded": shares}, lost)
    assert found["target"].tolist() == ["churned"] * 2 + ["expanded"] * 2 + ["chs"]
    assert found["account_id"].tolist() == ["a", "b", "a", "b", "a"]
    assert found["shap"].isna().tolist() == [False] * 4 + [True]
    assert found["text"].iloc[4].endswith(": costs 3 points")
    assert not found["text"].iloc[:4].str.contains("costs").any()


def test_what_is_usual_is_said_beside_the_value():
    shares = frame([[1.0] + [0.0] * 11, [0.0] * 12])
    label = METRICS[0].label

    def said(**known):
        return drivers_of(features_of(**known), {"churned": shares}, none_lost())["text"].tolist()

    assert said() == [f"{label} 7"]
    assert said(baseline=12.0) == [f"{label} 12 -> 7"]
    assert said(baseline=12.0, median=8.0) == [f"{label} 12 -> 7 (segment 8)"]
    # What reads alike has not moved.
    assert said(value=70.2, baseline=70.4) == [f"{label} 70"]


def test_a_value_that_is_missing_is_no_driver():
    features = features_of(absence=Absence.NOT_COLLECTED)
    found = drivers_of(features, {"churned": frame(1.0)}, frame(1.0))
    assert found.empty
    assert [*found.columns] == [*DRIVER_COLUMNS, "weight"]


@pytest.mark.parametrize("names", [["cmi", "chs"], []])
def test_a_model_without_metrics_has_no_drivers(names):
    found = drivers_of(features_of(), {"churned": frame(1.0, names)}, none_lost())
    assert found.empty


def test_fewer_metrics_than_drivers_are_all_there():
    shares = frame([[1.0, -1.0], [0.5, 0.25]], NAMES[:2])
    found = drivers_of(features_of(), {"churned": shares}, none_lost())
    assert found["shap"].tolist() == [1.0, -1.0, 0.5, 0.25]


def test_context_is_marked_as_nothing_to_act_on():
    context = next(metric for metric in METRICS if metric.axis == "context")
    found = drivers_of(
        features_of(), {"churned": frame(1.0, [context.column, NAMES[0]])}, none_lost()
    )
    own = found.set_index("metric")["actionable"].groupby(level=0).first()
    assert own.to_dict() == {context.column: False, NAMES[0]: True}
