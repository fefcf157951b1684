"""Reliability: what was estimated beside what came, in bins and by how far the decision was."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.arrays.moments import DAY, from_timestamps

__all__ = ["STRATA", "reliability_table"]

STRATA = {"0-30": (-np.inf, 30), "31-90": (30, 90), "91-180": (90, 180), "over 180": (180, np.inf)}
"""Days from the as-of date to the day by which the question is answered."""

_BINS = 5
_LEAST = 20.0
"""So many decisions a bin holds at least."""
_NORMAL = 1.96
_COLUMNS = ("stratum", "rows", "decisions", "estimate", "rate", "low", "high")


def reliability_table(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return mean estimates beside the rates that came, in bins of the estimate.

    Parameters
    ----------
    predictions : DataFrame
        Out-of-time predictions of one model: ``as_of``, ``asked_until``, ``weight``, ``p``,
        ``label``.

    Returns
    -------
    DataFrame
        One row a stratum of distance and bin of about equally many decisions, the lowest estimates
        first: ``stratum`` (``all`` or one of ``STRATA``), ``rows``, ``decisions`` (each once,
        however often it was looked at), ``estimate`` and ``rate`` (weighted means), ``low`` and
        ``high`` (95 % interval of the rate). Fewer bins where there are few decisions; none
        without predictions.

    References
    ----------
    E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22.

    Examples
    --------
    >>> days = pd.to_datetime(["2025-01-01"] * 40, utc=True)
    >>> rows = pd.DataFrame({"as_of": days, "asked_until": days, "weight": 1.0})
    >>> found = reliability_table(rows.assign(p=[0.1] * 20 + [0.5] * 20, label=[0] * 30 + [1] * 10))
    >>> found.loc[found["stratum"] == "0-30", ["estimate", "rate"]].to_numpy().round(2).tolist()
    [[0.1, 0.0], [0.5, 0.5]]
    """
    ends, begins = (from_timestamps(predictions[name]) for name in ("asked_until", "as_of"))
    days = (ends - begins) / DAY
    parts = {"all": predictions}
    parts |= {name: predictions[(days > a) & (days <= b)] for name, (a, b) in STRATA.items()}
    found = [(name, *figures) for name, part in parts.items() for figures in _bins(part)]
    return pd.DataFrame(found, columns=list(_COLUMNS))


def _bins(part: pd.DataFrame) -> Iterator[tuple[int, float, float, float, float, float]]:
    """Yield the figures of each bin of one stratum."""
    if part.empty:
        return
    part = part.sort_values("p", kind="stable")
    weight = part["weight"].to_numpy(dtype=np.float64)
    count = int(np.clip(weight.sum() // _LEAST, 1, _BINS))
    p, y = (part[name].to_numpy(dtype=np.float64) for name in ("p", "label"))
    # Equal estimates stand in one bin.
    _, first = np.unique(p, return_index=True)
    reached = (np.cumsum(weight) - weight)[first][np.searchsorted(p[first], p)]
    bins = np.minimum((reached * count / weight.sum()).astype(np.int64), count - 1)
    for number in np.unique(bins):
        here = bins == number
        decisions = float(weight[here].sum())
        rate = float(np.average(y[here], weights=weight[here]))
        estimate = float(np.average(p[here], weights=weight[here]))
        yield (int(here.sum()), decisions, estimate, rate, *_interval(rate, decisions))


def _interval(rate: float, count: float) -> tuple[float, float]:
    """Return the bounds of a rate that so many decisions tell (Wilson 1927)."""
    share = _NORMAL**2 / count
    middle = (rate + share / 2) / (1 + share)
    half: FloatArray = np.sqrt(share * rate * (1 - rate) + (share / 2) ** 2) / (1 + share)
    return max(float(middle - half), 0.0), min(float(middle + half), 1.0)
