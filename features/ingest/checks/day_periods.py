"""Whether a day lies in one of the periods of a thing, for millions of days at once."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import IntArray
from ...arrays.coded_text import texts_of
from ...arrays.day_loops import MOST_DAYS, outside, seen_days
from ...arrays.plain_text import Mask
from ...arrays.time_grid import DAY_US

__all__ = ["Periods", "days_of", "days_with_rows"]


def days_of(times: pa.ChunkedArray) -> IntArray:
    """Return whole days since 1970.

    Parameters
    ----------
    times : pyarrow.ChunkedArray of timestamp in microseconds, shape (n_rows,)

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        -1 where a time is missing.
    """
    return _ticks_of(times) // DAY_US


def days_with_rows(times: pa.ChunkedArray) -> IntArray:
    """Return the days on which there is anything.

    Parameters
    ----------
    times : pyarrow.ChunkedArray of timestamp in microseconds, shape (n_rows,)
        None missing.

    Returns
    -------
    ndarray of int64
        Whole days since 1970, ascending, each once.

    Examples
    --------
    >>> days_with_rows(pa.chunked_array([pa.array([5, 6], pa.timestamp("us"))])).tolist()
    [0]
    """
    return np.flatnonzero(seen_days(_ticks_of(times)))


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods of days by owner, half open; overlapping ones count as one.

    Parameters
    ----------
    owners : pyarrow.Array of string
    begins : ndarray of int64
        Owner and first day as one number, ascending.
    ends : ndarray of int64
        Owner and the last end of all periods so far as one number.
    """

    owners: pa.Array
    begins: IntArray
    ends: IntArray

    @classmethod
    def of(cls, table: pa.Table, owner: str, begin: str, end: str) -> "Periods":
        """Collect the periods of a table; one without an end is open.

        Parameters
        ----------
        table : pyarrow.Table
        owner, begin, end : str
            Columns.

        Returns
        -------
        Periods
        """
        owners = pc.unique(table[owner].drop_null())
        code = _codes(table[owner], owners)
        first, last = days_of(table[begin]), days_of(table[end])
        last = np.where(last < 0, MOST_DAYS - 1, last)
        order = np.argsort(code * MOST_DAYS + first, kind="stable")
        begins, ends = (code * MOST_DAYS + first)[order], (code * MOST_DAYS + last)[order]
        # Owners ascend, so that the largest end so far is one of the same owner.
        return cls(owners, begins, np.maximum.accumulate(ends))

    @classmethod
    def since(cls, table: pa.Table, owner: str, begin: str) -> "Periods":
        """Collect periods without an end.

        Parameters
        ----------
        table : pyarrow.Table
        owner, begin : str
            Columns.

        Returns
        -------
        Periods
        """
        never = pa.nulls(table.num_rows, table.schema.field(begin).type)
        columns = pa.table({"owner": table[owner], "begin": table[begin], "end": never})
        return cls.of(columns, "owner", "begin", "end")

    def outside(self, owner: pa.ChunkedArray, times: pa.ChunkedArray) -> Mask:
        """Mark times whose day lies in no period of their owner.

        Parameters
        ----------
        owner : pyarrow.ChunkedArray of string, shape (n_rows,)
        times : pyarrow.ChunkedArray of timestamp in microseconds, shape (n_rows,)

        Returns
        -------
        ndarray of bool, shape (n_rows,)
            False for owners without any period and for missing times.
        """
        texts = texts_of(owner)
        place = pc.fill_null(pc.index_in(texts.names, value_set=self.owners), -1)
        owners = np.append(np.asarray(place.to_numpy(), dtype=np.int64), -1)
        reach = np.searchsorted(self.begins, np.arange(len(self.owners) + 1) * MOST_DAYS)
        ticks = _ticks_of(times)
        return np.asarray(outside(texts.codes, ticks, owners, reach, self.begins, self.ends))


def _codes(owner: pa.ChunkedArray, owners: pa.Array) -> IntArray:
    where = pc.fill_null(pc.index_in(owner, value_set=owners, skip_nulls=True), -1)
    return np.asarray(where.to_numpy(), dtype=np.int64)


def _ticks_of(times: pa.ChunkedArray) -> IntArray:
    """Microseconds since 1970, -1 where missing; no copy if none is."""
    ticks = pc.cast(times, pa.int64())
    filled = pc.fill_null(ticks, -1) if ticks.null_count else ticks
    return np.asarray(filled.to_numpy(), dtype=np.int64)
