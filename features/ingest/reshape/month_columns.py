"""A column a month, quarter or year: `Jan-24`, `Q1 2024`, `2024`, ... read below each other."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.plain_text import as_text
from ..raw_rows import Places, RawTable

__all__ = ["MONTH", "VALUE", "long_form", "month_names", "month_of", "months_each"]

MONTH, VALUE = "column_month", "column_value"
"""Columns of the long form: the first day of the month, quarter or year, and what stood there."""

_FEWEST = 3
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = "uary|ruary|ch|il|e|y|ust|t|tember|ober|ember"
_NAMED = re.compile(
    rf"^(?P<word>{'|'.join(_NAMES)})(?:{_LONG})?[\s\-_/.,']*(?P<year>\d{{4}}|\d{{2}})$"
    rf"|^(?P<year2>\d{{4}})[\s\-_/.,']*(?P<word2>{'|'.join(_NAMES)})(?:{_LONG})?$"
)
_DIGITS = re.compile(
    r"^(?P<year>(?:19|20)\d{2})[-_/. ]?(?P<month>0?[1-9]|1[0-2])"
    r"(?:[-_/.]0?1(?:[ t]00:00(?::00)?)?)?$"
    r"|^(?P<month2>0?[1-9]|1[0-2])[-_/. ](?P<year2>(?:19|20)\d{2})$"
)
_QUARTER = re.compile(
    r"^q(?:uarter|uartal)?[\s\-_]?(?P<quarter>[1-4])[\s\-_/.,']*(?P<year>20\d{2}|\d{2})$"
    r"|^(?P<year2>20\d{2})[\s\-_/.,']*q(?P<quarter2>[1-4])$"
    r"|^(?P<quarter3>[1-4])\.?\s?q(?:uartal)?[\s\-_/.,']*(?P<year3>20\d{2}|\d{2})$"
)
_YEAR = re.compile(r"^(?:fy|year|jahr)?[\s_\-]*(?P<year>20\d{2})$")
_MONTHS_A_QUARTER, _MONTHS_A_YEAR = 3, 12
_BEFORE = re.compile(r"^(?:mrr|arr|acv|revenue|umsatz|usage|amount|value)[\s_\-:]+")


def month_of(name: str) -> date | None:
    """Return the first day of the month, quarter or year that a column is named by, or None.

    Parameters
    ----------
    name : str

    Returns
    -------
    date or None

    Examples
    --------
    >>> [str(month_of(name)) for name in ("Jan-24", "2024-01", "January 2024", "01/2024", "plan")]
    ['2024-01-01', '2024-01-01', '2024-01-01', '2024-01-01', 'None']
    >>> [str(month_of(name)) for name in ("Q2 2024", "2024-Q2", "ARR Q2/24", "ARR 2024")]
    ['2024-04-01', '2024-04-01', '2024-04-01', '2024-01-01']
    """
    bare = _bare(name)
    if quarter := _QUARTER.match(bare):
        year, number = (_of(quarter, part) for part in ("year", "quarter"))
        return _first_day(year, _MONTHS_A_QUARTER * (int(number) - 1) + 1)
    if whole := _YEAR.match(bare):
        return _first_day(whole["year"], 1)
    found = _NAMED.match(bare)
    if found:
        month = _NAMES.index(found["word"] or found["word2"]) + 1
    else:
        found = _DIGITS.match(bare)
        month = int(found["month"] or found["month2"]) if found else 0
    if not found:
        return None
    return _first_day(found["year"] or found["year2"], month)


def _of(found: re.Match[str], part: str) -> str:
    """Return the part of a name, in whichever of the three orders it stands."""
    return found[part] or found[f"{part}2"] or found[f"{part}3"]


def _first_day(year: str, month: int) -> date:
    return date(int(year) if len(year) == 4 else 2000 + int(year), month, 1)


def _bare(name: str) -> str:
    return _BEFORE.sub("", name.strip().lower())


def months_each(names: Iterable[str]) -> int:
    """Return how many months columns are of that are named by a time.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    int
        1, 3 of quarters, 12 of years; 0 where columns are not named so.

    Examples
    --------
    >>> months_each(["Customer", "Q1 24", "Q2 24", "Q3 24"]), months_each(["2024", "2025", "2026"])
    (3, 12)
    """
    return next(map(_months_of, month_names(names)), 0)


def _months_of(name: str) -> int:
    """Return how many months the time is that a column is named by."""
    bare = _bare(name)
    if _YEAR.match(bare):
        return _MONTHS_A_YEAR
    return _MONTHS_A_QUARTER if _QUARTER.match(bare) else 1


def month_names(names: Iterable[str]) -> dict[str, date]:
    """Return the columns named by months, quarters or years; none of two kinds, or if few.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    dict of str to date

    Examples
    --------
    >>> list(month_names(["Customer", "Jan 24", "Feb 24", "Mar 24"]))
    ['Jan 24', 'Feb 24', 'Mar 24']
    """
    found = {name: month for name in names if (month := month_of(name)) is not None}
    kinds = {_months_of(name) for name in found}
    told = len(kinds) == 1 and _FEWEST <= len(found) == len(set(found.values()))
    return found if told else {}


def long_form(raw: RawTable) -> RawTable:
    """Read the columns of months below each other.

    Parameters
    ----------
    raw : RawTable

    Returns
    -------
    RawTable
        A row for each filled cell, months of one row behind each other, with ``MONTH`` and
        ``VALUE`` beside the other columns; empty cells are no rows. A month is written as one, so
        that what is said of it is known when it is over.
    """
    table, months = raw.table, month_names(raw.table.column_names)
    others = [name for name in table.column_names if name not in months]
    n_rows, n_months = table.num_rows, len(months)
    row = np.repeat(np.arange(n_rows), n_months)
    # Cells come month after month; they are wanted row after row.
    turned = np.arange(n_rows * n_months).reshape(n_months, n_rows).T.ravel()
    cells = [as_text(table[name])[0] for name in months]
    values = pa.chunked_array([chunk for cell in cells for chunk in cell.chunks], pa.string())
    values = pc.take(values, pa.array(turned))
    filled = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(values), ""), False)
    written = [_written(name, month) for name, month in months.items()]
    days = pa.array(np.tile(written, n_rows), pa.string())
    columns = {name: pc.take(table[name], pa.array(row)) for name in others}
    long = pa.table({**columns, MONTH: days, VALUE: values}).filter(filled)
    return replace(raw, table=long, rows=Places.upto(long.num_rows))


def _written(name: str, month: date) -> str:
    months = _months_of(name)
    if months == _MONTHS_A_YEAR:
        return f"{month:%Y}"
    quarter = (month.month - 1) // _MONTHS_A_QUARTER + 1
    return f"{month:%Y}-Q{quarter}" if months == _MONTHS_A_QUARTER else f"{month:%Y-%m}"
