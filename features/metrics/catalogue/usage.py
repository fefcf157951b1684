"""Usage: how many people use the product, how often and with what trend."""

from ..absence import Absence
from ..combined_measures import Change, Ratio, Scaled, Slope
from ..measures import Count, DaysSince, Distinct, Total
from ..metric import Metric
from ..select import IsTrue, Select, Weekday, Window

__all__ = ["METRICS"]


_VALUE = IsTrue("is_value_event")
_MONTH = Select("usage", (_VALUE,), Window(28))
_WORKDAYS = Select("usage", (_VALUE, Weekday("date")), Window(28))
_USERS = Distinct(_MONTH, ("product_user_id",))
_WEEKLY_USERS = Distinct(Select("usage", (_VALUE,), Window(7)), ("product_user_id",))
_ASSIGNED = Count(Select("seats", after=("activated_at",), until="deactivated_at"))
_BOUGHT = Total(
    Select("subscription_items", after=("effective_from",), until="effective_to"), "quantity"
)

METRICS = (
    Metric(
        name="active_users",
        component="usage",
        measure=_USERS,
        label="active users",
        unit="users",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Different people who used something of value in 28 days.",
        own_baseline=True,
        in_segment=True,
    ),
    Metric(
        name="active_user_rate",
        component="usage",
        measure=Ratio(_USERS, _ASSIGNED),
        label="share of assigned users who are active",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Active users in 28 days over users with an activated seat.",
        poor=0.2,
        healthy=0.8,
        source="PostHog handbook, health tracking (poor); GitLab handbook, triage (healthy)",
        in_segment=True,
    ),
    Metric(
        name="licence_utilisation",
        component="usage",
        measure=Ratio(_ASSIGNED, _BOUGHT),
        label="share of bought seats that are assigned",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Users with an activated seat over seats bought.",
        poor=0.5,
        healthy=0.75,
        source="GitLab handbook, health score triage, after month 9",
    ),
    Metric(
        name="stickiness",
        component="usage",
        measure=Scaled(Ratio(Distinct(_WORKDAYS, ("product_user_id", "date")), _USERS), 1 / 20),
        label="share of working days an active user comes",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Mean share of the 20 working days in 28 on which an active user was there.",
        poor=0.1,
        healthy=0.3,
    ),
    Metric(
        name="usage_volume",
        component="usage",
        measure=Total(_MONTH, "events"),
        label="value events",
        unit="events",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Uses of features of value in 28 days.",
        own_baseline=True,
        in_segment=True,
    ),
    Metric(
        name="events_per_user",
        component="usage",
        measure=Ratio(Total(_MONTH, "events"), _USERS),
        label="value events per active user",
        unit="events",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Uses of features of value per active user in 28 days.",
        own_baseline=True,
    ),
    Metric(
        name="active_users_trend",
        component="usage",
        measure=Change(_USERS, 28),
        label="change in active users",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Active users in 28 days against the 28 days before.",
        poor=-0.2,
        healthy=-0.05,
        source="PostHog handbook, customer health tracking",
    ),
    Metric(
        name="usage_slope",
        component="usage",
        measure=Slope(_WEEKLY_USERS, 12),
        label="weekly trend of active users",
        unit="log per week",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Least-squares slope of log(1 + weekly active users) over twelve weeks.",
        poor=-0.05,
        healthy=0.0,
    ),
    Metric(
        name="days_since_value_event",
        component="usage",
        measure=DaysSince(Select("usage", (_VALUE,)), or_tenure=True),
        label="days since anything of value was done",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the last use of a feature of value; since sign-up before the first.",
        poor=14.0,
        healthy=3.0,
    ),
    Metric(
        name="seat_saturation",
        component="usage",
        measure=Ratio(_USERS, _BOUGHT),
        label="active users per bought seat",
        unit="share",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Active users in 28 days over seats bought; near 1 there is no seat left.",
        expansion_direction="+",
    ),
)
