"""Whether reasons stay: the strongest of each account after training again, and a date earlier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.metrics.catalogue import by_column
from ...features.metrics.metric import Metric
from ..dataset.dataset import Dataset
from ..models.catalogue import Model, ProbabilityModel
from .candidates import fit_candidate, lesson_of
from .scorers import SEED

__all__ = ["Stability", "owner_of_inputs", "reason_stability"]

_TOP, _MOST_ACCOUNTS, _KEPT = 3, 500, 0.9
_REFITS = 2


@dataclass(frozen=True, slots=True)
class Stability:
    """How far the strongest reasons of accounts stay the same.

    Parameters
    ----------
    after_training : float
        Mean share of an account's three strongest reasons that are among its three strongest again
        when the model learns once more from nine of ten accounts, drawn with another seed; NaN
        where nothing was trained again.
    a_date_earlier : float
        The same for the reasons of the as-of date before; NaN with one date.
    accounts : int
        Of the newest date that were looked at.
    """

    after_training: float
    a_date_earlier: float
    accounts: int

    @property
    def says(self) -> str:
        """One sentence."""
        parts = [
            f"{share:.0%} {words}"
            for share, words in (
                (self.after_training, "stay after training again on nine of ten accounts"),
                (self.a_date_earlier, "were among them on the as-of date before"),
            )
            if not np.isnan(share)
        ]
        if not parts:
            return "Stability of reasons: not known."
        return (
            f"Of the {_TOP} strongest reasons of each of {self.accounts:,} accounts, "
            f"{' and '.join(parts)}."
        )


def owner_of_inputs(metrics: Sequence[Metric]) -> dict[str, str]:
    """Return the metric that each input is a variant of, by input.

    Parameters
    ----------
    metrics : sequence of Metric

    Returns
    -------
    dict of str to str
    """
    return {name: metric.column for name, metric in by_column(metrics).items()}


def reason_stability(
    dataset: Dataset,
    target: str,
    model: Model,
    fitted: ProbabilityModel,
    *,
    owners: Mapping[str, str],
    refits: int = _REFITS,
) -> Stability:
    """Say how far the strongest reasons stay the same.

    Parameters
    ----------
    dataset : Dataset
    target : {"churn", "expansion", "contraction"}
    model : Model
        The kind that is trained again.
    fitted : ProbabilityModel
        The one that ships.
    owners : mapping of str to str
        Metric that each input is a variant of; inputs that are not named stand for themselves.
    refits : int
        How often it is trained again; 0 costs nothing.

    Returns
    -------
    Stability
    """
    as_of = dataset.X.index.get_level_values("as_of")
    dates = as_of.unique().sort_values()
    newest = dataset.X[as_of == dates[-1]].head(_MOST_ACCOUNTS)
    shipped = _top(fitted, newest, owners)
    again = [
        _shared(shipped, _top(_trained_again(dataset, target, model, number), newest, owners))
        for number in range(refits)
    ]
    return Stability(
        after_training=float(np.mean(again)) if again else float("nan"),
        a_date_earlier=_a_date_earlier(dataset.X, dates, newest, shipped, fitted, owners),
        accounts=len(newest),
    )


def _trained_again(dataset: Dataset, target: str, model: Model, number: int) -> ProbabilityModel:
    parents = dataset.parent[dataset.labelled(target)].to_numpy(dtype=object)
    every = np.unique(parents)
    rng = np.random.default_rng([SEED, number])
    kept = rng.choice(every, size=max(int(_KEPT * len(every)), 1), replace=False)
    return fit_candidate(model, lesson_of(dataset, target, np.flatnonzero(np.isin(parents, kept))))


def _a_date_earlier(
    X: pd.DataFrame,
    dates: pd.Index,
    newest: pd.DataFrame,
    shipped: pd.DataFrame,
    fitted: ProbabilityModel,
    owners: Mapping[str, str],
) -> float:
    if len(dates) < 2:
        return float("nan")
    ids = newest.index.get_level_values("account_id")
    before = X[X.index.get_level_values("as_of") == dates[-2]]
    there = ids.isin(before.index.get_level_values("account_id"))
    if not there.any():
        return float("nan")
    earlier = before.droplevel("as_of").loc[ids[there]]
    return _shared(shipped[there], _top(fitted, earlier, owners))


def _top(fitted: ProbabilityModel, X: pd.DataFrame, owners: Mapping[str, str]) -> pd.DataFrame:
    """Return which metrics are the strongest of each row, one column each."""
    names = list(fitted.encoding.names)
    values = fitted.contributions(X[names])[:, :-1]
    shares = pd.DataFrame(values, columns=names)
    merged = shares.T.groupby([owners.get(name, name) for name in names]).sum().T
    size = merged.abs().to_numpy(dtype=float)
    # A model without inputs has no reasons, and then no least of the strongest either.
    cut = -np.sort(-size, axis=1)[:, :_TOP][:, -1:]
    strongest = (size >= cut if size.size else False) & (size > 0)
    return pd.DataFrame(strongest, columns=merged.columns)


def _shared(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Return the mean share of the first rows' metrics that the second have, too."""
    other = second.reindex(columns=first.columns, fill_value=False).to_numpy(dtype=bool)
    own = first.to_numpy(dtype=bool)
    told = own.sum(axis=1)
    kept = told > 0
    return float(((own & other).sum(axis=1)[kept] / told[kept]).mean()) if kept.any() else 1.0
