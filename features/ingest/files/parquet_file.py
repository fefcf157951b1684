"""Parquet files, as a whole or in large pieces that are read ahead."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["parquet_columns", "parquet_pieces", "read_parquet"]

_PIECE = 1 << 20
"""Rows that are read at a time."""

_CODE_BYTES = 4
"""Bytes a value above which a column has more different texts than its file gives codes to."""


def parquet_columns(path: Path) -> list[str]:
    """Return the column names of a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of str
    """
    return list(pq.ParquetFile(path).schema_arrow.names)


def read_parquet(path: Path, columns: list[str]) -> pa.Table:
    """Read some columns of a file.

    Parameters
    ----------
    path : Path
    columns : list of str

    Returns
    -------
    pyarrow.Table
    """
    return pq.ParquetFile(path).read(columns=columns)


def parquet_pieces(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    """Yield some columns of a file piece by piece, the next one read while one is worked on.

    Parameters
    ----------
    path : Path
    columns : list of str

    Yields
    ------
    pyarrow.Table
        At least one, be it empty.
    """
    yield from _ahead(_pieces(path, columns))


def _pieces(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    file = pq.ParquetFile(path, read_dictionary=_few_texts(path, columns), pre_buffer=False)
    if not file.metadata.num_rows:
        yield file.read(columns=columns)
    for batch in file.iter_batches(batch_size=_PIECE, columns=columns):
        yield pa.Table.from_batches([batch])


def _ahead(pieces: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Read the next piece while the one before is worked on."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, pieces, None)
        try:
            while (piece := coming.result()) is not None:
                coming = reader.submit(next, pieces, None)
                yield piece
        finally:
            # One that failed holds its error, which holds all that was read so far.
            del coming


def _few_texts(path: Path, columns: list[str]) -> list[str]:
    """Return the columns that lie in the file as codes, whose texts need not be looked at."""
    metadata = pq.read_metadata(path)
    # What lies inside another column has no code of its own.
    flat = {metadata.schema.column(place).path for place in range(metadata.num_columns)}
    large = set()
    for place in range(metadata.num_columns if metadata.num_row_groups else 0):
        column = metadata.row_group(0).column(place)
        if column.total_uncompressed_size > _CODE_BYTES * column.num_values:
            large.add(column.path_in_schema)
    return [name for name in columns if name in flat and name not in large]
