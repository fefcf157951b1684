"""The trial of learned weights: learned on earlier dates, measured on later ones.

Both scorecards are measured as they are used, with caps and variants, on the same accounts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

from ...features.arrays.array_types import FloatArray, IntArray
from ...features.scores.health_score import score_health
from ...features.scores.scorecard import Scorecard
from ..dataset.dataset import Dataset
from ..dataset.temporal_splits import Fold, check_honesty, out_of_time
from ..evaluation.scorers import Difference, paired_difference
from ..models.catalogue import GATES, gate
from .learned_weights import hand_set_shares, learn_shares, metric_scores, plain_rows, with_shares
from .success_criteria import Judged, book_of, judge

__all__ = ["MEASURED_BY", "Trial", "try_weights"]


MEASURED_BY = ("log_loss", "roc_auc")
"""Scorers by which the two are compared; the first decides."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Learned weights beside the hand-set ones.

    Parameters
    ----------
    hand_set, learned : Scorecard
        They differ in their weights alone.
    weights : DataFrame
        ``component``, ``metric``, ``hand_set``, ``learned`` (shares of the whole score, adding up
        to 1) and ``known`` (share of the learning rows in which the metric applies).
    strength : float
        How strongly the weights were drawn to the hand-set ones; infinite where those are kept.
    losses : DataFrame
        See ``Learned``.
    learned_through, measured_from, measured_through : Timestamp
        Newest date learned from, first and last date measured on.
    learned_parents, churned_parents, measured_parents : int
        Parent accounts learned from, those of them that churned, and those measured on.
    differences : dict of str to Difference
        By scorer; plus means that the learned weights are better.
    judged : dict of str to tuple of Judged
        The criteria on the later dates, for ``hand_set`` and ``learned``.
    """

    hand_set: Scorecard
    learned: Scorecard
    weights: pd.DataFrame
    strength: float
    losses: pd.DataFrame
    learned_through: pd.Timestamp
    measured_from: pd.Timestamp
    measured_through: pd.Timestamp
    learned_parents: int
    churned_parents: int
    measured_parents: int
    differences: dict[str, Difference]
    judged: dict[str, tuple[Judged, ...]]

    @property
    def better(self) -> bool:
        """Whether the learned weights are better beyond noise."""
        return self.differences[MEASURED_BY[0]].low > 0

    @property
    def recommendation(self) -> str:
        """What to do with the learned weights, and why."""
        found = self.differences[MEASURED_BY[0]]
        between = (
            f"improvement of the log loss on later dates {found.value:.4f}, between "
            f"{found.low:.4f} and {found.high:.4f}, {found.n_accounts:,} accounts resampled"
        )
        if self.better:
            return (
                f"The learned weights are better beyond noise ({between}). Read them before you "
                "use them."
            )
        return (
            f"The learned weights are not better beyond noise ({between}). Keep the hand-set "
            f"weights.{self._order}"
        )

    @property
    def _order(self) -> str:
        """What to say where the learned weights only put accounts in a better order."""
        found = self.differences["roc_auc"]
        if found.low <= 0:
            return ""
        return (
            f" They do put accounts in a better order (ROC AUC up by {found.value:.3f}, between "
            f"{found.low:.3f} and {found.high:.3f}), so try again with more history."
        )


def try_weights(dataset: Dataset, scorecard: Scorecard, *, seed: int = 0) -> Trial:
    """Learn weights on earlier dates and measure them on later ones, beside the hand-set weights.

    Parameters
    ----------
    dataset : Dataset
    scorecard : Scorecard
        The hand-set weights.
    seed : int
        Of the resampling.

    Returns
    -------
    Trial
        Rows to which a variant gives other weights are measured, but nothing is learned from them.

    Raises
    ------
    ValueError
        If the history is too short to be cut in two, too few accounts left or stayed in the earlier
        part, or nobody left in the later one.
    LeakageError
        If a label learned from was not certain before the first date that is measured.
    """
    scores = score_health(dataset.features, scorecard).scores["chs"]
    kept = dataset.labelled("churn") & scores.notna().to_numpy()
    rows = dataset.labels[kept].reset_index()
    y = rows["churned"].to_numpy(dtype=float)
    parents = dataset.parent[kept].to_numpy(dtype=object)
    fold = out_of_time(rows, parents, n_folds=1)[0]
    check_honesty([fold], rows, parents)
    points = metric_scores(dataset.features, scorecard)[kept]
    usable = plain_rows(dataset.features, scorecard)[kept] & points.notna().any(axis=1).to_numpy()
    train = fold.train[usable[fold.train]]
    churned = _enough(y, parents, fold, train)
    found = learn_shares(points.iloc[train], y[train], parents[train], scorecard=scorecard)
    card = with_shares(scorecard, found.shares)
    both = {"hand_set": scores, "learned": score_health(dataset.features, card).scores["chs"]}
    return Trial(
        hand_set=scorecard,
        learned=card,
        weights=_weights(scorecard, card, points.iloc[train]),
        strength=found.strength,
        losses=found.losses,
        learned_through=fold.train_through,
        measured_from=fold.test_from,
        measured_through=fold.test_through,
        learned_parents=len(set(parents[train])),
        churned_parents=churned,
        measured_parents=len(set(parents[fold.test])),
        differences=_differences([one[kept] for one in both.values()], y, parents, fold, seed),
        judged={
            name: _judged_later(dataset, chs, scorecard, fold, seed) for name, chs in both.items()
        },
    )


def _enough(y: FloatArray, parents: npt.NDArray[np.object_], fold: Fold, train: IntArray) -> int:
    """Return how many parent accounts churned in the earlier part, if there are enough."""
    left, stayed = (len(set(parents[train][y[train] == value])) for value in (1, 0))
    if gate(left, stayed).kind == "rule":
        needed = next(one for one in GATES if one.kind == "additive")
        raise ValueError(
            f"The weights cannot be learned: up to {fold.train_through:%Y-%m-%d} only {left:,} "
            f"parent accounts churned and {stayed:,} stayed; at least {needed.churned} and "
            f"{needed.retained} are needed. Keep the hand-set weights."
        )
    if not y[fold.test].any():
        raise ValueError(
            f"The learned weights cannot be measured: no account with a score churned from "
            f"{fold.test_from:%Y-%m-%d} on. Deliver a longer history, or keep the hand-set weights."
        )
    return left


def _weights(hand_set: Scorecard, learned: Scorecard, points: pd.DataFrame) -> pd.DataFrame:
    before, after = hand_set_shares(hand_set), hand_set_shares(learned)
    homes = {p.metric: name for name, part in hand_set.components.items() for p in part.metrics}
    return pd.DataFrame(
        {
            "component": [homes[str(name)] for name in before.index],
            "metric": before.index,
            "hand_set": before.to_numpy(),
            "learned": after[before.index].to_numpy(),
            "known": points[before.index].notna().mean().to_numpy(),
        }
    )


def _differences(
    scores: list[pd.Series],
    y: FloatArray,
    parents: npt.NDArray[np.object_],
    fold: Fold,
    seed: int,
) -> dict[str, Difference]:
    """Return by how much the second score is better than the first, where there are both."""
    known = np.logical_and.reduce([score.notna().to_numpy() for score in scores])
    train, test = fold.train[known[fold.train]], fold.test[known[fold.test]]
    before, after = (_chance(score.to_numpy(dtype=float), y, train)[test] for score in scores)
    return {
        name: paired_difference(
            y[test], after, before, groups=parents[test], scorer=name, seed=seed
        )
        for name in MEASURED_BY
    }


def _chance(score: FloatArray, y: FloatArray, train: IntArray) -> FloatArray:
    """Read a score as a probability, as the earlier dates say it is to be read."""
    points = np.nan_to_num(score)[:, None] / 10.0
    fitted = LogisticRegression(C=np.inf).fit(points[train], y[train])
    return np.asarray(fitted.predict_proba(points)[:, 1], dtype=float)


def _judged_later(
    dataset: Dataset, chs: pd.Series, scorecard: Scorecard, fold: Fold, seed: int
) -> tuple[Judged, ...]:
    book = book_of(dataset, chs)
    later = book[book["as_of"] >= fold.test_from]
    return judge(later, bands=scorecard.bands, success=scorecard.success, seed=seed)
