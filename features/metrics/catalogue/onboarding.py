"""Onboarding: whether the account gets to value in time."""

from ..absence import Absence
from ..bounded_measures import Capped, Flag, Highest, Smallest
from ..combined_measures import Ratio
from ..measures import Count, Distinct, Latest, Oldest, Tenure
from ..metric import Metric
from ..row_selection import HasPart, Is, IsNot, IsTrue, Select, Window

__all__ = ["METRICS"]


_MILESTONE = Is("kind", ("onboarding_milestone",))
_DUE = Select("goals", (_MILESTONE,), at="due_at")
_DONE = Select("goals", (_MILESTONE,), at="due_at", after=("achieved_at",))
_LATE = Select("goals", (_MILESTONE,), at="due_at", until="achieved_at")
_REACHED = Select("goals", (_MILESTONE,), at="due_at", after=("achieved_at",))
_OPEN = Select(
    "goals", (_MILESTONE, IsNot("status", ("cancelled", "dropped"))), until="achieved_at"
)
_ADMIN = ("admin",)
_TRAINED = Select(
    "touches",
    (Is("type", ("training",)), IsTrue("attended"), HasPart("person_roles", _ADMIN)),
    until="person_left_at",
)
_ADMINS = Select("people", (HasPart("roles", _ADMIN),), until="left_known_at")
_INVITED = Count(Select("seats", after=("invited_at",)))
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
        name="go_live_days_late",
        component="onboarding",
        measure=Capped(Highest((Latest(_REACHED, "days_late"), Oldest(_LATE))), 180.0),
        label="days going live is late",
        unit="days",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Days by which the last milestone of onboarding came after its date, or the "
        "oldest open one is late so far; at most 180.",
        poor=30.0,
        healthy=0.0,
        # For scorecards of one's own: the models see the oldest open milestone.
        in_model=False,
    ),
    Metric(
        name="onboarding_overrun",
        improvable=False,
        component="onboarding",
        measure=Smallest((Flag(Count(_OPEN), at_least=1.0), Flag(Tenure(), at_least=90.0))),
        label="onboarding still open after 90 days",
        unit="flag",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Whether a milestone of onboarding is open on day 90 or later.",
        poor=1.0,
        healthy=0.0,
        source="GitLab handbook, strategies for non-engaged customers",
    ),
    Metric(
        name="invited_users",
        component="onboarding",
        measure=Capped(_INVITED, 3.0),
        label="users invited",
        unit="users",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="People who were ever given a seat, at most 3: what counts is that others were "
        "let in.",
        poor=0.0,
        healthy=3.0,
        source="PostHog handbook, customer health tracking",
    ),
    Metric(
        name="trained_admin_share",
        component="onboarding",
        measure=Capped(Ratio(Distinct(_TRAINED, ("person_id",)), Count(_ADMINS)), 1.0),
        label="share of admins who were trained",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Admins who attended a training over all admins who have not left.",
        poor=0.3,
        healthy=0.8,
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
        # For scorecards of one's own: the models see the share of admins who were trained.
        in_model=False,
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
