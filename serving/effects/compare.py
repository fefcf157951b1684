"""Two groups that the lot has made, compared: differences with intervals that hold for few."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray

__all__ = ["Difference", "Group", "kept_difference", "rate_difference", "smallest_visible"]


_LEVEL, _POWER = 0.95, 0.80
_Z = float(stats.norm.ppf(0.5 + _LEVEL / 2))


@dataclass(frozen=True, slots=True)
class Group:
    """One of the two groups.

    Parameters
    ----------
    weight : ndarray of float, shape (n,)
        One over the chance that the lot put the account into this group.
    unit : ndarray of int, shape (n,)
        Which accounts were drawn together: they count as one.
    """

    weight: FloatArray
    unit: IntArray

    @classmethod
    def of(cls, rows: pd.DataFrame, chance: pd.Series) -> "Group":
        """Make a group of rows with a ``unit`` and the chance each had to be in it."""
        return cls(1.0 / chance.to_numpy(dtype=float), pd.factorize(rows["unit"])[0])

    @property
    def units(self) -> int:
        """How many were drawn."""
        return int(self.unit.max()) + 1 if len(self.unit) else 0

    def worth(self) -> float:
        """Return how many equal units these are worth: fewer where weights or sizes differ."""
        sums = np.bincount(self.unit, weights=self.weight)
        return float(sums.sum() ** 2 / (sums**2).sum())

    def ratio(self, above: FloatArray, below: FloatArray) -> tuple[float, float]:
        """Return a ratio of weighted sums and its variance, units being drawn."""
        total = float((self.weight * below).sum())
        ratio = float((self.weight * above).sum()) / total if total else np.nan
        rest = np.bincount(self.unit, weights=self.weight * (above - ratio * below))
        spread = self.units / max(self.units - 1, 1) * float((rest**2).sum())
        return ratio, spread / total**2 if total else np.nan


@dataclass(frozen=True, slots=True)
class Difference:
    """What one group is more than the other, with its 95 % interval.

    Parameters
    ----------
    first, second : float
        The figure in each group.
    low, high : float
        Of ``value``.
    """

    first: float
    second: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """First less second."""
        return self.first - self.second


def rate_difference(one: Group, first: BoolArray, other: Group, second: BoolArray) -> Difference:
    """Compare two rates.

    Parameters
    ----------
    one, other : Group
        Neither empty.
    first, second : ndarray of bool
        The outcome in ``one`` and in ``other``.

    Returns
    -------
    Difference

    Notes
    -----
    Newcombe's interval, made of the Wilson intervals of both rates, which is honest for few
    accounts and where nobody or everybody left; accounts of a unit count for as many as their
    spread says.

    References
    ----------
    R. G. Newcombe (1998): Interval estimation for the difference between independent proportions:
    comparison of eleven methods. Statistics in Medicine 17.

    Examples
    --------
    >>> ten = Group(np.ones(10), np.arange(10))
    >>> nobody = rate_difference(ten, np.zeros(10, dtype=bool), ten, np.zeros(10, dtype=bool))
    >>> round(nobody.low, 2), round(nobody.high, 2)
    (-0.28, 0.28)
    """
    p, low_p, high_p = _wilson(one, first)
    q, low_q, high_q = _wilson(other, second)
    down, up = float(np.hypot(p - low_p, high_q - q)), float(np.hypot(high_p - p, q - low_q))
    return Difference(p, q, p - q - down, p - q + up)


def _wilson(group: Group, happened: BoolArray) -> tuple[float, float, float]:
    rate, variance = group.ratio(happened.astype(float), np.ones(len(happened)))
    most = group.worth()
    n = min(rate * (1 - rate) / variance, most) if variance > 0 else most
    middle = (rate + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
    return rate, min(middle - half, rate), max(middle + half, rate)


def kept_difference(
    one: Group,
    money: tuple[FloatArray, FloatArray],
    other: Group,
    more: tuple[FloatArray, FloatArray],
) -> Difference:
    """Compare which part of an amount two groups have kept.

    Parameters
    ----------
    one, other : Group
        At least two units each.
    money, more : tuple of ndarray of float
        Amounts before and after, in ``one`` and in ``other``.

    Returns
    -------
    Difference
        NaN where nothing was there before.

    Notes
    -----
    A ratio of sums, so that large accounts count by their size; Welch's interval on units.

    Examples
    --------
    >>> two, before = Group(np.ones(2), np.arange(2)), np.array([100.0, 300.0])
    >>> found = kept_difference(two, (before, before), two, (before, before / 2))
    >>> found.first, found.second, found.value
    (1.0, 0.5, 0.5)
    """
    first, spread_1 = one.ratio(money[1], money[0])
    second, spread_2 = other.ratio(more[1], more[0])
    total = spread_1 + spread_2
    parts = spread_1**2 / max(one.units - 1, 1) + spread_2**2 / max(other.units - 1, 1)
    freedom = total**2 / parts if parts > 0 else np.inf
    half = float(stats.t.ppf(0.5 + _LEVEL / 2, freedom)) * float(np.sqrt(total))
    return Difference(first, second, first - second - half, first - second + half)


def smallest_visible(rate: float, one: float, other: float) -> float:
    """Return the smallest difference of rates that such groups would show four times of five.

    Parameters
    ----------
    rate : float
        What is usual.
    one, other : float
        How many units the groups are worth.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> round(smallest_visible(0.1, 500, 500), 3)
    0.053
    """
    steps = _Z + float(stats.norm.ppf(_POWER))
    return min(1.0, steps * float(np.sqrt(rate * (1 - rate) * (1 / one + 1 / other))))
