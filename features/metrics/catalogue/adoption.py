"""Adoption: how much of the product is used, and whether new features are taken up."""

from ..absence import Absence
from ..combined_measures import Difference, Ratio
from ..measures import Catalogue, Distinct
from ..metric import Metric
from ..select import IsTrue, Select, Window

__all__ = ["METRICS"]


_FEATURES = ("feature_id",)
_MONTH = Select("usage", window=Window(28))
_CORE = Select("usage", (IsTrue("is_core"),), Window(28))
_PREMIUM = Select("usage", (IsTrue("is_premium"),), Window(28))
_NEW = Select("usage", window=Window(180), at="released_at")
_BEFORE = Distinct(_MONTH.shifted(28), _FEATURES)
_BOTH = Distinct(Select("usage", window=Window(56)), _FEATURES)

METRICS = (
    Metric(
        name="core_breadth",
        component="adoption",
        measure=Ratio(Distinct(_CORE, _FEATURES), Catalogue((IsTrue("is_core"),))),
        label="share of core features in use",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Core features used by anyone in 28 days over core features released.",
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
        poor=1.0,
        healthy=4.0,
        source="PostHog handbook, customer health tracking, scaled to a product of few modules",
        own_baseline=True,
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
        meaning="Features used in the 28 days before and not since, over those used then.",
        poor=0.3,
        healthy=0.1,
    ),
    Metric(
        name="new_feature_adoption",
        component="adoption",
        measure=Ratio(Distinct(_NEW, _FEATURES), Catalogue(window=Window(180))),
        label="share of new features tried",
        unit="share",
        direction="+",
        axis="health",
        when_absent=Absence.NOT_APPLICABLE,
        meaning="Features released in 180 days that were used, over those released.",
        poor=0.1,
        healthy=0.4,
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
)
