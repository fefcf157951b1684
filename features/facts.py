"""Which facts a measure looks at: a selection of one view, inside a window of time."""

from dataclasses import dataclass, replace

from .filters import Filter

__all__ = ["DAY_US", "Select", "Window"]

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """Look-back of so many days by when a fact happened, closed on the left, open on the right.

    Parameters
    ----------
    days : int
        Length.
    ends_days_ago : int
        Distance of its right end from the as-of date.
    """

    days: int
    ends_days_ago: int = 0

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError(f"`days` must be at least 1, got {self.days!r}.")
        if self.ends_days_ago < 0:
            raise ValueError(
                f"`ends_days_ago` must not be negative, got {self.ends_days_ago!r}: "
                "a window never looks ahead."
            )


@dataclass(frozen=True, slots=True)
class Select:
    """Which facts a measure folds.

    Parameters
    ----------
    view : str
    where : tuple of Filter
        All have to hold.
    window : Window or None
        None looks at everything known so far.
    at : str or None
        Clock the window is judged by; the view's ``happened_at`` when None.
    after : tuple of str
        Further times that must lie in the past.
    until : str or None
        Time from which the fact no longer holds; never, where it is empty.
    lag_days : int
        Judge ``after`` and ``until`` so many days before the as-of date: the state back then, as
        it is known now.
    """

    view: str
    where: tuple[Filter, ...] = ()
    window: Window | None = None
    at: str | None = None
    after: tuple[str, ...] = ()
    until: str | None = None
    lag_days: int = 0

    def shifted(self, days: int) -> "Select":
        """Return the same selection with its window, or its state, so many days further back."""
        if self.window is None:
            return replace(self, lag_days=self.lag_days + days)
        moved = Window(self.window.days, self.window.ends_days_ago + days)
        return replace(self, window=moved)

    def columns(self) -> frozenset[str]:
        """Return the columns of the view that the selection needs."""
        clocks = {name for name in (self.at, self.until, *self.after) if name}
        return frozenset(clocks | {condition.column for condition in self.where})
