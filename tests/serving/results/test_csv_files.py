"""How numbers and texts are written as CSV."""

import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from churngrid.serving.results.csv_files import as_csv, table_as_csv


def lines(content: bytes) -> list[str]:
    return content.decode("utf-8-sig").split("\r\n")[1:-1]


EDGES = [0.0, -0.0, 1e-4, 9.999999999999999e-05, 1e10, 9999999999.999998, 1e16, 1e22, 5e-324]
numbers = st.floats(allow_nan=False) | st.sampled_from(EDGES) | st.integers(-(10**15), 10**15)


@given(st.lists(numbers.map(float), min_size=1))
def test_numbers_are_written_in_the_fewest_digits_that_give_them_back(values: list[float]) -> None:
    assert lines(as_csv(pd.DataFrame({"a": values}))) == [repr(value) for value in values]


def test_numbers_that_are_missing_are_empty_among_others() -> None:
    frame = pd.DataFrame({"a": [1.5, np.nan, 1e300], "b": [1, 2, 3]})
    assert lines(as_csv(frame)) == ["1.5,1", ",2", "1e+300,3"]


def test_whole_numbers_with_gaps_are_written_as_numbers() -> None:
    table = pa.table({"a": pa.array([2, None]), "b": pa.array([2, 3])})
    assert lines(table_as_csv(table)) == ["2.0,2", ",3"]


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
def test_texts_are_read_back_as_they_were(rows: list[tuple[str, str]]) -> None:
    kept = [tuple(text.replace("\0", "") for text in row) for row in rows]
    frame = pd.DataFrame(kept, columns=["a", "b"]).map(lambda text: f"x{text}")
    read = list(csv.reader(io.StringIO(as_csv(frame).decode("utf-8-sig"), newline="")))
    assert read == [["a", "b"], *frame.to_numpy().tolist()]


def test_a_row_of_one_empty_cell_is_still_a_row() -> None:
    assert lines(as_csv(pd.DataFrame({"a": ["x", None]}))) == ["x", '""']


def test_flags_and_times_beside_missing_ones() -> None:
    when = pd.to_datetime(["2025-06-30", None], utc=True)
    frame = pd.DataFrame({"flag": [True, None], "when": when})
    assert lines(as_csv(frame)) == ["True,2025-06-30", ","]
