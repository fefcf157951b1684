"""Advocacy: whether the account speaks for us, and how it answers when asked."""

from ..absence import Absence
from ..bounded_measures import Flag, Smallest, Unless
from ..combined_measures import Ratio
from ..measures import Count, DaysSince
from ..metric import Metric
from ..row_selection import HasPart, Is, IsNot, Select, Window
from .support import OPEN_CRITICAL

__all__ = ["METRICS"]


_THERE = tuple(
    Flag(Count(Select("people", (HasPart("roles", (role,)),), until="left_known_at")), at_least=1.0)
    for role in ("exec_sponsor", "champion")
)
_READY = (*_THERE, Flag(Count(OPEN_CRITICAL), at_most=0.0))
_RESPONSE = Is("kind", ("reference_response",))
_ACTS = Select("account_events", (Is("kind", ("advocacy_act",)),), Window(365))
# A policy that forbids references says nothing about the relationship.
_ANSWERS = Select(
    "account_events", (_RESPONSE, IsNot("value_text", ("declined_policy",))), Window(365)
)
_ACCEPTED = Select("account_events", (_RESPONSE, Is("value_text", ("accepted",))), Window(365))
_DISSATISFIED = Select(
    "account_events", (_RESPONSE, Is("value_text", ("declined_dissatisfied",))), Window(365)
)
_ASKED = Select("account_events", (Is("kind", ("reference_request",)),), Window(365))
_DECLINED = ("declined", "declined_policy", "declined_time", "declined_dissatisfied")
_REFUSALS = Select("account_events", (_RESPONSE, Is("value_text", _DECLINED)), Window(180))

METRICS = (
    Metric(
        name="advocacy_acts",
        component="advocacy",
        measure=Count(_ACTS),
        label="acts of advocacy",
        unit="acts",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="References, reviews, referrals and talks in 365 days.",
        poor=0.0,
        healthy=1.0,
    ),
    Metric(
        name="reference_acceptance",
        component="advocacy",
        measure=Ratio(Count(_ACCEPTED), Count(_ANSWERS)),
        label="share of reference requests accepted",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="References accepted over requests answered in 365 days, less those for policy.",
        poor=0.0,
        healthy=0.5,
    ),
    Metric(
        name="references_refused_in_anger",
        improvable=False,
        component="advocacy",
        measure=Unless(Count(_DISSATISFIED), Count(_ASKED), above=3.0),
        label="references declined out of dissatisfaction",
        unit="answers",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="References declined in 365 days out of dissatisfaction, not for policy; none "
        "where more than three were asked for.",
        poor=1.0,
        healthy=0.0,
    ),
    Metric(
        name="references_declined",
        component="advocacy",
        measure=Count(_REFUSALS),
        label="references declined",
        unit="answers",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="References declined in 180 days for whatever reason; policy is no fault.",
        # For a play: only the refusals out of dissatisfaction say something of the account.
        in_model=False,
    ),
    Metric(
        name="reference_asks",
        component="advocacy",
        measure=Count(_ASKED),
        label="requests for a reference",
        unit="requests",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="References asked for in 365 days; above three the account is overdrawn.",
    ),
    Metric(
        name="referenceable",
        component="advocacy",
        measure=Smallest(_READY),
        label="whether somebody could speak for us",
        unit="flag",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Whether a sponsor and a champion are there and no critical ticket is open; ask "
        "for a reference where health has also been high for 90 days.",
        # For plays: each of its parts the models see.
        in_model=False,
    ),
    Metric(
        name="days_since_advocacy_act",
        component="advocacy",
        measure=DaysSince(_ACTS),
        label="days since the last act of advocacy",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Age of the newest act of advocacy of the last 365 days.",
        in_model=False,
    ),
    Metric(
        name="days_since_reference_answer",
        component="advocacy",
        measure=DaysSince(_ANSWERS),
        label="days since the last answer to a reference request",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Age of the newest answer to a reference request of the last 365 days.",
        in_model=False,
    ),
)
