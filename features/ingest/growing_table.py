"""A table that grows piece by piece, column after column, on disk once memory is short.

A piece is let go as soon as its values are appended, so that the table is in memory once and not
twice; a second time column that repeats the first one takes no room at all.
"""

import tempfile
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.coded_text import CODED, Texts, coded_as, recoded, texts_of
from ..arrays.plain_text import to_mask
from ..arrays.text_codes import Encoder

__all__ = ["GatheredTable"]


Values = npt.NDArray[Any]

_TIME = pa.types.is_timestamp
_MEGABYTE = 1 << 20


class GatheredTable:
    """Collects the pieces of one table.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of codes, times and numbers.
    memory_mb : int
        Columns beyond this size are kept in temporary files, which go away with the table.
    """

    def __init__(self, schema: pa.Schema, *, memory_mb: int) -> None:
        self._schema = schema
        self._room = memory_mb * _MEGABYTE
        self._columns = {field.name: _Column(field.type) for field in schema}
        self._like: dict[str, str] = _possible_copies(schema)
        self._rows = 0

    def add(self, piece: pa.Table) -> None:
        """Append the rows of a piece.

        Parameters
        ----------
        piece : pyarrow.Table
            Of the schema.
        """
        for name, other in list(self._like.items()):
            if piece.num_rows and not _shares_memory(piece[name], piece[other]):
                self._columns[name] = self._columns[other].copied()
                del self._like[name]
        for name, column in self._columns.items():
            if name not in self._like:
                column.append(piece[name])
        self._rows += piece.num_rows
        self._make_room()

    def table(self) -> pa.Table:
        """Return all rows; every column is one piece."""
        arrays = {name: column.array() for name, column in self._columns.items()}
        arrays |= {name: arrays[other] for name, other in self._like.items()}
        return pa.table([arrays[name] for name in self._schema.names], schema=self._schema)

    def _make_room(self) -> None:
        while sum(column.size for column in self._columns.values()) > self._room:
            largest = max(self._columns.values(), key=lambda column: column.size)
            largest.move_to_disk()


class _Column:
    """One column, growing."""

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._encoder = Encoder()
        self._values = _Grown(np.dtype(np.int32 if kind == CODED else _number_type(kind)))
        self._missing = _Grown(np.dtype(bool))

    @property
    def size(self) -> int:
        return self._values.size + self._missing.size

    def append(self, values: pa.ChunkedArray) -> None:
        if self._kind == CODED:
            self._append_codes(texts_of(values))
            return
        if values.null_count:
            # Most columns miss nothing, and need nobody to say so row by row.
            self._missing.append(np.zeros(len(self._values) - len(self._missing), dtype=bool))
            self._missing.append(to_mask(values.is_null()))
            values = pc.fill_null(values, pa.scalar(0).cast(pa.int64()).cast(self._kind))
        self._values.append(values.to_numpy().view(_number_type(self._kind)))

    def array(self) -> pa.Array:
        values = self._values.array()
        if self._kind == CODED:
            return coded_as(values, self._encoder.names).chunk(0)
        plain = pa.array(values, mask=self._mask())
        return plain.view(self._kind) if _TIME(self._kind) else plain

    def copied(self) -> "_Column":
        other = _Column(self._kind)
        other._values.append(self._values.array())
        other._missing.append(self._missing.array())
        return other

    def _mask(self) -> Values | None:
        """Say where nothing is, unless something is everywhere."""
        if not len(self._missing):
            return None
        after = len(self._values) - len(self._missing)
        return np.append(self._missing.array(), np.zeros(after, dtype=bool))

    def move_to_disk(self) -> None:
        self._values.move_to_disk()
        self._missing.move_to_disk()

    def _append_codes(self, texts: Texts) -> None:
        """Append codes that mean the same names in all pieces."""
        self._values.append(recoded(texts.codes, self._encoder.encode(texts.names)))


class _Grown:
    """Numbers of one kind, growing in memory or at the end of a file."""

    def __init__(self, kind: np.dtype[Any]) -> None:
        self._kind = kind
        self._held: Values = np.zeros(0, kind)
        self._file: Any = None
        self._written = 0

    def __len__(self) -> int:
        return self._written if self._file is not None else len(self._held)

    @property
    def size(self) -> int:
        """Bytes of memory taken."""
        return 0 if self._file is not None else int(self._held.nbytes)

    def append(self, values: Values) -> None:
        if self._file is not None:
            np.ascontiguousarray(values, self._kind).tofile(self._file)
            self._written += len(values)
            return
        start = len(self._held)
        # Growing in place moves no numbers: the system gives the same memory a new address.
        self._held.resize(start + len(values), refcheck=False)
        self._held[start:] = values

    def array(self) -> Values:
        if self._file is None:
            return self._held
        self._file.flush()
        if not self._written:
            return np.zeros(0, self._kind)
        return np.memmap(self._file, self._kind, mode="r", shape=(self._written,))

    def move_to_disk(self) -> None:
        if self._file is None:
            held, self._held = self._held, np.zeros(0, self._kind)
            # It has no name, so that nothing of it stays however this process ends.
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
            weakref.finalize(self, self._file.close)
            self.append(held)


def _number_type(kind: pa.DataType) -> type[np.generic]:
    return np.int64 if _TIME(kind) else np.float64


def _possible_copies(schema: pa.Schema) -> dict[str, str]:
    """Return each further time column with the first one, which it may repeat throughout."""
    times = [field.name for field in schema if _TIME(field.type)]
    return dict.fromkeys(times[1:], times[0]) if times else {}


def _shares_memory(values: pa.ChunkedArray, others: pa.ChunkedArray) -> bool:
    if values.num_chunks != others.num_chunks:
        return False
    return all(
        one.buffers()[1].address == other.buffers()[1].address and one.offset == other.offset
        for one, other in zip(values.chunks, others.chunks, strict=True)
    )
