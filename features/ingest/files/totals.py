"""Rows that are none: totals below a table, and lines under the heading that explain columns."""

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["explaining_rows", "is_total", "said_of_explaining", "said_of_totals"]

_WORDS = frozenset(
    [
        *("total", "totals", "grand total", "sub total", "subtotal", "sum", "overall", "summe"),
        *("gesamt", "gesamtsumme", "gesamtbetrag", "insgesamt", "total général", "total general"),
        *("somme", "totale", "totaal", "suma", "total geral", "soma"),
    ]
)
_EXPLAINS = frozenset(
    [
        *("response", "open-ended response", "open ended response", "other (please specify)"),
        *("selected choice", "comment"),
    ]
)
_IMPORTED = re.compile(r"^\{\s*\"ImportId\"\s*:")
_MOST_EXPLAINING = 3
_NUMERAL = re.compile(r"^[^\w]*(?:[A-Za-z]{0,3}[^\w]*)?\d[\d\s.,']*[^\d]{0,5}$")


def is_total(cells: Sequence[Any]) -> bool:
    """Say whether a row says that it is the sum of those above it.

    Parameters
    ----------
    cells : sequence
        Values as a workbook or a line of text has them.

    Returns
    -------
    bool
        True if its first value is a word for a total, and all others are numbers.

    Examples
    --------
    >>> is_total(["Total", None, 45, "1,200.50 €"]), is_total(["Total", "Retail", 45])
    (True, False)
    """
    filled = [text for cell in cells if (text := "" if cell is None else str(cell).strip())]
    if len(filled) < 2 or filled[0].rstrip(": ").lower() not in _WORDS:
        return False
    return all(_NUMERAL.match(text) for text in filled[1:])


def said_of_totals(cells: Sequence[Any]) -> str:
    """Return what a reader of the table should know of a row of totals.

    Parameters
    ----------
    cells : sequence

    Returns
    -------
    str
    """
    shown = "; ".join(str(cell).strip() for cell in cells if cell is not None and str(cell).strip())
    return f"a row of totals below the table left out: {shown[:120]!r}"


def explaining_rows(rows: Sequence[Sequence[Any]]) -> int:
    """Return how many of the first rows below the column names say what columns mean.

    Parameters
    ----------
    rows : sequence of sequence
        The first rows, as a workbook or lines of text have them.

    Returns
    -------
    int
        0 if the first row is one of the table.

    Examples
    --------
    >>> explaining_rows([["", "Open-Ended Response"], ["114", "fine"]])
    1
    >>> explaining_rows([["Start Date"], ['{"ImportId":"startDate"}'], ["2026-01-01"]])
    2
    """
    texts = [
        [text for cell in row if (text := "" if cell is None else str(cell).strip())]
        for row in rows[:_MOST_EXPLAINING]
    ]
    for place, filled in enumerate(texts):
        if filled and all(map(_IMPORTED.match, filled)):
            return place + 1
    first = texts[0] if texts else []
    is_open = bool(rows) and len(first) < len(rows[0])
    return int(is_open and bool(first) and all(text.lower() in _EXPLAINS for text in first))


def said_of_explaining(rows: Sequence[Sequence[Any]]) -> str:
    """Return what a reader of the table should know of lines that explain columns.

    Parameters
    ----------
    rows : sequence of sequence

    Returns
    -------
    str
    """
    cells = [str(cell).strip() for row in rows for cell in row if str(cell or "").strip()]
    return f"lines below the column names that explain them left out: {'; '.join(cells)[:120]!r}"
