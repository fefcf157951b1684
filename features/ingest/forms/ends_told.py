"""Times that are told for what is over, and for nothing else."""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.plain_text import as_text

__all__ = ["agrees", "is_one_of"]

_MOSTLY = 0.9


def agrees(times: pa.ChunkedArray, over: pa.ChunkedArray) -> bool:
    """Say whether times are given for what is over, and hardly for anything else.

    Parameters
    ----------
    times : ChunkedArray
        Of any type; empty where no time is told.
    over : ChunkedArray of bool, same length

    Returns
    -------
    bool

    Examples
    --------
    >>> ended = pa.chunked_array([[True, False, False]])
    >>> agrees(pa.chunked_array([["2025-01-01", None, None]]), ended)
    True
    """
    given = pc.is_valid(as_text(times)[0])
    given_over = pc.sum(pc.and_(given, over)).as_py() or 0
    rest = pc.sum(pc.and_(given, pc.invert(pc.fill_null(over, False)))).as_py() or 0
    n_over = pc.sum(over).as_py() or 0
    n_rest = len(given) - n_over
    return bool(given_over >= _MOSTLY * n_over and rest <= (1 - _MOSTLY) * n_rest)


def is_one_of(values: pa.ChunkedArray, words: Iterable[str]) -> pa.ChunkedArray:
    """Return which values are one of some words, as they are written."""
    return pc.is_in(values, value_set=pa.array(list(words)))
