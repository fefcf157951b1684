"""What is usual in the table a model learned from: what a reason is compared with."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...features.arrays.array_types import IntArray

__all__ = ["comparison", "usual_of"]

_FEWEST = 20
"""Levels with fewer rows have no rate worth saying."""


def usual_of(X: pd.DataFrame, y: IntArray) -> dict[str, dict[str, Any]]:
    """Return the median of each number, and the rate of the outcome of each level of a category.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_inputs)
    y : ndarray of int, shape (n_rows,)

    Returns
    -------
    dict
        Plain values, by input: ``median``, or ``rates`` by level.

    Examples
    --------
    >>> usual_of(pd.DataFrame({"months": [1.0, 3.0]}), [0, 1])
    {'months': {'median': 2.0}}
    """
    outcome = pd.Series(y, index=X.index)
    usual: dict[str, dict[str, Any]] = {}
    for name in map(str, X.columns):
        if pd.api.types.is_float_dtype(X[name]):
            median = X[name].median()
            usual[name] = {} if pd.isna(median) else {"median": float(median)}
            continue
        counted = outcome.groupby(X[name]).agg(["mean", "size"])
        rates = counted.loc[counted["size"] >= _FEWEST, "mean"]
        usual[name] = {"rates": {str(level): float(rate) for level, rate in rates.items()}}
    return usual


def comparison(
    usual: Mapping[str, Any], value: object, *, raises: bool, base_rate: float, number: str
) -> str:
    """Return what a reason is compared with, in words; empty where that would contradict it.

    Parameters
    ----------
    usual : mapping
        Of the input, as ``usual_of`` returns it.
    value : object
        Of the customer.
    raises : bool
        Whether the reason raises the estimate.
    base_rate : float
        Rate of the outcome among all rows.
    number : str
        The median in words, where there is one.

    Returns
    -------
    str

    Examples
    --------
    >>> rates = {"rates": {"monthly": 0.43}}
    >>> comparison(rates, "monthly", raises=True, base_rate=0.26, number="")
    '43 % of such left, 26 % of all'
    >>> comparison(rates, "monthly", raises=False, base_rate=0.26, number="")
    ''
    >>> comparison({"median": 0.0}, 3.0, raises=True, base_rate=0.26, number="0")
    'half of the customers have at most 0'
    """
    if "median" in usual:
        return _beside_the_median(float(str(value)), usual["median"], number) if number else ""
    rate = usual.get("rates", {}).get(str(value))
    if rate is None or (rate > base_rate) != raises:
        return ""
    return f"{100 * rate:.0f} % of such left, {100 * base_rate:.0f} % of all"


def _beside_the_median(value: float, median: float, number: str) -> str:
    """Return which half of the customers lies on the other side; true with ties as well."""
    if value == median:
        return "the middle of all customers"
    return f"half of the customers have at {'most' if value > median else 'least'} {number}"
