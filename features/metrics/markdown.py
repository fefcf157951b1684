"""The metric reference: what every metric means, as Markdown."""

from collections.abc import Sequence

from .metric import Metric

__all__ = ["metric_reference"]


_DIRECTIONS = {
    "+": "higher is healthier",
    "-": "lower is healthier",
    "u": "both ends are bad",
    "c": "context",
}
_HEADER = (
    "| column | meaning | unit | direction | poor | healthy | thresholds from | can be improved |",
    "|---|---|---|---|---|---|---|---|",
)


def metric_reference(metrics: Sequence[Metric]) -> str:
    """Return one Markdown table a component, in the order of the metrics.

    Parameters
    ----------
    metrics : sequence of Metric
        Those of one component stand together.

    Returns
    -------
    str
        Empty for no metrics.

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> print(metric_reference(METRICS[:1]).splitlines()[0])
    ## Usage
    """
    lines: list[str] = []
    component = ""
    for metric in metrics:
        if metric.component != component:
            component = metric.component
            lines += [*([""] if lines else []), f"## {component.capitalize()}", "", *_HEADER]
        lines.append(_row(metric))
    return "".join(f"{line}\n" for line in lines)


def _row(metric: Metric) -> str:
    poor, healthy = (
        "" if bound is None else f"{bound:g}" for bound in (metric.poor, metric.healthy)
    )
    source = metric.source if metric.poor is not None else ""
    return (
        f"| `{metric.column}` | {metric.meaning} | {metric.unit} "
        f"| {_DIRECTIONS[metric.direction]} | {poor} | {healthy} | {source} "
        f"| {'yes' if metric.can_improve else 'no'} |"
    )
