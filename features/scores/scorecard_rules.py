"""What a scorecard must obey beyond the form of its fields, held against the declared metrics."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..metrics.metric import Metric
from ..schema.suggestions import closest, taken_columns, unknown
from ..schema.yaml_file import Loc, refuse

if TYPE_CHECKING:
    from .scorecard import MetricChange, Scorecard, Variant, WeightedMetric

__all__ = ["OVERRIDE", "check_scorecard"]


Fault = tuple[Loc, str]

OVERRIDE = "override"
"""What stands among the names of the caps while an override holds."""

_SEGMENT = "segment"
_TAKEN = ("low", "high", "coverage", "before_caps", "change_28d", "slope_84d")
"""Columns of the score that a component of that name would overwrite."""


def check_scorecard(scorecard: "Scorecard", metrics: Sequence[Metric], source: Path) -> None:
    """Hold a scorecard against the declared metrics.

    Parameters
    ----------
    scorecard : Scorecard
        As read from the file.
    metrics : sequence of Metric
    source : Path
        The file it was read from, for the lines in messages.

    Raises
    ------
    SchemaError
        If a rule is broken; the message names file, line and rule, one line per fault, at most
        five.
    """
    declared = {metric.column: metric for metric in metrics}
    faults = [
        *_component_faults(scorecard),
        *_metric_faults(scorecard, declared),
        *_fade_faults(scorecard, declared),
        *_cap_faults(scorecard, declared),
        *_variant_faults(scorecard, declared),
    ]
    refuse(source, faults)


def _component_faults(scorecard: "Scorecard") -> Iterator[Fault]:
    names = scorecard.components
    for name, text in taken_columns("component", names, prefix="chs", columns=_TAKEN):
        yield ("components", name), text
    weights = {name: part.weight for name, part in scorecard.components.items()}
    if not any(weights.values()):
        yield ("components",), "every component has the weight 0; one has to count."
    for number, variant in enumerate(scorecard.variants):
        others = {name: change.weight for name, change in variant.components.items()}
        if any(weights.values()) and not any((weights | others).values()):
            text = f"variant {variant.name!r} gives every component the weight 0; one has to count."
            yield ("variants", number), text


def _places(scorecard: "Scorecard") -> Iterator[tuple[Loc, "WeightedMetric"]]:
    """Yield every weighed metric with its place in the file."""
    for name, component in scorecard.components.items():
        for number, part in enumerate(component.metrics):
            yield ("components", name, "metrics", number), part


def _metric_faults(scorecard: "Scorecard", declared: dict[str, Metric]) -> Iterator[Fault]:
    seen: set[str] = set()
    for place, part in _places(scorecard):
        fault = _metric_fault(part, declared)
        if fault:
            yield place, fault
        if part.metric in seen:
            yield place, f"metric {part.metric!r} is weighed twice; keep one."
        seen.add(part.metric)


def _metric_fault(part: "WeightedMetric", declared: dict[str, Metric]) -> str | None:
    metric = declared.get(part.metric)
    if metric is None:
        return unknown("metric", part.metric, declared)
    if metric.axis == "maturity":
        return (
            f"metric {part.metric!r} belongs to the maturity axis; "
            "one metric belongs to one axis, so take it out of the scorecard."
        )
    if part.poor is None and metric.poor is None:
        return f"metric {part.metric!r} has no thresholds of its own; give `poor` and `healthy`."
    return _against_direction(part, metric)


def _against_direction(given: "WeightedMetric | MetricChange", metric: Metric) -> str | None:
    """Say which order the thresholds must have, if they have the other one."""
    if given.poor is None or given.healthy is None:
        return None
    better, order = {"+": ("higher", "above"), "-": ("lower", "below")}.get(
        metric.direction, ("", "")
    )
    right = given.healthy > given.poor if better == "higher" else given.healthy < given.poor
    if not better or right:
        return None
    return (
        f"metric {metric.column!r} is better when {better}, so `healthy` must be {order} `poor`, "
        f"got poor {given.poor:g}, healthy {given.healthy:g}."
    )


def _fade_faults(scorecard: "Scorecard", declared: dict[str, Metric]) -> Iterator[Fault]:
    weighed = set(scorecard.metrics())
    for place, part in _places(scorecard):
        if part.fades is None:
            continue
        since, place = part.fades.since, (*place, "fades", "since")
        if since not in declared:
            yield place, unknown("metric", since, declared)
        elif declared[since].unit != "days":
            yield (
                place,
                f"metric {part.metric!r} must fade by a metric in days, "
                f"but {since!r} is in {declared[since].unit}.",
            )
        elif since in weighed:
            yield (
                place,
                f"metric {part.metric!r} fades by {since!r}, which is weighed itself: then fresher "
                "could be worse; name the age of this signal alone.",
            )


def _cap_faults(scorecard: "Scorecard", declared: dict[str, Metric]) -> Iterator[Fault]:
    fields = {*_columns(declared), _SEGMENT}
    names = [cap.name for cap in scorecard.caps]
    for number, cap in enumerate(scorecard.caps):
        place = ("caps", number)
        if cap.name in names[:number]:
            yield place, f"cap {cap.name!r} stands twice; keep one."
        if cap.name == OVERRIDE:
            yield place, f"cap {cap.name!r} needs another name: overrides go by this one."
        for name in sorted(cap.when.fields() - fields):
            yield (*place, "when"), f"cap {cap.name!r}: {unknown('metric', name, fields)}"


def _variant_faults(scorecard: "Scorecard", declared: dict[str, Metric]) -> Iterator[Fault]:
    names = [variant.name for variant in scorecard.variants]
    for number, variant in enumerate(scorecard.variants):
        place = ("variants", number)
        if variant.name in names[:number]:
            yield place, f"variant {variant.name!r} stands twice; keep one."
        for loc, text in _changes_faults(variant, scorecard, declared):
            yield (*place, *loc), f"variant {variant.name!r}: {text}"


def _changes_faults(
    variant: "Variant", scorecard: "Scorecard", declared: dict[str, Metric]
) -> Iterator[Fault]:
    weighed = scorecard.metrics()
    scored = _columns({name: declared[name] for name in weighed if name in declared})
    fields = {*_columns(declared), _SEGMENT}
    for name in sorted(variant.when.fields()):
        if name not in fields:
            yield ("when",), unknown("metric", name, fields)
        elif name in scored:
            yield (
                ("when",),
                f"its condition looks at {name!r}, which the scorecard weighs: then a better value "
                "could lower the score; look at segment, tenure_days or another metric.",
            )
    for name in variant.components:
        if name not in scorecard.components:
            yield ("components", name), unknown("component", name, scorecard.components)
    for name, change in variant.metrics.items():
        if name not in weighed:
            yield (
                ("metrics", name),
                f"metric {name!r} is not weighed in any component.{closest(name, weighed)}",
            )
        elif name in declared and (fault := _against_direction(change, declared[name])):
            yield ("metrics", name), fault


def _columns(declared: dict[str, Metric]) -> set[str]:
    return {name for m in declared.values() for name in (m.column, m.vs_own, m.percentile)}
