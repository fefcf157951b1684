"""Curves of straight pieces, one a column, that add up to log-odds: fast, and exact to explain."""

from dataclasses import dataclass

import numpy as np

from ...features.arrays.array_types import FloatArray

__all__ = ["Curve", "Curves"]


@dataclass(frozen=True)
class Curve:
    """What one column adds to the log-odds; 0 on average over the training rows.

    Parameters
    ----------
    knots : tuple of float
        Rising; codes of levels where ``level`` is true. Empty if the column says nothing.
    heights : tuple of float
        Log-odds at each knot; straight in between, flat beyond.
    missing : float
        Log-odds of a missing value; 0 where training knew nothing of it.
    level : bool
        Whether the column is a category; a code that is no knot adds nothing.

    Examples
    --------
    >>> Curve((0.0, 10.0), (1.0, -1.0), 0.5).at(np.array([-5.0, 5.0, np.nan])).tolist()
    [1.0, 0.0, 0.5]
    """

    knots: tuple[float, ...]
    heights: tuple[float, ...]
    missing: float
    level: bool = False

    def at(self, values: FloatArray) -> FloatArray:
        """Return log-odds of values, same shape."""
        if not self.knots:
            return np.zeros(len(values))
        knots, heights = np.asarray(self.knots), np.asarray(self.heights)
        if self.level:
            place = np.searchsorted(knots, values).clip(0, len(knots) - 1)
            found = np.where(knots[place] == values, heights[place], 0.0)
        else:
            found = np.interp(values, knots, heights)
        return np.where(np.isnan(values), self.missing, found)

    def scaled(self, factor: float) -> "Curve":
        """Return the curve with all log-odds times a factor."""
        heights = tuple(factor * height for height in self.heights)
        return Curve(self.knots, heights, factor * self.missing, self.level)


@dataclass(frozen=True)
class Curves:
    """A sum of curves.

    Parameters
    ----------
    base : float
        Log-odds of an average training row.
    columns : tuple of Curve
        One a column of the matrix.
    """

    base: float
    columns: tuple[Curve, ...]

    def contributions(self, matrix: FloatArray) -> FloatArray:
        """Return each column's log-odds, then the base.

        Parameters
        ----------
        matrix : ndarray of float, shape (n_rows, n_columns)
            NaN is missing; categories are codes.

        Returns
        -------
        ndarray of float, shape (n_rows, n_columns + 1)
        """
        out = np.empty((len(matrix), len(self.columns) + 1))
        for i, curve in enumerate(self.columns):
            out[:, i] = curve.at(matrix[:, i])
        out[:, -1] = self.base
        return out

    def log_odds(self, matrix: FloatArray) -> FloatArray:
        """Return the sums of the contributions, shape (n_rows,)."""
        return np.asarray(self.contributions(matrix).sum(axis=1))

    def scaled(self, factor: float) -> "Curves":
        """Return the sum with all log-odds times a factor."""
        return Curves(factor * self.base, tuple(curve.scaled(factor) for curve in self.columns))
