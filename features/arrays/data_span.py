"""From when to when data reaches, whatever a few mistyped dates say."""

import numpy as np

from .array_types import IntArray

__all__ = ["data_span"]


_YEAR = 365 * 86_400_000_000
_FEW = 0.01


def data_span(moments: list[IntArray]) -> tuple[int, int]:
    """Return the first and the last moment of data, without the few that lie far apart.

    Parameters
    ----------
    moments : list of ndarray of int64
        Microseconds since 1970, of one or more tables; not empty altogether.

    Returns
    -------
    tuple of (int, int)
        Moments beyond a gap of more than a year that hold less than one in a hundred of all are
        taken for mistakes: one row of the year 2199 would put everything else out of date.

    Examples
    --------
    >>> usual = np.arange(200) * 86_400_000_000
    >>> data_span([usual, np.array([7_258_032_000_000_000])])[1] // 86_400_000_000
    199
    """
    filled = [one for one in moments if len(one)]
    total = sum(len(one) for one in filled)
    first, last = min(int(one.min()) for one in filled), max(int(one.max()) for one in filled)
    # Most data is dense at both ends, which costs no copy to see.
    if sum(int(np.count_nonzero(one > last - _YEAR)) for one in filled) < _FEW * total:
        last = _end(filled, total)
    if sum(int(np.count_nonzero(one < first + _YEAR)) for one in filled) < _FEW * total:
        first = -_end([-one for one in filled], total)
    return first, last


def _end(moments: list[IntArray], total: int) -> int:
    """Return the largest moment that is no lonely one."""
    last = max(int(one.max()) for one in moments)
    while True:
        earlier = [one[one <= last - _YEAR] for one in moments]
        before = max((int(one.max()) for one in earlier if len(one)), default=None)
        if before is None:
            return last
        beyond = [one[(one > before) & (one <= last)] for one in moments]
        nearest = min(int(one.min()) for one in beyond if len(one))
        if nearest - before <= _YEAR or sum(map(len, beyond)) >= _FEW * total:
            return last
        last = before
