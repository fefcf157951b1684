"""Telemetry that shows a level of maturity where nobody has stated one."""

from dataclasses import dataclass

import numpy as np

from ..arrays.array_types import FloatArray
from ..arrays.time_grid import DAY_US
from ..engine.compute import Features, compute_features
from ..engine.point_in_time import Knowledge
from ..metrics.absence import Absence
from ..metrics.catalogue import METRICS
from ..metrics.metric import Metric
from ..metrics.views import view_named
from .rubric import Proxy, Rubric

__all__ = ["Shown", "shown_levels"]


_USABLE = (Absence.PRESENT, Absence.STALE_OR_FAILED)


@dataclass(frozen=True, slots=True)
class Shown:
    """What telemetry shows of one characteristic.

    Parameters
    ----------
    level : ndarray of float, shape (n_rows,)
        1 to 5; NaN where it shows nothing.
    age_days : ndarray of float, shape (n_rows,)
        How long ago its feed last delivered; 0 where it may rightly be silent.
    """

    level: FloatArray
    age_days: FloatArray


def shown_levels(known: Knowledge, rubric: Rubric, features: Features | None) -> dict[str, Shown]:
    """Return what telemetry shows, per characteristic that has a proxy.

    Parameters
    ----------
    known : Knowledge
    rubric : Rubric
    features : Features or None
        Numbers computed before, of the rows asked for at least; those that ship are computed here
        when None.

    Returns
    -------
    dict of str to Shown
        By the id of the characteristic; without those whose tables were not delivered. A feed that
        fell silent goes on showing its last values, which age.

    Raises
    ------
    ValueError
        If the features lack a metric that a proxy names.
    """
    proxies = {item.id: item.proxy for item in rubric.characteristics() if item.proxy}
    there = {metric.column: metric for metric in (features.metrics if features else METRICS)}
    lacking = sorted({proxy.metric for proxy in proxies.values()} - set(there))
    if lacking:
        raise ValueError(
            f"`features` lack {lacking}, which proxies of the rubric name; compute them with the "
            "company's own metrics and pass them on."
        )
    metrics = {name: there[proxy.metric] for name, proxy in proxies.items()}
    metrics = {name: found for name, found in metrics.items() if known.collected(found.measure)}
    if not metrics:
        return {}
    if features is None:
        pairs = known.rows.index.to_frame(index=False)
        features = compute_features(known.tables, pairs, metrics=list(metrics.values()))
    return {
        name: _shown(proxies[name], metric, features, known) for name, metric in metrics.items()
    }


def _shown(proxy: Proxy, metric: Metric, features: Features, known: Knowledge) -> Shown:
    value = features.frame[metric.column].reindex(known.rows.index).to_numpy(dtype=float)
    state = features.absence[metric.column].reindex(known.rows.index)
    value = np.where(state.isin(_USABLE), value, np.nan)
    level = proxy.level_of(value, higher_is_better=metric.direction == "+")
    return Shown(level, _silent_days(metric, known))


def _silent_days(metric: Metric, known: Knowledge) -> FloatArray:
    """Return how long ago the feeds of a metric last delivered; the oldest of several counts."""
    age = np.zeros(len(known.rows))
    for name in {select.view for select, _ in metric.measure.selects()}:
        view = view_named(name)
        if view.steady:
            age = np.maximum(age, (known.rows.as_of - known.last_delivery(view)) / DAY_US)
    return age
