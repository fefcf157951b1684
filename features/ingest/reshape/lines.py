"""Several lines for one thing: an invoice with a row a position, or versions of what changes."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa

from ...arrays.array_types import BoolArray
from ...arrays.plain_text import as_text
from ...schema.table_declaration import Column
from ..coerce import read_amounts, read_column

__all__ = ["first_lines", "newest_lines", "with_sums"]


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


def newest_lines(keys: pa.ChunkedArray, moments: pa.ChunkedArray) -> BoolArray:
    """Return which rows are the newest version of their thing.

    Parameters
    ----------
    keys : pyarrow.ChunkedArray of any type, shape (n_rows,)
        What names the thing; a row without it stands for itself.
    moments : pyarrow.ChunkedArray of any type, shape (n_rows,)
        When each version was made; one without a moment that can be read is the oldest, and of two
        with the same moment the later row counts.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> days = pa.chunked_array([["2025-01-01", "2025-03-01", "2025-02-01"]])
    >>> newest_lines(pa.chunked_array([["s1", "s1", "s1"]]), days).tolist()
    [False, True, False]
    """
    at = read_column(Column("at", "time"), moments).column.cast(pa.int64())
    rows = pd.DataFrame(
        {
            "key": pd.Series(as_text(keys)[0].to_pylist(), dtype=object),
            "at": at.to_pandas().fillna(np.iinfo(np.int64).min),
        }
    )
    ordered = rows.sort_values("at", kind="stable")
    newest = ~ordered["key"].duplicated(keep="last") | ordered["key"].isna()
    return np.asarray(newest.sort_index(), dtype=bool)


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
