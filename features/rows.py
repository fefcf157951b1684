"""The rows every number is computed for: pairs of an account and an as-of date, sorted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Rows", "to_microseconds"]

IntArray = npt.NDArray[np.int64]


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
        return cls(ids, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), moments[fresh])

    def __len__(self) -> int:
        return len(self.as_of)

    @property
    def account(self) -> npt.NDArray[np.int32]:
        """Position of each row's account in ``account_ids``, shape (n_rows,)."""
        return np.repeat(np.arange(len(self.account_ids), dtype=np.int32), np.diff(self.starts))

    @property
    def index(self) -> pd.MultiIndex:
        """The rows as a pandas index with the levels ``account_id`` and ``as_of`` (UTC)."""
        moments = pd.DatetimeIndex(self.as_of.astype("datetime64[us]")).tz_localize("UTC")
        return pd.MultiIndex.from_arrays(
            [self.account_ids[self.account], moments], names=["account_id", "as_of"]
        )

    def locate(self, account_ids: pa.ChunkedArray) -> npt.NDArray[np.int32]:
        """Return the position of each id in ``account_ids``, or -1.

        Parameters
        ----------
        account_ids : pyarrow.ChunkedArray of string

        Returns
        -------
        ndarray of int32
        """
        known = pa.array(self.account_ids.tolist(), pa.string())
        found = pc.index_in(account_ids, value_set=known)
        return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int32)

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
