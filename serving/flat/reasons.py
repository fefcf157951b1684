"""Why a customer of a flat table has its probability: exact shares of the log-odds, in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.schema.flat_settings import FlatWords
from .usual import comparison

__all__ = ["flat_reasons"]

_RAISING, _LOWERING = 5, 3
_WORTH_SAYING = 0.05
"""A reason is said from this share of all that moves the customer's estimate."""
_NO_WORDS = FlatWords()


def flat_reasons(
    X: pd.DataFrame,
    contributions: pd.DataFrame,
    *,
    usual: Mapping[str, Mapping[str, Any]],
    words: Mapping[str, FlatWords],
    base_rate: float,
) -> pd.DataFrame:
    """Return what moves each customer's estimate most.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_inputs)
        What the model read.
    contributions : DataFrame, same index
        SHAP values on log-odds without the base; plus raises the estimate.
    usual : mapping
        By input, as ``usual_of`` returns it.
    words : mapping of str to FlatWords
        How columns are spoken of; their names otherwise.
    base_rate : float

    Returns
    -------
    DataFrame
        ``row``, ``rank``, ``metric``, ``shap``, ``share``, ``direction`` (raises, lowers),
        ``text``: up to five that raise and three that lower, the strongest first. ``share`` is the
        part of all that moves the estimate; what is below 5 % is not said.
    """
    names = [str(name) for name in contributions.columns]
    shares = contributions.to_numpy(dtype=float)
    rows = []
    for row, moved in enumerate(shares):
        for rank, place in enumerate(_strongest(moved), start=1):
            name, shap = names[place], float(moved[place])
            told = _said(
                name,
                X[name].iloc[row],
                words.get(name, _NO_WORDS),
                usual.get(name, {}),
                raises=shap > 0,
                base_rate=base_rate,
            )
            share = abs(shap) / np.abs(moved).sum()
            rows.append((row, rank, name, shap, share, "raises" if shap > 0 else "lowers", told))
    columns = ["row", "rank", "metric", "shap", "share", "direction", "text"]
    return pd.DataFrame(rows, columns=columns)


def _strongest(moved: FloatArray) -> list[int]:
    """Return the places of the reasons worth saying, the strongest first."""
    size = np.abs(moved)
    order = np.argsort(-size, kind="stable")
    worth = [int(place) for place in order if size[place] >= _WORTH_SAYING * size.sum() > 0]
    raising = [place for place in worth if moved[place] > 0][:_RAISING]
    lowering = [place for place in worth if moved[place] < 0][:_LOWERING]
    return [place for place in worth if place in (*raising, *lowering)]


def _said(
    name: str,
    value: object,
    words: FlatWords,
    usual: Mapping[str, Any],
    *,
    raises: bool,
    base_rate: float,
) -> str:
    label = words.label or name
    if value is None or value != value:
        return f"{label}: not known"
    median = _number(usual["median"], words.unit) if "median" in usual else ""
    if _against_its_direction(value, usual, words.direction, raises=raises):
        median = ""
    beside = comparison(usual, value, raises=raises, base_rate=base_rate, number=median)
    shown = _number(value, words.unit) if isinstance(value, float) else str(value)
    return f"{label}: {shown}" + (f" ({beside})" if beside else "")


def _against_its_direction(
    value: object, usual: Mapping[str, Any], direction: str, *, raises: bool
) -> bool:
    """Say whether the median beside a number would read as the opposite of the reason."""
    if not direction or "median" not in usual or not isinstance(value, float):
        return False
    better = value > usual["median"] if direction == "+" else value < usual["median"]
    return bool(better == raises)


def _number(value: float, unit: str) -> str:
    whole = float(value).is_integer() or abs(value) >= 1000
    text = f"{value:,.0f}" if whole else f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{text} {unit}".strip()
