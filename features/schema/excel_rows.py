"""Rows of Excel workbooks, within bounds: a file of some kilobytes may unpack to gigabytes."""

import importlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import SchemaError

__all__ = ["TABLES", "ExcelBounds", "excel_sheets"]


@dataclass(frozen=True, slots=True)
class ExcelBounds:
    """How large a workbook may be.

    Parameters
    ----------
    unpacked_bytes : int
        Of all its parts together.
    columns, cells : int
        Of one sheet; every row counts as wide as its last cell.
    """

    unpacked_bytes: int
    columns: int
    cells: int


TABLES = ExcelBounds(unpacked_bytes=400_000_000, columns=2_000, cells=20_000_000)
"""Bounds of workbooks with tables; at most Excel's own 1,048,576 rows, with 19 columns each."""

_MOST_PARTS = 5_000
_SMALLER = "save what is needed of it as CSV, or as a smaller workbook"


def excel_sheets(path: Path, bounds: ExcelBounds = TABLES) -> Iterator[tuple[str, list[list[Any]]]]:
    """Read the sheets of a workbook.

    Parameters
    ----------
    path : Path
        An ``.xlsx`` file.
    bounds : ExcelBounds

    Yields
    ------
    (str, list of list)
        Name of a sheet and its rows with values as the workbook has them, None for empty cells;
        rows may differ in length.

    Raises
    ------
    SchemaError
        If openpyxl is not installed, the file is no workbook, or it exceeds the bounds.
    """
    try:
        openpyxl: Any = importlib.import_module("openpyxl")
    except ModuleNotFoundError as error:
        raise SchemaError(
            f"{path.name}: Excel files need openpyxl, which is not installed: run "
            "`pip install 'churngrid[excel]'`, or save the sheet as CSV."
        ) from error
    _check_size(path, bounds)
    with path.open("rb") as file:
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            for sheet in book.worksheets:
                yield sheet.title, list(_bounded(sheet, path, bounds))
        except SchemaError:
            raise
        # Whatever a damaged part lets the parsers of XML and of its values stumble over.
        except Exception as error:
            reason = str(error).strip().partition("\n")[0][:120] or type(error).__name__
            raise SchemaError(
                f"{path.name}: not an Excel file that can be read: {reason}"
            ) from error


def _check_size(path: Path, bounds: ExcelBounds) -> None:
    try:
        with zipfile.ZipFile(path) as parts:
            sizes = [part.file_size for part in parts.infolist()]
    except OSError as error:
        raise SchemaError(f"File {str(path)!r} cannot be read: {error.strerror}.") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _unreadable(path, error) from error
    if len(sizes) > _MOST_PARTS or sum(sizes) > bounds.unpacked_bytes:
        raise SchemaError(
            f"{path.name}: the workbook must unpack to at most {bounds.unpacked_bytes:,} bytes in "
            f"{_MOST_PARTS:,} parts, got {sum(sizes):,} in {len(sizes):,}; {_SMALLER}."
        )


_LOCKED = bytes.fromhex("d0cf11e0a1b11ae1")
"""How workbooks of before 2007 begin, and those that a password locks."""


def _unreadable(path: Path, error: Exception) -> SchemaError:
    with path.open("rb") as file:
        if file.read(len(_LOCKED)) == _LOCKED:
            return SchemaError(
                f"{path.name}: locked by a password, or of an Excel before 2007: save it anew as "
                ".xlsx without a password."
            )
    reason = str(error).strip().partition("\n")[0][:120] or type(error).__name__
    return SchemaError(f"{path.name}: not an Excel file that can be read: {reason}.")


def _bounded(sheet: Any, path: Path, bounds: ExcelBounds) -> Iterator[list[Any]]:
    # What a sheet says of its own size may be wrong in either direction.
    sheet.reset_dimensions()
    cells = 0
    for row in sheet.iter_rows(values_only=True):
        cells += len(row)
        if len(row) > bounds.columns:
            raise SchemaError(
                f"{path.name}: sheet {sheet.title!r} must have at most {bounds.columns:,} columns, "
                f"got {len(row):,}; {_SMALLER}."
            )
        if cells > bounds.cells:
            raise SchemaError(
                f"{path.name}: sheet {sheet.title!r} must have at most {bounds.cells:,} cells; "
                f"{_SMALLER}."
            )
        yield list(row)
