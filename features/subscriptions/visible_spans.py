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
from ..arrays.moments import IntArray
from ..arrays.row_ranges import cover, superseded

__all__ = ["BoolArray", "FloatArray", "Spans", "spans_of", "visible_spans", "whole"]


_WHOLE = 10_000
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

    def total(self, amount: FloatArray, n_rows: int) -> FloatArray:
        """Return the sum over the visible facts on each row; NaN amounts count as zero.

        Parameters
        ----------
        amount : ndarray of float, shape (n_facts,)
            Of all facts, kept or not; exact to a ten-thousandth.
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


def visible_spans(rows: Rows, states: pd.DataFrame) -> Spans:
    """Place states on the rows where they hold, by what was known before each as-of date.

    Parameters
    ----------
    rows : Rows
    states : DataFrame
        A states frame.

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
    enters = np.maximum(starts, known)
    replaced = superseded(np.lexsort((known, starts, entity)), entity, enters)
    through = np.minimum(ends, replaced)
    return spans_of(rows, states["account_id"], after=enters, through=through)


def whole(amount: FloatArray) -> IntArray:
    """Return amounts as whole ten-thousandths; an unknown amount counts as zero.

    Parameters
    ----------
    amount : ndarray of float, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> whole(np.array([0.1, np.nan]))
    array([1000,    0])
    """
    return np.rint(np.nan_to_num(amount) * _WHOLE).astype(np.int64)
