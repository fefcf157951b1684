"""Drift: how far the inputs of scored accounts lie from those that a model learned from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray

__all__ = ["InputReference", "drift_of", "references_of"]

_QUANTILES = np.linspace(0.0, 1.0, 11)


@dataclass(frozen=True, slots=True)
class InputReference:
    """Where the values of one input lay in training.

    Parameters
    ----------
    knots : tuple of float
        Different deciles, rising; empty if it never had a value.
    reached : tuple of float
        Share of the known values that were at most as large as each knot.
    missing : float
        Share of the rows without a value.
    """

    knots: tuple[float, ...]
    reached: tuple[float, ...]
    missing: float

    def moved(self, values: FloatArray) -> float:
        """Return the largest difference of the two shares at a knot, 0 to 1; NaN without values."""
        if not self.knots or not len(values):
            return float("nan")
        now = np.searchsorted(np.sort(values), self.knots, side="right") / len(values)
        return float(np.abs(now - np.asarray(self.reached)).max())


def references_of(X: pd.DataFrame) -> dict[str, InputReference]:
    """Return where the inputs of training rows lie.

    Parameters
    ----------
    X : DataFrame
        Columns that are no numbers are passed over.

    Returns
    -------
    dict of str to InputReference
        By column.

    Examples
    --------
    >>> references_of(pd.DataFrame({"open": [0.0, 0.0, 1.0, None]}))["open"]
    InputReference(knots=(0.0, 1.0), reached=(0.6666666666666666, 1.0), missing=0.25)
    """
    numbers = X.select_dtypes(["number", "bool"])
    return {str(name): _reference(numbers[name].to_numpy(dtype=float)) for name in numbers}


def drift_of(references: Mapping[str, InputReference], X: pd.DataFrame) -> pd.DataFrame:
    """Return how far each input has moved since training.

    Parameters
    ----------
    references : mapping of str to InputReference
    X : DataFrame
        Rows that are scored, with at least those columns.

    Returns
    -------
    DataFrame
        ``column``, ``moved`` (largest difference of the shares of values up to any size, as
        Kolmogorov and Smirnov measure it, 0 to 1; NaN without values on one side),
        ``missing_then``, ``missing_now``. What moved most comes first.

    Examples
    --------
    >>> then = references_of(pd.DataFrame({"seats": np.arange(100.0)}))
    >>> drift_of(then, pd.DataFrame({"seats": np.arange(50.0, 150.0)}))["moved"].round(1).tolist()
    [0.5]
    """
    rows = []
    for name, then in references.items():
        values = X[name].to_numpy(dtype=float)
        known = values[~np.isnan(values)]
        now = 1.0 - len(known) / len(values) if len(values) else float("nan")
        rows.append((name, then.moved(known), then.missing, now))
    found = pd.DataFrame(rows, columns=["column", "moved", "missing_then", "missing_now"])
    return found.sort_values("moved", ascending=False, kind="stable", ignore_index=True)


def _reference(values: FloatArray) -> InputReference:
    known = np.sort(values[~np.isnan(values)])
    missing = float(np.mean(np.isnan(values))) if len(values) else 1.0
    if not len(known):
        return InputReference((), (), missing)
    knots = np.unique(np.quantile(known, _QUANTILES, method="inverted_cdf"))
    reached = np.searchsorted(known, knots, side="right") / len(known)
    return InputReference(tuple(map(float, knots)), tuple(map(float, reached)), missing)
