"""Maturity: how the account works, whatever it does with our product. Never how much of it."""

from ..absence import Absence
from ..bounded_measures import Flag, Sum
from ..combined_measures import Continuity, Difference, Ratio, Scaled
from ..measures import Catalogue, Count, Distinct, Total
from ..metric import Metric
from ..row_selection import EveryRow, Filled, Filter, HasPart, Is, IsTrue, Select, Window

__all__ = ["METRICS"]


_GOAL = Is("kind", ("business_goal",))
_PLANNED = (
    *(_GOAL, Is("set_by", ("customer",))),
    *(Filled("baseline"), Filled("target_value"), Filled("due_at")),
)
_SEATS = Select("seats", after=("activated_at",), until="deactivated_at")
_ADMINS = Select("seats", (IsTrue("is_admin"),), after=("activated_at",), until="deactivated_at")
_SSO = Select("seats", (IsTrue("sso"),), after=("activated_at",), until="deactivated_at")
_ADMIN_ROLE = HasPart("roles", ("admin",))
_PEOPLE = Select("people", (_ADMIN_ROLE,), until="left_known_at")
_CERTIFIED = Select("people", (_ADMIN_ROLE,), after=("certified_at",), until="left_known_at")
_QUARTER = Select("usage", window=Window(90))
_AND_MACHINES = Select("usage", (EveryRow("automated_events"),), Window(90))
_BY_MACHINES = Total(_AND_MACHINES, "automated_events")
_BY_ALL = Difference(Total(_QUARTER, "events"), Scaled(_BY_MACHINES, -1.0))
_FEATURE = ("feature_id",)
_INTEGRATION = IsTrue("is_integration")
_CONNECTED = Distinct(Select("usage", (_INTEGRATION,), Window(180)), _FEATURE)
_CONNECTABLE = Catalogue((_INTEGRATION,))
_SETTING, _PREMIUM = IsTrue("is_admin_setting"), IsTrue("is_premium")
_YEAR = Window(365)
_CONFIGURED = Difference(
    Distinct(Select("usage", (_SETTING,), _YEAR), _FEATURE),
    Distinct(Select("usage", (_SETTING, _PREMIUM), _YEAR), _FEATURE),
)
# What a higher plan would add is no fault of the account.
_CONFIGURABLE = Difference(Catalogue((_SETTING,)), Catalogue((_SETTING, _PREMIUM)))

_EXCHANGED = Select("usage", (_INTEGRATION,), Window(90))
_BY_INTEGRATIONS = Sum((Total(_EXCHANGED, "events"), Total(_EXCHANGED, "automated_events")))
_OWNER = HasPart("roles", ("exec_sponsor", "decision_maker"))
_BOARD = ("c_level", "c-level", "cxo", "c_suite", "chief", "board", "exec", "executive", "owner")
_VICE = ("vp", "svp", "evp", "vice president", "vice_president")
_DIRECTOR = ("director", "head", "senior director")
_MANAGER = ("manager", "senior manager", "lead", "mid")


def _owners(*where: Filter) -> Flag:
    """Return whether somebody who owns the function is there."""
    return Flag(Count(Select("people", (_OWNER, *where), until="left_known_at")), at_least=1.0)


_OWNED = _owners(Filled("seniority"))
# Each adds one rank: who is of a higher one is of all below, too.
_RANKS = tuple(
    _owners(Is("seniority", names))
    for names in (
        (*_MANAGER, *_DIRECTOR, *_VICE, *_BOARD),
        (*_DIRECTOR, *_VICE, *_BOARD),
        (*_VICE, *_BOARD),
        _BOARD,
    )
)

# Of a handful of seats every other one is rightly an admin's.
_FEW_SEATS = 5.0
# Below it a single scripted click decides.
_FEW_EVENTS = 100.0

METRICS = (
    Metric(
        name="planned_goal_share",
        component="maturity",
        measure=Ratio(Count(Select("goals", _PLANNED)), Count(Select("goals", (_GOAL,)))),
        label="share of goals the account planned itself",
        unit="share",
        direction="+",
        axis="maturity",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Business goals set by the account with baseline, target and date, over all.",
    ),
    Metric(
        name="admin_continuity",
        component="maturity",
        measure=Ratio(
            Continuity(Count(_ADMINS), days=30, moments=12),
            Continuity(Count(_SEATS), days=30, moments=12),
        ),
        label="share of months with an admin",
        unit="share",
        direction="+",
        axis="maturity",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Of 12 moments 30 days apart with active seats, those with an admin among them.",
    ),
    Metric(
        name="certified_admin_share",
        component="maturity",
        measure=Ratio(Count(_CERTIFIED), Count(_PEOPLE)),
        label="share of admins who are certified",
        unit="share",
        direction="+",
        axis="maturity",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Admins who are certified over all admins who have not left.",
    ),
    Metric(
        name="admin_seat_share",
        component="maturity",
        measure=Ratio(Count(_ADMINS), Count(_SEATS), at_least=_FEW_SEATS),
        label="share of seats with admin rights",
        unit="share",
        direction="-",
        axis="maturity",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Active seats with admin rights over active seats, from five seats on.",
    ),
    Metric(
        name="automation_share",
        component="maturity",
        measure=Ratio(_BY_MACHINES, _BY_ALL, at_least=_FEW_EVENTS),
        label="share of events made by automation",
        unit="share",
        direction="+",
        axis="maturity",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Automated events of 90 days over those and the events of people, from 100 on.",
    ),
    Metric(
        name="integration_error_share",
        component="maturity",
        measure=Ratio(Total(_EXCHANGED, "errors"), _BY_INTEGRATIONS, at_least=_FEW_EVENTS),
        label="share of exchanges that fail",
        unit="share",
        direction="-",
        axis="maturity",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Errors over all events of integrations in 90 days, from 100 events on.",
    ),
    Metric(
        name="owner_seniority",
        component="maturity",
        measure=Ratio(Sum((_OWNED, *_RANKS)), _OWNED),
        label="rank of whoever owns the function",
        unit="rank (1 to 5)",
        direction="+",
        axis="maturity",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Highest rank of a sponsor or decision maker who has not left: 5 board, 4 vice "
        "president, 3 director, 2 manager, 1 below.",
    ),
    Metric(
        name="sso_seat_share",
        component="maturity",
        measure=Ratio(Count(_SSO), Count(_SEATS)),
        label="share of seats behind single sign-on",
        unit="share",
        direction="+",
        axis="maturity",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Active seats with single sign-on over active seats.",
    ),
    Metric(
        name="connected_integrations",
        component="maturity",
        # A product that offers none shows nothing: one over itself is 1, or undefined.
        measure=Ratio(_CONNECTED, Ratio(_CONNECTABLE, _CONNECTABLE)),
        label="integrations with systems of their own",
        unit="integrations",
        direction="+",
        axis="maturity",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Different integrations used in 180 days, however often.",
    ),
    Metric(
        name="configured_setting_share",
        component="maturity",
        measure=Ratio(_CONFIGURED, _CONFIGURABLE),
        label="share of administration settings in use",
        unit="share",
        direction="+",
        axis="maturity",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Administration settings used in a year over those of every plan, however often.",
    ),
)
