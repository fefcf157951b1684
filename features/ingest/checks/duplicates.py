"""Rows that say the same as an earlier one, found without keeping every row in a table of hashes.

A fingerprint a row tells which rows could be alike; only those are compared.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import IntArray
from ...arrays.coded_text import texts_of
from ...arrays.day_loops import mix
from ...arrays.plain_text import Mask

__all__ = ["codes_of", "repeated"]

_MISSING = -(2**62)


def repeated(columns: Sequence[pa.ChunkedArray]) -> Mask:
    """Mark every row that agrees with an earlier one in all columns.

    Parameters
    ----------
    columns : sequence of pyarrow.ChunkedArray, shape (n_rows,)
        At least one; null agrees with null.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> repeated([pa.chunked_array([["a", "b", "a"]])]).tolist()
    [False, False, True]
    """
    mask = np.zeros(len(columns[0]), dtype=bool)
    alike = _possibly_alike(columns)
    if len(alike):
        codes = codes_of([column.take(pa.array(alike)) for column in columns])
        mask[alike] = pd.Series(codes).duplicated().to_numpy()
    return mask


def codes_of(columns: Sequence[pa.ChunkedArray]) -> npt.NDArray[np.int64]:
    """Give rows numbers so that two have the same number if they agree in all columns.

    Parameters
    ----------
    columns : sequence of pyarrow.ChunkedArray, shape (n_rows,)
        At least one; null agrees with null.

    Returns
    -------
    ndarray of int64, shape (n_rows,)

    Examples
    --------
    >>> codes_of([pa.chunked_array([["a", "b", "a", None]])]).tolist()
    [1, 2, 1, 0]
    """
    combined, size = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        codes, width = _codes(column)
        if size * width >= 2**62:
            combined, distinct = pd.factorize(combined)
            size = len(distinct)
        combined = combined * width + codes
        size *= width
    return combined


def _codes(column: pa.ChunkedArray) -> tuple[IntArray, int]:
    """Give the values of one column numbers, and say below which bound they lie."""
    if _is_text(column.type):
        texts = texts_of(column)
        return texts.codes.astype(np.int64) + 1, len(texts.names) + 1
    codes, distinct = pd.factorize(_as_numbers(column))
    return codes, len(distinct)


def _possibly_alike(columns: Sequence[pa.ChunkedArray]) -> IntArray:
    """Return the places of rows whose fingerprint occurs more than once."""
    prints = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        mix(prints, _as_numbers(column))
    ordered = np.sort(prints)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return np.zeros(0, dtype=np.int64)
    place = np.minimum(np.searchsorted(twice, prints), len(twice) - 1)
    return np.flatnonzero(twice[place] == prints)


def _as_numbers(column: pa.ChunkedArray) -> npt.NDArray[np.int32] | IntArray:
    """Numbers that are equal where the values are."""
    kind = column.type
    if _is_text(kind):
        return texts_of(column).codes
    if pa.types.is_floating(kind):
        # Adding zero makes minus zero the same as zero.
        values = pc.fill_null(column, np.nan).to_numpy() + 0.0
        return np.asarray(values.view(np.int64))
    numbers = pc.cast(column, pa.int64())
    filled = pc.fill_null(numbers, _MISSING) if numbers.null_count else numbers
    return np.asarray(filled.to_numpy(), dtype=np.int64)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))
