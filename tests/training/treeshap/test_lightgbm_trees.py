"""Reading trees from LightGBM's text, and the codes of their columns."""

import re

import lightgbm as lgb
import numpy as np
import pytest

from churngrid.training.treeshap import lightgbm_trees as trees
from churngrid.training.treeshap.lightgbm_trees import Trees, columns_of, read_trees


def _text(rows: int = 200, *, categorical: list[int] | None = None, **params: object) -> str:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 9, (rows, 2)).astype(float)
    y = (X[:, 0] % 3 == 0).astype(int) + (X[:, 1] > 4)
    given = {"verbosity": -1, "num_threads": 1, "num_leaves": 6, "min_data_in_leaf": 2, **params}
    given |= {"cat_smooth": 1, "min_data_per_group": 2, "max_cat_to_onehot": 2}
    data = lgb.Dataset(X, y, categorical_feature=categorical or [])
    return str(lgb.train(given, data, 2).model_to_string())


def test_trees_are_read_as_lightgbm_dumps_them() -> None:
    text = _text(categorical=[0, 1])
    dumped = lgb.Booster(model_str=text).dump_model()["tree_info"]
    trees = read_trees(text)
    leaves = np.split(trees.leaf_count, np.cumsum(trees.sizes + 1)[:-1])
    tops = np.cumsum(trees.sizes) - trees.sizes
    assert trees.sizes.tolist() == [dump["num_leaves"] - 1 for dump in dumped]
    assert len(trees.value) == sum(dump["num_leaves"] for dump in dumped)
    for top, own, dump in zip(tops, leaves, dumped, strict=True):
        asked = dump["tree_structure"]
        assert trees.splits.column[top] == asked["split_feature"]
        assert trees.count[top] == asked["internal_count"] == own.sum()
        codes = {int(code) for code in asked["threshold"].split("||")}
        assert trees.splits.categories[top] == codes


def test_a_code_says_on_which_side_of_every_threshold_a_value_lies() -> None:
    splits = read_trees(_text()).splits
    own = splits.at(np.flatnonzero(splits.column == 1))
    column = columns_of(splits, 2)[1]
    below = np.searchsorted(column.edges, own.threshold)
    numbers = np.arange(column.n_codes - 1)
    assert len(own.threshold)
    assert (column.sent_left(own)[:, :-1] == (numbers <= below[:, None])).all()


def test_a_column_nobody_asks_for_has_no_edges() -> None:
    splits = read_trees(_text(num_leaves=2)).splits
    edges = [len(column.edges) for column in columns_of(splits, 4)]
    assert edges[2:] == [0, 0]
    assert sum(edges) == len({*zip(splits.column, splits.threshold, strict=True)})


def test_a_tree_that_asks_nothing_is_a_leaf_with_all_rows() -> None:
    text = _text(min_data_in_leaf=150)
    unsaid = re.sub("^leaf_count=.*$", "leaf_count=", text, flags=re.MULTILINE)
    for found in (read_trees(text), read_trees(unsaid)):
        assert found.sizes.tolist() == [0] * len(found.value)
        assert len(found.leaf_count) == len(found.value) > 0


def test_several_outputs_are_refused() -> None:
    with pytest.raises(ValueError, match="`text` must be of a booster with one output"):
        read_trees(_text(objective="multiclass", num_class=3))


def test_averaged_trees_are_refused() -> None:
    forest = {"boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1}
    with pytest.raises(ValueError, match="one output whose trees add up"):
        read_trees(_text(**forest))


def test_linear_leaves_are_refused() -> None:
    with pytest.raises(ValueError, match="`text` has linear functions in its leaves"):
        read_trees(_text(linear_tree=True))


def test_a_tree_without_its_rows_is_refused() -> None:
    lines = _text().split("\n")
    bare = [line for line in lines if not line.startswith("leaf_count=")]
    with pytest.raises(ValueError, match="`text` does not say how many rows reach each split"):
        read_trees("\n".join(bare))


def test_a_column_of_two_kinds_is_refused() -> None:
    both = Trees.joined([read_trees(_text()), read_trees(_text(categorical=[0]))])
    with pytest.raises(ValueError, match="`splits` take column 0 for a number and for a category"):
        columns_of(both.splits, 2)


def test_too_many_different_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MOST_CODES", 3)
    with pytest.raises(ValueError, match="`splits` must tell apart at most 3 values of a column"):
        columns_of(read_trees(_text()).splits, 2)
