"""Results as CSV for people: what a spreadsheet opens without running any of it."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...features.arrays.spreadsheet_text import defused_texts
from .stored_types import storable

__all__ = ["as_csv", "table_as_csv"]


_SMALLEST, _LARGEST = 1e-4, 1e10
# The cells of all columns together can be more than short offsets reach.
_LONG = pa.large_string()


def as_csv(frame: pd.DataFrame) -> bytes:
    r"""Return a table as CSV that a spreadsheet opens without running any of it.

    Parameters
    ----------
    frame : DataFrame

    Returns
    -------
    bytes
        UTF-8 with the mark that spreadsheets look for. A text that begins like a formula gets an
        apostrophe in front; numbers stay as they are. Times of midnight are written as dates.

    Raises
    ------
    SchemaError
        If a column cannot be stored.

    Examples
    --------
    >>> as_csv(pd.DataFrame({"name": ["=1+1"], "value": [-1]})).decode("utf-8-sig")
    "name,value\r\n'=1+1,-1\r\n"
    """
    return table_as_csv(storable(frame, name="CSV"))


def table_as_csv(table: pa.Table) -> bytes:
    r"""Return a storable table as CSV, as ``as_csv`` does.

    Parameters
    ----------
    table : pyarrow.Table
        As ``storable`` gives it.

    Returns
    -------
    bytes

    Examples
    --------
    >>> table_as_csv(pa.table({"name": ["=1+1"], "value": [-1]})).decode("utf-8-sig")
    "name,value\r\n'=1+1,-1\r\n"
    """
    header = ",".join(_texts(pa.chunked_array([table.column_names], pa.string())).to_pylist())
    cells = [_cells(table[name]) for name in table.column_names]
    if len(cells) == 1:
        # A line without anything would be no row.
        cells = [pc.if_else(pc.equal(cells[0], ""), '""', cells[0])]
    comma = pa.scalar(",", _LONG)
    lines = pc.binary_join_element_wise(*cells, comma).to_pylist() if cells else []
    return "\r\n".join([header, *lines, ""]).encode("utf-8-sig")


def _cells(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as it stands in the file, empty where a value is missing."""
    write = next((write for holds, write in _WRITTEN_BY if holds(values.type)), _texts)
    return pc.fill_null(write(values).cast(_LONG), "")


def _texts(values: pa.ChunkedArray) -> pa.Array:
    """Return texts so that each is one cell and no formula; each different one is looked at once.

    A text that begins like a formula gets an apostrophe, one with commas or line ends gets quotes.
    """
    encoded = pc.dictionary_encode(values.combine_chunks())
    different = encoded.dictionary
    cells = defused_texts(different)
    special = pc.match_substring_regex(cells, '[,"\r\n]')
    return _where(special, cells, _in_quotes).take(encoded.indices)


def _in_quotes(texts: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")


def _where(
    chosen: pa.BooleanArray, texts: pa.Array, change: Callable[[pa.Array], pa.Array]
) -> pa.Array:
    """Return texts of which those chosen are changed."""
    return pc.replace_with_mask(texts, chosen, change(texts.filter(chosen)))


def _numbers(values: pa.ChunkedArray) -> pa.Array:
    """Return numbers as Python writes them: in the fewest digits that give them back."""
    numbers = values.to_numpy()
    text = pa.array(numbers, from_pandas=True).cast(pa.string())
    whole = pa.array(numbers == np.trunc(numbers))
    text = pc.if_else(whole, pc.binary_join_element_wise(text, ".0", ""), text)
    # Arrow begins to write powers of ten at other sizes.
    size = np.abs(numbers)
    other = (size < _SMALLEST) & (size > 0) | (size >= _LARGEST)
    apart = pa.array([repr(number) for number in numbers[other].tolist()], pa.string())
    return pc.replace_with_mask(text, other, apart)


def _whole_numbers(values: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    # With gaps they are what pandas reads them as.
    return _numbers(values.cast(pa.float64())) if values.null_count else values.cast(pa.string())


def _flags(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(values, "True", "False")


def _times(values: pa.ChunkedArray) -> pa.Array:
    """Return times in words, each different one once: many rows share few of them."""
    which, found = pd.factorize(values.to_pandas())
    times = pd.DatetimeIndex(found)
    dates = bool((times == times.normalize()).all())
    text = times.strftime("%Y-%m-%d" if dates else "%Y-%m-%dT%H:%M:%SZ")
    return pa.array([*text, None], pa.string()).take(pa.array(which % (len(text) + 1)))


def _nothing(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.string())


_WRITTEN_BY: tuple[
    tuple[Callable[[pa.DataType], bool], Callable[[pa.ChunkedArray], pa.ChunkedArray]], ...
] = (
    (pa.types.is_null, _nothing),
    (pa.types.is_boolean, _flags),
    (pa.types.is_integer, _whole_numbers),
    (pa.types.is_floating, _numbers),
    (pa.types.is_timestamp, _times),
)
"""How each type of a column is written; all others are texts."""
