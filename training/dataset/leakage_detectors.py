"""Detectors of leakage: what is too good, or too unevenly kept, is suspected until explained."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from ...features.arrays.array_types import IntArray

__all__ = ["Suspicion", "suspicions"]


_SINGLE_AUC = 0.9
_COVERAGE_POINTS = 0.2
_LEAST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Suspicion:
    """One column or table that may know the outcome.

    Parameters
    ----------
    column : str
        Column of the inputs, or table.
    detector : str
    value : float
    says : str
        One sentence for people.
    """

    column: str
    detector: str
    value: float
    says: str


def suspicions(X: pd.DataFrame, delivered: pd.DataFrame, y: IntArray) -> tuple[Suspicion, ...]:
    """Hold every input, and the presence of every table, against the labels.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_columns)
        Numbers; NaN is missing.
    delivered : DataFrame of bool, shape (n_rows, n_tables)
        Whether a table had any row of the account by the as-of date.
    y : ndarray of int, shape (n_rows,)
        0 or 1, both present.

    Returns
    -------
    tuple of Suspicion
        Empty when nothing is suspected.

    Examples
    --------
    >>> X = pd.DataFrame({"knows": [0.0] * 40 + [1.0] * 40, "noise": [0.0, 1.0] * 40})
    >>> tables = pd.DataFrame({"tickets": [True] * 80})
    >>> [found.column for found in suspicions(X, tables, np.repeat([0, 1], 40))]
    ['knows']
    """
    found = [
        *(_too_good_alone(str(column), X[column], y) for column in X),
        *(_unevenly_kept(str(table), delivered[table], y) for table in delivered),
    ]
    return tuple(suspicion for suspicion in found if suspicion is not None)


def _too_good_alone(column: str, values: pd.Series, y: IntArray) -> Suspicion | None:
    known = values.notna().to_numpy()
    if known.sum() < _LEAST_ROWS or len(np.unique(y[known])) < 2:
        return None
    area = _area(values.to_numpy(dtype=float)[known], y[known])
    area = max(area, 1.0 - area)
    if area <= _SINGLE_AUC:
        return None
    says = f"{column} alone tells the outcome with AUC {area:.2f}: check where it comes from."
    return Suspicion(column, "too_good_alone", float(area), says)


def _area(values: npt.NDArray[np.float64], y: IntArray) -> float:
    """Return the area under the ROC curve by ranks (Mann and Whitney 1947)."""
    positive = int(y.sum())
    ranks = rankdata(values)[y == 1].sum()
    return float((ranks - positive * (positive + 1) / 2) / (positive * (len(y) - positive)))


def _unevenly_kept(table: str, there: pd.Series, y: IntArray) -> Suspicion | None:
    kept = there.to_numpy(dtype=float)
    gap = kept[y == 1].mean() - kept[y == 0].mean()
    if abs(gap) <= _COVERAGE_POINTS:
        return None
    more = "more" if gap > 0 else "less"
    says = (
        f"Table {table!r} has rows for {abs(gap):.0%} {more} of the accounts with the outcome: "
        "a table kept only for some accounts gives the outcome away."
    )
    return Suspicion(table, "unevenly_kept", float(gap), says)
