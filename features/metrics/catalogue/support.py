"""Support: how much goes wrong, how long it stays open and how it is received."""

from dataclasses import replace

from ..absence import Absence
from ..combined_measures import Difference, Ratio
from ..measures import Count, Median, Oldest
from ..metric import Metric
from ..row_selection import Above, Filled, Is, IsNot, Select, Window

__all__ = ["METRICS", "OPEN_CRITICAL"]


_CRITICAL = (Is("priority", ("critical", "urgent")),)
OPEN_CRITICAL = Select("tickets", _CRITICAL, at="created_at", until="closed_at")
"""Critical tickets that are open."""

_RESOLVED = Select("tickets", (Filled("resolved_at"),), Window(90), at="resolved_at")
_REOPENED = Select(
    "tickets", (Filled("resolved_at"), Above("reopen_count", 0.0)), Window(90), at="resolved_at"
)
_RATED = Select("tickets", (Filled("csat_score"),), Window(90), at="csat_at")
_SATISFIED = Select("tickets", (Above("csat_score", 3.5),), Window(90), at="csat_at")
_NEW = Count(Select("tickets", window=Window(30), at="created_at"))
_ASSIGNED = Count(Select("seats", after=("activated_at",), until="deactivated_at"))
_BLOCKERS = Select("account_events", (Is("kind", ("blocker",)), IsNot("value_text", ("closed",))))
_UNBLOCKED = Select("account_events", (Is("kind", ("blocker",)), Is("value_text", ("closed",))))

METRICS = (
    Metric(
        name="tickets",
        component="support",
        measure=_NEW,
        label="tickets opened",
        unit="tickets",
        direction="u",
        axis="health",
        when_absent=0.0,
        meaning="Tickets opened in 30 days; both many and none after many are signs.",
        own_baseline=True,
        in_segment=True,
    ),
    Metric(
        name="ticket_rate",
        component="support",
        measure=Ratio(_NEW, _ASSIGNED, factor=100.0),
        label="tickets opened per 100 users",
        unit="tickets",
        direction="u",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Tickets opened in 30 days per 100 users with an activated seat; only many score "
        "low.",
        poor=15.0,
        healthy=5.0,
        source="GitLab handbook, health score triage, read per 100 users",
    ),
    Metric(
        name="earlier_tickets",
        component="support",
        measure=Count(Select("tickets", window=Window(90, ends_days_ago=30), at="created_at")),
        label="tickets opened in the 90 days before the last 30",
        unit="tickets",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Tickets opened 31 to 120 days ago: beside them, no ticket now is silence.",
        # For a play; the models see the ratio of the tickets to the account's own average.
        in_model=False,
    ),
    Metric(
        name="open_critical_tickets",
        component="support",
        measure=Count(OPEN_CRITICAL),
        label="open critical tickets",
        unit="tickets",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Tickets of critical or urgent priority that are open.",
        poor=1.0,
        healthy=0.0,
        source="GitLab handbook, health score triage",
    ),
    Metric(
        name="oldest_critical_days",
        component="support",
        measure=Oldest(OPEN_CRITICAL),
        label="age of the oldest open critical ticket",
        unit="days",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Days since the oldest open critical ticket was opened; 0 when there is none.",
        poor=5.0,
        healthy=0.0,
    ),
    Metric(
        name="critical_beyond_sla",
        component="support",
        measure=Count(replace(OPEN_CRITICAL, after=("sla_due_at",))),
        label="critical tickets open beyond the agreed time",
        unit="tickets",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Open critical tickets whose agreed resolution time has passed.",
        poor=1.0,
        healthy=0.0,
    ),
    Metric(
        name="median_resolution_hours",
        improvable=False,
        component="support",
        measure=Median(_RESOLVED, "resolved_at", hours_since="created_at"),
        label="median hours to resolve a ticket",
        unit="hours",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Median time from opening to resolution of the tickets resolved in 90 days.",
        poor=96.0,
        healthy=24.0,
    ),
    Metric(
        name="resolution_to_sla",
        improvable=False,
        component="support",
        measure=Median(_RESOLVED, "resolution_to_sla"),
        label="median time to resolve a ticket against the agreed time",
        unit="times the agreed",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Median over the tickets resolved in 90 days of the time taken over the agreed "
        "time.",
        poor=1.5,
        healthy=1.0,
    ),
    Metric(
        name="reopened_share",
        improvable=False,
        component="support",
        measure=Ratio(Count(_REOPENED), Count(_RESOLVED)),
        label="share of tickets that came back",
        unit="share",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Tickets reopened over tickets resolved in 90 days.",
        poor=0.15,
        healthy=0.05,
    ),
    Metric(
        name="escalations",
        improvable=False,
        component="support",
        measure=Count(Select("tickets", window=Window(90), at="escalated_at")),
        label="escalated tickets",
        unit="tickets",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Tickets escalated in 90 days.",
        poor=2.0,
        healthy=0.0,
    ),
    Metric(
        name="satisfied_ticket_share",
        improvable=False,
        component="support",
        measure=Ratio(Count(_SATISFIED), Count(_RATED), at_least=3.0),
        label="share of rated tickets that satisfied",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Tickets rated 4 or 5 of 5 over tickets rated in 90 days; at least three.",
        poor=0.7,
        healthy=0.9,
    ),
    Metric(
        name="open_blockers",
        component="support",
        measure=Difference(Count(_BLOCKERS), Count(_UNBLOCKED)),
        label="open technical roadblocks",
        unit="roadblocks",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Roadblocks stated and not closed since.",
        poor=1.0,
        healthy=0.0,
    ),
)
