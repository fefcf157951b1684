"""Accounts as they would be read with other numbers: all that follows from a metric follows."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray, TextArray
from ...features.engine.compute import Features
from ...features.metrics.metric import Metric
from ...features.schema.bands import BANDS, band_of
from ...features.scores.health_score import score_health
from ...training.models.calibration import sigmoid
from ..scoring.health_index import health_index
from ..scoring.scored import Scored
from .stored_inputs import SCORE_INPUTS

__all__ = ["Reading", "Trial", "live_values"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How some rows read.

    Parameters
    ----------
    p : ndarray of float, shape (n_rows,)
        Estimate of churn; NaN where the scorecard speaks.
    value : ndarray of float, shape (n_rows,)
        Points behind the band; NaN where nothing is known.
    band : ndarray of str, shape (n_rows,)
        After caps and overrides, before steadying.
    """

    p: FloatArray
    value: FloatArray
    band: TextArray

    @property
    def rank(self) -> IntArray:
        """Place of the band, the worst first; -1 where it is unknown."""
        return np.asarray(pd.Index(BANDS).get_indexer(pd.Index(self.band)), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Trial:
    """Some accounts of a scoring, one row a trial.

    Parameters
    ----------
    scored : Scored
    rows : ndarray of int, shape (n_trials,)
        Place of the account among the scores.
    features : Features
        One row a trial.
    """

    scored: Scored
    rows: IntArray
    features: Features

    @classmethod
    def of(cls, scored: Scored, rows: IntArray) -> "Trial":
        """Begin with accounts as they are.

        Parameters
        ----------
        scored : Scored
        rows : ndarray of int, shape (n_trials,)
            An account may come several times.

        Returns
        -------
        Trial
        """
        features = scored.features
        held = features.held
        index = pd.RangeIndex(len(rows))

        def taken(frame: pd.DataFrame) -> pd.DataFrame:
            return frame.iloc[rows].set_axis(index, axis=0)

        repeated = Features(
            frame=taken(features.frame),
            absence=taken(features.absence),
            baseline=taken(features.baseline),
            segment_median=taken(features.segment_median),
            live=features.live.iloc[rows].set_axis(index),
            segment=features.segment.iloc[rows].set_axis(index),
            metrics=features.metrics,
            held=None if held is None else taken(held),
        )
        return cls(scored, rows, repeated)

    def with_values(self, metric: Metric, where: BoolArray, values: FloatArray) -> "Trial":
        """Return the trials with another value of one metric, and all its variants with it.

        Parameters
        ----------
        metric : Metric
        where : ndarray of bool, shape (n_trials,)
            The rows that it is changed in.
        values : ndarray of float, shape (n_trials,)

        Returns
        -------
        Trial
        """
        frame = self.features.frame.copy()
        column = metric.column
        now = np.where(where, values, frame[column].to_numpy(dtype=float))
        frame[column] = now
        if metric.has_baseline:
            base = self.features.baseline[column].to_numpy(dtype=float)
            ratio = np.divide(now, base, out=np.full(len(now), np.nan), where=base > 0)
            if metric.of_use:
                ratio = np.where((base == 0) & (now == 0), 0.0, ratio)
            frame[metric.vs_own] = np.where(where, ratio, frame[metric.vs_own])
        if metric.in_segment:
            stands = self._percentiles(metric, now)
            frame[metric.percentile] = np.where(where, stands, frame[metric.percentile])
        held = self.features.held
        if held is not None and column in held:
            held = held.assign(**{column: np.where(where, np.nan, held[column])})
        return replace(self, features=replace(self.features, frame=frame, held=held))

    def _percentiles(self, metric: Metric, now: FloatArray) -> FloatArray:
        """Return where values would stand among the live accounts of the segment."""
        features = self.scored.features
        found = np.full(len(now), np.nan)
        own = features.frame[metric.column].to_numpy(dtype=float)[self.rows]
        segment = self.features.segment.to_numpy()
        live = self.features.live.to_numpy(dtype=bool)
        for name in pd.unique(segment):
            peers = np.sort(live_values(features, metric, name))
            here = np.flatnonzero((segment == name) & live & ~np.isnan(now))
            if len(peers) < 2 or not len(here):
                continue
            value, before = now[here], own[here]
            # The account itself is one of them, and moves.
            below = np.searchsorted(peers, value, "left") - (before < value)
            up_to = np.searchsorted(peers, value, "right") - (before <= value) + 1
            found[here] = (below + 1 + up_to) / 2 / len(peers)
        return found

    def read(self) -> Reading:
        """Ask scorecard and model of the trials.

        Returns
        -------
        Reading
        """
        basis = self.scored.basis
        card, model = basis.config.scorecard, basis.models.churn
        health = score_health(self.features, card).scores
        scores = self.scored.scores.iloc[self.rows]
        by_model = (scores["health_source"] == "model").to_numpy()
        p, value = np.full(len(self.rows), np.nan), health["chs"].to_numpy(dtype=float)
        if model is not None and by_model.any():
            index = self.scored.features.frame.index[self.rows]
            known = basis.inputs.loc[index, list(SCORE_INPUTS)].reset_index(drop=True)
            known["chs"] = health["chs"].to_numpy(dtype=float)
            inputs = pd.concat([self.features.frame, known], axis=1)
            log_odds = model.log_odds(inputs)
            matures = scores["maturity_log_odds"].to_numpy(dtype=float)
            apart = health_index(sigmoid(log_odds - matures), model.base_rate)
            p = np.where(by_model, sigmoid(log_odds), np.nan)
            value = np.where(by_model, apart, value)
        limits = [health["cap"], scores["override_limit"]]
        lowest = np.fmin(*(limit.to_numpy(dtype=float) for limit in limits))
        limited = np.fmin(value, np.where(np.isnan(lowest), 100.0, lowest))
        return Reading(p, value, band_of(limited, card.bands))


def live_values(features: Features, metric: Metric, segment: str | None = None) -> FloatArray:
    """Return the known values of a metric among customers.

    Parameters
    ----------
    features : Features
    metric : Metric
    segment : str, optional
        Only of this one.

    Returns
    -------
    ndarray of float
    """
    values = features.frame[metric.column].to_numpy(dtype=float)
    kept = features.live.to_numpy(dtype=bool) & ~np.isnan(values)
    if segment is not None:
        kept &= features.segment.to_numpy() == segment
    return np.asarray(values[kept])
