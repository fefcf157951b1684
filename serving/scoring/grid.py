"""The grid: health beside maturity, nine cells and four quadrants, with the guards of the worst."""

import numpy as np
import pandas as pd

from ...features.arrays.array_types import TextArray
from ..results.words import CELLS, QUADRANTS

__all__ = ["SETTLED_DAYS", "place"]


SETTLED_DAYS = 180
"""No account is let go earlier."""


def place(accounts: pd.DataFrame, *, medium_from: float) -> pd.DataFrame:
    """Place accounts in the grid.

    Parameters
    ----------
    accounts : DataFrame
        ``in_grid`` (bool), ``health_band`` (as shown), ``health_band_raw`` (of this reading, by
        fixed cuts or by capacity), ``cap`` (limit that holds, or NaN), ``maturity_band``,
        ``cmi_status``, ``mature`` (True, False or None), ``maybe_mature`` (bool: the other side of
        the 2x2 is within its interval), ``tenure_days``.
    medium_from : float
        Health value from which an account is no longer low; a cap less than ten points above it
        makes an account low in the 2x2.

    Returns
    -------
    DataFrame
        Same index: ``cell`` and ``quadrant`` (None when there is none) and ``guard`` (why an
        account was kept out of "let churn", or empty).

    Notes
    -----
    The guards keep an account out of "let churn", in the nine cells and in the four, for lack of
    knowledge or time: a maturity that is insufficient or only provisional (in the four, one that
    may lie on the mature side), and a tenure that is unknown or under 180 days. It then counts as
    unassessed, or stands in no quadrant.

    The 2x2 goes by the reading itself, the nine cells by the band as shown, which hysteresis and
    caps hold steady.
    """
    capped = accounts["cap"].to_numpy(dtype=float) < medium_from + 10
    healthy = accounts["health_band_raw"].isin(["medium", "high"]).to_numpy() & ~capped
    mature = accounts["mature"].to_numpy(dtype=object)
    quadrant = _looked_up(QUADRANTS, healthy.astype(object), mature)
    cell = _looked_up(CELLS, accounts["health_band"], accounts["maturity_band"])
    lost, let_go = cell == "let_churn", quadrant == "churn_and_let_churn"
    guard = np.where(lost | let_go, _doubts(accounts), "")
    guarded = guard != ""
    either_side = ~guarded & let_go & accounts["maybe_mature"].to_numpy(dtype=bool)
    guard = np.where(either_side, "maturity may be on the mature side", guard)
    unassessed = _looked_up(CELLS, accounts["health_band"], np.full(len(accounts), "unknown"))
    outside = ~accounts["in_grid"].to_numpy(dtype=bool) | (cell == None)  # noqa: E711 - elementwise
    nothing = np.full(len(accounts), None, dtype=object)
    columns = {
        "cell": np.where(outside, nothing, np.where(lost & guarded, unassessed, cell)),
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
    ]
    held = [holds.to_numpy(dtype=bool) for holds, _ in reasons]
    return np.select(held, [reason for _, reason in reasons], "").astype(object)
