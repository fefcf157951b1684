"""The rows every number is computed for: pairs of an account and an as-of date, sorted."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .array_types import IntArray, RowArray
from .compiled import kernel
from .time_grid import Edges

__all__ = ["Rows", "to_microseconds"]


def to_microseconds(moments: pd.Series | pd.DatetimeIndex | pd.Index) -> IntArray:
    """Return times as whole microseconds since 1970 in UTC.

    Parameters
    ----------
    moments : pandas Series or DatetimeIndex
        Naive times are taken as UTC.

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> to_microseconds(pd.DatetimeIndex(["1970-01-02"]))
    array([86400000000])
    """
    index = pd.DatetimeIndex(moments)
    utc = index.tz_localize("UTC") if index.tz is None else index.tz_convert("UTC")
    naive = utc.tz_localize(None).to_numpy().astype("datetime64[us]")
    return np.asarray(naive.astype(np.int64), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Rows:
    """Pairs (account, as_of), sorted by account and date, each pair once.

    Parameters
    ----------
    account_ids : ndarray of str, shape (n_accounts,)
        Sorted.
    starts : ndarray of int64, shape (n_accounts + 1,)
        The rows of account ``i`` are ``starts[i]`` to ``starts[i + 1]``.
    as_of : ndarray of int64, shape (n_rows,)
        Microseconds since 1970, ascending within an account.
    edges : Edges
        All different as-of dates.
    date : ndarray of int32, shape (n_rows,)
        Place of each row's date among them.
    reach : ndarray of int32, shape (n_accounts, 3)
        Beginning and end of the account's rows, and the place in ``edges`` of its first date if
        its dates follow each other there without a gap, else -1.

    Examples
    --------
    >>> day = pd.Timestamp("2025-01-01")
    >>> pairs = pd.DataFrame({"account_id": ["b", "a"], "as_of": [day, day]})
    >>> Rows.of(pairs).account_ids.tolist()
    ['a', 'b']
    """

    account_ids: npt.NDArray[np.object_]
    starts: IntArray
    as_of: IntArray
    edges: Edges
    date: RowArray
    reach: RowArray

    @classmethod
    def of(cls, pairs: pd.DataFrame) -> "Rows":
        """Sort pairs into rows; a pair given twice counts once.

        Parameters
        ----------
        pairs : DataFrame
            With ``account_id`` and ``as_of``; may be empty.

        Returns
        -------
        Rows
        """
        codes, found = pd.factorize(pairs["account_id"], sort=True)
        ids = np.asarray(found, dtype=object)
        moments = to_microseconds(pairs["as_of"])
        order = np.lexsort((moments, codes))
        codes, moments = codes[order], moments[order]
        fresh = np.ones(len(codes), dtype=bool)
        fresh[1:] = (codes[1:] != codes[:-1]) | (moments[1:] != moments[:-1])
        counts = np.bincount(codes[fresh], minlength=len(ids))
        return cls._sorted(ids, counts, moments[fresh])

    @classmethod
    def _sorted(cls, ids: npt.NDArray[np.object_], counts: IntArray, as_of: IntArray) -> "Rows":
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        edges = Edges.of(as_of)
        date = edges.reached_by(as_of) - np.int32(1)
        places = np.append(date, np.int32(-1))
        begin, end = places[starts[:-1]], places[starts[1:] - 1]
        unbroken = (counts > 0) & (end - begin + 1 == counts)
        reach = np.stack([starts[:-1], starts[1:], np.where(unbroken, begin, -1)], axis=1)
        return cls(ids, starts, as_of, edges, date, reach.astype(np.int32))

    def __len__(self) -> int:
        return len(self.as_of)

    @property
    def dates(self) -> IntArray:
        """All different as-of dates in microseconds, ascending, shape (n_dates,)."""
        return self.edges.moments

    @property
    def account(self) -> RowArray:
        """Position of each row's account in ``account_ids``, shape (n_rows,)."""
        return np.repeat(np.arange(len(self.account_ids), dtype=np.int32), np.diff(self.starts))

    @property
    def index(self) -> pd.MultiIndex:
        """The rows as a pandas index with the levels ``account_id`` and ``as_of`` (UTC)."""
        moments = pd.DatetimeIndex(self.as_of.astype("datetime64[us]")).tz_localize("UTC")
        return pd.MultiIndex.from_arrays(
            [self.account_ids[self.account], moments], names=["account_id", "as_of"]
        )

    def parts(self, most: int) -> "list[Rows]":
        """Divide the rows by account into parts of about the same length.

        Parameters
        ----------
        most : int
            Parts wished for; there are fewer when there are fewer accounts.

        Returns
        -------
        list of Rows
            At least one; together they have all rows in their order.
        """
        bounds = np.linspace(0, len(self), most + 1)
        cuts = np.unique(np.searchsorted(self.starts, bounds))
        cuts = cuts[(cuts > 0) & (cuts < len(self.account_ids))]
        edges = [0, *cuts.tolist(), len(self.account_ids)]
        return [self._part(low, high) for low, high in pairwise(edges)]

    def _part(self, low: int, high: int) -> "Rows":
        counts = np.diff(self.starts[low : high + 1])
        as_of = self.as_of[self.starts[low] : self.starts[high]]
        return Rows._sorted(self.account_ids[low:high], counts, as_of)

    def locate(self, account_ids: pa.ChunkedArray | pa.Array) -> RowArray:
        """Return the position of each id in ``account_ids``, or -1.

        Parameters
        ----------
        account_ids : pyarrow.ChunkedArray or pyarrow.Array of string

        Returns
        -------
        ndarray of int32
        """
        known = pa.array(self.account_ids.tolist(), pa.string())
        found = pc.fill_null(pc.index_in(account_ids, value_set=known), -1)
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int32)

    def first_after(self, account: RowArray, moment: IntArray, later_us: int = 0) -> RowArray:
        """Return, per fact, the first row of its account whose as-of date lies after a moment.

        Parameters
        ----------
        account : ndarray of int32, shape (n_facts,)
            Positions in ``account_ids``.
        moment : ndarray of int64, shape (n_facts,)
            Microseconds; ``NEVER`` lies after everything.
        later_us : int
            Added to every moment but ``NEVER``.

        Returns
        -------
        ndarray of int32, shape (n_facts,)
            Row positions; the end of the account's rows when there is none.

        Examples
        --------
        >>> days = pd.DatetimeIndex(["1970-01-02", "1970-01-03"])
        >>> rows = Rows.of(pd.DataFrame({"account_id": ["a", "a"], "as_of": days}))
        >>> rows.first_after(np.zeros(2, np.int32), np.array([0, 86_400_000_000])).tolist()
        [0, 1]
        """
        return self.first_from(account, self.edges.reached_by(moment, later_us))

    def first_from(self, account: RowArray, date: RowArray) -> RowArray:
        """Return, per fact, the first row of its account from a date on.

        Parameters
        ----------
        account : ndarray of int32, shape (n_facts,)
            Positions in ``account_ids``.
        date : ndarray of int32, shape (n_facts,)
            Places in ``edges``; their number means after all of them.

        Returns
        -------
        ndarray of int32, shape (n_facts,)
            Row positions; the end of the account's rows when there is none.
        """
        return np.asarray(_first_from(account, date, self.reach, self.date))

    def with_as_of(self, as_of: IntArray) -> pd.DataFrame:
        """Return pairs with the same accounts and other dates, one a row, in the order of rows.

        Parameters
        ----------
        as_of : ndarray of int64, shape (n_rows,)

        Returns
        -------
        DataFrame
        """
        moments = pd.DatetimeIndex(as_of.astype("datetime64[us]")).tz_localize("UTC")
        return pd.DataFrame({"account_id": self.account_ids[self.account], "as_of": moments})


@kernel
def _first_from(account: RowArray, date: RowArray, reach: RowArray, dates: RowArray) -> RowArray:
    out = np.empty(len(account), np.int32)
    for i in range(len(account)):
        low, high, first = reach[account[i], 0], reach[account[i], 1], reach[account[i], 2]
        if first >= 0:
            out[i] = min(low + max(date[i] - first, 0), high)
            continue
        while low < high:
            middle = (low + high) >> 1
            if dates[middle] >= date[i]:
                high = middle
            else:
                low = middle + 1
        out[i] = low
    return out
