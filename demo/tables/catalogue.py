"""What the invented company sells: a planning product with two dozen features."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..truth.days import DAY, Bools, Calendar, Ints
from ..truth.profiles import PLANS
from ..truth.world import frame

__all__ = ["FEATURES", "Offered", "feature_ids", "features", "is_usable"]


@dataclass(frozen=True, slots=True)
class Offered:
    """One feature of the product.

    Parameters
    ----------
    name, module : str
    marks : str
        Letters: c core, v value event, p premium, i integration, a admin setting.
    plan : int
        Lowest plan that includes it.
    released_month : int or None
        Column of the month it came out; None when it came before the data.
    """

    name: str
    module: str
    marks: str = "v"
    plan: int = 0
    released_month: int | None = None

    def has(self, mark: str) -> bool:
        """Whether the feature carries a mark."""
        return mark in self.marks


FEATURES = (
    Offered("Plan board", "planning", "cv"),
    Offered("Task list", "planning", "cv"),
    Offered("Capacity view", "planning", "cv"),
    Offered("Scenario compare", "planning", "vp", plan=1),
    Offered("Shared comments", "collaboration", "cv"),
    Offered("Approvals", "collaboration", "cv"),
    Offered("Guest access", "collaboration", "v"),
    Offered("Mentions digest", "collaboration", ""),
    Offered("Dashboards", "insight", "cv"),
    Offered("Scheduled reports", "insight", "v"),
    Offered("Forecast", "insight", "vp", plan=1),
    Offered("Benchmark", "insight", "vp", plan=2),
    Offered("Calendar sync", "integration", "vi"),
    Offered("ERP connector", "integration", "vip", plan=1),
    Offered("Public API", "integration", "vip", plan=1),
    Offered("Rules", "automation", "v"),
    Offered("Templates", "automation", "v"),
    Offered("Bulk actions", "automation", "v"),
    Offered("Roles and rights", "administration", "a"),
    Offered("Audit log", "administration", "ap", plan=2),
    Offered("Inbox", "collaboration", "v", released_month=6),
    Offered("Goal tracking", "planning", "v", released_month=14),
    Offered("Anomaly alerts", "insight", "vp", plan=1, released_month=21),
    Offered("Assistant", "automation", "v", released_month=28),
)
_LONG_AGO_DAYS = 900


def features(calendar: Calendar) -> pd.DataFrame:
    """Write the catalogue.

    Parameters
    ----------
    calendar : Calendar

    Returns
    -------
    pandas.DataFrame
        One row per feature that came out within the data.

    Examples
    --------
    >>> len(features(Calendar(36))) == len(FEATURES)
    True
    """
    offered = FEATURES
    table = {
        "feature_id": feature_ids(),
        "name": np.array([each.name for each in offered], dtype=object),
        "module": np.array([each.module for each in offered], dtype=object),
        "is_core": np.array([each.has("c") for each in offered]),
        "is_value_event": np.array([each.has("v") for each in offered]),
        "is_premium": np.array([each.has("p") for each in offered]),
        "min_plan": np.array([PLANS[each.plan] for each in offered], dtype=object),
        "is_integration": np.array([each.has("i") for each in offered]),
        "is_admin_setting": np.array([each.has("a") for each in offered]),
        "released_at": released_days(calendar) * DAY,
    }
    out = released_days(calendar) < calendar.starts()[-1]
    return frame({name: values[out] for name, values in table.items()}, ("released_at",))


def feature_ids() -> np.ndarray:
    """Give the ids in the order of ``FEATURES``."""
    slugs = [each.name.lower().replace(" ", "_") for each in FEATURES]
    return np.array([f"feat_{slug}" for slug in slugs], dtype=object)


def released_days(calendar: Calendar) -> Ints:
    """Give the day each feature came out."""
    starts = calendar.starts()
    last = len(starts) - 1
    return np.array(
        [
            calendar.begin - _LONG_AGO_DAYS
            if each.released_month is None
            else starts[min(each.released_month, last)] + 8
            for each in FEATURES
        ]
    )


def is_usable(feature: Ints, plan: Ints, day: Ints, calendar: Calendar) -> Bools:
    """Whether a plan includes a feature on a day."""
    lowest = np.array([each.plan for each in FEATURES])
    return np.asarray((lowest[feature] <= plan) & (day >= released_days(calendar)[feature]))
