import numpy as np
import pandas as pd
import pytest

from churngrid.training.flat.columns import as_inputs, columns_of, numbers_in
from tests.flat_customers import flat_customers

Y = np.arange(40) % 2


def judged(cells, y=Y, **options):
    (column,) = columns_of(pd.DataFrame({"column": cells}), np.asarray(y), **options)
    return column


@pytest.mark.parametrize(
    ("cells", "treatment", "why"),
    [
        ([1, 2] * 20, "number", ""),
        (["a", "b", "c", "d"] * 10, "category", ""),
        ([True, True, False, False] * 10, "number", ""),
        (["1.5", " ", "2", "3"] * 10, "number", "10 blank cells"),
        ([None] * 40, "left_out", "it has no value"),
        (["x"] * 40, "left_out", "the same value in every row"),
        ([f"K{n:03d}" for n in range(40)], "left_out", "like an id"),
        (list(range(1000, 1040)), "left_out", "it numbers the rows"),
        (["2024-01-01", "2024-02-01", "2024-01-01", "2024-02-02"] * 10, "days_before", "dates"),
        ([None, "price"] * 20, "left_out", "filled for 100 % of those with the outcome and 0 %"),
        ([0.0, 1.0] * 20, "left_out", "tells the outcomes apart nearly perfectly"),
        (["stays", "goes"] * 20, "left_out", "tells the outcomes apart nearly perfectly"),
    ],
)
def test_each_column_is_treated_and_said(cells, treatment, why):
    # Outcomes of pairs, so that columns alternating in fours know nothing.
    knows = "perfectly" in why or "filled for" in why
    y = Y if knows else (np.arange(40) // 4) % 2
    if cells == [1, 2] * 20:
        y = (np.arange(40) // 2) % 2
    found = judged(cells, y)
    assert (found.treatment, why in found.why) == (treatment, True), found
    assert found.says == "" or "`column`" in found.says


def test_the_users_word_keeps_what_looks_as_if_it_knew():
    assert judged([0.0, 1.0] * 20, keep=["column"]).treatment == "number"
    assert judged(["x"] * 40, keep=["column"]).treatment == "left_out"


def test_a_date_after_its_row_is_left_out():
    dates = pd.Series(pd.to_datetime(["2024-06-01"] * 40, utc=True))
    y = (np.arange(40) // 4) % 2
    early, late = ["2024-05-01", "2024-05-02"] * 20, ["2024-05-01", "2024-07-02"] * 20
    assert judged(early, y, dates=dates).treatment == "days_before"
    assert "20 of its dates lie after" in judged(late, y, dates=dates).why


def test_days_count_to_the_date_of_the_row_or_to_the_newest():
    frame = pd.DataFrame({"since": ["2024-01-01", "2024-01-31"]})
    columns = columns_of(frame, np.array([0, 1]))
    dates = pd.Series(pd.to_datetime(["2024-01-11", "2024-02-10"], utc=True))
    assert as_inputs(frame, columns, dates=dates)["since"].tolist() == [10.0, 10.0]
    assert as_inputs(frame, columns)["since"].tolist() == [30.0, 0.0]


def test_blanks_are_unknown_and_never_zero():
    assert numbers_in(pd.Series([" ", "0", "", None])).isna().tolist() == [True, False, True, True]


def test_an_invented_table_is_told_apart():
    frame = flat_customers()
    y = (frame["left"] == "Yes").to_numpy().astype(int)
    found = {c.name: c.treatment for c in columns_of(frame.drop(columns="left"), y)}
    assert found == {
        "customer": "left_out",
        "months": "number",
        "contract": "category",
        "noise": "number",
        "paid": "number",
        "country": "left_out",
        "reason_for_leaving": "left_out",
    }


def test_no_column_gives_none():
    assert columns_of(pd.DataFrame(index=range(3)), np.array([0, 1, 0])) == ()
