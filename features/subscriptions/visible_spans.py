"""Facts laid on rows: each is seen on one unbroken range of the as-of dates of its account.

A state holds over a period, from when it is known. Of the states of one entity the one that starts
last holds, and of the versions of one state the one known last.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from ..arrays.array_types import BoolArray, FloatArray
from ..arrays.as_of_rows import Rows
from ..arrays.moments import IntArray, months_on
from ..arrays.row_ranges import cover, superseded

__all__ = ["BoolArray", "FloatArray", "Spans", "spans_of", "visible_spans", "whole"]


_WHOLE = 1_000_000
"""Sums run over whole numbers, so that what starts and ends leaves exactly nothing."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Which facts are visible on which rows: fact ``kept[i]`` on rows ``enter[i]:leave[i]``.

    Parameters
    ----------
    kept : ndarray of int64, shape (n_kept,)
        Positions of the facts whose account is among the rows.
    enter, leave : ndarray of int32, shape (n_kept,)
        Half open ranges of row positions.
    """

    kept: IntArray
    enter: npt.NDArray[np.int32]
    leave: npt.NDArray[np.int32]

    def count(self, n_rows: int) -> IntArray:
        """Return how many facts are visible on each row, shape (n_rows,)."""
        return np.asarray(cover(self.enter, self.leave, np.ones(len(self.enter), np.int64), n_rows))

    def pairs(self) -> tuple[IntArray, IntArray]:
        """List every visible fact with every row it is visible on.

        Returns
        -------
        facts, rows : ndarray of int64, shape (n_pairs,)
            Positions; sorted by fact as in ``kept``, then by row.
        """
        length = np.maximum(self.leave.astype(np.int64) - self.enter, 0)
        first = np.cumsum(length) - length
        within = np.arange(int(length.sum())) - np.repeat(first, length)
        rows = np.repeat(self.enter.astype(np.int64), length) + within
        return np.repeat(self.kept, length), rows

    def total(self, amount: FloatArray, n_rows: int) -> FloatArray:
        """Return the sum over the visible facts on each row; NaN amounts count as zero.

        Parameters
        ----------
        amount : ndarray of float, shape (n_facts,)
            Of all facts, kept or not; exact to a millionth.
        n_rows : int

        Returns
        -------
        ndarray of float, shape (n_rows,)
        """
        summed = cover(self.enter, self.leave, whole(amount[self.kept]), n_rows)
        return np.asarray(summed / _WHOLE, dtype=np.float64)


def spans_of(rows: Rows, account_ids: pd.Series, *, after: IntArray, through: IntArray) -> Spans:
    """Place facts on the rows with ``after < as_of <= through``.

    Parameters
    ----------
    rows : Rows
    account_ids : Series of str or categorical, shape (n_facts,)
    after, through : ndarray of int64, shape (n_facts,)
        Microseconds; ``NEVER`` is allowed.

    Returns
    -------
    Spans

    Examples
    --------
    >>> from churngrid.features.arrays.moments import NEVER
    >>> dates = pd.to_datetime(["1970-01-01", "1970-01-02"])
    >>> pairs = pd.DataFrame({"account_id": "a", "as_of": dates})
    >>> ids, moments = pd.Series(["a", "b"]), np.zeros(2, dtype=np.int64)
    >>> spans = spans_of(Rows.of(pairs), ids, after=moments, through=moments + NEVER)
    >>> spans.kept.tolist(), spans.enter.tolist(), spans.leave.tolist()
    ([0], [1], [2])
    """
    codes, names = pd.factorize(account_ids)
    places = np.append(rows.locate(pa.array(names.tolist(), pa.string())), np.int32(-1))
    account = places[codes]
    kept = np.flatnonzero(account >= 0)
    account = account[kept]
    enter = rows.first_after(account, after[kept])
    leave = rows.first_after(account, through[kept])
    return Spans(kept, enter, leave)


def visible_spans(rows: Rows, states: pd.DataFrame, *, months_ago: int = 0) -> Spans:
    """Place states on the rows where they hold, by what was known before each as-of date.

    Parameters
    ----------
    rows : Rows
    states : DataFrame
        A states frame. Of one entity the state that starts last holds, unless ``rank_us`` says
        otherwise: then the one known last among those of the largest rank, whenever it starts.
        From ``until_us`` on (if there is such a column) none counts.
    months_ago : int
        So many calendar months before each as-of date, as it is known on that date.

    Returns
    -------
    Spans

    Examples
    --------
    >>> from churngrid.features.arrays.moments import NEVER
    >>> pairs = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime(["1970-01-03"])})
    >>> states = {"account_id": "a", "entity": 0, "starts_us": 0, "ends_us": NEVER, "known_us": 0}
    >>> visible_spans(Rows.of(pairs), pd.DataFrame(states, index=[0])).enter.tolist()
    [0]
    """
    entity, starts, ends, known = (
        states[name].to_numpy(dtype=np.int64)
        for name in ("entity", "starts_us", "ends_us", "known_us")
    )
    rank = states["rank_us"].to_numpy(dtype=np.int64) if "rank_us" in states else starts
    by_start = rank == starts
    if months_ago:
        starts, ends = months_on(starts, months_ago), months_on(ends, months_ago)
    enters = np.maximum(starts, known)
    replaces = np.where(by_start, enters, known)
    replaced = superseded(np.lexsort((known, rank, entity)), entity, replaces)
    through = np.minimum(ends, replaced)
    if "until_us" in states:
        through = np.minimum(through, states["until_us"].to_numpy(dtype=np.int64))
    return spans_of(rows, states["account_id"], after=enters, through=through)


def whole(amount: FloatArray) -> IntArray:
    """Return amounts as whole millionths; an unknown amount counts as zero.

    Parameters
    ----------
    amount : ndarray of float, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> whole(np.array([0.1, np.nan]))
    array([100000,      0])
    """
    return np.rint(np.nan_to_num(amount) * _WHOLE).astype(np.int64)
