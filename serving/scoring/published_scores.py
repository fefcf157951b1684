"""The scores as they are written: which columns, and the marks of what they rest on."""

import pandas as pd

from ...training.forecast.outlook import SURVIVAL_DAYS
from ..company.config import Config
from .earlier_scorings import digest_of
from .scored import Models

__all__ = ["published"]


def published(
    accounts: pd.DataFrame,
    config: Config,
    models: Models,
    currency: str,
    previous: pd.DataFrame | None,
    earlier: pd.DataFrame,
) -> pd.DataFrame:
    """Return the scores as they are written.

    Parameters
    ----------
    accounts : DataFrame
        In the order of the list, with everything that is known and was decided.
    config : Config
    models : Models
    currency : str
        Of all money in them; empty where nothing names it.
    previous : DataFrame or None
        Scores as they were stored before.
    earlier : DataFrame
        Plays as they were stored before.

    Returns
    -------
    DataFrame
        One row an account, in the same order.
    """
    components = [f"chs_{name}" for name in config.scorecard.components]
    columns = [
        *("account_id", "account_name", "csm_id", "segment", "as_of", "status", "reason", "arr"),
        *("term_end", "notice_deadline", "decision_at", "decision_kind", "past_deadline"),
        *("p_by_date", "p_churn", "p_expand", "p_contract", "base_rate"),
        *("renewal_overdue_days", "overdue_log_odds"),
        *("p_churn_health", "maturity_log_odds", "hindsight", "health_index"),
        *("health_band", "health_source", "explained_by", "explanation_note", "cap_reason"),
        *("override_limit", "override_reason"),
        *("chs", "chs_low", "chs_high", "chs_before_caps", "chs_coverage", "chs_change_28d"),
        *("chs_slope_84d", "health_trend", "scorecard_variants", *components),
        *(f"why_{name}" for name in config.scorecard.components),
        *("cmi", "cmi_low", "cmi_high", "cmi_status", "cmi_coverage", "cmi_age_days"),
        *(f"cmi_{name}" for name in config.rubric.categories),
        *("maturity_blocker", "maturity_asked", "maturity_due"),
        *("maturity_band", "weakest_category", "cell", "quadrant", "arr_at_risk"),
        *(f"survival_{days}d" for days in SURVIVAL_DAYS),
        *("expected_arr_change", "review_flags"),
        *("block", "attention", "support_needs", "health_value", "health_band_raw", "band"),
    ]
    frame = accounts[columns].rename(columns={"band": "health_band_shown"})
    return frame.assign(
        model_version=models.version,
        currency=currency,
        settings_hash=config.digest,
        state_hash=digest_of(previous, earlier, accounts),
    )
