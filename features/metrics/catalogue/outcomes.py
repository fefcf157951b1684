"""Outcomes: whether the account reaches what it bought the product for."""

from ..absence import Absence
from ..bounded_measures import Capped
from ..combined_measures import Ratio
from ..measures import Count, DaysSince, Total
from ..metric import Metric
from ..row_selection import Filled, Is, IsNot, IsTrue, Select, Window
from .context import ARR

__all__ = ["METRICS"]


_GOAL = Is("kind", ("business_goal",))
_DROPPED = ("cancelled", "dropped", "replaced")
_KEPT = Select("goals", (_GOAL, IsNot("status", _DROPPED)))
_ON_TRACK = Select("goals", (_GOAL, Is("status", ("on_track", "achieved"))))
_CONFIRMED = Select(
    "goals", (_GOAL, IsTrue("confirmed_by_customer")), Window(365), at="achieved_at"
)
_REALISED = Select("goals", (_GOAL, Filled("actual_value")), Window(365), at="achieved_at")
_GIVEN_UP = Select("goals", (_GOAL, Is("status", _DROPPED)), Window(180), at="changed_at")
_INTEREST = Select("account_events", (Is("kind", ("upgrade_interest",)),), Window(180))

METRICS = (
    Metric(
        name="open_goals",
        component="outcomes",
        measure=Count(
            Select("goals", (_GOAL, IsNot("status", (*_DROPPED, "achieved"))), until="achieved_at")
        ),
        label="open business goals",
        unit="goals",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Business goals agreed and not yet reached or dropped.",
        poor=0.0,
        healthy=1.0,
        source="GitLab handbook, health score triage",
    ),
    Metric(
        name="goals_on_track_share",
        component="outcomes",
        measure=Ratio(Count(_ON_TRACK), Count(_KEPT)),
        label="share of goals on track",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Goals reached or on track over goals not dropped.",
        poor=0.4,
        healthy=0.75,
    ),
    Metric(
        name="goals_achieved",
        component="outcomes",
        measure=Count(_CONFIRMED),
        label="goals reached and confirmed",
        unit="goals",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Business goals reached in 365 days and confirmed by the account.",
        poor=0.0,
        healthy=1.0,
        source="GitLab handbook, customer health scoring",
    ),
    Metric(
        name="days_since_goal_update",
        component="outcomes",
        measure=Capped(
            DaysSince(Select("goals", (_GOAL,), at="changed_at"), or_tenure=True), 180.0
        ),
        label="days since goals were looked at",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since any business goal changed, at most 180; never is as long.",
        poor=120.0,
        healthy=45.0,
    ),
    Metric(
        name="goals_dropped_share",
        improvable=False,
        component="outcomes",
        measure=Ratio(Count(_GIVEN_UP), Count(Select("goals", (_GOAL,)))),
        label="share of goals dropped",
        unit="share",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Goals dropped or replaced in 180 days over all goals.",
        poor=0.5,
        healthy=0.2,
    ),
    Metric(
        name="value_ratio",
        component="outcomes",
        measure=Ratio(Total(_REALISED, "actual_value"), ARR),
        label="value documented against ARR",
        unit="times",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Actual value of the business goals reached in 365 days over ARR; values in money.",
        poor=1.0,
        healthy=3.0,
        # For scorecards of one's own: many companies keep values that are no money.
        in_model=False,
    ),
    Metric(
        name="upgrade_interest",
        component="outcomes",
        measure=Count(_INTEREST),
        label="questions about a higher tier",
        unit="questions",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Expressed interest in more in 180 days.",
        expansion_direction="+",
    ),
)
