"""The scorecard as CS-ops people write it: components, metrics, thresholds, weights and caps."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from ..schema.bands import Bands
from ..schema.conditions import Condition
from ..schema.yaml_base_model import Declared

__all__ = [
    "Cap",
    "Component",
    "ComponentChange",
    "Fades",
    "MetricChange",
    "Scorecard",
    "Success",
    "TrendBounds",
    "Variant",
    "WeightedMetric",
]


Days = Annotated[int, Field(ge=1, le=3650)]
Name = Annotated[str, Field(min_length=1)]


class _Thresholds(Declared):
    """Own thresholds, both or neither."""

    poor: float | None = None
    healthy: float | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.poor is None) != (self.healthy is None):
            raise ValueError("needs both poor and healthy, or neither")
        if self.poor is not None and self.poor == self.healthy:
            raise ValueError(f"poor and healthy must differ, both are {self.poor:g}")
        return self


class Fades(Declared):
    """How a signal loses its meaning with age: half of what it says in every half-life.

    Parameters
    ----------
    half_life_days : float
    since : str
        Column of a metric in days that says how old the signal is; it has no weight itself.
    """

    half_life_days: float = Field(gt=0)
    since: str


class WeightedMetric(_Thresholds):
    """One metric in a component.

    Parameters
    ----------
    metric : str
        Column name, such as ``active_users_28d``.
    weight : float
        Relative to the other metrics of the component.
    poor, healthy : float or None
        Own thresholds in place of those the metric declares; both or neither.
    fades : Fades or None
        Its score drifts to neutral as the signal ages; never, when None.
    """

    metric: str
    weight: float = Field(default=1.0, gt=0)
    fades: Fades | None = None


class Component(Declared):
    """A part of the score with its own score.

    Parameters
    ----------
    weight : float
        Relative to the other components.
    label : str
        Name in texts.
    metrics : list of WeightedMetric
    """

    weight: float = Field(ge=0)
    label: Name
    metrics: tuple[WeightedMetric, ...] = Field(min_length=1)


class Cap(Declared):
    """An upper limit of the score, with its reason.

    Parameters
    ----------
    name : str
    when : Condition
        On metrics and on ``segment``.
    limit : float
        Highest score while the condition holds.
    reason : str
        Said to people.
    by_person : bool
        Whether a person's judgement sets it off. Such a cap may know the news already, so a
        scorecard is validated with it and without.
    """

    name: Name
    when: Condition
    limit: float = Field(ge=0, le=100)
    reason: Name
    by_person: bool = False


class ComponentChange(Declared):
    """What a variant changes of a component: its weight."""

    weight: float = Field(ge=0)


class MetricChange(_Thresholds):
    """What a variant changes of a metric: its weight (0 leaves it out), its thresholds, or both."""

    weight: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.weight is None and self.poor is None:
            raise ValueError("changes nothing: give a weight, or poor and healthy")
        return self


class Variant(Declared):
    """Other weights and thresholds for some accounts: a segment, a stage of life.

    Parameters
    ----------
    name : str
    when : Condition
        On ``segment``, ``tenure_days`` and any metric that the scorecard does not weigh.
    components : dict of str to ComponentChange
        By component.
    metrics : dict of str to MetricChange
        By column of a metric that the scorecard weighs.
    """

    name: Name
    when: Condition
    components: dict[str, ComponentChange] = Field(default_factory=dict)
    metrics: dict[str, MetricChange] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.components and not self.metrics:
            raise ValueError("changes nothing: give components, metrics or both")
        return self


class TrendBounds(Declared):
    """From which slope a score counts as rising or falling, in points per four weeks."""

    rising: float = Field(default=4.0, gt=0)
    falling: float = Field(default=-4.0, lt=0)


class Success(Declared):
    """What a score has to achieve to be trusted, held against the company's own churn.

    Parameters
    ----------
    red_band_lift : float
        Churn rate of the low band, at least so many times that of all accounts.
    warned_share, warned_arr_share : float
        Share (0-1) of the churned accounts, and of their ARR, that stood below the high band
        ``warned_days`` before the decision; at least so much.
    green_share : float
        Share (0-1) of the book in the high band; at most so much.
    surprise_arr_share : float
        Share (0-1) of the churned ARR that stood in the high band ``surprise_days`` before the
        decision; at most so much.
    red_lead_days : float
        Days from the first reading in the low band to the decision, the mean over the churned
        accounts that had one in the year before it; at least so many.
    warned_days : (int, int)
        Fewest and most days before the decision.
    surprise_days : int
    fewest_churned : int
        With fewer churned (parent) accounts nothing is said.
    """

    red_band_lift: float = Field(default=3.0, gt=0)
    warned_share: float = Field(default=2 / 3, ge=0, le=1)
    warned_arr_share: float = Field(default=2 / 3, ge=0, le=1)
    green_share: float = Field(default=0.8, ge=0, le=1)
    surprise_arr_share: float = Field(default=1 / 3, ge=0, le=1)
    red_lead_days: float = Field(default=60.0, gt=0)
    warned_days: tuple[Days, Days] = (60, 90)
    surprise_days: Days = 90
    fewest_churned: int = Field(default=20, ge=2)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        fewest, most = self.warned_days
        if fewest > most:
            raise ValueError(f"warned_days needs the fewer days first, got [{fewest}, {most}]")
        return self


class Scorecard(Declared):
    """Everything that turns metrics into the customer health score.

    Parameters
    ----------
    components : dict of str to Component
    variants : list of Variant
        All whose condition holds apply, in order: of two that change the same, the later one wins.
    bands : Bands
    trend : TrendBounds
    insufficient_below, green_from : float
        Coverage (0-1) below which there is no score, and from which it may be high.
    caps : list of Cap
    success : Success
        What the score has to achieve.
    """

    components: dict[str, Component] = Field(min_length=1)
    variants: tuple[Variant, ...] = ()
    bands: Bands = Bands()
    trend: TrendBounds = TrendBounds()
    insufficient_below: float = Field(default=0.6, ge=0, le=1)
    green_from: float = Field(default=0.8, ge=0, le=1)
    caps: tuple[Cap, ...] = ()
    success: Success = Success()

    @property
    def looks_at(self) -> frozenset[str]:
        """All fields that decide a score: metrics, their ages, and what caps and variants ask."""
        conditions = [*(cap.when for cap in self.caps), *(one.when for one in self.variants)]
        asked = frozenset().union(*(condition.fields() for condition in conditions))
        return asked | {*self.metrics(), *self.ages()}

    def metrics(self) -> list[str]:
        """Return the columns of all metrics that are weighed."""
        return [part.metric for part in self.weighed()]

    def weighed(self) -> list[WeightedMetric]:
        """Return all metrics that are weighed, in their order."""
        return [part for whole in self.components.values() for part in whole.metrics]

    def ages(self) -> list[str]:
        """Return the columns of the metrics by which others fade, each once."""
        return list(dict.fromkeys(part.fades.since for part in self.weighed() if part.fades))
