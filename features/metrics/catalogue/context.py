"""Context: what an account is and where it stands in its contract; never a driver to act on."""

from ..absence import Absence
from ..combined_measures import Scaled
from ..limited_measures import Capped
from ..measures import Count, DaysUntil, Tenure, Total
from ..metric import Metric
from ..select import Is, Select, Window

__all__ = ["ACTIVE_LATELY", "ARR", "EVER", "IN_TERM", "METRICS"]


_ITEMS = Select("subscription_items", after=("effective_from",), until="effective_to")
_TERM = Select("contracts", after=("term_start",), until="term_end", at="term_start")

_ONBOARDING = ("onboarding", "implementation", "implementing")

ARR = Scaled(Total(_ITEMS, "mrr"), 12.0)
"""Twelve times the monthly revenue of the items in force."""

IN_TERM = Count(_TERM)
"""Contracts whose term runs."""

ACTIVE_LATELY = Count(Select("usage", window=Window(180)))
"""Usage rows of the last 180 days."""

EVER = (
    Count(Select("subscription_items", after=("effective_from",))),
    Count(Select("contracts", after=("term_start",))),
    Count(Select("usage")),
)
"""What tells that an account has been a customer at some time."""

METRICS = (
    Metric(
        name="tenure_days",
        component="context",
        measure=Tenure(),
        label="days as a customer",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the account became one.",
        # For conditions: it grows with the calendar, so the models see it up to a year only.
        in_model=False,
    ),
    Metric(
        name="first_year_days",
        component="context",
        measure=Capped(Tenure(), 365.0),
        label="days as a customer, at most a year",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the account became one, at most 365.",
    ),
    Metric(
        name="in_onboarding",
        component="context",
        measure=Count(Select("accounts", (Is("lifecycle_stage", _ONBOARDING),))),
        label="whether the account is being onboarded",
        unit="flag",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Whether the account's stage is onboarding or implementation, as stated.",
        # For conditions: a stage is set by us, not by the account.
        in_model=False,
    ),
    Metric(
        name="arr",
        component="context",
        measure=ARR,
        label="ARR",
        unit="currency",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Annual recurring revenue: twelve times the monthly revenue of the items in force.",
        in_segment=True,
    ),
    Metric(
        name="days_to_term_end",
        component="context",
        measure=DaysUntil(_TERM, "term_end"),
        label="days to the end of the term",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Days until the running term ends, as known on the as-of date.",
    ),
    Metric(
        name="days_to_notice_deadline",
        component="context",
        measure=DaysUntil(_TERM, "notice_deadline"),
        label="days to the notice deadline",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Days until notice can no longer be given for the running term.",
    ),
)
