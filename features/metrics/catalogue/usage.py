"""Usage: how many people use the product, how often and with what trend."""

from ..absence import Absence
from ..bounded_measures import Capped, Flag, LowestOver
from ..combined_measures import Change, Ratio, Scaled, Slope
from ..group_measures import Busiest, SilenceInGaps
from ..measures import Catalogue, Commercial, Count, DaysSince, Distinct, Total
from ..metric import Metric
from ..row_selection import Is, IsTrue, Select, Weekday, Window
from ..silence import SILENCE, USED

__all__ = ["METRICS"]


_VALUE = IsTrue("is_value_event")
_MONTH = Select("usage", (_VALUE,), Window(28))
_WORKDAYS = Select("usage", (_VALUE, Weekday("date")), Window(28))
_USERS = Distinct(_MONTH, ("product_user_id",))
_USER_DAYS = Distinct(_MONTH, ("product_user_id", "date"))
_DEPARTMENTS = Distinct(_MONTH, ("department",))
_BILLING_MODULE = Is("module", ("billing",))
_BILLING = Select("usage", (_BILLING_MODULE,), Window(7))
_BILLING_PAGES = Catalogue((_BILLING_MODULE,))
_WEEKLY_USERS = Distinct(Select("usage", (_VALUE,), Window(7)), ("product_user_id",))
_ASSIGNED = Count(Select("seats", after=("activated_at",), until="deactivated_at"))
_BOUGHT = Commercial("seats")

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
        poor=0.5,
        healthy=0.8,
        source="GitLab handbook, use case adoption",
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
        when_silent=0.0,
        meaning="Mean share of the 20 working days in 28 on which an active user was there.",
        poor=0.1,
        healthy=0.3,
    ),
    Metric(
        name="usage_volume",
        component="usage",
        measure=Total(_MONTH, "events"),
        label="volume of use",
        unit="events",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Uses of features of value in 28 days; minutes where those alone are recorded.",
        own_baseline=True,
        in_segment=True,
    ),
    Metric(
        name="events_per_user",
        component="usage",
        measure=Ratio(Total(_MONTH, "events"), _USERS, factor=1 / 4),
        label="volume of use per active user and week",
        unit="events a week",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        when_silent=0.0,
        meaning="Uses of features of value per active user and week, over 28 days.",
        own_baseline=True,
    ),
    Metric(
        name="active_days_per_user",
        component="usage",
        measure=Ratio(_USER_DAYS, _USERS),
        label="days on which an active user comes",
        unit="days",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        when_silent=0.0,
        meaning="Mean number of days in 28 on which an active user was there.",
        # For scorecards of one's own: the models see the share of working days.
        in_model=False,
    ),
    Metric(
        name="top_user_share",
        improvable=False,
        component="usage",
        measure=Ratio(Busiest(_MONTH, ("product_user_id",), "events"), Total(_MONTH, "events")),
        label="share of use by the busiest user",
        unit="share",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        when_silent=1.0,
        meaning="Uses of features of value by the busiest person over those by all, in 28 days.",
        poor=0.6,
        healthy=0.3,
    ),
    Metric(
        name="team_spread",
        component="usage",
        # That no department is known of whoever was active does not mean none.
        measure=Ratio(_DEPARTMENTS, Flag(_DEPARTMENTS, at_least=1.0)),
        label="departments with active users",
        unit="departments",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        when_silent=0.0,
        meaning="Different departments of the people who used something of value in 28 days.",
        poor=1.0,
        healthy=3.0,
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
        when_silent=-1.0,
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
        when_silent=-1.0,
        meaning="Least-squares slope of log(1 + weekly active users) over twelve weeks.",
        poor=-0.05,
        healthy=0.0,
    ),
    Metric(
        name="days_since_value_event",
        component="usage",
        measure=Capped(DaysSince(Select("usage", (_VALUE,)), or_tenure=True), 365.0),
        label="days since anything of value was done",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the last use of a feature of value, at most 365; since sign-up before "
        "the first.",
        poor=14.0,
        healthy=3.0,
    ),
    Metric(
        name="silence_in_gaps",
        improvable=False,
        component="usage",
        measure=Capped(SilenceInGaps(Select("usage", (_VALUE,), Window(365))), 20.0),
        label="silence in multiples of the usual gap between days of use",
        unit="times the usual",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Working days since the last use of value over the median distance between days "
        "of use in 365 days, at most 20; of fewer than two such days a week is assumed.",
        poor=3.0,
        healthy=1.5,
    ),
    Metric(
        name="silence_ratio",
        improvable=False,
        component="usage",
        measure=SILENCE,
        label="silence by the account's own rhythm",
        unit="times",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the last use of value over 30 days, or over three times the median gap "
        "between the account's days of use in 365 days if that is longer; dormant from 1 on.",
        # For a cap: how long ago the last use was says another metric.
        in_model=False,
    ),
    Metric(
        name="days_since_last_use",
        improvable=False,
        component="usage",
        measure=Capped(USED, 365.0),
        label="days since the last use of value",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the last use of a feature of value, at most 365; unknown before the "
        "first.",
        # For caps: it tells who stopped from whose use was never seen.
        in_model=False,
    ),
    Metric(
        name="seat_saturation",
        component="usage",
        # A week apart: windows of 28 days hardly differ from one day to the next.
        measure=LowestOver(Ratio(_USERS, _BOUGHT), days=7, moments=3),
        label="active users per bought seat",
        unit="share",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Active users in 28 days over seats bought, the lowest of now, 7 and 14 days ago; "
        "near 1 there is no seat left.",
        expansion_direction="+",
    ),
    Metric(
        name="billing_page_visits",
        improvable=False,
        component="usage",
        # A product without such pages shows nothing: one over itself is 1, or undefined.
        measure=Ratio(Total(_BILLING, "events"), Ratio(_BILLING_PAGES, _BILLING_PAGES)),
        label="visits to billing pages",
        unit="visits",
        direction="-",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Uses of features of the module billing in 7 days.",
        poor=2.0,
        healthy=0.0,
        source="PostHog handbook, customer health tracking",
    ),
)
