"""What a metric is: one frozen declaration from which its column, checks and texts follow."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ..arrays.array_types import BoolArray, FloatArray
from .absence import Absence
from .queries import Measure
from .views import view_named

__all__ = ["COMPONENTS", "Metric"]


COMPONENTS = (
    "usage",
    "adoption",
    "support",
    "sentiment",
    "relationship",
    "financial",
    "onboarding",
    "outcomes",
    "advocacy",
    "company",
    "maturity",
    "context",
)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One number per account, computed from everything known before the as-of date.

    Parameters
    ----------
    name : str
        Without the window, which the column name adds.
    component : str
        One of ``COMPONENTS``.
    measure : Measure
        The arithmetic.
    label : str
        What people call it, in lower case, to stand in a sentence.
    unit : str
        ``users``, ``days``, ``share`` (0-1), ``tickets``, ``flag`` (0 or 1), ...
    direction : {"+", "-", "u", "c"}
        Higher is healthier, lower is healthier, both ends are bad, or context only.
    axis : {"health", "maturity", "context"}
    when_absent : float or Absence
        What no facts mean: a number (0.0: nobody came), or the state in which there is no number.
    when_silent : float or None
        What it is once nobody has used the product for 28 days, though somebody did before or
        could have for 30 days; None where silence changes nothing.
    meaning : str
        One sentence for the metric reference.
    poor, healthy : float or None
        Values that score 0 and 100 in the scorecard, in between linearly.
    source : str
        Where the thresholds come from.
    own_baseline : bool
        Whether the ratio to the account's own preceding windows is derived too.
    in_segment : bool
        Whether the percentile inside the segment is derived too.
    in_model : bool
        Whether models may see it; opinions written down after the news may not.
    expansion_direction : {"+", "-", ""}
        Known direction of the effect on expansion.
    untold : Measure or None
        A count of facts of which the data do not tell whether they belong here. Where there are
        any, the metric has no number instead of its poor end: what may have been is no alarm.
    improvable : bool
        Whether account and supplier can bring it up within weeks. What has happened, what people
        say, and what the company itself goes through is none of that; nor is context.
    """

    name: str
    component: str
    measure: Measure
    label: str
    unit: str
    direction: Literal["+", "-", "u", "c"]
    axis: Literal["health", "maturity", "context"]
    when_absent: float | Absence
    meaning: str
    poor: float | None = None
    healthy: float | None = None
    source: str = "default of churngrid"
    own_baseline: bool = False
    in_segment: bool = False
    in_model: bool = True
    expansion_direction: Literal["+", "-", ""] = ""
    when_silent: float | None = None
    untold: Measure | None = None
    improvable: bool = True

    def __post_init__(self) -> None:
        if self.component not in COMPONENTS:
            raise ValueError(
                f"`component` of metric {self.name!r} must be one of {COMPONENTS}, "
                f"got {self.component!r}."
            )
        if (self.poor is None) != (self.healthy is None):
            raise ValueError(f"Metric {self.name!r} needs both `poor` and `healthy`, or neither.")

    def is_poor(self, value: FloatArray) -> BoolArray:
        """Say per row whether a value stands at or beyond the poor end; NaN and no end are not."""
        if self.poor is None or self.healthy is None:
            return np.zeros(len(value), dtype=bool)
        return value <= self.poor if self.healthy > self.poor else value >= self.poor

    @property
    def can_improve(self) -> bool:
        """Whether there is a better end that can be worked towards."""
        return self.improvable and self.axis == "health" and self.direction in ("+", "-")

    @cached_property
    def window_days(self) -> int | None:
        """Length of the metric's window; None when it has none or several."""
        lengths = {select.window.days for select, _ in self.measure.selects() if select.window}
        return lengths.pop() if len(lengths) == 1 else None

    @cached_property
    def column(self) -> str:
        """Column name: the name and the window, such as ``active_users_28d``."""
        return f"{self.name}_{self.window_days}d" if self.window_days else self.name

    @property
    def has_baseline(self) -> bool:
        """Whether there are preceding windows of the account to compare with."""
        return self.own_baseline and self.window_days is not None

    @property
    def of_use(self) -> bool:
        """Whether the metric counts use, so that none after some is a fall and not a blank."""
        return all(view_named(select.view).steady for select, _ in self.measure.selects())

    @property
    def vs_own(self) -> str:
        """Column of the ratio to the account's own baseline."""
        return f"{self.column}_vs_own"

    @property
    def percentile(self) -> str:
        """Column of the percentile inside the segment."""
        return f"{self.column}_in_segment"
