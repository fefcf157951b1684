"""Working days in order: Monday to Friday, a weekend being part of the Friday before it."""

import numpy as np

from .array_types import FloatArray, IntArray
from .compiled import kernel
from .time_grid import DAY_US

__all__ = ["workday_number", "workday_of"]


@kernel
def workday_of(day: int) -> int:
    """Return the number of a day since 1970 among the working days.

    Parameters
    ----------
    day : int
        Day 0 is a Thursday.

    Returns
    -------
    int
        Rises by 1 from one working day to the next.

    Examples
    --------
    >>> [workday_of(day) for day in (1, 2, 3, 4)]
    [4, 4, 4, 5]
    """
    weeks, weekday = (day + 3) // 7, (day + 3) % 7
    return 5 * weeks + min(weekday, 4)


def workday_number(moments: IntArray | FloatArray) -> FloatArray:
    """Return the number of each moment's day among the working days.

    Parameters
    ----------
    moments : ndarray, shape (n,)
        Microseconds since 1970; NaN where there is none.

    Returns
    -------
    ndarray of float, shape (n,)
        NaN stays NaN.

    Examples
    --------
    >>> workday_number(np.array([4 * 86_400_000_000.0, np.nan])).tolist()
    [5.0, nan]
    """
    day = np.floor(np.asarray(moments, dtype=float) / DAY_US) + 3
    return np.asarray(5 * (day // 7) + np.minimum(day % 7, 4), dtype=float)
