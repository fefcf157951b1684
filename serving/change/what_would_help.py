"""What would help: the smallest realistic improvement that brings an account over the next band.

A metric is changed, everything that follows from it is read again (its variants, the scorecard, the
caps), and scorecard and model are asked. That is what they would say of such an account, and no
promise of what happens to this one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.array_types import BoolArray, FloatArray, IntArray
from ...features.engine.compute import Features
from ...features.metrics.absence import Absence
from ...features.metrics.metric import Metric
from ..results.schema import IMPROVEMENT_COLUMNS
from ..scoring.scored import Scored
from .change_words import Improved, improvement_in_words
from .trial import Reading, Trial, live_values

__all__ = ["LISTED", "no_improvements", "of_the_list", "what_would_help"]

LISTED = 100
"""So many accounts, those that need someone most, are told what would help with each scoring."""

_STEPS = 6
"""Values tried between what is and what is within reach."""
_REACHED_BY = 0.75
"""What a quarter of the segment does at least as well as is within reach."""
_FEWEST_PEERS = 5
_MOST, _TOGETHER = 5, 3
"""Improvements that are named, and metrics that may have to improve together."""
_LEAST_GAIN = 0.5
"""Points of health below which an improvement is none."""


def no_improvements() -> pd.DataFrame:
    """Return the result without rows."""
    return pd.DataFrame(columns=list(IMPROVEMENT_COLUMNS))


def of_the_list(scored: Scored) -> pd.DataFrame:
    """Return what would help the accounts at the top of the list; see ``what_would_help``."""
    scores = scored.scores
    worth = scores[scores["health_band_raw"].isin(["low", "medium"]) & (scores["block"] != "quiet")]
    return what_would_help(scored, worth["account_id"].head(LISTED).tolist())


@dataclass(frozen=True, slots=True)
class _Options:
    """Everything that could be tried: one entry an account, metric and value.

    Parameters
    ----------
    rows, metrics : ndarray of int, shape (n_options,)
        Place of the account among the scores, and of the metric.
    aims : ndarray of float
        The value that is tried.
    effort : ndarray of float
        Share of the way to what is within reach, 0 to 1.
    own : ndarray of bool
        Whether it is within reach because the account was there before.
    """

    rows: IntArray
    metrics: IntArray
    aims: FloatArray
    effort: FloatArray
    own: BoolArray


def what_would_help(scored: Scored, accounts: Sequence[str]) -> pd.DataFrame:
    """Return what would bring accounts over the next band.

    Parameters
    ----------
    scored : Scored
    accounts : sequence of str
        Ids; those whose health is high or unknown have no rows.

    Returns
    -------
    DataFrame
        ``IMPROVEMENT_COLUMNS``: up to five improvements an account, those that ask least first.
        Where no single metric is enough, up to three together; where they are not either, what
        comes nearest.

    Notes
    -----
    Only metrics that can be improved are tried, each at most as far as a quarter of the segment is
    or the account itself was.
    """
    ids = pd.Index(scored.scores["account_id"])
    rows = np.asarray(ids.get_indexer(pd.Index(list(accounts))), dtype=np.int64)
    rows = rows[rows >= 0]
    now = Trial.of(scored, rows).read()
    worth = (now.rank >= 0) & (now.rank < 2)
    rows = rows[worth]
    metrics = [metric for metric in scored.features.metrics if metric.can_improve]
    options = _options(scored.features, rows, metrics)
    if not len(options.rows):
        return no_improvements()
    now = Reading(now.p[worth], now.value[worth], now.band[worth])
    then = _tried(scored, options, metrics).read()
    found = [
        improved
        for place, row in enumerate(rows.tolist())
        for improved in _of_account(scored, place, row, now, options, then, metrics)
    ]
    return _as_frame(scored, found)


def _options(features: Features, rows: IntArray, metrics: Sequence[Metric]) -> _Options:
    parts: list[tuple[IntArray, IntArray, FloatArray, FloatArray, BoolArray]] = []
    for at, metric in enumerate(metrics):
        level = features.frame[metric.column].to_numpy(dtype=float)[rows]
        known = features.absence[metric.column].to_numpy()[rows] == Absence.PRESENT
        reach, own = _reachable(features, metric, rows)
        better = (reach - level) * (1 if metric.direction == "+" else -1) > 0
        here = np.flatnonzero(known & better & ~np.isnan(level))
        if not len(here):
            continue
        share = np.arange(1, _STEPS + 1) / _STEPS
        values = level[here, None] + share * (reach - level)[here, None]
        if _is_whole(live_values(features, metric)):
            values = np.ceil(values) if metric.direction == "+" else np.floor(values)
        size = len(here) * _STEPS
        parts.append(
            (
                np.repeat(rows[here], _STEPS),
                np.full(size, at),
                values.ravel(),
                np.tile(share, len(here)),
                np.repeat(own[here], _STEPS),
            )
        )
    if not parts:
        nothing = np.empty(0)
        return _Options(nothing.astype(int), nothing.astype(int), nothing, nothing, nothing > 0)
    return _Options(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _is_whole(values: FloatArray) -> bool:
    return bool(np.all(values == np.rint(values)))


def _reachable(features: Features, metric: Metric, rows: IntArray) -> tuple[FloatArray, BoolArray]:
    """Return how far each account could come, and whether because it was there before."""
    sign = 1.0 if metric.direction == "+" else -1.0
    segment = features.segment.to_numpy()[rows]
    beside = np.full(len(rows), np.nan)
    for name in pd.unique(segment):
        peers = live_values(features, metric, name)
        if len(peers) < _FEWEST_PEERS:
            peers = live_values(features, metric)
        if len(peers) >= _FEWEST_PEERS:
            # Of the values that are there, so that counts stay whole.
            ranked = np.sort(sign * peers)
            beside[segment == name] = sign * ranked[int(_REACHED_BY * (len(ranked) - 1))]
    past = features.baseline.get(metric.column)
    before = np.full(len(rows), np.nan) if past is None else past.to_numpy(dtype=float)[rows]
    best = np.fmax(sign * beside, sign * before)
    own = (sign * before == best) & (sign * beside != best)
    return sign * best, own


def _tried(scored: Scored, options: _Options, metrics: Sequence[Metric]) -> Trial:
    trial = Trial.of(scored, options.rows)
    for at, metric in enumerate(metrics):
        where = options.metrics == at
        if where.any():
            trial = trial.with_values(metric, where, options.aims)
    return trial


def _of_account(
    scored: Scored,
    place: int,
    row: int,
    now: Reading,
    options: _Options,
    then: Reading,
    metrics: Sequence[Metric],
) -> list[Improved]:
    """Return the improvements of one account, those that ask least first."""
    own = np.flatnonzero(options.rows == row)
    over = own[then.rank[own] > now.rank[place]]
    # The least of each metric that is enough.
    _, first = np.unique(options.metrics[over], return_index=True)
    enough = over[first]
    enough = enough[np.argsort(options.effort[enough], kind="stable")][:_MOST]
    told = [_improved(scored, place, now, options, then, metrics, at, over=True) for at in enough]
    if told:
        return told
    gain = then.value[own] - now.value[place]
    last = own[(options.effort[own] == 1.0) & (gain >= _LEAST_GAIN)]
    nearest = last[np.argsort(-then.value[last], kind="stable")]
    together = _together(scored, place, row, now, options, metrics, nearest)
    alone = [
        _improved(scored, place, now, options, then, metrics, at, over=False)
        for at in nearest[:_TOGETHER]
    ]
    return [*together, *alone]


def _together(
    scored: Scored,
    place: int,
    row: int,
    now: Reading,
    options: _Options,
    metrics: Sequence[Metric],
    nearest: IntArray,
) -> list[Improved]:
    """Return the fewest of the strongest metrics that are enough together."""
    trial, one, names = Trial.of(scored, np.array([row])), np.array([True]), []
    for at in nearest[:_TOGETHER]:
        metric = metrics[options.metrics[at]]
        trial = trial.with_values(metric, one, options.aims[at : at + 1])
        names.append((metric, float(options.aims[at])))
    if len(names) < 2:
        return []
    then = trial.read()
    if then.rank[0] <= now.rank[place]:
        return []
    return [
        Improved(
            row=row,
            metrics=tuple(metric for metric, _ in names),
            before=tuple(float(scored.features.frame[m.column].iloc[row]) for m, _ in names),
            after=tuple(value for _, value in names),
            reachable="several",
            over_next_band=True,
            p=(float(now.p[place]), float(then.p[0])),
            value=(float(now.value[place]), float(then.value[0])),
            band=(str(now.band[place]), str(then.band[0])),
        )
    ]


def _improved(
    scored: Scored,
    place: int,
    now: Reading,
    options: _Options,
    then: Reading,
    metrics: Sequence[Metric],
    at: int,
    *,
    over: bool,
) -> Improved:
    metric, row = metrics[options.metrics[at]], int(options.rows[at])
    return Improved(
        row=row,
        metrics=(metric,),
        before=(float(scored.features.frame[metric.column].iloc[row]),),
        after=(float(options.aims[at]),),
        reachable="own past" if options.own[at] else "segment",
        over_next_band=over,
        p=(float(now.p[place]), float(then.p[at])),
        value=(float(now.value[place]), float(then.value[at])),
        band=(str(now.band[place]), str(then.band[at])),
    )


def _as_frame(scored: Scored, found: Sequence[Improved]) -> pd.DataFrame:
    if not found:
        return no_improvements()
    rows = np.array([improved.row for improved in found])
    several = [len(improved.metrics) > 1 for improved in found]
    nan = float("nan")
    frame = pd.DataFrame(
        {
            "account_id": scored.scores["account_id"].to_numpy(dtype=object)[rows],
            "as_of": scored.scores["as_of"].iloc[0],
            "metrics": ["|".join(metric.column for metric in one.metrics) for one in found],
            "over_next_band": [one.over_next_band for one in found],
            "before": [
                nan if more else o.before[0] for o, more in zip(found, several, strict=True)
            ],
            "after": [nan if more else o.after[0] for o, more in zip(found, several, strict=True)],
            "reachable": [one.reachable for one in found],
            "p_churn_now": [one.p[0] for one in found],
            "p_churn_then": [one.p[1] for one in found],
            "health_now": [one.value[0] for one in found],
            "health_then": [one.value[1] for one in found],
            "band_now": [one.band[0] for one in found],
            "band_then": [one.band[1] for one in found],
            "text": [improvement_in_words(one) for one in found],
        }
    )
    frame["rank"] = frame.groupby("account_id").cumcount() + 1
    return frame[list(IMPROVEMENT_COLUMNS)]
