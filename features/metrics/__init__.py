"""The catalogue of metrics: one module a component, each a tuple of declarations."""

from ..metric import Metric
from . import (
    adoption,
    advocacy,
    company,
    context,
    financial,
    onboarding,
    outcomes,
    relationship,
    sentiment,
    support,
    usage,
)

__all__ = ["METRICS", "is_metric_column", "metric_of_column"]

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
    *context.METRICS,
)
"""Every metric that churngrid ships."""

_BY_COLUMN = {
    column: metric
    for metric in METRICS
    for column in (metric.column, metric.vs_own, metric.percentile)
}


def is_metric_column(column: str) -> bool:
    """Say whether a column is the level or a derived variant of a metric.

    Parameters
    ----------
    column : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_metric_column("active_users_28d"), is_metric_column("cmi")
    (True, False)
    """
    return column in _BY_COLUMN


def metric_of_column(column: str) -> Metric:
    """Return the metric a column of the feature frame belongs to.

    Parameters
    ----------
    column : str
        The level or a derived variant.

    Returns
    -------
    Metric

    Raises
    ------
    KeyError
        If no metric has such a column.

    Examples
    --------
    >>> metric_of_column("active_users_28d_vs_own").name
    'active_users'
    """
    return _BY_COLUMN[column]
