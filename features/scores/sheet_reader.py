"""Sheets that people fill in, as rows of text: CSV as spreadsheets write it, or Excel."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from ..errors import SchemaError
from ..schema.excel_rows import ExcelBounds, excel_sheets

__all__ = ["Sheet", "read_sheet"]


_LARGEST_BYTES = 20_000_000
_DELIMITERS = ",;\t"
_BOUNDS = ExcelBounds(unpacked_bytes=100_000_000, columns=500, cells=5_000_000)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header and the rows below it, every cell as text without blanks around it.

    Parameters
    ----------
    name : str
        Of the file.
    header : tuple of str
    rows : tuple of (int, tuple of str)
        Line in the file, counted from 1, and the cells; empty rows are left out.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_sheet(path: Path) -> Sheet:
    r"""Read a sheet.

    Parameters
    ----------
    path : Path
        CSV in UTF-8, divided by commas, semicolons or tabs, or the first sheet of an ``.xlsx`` file
        where openpyxl is installed.

    Returns
    -------
    Sheet
        An empty file has an empty header.

    Raises
    ------
    SchemaError
        If the file cannot be read as what its name says.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "questionnaire.csv")
    ...     _ = file.write_text("account_id;VC1\n a1 ;3\n;\n")
    ...     read_sheet(file).rows
    ((2, ('a1', '3')),)
    """
    raw = _bytes(path)
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        lines = list(_excel(path))
    elif suffix in {".csv", ".tsv", ".txt"}:
        lines = list(_delimited(raw, path))
    else:
        raise SchemaError(f"{path.name}: the file must be .csv or .xlsx; save it as one of these.")
    stripped = [(line, tuple(cell.strip() for cell in cells)) for line, cells in lines]
    header = stripped[0][1] if stripped else ()
    return Sheet(path.name, header, tuple(row for row in stripped[1:] if any(row[1])))


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > _LARGEST_BYTES:
            raise SchemaError(
                f"{path.name}: the file must be at most {_LARGEST_BYTES:,} bytes, got {size:,}."
            )
        return path.read_bytes()
    except OSError as error:
        raise SchemaError(f"File {str(path)!r} cannot be read: {error.strerror}.") from error


def _delimited(raw: bytes, path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchemaError(
            f"{path.name}: the file must be UTF-8 text; save it as 'CSV UTF-8'."
        ) from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise SchemaError(f"{path.name}:{reader.line_num}: not valid CSV: {error}.") from error


def _excel(path: Path) -> Iterator[tuple[int, list[str]]]:
    _, rows = next(excel_sheets(path, _BOUNDS), ("", []))
    for number, cells in enumerate(rows, start=1):
        yield number, [_cell(value) for value in cells]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
