"""The grid: health beside maturity, nine cells and four quadrants, with the guards of the worst."""

import numpy as np
import pandas as pd

from ...features.arrays.array_types import TextArray
from ...features.schema.bands import Bands
from ..results.words import CELLS, QUADRANTS

__all__ = ["SETTLED_DAYS", "place"]


SETTLED_DAYS = 180
"""No account is let go earlier."""


def place(accounts: pd.DataFrame, *, bands: Bands) -> pd.DataFrame:
    """Place accounts in the grid.

    Parameters
    ----------
    accounts : DataFrame
        ``in_grid`` (bool), ``health_band`` (as shown), ``health_band_raw`` (of this reading, by
        fixed cuts or by capacity), ``cap`` (limit that holds, or NaN), ``maturity_band``,
        ``cmi_status``, ``mature`` (True, False or None), ``maybe_mature`` (bool: the other side of
        the 2x2 is within its interval), ``tenure_days``, ``term_days`` (since the term began; NaN
        without one), ``chs_before_caps``, ``health_index``, ``p_churn`` and
        ``base_rate`` (NaN where there is no estimate).
    bands : Bands
        Where they begin; a cap less than ten points above ``medium`` makes an account low in the
        2x2.

    Returns
    -------
    DataFrame
        Same index: ``cell`` and ``quadrant`` (None when there is none) and ``guard`` (why an
        account was kept out of "let churn", or empty).

    Notes
    -----
    The guards keep an account out of "let churn", in the nine cells and in the four. For lack of
    knowledge or time: a maturity that is insufficient or only provisional (in the four, one that
    may lie on the mature side), a tenure that is unknown or under 180 days, a term that began less
    than 180 days ago; it then counts as unassessed, or stands in no quadrant. And for lack of ill
    health: the scorecard has to be low before caps, which say "look here" and measure nothing, and
    so has the estimate, where there is one; the cell is then that of the band before caps, medium
    at least.

    The 2x2 goes by the reading itself, the nine cells by the band as shown, which hysteresis and
    caps hold steady.
    """
    capped = accounts["cap"].to_numpy(dtype=float) < bands.medium + 10
    healthy = accounts["health_band_raw"].isin(["medium", "high"]).to_numpy() & ~capped
    mature = accounts["mature"].to_numpy(dtype=object)
    quadrant = _looked_up(QUADRANTS, healthy.astype(object), mature)
    cell = _looked_up(CELLS, accounts["health_band"], accounts["maturity_band"])
    lost, let_go = cell == "let_churn", quadrant == "churn_and_let_churn"
    well = np.where(lost | let_go, _not_ill(accounts, bands.medium), "")
    guard = np.where((lost | let_go) & (well == ""), _doubts(accounts), well)
    guarded = guard != ""
    either_side = ~guarded & let_go & accounts["maybe_mature"].to_numpy(dtype=bool)
    guard = np.where(either_side, "maturity may be on the mature side", guard)
    unassessed = _looked_up(CELLS, accounts["health_band"], np.full(len(accounts), "unknown"))
    milder = _looked_up(CELLS, _without_cap(accounts, bands), accounts["maturity_band"])
    milder = np.where(well != "", milder, unassessed)
    outside = ~accounts["in_grid"].to_numpy(dtype=bool) | (cell == None)  # noqa: E711 - elementwise
    nothing = np.full(len(accounts), None, dtype=object)
    columns = {
        "cell": np.where(outside, nothing, np.where(lost & guarded, milder, cell)),
        "quadrant": np.where(outside | (let_go & (guard != "")), nothing, quadrant),
        "guard": np.where(outside, "", guard),
    }
    return pd.DataFrame(columns, index=accounts.index, dtype=object)


def _looked_up(
    table: "dict[tuple[str, str], str] | dict[tuple[bool, bool], str]",
    first: "pd.Series | TextArray",
    second: "pd.Series | TextArray",
) -> TextArray:
    """Return the entry of each pair; None where the table has none."""
    row, rows = pd.factorize(np.asarray(first, dtype=object))
    column, columns = pd.factorize(np.asarray(second, dtype=object))
    # Missing ones have the code -1: the last line and row, which the table does not have.
    names = [[table.get((one, other)) for other in (*columns, None)] for one in (*rows, None)]
    return np.array(names, dtype=object)[row, column]


def _doubts(accounts: pd.DataFrame) -> TextArray:
    """Return the first reason to let nobody go, or nothing."""
    status, tenure = accounts["cmi_status"], accounts["tenure_days"].astype(float)
    reasons = [
        (status == "insufficient", "maturity is not assessed"),
        (status == "provisional", "maturity is only provisional"),
        (tenure.isna(), "it is not known since when it is a customer"),
        (tenure < SETTLED_DAYS, f"a customer for less than {SETTLED_DAYS} days"),
        (
            accounts["term_days"].astype(float) < SETTLED_DAYS,
            f"its term began less than {SETTLED_DAYS} days ago",
        ),
    ]
    return _first(reasons)


def _not_ill(accounts: pd.DataFrame, medium_from: float) -> TextArray:
    """Return the first reason why low health is no evidence against an account, or nothing."""
    score, index, p, base = (
        accounts[name].astype(float)
        for name in ("chs_before_caps", "health_index", "p_churn", "base_rate")
    )
    return _first(
        [
            (score.isna(), "too little is known for a health score"),
            (score >= medium_from, "its health score is not low before caps"),
            (index >= medium_from, "the estimate is not low"),
            (p < base, "the estimate is below the base rate"),
        ]
    )


def _without_cap(accounts: pd.DataFrame, bands: Bands) -> TextArray:
    """Return the band that scorecard and estimate give without caps, medium at least."""
    values = accounts[["chs_before_caps", "health_index"]].astype(float)
    high = values.min(axis=1) >= bands.high
    return np.where(high, "high", "medium").astype(object)


def _first(reasons: "list[tuple[pd.Series, str]]") -> TextArray:
    """Return the first reason that holds, or nothing."""
    held = [holds.to_numpy(dtype=bool) for holds, _ in reasons]
    return np.select(held, [reason for _, reason in reasons], "").astype(object)
