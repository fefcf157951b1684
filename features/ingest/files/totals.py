"""Rows of totals below a table, as people put them into spreadsheets: they are no rows of it."""

import re
from collections.abc import Sequence
from typing import Any

__all__ = ["is_total", "said_of_totals"]

_WORDS = frozenset(
    [
        *("total", "totals", "grand total", "sub total", "subtotal", "sum", "overall", "summe"),
        *("gesamt", "gesamtsumme", "gesamtbetrag", "insgesamt", "total général", "total general"),
        *("somme", "totale", "totaal", "suma", "total geral", "soma"),
    ]
)
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
