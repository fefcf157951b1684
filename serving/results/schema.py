"""The columns and words of the results, declared once."""

from pathlib import Path
from typing import Literal

import pandas as pd

__all__ = [
    "CELLS",
    "DRIVER_COLUMNS",
    "FACT_COLUMNS",
    "MODELS",
    "NUMBER_COLUMNS",
    "OVERRIDE",
    "PLAY_COLUMNS",
    "PROGRESS_COLUMNS",
    "QUADRANTS",
    "REPORT",
    "RESERVED",
    "SLOTS",
    "STATUSES",
    "TARGETS",
    "TEXT_COLUMNS",
    "TIME_COLUMNS",
    "n_waiting",
    "target_of",
    "to_do",
]


RESERVED = (
    *("account_id", "account_name", "csm_id", "as_of", "status", "reason", "segment", "drivers"),
    *("cell", "quadrant", "caps", "guard", "attention", "chs", "cmi", "p_churn", "p_expand"),
    *("base_rate", "health_index", "health_value", "health_band", "maturity_band", "cmi_status"),
    *("chs_coverage", "cmi_coverage", "arr_at_risk", "stale_metrics", "term_end"),
    *("notice_deadline", "weakest_category", "maturity_blocker", "maturity_due", "cmi_age_days"),
)
"""Columns that stand beside the metrics and are none."""

FACT_COLUMNS = (
    *("status", "cell", "quadrant", "health_band", "maturity_band", "cmi_status", "caps"),
    *("drivers", "weakest_category", "maturity_blocker", "maturity_due"),
    *("p_churn", "p_expand", "health_index"),
    *("chs", "chs_coverage", "cmi", "segment", "guard", "arr_at_risk", "stale_metrics"),
)


DRIVER_COLUMNS = (
    "account_id",
    "as_of",
    "target",
    "rank",
    "component",
    "metric",
    "value",
    "baseline",
    "segment_median",
    "shap",
    "direction",
    "actionable",
    "text",
)


CELLS = {
    ("high", "low"): "retain_as_is",
    ("high", "medium"): "grow_selectively",
    ("high", "high"): "expand_and_leverage",
    ("medium", "low"): "stabilise_cheaply",
    ("medium", "medium"): "standard_plan",
    ("medium", "high"): "strengthen_to_expand",
    ("low", "low"): "let_churn",
    ("low", "medium"): "save_if_fixable",
    ("low", "high"): "save",
    ("high", "unknown"): "healthy_unassessed",
    ("medium", "unknown"): "medium_unassessed",
    ("low", "unknown"): "low_unassessed",
}
"""Cell of each pair of health band and maturity band."""

QUADRANTS = {
    (True, False): "retain",
    (True, True): "expand_and_leverage",
    (False, False): "churn_and_let_churn",
    (False, True): "save",
}
"""Quadrant of (healthy, mature)."""

SLOTS = ("urgent", "cell", "driver", "maturity")
"""In order of precedence."""

PLAY_COLUMNS = ("account_id", "as_of", "slot", "play", "owner", "due_at", "why")
"""What every play says; ``assign_plays`` adds ``PROGRESS_COLUMNS``."""

PROGRESS_COLUMNS = (
    *("state", "priority", "priority_value", "assumed_save_rate", "rank_in_play", "open_since"),
)
"""Where a play stands; beside ``PLAY_COLUMNS``. The value rests on the assumption next to it."""


def to_do(plays: pd.DataFrame) -> pd.DataFrame:
    """Return the plays that someone should work on now: those proposed and those open.

    Parameters
    ----------
    plays : DataFrame
        As ``assign_plays`` returns them, or as an earlier version stored them, without ``state``.

    Returns
    -------
    DataFrame
        Some of its rows.

    Examples
    --------
    >>> to_do(pd.DataFrame({"play": ["save", "watch"], "state": ["open", "withheld"]}))
       play state
    0  save  open
    """
    if "state" not in plays:
        return plays
    return plays[~plays["state"].isin(["waiting", "withheld"])]


def n_waiting(plays: pd.DataFrame) -> int:
    """Return how many plays wait until their owner has a hand free.

    Parameters
    ----------
    plays : DataFrame
        As in ``to_do``.

    Returns
    -------
    int

    Examples
    --------
    >>> n_waiting(pd.DataFrame({"play": ["save", "watch"], "state": ["open", "waiting"]}))
    1
    """
    return int((plays["state"] == "waiting").sum()) if "state" in plays else 0


TEXT_COLUMNS = (
    *("account_id", "account_name", "csm_id", "segment", "status", "reason", "health_band"),
    *("health_source", "cap_reason", "cmi_status", "maturity_band", "weakest_category", "cell"),
    *("quadrant", "review_flags", "health_trend", "override_reason", "scorecard_variants"),
    *("model_version", "settings_hash"),
)
NUMBER_COLUMNS = (
    *("arr", "p_churn", "p_expand", "base_rate", "health_index", "chs", "chs_low", "chs_high"),
    *("chs_coverage", "chs_change_28d", "chs_slope_84d", "cmi", "cmi_low", "cmi_high"),
    *("arr_at_risk", "attention", "health_value"),
)
TIME_COLUMNS = ("as_of", "term_end", "notice_deadline")

Target = Literal["churned", "expanded"]

TARGETS: dict[str, Target] = {"churn": "churned", "expansion": "expanded"}
MODELS = Path("churngrid-models")
REPORT = "report.html"


def target_of(name: str) -> Target:
    """Return the label that a target's name stands for; raises ValueError for another name."""
    if name not in TARGETS:
        raise ValueError(f"Targets are {sorted(TARGETS)}, got {name!r}.")
    return TARGETS[name]


STATUSES = ("scored", "not_eligible", "notice_given", "paused", "no_model")
OVERRIDE = "override"
