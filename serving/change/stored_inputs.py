"""What a scoring was worked out from, as it is stored for the next one and for monitoring."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.engine.compute import Features
from ...features.engine.feature_table import frame_columns
from ...features.metrics.absence import Absence
from ...features.metrics.metric import Metric
from ..scoring.scored import Scored

__all__ = ["SCORE_INPUTS", "Earlier", "features_from", "inputs_of"]

SCORE_INPUTS = ("chs", "cmi", "cmi_coverage")
"""Inputs of the models that are scores and no metrics."""

_STATE, _HELD = "__state", "__held"


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier scoring as it was stored.

    Parameters
    ----------
    as_of : Timestamp
    scores, inputs : DataFrame
        Index account_id.
    """

    as_of: pd.Timestamp
    scores: pd.DataFrame
    inputs: pd.DataFrame


def inputs_of(scored: Scored) -> pd.DataFrame:
    """Return what a scoring was worked out from, as it is stored.

    Parameters
    ----------
    scored : Scored

    Returns
    -------
    DataFrame
        One row an account: the declared columns of ``inputs``.
    """
    features, basis = scored.features, scored.basis
    index = features.frame.index
    scores = basis.inputs.loc[index, list(SCORE_INPUTS)]
    states = features.absence.astype(np.int64).add_suffix(_STATE)
    columns = [
        pd.DataFrame({"segment": features.segment, "chs_measured": basis.measured.loc[index]}),
        scores,
        features.frame.astype(float),
        states,
    ]
    if features.held is not None:
        columns.append(features.held.astype(float).add_suffix(_HELD))
    return pd.concat(columns, axis=1).reset_index()


def features_from(inputs: pd.DataFrame, metrics: tuple[Metric, ...]) -> Features:
    """Return the numbers of a stored scoring as the scorecard reads them.

    Parameters
    ----------
    inputs : DataFrame
        As ``inputs_of`` gives them, index (account_id, as_of).
    metrics : tuple of Metric
        Those declared now; one that was not stored counts as not collected then.

    Returns
    -------
    Features
        Without own baselines and medians of segments.
    """
    names = [metric.column for metric in metrics]
    states = inputs.reindex(columns=[f"{name}{_STATE}" for name in names])
    held = inputs[[name for name in inputs if str(name).endswith(_HELD)]]
    nothing = pd.DataFrame(index=inputs.index)
    return Features(
        frame=inputs.reindex(columns=frame_columns(metrics)).astype(float),
        absence=states.fillna(Absence.NOT_COLLECTED).astype(np.int8).set_axis(names, axis=1),
        baseline=nothing,
        segment_median=nothing,
        live=pd.Series(True, inputs.index),
        segment=inputs["segment"],
        metrics=metrics,
        held=held.astype(float).rename(columns=lambda name: str(name).removesuffix(_HELD)),
    )
