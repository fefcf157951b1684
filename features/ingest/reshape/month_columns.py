"""A column a month: `Jan-24`, `Feb-24`, ... read below each other, a row an account and month."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.plain_text import as_text
from ..raw_rows import Places, RawTable

__all__ = ["MONTH", "VALUE", "long_form", "month_names", "month_of"]

MONTH, VALUE = "column_month", "column_value"
"""Columns of the long form: the first day of the month, and what stood in its column."""

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
_BEFORE = re.compile(r"^(?:mrr|arr|revenue|usage|amount|value)[\s_\-:]+")


def month_of(name: str) -> date | None:
    """Return the first day of the month that a column is named by, or None.

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
    """
    bare = _BEFORE.sub("", name.strip().lower())
    found = _NAMED.match(bare)
    if found:
        month = _NAMES.index(found["word"] or found["word2"]) + 1
    else:
        found = _DIGITS.match(bare)
        month = int(found["month"] or found["month2"]) if found else 0
    if not found:
        return None
    year = found["year"] or found["year2"]
    return date(int(year) if len(year) == 4 else 2000 + int(year), month, 1)


def month_names(names: Iterable[str]) -> dict[str, date]:
    """Return the columns that are named by months; none where there are only a few, or two of one.

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
    return found if _FEWEST <= len(found) == len(set(found.values())) else {}


def long_form(raw: RawTable) -> RawTable:
    """Read the columns of months below each other.

    Parameters
    ----------
    raw : RawTable

    Returns
    -------
    RawTable
        A row for each filled cell, months of one row behind each other, with ``MONTH`` and
        ``VALUE`` beside the other columns; empty cells are no rows.
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
    days = pa.array(np.tile([f"{day:%Y-%m-%d}" for day in months.values()], n_rows), pa.string())
    columns = {name: pc.take(table[name], pa.array(row)) for name in others}
    long = pa.table({**columns, MONTH: days, VALUE: values}).filter(filled)
    return replace(raw, table=long, rows=Places.upto(long.num_rows))
