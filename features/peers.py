"""An account among its peers: the live accounts of the same segment on the same date."""

from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Peers", "peers_of"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Peers:
    """Rows by group.

    Parameters
    ----------
    group : ndarray of int64, shape (n_rows,)
        Date and segment of every row as a number.
    order : ndarray of int64, shape (n_live,)
        The live rows, group by group.
    starts : ndarray of int64, shape (n_groups + 1,)
        Where in ``order`` each group begins.
    """

    group: IntArray
    order: IntArray
    starts: IntArray

    def medians(self, values: FloatArray) -> FloatArray:
        """Return the median over each row's group.

        Parameters
        ----------
        values : ndarray of float, shape (n_rows,)

        Returns
        -------
        ndarray of float, shape (n_rows,)
            Also for rows that are not live; NaN where no live row has a value.
        """
        return np.asarray(_medians(values, self.order, self.starts))[self.group]

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
        return np.asarray(_shares(values, self.order, self.starts))


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
    group, groups = pd.factorize(pair)
    rows = np.flatnonzero(live)
    order = rows[np.argsort(group[rows], kind="stable")]
    counts = np.bincount(group[rows], minlength=len(groups))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Peers(group.astype(np.int64), order.astype(np.int64), starts)


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _filled(values: FloatArray, order: IntArray, low: int, high: int) -> IntArray:
    """Return the rows of a group that have a value."""
    rows = np.empty(high - low, np.int64)
    count = 0
    for place in range(low, high):
        if not np.isnan(values[order[place]]):
            rows[count] = order[place]
            count += 1
    return rows[:count]


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _medians(values: FloatArray, order: IntArray, starts: IntArray) -> FloatArray:
    out = np.full(len(starts) - 1, np.nan)
    for group in range(len(out)):
        rows = _filled(values, order, starts[group], starts[group + 1])
        if len(rows):
            out[group] = np.median(values[rows])
    return out


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _shares(values: FloatArray, order: IntArray, starts: IntArray) -> FloatArray:
    out = np.full(len(values), np.nan)
    for group in range(len(starts) - 1):
        rows = _filled(values, order, starts[group], starts[group + 1])
        rows = rows[np.argsort(values[rows])]
        first = 0
        while first < len(rows):
            after = first + 1
            while after < len(rows) and values[rows[after]] == values[rows[first]]:
                after += 1
            for place in range(first, after):
                out[rows[place]] = (first + 1 + after) / 2 / len(rows)
            first = after
    return out
