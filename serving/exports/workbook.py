"""Tables as one Excel workbook that runs nothing and is the same for the same tables."""

import io
import re
import zipfile
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pandas as pd

from ...features.arrays.spreadsheet_text import defused

__all__ = ["can_write_workbooks", "workbook_of"]

_LONGEST = 32_000
_WIDEST = 60
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CLOCK = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def can_write_workbooks() -> bool:
    """Say whether the extra ``churngrid[excel]`` is installed."""
    return find_spec("openpyxl") is not None


def workbook_of(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Return tables as a workbook, one sheet each.

    Parameters
    ----------
    sheets : mapping of str to DataFrame
        By the title of the sheet, up to 31 characters; texts and numbers.

    Returns
    -------
    bytes
        Texts that begin like a formula get an apostrophe; the first row stays in sight and
        filters. It carries no clock.

    Examples
    --------
    >>> workbook_of({"At risk": pd.DataFrame({"account": ["=1+1"], "arr": [2.0]})})[:2]
    b'PK'
    """
    # Only who writes workbooks pays for loading what writes them.
    openpyxl: Any = import_module("openpyxl")
    book = openpyxl.Workbook(write_only=True)
    for title, frame in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        for place, name in enumerate(frame, start=1):
            sheet.column_dimensions[_letter(place)].width = _width(frame[name], str(name))
        sheet.append([str(name).replace("_", " ") for name in frame])
        for row in frame.itertuples(index=False):
            sheet.append([_cell(value) for value in row])
        if len(frame):
            sheet.auto_filter.ref = f"A1:{_letter(len(frame.columns))}{len(frame) + 1}"
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_clock(buffer.getvalue())


def _cell(value: object) -> object:
    if isinstance(value, str):
        return defused(_UNWRITABLE.sub(" ", value)[:_LONGEST])
    return None if pd.isna(value) else value  # type: ignore[call-overload]


def _letter(place: int) -> str:
    return str(import_module("openpyxl.utils").get_column_letter(place))


def _width(values: "pd.Series[str]", name: str) -> float:
    longest = max((len(str(value)) for value in values.head(200)), default=0)
    return float(min(max(longest, len(name)) + 2, _WIDEST))


def _without_clock(content: bytes) -> bytes:
    """Return the archive without the time at which it was made."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as fresh,
    ):
        for name in archive.namelist():
            inside = archive.read(name)
            if name == "docProps/core.xml":
                inside = _CLOCK.sub(b"", inside)
            fresh.writestr(zipfile.ZipInfo(name, _EPOCH), inside, zipfile.ZIP_DEFLATED)
    return made.getvalue()
