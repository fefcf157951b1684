"""Excel workbooks as tables: every sheet that holds one."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

import pandas as pd

from ...schema.excel_rows import excel_sheets
from .sections import without_sections
from .totals import explaining_rows, is_total, said_of_explaining, said_of_totals

__all__ = ["REMARKS", "read_workbook"]

_MOST_TITLE_ROWS = 30
_SAMPLE = 100
_FEWEST_MONTHS = 3

REMARKS = "churngrid remarks"
"""Where a frame says what a reader of it should know."""


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
    header = [_column_name(cell) for cell in rows[place]]
    while header and not header[-1]:
        header.pop()
    body = [(row + [None] * len(header))[: len(header)] for row in rows[place + 1 :]]
    explaining = explaining_rows(body)
    remarks = [said_of_explaining(body[:explaining])] if explaining else []
    body = body[explaining:]
    while body and is_total(body[-1]):
        remarks.append(said_of_totals(body.pop()))
    body, said = without_sections(body)
    remarks += said
    frame = pd.DataFrame(body, columns=pd.Index(header, dtype=object), dtype=object)
    frame = frame.loc[:, [bool(name) for name in header]]
    frame.attrs[REMARKS] = tuple(remarks)
    return frame


def _header_place(rows: list[list[Any]]) -> int | None:
    """Return which row holds the column names: the first one with most columns filled by text."""
    widths = Counter(_n_filled(row) for row in rows[:_SAMPLE])
    if not widths:
        return None
    usual = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    for place, row in enumerate(rows[:_MOST_TITLE_ROWS]):
        if 2 * _n_filled(row) > usual and _are_names(row):
            return place
    return None


def _are_names(row: list[Any]) -> bool:
    """Say whether cells can be column names: texts, and months of which a row holds several."""
    months = sum(isinstance(cell, date) and cell.day == 1 for cell in row)
    texts = [cell for cell in row if isinstance(cell, str | None)]
    return len(texts) == len(row) or (months >= _FEWEST_MONTHS and len(texts) + months == len(row))


def _column_name(cell: Any) -> str:
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    return "" if cell is None else str(cell)


def _n_filled(row: list[Any]) -> int:
    return sum(cell is not None for cell in row)
