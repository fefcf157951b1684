"""How much of the machine computing may take."""

import os
from dataclasses import dataclass

__all__ = ["DEFAULT_EFFORT", "Effort"]


_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Effort:
    """Limits of a computation; the results are the same under all of them.

    Parameters
    ----------
    threads : int or None
        As many as the process may use when None.
    memory_mb : int
        What the engine may keep while it reads, beside the tables themselves.

    Examples
    --------
    >>> Effort(threads=2).workers
    2
    """

    threads: int | None = None
    memory_mb: int = 1024

    @property
    def workers(self) -> int:
        """Threads to start, at least 1."""
        return self.threads or os.cpu_count() or 1

    def parts(self, needed_bytes: int, at_once: int = 1) -> int:
        """Return into how many parts work has to be divided.

        Parameters
        ----------
        needed_bytes : int
            What all parts together keep.
        at_once : int
            Parts that are worked on at the same time.

        Returns
        -------
        int
            At least ``at_once``, and so many that those at work fit into the memory.
        """
        for_memory = -(-needed_bytes * at_once // (self.memory_mb * _MEGABYTE))
        return max(at_once, for_memory)


DEFAULT_EFFORT = Effort()
"""All cores, and a gigabyte beside the tables."""
