"""Adoption: how much of the product is used, and whether new features are taken up."""

from ..absence import Absence
from ..bounded_measures import Capped
from ..combined_measures import Difference, Ratio, Scaled
from ..group_measures import Shared
from ..measures import Catalogue, Count, Distinct, Total
from ..metric import Metric
from ..row_selection import IsTrue, Select, Window

__all__ = ["METRICS"]


_FEATURES = ("feature_id",)
_MONTH = Select("usage", window=Window(28))
_CORE = Select("usage", (IsTrue("is_core"),), Window(28))
_PREMIUM = Select("usage", (IsTrue("is_premium"),), Window(28))
_ABOVE = Select("usage", (IsTrue("above_plan"),), Window(28))
_LATELY = Window(180, ends_days_ago=30)
_TAKEN_UP = Select("launches", window=_LATELY, at="released_at")
_BEFORE = Distinct(_MONTH.shifted(28), _FEATURES)
_BOTH = Distinct(Select("usage", window=Window(56)), _FEATURES)

METRICS = (
    Metric(
        name="core_breadth",
        component="adoption",
        measure=Capped(
            Ratio(Shared(_CORE, "feature_id", "product_user_id"), Catalogue((IsTrue("is_core"),))),
            1.0,
        ),
        label="share of core features in use",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Core features used by two people or more in 28 days over the core features that "
        "are out and in the account's plan.",
        poor=0.3,
        healthy=0.6,
        in_segment=True,
    ),
    Metric(
        name="modules_in_use",
        component="adoption",
        measure=Distinct(_MONTH, ("module",)),
        label="modules in use",
        unit="modules",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Different modules used in 28 days.",
        own_baseline=True,
    ),
    Metric(
        name="module_breadth",
        component="adoption",
        measure=Capped(Ratio(Distinct(_MONTH, ("module",)), Catalogue(of="module")), 1.0),
        label="share of modules in use",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Modules used in 28 days over the modules that are out and in the account's plan.",
        poor=0.25,
        healthy=0.75,
        # For scorecards: the models see how many modules are in use.
        in_model=False,
    ),
    Metric(
        name="features_in_use",
        component="adoption",
        measure=Distinct(_MONTH, _FEATURES),
        label="features in use",
        unit="features",
        direction="+",
        axis="health",
        when_absent=0.0,
        meaning="Different features used in 28 days.",
        own_baseline=True,
        in_segment=True,
    ),
    Metric(
        name="abandoned_feature_share",
        component="adoption",
        measure=Ratio(Difference(_BOTH, Distinct(_MONTH, _FEATURES)), _BEFORE),
        label="share of features given up",
        unit="share",
        direction="-",
        axis="health",
        when_absent=Absence.NO_EVENT_YET,
        when_silent=1.0,
        meaning="Features used in the 28 days before and not since, over those used then.",
        poor=0.3,
        healthy=0.1,
    ),
    Metric(
        name="new_feature_adoption",
        component="adoption",
        measure=Capped(Ratio(Count(_TAKEN_UP), Catalogue(window=_LATELY)), 1.0),
        label="share of new features taken up",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Of the features of the account's plan released 30 to 210 days ago, those used "
        "three times by two people within 60 days; unknown where there are none.",
        poor=0.1,
        healthy=0.4,
        # For scorecards and plays: whether anything was released tells the date, not the account.
        in_model=False,
    ),
    Metric(
        name="premium_use",
        component="adoption",
        measure=Distinct(_PREMIUM, ("product_user_id",)),
        label="users of premium features",
        unit="users",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Different people who used a premium feature in 28 days.",
        expansion_direction="+",
    ),
    Metric(
        name="premium_gate_hits",
        component="adoption",
        measure=Scaled(Total(_ABOVE, "events"), 1 / 4),
        label="clicks on features above the plan",
        unit="clicks a week",
        direction="c",
        axis="context",
        when_absent=0.0,
        meaning="Clicks a week, over 28 days, on features that need a higher plan than the "
        "account had.",
        expansion_direction="+",
    ),
)
