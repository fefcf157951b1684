"""The project's own SHAP kernel against LightGBM's, on random boosters and awkward values."""

import copy
from itertools import combinations
from math import factorial

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.training.models import bag_members as members
from churngrid.training.models.bag_members import Members
from churngrid.training.treeshap import shap_values as treeshap
from churngrid.training.treeshap.leaf_groups import patterns_of
from churngrid.training.treeshap.lightgbm_trees import Splits, Trees, read_trees
from churngrid.training.treeshap.shap_values import tree_log_odds, tree_shap

COLUMNS = 6
AWKWARD = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-30, 1e300, -0.5, 2.7, 1e9)

boosters = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "num_leaves": st.sampled_from([2, 3, 7, 31]),
        "max_depth": st.sampled_from([-1, 1, 4]),
        "zero_as_missing": st.booleans(),
        "use_missing": st.booleans(),
        "min_data_in_leaf": st.sampled_from([1, 5, 40]),
        "categorical": st.booleans(),
        "rounded": st.booleans(),
        "rounds": st.sampled_from([1, 4]),
    }
)


def _trained(case: dict) -> lgb.Booster:
    """A booster on few rows with gaps, zeros, ties and, if asked for, a category."""
    rng = np.random.default_rng(case["seed"])
    X = rng.normal(size=(300, COLUMNS))
    X[:, 1] = rng.poisson(1.0, 300)
    X[:, 2] = rng.integers(0, 40, 300)
    X[:, 3] = X[:, 3].round(1)
    X[rng.random(X.shape) < 0.1] = np.nan
    if case["rounded"]:
        X = X.astype(np.float32).astype(np.float64)
    filled = np.nan_to_num(X, nan=2.0)
    y = filled[:, 0] + filled[:, 1] * (filled[:, 2] % 3 == 0) + rng.normal(size=300)
    kept = ("seed", "num_leaves", "max_depth", "zero_as_missing", "use_missing")
    params = {name: case[name] for name in (*kept, "min_data_in_leaf")}
    params |= {"verbosity": -1, "num_threads": 1, "cat_smooth": 1, "min_data_per_group": 5}
    params |= {"max_cat_to_onehot": 4, "learning_rate": 0.5}
    columns = [2] if case["categorical"] else []
    data = lgb.Dataset(X, y, categorical_feature=columns, params=params, free_raw_data=False)
    trained = lgb.train(params, data, case["rounds"])
    return lgb.Booster(model_str=trained.model_to_string())


def _asked(booster: lgb.Booster, seed: int) -> np.ndarray:
    """Rows that lie on the thresholds and one step beside them, and awkward ones."""
    rng = np.random.default_rng(seed)
    values = [*AWKWARD, *rng.normal(size=20), *range(41)]
    edges = read_trees(booster.model_to_string()).splits.threshold
    values += [*edges, *np.nextafter(edges, np.inf), *np.nextafter(edges, -np.inf)]
    values += edges.astype(np.float32).astype(float).tolist()
    return rng.choice(values, size=(200, COLUMNS))


def _category_in_range(X: np.ndarray, case: dict) -> np.ndarray:
    """Keep a category within what a whole number can hold; LightGBM's answer is undefined else."""
    if case["categorical"]:
        X[:, 2] = np.where(np.abs(X[:, 2]) < 1e6, X[:, 2], np.nan)
    return X


@settings(max_examples=60)
@given(boosters, st.sampled_from([1, 3, 8]))
def test_values_equal_those_of_lightgbm(case: dict, most: int) -> None:
    booster = _trained(case)
    X = _category_in_range(_asked(booster, case["seed"]), case)
    patterns = patterns_of([read_trees(booster.model_to_string())], COLUMNS, most=most)
    found = tree_shap(patterns, X, n_jobs=1)
    expected = booster.predict(X, pred_contrib=True, num_threads=1)
    np.testing.assert_allclose(found, expected, atol=1e-9, rtol=0)
    raw = booster.predict(X, raw_score=True, num_threads=1)
    np.testing.assert_allclose(found.sum(axis=1), raw, atol=1e-9, rtol=0)
    np.testing.assert_array_equal(tree_log_odds(patterns, X, n_jobs=1)[0], raw)


def _chain(depth: int) -> Trees:
    """A tree that asks one column after the other and ends in a leaf at every step."""
    order = np.arange(depth)
    return Trees(
        splits=Splits(order, np.full(depth, 8), np.zeros(depth), [frozenset()] * depth),
        left=-order - 1,
        right=np.append(order[1:], -depth - 1),
        count=np.arange(depth + 1, 1, -1) * 10,
        value=np.linspace(-1.0, 1.0, depth + 1),
        leaf_count=np.full(depth + 1, 10),
        sizes=np.array([depth]),
    )


def _log_odds(tree: Trees, row: np.ndarray, known: set[int], node: int = 0) -> float:
    """What the tree says when only some columns are known: a mean over both sides of the others."""
    if node < 0:
        return float(tree.value[-node - 1])
    column = int(tree.splits.column[node])
    left, right = int(tree.left[node]), int(tree.right[node])
    if column in known:
        goes_left = row[column] <= tree.splits.threshold[node]
        return _log_odds(tree, row, known, left if goes_left else right)
    share = _rows_in(tree, left) / _rows_in(tree, node)
    sides = _log_odds(tree, row, known, left), _log_odds(tree, row, known, right)
    return share * sides[0] + (1 - share) * sides[1]


def _rows_in(tree: Trees, node: int) -> int:
    return int(tree.count[node] if node >= 0 else tree.leaf_count[-node - 1])


@pytest.mark.parametrize("most", [2, 8])
def test_values_are_the_average_over_all_orders(most: int) -> None:
    tree, row = _chain(5), np.array([1.0, 1.0, -1.0, 1.0, 1.0])
    found = tree_shap(patterns_of([tree], 5, most=most), row[None], n_jobs=1)[0]
    for column in range(5):
        others = [other for other in range(5) if other != column]
        value = 0.0
        for size in range(5):
            for known in combinations(others, size):
                weight = factorial(size) * factorial(4 - size) / factorial(5)
                gain = _log_odds(tree, row, {*known, column}) - _log_odds(tree, row, set(known))
                value += weight * gain
        assert found[column] == pytest.approx(value, abs=1e-12)
    assert found[-1] == pytest.approx(_log_odds(tree, row, set()), abs=1e-12)


def test_ways_of_a_hundred_columns_still_add_up() -> None:
    tree = _chain(100)
    X = np.random.default_rng(0).choice([-1.0, 1.0], p=[0.02, 0.98], size=(50, 100))
    found = tree_shap(patterns_of([tree], 100, most=8), X, n_jobs=1)
    expected = [_log_odds(tree, row, set(range(100))) for row in X]
    np.testing.assert_allclose(found.sum(axis=1), expected, atol=1e-9, rtol=0)


def test_a_column_asked_again_and_again_stays_one_column() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2_000, 2))
    params = {"num_leaves": 63, "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}
    booster = lgb.train(params, lgb.Dataset(X, np.sin(5 * X[:, 0]) + X[:, 1]), 3)
    found = tree_shap(
        patterns_of([read_trees(booster.model_to_string())], 2, most=4), X[:300], n_jobs=1
    )
    expected = booster.predict(X[:300], pred_contrib=True, num_threads=1)
    np.testing.assert_allclose(found, expected, atol=1e-9, rtol=0)


def test_threads_blocks_and_room_for_tables_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    case = {"seed": 3, "num_leaves": 31, "max_depth": -1, "zero_as_missing": False}
    case |= {"use_missing": True, "min_data_in_leaf": 1, "categorical": True, "rounded": False}
    booster = _trained(case | {"rounds": 4})
    X = _category_in_range(_asked(booster, 0), case)
    patterns = patterns_of([read_trees(booster.model_to_string())], COLUMNS, most=4)
    whole, log_odds = (ask(patterns, X, n_jobs=1) for ask in (tree_shap, tree_log_odds))
    monkeypatch.setattr(treeshap, "BLOCK_ROWS", 7)
    monkeypatch.setattr(treeshap, "BLOCK_GROUPS", 2)
    monkeypatch.setattr(treeshap, "TABLE_ENTRIES", 50)
    np.testing.assert_array_equal(tree_shap(patterns, X, n_jobs=2), whole)
    np.testing.assert_array_equal(tree_log_odds(patterns, X, n_jobs=2), log_odds)


def test_no_rows_and_trees_that_ask_nothing() -> None:
    empty = np.empty(0, dtype=np.int64)
    constant = Trees(
        splits=Splits(empty, empty, np.empty(0), []),
        left=empty,
        right=empty,
        count=empty,
        value=np.array([0.25]),
        leaf_count=np.array([7]),
        sizes=np.array([0]),
    )
    patterns = patterns_of([constant, constant], 2, most=8)
    found = tree_shap(patterns, np.zeros((3, 2)), n_jobs=2)
    assert found.tolist() == [[0.0, 0.0, 0.5]] * 3
    assert tree_shap(patterns, np.zeros((0, 2)), n_jobs=2).shape == (0, 3)
    assert tree_log_odds(patterns, np.zeros((3, 2)), n_jobs=2).tolist() == [[0.25] * 3] * 2


def _bag() -> list[lgb.Booster]:
    case = {"num_leaves": 7, "max_depth": 4, "zero_as_missing": False, "use_missing": True}
    case |= {"min_data_in_leaf": 5, "categorical": True, "rounded": False, "rounds": 4}
    return [_trained(case | {"seed": seed}) for seed in (1, 2, 3)]


def test_a_bag_is_the_mean_of_its_members_however_many_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bag = _bag()
    X = np.nan_to_num(_asked(bag[0], 5), posinf=9.0, neginf=-9.0)
    expected = np.mean([b.predict(X, pred_contrib=True, num_threads=1) for b in bag], axis=0)
    for fewest in (1, 1_000):
        monkeypatch.setattr(members, "EXPLAIN_ROWS", fewest)
        found = Members(bag).contributions(X, n_jobs=2)
        np.testing.assert_allclose(found, expected, atol=1e-9, rtol=0)


def test_a_bag_says_the_same_to_the_last_bit_however_many_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bag = _bag()
    X = np.nan_to_num(_asked(bag[0], 6), posinf=9.0, neginf=-9.0)
    few = Members(bag).log_odds(X, n_jobs=2)
    monkeypatch.setattr(members, "PREDICT_ROWS", 1)
    np.testing.assert_array_equal(Members(bag).log_odds(X, n_jobs=2), few)


def test_a_copied_bag_lays_out_its_trees_again() -> None:
    bag = Members(_bag())
    X = np.nan_to_num(np.resize(_asked(bag[0], 7), (400, COLUMNS)), posinf=9.0, neginf=-9.0)
    shares = bag.contributions(X, n_jobs=1)
    np.testing.assert_array_equal(copy.copy(bag).contributions(X, n_jobs=1), shares)


def test_what_the_kernel_refuses_is_left_to_lightgbm(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 5, (300, COLUMNS)).astype(float)
    params = {"verbosity": -1, "num_threads": 1, "num_leaves": 4, "min_data_per_group": 5}
    bag = [
        lgb.train(params, lgb.Dataset(X, X[:, 2] % 2, categorical_feature=kind), 2)
        for kind in ([2], [])
    ]
    monkeypatch.setattr(members, "EXPLAIN_ROWS", 1)
    found = Members(bag).contributions(X, n_jobs=1)
    expected = np.mean([b.predict(X, pred_contrib=True, num_threads=1) for b in bag], axis=0)
    np.testing.assert_array_equal(found, expected)
