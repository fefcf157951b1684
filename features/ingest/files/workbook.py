"""Excel workbooks as tables: every sheet that holds one."""

from collections import Counter
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any

import pandas as pd

from ...schema.excel_rows import excel_sheets

__all__ = ["read_workbook"]

_MOST_TITLE_ROWS = 30
_SAMPLE = 100


def read_workbook(path: Path) -> dict[str, pd.DataFrame]:
    """Read every sheet of a workbook that has column names and rows.

    Parameters
    ----------
    path : Path
        An ``.xlsx`` file.

    Returns
    -------
    dict of str to DataFrame
        By name of the sheet; a single one by the name of the file. Cells keep the types that the
        workbook gives them; rows above the column names and empty rows are left out.

    Raises
    ------
    SchemaError
        If openpyxl is not installed, the file is no workbook, or it is too large.
    """
    sheets = {name: list(_filled(rows)) for name, rows in excel_sheets(path)}
    tables = {name: _table(rows) for name, rows in sheets.items()}
    held = {name: table for name, table in tables.items() if table is not None}
    if len(held) == 1:
        return {path.stem: next(iter(held.values()))}
    return held


def _filled(rows: list[list[Any]]) -> Iterator[list[Any]]:
    for row in rows:
        cells = [_cell(value) for value in row]
        if any(value is not None for value in cells):
            yield cells


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return value.isoformat() if isinstance(value, time) else value


def _table(rows: list[list[Any]]) -> pd.DataFrame | None:
    place = _header_place(rows)
    if place is None:
        return None
    header = ["" if cell is None else str(cell) for cell in rows[place]]
    while header and not header[-1]:
        header.pop()
    body = [(row + [None] * len(header))[: len(header)] for row in rows[place + 1 :]]
    frame = pd.DataFrame(body, columns=pd.Index(header, dtype=object), dtype=object)
    return frame.loc[:, [bool(name) for name in header]]


def _header_place(rows: list[list[Any]]) -> int | None:
    """Return which row holds the column names: the first one with most columns filled by text."""
    widths = Counter(_n_filled(row) for row in rows[:_SAMPLE])
    if not widths:
        return None
    usual = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    for place, row in enumerate(rows[:_MOST_TITLE_ROWS]):
        if 2 * _n_filled(row) > usual and all(isinstance(cell, str | None) for cell in row):
            return place
    return None


def _n_filled(row: list[Any]) -> int:
    return sum(cell is not None for cell in row)
