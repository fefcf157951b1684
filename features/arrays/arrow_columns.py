"""Arrow columns as plain arrays of moments and numbers."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .array_types import FloatArray, IntArray
from .compiled import kernel
from .time_grid import DAY_US, NEVER

__all__ = ["has_hours", "moments_of", "numbers_of"]


def moments_of(column: pa.ChunkedArray) -> IntArray:
    """Return times as microseconds, ``NEVER`` where empty.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of timestamp

    Returns
    -------
    ndarray of int64
        Read-only, as Arrow's own memory is.

    Examples
    --------
    >>> moments_of(pa.chunked_array([pa.array([5, None], pa.timestamp("us"))])).tolist()[0]
    5
    """
    ticks = column.cast(pa.int64())
    filled = pc.fill_null(ticks, NEVER) if ticks.null_count else ticks
    found = np.asarray(filled.to_numpy(), dtype=np.int64)
    # However many chunks there are: kernels are compiled for what may be written to apart.
    found.flags.writeable = False
    return found


def numbers_of(column: pa.ChunkedArray) -> FloatArray:
    """Return numbers, NaN where empty.

    Parameters
    ----------
    column : pyarrow.ChunkedArray of a number or flag

    Returns
    -------
    ndarray of float
        Read-only, as Arrow's own memory is.

    Examples
    --------
    >>> numbers_of(pa.chunked_array([[1, None]])).tolist()
    [1.0, nan]
    """
    values = column.cast(pa.float64())
    filled = pc.fill_null(values, np.nan) if values.null_count else values
    found = np.asarray(filled.to_numpy(), dtype=float)
    found.flags.writeable = False
    return found


def days_between(ends: pa.ChunkedArray, begins: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the days from one time to another, with parts of days; empty where either is.

    Parameters
    ----------
    ends, begins : pyarrow.ChunkedArray of timestamps in microseconds
        Negative where the end comes first.

    Returns
    -------
    pyarrow.ChunkedArray of float

    Examples
    --------
    >>> times = pa.chunked_array([[129_600_000_000, None]]).cast(pa.timestamp("us"))
    >>> days_between(times, pa.chunked_array([[0, 0]]).cast(pa.timestamp("us"))).to_pylist()
    [1.5, None]
    """
    passed = pc.subtract(ends, begins).cast(pa.int64()).cast(pa.float64())
    return pc.divide(passed, float(DAY_US))


@kernel
def has_hours(moments: IntArray) -> bool:
    """Say whether any time is not a midnight.

    Parameters
    ----------
    moments : ndarray of int64
        Microseconds, ``NEVER`` where empty.

    Returns
    -------
    bool

    Examples
    --------
    >>> has_hours(np.array([0, 86_400_000_000])), has_hours(np.array([1]))
    (False, True)
    """
    timed = False
    for moment in moments:
        timed |= moment % DAY_US != 0 and moment != NEVER
    return timed
