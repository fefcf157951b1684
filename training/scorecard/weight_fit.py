"""The arithmetic of learned weights: shares of metrics that tell best who leaves.

The log-odds of leaving fall in a straight line with the score; the score is the weighted mean of
components, each the weighted mean of those of its metrics that apply.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from ...features.arrays.array_types import FloatArray, IntArray
from ..dataset.temporal_splits import check_families, grouped_folds

__all__ = ["Design", "best_shares", "losses_of"]


# A metric that says nothing keeps a twentieth of its weight: whether it goes is for a person.
_LEAST = 0.05
_POINTS = 10.0
# Where the hand-set score says nothing its slope would end at 0, and with it all that could move
# the weights.
_LEAST_SLOPE = 0.1
_N_FOLDS = 5
# Further ones move shares by less than is written down.
_MOST_STEPS = 300


@dataclass(frozen=True, slots=True)
class Design:
    """The scores of the metrics, and how they are put together.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_metrics)
        0-100; 0 where a metric does not apply.
    applies : ndarray of shape (n_rows, n_metrics)
        1.0 where it does, else 0.0.
    member : ndarray of shape (n_metrics, n_components)
        1.0 where a metric belongs to the component, else 0.0.
    component : ndarray of int64, shape (n_metrics,)
    prior : ndarray of shape (n_metrics,)
        Hand-set shares; above 0, adding up to 1.
    """

    scores: FloatArray
    applies: FloatArray
    member: FloatArray
    component: IntArray
    prior: FloatArray

    @classmethod
    def of(cls, scores: FloatArray, component: IntArray, prior: FloatArray) -> "Design":
        """Return the design of scores that are NaN where a metric does not apply."""
        return cls(
            scores=np.nan_to_num(scores),
            applies=(~np.isnan(scores)).astype(float),
            member=np.eye(int(component.max()) + 1)[component],
            component=component,
            prior=prior,
        )

    def at(self, rows: IntArray) -> "Design":
        """Return the design of some rows only."""
        scores, applies = self.scores[rows], self.applies[rows]
        return Design(scores, applies, self.member, self.component, self.prior)


def best_shares(design: Design, y: FloatArray, strengths: Sequence[float]) -> FloatArray:
    """Return the shares at the last of some strengths, each found from the one before.

    Parameters
    ----------
    design : Design
    y : ndarray of shape (n_rows,)
        1.0 or 0.0; both are there.
    strengths : sequence of float
        How strongly the shares are drawn to the hand-set ones, the strongest first.

    Returns
    -------
    ndarray of shape (n_metrics,)
        Above 0, adding up to 1.

    Examples
    --------
    >>> scores = np.array([[0.0, 50.0], [100.0, 50.0]] * 50)
    >>> design = Design.of(scores, np.array([0, 1]), np.array([0.5, 0.5]))
    >>> best_shares(design, np.array([1.0, 0.0] * 50), [inf]).tolist()
    [0.5, 0.5]
    """
    found = design.prior * _path(design, y, strengths)[-1][:-2]
    return np.asarray(found / found.sum(), dtype=float)


def losses_of(
    design: Design, y: FloatArray, parents: npt.ArrayLike, strengths: Sequence[float]
) -> pd.DataFrame:
    """Return how well each strength does on accounts that were not learned from.

    Parameters
    ----------
    design : Design
    y : ndarray of shape (n_rows,)
    parents : ndarray of shape (n_rows,)
        No fold splits one.
    strengths : sequence of float
        The strongest first.

    Returns
    -------
    DataFrame
        ``strength``, ``log_loss`` (mean over the folds), ``excess`` (over the best) and
        ``excess_error`` (its standard error over the folds); empty for one strength, or where
        fewer than two folds can be learned from.

    Raises
    ------
    LeakageError
        If a parent stands in both parts of a fold.
    """
    columns = ["strength", "log_loss", "excess", "excess_error"]
    n_splits = min(_N_FOLDS, len(np.unique(np.asarray(parents))))
    if len(strengths) < 2 or n_splits < 2:
        return pd.DataFrame(columns=columns, dtype=float)
    folds = grouped_folds(parents, y, n_splits=n_splits, seed=0)
    check_families(folds, parents)
    told = [_told(design, y, fold, strengths) for fold in folds if len(np.unique(y[fold[0]])) == 2]
    if len(told) < 2:
        return pd.DataFrame(columns=columns, dtype=float)
    table = np.array(told)
    mean = table.mean(axis=0)
    apart = table - table[:, [int(mean.argmin())]]
    error = apart.std(axis=0, ddof=1) / np.sqrt(len(table))
    rows = zip(strengths, mean, apart.mean(axis=0), error, strict=True)
    return pd.DataFrame(rows, columns=columns)


def _told(
    design: Design,
    y: FloatArray,
    fold: tuple[IntArray, IntArray],
    strengths: Sequence[float],
) -> list[float]:
    """Return the log loss of each strength on the rows that were not learned from."""
    train, test = fold
    fitted = _path(design.at(train), y[train], strengths)
    return [_loss(x, design.at(test), y[test], inf)[0] for x in fitted]


def _scored(design: Design, theta: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the score of each row and how it moves with each weight, shape (n_rows, n_metrics)."""
    weight = theta @ design.member
    applied = (design.applies * theta) @ design.member
    there = applied > 0
    safe = np.where(there, applied, 1.0)
    mean = ((design.scores * theta) @ design.member) / safe
    whole = there @ weight
    score = (mean * there) @ weight / whole
    of_component = there * (mean - score[:, None]) / whole[:, None]
    of_metric = (there * weight / safe / whole[:, None])[:, design.component]
    inner = of_metric * design.applies * (design.scores - mean[:, design.component])
    return score, of_component[:, design.component] + inner


def _loss(
    x: FloatArray, design: Design, y: FloatArray, strength: float
) -> tuple[float, FloatArray]:
    """Return the loss and its gradient; ``x``: shares over prior ones, intercept, slope."""
    ratio, base, slope = x[:-2], x[-2], x[-1]
    score, moves = _scored(design, design.prior * ratio)
    points = (score - 50.0) / _POINTS
    logit = base - slope * points
    loss = float(np.mean(np.logaddexp(0.0, logit) - y * logit))
    off = (expit(logit) - y) / len(y)
    pull = 0.0 if np.isinf(strength) else strength
    gradient = -slope / _POINTS * (off @ moves) * design.prior
    gradient = gradient + 2.0 * pull * design.prior * (ratio - 1.0)
    loss += pull * float(design.prior @ (ratio - 1.0) ** 2)
    return loss, np.concatenate([gradient, [off.sum(), -(off @ points)]])


def _path(design: Design, y: FloatArray, strengths: Sequence[float]) -> list[FloatArray]:
    """Return the best weights at each strength, the strongest first, each from the one before."""
    n_metrics = len(design.prior)
    rate = y.mean()
    x = np.concatenate([np.ones(n_metrics), [np.log(rate / (1 - rate)), 1.0]])
    found = []
    for strength in strengths:
        held = (1.0, 1.0) if np.isinf(strength) else (_LEAST, None)
        bounds = [held] * n_metrics + [(None, None), (_LEAST_SLOPE, None)]
        done = minimize(
            _loss,
            x,
            args=(design, y, strength),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": _MOST_STEPS},
        )
        x = np.asarray(done.x, dtype=float)
        found.append(x)
    return found
