"""Drivers: what moves an account's estimate, one line a metric, in words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..features.absence import Absence
from ..features.engine import Features
from ..features.metric import Metric
from ..features.metrics import by_column

__all__ = ["DRIVER_COLUMNS", "drivers_of_model", "drivers_of_scorecard", "say_value"]

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
        Same index: SHAP values on the log-odds of the target, one column an input of the model;
        plus raises the estimate. Inputs that are no metrics (the scores) are no drivers.
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
    frame = _described(features, shares.columns[places].tolist(), rows)
    share = size[rows, places]
    frame["target"] = target
    frame["rank"] = pd.Series(rows).groupby(rows).cumcount().to_numpy() + 1
    frame["shap"] = share if weight == "shap" else np.nan
    frame["weight"] = np.abs(share)
    frame["direction"] = np.where(share > 0, "+", "-")
    frame["text"] = _texts(frame, features, None if weight == "shap" else share)
    return frame[[*DRIVER_COLUMNS, "weight"]]


def _top(size: np.ndarray, count: int) -> np.ndarray:
    """Return which entries are among the largest positive ones of their row."""
    kept = min(count, size.shape[1])
    chosen = np.zeros(size.shape, dtype=bool)
    best = np.argpartition(-size, kept - 1, axis=1)[:, :kept]
    np.put_along_axis(chosen, best, True, axis=1)
    return chosen & (size > 1e-9)


def _described(features: Features, columns: list[str], rows: np.ndarray) -> pd.DataFrame:
    """Return, per driver, whose it is and what is usual for the account and its segment."""
    index = features.frame.index[rows]
    declared = by_column(features.metrics)
    metrics = [declared[column] for column in columns]
    return pd.DataFrame(
        {
            "account_id": index.get_level_values(0),
            "as_of": index.get_level_values(1),
            "component": [metric.component for metric in metrics],
            "metric": columns,
            "value": _looked_up(features.frame, columns, rows),
            "baseline": _looked_up(features.baseline, columns, rows),
            "segment_median": _looked_up(features.segment_median, columns, rows),
            "actionable": [metric.axis != "context" for metric in metrics],
        }
    )


def _looked_up(frame: pd.DataFrame, columns: list[str], rows: np.ndarray) -> np.ndarray:
    place: Mapping[str, int] = {name: number for number, name in enumerate(frame.columns)}
    numbers = np.append(frame.to_numpy(dtype=float), np.full((len(frame), 1), np.nan), axis=1)
    return numbers[rows, [place.get(column, -1) for column in columns]]


def _texts(frame: pd.DataFrame, features: Features, points: np.ndarray | None) -> list[str]:
    metrics = by_column(features.metrics)
    columns = (frame[name].tolist() for name in ("metric", "value", "baseline", "segment_median"))
    said = [
        _sentence(metrics[metric], value, baseline, median)
        for metric, value, baseline, median in zip(*columns, strict=True)
    ]
    if points is None:
        return said
    return [f"{text}: costs {cost:.0f} points" for text, cost in zip(said, points, strict=True)]


def _sentence(metric: Metric, value: float, baseline: float, median: float) -> str:
    now = say_value(value, metric)
    if not np.isnan(baseline) and say_value(baseline, metric) != now:
        now = f"{say_value(baseline, metric)} -> {now}"
    said = f"{metric.label} {now}"
    return said if np.isnan(median) else f"{said} (segment {say_value(median, metric)})"
