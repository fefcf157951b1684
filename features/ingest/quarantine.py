"""The file with the rows that were put aside, safe to open in a spreadsheet."""

import csv
import os
from pathlib import Path

from ..errors import SchemaError
from ..schema.tableset import Tables

__all__ = ["defused", "write_quarantine"]


_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_quarantine(tables: Tables, folder: Path) -> Path | None:
    """Write the rows that were put aside to ``quarantine.csv``, replacing an older file.

    Parameters
    ----------
    tables : Tables
    folder : Path
        Made if it is not there.

    Returns
    -------
    Path or None
        None if no row was put aside; an older file is then removed.

    Raises
    ------
    SchemaError
        If there is a file in the place of the folder.
    """
    if folder.exists() and not folder.is_dir():
        raise SchemaError(f"{str(folder)!r} is a file; name a folder for the rows put aside.")
    target = folder / "quarantine.csv"
    if tables.quarantine is None or not tables.quarantine.num_rows:
        target.unlink(missing_ok=True)
        return None
    folder.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".csv.partial")
    columns = [column.to_pylist() for column in tables.quarantine.columns]
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(tables.quarantine.column_names)
        for row in zip(*columns, strict=True):
            writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in row])
    os.replace(draft, target)
    return target


def defused(cell: str) -> str:
    """Keep a spreadsheet from taking a text for a formula.

    Parameters
    ----------
    cell : str

    Returns
    -------
    str
        With an apostrophe in front if it begins with ``= + - @``, a tab or a carriage return.

    Examples
    --------
    >>> defused("=1+1"), defused("a=1")
    ("'=1+1", 'a=1')
    """
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
