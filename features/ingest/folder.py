"""A folder of files as a source of tables, whatever kind of files they are."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from ..errors import SchemaError
from ..schema.tables import TABLES
from .files.delimited_text import Broken, Dialect, dialect_of, read_delimited
from .files.json_rows import WRAPPED, JsonRows, read_json, unwrapped_cells
from .files.parquet_file import parquet_columns, parquet_pieces, read_parquet
from .files.table_names import tables_in
from .files.workbook import read_workbook
from .in_memory import FrameSource
from .raw_rows import Places, RawTable, Rejected, stack

__all__ = ["FolderSource", "workbook_source"]

_BROKEN = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OSError, UnicodeError)
_KINDS = {".parquet": "Parquet", ".json": "JSON", ".jsonl": "JSON", ".ndjson": "JSON"}


class FolderSource:
    """A folder with a file, or several files, per table.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    SchemaError
        If a table is there twice.
    """

    def __init__(self, folder: Path) -> None:
        self.label = f"folder {str(folder)!r}"
        self._known: dict[Path, _File] = {}
        self._books: dict[Path, FrameSource] = {}
        self._files: dict[str, list[_Part]] = {}
        names = [spec.name for spec in TABLES]
        for name, paths in tables_in(folder, names, self._columns_of).items():
            for table, files in self._tables(name, paths).items():
                if table in self._files:
                    raise SchemaError(
                        f"Table {table!r} is there twice in {self.label}: in "
                        f"{self._files[table][0].path.name!r} and {files[0].path.name!r}. Keep "
                        "one of them."
                    )
                self._files[table] = files

    def names(self) -> tuple[str, ...]:
        """Return the names of the tables: file names without their ending, names of sheets."""
        return tuple(self._files)

    def denied(self) -> tuple[str, ...]:
        """Return nothing: whatever is there may be read."""
        return ()

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the columns of one table, those of all its parts together."""
        parts = [Counter(file.columns) for file in self._files[name]]
        repeated = [column for part in parts for column, n in part.items() for _ in range(n - 1)]
        return (*dict.fromkeys(column for part in parts for column in part), *repeated)

    def read(self, name: str, columns: tuple[str, ...]) -> RawTable:
        """Return these columns of one table, part after part."""
        parts = [file.read(columns) for file in self._files[name]]
        if len(parts) == 1:
            (only,) = parts
            table = only.table.select(list(columns))
            return RawTable(table, only.rows, only.rejected, only.remarks)
        lengths = [part.table.num_rows + len(part.rejected) for part in parts]
        starts = [sum(lengths[:place]) for place in range(len(parts))]
        rejected = [
            Rejected(lost.row + start, lost.rule, lost.text)
            for part, start in zip(parts, starts, strict=True)
            for lost in part.rejected
        ]
        return RawTable(
            stack([part.table for part in parts], columns),
            Places.joined([part.rows for part in parts]),
            tuple(rejected),
            tuple(dict.fromkeys(remark for part in parts for remark in part.remarks)),
        )

    def pieces(self, name: str, columns: tuple[str, ...]) -> Iterator[RawTable]:
        """Return these columns of one table, Parquet files in large pieces, others file by file."""
        for file in self._files[name]:
            yield from file.pieces(columns)

    def close(self) -> None:
        """Do nothing: files are closed as soon as they are read."""

    def _file(self, path: Path) -> "_File":
        if path not in self._known:
            self._known[path] = _File(path)
        return self._known[path]

    def _book(self, path: Path) -> FrameSource:
        if path not in self._books:
            self._books[path] = workbook_source(path)
        return self._books[path]

    def _columns_of(self, path: Path) -> list[str] | None:
        """Return the column names of a file, of a workbook those of all sheets; None if broken.

        A broken file blocks no other: it is an error as soon as something is read from it.
        """
        try:
            if path.suffix.lower() != ".xlsx":
                return self._file(path).columns
            book = self._book(path)
        except SchemaError:
            return None
        return [column for sheet in book.names() for column in book.columns(sheet)]

    def _tables(self, name: str, paths: list[Path]) -> "dict[str, list[_Part]]":
        """Return the tables of some files: that of their name, or every sheet of a workbook."""
        if not all(path.suffix.lower() == ".xlsx" for path in paths):
            return {name: [self._file(path) for path in paths]}
        try:
            books = [(path, self._book(path)) for path in paths]
        except SchemaError as error:
            return {name: [_Broken(paths[0], error)]}
        if all(len(book.names()) == 1 for _, book in books):
            return {name: [_Sheet(path, book, book.names()[0]) for path, book in books]}
        return {
            sheet: [_Sheet(path, book, sheet)] for path, book in books for sheet in book.names()
        }


class _File:
    """One file of a table; what its beginning says is looked up once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        ending = Path(path.name.lower().removesuffix(".gz")).suffix
        self._kind = _KINDS.get(ending, "CSV")

    @cached_property
    def columns(self) -> list[str]:
        """Column names, in order, repeated if they repeat."""
        with _named(self.path, self._kind):
            if self._kind == "Parquet":
                return parquet_columns(self.path)
            if self._kind == "JSON":
                return list(self._json.table.column_names)
            if WRAPPED in self._dialect.header:
                return list(self._wrapped.table.column_names)
            return [name for name in self._dialect.header if name]

    def _present(self, columns: tuple[str, ...]) -> list[str]:
        wanted = frozenset(columns)
        return [column for column in self.columns if column in wanted]

    @cached_property
    def _dialect(self) -> Dialect:
        return dialect_of(self.path)

    @cached_property
    def _json(self) -> JsonRows:
        return read_json(self.path)

    @cached_property
    def _wrapped(self) -> JsonRows:
        cells = read_delimited(self.path, [WRAPPED], self._dialect).table[WRAPPED]
        return unwrapped_cells(cells.to_pylist())

    def read(self, columns: tuple[str, ...]) -> RawTable:
        """Return those of some columns that the file has."""
        present = self._present(columns)
        with _named(self.path, self._kind):
            if self._kind == "Parquet":
                return RawTable.whole(read_parquet(self.path, present))
            if self._kind == "JSON":
                rows = self._json
                return RawTable.whole(rows.table.select(present), _rejected(rows.broken))
            if WRAPPED in self._dialect.header:
                rows = self._wrapped
                return RawTable.whole(rows.table.select(present), _rejected(rows.broken))
            read = read_delimited(self.path, present, self._dialect)
        return RawTable.whole(read.table, _rejected(read.broken), read.remarks)

    def pieces(self, columns: tuple[str, ...]) -> Iterator[RawTable]:
        """Yield those of some columns that the file has, piece by piece."""
        if self._kind != "Parquet":
            yield self.read(columns)
            return
        present = self._present(columns)
        with _named(self.path, self._kind):
            for piece in parquet_pieces(self.path, present):
                yield RawTable.whole(piece)


class _Sheet:
    """One sheet of a workbook that was read already."""

    def __init__(self, path: Path, book: FrameSource, sheet: str) -> None:
        self.path = path
        self._book = book
        self._sheet = sheet

    @property
    def columns(self) -> list[str]:
        """Column names, in order, repeated if they repeat."""
        return list(self._book.columns(self._sheet))

    def read(self, columns: tuple[str, ...]) -> RawTable:
        """Return those of some columns that the sheet has."""
        present = tuple(column for column in self.columns if column in columns)
        return self._book.read(self._sheet, present)

    def pieces(self, columns: tuple[str, ...]) -> Iterator[RawTable]:
        """Yield those of some columns that the sheet has, as one piece."""
        yield self.read(columns)


class _Broken:
    """A workbook that cannot be opened: an error where it is asked for, and nowhere else."""

    def __init__(self, path: Path, error: SchemaError) -> None:
        self.path = path
        self._error = error

    @property
    def columns(self) -> list[str]:
        """Raise what is wrong with the file."""
        raise self._error

    def read(self, columns: tuple[str, ...]) -> RawTable:
        """Raise what is wrong with the file."""
        raise self._error

    def pieces(self, columns: tuple[str, ...]) -> Iterator[RawTable]:
        """Raise what is wrong with the file."""
        raise self._error


_Part = _File | _Sheet | _Broken


def workbook_source(path: Path) -> FrameSource:
    """Open a workbook whose sheets are the tables.

    Parameters
    ----------
    path : Path
        An ``.xlsx`` file.

    Returns
    -------
    FrameSource

    Raises
    ------
    SchemaError
        If it cannot be read, or openpyxl is not installed.
    """
    return FrameSource(read_workbook(path), label=f"workbook {str(path)!r}")


def _rejected(broken: tuple[Broken, ...]) -> tuple[Rejected, ...]:
    return tuple(Rejected(line.row, line.rule, line.text) for line in broken)


@contextmanager
def _named(path: Path, kind: str) -> Iterator[None]:
    """Say of which file an error is."""
    try:
        yield
    except _BROKEN as error:
        told = str(error).strip()
        reason = told.splitlines()[0] if told else type(error).__name__
        raise SchemaError(f"File {str(path)!r} cannot be read as {kind}: {reason}") from error
