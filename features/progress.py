"""How long work is told to whoever waits for it."""

from collections.abc import Callable

__all__ = ["Progress", "counted", "staged"]


Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is done, and how much there is where that is known."""


def staged(progress: Progress | None, stage: str) -> Progress | None:
    """Return a callback that tells what is worked on as part of a stage."""
    if progress is None:
        return None
    return lambda name, done, total: progress(f"{stage} {name}", done, total)


def counted(progress: Progress | None, stage: str, total: int | None) -> Callable[[str], None]:
    """Return a callback for one stage that counts its steps."""
    done = 0

    def step(_: str) -> None:
        nonlocal done
        if progress is not None:
            progress(stage, done, total)
        done += 1

    return step
