"""Times as whole microseconds since 1970: read, written, and moved by days and months."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .array_types import IntArray
from .as_of_rows import to_microseconds

__all__ = [
    "DAY",
    "NEVER",
    "IntArray",
    "add_months",
    "first_repeat_after",
    "from_timestamps",
    "later",
    "microseconds",
    "month_start_after",
    "months_back",
    "months_on",
    "timestamps",
]


DAY = 86_400_000_000
NEVER = int(np.iinfo(np.int64).max)
"""Stands for a moment that never comes; written out it is an empty time."""


def microseconds(table: pa.Table, column: str) -> IntArray:
    """Read a time column; an empty time is ``NEVER``.

    Parameters
    ----------
    table : pyarrow.Table
    column : str
        Of type timestamp in microseconds, UTC.

    Returns
    -------
    ndarray of int64, shape (n_rows,)

    Examples
    --------
    >>> table = pa.table({"at": pa.array([86_400_000_000], pa.timestamp("us", tz="UTC"))})
    >>> microseconds(table, "at")
    array([86400000000])
    """
    whole = pc.cast(table[column], pa.int64())
    return np.asarray(pc.fill_null(whole, NEVER).to_numpy(), dtype=np.int64)


def timestamps(moments: IntArray) -> pd.DatetimeIndex:
    """Write moments as UTC times; ``NEVER`` becomes NaT.

    Parameters
    ----------
    moments : ndarray of int64, shape (n,)

    Returns
    -------
    DatetimeIndex of length n

    Examples
    --------
    >>> timestamps(np.array([86_400_000_000, NEVER])).strftime("%Y-%m-%d").tolist()
    ['1970-01-02', nan]
    """
    # numpy marks NaT with the smallest integer.
    stored = np.where(moments == NEVER, np.iinfo(np.int64).min, moments)
    return pd.DatetimeIndex(stored.astype("datetime64[us]")).tz_localize("UTC")


def from_timestamps(times: pd.Series) -> IntArray:
    """Read UTC times back; NaT becomes ``NEVER``.

    Parameters
    ----------
    times : Series of datetime, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> from_timestamps(pd.Series(timestamps(np.array([DAY, NEVER])))).tolist() == [DAY, NEVER]
    True
    """
    return np.where(times.isna(), NEVER, to_microseconds(times)).astype(np.int64)


def later(moments: IntArray, days: float) -> IntArray:
    """Move moments by days; ``NEVER`` stays.

    Parameters
    ----------
    moments : ndarray of int64, shape (n,)
    days : float
        Negative moves back.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> later(np.array([0, NEVER]), 1).tolist() == [DAY, NEVER]
    True
    """
    return np.where(moments == NEVER, NEVER, moments + round(days * DAY)).astype(np.int64)


def add_months(moments: IntArray, months: IntArray) -> IntArray:
    """Move moments by calendar months; a day the month lacks becomes its last day.

    Parameters
    ----------
    moments : ndarray of int64, shape (n,)
        Without ``NEVER``.
    months : ndarray of int64, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> january_31 = np.array(["2025-01-31"], dtype="datetime64[us]").astype(np.int64)
    >>> timestamps(add_months(january_31, np.array([1]))).strftime("%Y-%m-%d").item()
    '2025-02-28'
    """
    month = _month(moments)
    within = moments - _month_start(month)
    start, end = _month_start(month + months), _month_start(month + months + 1)
    last_day = (end - start) // DAY - 1
    return np.asarray(start + np.minimum(within // DAY, last_day) * DAY + within % DAY)


def first_repeat_after(moments: IntArray, months: IntArray, after: IntArray) -> IntArray:
    """Return the first of ``moment``, ``moment + months``, ... that lies after another moment.

    Parameters
    ----------
    moments : ndarray of int64, shape (n,)
        ``NEVER`` repeats never.
    months : ndarray of int64, shape (n,)
        Length of the period, at least 1.
    after : ndarray of int64, shape (n,)
        Without ``NEVER``.

    Returns
    -------
    ndarray of int64, shape (n,)
        The moment itself where it already lies after.

    Examples
    --------
    >>> both = np.array(["2024-01-01", "2025-03-01"], dtype="datetime64[us]").astype(np.int64)
    >>> found = first_repeat_after(both[:1], np.array([12]), both[1:])
    >>> timestamps(found).strftime("%Y-%m-%d").item()
    '2026-01-01'
    """
    finite = np.where(moments == NEVER, after + 1, moments)
    periods = np.maximum((_month(after) - _month(finite)) // months, 0)
    found = add_months(finite, periods * months)
    # The division finds the right period or the one before it.
    found = np.where(found > after, found, add_months(finite, (periods + 1) * months))
    return np.where(moments == NEVER, NEVER, found).astype(np.int64)


def month_start_after(moments: IntArray) -> IntArray:
    """Return the first start of a calendar month after a moment.

    Parameters
    ----------
    moments : ndarray of int64, shape (n,)
        Without ``NEVER``.

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> month_start_after(np.array([0])) // DAY
    array([31])
    """
    return _month_start(_month(moments) + 1)


def months_back(moments: IntArray, months: int) -> IntArray:
    """Return the same moments so many calendar months before, in the order of time.

    Parameters
    ----------
    moments : ndarray of int64, shape (n,)
        ``NEVER`` stays.
    months : int
        At least 0.

    Returns
    -------
    ndarray of int64, shape (n,)
        On a day that the month lacks: the end of that month, so that nothing overtakes it.

    Examples
    --------
    >>> days = np.array(["2025-01-01", "2024-02-29"], dtype="datetime64[us]").astype(np.int64)
    >>> timestamps(months_back(days, 12)).strftime("%Y-%m-%d").tolist()
    ['2024-01-01', '2023-03-01']
    """
    found, lacking, end = _moved(moments, -months)
    return np.where(moments == NEVER, NEVER, np.where(lacking, end, found)).astype(np.int64)


def months_on(moments: IntArray, months: int) -> IntArray:
    """Return the last moments that lie no later than others when put so many months back.

    Parameters
    ----------
    moments : ndarray of int64, shape (n,)
        ``NEVER`` stays.
    months : int
        At least 0.

    Returns
    -------
    ndarray of int64, shape (n,)
        The largest ``m`` with ``months_back(m, months) <= moment``.

    Examples
    --------
    >>> days = np.array(["2024-01-01", "2024-02-29"], dtype="datetime64[us]").astype(np.int64)
    >>> timestamps(months_on(days, 12)).strftime("%Y-%m-%d").tolist()
    ['2025-01-01', '2025-02-28']
    """
    found, lacking, end = _moved(moments, months)
    return np.where(moments == NEVER, NEVER, np.where(lacking, end - 1, found)).astype(np.int64)


def _moved(moments: IntArray, months: int) -> tuple[IntArray, npt.NDArray[np.bool_], IntArray]:
    """Return moments moved by months, where the day is lacking there, and the month's end."""
    finite = np.where(moments == NEVER, 0, moments).astype(np.int64)
    month = _month(finite)
    start, end = _month_start(month + months), _month_start(month + months + 1)
    found = np.asarray(start + (finite - _month_start(month)), dtype=np.int64)
    return found, found >= end, end


def _month(moments: IntArray) -> IntArray:
    return moments.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)


def _month_start(months: IntArray) -> IntArray:
    return months.astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
