"""Drivers: which metrics move an estimate most, what each compares with, and what is said."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from churngrid.features.engine.feature_table import Features
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS
from churngrid.serving.results.schema import DRIVER_COLUMNS
from churngrid.serving.scoring.component_reasons import ScorePoints
from churngrid.serving.scoring.drivers import LEAST_SHARE, drivers_of

AS_OF = pd.Timestamp("2025-06-30", tz="UTC")
NAMES = [metric.column for metric in METRICS[:12]]
USERS, VOLUME = "active_users_28d", "usage_volume_28d"
OVERDUE = "days_overdue"


def index_of(count=2):
    pairs = [(f"a{n}", AS_OF) for n in range(count)]
    return pd.MultiIndex.from_tuples(pairs, names=["account_id", "as_of"])


def frame(values, names=NAMES, count=2):
    return pd.DataFrame(values, index=index_of(count), columns=names, dtype=float)


def features_of(value=7.0, *, baseline=np.nan, median=np.nan, absence=Absence.PRESENT, count=2):
    """All metrics alike for all accounts: too few for anything to be usual in the book."""
    columns = [metric.column for metric in METRICS]
    level = frame(np.nan, columns, count).fillna(value)
    return Features(
        frame=level,
        absence=pd.DataFrame(absence, index=level.index, columns=level.columns),
        baseline=level * 0 + baseline,
        segment_median=level * 0 + median,
        live=pd.Series(True, index=level.index),
        segment=pd.Series("", index=level.index),
        metrics=METRICS,
    )


def points_of(taken=None, *, healthy=1.0, names=NAMES, count=2):
    places = np.array([[m.column for m in METRICS].index(name) for name in names])
    taken = np.zeros((count, len(names))) if taken is None else np.asarray(taken, dtype=float)
    nothing = np.full(taken.shape, np.nan)
    return ScorePoints(list(names), places, taken, np.full(taken.shape, healthy), nothing)


def found(features, shares, *, points=None, by_scorecard=False):
    count = len(features.frame)
    everyone = pd.Series(True, index=features.frame.index)
    return drivers_of(
        features,
        shares,
        points or points_of(count=count),
        told=dict.fromkeys(shares, everyone),
        by_scorecard=everyone & by_scorecard,
    )


def test_five_raise_and_three_lower_the_strongest_first():
    shares = frame([[*range(1, 8), -1, -2, -3, -4, 0], [0.0] * 12])
    drivers = found(features_of(), {"churn": shares})
    assert drivers["account_id"].tolist() == ["a0"] * 8
    assert drivers["rank"].tolist() == list(range(1, 9))
    assert drivers["shap"].tolist() == [7, 6, 5, 4, -4, 3, -3, -2]
    raised = ["raises", "raises", "raises", "raises", "lowers", "raises", "lowers", "lowers"]
    assert drivers["direction"].tolist() == raised
    assert drivers["share"].tolist() == pytest.approx([x / 38 for x in (7, 6, 5, 4, 4, 3, 3, 2)])
    assert drivers["metric"].iloc[0] == NAMES[6]


def test_of_equal_shares_the_earlier_column_comes_first():
    shares = frame([[1.0] * 3 + [0.0] * 9, [0.0] * 12])
    assert found(features_of(), {"churn": shares})["metric"].tolist() == NAMES[:3]


def test_variants_of_a_metric_are_one_driver():
    names = [USERS, f"{USERS}_vs_own", f"{USERS}_in_segment", OVERDUE]
    shares = frame([[1.0, 0.5, -0.25, 1.0], [0.0] * 4], names)
    drivers = found(features_of(), {"churn": shares})
    assert drivers["metric"].tolist() == [USERS, OVERDUE]
    assert drivers["shap"].tolist() == [1.25, 1.0]


def test_what_moves_little_of_the_estimate_is_not_said():
    small = 100 * LEAST_SHARE / (1 - LEAST_SHARE)
    shares = frame([[100.0, 0.99 * small], [100.0, 1.01 * small]], NAMES[:2])
    drivers = found(features_of(), {"churn": shares})
    assert drivers.groupby("account_id").size().to_dict() == {"a0": 1, "a1": 2}


def test_inputs_that_are_no_metrics_count_in_the_share_and_are_no_drivers():
    shares = frame([[1.0, -3.0], [0.0, 0.0]], [USERS, "cmi"])
    drivers = found(features_of(), {"churn": shares})
    assert drivers[["metric", "share"]].to_numpy().tolist() == [[USERS, 0.25]]


@pytest.mark.parametrize("names", [["cmi", "chs"], []])
def test_a_model_without_metrics_has_no_drivers(names):
    assert found(features_of(), {"churn": frame(1.0, names)}).empty


def test_accounts_that_the_model_does_not_explain_have_no_drivers_of_it():
    shares = {"churn": frame([[1.0], [1.0]], [USERS])}
    told = {"churn": pd.Series([True, False], index=index_of())}
    by_scorecard = ~told["churn"]
    points = points_of([[5.0, 0.2], [5.0, 0.2]], names=[USERS, VOLUME])
    drivers = drivers_of(features_of(), shares, points, told=told, by_scorecard=by_scorecard)
    assert drivers["account_id"].tolist() == ["a0", "a1"]
    assert drivers["target"].tolist() == ["churn", "chs"]
    # What takes points lowers the score; less than a point is not said.
    assert drivers["direction"].tolist() == ["raises", "lowers"]
    assert drivers["metric"].tolist() == [USERS, USERS]


def one_reason(value, sign=1.0, *, own=np.nan, median=np.nan, name=USERS, shares=None, **more):
    names = [name, f"{name}_vs_own", f"{name}_in_segment"]
    parts = np.zeros((2, 3))
    parts[0] = np.array(shares or (1.0, 0.0, 0.0)) * sign
    features = features_of(value, baseline=own, median=median)
    drivers = found(features, {more.get("target", "churn"): frame(parts, names)})
    return drivers["text"].tolist()


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ({}, "active users 7: all of the estimate"),
        ({"own": 12.0}, "active users 12 -> 7: all of the estimate"),
        ({"median": 12.0}, "active users 7 (segment 12): all of the estimate"),
    ],
)
def test_a_reason_says_what_it_compares_with(known, text):
    assert one_reason(7.0, **known) == [text]


@pytest.mark.parametrize(
    ("shares", "text"),
    [
        ((0.0, 1.0, 0.1), "active users 12 -> 7: all of the estimate"),
        ((0.0, 0.1, 1.0), "active users 7 (segment 9): all of the estimate"),
    ],
)
def test_the_reference_whose_variant_moves_the_estimate_is_the_one_that_is_said(shares, text):
    assert one_reason(7.0, own=12.0, median=9.0, shares=shares) == [text]


@pytest.mark.parametrize(
    ("value", "own", "median", "sign", "kept"),
    [
        (4.0, 3.3, 3.0, 1.0, False),  # better than both, said to raise the risk
        (3.0, 5.0, 5.0, -1.0, False),  # worse than both, said to lower it
        (7.0, 7.0, 7.0, 1.0, False),  # nothing differs
        (7.0, 7.2, 6.8, 1.0, False),  # as it reads, nothing differs
        (9.0, 5.0, 12.0, 1.0, False),  # it nearly doubled: no level outweighs that in words
        (9.0, 8.5, 12.0, 1.0, True),
        (3.0, 5.0, 5.0, 1.0, True),
        (8.0, 6.0, 6.0, -1.0, True),
    ],
)
def test_a_reason_against_its_own_numbers_is_not_said(value, own, median, sign, kept):
    assert bool(one_reason(value, sign, own=own, median=median)) == kept


def test_where_less_is_better_the_sides_change():
    assert one_reason(9.0, own=2.0, name=OVERDUE) != []
    assert one_reason(2.0, own=9.0, name=OVERDUE) == []
    assert one_reason(2.0, -1.0, own=9.0, name=OVERDUE) != []


def test_growth_comes_from_what_is_better_than_usual():
    assert one_reason(9.0, median=5.0, target="expansion") != []
    assert one_reason(3.0, median=5.0, target="expansion") == []


def test_all_accounts_are_the_reference_where_the_level_counts():
    features = features_of(5.0, count=9)
    features.frame.iloc[0] = 2.0
    shares = frame(0.0, [USERS], 9)
    shares.iloc[0] = 1.0
    drivers = found(features, {"churn": shares})
    assert drivers["text"].tolist() == ["active users 2 (all accounts 5): all of the estimate"]
    assert drivers["compared_with"].tolist() == ["all"]
    assert drivers["usual"].tolist() == [5.0]


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float64, (6, 3), elements=st.floats(0, 50)),
    arrays(np.float64, (6, 9), elements=st.floats(-2, 2)),
)
def test_no_reason_ever_contradicts_what_it_names(numbers, moves):
    names = [f"{name}{kind}" for name in NAMES[:3] for kind in ("", "_vs_own", "_in_segment")]
    features = features_of(count=6)
    for column, which in zip(NAMES[:3], range(3), strict=True):
        features.frame[column] = numbers[:, which]
        features.baseline[column] = numbers[:, (which + 1) % 3]
        features.segment_median[column] = numbers[:, (which + 2) % 3]
    drivers = found(features, {"churn": frame(moves, names, 6)})
    better = {m.column: {"+": 1, "-": -1}.get(m.direction, 0) for m in METRICS}
    for row in drivers[drivers["compared_with"] != ""].itertuples():
        worse = (row.value - row.usual) * better[row.metric] < 0
        assert worse == (row.direction == "raises")


def test_a_value_that_is_missing_is_no_driver():
    features = features_of(absence=Absence.NOT_COLLECTED)
    drivers = found(features, {"churn": frame(1.0)})
    assert drivers.empty
    assert [*drivers.columns] == [*DRIVER_COLUMNS, "weight"]


def test_points_are_held_against_the_value_that_gets_them_all():
    features = features_of(7.0, baseline=12.0)
    points = points_of([[2.6, 1.2, 0.0], [0.0] * 3], healthy=20.0, names=NAMES[:3])
    drivers = found(features, {}, points=points, by_scorecard=True)
    assert drivers["text"].iloc[0] == "active users 12 -> 7 (full points at 20): costs 3 points"
    assert drivers["text"].iloc[1].endswith(": costs 1 point")
    assert drivers["share"].tolist() == pytest.approx([2.6 / 3.8, 1.2 / 3.8])


def test_context_is_marked_as_nothing_to_act_on():
    context = next(metric for metric in METRICS if metric.axis == "context")
    drivers = found(features_of(), {"churn": frame(1.0, [context.column, NAMES[0]])})
    own = drivers.set_index("metric")["actionable"].groupby(level=0).first()
    assert own.to_dict() == {context.column: False, NAMES[0]: True}
