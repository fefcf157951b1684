"""Drivers: what moves an account's estimate, one line a metric, in words."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..features.absence import Absence
from ..features.engine import Features
from ..features.metric import Metric
from ..features.metrics import by_column

__all__ = ["DRIVER_COLUMNS", "drivers_of_model", "drivers_of_scorecard", "say_value", "say_values"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
TextArray = npt.NDArray[np.object_]

DRIVER_COLUMNS = (
    "account_id",
    "as_of",
    "target",
    "rank",
    "component",
    "metric",
    "value",
    "baseline",
    "segment_median",
    "shap",
    "direction",
    "actionable",
    "text",
)

_RAISING, _LOWERING = 5, 3


def drivers_of_model(
    features: Features, contributions: pd.DataFrame, *, target: str
) -> pd.DataFrame:
    """Return the largest contributions of each account, one row a metric.

    Parameters
    ----------
    features : Features
        One row an account.
    contributions : DataFrame
        Same index: SHAP values on the log-odds of the target, one column an input of the model;
        plus raises the estimate. Inputs that are no metrics (the scores) are no drivers.
    target : str
        ``churned`` or ``expanded``.

    Returns
    -------
    DataFrame
        ``DRIVER_COLUMNS`` and ``weight`` (how much it moves the estimate): of each account up to
        five that raise the estimate and three that lower it. A metric whose value is missing is
        left out, context is kept and marked as not actionable.
    """
    metrics = by_column(features.metrics)
    declared = contributions[[name for name in contributions if name in metrics]]
    levels = [metrics[str(name)].column for name in declared]
    grouped = declared.T.groupby(levels, sort=False).sum().T
    return _ranked(features, grouped, target=target, weight="shap")


def drivers_of_scorecard(features: Features, losses: pd.DataFrame) -> pd.DataFrame:
    """Return what takes the most points from each account's health score.

    Parameters
    ----------
    features : Features
    losses : DataFrame
        Same index: points each metric takes from 100.

    Returns
    -------
    DataFrame
        ``DRIVER_COLUMNS`` with an empty ``shap``, and ``weight`` (the points, which the texts say).
    """
    return _ranked(features, losses, target="chs", weight="points")


def say_value(value: float, metric: Metric) -> str:
    """Return a value of a metric as people write it.

    Parameters
    ----------
    value : float
    metric : Metric

    Returns
    -------
    str

    Examples
    --------
    >>> from churngrid.features.metrics import METRICS
    >>> say_value(0.245, next(m for m in METRICS if m.unit == "share"))
    '24 %'
    """
    if np.isnan(value):
        return "unknown"
    if metric.unit == "share":
        return f"{100 * value:.0f} %"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 10 or float(value).is_integer() else f"{value:.2g}"


def say_values(values: FloatArray, metric: Metric) -> TextArray:
    """Return many values of a metric as people write them, each different one put in words once.

    Parameters
    ----------
    values : ndarray of float, shape (n_values,)
    metric : Metric

    Returns
    -------
    ndarray of str, shape (n_values,)
        What ``say_value`` returns for each.

    Examples
    --------
    >>> from churngrid.features.metrics import METRICS
    >>> say_values(np.array([0.24, np.nan]), next(m for m in METRICS if m.unit == "share")).tolist()
    ['24 %', 'unknown']
    """
    # As bits, since 0 and -0 are equal and do not read the same.
    which, bits = pd.factorize(np.ascontiguousarray(values, dtype=float).view(np.int64))
    words = [say_value(value, metric) for value in bits.view(float).tolist()]
    return np.array(words, dtype=object)[which]


def _ranked(features: Features, shares: pd.DataFrame, *, target: str, weight: str) -> pd.DataFrame:
    known = (features.absence == Absence.PRESENT).reindex(columns=shares.columns).to_numpy()
    size = np.where(known, shares.to_numpy(dtype=float), 0.0)
    raising = _top(size, _RAISING)
    lowering = _top(-size, _LOWERING) if weight == "shap" else np.zeros_like(raising)
    rows, places = np.nonzero(raising | lowering)
    order = np.lexsort((-np.abs(size[rows, places]), rows))
    rows, places = rows[order], places[order]
    if not len(rows):
        return pd.DataFrame(columns=[*DRIVER_COLUMNS, "weight"])
    frame = _described(features, shares.columns, rows, places)
    share = size[rows, places]
    frame["target"] = target
    frame["rank"] = np.arange(len(rows)) - np.searchsorted(rows, rows) + 1
    frame["shap"] = share if weight == "shap" else np.nan
    frame["weight"] = np.abs(share)
    frame["direction"] = np.where(share > 0, "+", "-")
    text = _texts(frame, features, shares.columns, places)
    frame["text"] = text if weight == "shap" else text + _costs(share)
    return frame[[*DRIVER_COLUMNS, "weight"]]


def _top(size: FloatArray, count: int) -> npt.NDArray[np.bool_]:
    """Return which entries are among the largest positive ones of their row."""
    kept = min(count, size.shape[1])
    chosen = np.zeros(size.shape, dtype=bool)
    best = np.argpartition(-size, kept - 1, axis=1)[:, :kept]
    np.put_along_axis(chosen, best, True, axis=1)
    return chosen & (size > 1e-9)


def _described(
    features: Features, columns: pd.Index, rows: IntArray, places: IntArray
) -> pd.DataFrame:
    """Return, per driver, whose it is and what is usual for the account and its segment."""
    index = features.frame.index[rows]
    declared = by_column(features.metrics)
    metrics = [declared[column] for column in columns]
    component = np.array([metric.component for metric in metrics], dtype=object)
    actionable = np.array([metric.axis != "context" for metric in metrics], dtype=bool)
    return pd.DataFrame(
        {
            "account_id": index.get_level_values(0),
            "as_of": index.get_level_values(1),
            "component": component[places],
            "metric": columns.to_numpy(dtype=object)[places],
            "value": _looked_up(features.frame, columns, rows, places),
            "baseline": _looked_up(features.baseline, columns, rows, places),
            "segment_median": _looked_up(features.segment_median, columns, rows, places),
            "actionable": actionable[places],
        }
    )


def _looked_up(
    frame: pd.DataFrame, columns: pd.Index, rows: IntArray, places: IntArray
) -> FloatArray:
    return frame.reindex(columns=columns).to_numpy(dtype=float)[rows, places]


def _texts(
    frame: pd.DataFrame, features: Features, columns: pd.Index, places: IntArray
) -> TextArray:
    """Return a sentence per driver, put together metric by metric."""
    metrics = by_column(features.metrics)
    numbers = frame[["value", "baseline", "segment_median"]].to_numpy(dtype=float)
    said = np.empty(len(places), dtype=object)
    order = np.argsort(places, kind="stable")
    edges = np.searchsorted(places[order], np.arange(len(columns) + 1))
    for place, column in enumerate(columns):
        rows = order[edges[place] : edges[place + 1]]
        said[rows] = _sentences(metrics[column], *numbers[rows].T)
    return said


def _sentences(
    metric: Metric, value: FloatArray, baseline: FloatArray, median: FloatArray
) -> TextArray:
    now, usual = say_values(value, metric), say_values(baseline, metric)
    moved = ~np.isnan(baseline) & (usual != now)
    told = metric.label + " " + np.where(moved, usual + " -> " + now, now)
    beside = told + " (segment " + say_values(median, metric) + ")"
    return np.where(np.isnan(median), told, beside).astype(object)


def _costs(points: FloatArray) -> TextArray:
    """Return what each driver takes, in words; each whole number of points is written once."""
    which, whole = pd.factorize(np.rint(points))
    words = [f": costs {cost:.0f} points" for cost in whole.tolist()]
    return np.array(words, dtype=object)[which]
