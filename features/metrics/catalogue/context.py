"""Context: what an account is and where it stands in its contract; never a driver to act on."""

from ..absence import Absence
from ..bounded_measures import Capped
from ..measures import Commercial, Count, Tenure
from ..metric import Metric
from ..row_selection import Is, Select, Window

__all__ = ["ACTIVE_LATELY", "ARR", "EVER_ACTIVE", "METRICS", "PAYS"]


ARR = Commercial("arr")
"""What the account pays a year."""

PAYS = Commercial("pays")
"""Whether the account pays anything."""

_ONBOARDING = ("onboarding", "implementation", "implementing")

ACTIVE_LATELY = Count(Select("usage", window=Window(180)))
"""Usage rows of the last 180 days."""

EVER_ACTIVE = Count(Select("usage"))
"""Usage rows of any time."""

METRICS = (
    Metric(
        name="tenure_days",
        component="context",
        measure=Tenure(),
        label="days as a customer",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the account became one.",
        # For conditions: it grows with the calendar, so the models see the first 90 days only.
        in_model=False,
    ),
    Metric(
        name="first_90_days",
        component="context",
        measure=Capped(Tenure(), 90.0),
        label="days as a customer, at most 90",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NO_EVENT_YET,
        meaning="Days since the account became one, at most 90: how far its first quarter has "
        "come.",
    ),
    Metric(
        name="in_onboarding",
        component="context",
        measure=Count(Select("accounts", (Is("lifecycle_stage", _ONBOARDING),))),
        label="whether the account is being onboarded",
        unit="flag",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Whether the account's stage is onboarding or implementation, as stated.",
        # For conditions: a stage is set by us, not by the account.
        in_model=False,
    ),
    Metric(
        name="arr",
        component="context",
        measure=ARR,
        label="ARR",
        unit="currency",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Annual recurring revenue of the items in force, without items of the contracts.",
        in_segment=True,
    ),
    Metric(
        name="days_to_term_end",
        component="context",
        measure=Commercial("days_to_term_end"),
        label="days to the end of the term",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Days until the term that binds the account ends, as known on the as-of date.",
        # For conditions: models see how near the next decision is, which is what terms are about.
        in_model=False,
    ),
    Metric(
        name="days_to_notice_deadline",
        component="context",
        measure=Commercial("days_to_notice_deadline"),
        label="days to the notice deadline",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Days until the term that binds the account can no longer be refused.",
        in_model=False,
    ),
    Metric(
        name="days_to_decision",
        component="context",
        measure=Commercial("days_to_decision"),
        label="days to the next decision",
        unit="days",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Days until the account can next decide to leave: the notice deadline of a term "
        "that renews by itself, the end of one that does not, a break clause. None where every "
        "month is one.",
    ),
    Metric(
        name="silence_renews",
        component="context",
        measure=Commercial("silence_renews"),
        label="whether it stays if nothing is said at its next decision",
        unit="flag",
        direction="c",
        axis="context",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Whether the account stays if nothing is said at its next decision: 1 where the "
        "term renews by itself or goes on, 0 where it ends.",
    ),
)
