"""The catalogue of metrics: one module a component, each a tuple of declarations."""

from collections.abc import Sequence

from ..errors import SchemaError
from ..metric import Metric
from . import (
    adoption,
    advocacy,
    company,
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
    *company.METRICS,
    *maturity.METRICS,
    *context.METRICS,
)
"""Every metric that churngrid ships."""

RESERVED = (
    *("account_id", "account_name", "csm_id", "as_of", "status", "reason", "segment", "drivers"),
    *("cell", "quadrant", "caps", "guard", "attention", "chs", "cmi", "p_churn", "p_expand"),
    *("base_rate", "health_index", "health_value", "health_band", "maturity_band", "cmi_status"),
    *("chs_coverage", "cmi_coverage", "arr_at_risk", "stale_metrics", "term_end"),
    *("notice_deadline", "weakest_category", "maturity_blocker", "maturity_due", "cmi_age_days"),
)
"""Columns that stand beside the metrics and are none."""


def catalogue(own: Sequence[Metric] = ()) -> tuple[Metric, ...]:
    """Return the metrics that churngrid ships and those of a company, in this order.

    Parameters
    ----------
    own : sequence of Metric
        May be empty.

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
            if column in taken or column in RESERVED:
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
