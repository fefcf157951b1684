"""A table that grows piece by piece, column after column, on disk once memory is short.

A piece is let go as soon as its values are appended, so that the table is in memory once and not
twice; a second time column that repeats the first one takes no room at all.
"""

import tempfile
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .plaintext import to_mask
from .texts import CODED, Texts, coded_as, texts_of

__all__ = ["GatheredTable"]

Values = npt.NDArray[Any]

_TIME = pa.types.is_timestamp
_MEGABYTE = 1 << 20
_PATIENCE = 4


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
        self._names = pa.array([], pa.string())
        self._waiting: list[tuple[int, pa.Array]] = []
        self._values = _Grown(np.dtype(np.int32 if kind == CODED else _number_type(kind)))
        self._missing = _Grown(np.dtype(bool))
        self._any_missing = False

    @property
    def size(self) -> int:
        return self._values.size + self._missing.size

    def append(self, values: pa.ChunkedArray) -> None:
        if self._kind == CODED:
            self._append_codes(texts_of(values))
            return
        missing = np.zeros(len(values), dtype=bool)
        if values.null_count:
            missing = to_mask(values.is_null())
            values = pc.fill_null(values, pa.scalar(0).cast(pa.int64()).cast(self._kind))
            self._any_missing = True
        self._missing.append(missing)
        self._values.append(values.to_numpy().view(_number_type(self._kind)))

    def array(self) -> pa.Array:
        self._settle()
        values = self._values.array()
        if self._kind == CODED:
            return coded_as(values, self._names).chunk(0)
        mask = self._missing.array() if self._any_missing else None
        plain = pa.array(values, mask=mask)
        return plain.view(self._kind) if _TIME(self._kind) else plain

    def copied(self) -> "_Column":
        other = _Column(self._kind)
        other._values.append(self._values.array())
        other._missing.append(self._missing.array())
        other._any_missing = self._any_missing
        return other

    def move_to_disk(self) -> None:
        self._values.move_to_disk()
        self._missing.move_to_disk()

    def _append_codes(self, texts: Texts) -> None:
        """Append codes by the names of their own piece, until it pays to bring names together.

        Every time, all earlier names have to be looked through; so some times as many new ones
        are waited for as there are old ones, and the work stays in proportion to the pieces.
        """
        self._waiting.append((len(self._values), texts.names))
        self._values.append(texts.codes)
        if sum(len(names) for _, names in self._waiting) >= _PATIENCE * len(self._names):
            self._settle()

    def _settle(self) -> None:
        """Let the codes of all pieces mean the same names."""
        starts, pieces = [start for start, _ in self._waiting], [n for _, n in self._waiting]
        self._waiting = []
        if not pieces:
            return
        said = pa.concat_arrays(pieces).cast(pa.string())
        place = pc.index_in(said, value_set=self._names)
        codes, unknown = pc.fill_null(place, -1).to_numpy().copy(), place.is_null()
        unseen = pc.dictionary_encode(said.filter(unknown))
        codes[to_mask(unknown)] = unseen.indices.to_numpy() + len(self._names)
        self._names = pa.concat_arrays([self._names, unseen.dictionary])
        cuts = np.cumsum([len(names) for names in pieces])[:-1]
        stops = [*starts[1:], len(self._values)]
        for start, stop, part in zip(starts, stops, np.split(codes, cuts), strict=True):
            self._values.replace(start, stop, np.append(part, np.int32(-1)))


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

    def replace(self, start: int, stop: int, by: Values) -> None:
        """Take each of some numbers for a place in others, and put what stands there instead."""
        part = self._array("r+")[start:stop]
        if len(part):
            part[:] = by.take(part)

    def array(self) -> Values:
        return self._array("r")

    def _array(self, mode: Literal["r", "r+"]) -> Values:
        if self._file is None:
            return self._held
        self._file.flush()
        if not self._written:
            return np.zeros(0, self._kind)
        return np.memmap(self._file.name, self._kind, mode=mode, shape=(self._written,))

    def move_to_disk(self) -> None:
        if self._file is None:
            held, self._held = self._held, np.zeros(0, self._kind)
            # It stays open, and goes away, together with this column.
            self._file = tempfile.NamedTemporaryFile(prefix="churngrid-")  # noqa: SIM115
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
