"""What came of stored estimates and forecasts, once their outcome is certain."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.schema.settings import Settings
from ...features.schema.tableset import Tables
from ...features.subscriptions.business_kind import Business
from ...training.dataset.labels import label
from ...training.evaluation.scorers import SEED, Difference, paired_difference, score_table

__all__ = ["Pooled", "forecasts_held", "outcomes_of", "pooled_of", "realised_of"]

_SPREAD = 1.96


def outcomes_of(
    tables: Tables, scores: pd.DataFrame, business: Business, settings: Settings
) -> pd.DataFrame:
    """Put beside stored scores what the accounts did afterwards.

    Parameters
    ----------
    tables : Tables
        Of today: they know the outcomes.
    scores : DataFrame
        As they were stored; an estimate that was hindsight already is left out.
    business : Business
    settings : Settings

    Returns
    -------
    DataFrame
        The same rows with ``left`` (nullable; null while it is open) and ``decided_at``. What was
        estimated stays as it was stored.
    """
    keys = ["account_id", "as_of"]
    found = label(tables, scores[keys].drop_duplicates(), business, settings)
    found = found.rename(columns={"churned": "left"})[[*keys, "left", "decided_at"]]
    beside = scores.drop(columns=["left", "decided_at"], errors="ignore").merge(
        found, on=keys, how="left"
    )
    hindsight = beside["hindsight"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    return beside.assign(left=beside["left"].mask(hindsight | beside["p_churn"].isna()))


def realised_of(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Hold every stored scoring against what came of it.

    Parameters
    ----------
    outcomes : DataFrame
        As ``outcomes_of`` gives them.

    Returns
    -------
    DataFrame
        One row a date: ``as_of`` and the columns of ``RUNS`` from ``closed`` on.
    """
    rows = [
        {"as_of": as_of, **_of_date(part[part["left"].notna()])}
        for as_of, part in outcomes.groupby("as_of")
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True, slots=True)
class Pooled:
    """All closed estimates of one model version.

    Parameters
    ----------
    left : int
    roc_auc_high : float
        Upper end of the interval; NaN without both outcomes.
    gain : Difference or None
        By how much the estimates are better than the base rate; None without both outcomes.
    """

    left: int
    roc_auc_high: float
    gain: Difference | None


def pooled_of(outcomes: pd.DataFrame, version: str) -> Pooled:
    """Return how well the estimates of one model version did over all dates.

    Parameters
    ----------
    outcomes : DataFrame
    version : str

    Returns
    -------
    Pooled
    """
    mine = outcomes[(outcomes["model_version"] == version) & outcomes["left"].notna()]
    left = mine["left"].astype(int).to_numpy()
    # An account that is scored every week leaves once.
    leavers = mine.loc[left == 1, "account_id"].nunique()
    if len(np.unique(left)) < 2:
        return Pooled(leavers, float("nan"), None)
    p, groups = mine["p_churn"].to_numpy(dtype=float), mine["account_id"].to_numpy(dtype=object)
    figures = score_table(left, p, groups, seed=SEED).set_index("scorer")["high"]
    base = mine["base_rate"].to_numpy(dtype=float)
    gain = paired_difference(left, p, base, groups=groups, seed=SEED)
    return Pooled(leavers, float(figures["roc_auc"]), gain)


def forecasts_held(
    forecast: pd.DataFrame, outcomes: pd.DataFrame, until: pd.Timestamp
) -> pd.DataFrame:
    """Put stored forecasts of periods that are over beside what came.

    Parameters
    ----------
    forecast : DataFrame
        As it was stored; may be empty.
    outcomes : DataFrame
        Of the same dates.
    until : Timestamp
        Only periods that ended before it.

    Returns
    -------
    DataFrame
        The columns of ``FORECASTS_HELD``.
    """
    columns = ["as_of", "period", "leaving", "leaving_low", "leaving_high", "came", "inside"]
    if not len(forecast):
        return pd.DataFrame(columns=columns)
    over = forecast[(forecast["grouping"] == "all") & (forecast["ends_at"] <= until)]
    over = over[over["unit"] == "quarter"]
    came = []
    for row in over.to_dict("records"):
        mine = outcomes[outcomes["as_of"] == row["as_of"]]
        decided = (mine["decided_at"] >= row["starts_at"]) & (mine["decided_at"] < row["ends_at"])
        came.append(float(mine.loc[decided, "arr"].astype(float).sum()))
    held = over[columns[:-2]].reset_index(drop=True).assign(came=came)
    inside = held["came"].between(held["leaving_low"], held["leaving_high"])
    return held.assign(inside=inside.astype(bool))[columns]


def _of_date(closed: pd.DataFrame) -> dict[str, object]:
    left = closed["left"].astype(int).to_numpy()
    p = closed["p_churn"].to_numpy(dtype=float)
    found: dict[str, object] = dict.fromkeys(
        (
            *("expected", "expected_low", "expected_high", "roc_auc", "log_loss"),
            *("log_loss_base", "arr_expected", "arr_left"),
        ),
        np.nan,
    )
    found |= {"closed": len(closed), "left": int(left.sum()), "surprises": 0}
    if not len(closed):
        return found
    spread = _SPREAD * float(np.sqrt((p * (1 - p)).sum()))
    base = closed["base_rate"].to_numpy(dtype=float)
    arr = closed["arr"].to_numpy(dtype=float)
    found |= {
        "expected": float(p.sum()),
        "expected_low": float(p.sum()) - spread,
        "expected_high": float(p.sum()) + spread,
        "log_loss": _log_loss(left, p),
        "log_loss_base": _log_loss(left, base),
        "surprises": int((closed["health_band"].eq("high").to_numpy() & (left == 1)).sum()),
        "arr_expected": float(np.nansum(arr * p)),
        "arr_left": float(np.nansum(arr * left)),
    }
    if len(np.unique(left)) == 2:
        groups = closed["account_id"].to_numpy(dtype=object)
        figures = score_table(left, p, groups, n_boot=0).set_index("scorer")["value"]
        found["roc_auc"] = float(figures["roc_auc"])
    return found


def _log_loss(left: np.ndarray, p: np.ndarray) -> float:
    return float(-np.where(left == 1, np.log(p), np.log1p(-p)).mean())
