"""How trees are cut into groups of leaves."""

import lightgbm as lgb
import numpy as np
import pytest

from churngrid.training.treeshap.leaf_groups import Patterns, patterns_of
from churngrid.training.treeshap.lightgbm_trees import read_trees


def _patterns(most: int, num_leaves: int = 31) -> Patterns:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2_000, 8))
    params = {"verbosity": -1, "num_threads": 1, "num_leaves": num_leaves, "min_data_in_leaf": 5}
    booster = lgb.train(params, lgb.Dataset(X, X[:, 0] * X[:, 1] + X[:, 2]), 3)
    return patterns_of([read_trees(booster.model_to_string())], 8, most=most)


@pytest.mark.parametrize("most", [1, 4, 8, 40])
def test_every_leaf_is_in_one_group(most: int) -> None:
    assert len(_patterns(most).groups.values) == 3 * 31


@pytest.mark.parametrize("most", [1, 4, 8])
def test_only_leaves_alone_have_more_conditions_than_allowed(most: int) -> None:
    patterns = _patterns(most)
    conditions = np.diff(patterns.groups.first_condition)
    leaves = np.diff(patterns.groups.first_leaf)
    assert (leaves[conditions > most] == 1).all()
    assert ((patterns.table_sizes == 0) == (conditions > most)).all()


def test_a_small_tree_is_one_group() -> None:
    groups = _patterns(8, num_leaves=7).groups
    assert np.diff(groups.first_leaf).tolist() == [7, 7, 7]
    assert np.diff(groups.first_condition).tolist() == [6, 6, 6]
