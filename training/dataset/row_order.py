"""Training rows in an order of their own.

What a model learns must depend neither on the order in which rows arrive nor on what accounts are
called. So rows are sorted by their content before anything random is drawn.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray, IntArray

__all__ = ["TrainingRows", "checked_groups", "even", "in_own_order"]


@dataclass(frozen=True)
class TrainingRows:
    """Training rows in an order that depends on their content only.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_rows, n_columns)
        NaN is missing; categories are codes.
    y : ndarray of int, shape (n_rows,)
        0 or 1.
    groups : ndarray of int, shape (n_rows,)
        Codes from 0 on in order of first appearance.
    weight : ndarray of float, shape (n_rows,)
        Greater than 0.
    position : ndarray of int, shape (n_rows,)
        Where each row stood in the table that was given.
    """

    matrix: FloatArray
    y: IntArray
    groups: IntArray
    weight: FloatArray
    position: IntArray

    @property
    def units(self) -> int:
        """Independent units (groups) of the rarer class."""
        return min(len(np.unique(self.groups[self.y == label])) for label in (0, 1))

    def at(self, place: IntArray) -> "TrainingRows":
        """Return some of the rows, in the order given; groups keep their codes."""
        return TrainingRows(
            self.matrix[place],
            self.y[place],
            self.groups[place],
            self.weight[place],
            self.position[place],
        )


def checked_groups(groups: npt.ArrayLike | None, n_rows: int) -> npt.NDArray[Any] | None:
    """Return groups as an array with one entry per row.

    Parameters
    ----------
    groups : array, shape (n_rows,), or None
        None stays None.
    n_rows : int

    Returns
    -------
    ndarray, shape (n_rows,), or None

    Raises
    ------
    ValueError
        If the length differs or an entry is missing.

    Examples
    --------
    >>> checked_groups(["a", "a", "b"], 3)
    array(['a', 'a', 'b'], dtype='<U1')
    """
    if groups is None:
        return None
    array = np.asarray(groups)
    if array.shape != (n_rows,):
        raise ValueError(
            f"`groups` must have one entry per row, {n_rows} in all, got shape {array.shape!r}."
        )
    if pd.isna(array).any():
        raise ValueError("`groups` must not have missing entries; give every row an account.")
    return array


def even(weight: FloatArray | None, n_rows: int) -> FloatArray:
    """Return weights whose mean is 1 over the rows that count; 1 each where none are given.

    Parameters
    ----------
    weight : ndarray of float, shape (n_rows,), optional
        Not negative, not all 0; only their ratios matter.
    n_rows : int

    Returns
    -------
    ndarray of float, shape (n_rows,)

    Examples
    --------
    >>> even(np.array([1.0, 3.0, 0.0]), 3)
    array([0.5, 1.5, 0. ])
    """
    if weight is None:
        return np.ones(n_rows)
    return np.asarray(weight / weight[weight > 0].mean(), dtype=np.float64)


def in_own_order(
    matrix: FloatArray, y: IntArray, groups: npt.NDArray[Any] | None, weight: FloatArray
) -> TrainingRows:
    """Return rows sorted by their content, so that row order and names of groups do not matter.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_rows, n_columns)
    y : ndarray of int, shape (n_rows,)
    groups : ndarray, shape (n_rows,), or None
        None makes every row a group of its own.
    weight : ndarray of float, shape (n_rows,)
        Rows of weight 0 are left out.

    Returns
    -------
    TrainingRows

    Examples
    --------
    >>> y, ones = np.array([0, 1, 0]), np.ones(3)
    >>> one = in_own_order(np.array([[1.0], [2.0], [3.0]]), y, None, ones)
    >>> two = in_own_order(np.array([[3.0], [2.0], [1.0]]), y, None, ones)
    >>> np.array_equal(one.matrix, two.matrix), one.position.tolist() == two.position.tolist()
    (True, False)
    """
    used = np.flatnonzero(weight > 0)
    matrix, y, weight = matrix[used], y[used], weight[used]
    content = pd.util.hash_pandas_object(
        pd.DataFrame(np.column_stack([matrix, y, weight])), index=False
    ).to_numpy()
    code = np.arange(len(used)) if groups is None else pd.factorize(groups[used])[0]
    # Two rows alike are told apart by all the rows of their group; groups alike in everything
    # may be exchanged without changing any fold's content.
    of_group = np.zeros(int(code.max(initial=-1)) + 1, dtype=np.uint64)
    np.add.at(of_group, code, content)
    order = np.lexsort((of_group[code], content))
    return TrainingRows(
        matrix=matrix[order],
        y=y[order],
        groups=pd.factorize(code[order])[0].astype(np.int64),
        weight=weight[order],
        position=used[order],
    )
