"""Tables as Parquet or CSV files in a folder: one file, or one folder of part files, a table."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from ..errors import SchemaError
from .raw_rows import Places, RawTable, Rejected, stack

__all__ = ["FolderSource", "table_name"]


_SUFFIXES = (".parquet", ".csv", ".csv.gz")
_PIECE = 1 << 20
"""Rows of a Parquet file that are read at a time."""

_CODE_BYTES = 4
"""Bytes a value above which a column has more different texts than its file gives codes to."""

_BROKEN = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OSError, UnicodeError)


class FolderSource:
    """A folder with a file, or a folder of part files, per table.

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
        self._files: dict[str, list[Path]] = {}
        for entry in sorted(folder.iterdir()):
            name, files = _table_files(entry)
            if not files:
                continue
            if name in self._files:
                raise SchemaError(
                    f"Table {name!r} is there twice in {self.label}: "
                    f"{self._files[name][0].name!r} and {entry.name!r}. Keep one of them."
                )
            self._files[name] = files

    def names(self) -> tuple[str, ...]:
        """Return the names of the tables: file names without their ending."""
        return tuple(self._files)

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the columns of one table, those of all its parts together."""
        parts = [_file_columns(path) for path in self._files[name]]
        repeated = [name for part in parts for n, name in enumerate(part) if name in part[:n]]
        return (*dict.fromkeys(column for part in parts for column in part), *repeated)

    def read(self, name: str, columns: tuple[str, ...]) -> RawTable:
        """Return these columns of one table, part after part."""
        parts = [_read_file(path, columns) for path in self._files[name]]
        if len(parts) == 1:
            return RawTable(parts[0].table.select(list(columns)), parts[0].rows, parts[0].rejected)
        lengths = [part.table.num_rows + len(part.rejected) for part in parts]
        starts = [sum(lengths[:place]) for place in range(len(parts))]
        rejected = [
            Rejected(lost.row + start, lost.rule, lost.text)
            for part, start in zip(parts, starts, strict=True)
            for lost in part.rejected
        ]
        rows = Places.joined([part.rows for part in parts])
        return RawTable(stack([part.table for part in parts], columns), rows, tuple(rejected))

    def pieces(self, name: str, columns: tuple[str, ...]) -> Iterator[RawTable]:
        """Return these columns of one table, Parquet files in large pieces, CSV file by file."""
        for path in self._files[name]:
            present = [column for column in _file_columns(path) if column in columns]
            if path.suffix.lower() == ".parquet":
                yield from _ahead(_parquet_pieces(path, present))
            else:
                yield _read_file(path, columns)

    def close(self) -> None:
        """Do nothing: files are closed as soon as they are read."""


def _table_files(entry: Path) -> tuple[str, list[Path]]:
    """Name of the table and its files; no files if the entry is none."""
    name = table_name(entry)
    if entry.name.startswith((".", "_")):
        return "", []
    if not entry.is_dir():
        # A pipe would keep a reader waiting for ever.
        return (name, [entry]) if name and not entry.is_fifo() else ("", [])
    files = [path for path in sorted(entry.rglob("*")) if path.is_file() and table_name(path)]
    # Writers keep notes of their own in files and folders with such names.
    parts = [
        path
        for path in files
        if not any(step.startswith((".", "_")) for step in path.relative_to(entry).parts)
    ]
    return name or entry.name, parts


def table_name(path: Path) -> str | None:
    """Return the name of the table in a file, or None if it is no Parquet or CSV file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str or None

    Examples
    --------
    >>> table_name(Path("data/accounts.csv.gz"))
    'accounts'
    """
    for suffix in _SUFFIXES:
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    return None


def _file_columns(path: Path) -> list[str]:
    if path.suffix.lower() == ".parquet":
        try:
            return list(pq.ParquetFile(path).schema_arrow.names)
        except _BROKEN as error:
            raise _broken(path, error) from error
    return _csv_header(path)[0]


def _read_file(path: Path, columns: tuple[str, ...]) -> RawTable:
    present = [column for column in _file_columns(path) if column in columns]
    try:
        if path.suffix.lower() == ".parquet":
            return RawTable.whole(pq.ParquetFile(path).read(columns=present))
        return _read_csv(path, present)
    except _BROKEN as error:
        raise _broken(path, error) from error


def _parquet_pieces(path: Path, columns: list[str]) -> Iterator[RawTable]:
    try:
        file = pq.ParquetFile(path, read_dictionary=_few_texts(path, columns), pre_buffer=False)
        if not file.metadata.num_rows:
            yield RawTable.whole(file.read(columns=columns))
        for batch in file.iter_batches(batch_size=_PIECE, columns=columns):
            yield RawTable.whole(pa.Table.from_batches([batch]))
    except _BROKEN as error:
        raise _broken(path, error) from error


def _ahead(pieces: Iterator[RawTable]) -> Iterator[RawTable]:
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
    large = set()
    for place in range(metadata.num_columns if metadata.num_row_groups else 0):
        column = metadata.row_group(0).column(place)
        if column.total_uncompressed_size > _CODE_BYTES * column.num_values:
            large.add(column.path_in_schema)
    return [name for name in columns if name not in large]


def _broken(path: Path, error: Exception) -> SchemaError:
    kind = "Parquet" if path.suffix.lower() == ".parquet" else "CSV (UTF-8)"
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return SchemaError(f"File {str(path)!r} cannot be read as {kind}: {reason}")


def _csv_header(path: Path) -> tuple[list[str], str]:
    """Column names and the delimiter, which is the one that the first line has most of."""
    try:
        with pa.input_stream(str(path)) as stream, io.BufferedReader(stream) as lines:
            head = lines.readline().decode("utf-8-sig")
    except _BROKEN as error:
        raise _broken(path, error) from error
    if not head.strip():
        raise SchemaError(f"File {str(path)!r} is empty: it has not even a line of column names.")
    if "\r" in head.rstrip("\r\n"):
        raise SchemaError(
            f"File {str(path)!r}: lines must end with a line feed, got a carriage return alone."
        )
    delimiter = max(",;\t|", key=head.count)
    return next(csv.reader([head], delimiter=delimiter)), delimiter


def _read_csv(path: Path, columns: list[str]) -> RawTable:
    """Every value as text; lines with too few or too many values are rejected one by one."""
    rejected: list[Rejected] = []

    def reject(line: pcsv.InvalidRow) -> str:
        rule = f"line has {line.actual_columns} values, the header {line.expected_columns}"
        rejected.append(Rejected(line.number - 2, rule, line.text))
        return "skip"

    delimiter = _csv_header(path)[1]
    if not _has_rows(path):
        return RawTable.whole(pa.table({name: pa.array([], pa.string()) for name in columns}))
    table = pcsv.read_csv(
        path,
        # The number of a rejected line is known only if one thread reads.
        read_options=pcsv.ReadOptions(use_threads=False),
        parse_options=pcsv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=reject
        ),
        convert_options=pcsv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), include_columns=columns
        ),
    )
    return RawTable.whole(table, tuple(rejected))


def _has_rows(path: Path) -> bool:
    """Say whether anything follows the first line, which may lack its end."""
    with pa.input_stream(str(path)) as stream, io.BufferedReader(stream) as lines:
        return lines.readline().endswith(b"\n")
