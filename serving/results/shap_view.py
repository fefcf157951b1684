"""The explanations of a whole portfolio, as the plots of shap take them."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ...features.metrics.catalogue import by_column
from ...features.metrics.metric import Metric
from ...training.models.calibration import sigmoid
from ...training.registry.artifact import BASE

__all__ = ["Scale", "explanation_of", "readable_names"]

Scale = Literal["log_odds", "probability"]
_SCORES = {
    "chs": "customer health score",
    "cmi": "customer maturity index",
    "cmi_coverage": "share of the maturity rubric answered",
    "renewal_overdue_days": "days since the term ended without a renewal",
}


def explanation_of(
    shares: pd.DataFrame,
    known: pd.DataFrame,
    metrics: tuple[Metric, ...],
    *,
    scale: Scale = "log_odds",
) -> Any:
    """Return why accounts have their probabilities, as the plots of shap take it.

    Parameters
    ----------
    shares : DataFrame, shape (n_accounts, n_inputs + 1)
        SHAP values on log-odds, one column an input and ``(base)``.
    known : DataFrame, same index
        The numbers of metrics and scores; inputs that are not there are shown as unknown.
    metrics : tuple of Metric
        They name the inputs.
    scale : {"log_odds", "probability"}
        On log-odds, base value plus values are the logit of the model's probability to 1e-9. As
        probability each account's values are scaled by one factor, so that they add up to its
        probability.

    Returns
    -------
    shap.Explanation
        ``values`` of shape (n_accounts, n_inputs), plus towards the outcome; ``base_values`` of
        shape (n_accounts,); ``data`` with numbers, NaN where unknown; readable names.

    Raises
    ------
    ValueError
        If there is no such scale.
    """
    if scale not in ("log_odds", "probability"):
        raise ValueError(f"`scale` must be 'log_odds' or 'probability', got {scale!r}.")
    with warnings.catch_warnings():
        # What shap's colours ask of matplotlib in a way that is given up is not ours to show.
        warnings.simplefilter("ignore")
        import shap

    columns = [str(name) for name in shares.columns.drop(BASE)]
    values, base = shares[columns].to_numpy(dtype=float), shares[BASE].to_numpy(dtype=float)
    if scale == "probability":
        values, base = _as_probability(values, base)
    names, data = readable_names(metrics), known.reindex(columns=columns)
    return shap.Explanation(
        values=values,
        base_values=base,
        data=data.to_numpy(dtype=float),
        display_data=data.round(2).to_numpy(),
        feature_names=[names.get(name, name) for name in columns],
    )


def readable_names(metrics: tuple[Metric, ...]) -> Mapping[str, str]:
    """Return what people call each input of the models.

    Parameters
    ----------
    metrics : tuple of Metric

    Returns
    -------
    mapping of str to str

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> readable_names(METRICS)["active_users_28d_vs_own"]
    'active users, against its own past'
    """
    variants = {"vs_own": "against its own past", "percentile": "place in its segment"}
    named = dict(_SCORES)
    for column, metric in by_column(metrics).items():
        kinds = (kind for kind in variants if column == getattr(metric, kind))
        which = variants.get(next(kinds, ""), "")
        named[column] = f"{metric.label}, {which}" if which else metric.label
    return named


def _as_probability(values: FloatArray, base: FloatArray) -> tuple[FloatArray, FloatArray]:

    moved = values.sum(axis=1)
    start = sigmoid(base)
    gained = sigmoid(base + moved) - start
    factor = np.where(moved != 0, gained / np.where(moved != 0, moved, 1.0), 0.0)
    return values * factor[:, None], start
