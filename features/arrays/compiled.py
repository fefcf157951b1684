"""The one way in which a loop is compiled."""

from collections.abc import Callable
from typing import Any

import numba as nb

__all__ = ["inlined", "kernel"]


def kernel(loop: Callable[..., Any]) -> Any:
    """Compile a loop when it is first called, keep it on disk, and let other threads run beside it.

    Parameters
    ----------
    loop : callable
        Takes arrays and numbers, no Python objects.

    Returns
    -------
    callable
        Called like the loop; the first call of a kind of arguments compiles it.

    Examples
    --------
    >>> import numpy as np
    >>> from churngrid.features.arrays.day_loops import seen_days
    >>> int(seen_days(np.array([0, 86_400_000_000])).sum())
    2
    """
    return nb.njit(cache=True, nogil=True)(loop)


def inlined(loop: Callable[..., Any]) -> Any:
    """Let a small function become part of the kernels that call it.

    Parameters
    ----------
    loop : callable

    Returns
    -------
    callable
        To be called from other kernels.

    Examples
    --------
    >>> inlined(lambda number: number + 1)(1)
    2
    """
    return nb.njit(inline="always")(loop)
