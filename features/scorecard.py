"""The scorecard as CS-ops people write it: components, metrics, thresholds, weights and caps."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .conditions import Condition
from .errors import SchemaError
from .metric import Metric
from .yamlfile import load_yaml

__all__ = ["Bands", "Cap", "Component", "Scorecard", "WeightedMetric", "read_scorecard"]

_DEFAULT = Path(__file__).with_name("scorecard.yaml")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WeightedMetric(_Strict):
    """One metric in a component.

    Parameters
    ----------
    metric : str
        Column name, such as ``active_users_28d``.
    weight : float
        Relative to the other metrics of the component.
    poor, healthy : float or None
        Own thresholds in place of those the metric declares; both or neither.
    """

    metric: str
    weight: float = Field(default=1.0, gt=0)
    poor: float | None = None
    healthy: float | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.poor is None) != (self.healthy is None):
            raise ValueError("needs both poor and healthy, or neither")
        if self.poor is not None and self.poor == self.healthy:
            raise ValueError(f"poor and healthy must differ, both are {self.poor:g}")
        return self


class Component(_Strict):
    """A part of the score with its own score.

    Parameters
    ----------
    weight : float
        Relative to the other components.
    weight_at_first : float or None
        Weight during the first days of an account.
    label : str
        Name in texts.
    metrics : list of WeightedMetric
    """

    weight: float = Field(ge=0)
    weight_at_first: float | None = Field(default=None, ge=0)
    label: str
    metrics: tuple[WeightedMetric, ...] = Field(min_length=1)


class Cap(_Strict):
    """An upper limit of the score, with its reason.

    Parameters
    ----------
    name : str
    when : Condition
        On metrics and on ``arr``.
    limit : float
        Highest score while the condition holds.
    reason : str
        Said to people.
    """

    name: str
    when: Condition
    limit: float = Field(ge=0, le=100)
    reason: str


class Bands(_Strict):
    """Lower bounds of the bands, from 0 to 100."""

    high: float = 70.0
    medium: float = 50.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not 0 < self.medium < self.high <= 100:
            raise ValueError(
                f"needs 0 < medium < high <= 100, got medium {self.medium:g}, high {self.high:g}"
            )
        return self


class Scorecard(_Strict):
    """Everything that turns metrics into the customer health score.

    Parameters
    ----------
    components : dict of str to Component
    first_days : int
        Days during which ``weight_at_first`` counts.
    bands : Bands
    insufficient_below, green_from : float
        Coverage (0-1) below which there is no score, and from which it may be high.
    caps : list of Cap
    """

    components: dict[str, Component] = Field(min_length=1)
    first_days: int = Field(default=90, ge=0)
    bands: Bands = Bands()
    insufficient_below: float = Field(default=0.6, ge=0, le=1)
    green_from: float = Field(default=0.8, ge=0, le=1)
    caps: tuple[Cap, ...] = ()

    def metrics(self) -> list[str]:
        """Return the columns of all metrics that are weighed."""
        return [part.metric for whole in self.components.values() for part in whole.metrics]


def read_scorecard(path: Path | None, metrics: Sequence[Metric]) -> Scorecard:
    """Read a scorecard and hold it against the declared metrics.

    Parameters
    ----------
    path : Path or None
        The shipped default when None.
    metrics : sequence of Metric

    Returns
    -------
    Scorecard

    Raises
    ------
    SchemaError
        If the file breaks a rule, names an unknown metric, weighs a metric or names a cap twice,
        or weighs a metric that belongs to the maturity axis or has no thresholds.

    Examples
    --------
    >>> from churngrid.features.metrics import METRICS
    >>> read_scorecard(None, METRICS).bands.high
    70.0
    """
    source = path or _DEFAULT
    scorecard = load_yaml(source, Scorecard)
    declared = {metric.column: metric for metric in metrics}
    columns = {name for m in metrics for name in (m.column, m.vs_own, m.percentile)}
    weighed = [part for whole in scorecard.components.values() for part in whole.metrics]
    for part in weighed:
        _check_metric(part, declared, source)
    names = [part.metric for part in weighed]
    for name in names:
        if names.count(name) > 1:
            raise SchemaError(f"{source.name}: metric {name!r} is weighed twice; keep one.")
    caps = [cap.name for cap in scorecard.caps]
    for name in caps:
        if caps.count(name) > 1:
            raise SchemaError(f"{source.name}: cap {name!r} stands twice; keep one.")
    for cap in scorecard.caps:
        for name in sorted(cap.when.fields() - columns):
            raise SchemaError(f"{source.name}: cap {cap.name!r}: {_unknown(name, columns)}")
    return scorecard


def _check_metric(part: WeightedMetric, declared: dict[str, Metric], source: Path) -> None:
    metric = declared.get(part.metric)
    if metric is None:
        raise SchemaError(f"{source.name}: {_unknown(part.metric, declared)}")
    if metric.axis == "maturity":
        raise SchemaError(
            f"{source.name}: metric {part.metric!r} belongs to the maturity axis; "
            "one metric belongs to one axis, so take it out of the scorecard."
        )
    if part.poor is None and metric.poor is None:
        raise SchemaError(
            f"{source.name}: metric {part.metric!r} has no thresholds of its own; "
            "give `poor` and `healthy`."
        )


def _unknown(name: str, declared: Iterable[str]) -> str:
    close = get_close_matches(name, declared, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"unknown metric {name!r}.{hint}"
