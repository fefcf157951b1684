"""Detector of clocks: inputs that move with the calendar and not with the account.

A model that learns from such an input recognises the month of a row, and what it learned of that
month is wrong in every later one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from ...features.arrays.array_types import BoolArray, FloatArray

__all__ = ["Clock", "clocks"]

AREA = 0.65
"""How well one input alone may tell later rows from earlier ones; 0.5 is not at all."""

ERRORS = 3.0
"""The area has to lie as many standard errors above one half, accounts counted, not rows."""

LEAST_DATES = 4

AHEAD = "days_to_"
"""How an input begins that counts down to a date of the account's own; it turns with each term."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One input that tells later rows from earlier ones.

    Parameters
    ----------
    column : str
    area : float
        Chance that it tells a row of the last third of the dates from one of the first third,
        0.5 to 1.
    by : {"value", "presence"}
        Whether its value moves, or only whether there is one at all.
    """

    column: str
    area: float
    by: Literal["value", "presence"]

    @property
    def says(self) -> str:
        """One sentence for people."""
        what = "its value" if self.by == "value" else "whether it is known"
        return f"{self.column}: {what} tells later rows from earlier ones (AUC {self.area:.2f})"


def clocks(
    X: pd.DataFrame, as_of: pd.Series, accounts: npt.NDArray[np.object_]
) -> tuple[Clock, ...]:
    """Return the inputs that one could read the date off.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_columns)
        Training rows; columns that are no numbers are passed over, as are those that count down to
        a date of the account's own.
    as_of : Series of Timestamp, shape (n_rows,)
    accounts : ndarray of str, shape (n_rows,)
        Parent account of each row.

    Returns
    -------
    tuple of Clock
        In the order of the columns; none with fewer than four dates.

    Examples
    --------
    >>> months = pd.Series(pd.date_range("2025-01-01", periods=6, freq="MS").repeat(50))
    >>> X = pd.DataFrame({"tenure_days": np.arange(300.0), "users": np.tile(np.arange(50.0), 6)})
    >>> ids = np.tile(np.arange(50).astype(str).astype(object), 6)
    >>> [(clock.column, clock.area) for clock in clocks(X, months, ids)]
    [('tenure_days', 1.0)]
    """
    dates = np.sort(as_of.unique())
    if len(dates) < LEAST_DATES:
        return ()
    third = max(1, len(dates) // 3)
    early = as_of.isin(dates[:third]).to_numpy()
    late = as_of.isin(dates[-third:]).to_numpy()
    least = max(AREA, 0.5 + ERRORS * _standard_error(accounts, early, late))
    found = [
        _clock(str(column), X[column].to_numpy(dtype=float), early, late, least)
        for column in X.select_dtypes(["number", "bool"])
        if not str(column).startswith(AHEAD)
    ]
    return tuple(clock for clock in found if clock is not None)


def _clock(
    column: str, values: FloatArray, early: BoolArray, late: BoolArray, least: float
) -> Clock | None:
    known = ~np.isnan(values)
    area = _area(values[early & known], values[late & known])
    if area > least:
        return Clock(column, area, "value")
    presence = 0.5 + abs(known[late].mean() - known[early].mean()) / 2
    return Clock(column, float(presence), "presence") if presence > least else None


def _area(before: FloatArray, after: FloatArray) -> float:
    """Return the area under the ROC curve of telling two samples apart, whichever is higher."""
    if not len(before) or not len(after):
        return 0.5
    ranks = rankdata(np.concatenate([before, after]))[len(before) :].sum()
    area = (ranks - len(after) * (len(after) + 1) / 2) / (len(before) * len(after))
    return float(max(area, 1.0 - area))


def _standard_error(accounts: npt.NDArray[np.object_], early: BoolArray, late: BoolArray) -> float:
    """Return that of the area between two samples alike (Mann and Whitney 1947)."""
    sizes: Sequence[int] = [len(set(accounts[part])) for part in (early, late)]
    return float(np.sqrt((sum(sizes) + 1) / (12 * np.prod(sizes))))
