"""Several lines for one thing: an invoice with a row for each of its positions."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa

from ...arrays.array_types import BoolArray
from ...arrays.plain_text import as_text
from ..coerce import read_amounts

__all__ = ["first_lines", "with_sums"]


def first_lines(keys: pa.ChunkedArray) -> BoolArray:
    """Return which rows are the first of their thing.

    Parameters
    ----------
    keys : pyarrow.ChunkedArray of any type, shape (n_rows,)
        What names the thing; a row without it stands for itself.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> first_lines(pa.chunked_array([["i1", "i1", "i2", None, None]])).tolist()
    [True, False, True, True, True]
    """
    texts = pd.Series(as_text(keys)[0].to_pylist(), dtype=object)
    return np.asarray(~texts.duplicated() | texts.isna())


def with_sums(rows: pa.Table, keys: pa.ChunkedArray, columns: Iterable[str]) -> pa.Table:
    """Put the sum of all lines of a thing on each of them.

    Parameters
    ----------
    rows : pyarrow.Table
    keys : pyarrow.ChunkedArray of any type, shape (n_rows,)
    columns : iterable of str
        Amounts. A sum has no value where one of its lines has none that can be read.

    Returns
    -------
    pyarrow.Table

    Examples
    --------
    >>> rows = pa.table({"due": ["1,000.50", "9", "4"]})
    >>> with_sums(rows, pa.chunked_array([["i1", "i1", "i2"]]), ["due"])["due"].to_pylist()
    [1009.5, 1009.5, 4.0]
    """
    texts = pd.Series(as_text(keys)[0].to_pylist(), dtype=object)
    thing = texts.where(texts.notna(), pd.Series(range(len(texts)), dtype=object))
    for name in columns:
        amounts = pd.Series(read_amounts(rows[name]).to_pylist(), dtype=float)
        sums = amounts.groupby(thing).transform(lambda one: one.sum(skipna=False))
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, pa.array(sums, pa.float64(), from_pandas=True))
    return rows
