"""Cells of which training knew nothing: they are no evidence for or against the outcome.

A tree sends a missing value somewhere even where training had none, and so a late export would
read as the best or the worst that there is. Such a cell takes the values of rows that stand for all
training rows instead, one after the other, and what the trees say of them is averaged.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...features.arrays.array_types import BoolArray, FloatArray
from .design_matrix import UNSEEN

__all__ = ["StandIns", "stand_ins_of"]

N_STAND_INS = 16
# With fewer empty cells in training nobody has learned what an empty one means.
LEAST_GAPS = 20
# Rows asked about at a time, so that memory does not grow with rows times stand-ins.
BLOCK_ROWS = 5_000


@dataclass(frozen=True)
class StandIns:
    """Rows that stand for all training rows.

    Parameters
    ----------
    rows : ndarray of float, shape (n_stand_ins, n_columns)
    gaps : ndarray of bool, shape (n_columns,)
        Columns of which training knew what an empty cell means.
    """

    rows: FloatArray
    gaps: BoolArray

    def unknown(self, matrix: FloatArray, categorical: list[int]) -> BoolArray:
        """Return the cells of which training knew nothing.

        Parameters
        ----------
        matrix : ndarray of float, shape (n_rows, n_columns)
        categorical : list of int
            Positions of the columns that are categories.

        Returns
        -------
        ndarray of bool, shape (n_rows, n_columns)
        """
        found = np.isnan(matrix)
        found[:, self.gaps] = False
        found[:, categorical] |= matrix[:, categorical] == UNSEEN
        return found

    def averaged(
        self, ask: Callable[[FloatArray], FloatArray], matrix: FloatArray, categorical: list[int]
    ) -> FloatArray:
        """Return what trees say of rows, on average over the stand-ins of unknown cells.

        Parameters
        ----------
        ask : callable
            Answers for rows, one row of answers each.
        matrix : ndarray of float, shape (n_rows, n_columns)
        categorical : list of int

        Returns
        -------
        ndarray of float, shape (n_rows, ...)
        """
        unknown = self.unknown(matrix, categorical)
        lacking = np.flatnonzero(unknown.any(axis=1))
        if not len(lacking):
            return ask(matrix)
        filled = np.where(unknown, self.rows[0], matrix)
        answers = ask(filled)
        for start in range(0, len(lacking), BLOCK_ROWS):
            some = lacking[start : start + BLOCK_ROWS]
            cells, given = unknown[some], matrix[some]
            said = [ask(np.where(cells, row, given)) for row in self.rows]
            answers[some] = np.mean(said, axis=0)
        return answers


def stand_ins_of(matrix: FloatArray, log_odds: FloatArray) -> StandIns:
    """Return rows that stand for all of a training matrix: from the safest to the riskiest.

    Parameters
    ----------
    matrix : ndarray of float, shape (n_rows, n_columns)
        In an order that depends on the content only.
    log_odds : ndarray of float, shape (n_rows,)
        What a model that did not see the row says of it.

    Returns
    -------
    StandIns

    Examples
    --------
    >>> found = stand_ins_of(np.arange(160.0).reshape(-1, 1), np.arange(160.0))
    >>> found.rows[:3, 0].tolist(), found.gaps.tolist()
    ([5.0, 15.0, 25.0], [False])
    """
    empty = np.isnan(matrix).sum(axis=0)
    gaps = np.asarray((empty >= LEAST_GAPS) | (empty == len(matrix)))
    whole = np.flatnonzero(~np.isnan(matrix[:, ~gaps]).any(axis=1))
    usable = whole if len(whole) else np.arange(len(matrix))
    number = min(N_STAND_INS, len(usable))
    middles = (2 * np.arange(number) + 1) * len(usable) // (2 * number)
    order = usable[np.argsort(log_odds[usable], kind="stable")]
    return StandIns(matrix[order[middles]], gaps)
