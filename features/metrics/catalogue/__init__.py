"""The catalogue of metrics: one module a component, each a tuple of declarations."""

from collections.abc import Collection, Sequence

from ...errors import SchemaError
from ..metric import Metric
from . import (
    adoption,
    advocacy,
    company_events,
    context,
    financial,
    maturity,
    onboarding,
    outcomes,
    relationship,
    sentiment,
    support,
    usage,
)

__all__ = ["METRICS", "by_column", "catalogue"]


METRICS: tuple[Metric, ...] = (
    *usage.METRICS,
    *adoption.METRICS,
    *support.METRICS,
    *sentiment.METRICS,
    *relationship.METRICS,
    *financial.METRICS,
    *onboarding.METRICS,
    *outcomes.METRICS,
    *advocacy.METRICS,
    *company_events.METRICS,
    *maturity.METRICS,
    *context.METRICS,
)
"""Every metric that churngrid ships."""


def catalogue(own: Sequence[Metric] = (), reserved: Collection[str] = ()) -> tuple[Metric, ...]:
    """Return the metrics that churngrid ships and those of a company, in this order.

    Parameters
    ----------
    own : sequence of Metric
        May be empty.
    reserved : collection of str, optional
        Columns that stand beside the metrics in results and are none.

    Returns
    -------
    tuple of Metric

    Raises
    ------
    SchemaError
        If a column of one of them is there already.

    Examples
    --------
    >>> catalogue() == METRICS
    True
    """
    taken = by_column(METRICS)
    for metric in own:
        for column in (metric.column, metric.vs_own, metric.percentile):
            if column in taken or column in reserved:
                raise SchemaError(
                    f"Metric {metric.name!r} gives the column {column!r}, which is there already; "
                    "give it another name."
                )
        taken |= by_column([metric])
    return (*METRICS, *own)


def by_column(metrics: Sequence[Metric]) -> dict[str, Metric]:
    """Return the metric that each column belongs to, levels and derived variants alike.

    Parameters
    ----------
    metrics : sequence of Metric

    Returns
    -------
    dict of str to Metric

    Examples
    --------
    >>> by_column(METRICS)["active_users_28d_vs_own"].name
    'active_users'
    >>> "cmi" in by_column(METRICS)
    False
    """
    return {
        column: metric
        for metric in metrics
        for column in (metric.column, metric.vs_own, metric.percentile)
    }
