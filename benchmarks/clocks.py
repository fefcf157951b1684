"""Tells what a part of a benchmark took."""

import resource
import time

__all__ = ["Clock", "cpu_seconds"]


class Clock:
    """Wall and CPU seconds since it was last asked."""

    def __init__(self) -> None:
        self.last = time.perf_counter(), time.process_time()

    def lap(self) -> tuple[float, float]:
        """Return both, and begin anew."""
        before, self.last = self.last, (time.perf_counter(), time.process_time())
        return self.last[0] - before[0], self.last[1] - before[1]


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of those that it started and waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
