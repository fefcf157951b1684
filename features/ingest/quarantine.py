"""The file with the rows that were put aside, safe to open in a spreadsheet."""

import codecs
import csv
from pathlib import Path

from ..arrays.spreadsheet_text import defused
from ..errors import SchemaError
from ..schema.tableset import Tables
from ..whole_file import made_folder, whole_file

__all__ = ["write_quarantine"]


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
    with made_folder(folder), whole_file(target) as file:
        writer = csv.writer(codecs.getwriter("utf-8")(file))
        writer.writerow(tables.quarantine.column_names)
        for part in tables.quarantine.to_batches():
            for row in zip(*(column.to_pylist() for column in part.columns), strict=True):
                writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in row])
    return target
