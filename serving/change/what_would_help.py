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
        Ids; those whose health is high or unknown, or whose renewal is overdue, have no rows.

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
    # What helps there is the renewal; the model read the account as it was before its end.
    rows = rows[scored.scores["renewal_overdue_days"].isna().to_numpy()[rows]]
    now = Trial.of(scored, rows).read()
    worth = (now.rank >= 0) & (now.rank < 2)
    rows = rows[worth]
    metrics = [metric for metric in scored.features.metrics if metric.can_improve]
    options = _options(scored.features, rows, metrics)
    if not len(options.rows):
        return no_improvements()
    now = Reading(now.p[worth], now.value[worth], now.band[worth])
    then = _tried(scored, options, metrics).read()
    chosen = [_chosen(place, row, now, options, then) for place, row in enumerate(rows.tolist())]
    together = _together(scored, now, options, metrics, chosen)
    found = []
    for place, one in enumerate(chosen):
        found += together.get(place, [])
        found += [_improved(scored, place, now, options, then, metrics, at, one) for at in one.ways]
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


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What is told of one account: places among the options.

    Parameters
    ----------
    row : int
    ways : ndarray of int
        Those that ask least first where they are enough alone, else the strongest.
    enough : bool
    """

    row: int
    ways: IntArray
    enough: bool


def _chosen(place: int, row: int, now: Reading, options: _Options, then: Reading) -> _Chosen:
    own = np.flatnonzero(options.rows == row)
    over = own[then.rank[own] > now.rank[place]]
    # The least of each metric that is enough.
    _, first = np.unique(options.metrics[over], return_index=True)
    enough = over[first]
    if len(enough):
        by_effort = np.argsort(options.effort[enough], kind="stable")
        return _Chosen(row, enough[by_effort][:_MOST], enough=True)
    gain = then.value[own] - now.value[place]
    last = own[(options.effort[own] == 1.0) & (gain >= _LEAST_GAIN)]
    strongest = np.argsort(-then.value[last], kind="stable")
    return _Chosen(row, last[strongest][:_TOGETHER], enough=False)


def _together(
    scored: Scored,
    now: Reading,
    options: _Options,
    metrics: Sequence[Metric],
    chosen: Sequence[_Chosen],
) -> dict[int, list[Improved]]:
    """Return, by place, what the strongest metrics reach together where none is enough alone."""
    places = [i for i, one in enumerate(chosen) if not one.enough and len(one.ways) > 1]
    if not places:
        return {}
    ways = [chosen[place].ways for place in places]
    trial = Trial.of(scored, np.array([chosen[place].row for place in places]))
    of_trial = np.repeat(np.arange(len(places)), [len(own) for own in ways])
    options_of = np.concatenate(ways)
    for at in np.unique(options.metrics[options_of]):
        here = options.metrics[options_of] == at
        where, aims = np.zeros(len(places), dtype=bool), np.zeros(len(places))
        where[of_trial[here]], aims[of_trial[here]] = True, options.aims[options_of[here]]
        trial = trial.with_values(metrics[at], where, aims)
    then = trial.read()
    over = then.rank > now.rank[places]
    return {
        place: [_several(scored, chosen[place], (place, i), now, options, then, metrics)]
        for i, place in enumerate(places)
        if over[i]
    }


def _several(
    scored: Scored,
    one: _Chosen,
    at: tuple[int, int],
    now: Reading,
    options: _Options,
    then: Reading,
    metrics: Sequence[Metric],
) -> Improved:
    """Return metrics that are enough together; ``at``: the place in ``now`` and in ``then``."""
    before, after = at
    together = tuple(metrics[number] for number in options.metrics[one.ways])
    frame = scored.features.frame
    return Improved(
        row=one.row,
        metrics=together,
        before=tuple(float(frame[metric.column].iloc[one.row]) for metric in together),
        after=tuple(options.aims[one.ways].tolist()),
        reachable="several",
        over_next_band=True,
        p=(float(now.p[before]), float(then.p[after])),
        value=(float(now.value[before]), float(then.value[after])),
        band=(str(now.band[before]), str(then.band[after])),
    )


def _improved(
    scored: Scored,
    place: int,
    now: Reading,
    options: _Options,
    then: Reading,
    metrics: Sequence[Metric],
    at: int,
    one: _Chosen,
) -> Improved:
    metric, row = metrics[options.metrics[at]], int(options.rows[at])
    return Improved(
        row=row,
        metrics=(metric,),
        before=(float(scored.features.frame[metric.column].iloc[row]),),
        after=(float(options.aims[at]),),
        reachable="own past" if options.own[at] else "segment",
        over_next_band=one.enough,
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
