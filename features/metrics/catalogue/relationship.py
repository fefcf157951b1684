"""Relationship: who stands behind the purchase, and whether they still talk to us."""

from dataclasses import replace

from ..absence import Absence
from ..bounded_measures import Capped, Flag, Outstanding, Smallest, Sum
from ..combined_measures import Difference, Ratio
from ..measures import Count, DaysSince, Distinct
from ..metric import Metric
from ..row_selection import HasPart, Is, IsTrue, Select, Window

__all__ = ["METRICS"]


_SPONSOR = HasPart("roles", ("exec_sponsor",))
_BACKERS = ("exec_sponsor", "champion")
_LEFT_MONTHS = Select(
    "people",
    (HasPart("roles", _BACKERS),),
    Window(180),
    at="left_account_at",
    after=("left_known_at",),
)
_LEFT_LATELY = Select("people", (HasPart("roles", _BACKERS),), Window(60), at="left_known_at")
_SINCE_DEPARTURE = DaysSince(Select("people", (HasPart("roles", _BACKERS),), at="left_known_at"))
# Both of those who were there a year ago: who came since stands neither above nor below.
_LEFT_YEAR = Count(
    Select(
        "people",
        window=Window(365),
        at="left_account_at",
        after=("left_known_at", "key_a_year_at"),
    )
)
_STAYED = Count(Select("people", after=("key_a_year_at",), until="left_known_at"))
_WITH_SPONSOR = (IsTrue("two_way"), HasPart("person_roles", _BACKERS))
_SPONSOR_CONTACT = DaysSince(
    Select("touches", _WITH_SPONSOR, until="person_left_at"), or_tenure=True
)
_PERSONAS = ("exec_sponsor", "champion", "decision_maker", "admin")
_NAMED = tuple(
    Flag(Count(Select("people", (HasPart("roles", (role,)),), until="left_known_at")), at_least=1.0)
    for role in _PERSONAS
)
_MET = tuple(
    Smallest(
        (
            named,
            Flag(
                Count(
                    Select(
                        "touches",
                        (IsTrue("two_way"), HasPart("person_roles", (role,))),
                        Window(90),
                        until="person_left_at",
                    )
                ),
                at_least=1.0,
            ),
        )
    )
    for role, named in zip(_PERSONAS, _NAMED, strict=True)
)
_REVIEW = Is("type", ("qbr",))
_DUE_REVIEW = DaysSince(Select("activities", (_REVIEW,), at="scheduled_at"))
_HELD_REVIEW = DaysSince(Select("activities", (_REVIEW, IsTrue("took_place")), at="scheduled_at"))
_MEETINGS = (Is("type", ("meeting", "qbr")), IsTrue("took_place"))
_UNTOLD = Count(Select("touches", (IsTrue("untold"),), Window(90)))
_PLANNED = Select(
    "activities", (Is("type", ("meeting", "qbr", "training")),), Window(90), at="scheduled_at"
)
_HELD = Select(
    "activities",
    (Is("type", ("meeting", "qbr", "training")), IsTrue("attended")),
    Window(90),
    at="scheduled_at",
)
_TALKS = Select("activities", window=Window(90))
_INBOUND = Select("activities", (Is("direction", ("inbound",)),), Window(90))

METRICS = (
    Metric(
        name="exec_sponsors",
        component="relationship",
        measure=Count(Select("people", (_SPONSOR,), until="left_known_at")),
        label="executive sponsors",
        unit="people",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="People with the role of executive sponsor who have not left.",
        poor=0.0,
        healthy=1.0,
        source="GitLab handbook, health score triage",
    ),
    Metric(
        name="sponsors_left",
        improvable=False,
        component="relationship",
        measure=Count(_LEFT_MONTHS),
        label="sponsors or champions who left",
        unit="people",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Executive sponsors or champions who left in 180 days.",
        poor=1.0,
        healthy=0.0,
        source="GitLab handbook, health score triage",
    ),
    Metric(
        name="sponsors_left_lately",
        improvable=False,
        component="relationship",
        measure=Count(_LEFT_LATELY),
        label="sponsors or champions newly known to have left",
        unit="people",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Executive sponsors or champions whose departure became known in 60 days.",
    ),
    Metric(
        name="engaged_sponsors",
        component="relationship",
        measure=Distinct(
            Select("touches", _WITH_SPONSOR, Window(90), until="person_left_at"), ("person_id",)
        ),
        label="sponsors or champions in two-way contact",
        unit="people",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Executive sponsors or champions, still there, with two-way contact in 90 days.",
        poor=0.0,
        healthy=1.0,
        untold=_UNTOLD,
    ),
    Metric(
        name="days_since_sponsor_contact",
        component="relationship",
        # Where nobody ever meets a sponsor it would tell the age of the account, and the calendar.
        measure=Capped(_SPONSOR_CONTACT, 90.0),
        label="days since contact with a sponsor",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since two-way contact with a sponsor or champion who is still there, at "
        "most 90; never is as long.",
        poor=90.0,
        healthy=30.0,
        untold=_UNTOLD,
    ),
    Metric(
        name="days_since_sponsor_left",
        component="relationship",
        measure=_SINCE_DEPARTURE,
        label="days since a sponsor or champion left",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Days since the newest departure of a sponsor or champion became known.",
        in_model=False,
    ),
    Metric(
        name="days_without_successor",
        improvable=False,
        component="relationship",
        measure=Difference(_SPONSOR_CONTACT, _SINCE_DEPARTURE),
        label="days from contact with a remaining sponsor to the last departure",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Days from the last two-way contact with a sponsor or champion who is still there "
        "to the newest departure of one; negative once a successor was in contact.",
        # For a cap: how long ago the contact was says another metric.
        in_model=False,
    ),
    Metric(
        name="contacts",
        component="relationship",
        measure=Distinct(
            Select("touches", (IsTrue("two_way"),), Window(90), until="person_left_at"),
            ("person_id",),
        ),
        label="people in two-way contact",
        unit="people",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Different people with two-way contact in 90 days.",
        poor=1.0,
        healthy=4.0,
        source="GitLab handbook, health score triage (one thread is yellow)",
        in_segment=True,
        untold=_UNTOLD,
    ),
    Metric(
        name="persona_coverage",
        component="relationship",
        measure=Ratio(Sum(_MET), Sum(_NAMED)),
        label="share of key roles in contact",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Of sponsor, champion, decision maker and admin those that somebody holds; the "
        "share of them with two-way contact in 90 days.",
        poor=0.0,
        healthy=1.0,
        source="GitLab handbook, health score triage",
        untold=_UNTOLD,
    ),
    Metric(
        name="days_since_meeting",
        component="relationship",
        measure=Capped(
            DaysSince(Select("activities", _MEETINGS, at="occurred_at"), or_tenure=True), 180.0
        ),
        label="days since the last meeting",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the last meeting that was attended, at most 180; never is as long.",
        poor=90.0,
        healthy=35.0,
        source="GitLab handbook, health score triage",
    ),
    Metric(
        name="days_since_review",
        component="relationship",
        measure=Capped(replace(_HELD_REVIEW, or_tenure=True), 365.0),
        label="days since the last business review",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the last quarterly review that was held, at most 365; never is as "
        "long.",
        # For plays: how long ago any meeting was, the models see.
        in_model=False,
    ),
    Metric(
        name="review_days_overdue",
        component="relationship",
        measure=Capped(Outstanding(_DUE_REVIEW, _HELD_REVIEW), 180.0),
        label="days a planned business review is overdue",
        unit="days",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Days since a quarterly review was planned and not held since, at most 180; 0 "
        "without.",
        poor=60.0,
        healthy=0.0,
    ),
    Metric(
        name="days_since_planned_meeting",
        component="relationship",
        measure=DaysSince(_PLANNED),
        label="days since a meeting was due",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the newest meeting planned in 90 days was due, held or not.",
        in_model=False,
    ),
    Metric(
        name="held_meeting_share",
        component="relationship",
        measure=Ratio(Count(_HELD), Count(_PLANNED), at_least=2.0),
        label="share of planned meetings held",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Meetings attended over meetings planned in 90 days; at least two.",
        poor=0.7,
        healthy=0.9,
    ),
    Metric(
        name="inbound_share",
        component="relationship",
        measure=Ratio(Count(_INBOUND), Count(_TALKS), at_least=2.0),
        label="share of contacts begun by the account",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Activities begun by the account over all in 90 days.",
    ),
    Metric(
        name="key_contacts_lost_share",
        improvable=False,
        component="relationship",
        measure=Ratio(_LEFT_YEAR, Sum((_LEFT_YEAR, _STAYED))),
        label="share of key contacts who left",
        unit="share",
        direction="-",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Of those who were key contacts a year ago, the share who left in 365 days.",
        poor=0.4,
        healthy=0.15,
    ),
)
