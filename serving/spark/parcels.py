"""Rows of any table as parcels of Arrow bytes, so that all tables of an account travel together.

Spark groups rows of one schema only. A parcel is such a row: the name of a table and some of its
rows for one bucket of accounts, exactly in the types of the source.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["BUCKET", "FILE", "PARCELS", "ROW", "packed", "unpacked"]


BUCKET, FILE, ROW = "_bucket", "_file", "_row"
"""Columns that rows carry beside their own: where they go, and their place in the source."""

PARCELS = pa.schema({"bucket": pa.int32(), "table": pa.string(), "rows": pa.binary()})

_AT_A_TIME = 1 << 18
"""Rows divided together: fewer would make many small parcels."""


def packed(name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Divide the rows of one table into parcels by bucket.

    Parameters
    ----------
    name : str
        Of the table.
    batches : iterable of pyarrow.RecordBatch
        With ``BUCKET``, and ``FILE`` and ``ROW`` where the order of rows counts.

    Yields
    ------
    pyarrow.RecordBatch
        Of ``PARCELS``; none for no rows.

    Examples
    --------
    >>> rows = pa.record_batch({BUCKET: pa.array([1, 0], pa.int32()), "seat": ["a", "b"]})
    >>> [parcel["bucket"].to_pylist() for parcel in packed("seats", [rows])]
    [[0, 1]]
    """
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(part.num_rows for part in waiting) >= _AT_A_TIME:
            yield _divided(name, pa.Table.from_batches(waiting))
            waiting = []
    if any(part.num_rows for part in waiting):
        yield _divided(name, pa.Table.from_batches(waiting))


def unpacked(parcels: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of one bucket by table, in the order of the source.

    Parameters
    ----------
    parcels : pyarrow.Table
        Of ``PARCELS``, in any order; the source may give a column different types in parts.

    Returns
    -------
    dict of str to pyarrow.Table
        Without ``BUCKET``, ``FILE`` and ``ROW``; tables without rows are not there.

    Examples
    --------
    >>> places = {BUCKET: pa.array([0, 0], pa.int32()), FILE: ["f", "f"], ROW: [1, 0]}
    >>> rows = pa.record_batch({**places, "seat": ["b", "a"]})
    >>> unpacked(pa.Table.from_batches(packed("seats", [rows])))["seats"]["seat"].to_pylist()
    ['a', 'b']
    """
    parts: dict[str, list[pa.Table]] = {}
    for name, rows in zip(parcels["table"].to_pylist(), parcels["rows"], strict=True):
        parts.setdefault(name, []).append(pa.ipc.open_stream(rows.as_buffer()).read_all())
    return {name: _in_order(pa.concat_tables(tables)) for name, tables in parts.items()}


def _divided(name: str, table: pa.Table) -> pa.RecordBatch:
    if FILE in table.column_names:
        place = table.column_names.index(FILE)
        table = table.set_column(place, FILE, pc.dictionary_encode(table[FILE]))
    buckets = np.asarray(table[BUCKET].to_numpy())
    order = np.argsort(buckets, kind="stable")
    table = table.take(pa.array(order)).drop_columns([BUCKET]).combine_chunks()
    found, starts = np.unique(buckets[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    rows = [
        _to_bytes(table.slice(start, end - start)) for start, end in zip(starts, ends, strict=True)
    ]
    return pa.record_batch(
        [found.astype(np.int32), [name] * len(found), pa.array(rows, pa.binary())], schema=PARCELS
    )


def _to_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _in_order(table: pa.Table) -> pa.Table:
    """Put rows back into the order in which one machine would read them."""
    if FILE not in table.column_names:
        return table
    encoded = table[FILE].unify_dictionaries()
    names = encoded.chunk(0).dictionary.to_pylist()
    # A folder is read part after part, and folder after folder inside of it.
    ranks = np.argsort(
        sorted(range(len(names)), key=lambda place: unquote(names[place]).split("/"))
    )
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in encoded.chunks])
    order = np.lexsort((np.asarray(table[ROW].to_numpy()), ranks[codes]))
    return table.drop_columns([FILE, ROW]).take(pa.array(order))
