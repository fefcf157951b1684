"""Company events: what happens to the account itself; they act through caps and plays."""

from ..absence import Absence
from ..combined_measures import Growth
from ..measures import Count, Latest
from ..metric import Metric
from ..row_selection import Is, Select, Window

__all__ = ["METRICS"]


def _event(kind: str, days: int) -> Count:
    return Count(Select("account_events", (Is("kind", (kind,)),), Window(days)))


_LATELY = Select("headcounts", window=Window(365))
_BEFORE = Select("headcounts", window=Window(3650, ends_days_ago=365))

METRICS = (
    Metric(
        name="leadership_changes",
        improvable=False,
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
        improvable=False,
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
        improvable=False,
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
        improvable=False,
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
        name="funding_rounds",
        improvable=False,
        component="company",
        measure=_event("funding", 365),
        label="rounds of funding",
        unit="events",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Reported rounds of funding in 365 days.",
    ),
    Metric(
        name="headcount_trend_12m",
        improvable=False,
        component="company",
        measure=Growth(Latest(_LATELY, "employee_count"), Latest(_BEFORE, "employee_count")),
        label="change in the number of employees",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Employees as stated in the last 365 days over those stated before, less 1.",
        poor=-0.1,
        healthy=0.1,
    ),
    Metric(
        name="competitor_signals",
        improvable=False,
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
        improvable=False,
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
