"""Financial: whether bills are paid and how the spend moves."""

from dataclasses import replace

from ..absence import Absence
from ..bounded_measures import Capped, Sum
from ..combined_measures import Ratio
from ..group_measures import AgedTotal
from ..measures import Commercial, Count, Oldest, Total
from ..metric import Metric
from ..row_selection import Is, Select, Window
from .context import ARR

__all__ = ["METRICS"]


_OVERDUE = Select("invoices", at="due_at", until="settled_at")
_FAILED = Select("invoices", at="first_failed_at", until="settled_at")
_DUE = Select("invoices", window=Window(365), at="due_at")
_PAID = replace(_DUE, after=("paid_at",))
_STILL_OPEN = replace(_DUE, until="settled_at")
_RENEWED = Select("contract_events", (Is("event_type", ("renewed",)),))
_UP = Is("change_type", ("seat_up", "tier_up", "cross_sell"))
_DOWN = Is("change_type", ("seat_down", "tier_down"))
_DEARER = Is("change_type", ("price_uplift",))

METRICS = (
    Metric(
        name="overdue_share",
        component="financial",
        measure=Ratio(Total(_OVERDUE, "owed"), ARR),
        label="overdue share of ARR",
        unit="share",
        direction="-",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Amount overdue over ARR.",
        poor=0.1,
        healthy=0.0,
    ),
    Metric(
        name="days_overdue",
        component="financial",
        measure=Oldest(_OVERDUE),
        label="days the oldest invoice is overdue",
        unit="days",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Days since the oldest unpaid invoice was due; 0 when none is overdue.",
        poor=45.0,
        healthy=0.0,
    ),
    Metric(
        name="days_payment_failed",
        improvable=False,
        component="financial",
        measure=Oldest(_FAILED),
        label="days for which a failed payment has been open",
        unit="days",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Days since the payment of the oldest invoice failed that is still unpaid.",
        # For a cap: that a bill is overdue says another metric.
        in_model=False,
    ),
    Metric(
        name="mean_days_late",
        improvable=False,
        component="financial",
        measure=Ratio(
            Sum((Total(_PAID, "late_amount"), AgedTotal(_STILL_OPEN, "owed"))),
            Total(_DUE, "billed"),
        ),
        label="mean days by which invoices are paid late",
        unit="days",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Mean delay of the invoices due in 365 days, by amount; of open ones so far.",
        poor=15.0,
        healthy=3.0,
    ),
    Metric(
        name="failed_payments",
        improvable=False,
        component="financial",
        measure=Count(Select("invoices", window=Window(30), at="first_failed_at")),
        label="failed payments",
        unit="payments",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Invoices whose payment failed in 30 days.",
        poor=1.0,
        healthy=0.0,
        source="PostHog handbook, customer health tracking",
    ),
    Metric(
        name="arr_trend_12m",
        improvable=False,
        component="financial",
        measure=Commercial("arr_growth_12m"),
        label="change in ARR over a year",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="ARR against a calendar year before, at equal rates, less rises agreed before.",
        poor=-0.1,
        healthy=0.05,
    ),
    Metric(
        name="downgrades",
        improvable=False,
        component="financial",
        measure=Count(Select("subscription_items", (_DOWN,), Window(365), at="effective_from")),
        label="downgrades",
        unit="changes",
        direction="-",
        axis="health",
        when_absent=0.0,
        meaning="Cuts of seats or tier in 365 days.",
        poor=1.0,
        healthy=0.0,
    ),
    Metric(
        name="upgrades",
        component="financial",
        measure=Count(Select("subscription_items", (_UP,), Window(365), at="effective_from")),
        label="upgrades",
        unit="changes",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Added seats, higher tiers and further products in 365 days.",
        expansion_direction="+",
    ),
    Metric(
        name="renewals",
        component="financial",
        measure=Capped(Count(_RENEWED), 3.0),
        label="renewals so far",
        unit="renewals",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Contracts renewed so far, at most 3: later ones say little more.",
        # For conditions: it grows with the calendar; how old an account is the models see.
        in_model=False,
    ),
    Metric(
        name="price_uplifts",
        component="financial",
        measure=Count(Select("subscription_items", (_DEARER,), Window(365), at="effective_from")),
        label="price rises",
        unit="changes",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Price rises that took effect in 365 days.",
        # For a play: what our own price list does is no behaviour of the account.
        in_model=False,
    ),
    Metric(
        name="price_level",
        component="financial",
        measure=Commercial("price_level"),
        label="price paid against the list",
        unit="share",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Value of the contracts in force over their list value.",
    ),
    Metric(
        name="price_trend_12m",
        improvable=False,
        component="financial",
        measure=Commercial("dearer_12m"),
        label="change of the price of a seat over a year",
        unit="share",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="ARR a seat against a calendar year before, at equal rates.",
    ),
    Metric(
        name="discount_lost_12m",
        improvable=False,
        component="financial",
        measure=Commercial("less_discount_12m"),
        label="discount lost over a year",
        unit="share of the list price",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        meaning="By how much more of the list value is paid than a calendar year before.",
    ),
)
