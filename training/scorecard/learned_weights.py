"""Weights of the scorecard learned from the company's own churn, drawn towards the hand-set ones.

The score keeps its form: each metric scores 0-100 in the direction that is declared, and no weight
is negative, so that what is better never lowers it. Only the weights move, and the less evidence
there is, the less they do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import BoolArray
from ...features.engine.compute import Features
from ...features.scores.health_score import measure_health
from ...features.scores.scorecard import Component, MetricChange, Scorecard, Variant
from ...features.scores.scorecard_weights import facts_of
from .weight_fit import Design, best_shares, losses_of

__all__ = [
    "STRENGTHS",
    "Learned",
    "hand_set_shares",
    "learn_shares",
    "metric_scores",
    "plain_rows",
    "with_shares",
]


STRENGTHS = (inf, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
"""How strongly the weights are drawn to the hand-set ones; the strongest keeps them."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of the weights.

    Parameters
    ----------
    shares : Series
        Share of each metric in the whole score, by column; they add up to 1.
    strength : float
        How strongly they were drawn to the hand-set ones.
    losses : DataFrame
        ``strength``, ``log_loss`` (mean over folds of accounts not learned from), ``excess`` (over
        the best) and ``excess_error`` (its standard error over the folds).
    """

    shares: pd.Series
    strength: float
    losses: pd.DataFrame


def hand_set_shares(scorecard: Scorecard) -> pd.Series:
    """Return which share of the whole score each metric has, where all of them apply.

    Parameters
    ----------
    scorecard : Scorecard

    Returns
    -------
    Series
        By column; they add up to 1. Metrics of components without weight are left out.

    Examples
    --------
    >>> parts = [{"metric": "x"}, {"metric": "y", "weight": 3}]
    >>> usage = {"label": "Use", "weight": 60, "metrics": parts}
    >>> people = {"label": "People", "weight": 40, "metrics": [{"metric": "z"}]}
    >>> card = Scorecard.model_validate({"components": {"usage": usage, "people": people}})
    >>> hand_set_shares(card).round(2).to_dict()
    {'x': 0.15, 'y': 0.45, 'z': 0.4}
    """
    total = sum(part.weight for part in scorecard.components.values())
    shares = {}
    for component in _weighed(scorecard).values():
        own = sum(part.weight for part in component.metrics)
        for part in component.metrics:
            shares[part.metric] = component.weight / total * part.weight / own
    return pd.Series(shares, dtype=float)


def metric_scores(features: Features, scorecard: Scorecard) -> pd.DataFrame:
    """Return what every metric scores by itself.

    Parameters
    ----------
    features : Features
    scorecard : Scorecard
        Its thresholds, half-lives and variants count; its weights do not.

    Returns
    -------
    DataFrame
        Same rows, one column a metric, 0-100; NaN where it does not apply or is not collected.
    """
    alone = {
        part.metric: Component(
            weight=1.0, label=part.metric, metrics=(part.model_copy(update={"weight": 1.0}),)
        )
        for part in scorecard.weighed()
    }
    card = scorecard.model_copy(
        update={"components": alone, "variants": _thresholds_only(scorecard.variants)}
    )
    scores = measure_health(features, card).scores
    names = hand_set_shares(scorecard).index
    return scores[[f"chs_{name}" for name in names]].set_axis(list(names), axis=1)


def plain_rows(features: Features, scorecard: Scorecard) -> BoolArray:
    """Return which rows the plain weights hold for: no variant gives them other ones.

    Parameters
    ----------
    features : Features
    scorecard : Scorecard

    Returns
    -------
    ndarray of bool, shape (n_rows,)
    """
    facts = facts_of(features)
    plain = np.ones(len(facts), dtype=bool)
    for variant in scorecard.variants:
        if variant.components or any(c.weight is not None for c in variant.metrics.values()):
            plain &= ~np.asarray(variant.when.holds(facts), dtype=bool)
    return plain


def learn_shares(
    scores: pd.DataFrame,
    churned: npt.ArrayLike,
    parents: npt.ArrayLike,
    *,
    scorecard: Scorecard,
    strengths: Sequence[float] = STRENGTHS,
) -> Learned:
    """Learn the shares of the metrics from what accounts did.

    Parameters
    ----------
    scores : DataFrame
        As ``metric_scores`` returns them; in every row at least one metric applies.
    churned : array of shape (n_rows,)
        1 or 0.
    parents : array of shape (n_rows,)
        Parent account of each row; folds never split one.
    scorecard : Scorecard
        The hand-set weights.
    strengths : sequence of float
        From which one is chosen: the strongest whose loss on accounts not learned from is within
        one standard error of the best. One alone is taken as it is.

    Returns
    -------
    Learned

    Raises
    ------
    ValueError
        If there are no rows, all did the same, or no strength is given.

    Notes
    -----
    The log-odds of churn fall in a straight line with the score. The loss is the mean log loss plus
    strength times the sum of ``prior * (share / prior - 1) ** 2``: doubling a share costs as much
    as it had, so that a metric that was thought little of needs more evidence. Weights stay
    above a twentieth of the hand-set ones.
    """
    y = np.asarray(churned, dtype=float)
    if not len(y) or len(np.unique(y)) < 2:
        raise ValueError(
            f"`churned` must hold accounts that left and accounts that stayed, got {len(y):,} rows "
            "that all did the same; deliver a longer history."
        )
    if not len(strengths):
        raise ValueError("`strengths` must hold at least one number above 0, got none.")
    ordered = sorted(strengths, reverse=True)
    design = _design(scores, scorecard)
    losses = losses_of(design, y, parents, ordered)
    strength = _chosen(losses) if len(ordered) > 1 else ordered[0]
    shares = best_shares(design, y, [one for one in ordered if one >= strength])
    return Learned(pd.Series(shares, scores.columns), strength, losses)


def with_shares(scorecard: Scorecard, shares: pd.Series) -> Scorecard:
    """Return a scorecard with other weights; everything else is kept.

    Parameters
    ----------
    scorecard : Scorecard
    shares : Series
        Of every metric in a component that has a weight, by column.

    Returns
    -------
    Scorecard
        Weights add up to what they did before, rounded to about a thousandth of that and above 0.

    Examples
    --------
    >>> parts = [{"metric": "x"}, {"metric": "y", "weight": 3}]
    >>> usage = {"label": "Use", "weight": 60, "metrics": parts}
    >>> people = {"label": "People", "weight": 40, "metrics": [{"metric": "z"}]}
    >>> card = Scorecard.model_validate({"components": {"usage": usage, "people": people}})
    >>> other = with_shares(card, pd.Series({"x": 0.2, "y": 0.2, "z": 0.6})).components
    >>> [part.weight for part in other.values()], [part.weight for part in other["usage"].metrics]
    ([40.0, 60.0], [2.0, 2.0])
    """
    weighed = _weighed(scorecard)
    own = {name: shares[[p.metric for p in part.metrics]] for name, part in weighed.items()}
    whole = _scaled(
        [float(part.sum()) for part in own.values()],
        sum(part.weight for part in weighed.values()),
    )
    components = dict(scorecard.components)
    for (name, part), weight in zip(weighed.items(), whole, strict=True):
        metrics = _scaled(own[name].tolist(), sum(one.weight for one in part.metrics))
        changed = tuple(
            one.model_copy(update={"weight": number})
            for one, number in zip(part.metrics, metrics, strict=True)
        )
        components[name] = part.model_copy(update={"weight": weight, "metrics": changed})
    return scorecard.model_copy(update={"components": components})


def _weighed(scorecard: Scorecard) -> dict[str, Component]:
    return {name: part for name, part in scorecard.components.items() if part.weight > 0}


def _thresholds_only(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """Return the variants without what they change of weights."""
    kept = []
    for variant in variants:
        changes = {
            column: MetricChange(poor=change.poor, healthy=change.healthy)
            for column, change in variant.metrics.items()
            if change.poor is not None
        }
        if changes:
            kept.append(variant.model_copy(update={"components": {}, "metrics": changes}))
    return tuple(kept)


def _scaled(parts: Sequence[float], total: float) -> list[float]:
    """Return numbers in the ratio of the parts that add up to a total, rounded, above 0."""
    digits = max(0, 3 - int(np.floor(np.log10(total))))
    least = 10.0**-digits
    whole = sum(parts)
    rounded = [max(round(part / whole * total, digits), least) for part in parts]
    largest = int(np.argmax(rounded))
    rest = total - sum(rounded)
    rounded[largest] = max(round(rounded[largest] + rest, digits), least)
    return rounded


def _design(scores: pd.DataFrame, scorecard: Scorecard) -> Design:
    homes = {
        part.metric: place
        for place, component in enumerate(_weighed(scorecard).values())
        for part in component.metrics
    }
    return Design.of(
        scores.to_numpy(dtype=float),
        np.array([homes[str(name)] for name in scores], dtype=np.int64),
        hand_set_shares(scorecard)[scores.columns].to_numpy(dtype=float),
    )


def _chosen(losses: pd.DataFrame) -> float:
    """Return the strongest whose loss is not worse than the best one beyond its error."""
    near = losses[losses["excess"] <= losses["excess_error"]]
    return float(near["strength"].max()) if len(near) else inf
