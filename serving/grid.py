"""The grid: health beside maturity, nine cells and four quadrants, with the guards of the worst."""

import numpy as np
import pandas as pd

__all__ = ["CELLS", "QUADRANTS", "place"]

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

_SETTLED_DAYS = 180


def place(accounts: pd.DataFrame, *, medium_from: float) -> pd.DataFrame:
    """Place accounts in the grid.

    Parameters
    ----------
    accounts : DataFrame
        ``in_grid`` (bool), ``health_band``, ``health_value`` (0-100), ``cap`` (limit that holds, or
        NaN), ``maturity_band``, ``cmi_status``, ``mature`` (True, False or None), ``tenure_days``.
    medium_from : float
        Health value from which the 2x2 counts an account as healthy.

    Returns
    -------
    DataFrame
        Same index: ``cell`` and ``quadrant`` (None when there is none) and ``guard`` (why an
        account was kept out of "let churn", or empty).

    Notes
    -----
    Three guards keep an account out of "let churn" for lack of knowledge or time: a maturity that
    is insufficient or only provisional, and a tenure under 180 days. It then counts as unassessed.
    """
    guard = _guards(accounts)
    maturity = np.where(guard != "", "unknown", accounts["maturity_band"])
    cells = [
        CELLS.get((health, mature)) if inside else None
        for health, mature, inside in zip(
            accounts["health_band"], maturity, accounts["in_grid"], strict=True
        )
    ]
    healthy = (accounts["health_value"] >= medium_from) & ~(accounts["cap"] < medium_from + 10)
    quadrants = [
        QUADRANTS.get((bool(well), mature)) if cell and not blocked else None
        for well, mature, cell, blocked in zip(
            healthy, accounts["mature"], cells, guard, strict=True
        )
    ]
    columns = {"cell": cells, "quadrant": quadrants, "guard": guard}
    return pd.DataFrame(columns, index=accounts.index, dtype=object)


def _guards(accounts: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    worst = (accounts["health_band"] == "low") & (accounts["maturity_band"] == "low")
    reasons = [
        (accounts["cmi_status"] == "provisional", "maturity is only provisional"),
        (accounts["tenure_days"] < _SETTLED_DAYS, "a customer for less than 180 days"),
    ]
    guard = np.full(len(accounts), "", dtype=object)
    for holds, reason in reversed(reasons):
        guard[(worst & holds).to_numpy()] = reason
    return guard
