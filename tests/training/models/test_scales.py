"""Columns as linear models take them."""

import numpy as np

from churngrid.training.models.scales import learn_pool, scaled_rows


def test_a_column_of_two_values_is_not_offered_twice() -> None:
    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.integers(0, 2, 200) * 7.0, rng.integers(0, 3, 200)])
    matrix[:20, 0] = np.nan
    pool = learn_pool(["flag", "level"], matrix, {})
    found = [(scale.column, scale.log) for scale in pool.scales]
    assert found == [("flag", False), ("level", False), ("level", True)]


def test_a_column_that_is_only_ever_missing_or_one_value_has_one_scale() -> None:
    matrix = np.array([[5.0], [np.nan], [5.0]])
    pool = learn_pool(["asked"], matrix, {})
    assert [(scale.column, scale.missing_share) for scale in pool.scales] == [("asked", 1 / 3)]


def test_values_are_in_spreads_and_what_is_missing_stands_apart() -> None:
    matrix = np.column_stack([[0.0, 2.0, 4.0, np.nan], [1.0, 1.0, 1.0, 1.0], [3.0, 1.0, 2.0, 4.0]])
    pool = learn_pool(["seats", "same", "level"], matrix, {"level": -1})
    rows = scaled_rows(pool, matrix)
    assert list(pool.columns) == ["seats", "level"]
    assert pool.column_of.tolist() == [0, 0, 1, 1]
    assert pool.signs.tolist() == [0, 0, -1, -1]
    np.testing.assert_allclose(rows.absent, [[-0.25, -0.25, -0.25, 0.75], [0, 0, 0, 0]])
    np.testing.assert_allclose(rows.values.mean(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(rows.values[2].std(), 1.0)
    assert rows.values[0, 3] == 0.0


def test_a_design_has_ones_then_value_and_absence_of_each_chosen_scale() -> None:
    matrix = np.array([[0.0, 1.0], [2.0, np.nan], [4.0, 3.0]])
    rows = scaled_rows(learn_pool(["a", "b"], matrix, {}), matrix[[2, 1]])
    names = [(scale.column, scale.log) for scale in rows.pool.scales]
    design = rows.design([names.index(("b", False)), names.index(("a", True))])
    assert design.shape == (2, 5)
    np.testing.assert_array_equal(design[:, 0], 1.0)
    np.testing.assert_allclose(design[:, 2], [-1 / 3, 2 / 3])
    np.testing.assert_allclose(design[:, 4], 0.0)
