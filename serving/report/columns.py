"""The list of accounts as columns: what the page shows, and what it filters and sorts by."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from .account_rows import RowView

__all__ = ["account_columns"]

_SHOWN = (
    *("name", "csm", "segment", "block", "block_words", "band", "cell", "quadrant", "standing"),
    *("arr_text", "deadline", "deadline_day", "near", "trend", "odds", "score", "maturity"),
    *("cap", "reasons", "flags", "because"),
)
_NUMBERS = {"arr": 2, "p_churn": 4, "p_expand": 4, "health_value": 1}
_CALLED = {"p_churn": "p", "p_expand": "grow", "health_value": "health"}


def account_columns(accounts: pd.DataFrame, rows: Sequence[RowView]) -> dict[str, list[Any]]:
    """Return what the page knows of all accounts at once.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list.
    rows : sequence of RowView
        What the list says of them.

    Returns
    -------
    dict of str to list
        Texts ready to be shown; numbers to sort by, None where unknown.
    """
    columns: dict[str, list[Any]] = {
        "id": accounts["account_id"].astype(str).tolist(),
        "shown_id": [row.account_id for row in rows],
    }
    columns |= {name: [getattr(row, name) for row in rows] for name in _SHOWN}
    columns |= {
        _CALLED.get(name, name): _numbers(accounts[name], digits)
        for name, digits in _NUMBERS.items()
    }
    columns["days"] = [None if math.isnan(row.days) else int(row.days) for row in rows]
    columns["play"] = [row.play.action if row.play else row.waits for row in rows]
    columns["play_note"] = [_play_note(row) for row in rows]
    return columns


def _numbers(values: "pd.Series[float]", digits: int) -> list[float | None]:
    return [None if math.isnan(value) else round(value, digits) for value in values.tolist()]


def _play_note(row: RowView) -> str:
    if row.play is None:
        return ""
    late = f", {row.play.late}" if row.play.late else ""
    return f"{row.play.owner}, by {row.play.due}{late}"
