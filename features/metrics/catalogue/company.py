"""Company events: what happens to the account itself; they act through caps and plays."""

from ..measures import Count
from ..metric import Metric
from ..select import Is, Select, Window

__all__ = ["METRICS"]


def _event(kind: str, days: int) -> Count:
    return Count(Select("account_events", (Is("kind", (kind,)),), Window(days)))


METRICS = (
    Metric(
        name="leadership_changes",
        component="company",
        measure=_event("leadership_change", 180),
        label="changes of leadership",
        unit="events",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Leaders of the buying function who came or went in 180 days.",
    ),
    Metric(
        name="layoffs",
        component="company",
        measure=_event("layoff", 180),
        label="layoffs",
        unit="events",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Announced layoffs in 180 days.",
    ),
    Metric(
        name="mergers",
        component="company",
        measure=_event("m_and_a", 365),
        label="mergers or acquisitions",
        unit="events",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Acquired, merged or divested in 365 days.",
    ),
    Metric(
        name="insolvencies",
        component="company",
        measure=_event("insolvency", 365),
        label="signs of insolvency",
        unit="events",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Reported insolvency in 365 days.",
    ),
    Metric(
        name="competitor_signals",
        component="company",
        measure=_event("competitor", 180),
        label="signs of a competitor",
        unit="events",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Known evaluations of a competitor in 180 days.",
    ),
    Metric(
        name="priority_changes",
        component="company",
        measure=_event("priority_change", 180),
        label="changes of priorities",
        unit="events",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Stated changes of the account's priorities in 180 days.",
    ),
)
