"""Onboarding: whether the account gets to value in time."""

from ..absence import Absence
from ..combined_measures import Ratio
from ..measures import Count, Oldest
from ..metric import Metric
from ..select import Is, IsTrue, Select, Window

__all__ = ["METRICS"]


_MILESTONE = Is("kind", ("onboarding_milestone",))
_DUE = Select("goals", (_MILESTONE,), at="due_at")
_DONE = Select("goals", (_MILESTONE,), at="due_at", after=("achieved_at",))
_LATE = Select("goals", (_MILESTONE,), at="due_at", until="achieved_at")
_TRAINING = Select("activities", (Is("type", ("training",)), IsTrue("attended")), Window(365))
_REQUESTS = Select("account_events", (Is("kind", ("training_request",)),), Window(180))

METRICS = (
    Metric(
        name="onboarding_completion",
        component="onboarding",
        measure=Ratio(Count(_DONE), Count(_DUE)),
        label="share of onboarding done",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Milestones reached over milestones due.",
        poor=0.6,
        healthy=0.9,
    ),
    Metric(
        name="onboarding_days_late",
        component="onboarding",
        measure=Oldest(_LATE),
        label="days the oldest milestone is late",
        unit="days",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Days since the oldest open milestone was due; 0 when none is late.",
        poor=30.0,
        healthy=0.0,
    ),
    Metric(
        name="training_sessions",
        component="onboarding",
        measure=Count(_TRAINING),
        label="training sessions attended",
        unit="sessions",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Training sessions attended in 365 days.",
        poor=0.0,
        healthy=2.0,
    ),
    Metric(
        name="training_requests",
        component="onboarding",
        measure=Count(_REQUESTS),
        label="requests for training",
        unit="requests",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Requests for training in 180 days.",
    ),
)
