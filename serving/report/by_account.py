"""Rows of a table by the account they belong to, in groups."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import IntArray

__all__ = ["ByAccount"]


class ByAccount:
    """Where the rows of each account of a list are.

    Parameters
    ----------
    listed : Series of str, length n_accounts
        Account ids.
    owners : Series of str, length n_rows
        The account of each row; rows of accounts that are not listed belong to nobody.
    group : ndarray of int, shape (n_rows,), optional
        Below ``groups``; rows with -1 belong to nobody.
    groups : int
    rank : ndarray of float, shape (n_rows,), optional
        The order within a group, that of the rows by default.

    Attributes
    ----------
    order : ndarray of int
        Places of the rows, account by account and group by group.

    Examples
    --------
    >>> rows = ByAccount(pd.Series(["a", "b"]), pd.Series(["b", "c", "a", "b"]))
    >>> rows.order[rows.of(1)].tolist()
    [0, 3]
    """

    def __init__(
        self,
        listed: pd.Series,
        owners: pd.Series,
        *,
        group: IntArray | None = None,
        groups: int = 1,
        rank: npt.NDArray[np.float64] | None = None,
    ) -> None:
        self._groups = groups
        self._account, known = pd.factorize(listed)
        place = pd.Index(known).get_indexer(pd.Index(owners))
        within = np.zeros(len(place), dtype=np.int64) if group is None else group
        key = np.where((place >= 0) & (within >= 0), place * groups + within, -1)
        order = np.lexsort((np.arange(len(key)) if rank is None else rank, key))
        self.order: IntArray = order[np.searchsorted(key[order], 0) :]
        self._ends = np.searchsorted(key[self.order], np.arange(len(known) * groups + 1)).tolist()

    def of(self, account: int, group: int = 0, *, until: int | None = None) -> slice:
        """Return where the rows of an account are in ``order``.

        Parameters
        ----------
        account : int
            Place in the list.
        group : int
            The first group.
        until : int, optional
            The group after the last one; by default only one group is meant.

        Returns
        -------
        slice
        """
        first = int(self._account[account]) * self._groups
        last = group + 1 if until is None else until
        return slice(self._ends[first + group], self._ends[first + last])
