"""What every competitor was worth, test block by test block: child runs and figures of a run."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["competitor_figures", "fold_runs", "shown_figures"]


def competitor_figures(scorers: pd.DataFrame) -> list[tuple[str, float]]:
    """Return the figures of all competitors under names of their own.

    Parameters
    ----------
    scorers : DataFrame
        ``model``, ``scorer`` and ``value``; a NaN is passed over.

    Returns
    -------
    list of (str, float)

    Examples
    --------
    >>> told = {"model": ["base_rate"], "scorer": ["log_loss"], "value": [0.4]}
    >>> competitor_figures(pd.DataFrame(told))
    [('base_rate.log_loss', 0.4)]
    """
    return [
        (f"{row['model']}.{row['scorer']}", float(row["value"]))
        for row in scorers.to_dict("records")
        if np.isfinite(row["value"])
    ]


def shown_figures(shown: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return what the shown bands achieved under names of their own.

    Parameters
    ----------
    shown : mapping
        As ``shown_band_card`` gives it; may be empty.

    Returns
    -------
    list of (str, float)
        What is not known is passed over.

    Examples
    --------
    >>> told = {"criterion": "red_lead_days", "value": 80.0, "low": 61.0, "high": None}
    >>> shown_figures({"criteria": [told], "surprise_arr": 0.0})
    [('shown.red_lead_days', 80.0), ('shown.red_lead_days_low', 61.0), ('shown.surprise_arr', 0.0)]
    """
    parts = (("value", ""), ("low", "_low"), ("high", "_high"))
    found = {
        f"{one['criterion']}{suffix}": one[part]
        for one in shown.get("criteria", ())
        for part, suffix in parts
    }
    found |= {name: shown.get(name) for name in ("surprises", "surprise_arr")}
    return [(f"shown.{name}", float(value)) for name, value in found.items() if value is not None]


def fold_runs(
    folds: pd.DataFrame, scorers: pd.DataFrame
) -> Iterator[tuple[str, dict[str, str], list[tuple[str, float]]]]:
    """Yield what the run of each test block of the backtest tells.

    Parameters
    ----------
    folds : DataFrame
        One row a block: ``fold``, its dates and its numbers of rows.
    scorers : DataFrame
        ``model``, ``fold``, ``scorer`` and ``value``.

    Yields
    ------
    name : str
    params : dict of str to str
    figures : list of (str, float)
    """
    for block in folds.to_dict("records"):
        number = str(block["fold"])
        told = competitor_figures(scorers[scorers["fold"] == number])
        yield f"fold {number}", dict(_in_words(block)), told


def _in_words(block: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    for key, value in block.items():
        yield str(key), f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)
