"""Frames as numbers: levels, missing values, and what is refused."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from churngrid.training.models.design_matrix import UNSEEN, Encoding, learn_encoding


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_text_of_any_kind_becomes_sorted_levels(dtype: str) -> None:
    frame = pd.DataFrame({"plan": pd.Series(["pro", "basic", None, "pro"], dtype=dtype)})
    encoding = learn_encoding(frame)
    assert encoding.levels == (("basic", "pro"),)
    assert encoding.categorical == [0]
    np.testing.assert_array_equal(encoding.encode(frame)[:, 0], [1, 0, np.nan, 1])


def test_levels_do_not_depend_on_row_order() -> None:
    frame = pd.DataFrame({"plan": ["c", "a", "b"]})
    assert learn_encoding(frame) == learn_encoding(frame.iloc[::-1])


def test_a_category_of_numbers_keeps_its_levels() -> None:
    frame = pd.DataFrame({"tier": pd.Categorical([2, 1, 2])})
    assert learn_encoding(frame).levels == (("1", "2"),)


@pytest.mark.parametrize("values", [[1, 2], [True, False], [1.5, None]])
def test_numbers_and_booleans_are_numbers(values: list[object]) -> None:
    frame = pd.DataFrame({"x": values})
    assert learn_encoding(frame).levels == (None,)
    expected = np.array(values, dtype=float)
    np.testing.assert_array_equal(learn_encoding(frame).encode(frame)[:, 0], expected)


def test_nullable_numbers_become_nan() -> None:
    frame = pd.DataFrame({"x": pd.array([1, None], dtype="Int64")})
    np.testing.assert_array_equal(learn_encoding(frame).encode(frame)[:, 0], [1, np.nan])


def test_a_column_without_any_value_is_a_number() -> None:
    frame = pd.DataFrame({"x": pd.Series([None, None], dtype=object)})
    assert learn_encoding(frame).levels == (None,)
    assert np.isnan(learn_encoding(frame).encode(frame)).all()


def test_whole_numbers_that_came_as_objects_are_numbers() -> None:
    frame = pd.DataFrame({"x": pd.Series([1, None, 3], dtype=object)})
    np.testing.assert_array_equal(Encoding(("x",), (None,)).encode(frame)[:, 0], [1, np.nan, 3])


def test_text_where_a_number_was_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Column 'x' must hold numbers, as in training, got"):
        Encoding(("x",), (None,)).encode(pd.DataFrame({"x": ["7"]}))


def test_dates_are_refused() -> None:
    frame = pd.DataFrame({"day": pd.to_datetime(["2025-01-01"])})
    with pytest.raises(TypeError, match=r"Column 'day' must hold numbers, booleans, text or"):
        learn_encoding(frame)


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="Column names must be unique, got 'x' twice"):
        learn_encoding(pd.DataFrame([[1, 2]], columns=["x", "x"]))


def test_a_frame_without_rows_gives_a_matrix_without_rows() -> None:
    frame = pd.DataFrame({"x": pd.Series([], dtype=float), "plan": pd.Series([], dtype="string")})
    assert learn_encoding(frame).encode(frame).shape == (0, 2)


SPELLINGS = {
    "integers": [1, 2, 1],
    "floats": [1.0, 2.0, 1.0],
    "decimals": [Decimal("1"), Decimal("2.00"), Decimal("1.0")],
    "texts": ["1", " 2", "1.0"],
    "numpy": [np.int64(1), np.float32(2), np.int8(1)],
}


@pytest.mark.parametrize("learned", SPELLINGS)
@pytest.mark.parametrize("scored", SPELLINGS)
def test_spellings_of_one_category_are_one(learned: str, scored: str) -> None:
    levels = {"tier": pd.Series(SPELLINGS[learned], dtype=object).astype("category")}
    encoding = learn_encoding(pd.DataFrame(levels))
    assert encoding.levels == (("1", "2"),)
    for dtype in ("object", "category"):
        frame = pd.DataFrame({"tier": pd.Series([*SPELLINGS[scored], None], dtype=dtype)})
        np.testing.assert_array_equal(encoding.encode(frame)[:, 0], [0, 1, 0, np.nan])


def test_spellings_of_yes_and_no_are_one() -> None:
    encoding = learn_encoding(pd.DataFrame({"sso": pd.Categorical([True, False])}))
    for values in ([True, False], [1, 0], [1.0, 0.0], ["True", "False"], ["true", "0"]):
        frame = pd.DataFrame({"sso": pd.Series(values)})
        np.testing.assert_array_equal(encoding.encode(frame)[:, 0], [1, 0])


def test_keys_and_versions_keep_their_spelling() -> None:
    frame = pd.DataFrame({"code": ["007", "7", "1.10", "1.1"]})
    assert learn_encoding(frame).levels == (("007", "1.1", "1.10", "7"),)


def test_numbers_that_come_as_objects_are_numbers() -> None:
    values = [Decimal("1.5"), 2, None, 3.0, True]
    frame = pd.DataFrame({"seats": pd.Series(values, dtype=object)})
    encoding = learn_encoding(frame)
    assert encoding.levels == (None,)
    np.testing.assert_array_equal(encoding.encode(frame)[:, 0], [1.5, 2, np.nan, 3, 1])


def test_a_blank_is_missing_and_a_level_never_seen_is_neither() -> None:
    encoding = learn_encoding(pd.DataFrame({"plan": ["pro", "basic", " "]}))
    assert encoding.levels == (("basic", "pro"),)
    frame = pd.DataFrame({"plan": ["", "platinum", "pro"]})
    np.testing.assert_array_equal(encoding.encode(frame)[:, 0], [np.nan, UNSEEN, 1])
