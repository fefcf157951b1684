"""Reading trees from LightGBM's text, and the codes of their columns."""

import lightgbm as lgb
import numpy as np
import pytest

from churngrid.training import trees
from churngrid.training.trees import columns_of, read_trees


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
    for tree, dump in zip(read_trees(text), dumped, strict=True):
        top = dump["tree_structure"]
        assert tree.column[0] == top["split_feature"]
        assert tree.count[0] == top["internal_count"] == tree.leaf_count.sum()
        assert tree.categories[0] == {int(code) for code in top["threshold"].split("||")}
        assert len(tree.value) == dump["num_leaves"]


def test_a_code_says_on_which_side_of_every_threshold_a_value_lies() -> None:
    found = read_trees(_text())
    column = columns_of(found, 2)[1]
    for tree in found:
        for split in np.flatnonzero(tree.column == 1):
            left = column.left_of(tree, int(split))
            below = int(np.searchsorted(column.edges, tree.threshold[split]))
            assert left & (2 << below) - 1 == (2 << below) - 1
            assert not left >> below + 1 & 1


def test_a_column_nobody_asks_for_has_no_edges() -> None:
    assert [len(column.edges) for column in columns_of([], 3)] == [0, 0, 0]


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
    both = read_trees(_text()) + read_trees(_text(categorical=[0]))
    with pytest.raises(ValueError, match="`trees` take column 0 for a number and for a category"):
        columns_of(both, 2)


def test_too_many_different_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MOST_CODES", 3)
    with pytest.raises(ValueError, match="`trees` must tell apart at most 3 values of a column"):
        columns_of(read_trees(_text()), 2)
