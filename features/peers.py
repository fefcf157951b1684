"""An account among its peers: the live accounts of the same segment on the same date."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from .arrays.array_types import BoolArray, FloatArray, IntArray

__all__ = ["Peers", "peers_of"]


@dataclass(frozen=True, slots=True)
class Peers:
    """Rows by group.

    Parameters
    ----------
    group : ndarray of int64, shape (n_rows,)
        Date and segment of every row as a number from 0.
    live : ndarray of int64, shape (n_live,)
        The rows whose values others are compared with.
    """

    group: IntArray
    live: IntArray

    def medians(self, values: FloatArray) -> FloatArray:
        """Return the medians over each row's group.

        Parameters
        ----------
        values : ndarray of float, shape (n_rows, n_columns)

        Returns
        -------
        ndarray of float, shape (n_rows, n_columns)
            Also for rows that are not live; NaN where no live row has a value.
        """
        found = np.full((self.group.max(initial=-1) + 1, values.shape[1]), np.nan)
        middle = pd.DataFrame(values[self.live]).groupby(self.group[self.live]).median()
        found[middle.index] = middle
        return found[self.group]

    def shares(self, values: FloatArray) -> FloatArray:
        """Return the mean rank of each live row in its group, as a share of the group.

        Parameters
        ----------
        values : ndarray of float, shape (n_rows,)

        Returns
        -------
        ndarray of float, shape (n_rows,)
            Above 0 and at most 1, equal values alike; NaN without a value or where not live.

        Examples
        --------
        >>> segments, dates = np.array(["s", "s", "s"]), np.zeros(3, np.int64)
        >>> peers = peers_of(dates, segments, np.array([True, True, False]))
        >>> peers.shares(np.array([5.0, 7.0, 6.0])).tolist()
        [0.5, 1.0, nan]
        """
        found = np.full(len(values), np.nan)
        among = pd.Series(values[self.live]).groupby(self.group[self.live])
        found[self.live] = among.rank(pct=True)
        return found


def peers_of(dates: IntArray, segments: npt.NDArray[np.object_], live: BoolArray) -> Peers:
    """Group rows by date and segment.

    Parameters
    ----------
    dates : ndarray of int64, shape (n_rows,)
    segments : ndarray of str, shape (n_rows,)
    live : ndarray of bool, shape (n_rows,)
        Whose values others are compared with.

    Returns
    -------
    Peers
    """
    date, _ = pd.factorize(dates)
    segment, names = pd.factorize(segments)
    pair = date.astype(np.int64) * max(len(names), 1) + segment
    group, _ = pd.factorize(pair)
    return Peers(group.astype(np.int64), np.flatnonzero(live))
