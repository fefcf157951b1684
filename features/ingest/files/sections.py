"""Sheets divided by hand: a heading above each group of rows, and its sum below."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

__all__ = ["without_sections"]

_LEAST_FILLED = 3
_MOST = 0.2
"""Share of rows that may be headings; more of them are rows of which little is known."""
_CENT = 0.01
_SUMS = re.compile(
    r"^(?:sub[- ]?totals?|totals?|sum|summe|zwischensumme|gesamt|sous[- ]total)\b"
    r"|\b(?:sub[- ]?totals?|totals?)\s*:?$",
    re.IGNORECASE,
)


def without_sections(body: Sequence[list[Any]]) -> tuple[list[list[Any]], list[str]]:
    """Leave out headings of groups and their sums.

    Parameters
    ----------
    body : sequence of list
        Rows of a sheet, as wide as its column names; empty cells are None.

    Returns
    -------
    list of list
        The rows that are left.
    list of str
        What a reader of the table should know.

    Examples
    --------
    >>> rows = [["EAST", None, None], ["Ada", 1, 2], ["Bob", 3, 4], ["Cid", 5, 6], ["Dan", 7, 8]]
    >>> [row[0] for row in without_sections([*rows, ["Subtotal East", 16, None]])[0]]
    ['Ada', 'Bob', 'Cid', 'Dan']
    """
    widths = Counter(_n_filled(row) for row in body)
    usual = widths.most_common(1)[0][0] if widths else 0
    sums = _sums(body, usual)
    headings = [row for row in body if _n_filled(row) == 1 and isinstance(row[0], str)]
    if usual < _LEAST_FILLED or len(headings) > _MOST * len(body):
        headings = []
    aside = [id(row) for row in (*sums, *headings)]
    said = []
    if sums:
        said.append(f"rows of sums left out: {_named(sums)}")
    if headings:
        said.append(f"headings between the rows left out: {_named(headings)}")
    return [row for row in body if id(row) not in aside], said


def _sums(body: Sequence[list[Any]], usual: int) -> list[list[Any]]:
    """Return the rows called sums that say less than others, or add up those above them."""
    found, above = [], 0.0
    for row in body:
        number = next((float(c) for c in row if isinstance(c, int | float)), 0.0)
        if _is_sum(row) and (_n_filled(row) < usual or abs(number - above) < _CENT):
            found.append(row)
            above = 0.0
        else:
            above += number
    return found


def _is_sum(row: list[Any]) -> bool:
    """Say whether a row is called a sum, and has nothing else but numbers."""
    first, rest = row[0] if row else None, [cell for cell in row[1:] if cell is not None]
    numbers = bool(rest) and all(isinstance(cell, int | float) for cell in rest)
    return isinstance(first, str) and numbers and bool(_SUMS.search(first.strip()))


def _n_filled(row: list[Any]) -> int:
    return sum(cell is not None for cell in row)


def _named(rows: list[list[Any]]) -> str:
    return repr("; ".join(str(row[0]) for row in rows)[:120])
