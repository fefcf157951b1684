"""Whether a day lies in one of the periods of a thing, for millions of days at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .plaintext import Mask

__all__ = ["Periods", "days_of"]

IntArray = npt.NDArray[np.int64]

_DAY_US = 86_400_000_000
_DAYS = 1 << 17
"""More days than lie between 1970 and 2200."""


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
    ticks = pc.fill_null(pc.cast(times, pa.int64()), -1)
    return np.asarray(ticks.to_numpy(), dtype=np.int64) // _DAY_US


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
        last = np.where(last < 0, _DAYS - 1, last)
        order = np.argsort(code * _DAYS + first, kind="stable")
        begins, ends = (code * _DAYS + first)[order], (code * _DAYS + last)[order]
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

    def outside(self, owner: pa.ChunkedArray, days: IntArray) -> Mask:
        """Mark days that lie in no period of their owner.

        Parameters
        ----------
        owner : pyarrow.ChunkedArray of string, shape (n_rows,)
        days : ndarray of int64, shape (n_rows,)

        Returns
        -------
        ndarray of bool, shape (n_rows,)
            False for owners without any period and for missing days.
        """
        if not len(self.begins):
            return np.zeros(len(days), dtype=bool)
        code = _codes(owner, self.owners)
        moment = code * _DAYS + days
        place = np.searchsorted(self.begins, moment, side="right") - 1
        begun = (place >= 0) & (self.begins[place] // _DAYS == code)
        lasting = begun & (self.ends[place] > moment)
        return np.asarray(~lasting & (code >= 0) & (days >= 0), dtype=bool)


def _codes(owner: pa.ChunkedArray, owners: pa.Array) -> IntArray:
    where = pc.fill_null(pc.index_in(owner, value_set=owners, skip_nulls=True), -1)
    return np.asarray(where.to_numpy(), dtype=np.int64)
