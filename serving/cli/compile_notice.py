"""Tells when the engine's kernels are compiled: on a machine's first run, and never again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numba.core import event

__all__ = ["told_of_compilation"]


@contextmanager
def told_of_compilation(tell: Callable[[], None]) -> Iterator[None]:
    """Call back once, when the first kernel is compiled that no earlier run has left compiled.

    Parameters
    ----------
    tell : callable

    Yields
    ------
    None

    Examples
    --------
    >>> import numba
    >>> with told_of_compilation(lambda: print("compiling")):
    ...     numba.njit(lambda number: number + 1)(1)
    compiling
    2
    """
    with event.install_listener("numba:compile", _Once(tell)):
        yield


class _Once(event.Listener):  # type: ignore[misc]
    """Hears of every compilation, and passes on the first."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._told = False

    def on_start(self, _: Any) -> None:
        if not self._told:
            self._told = True
            self._tell()

    def on_end(self, _: Any) -> None:
        """Say nothing of the end: the next kernel follows."""
