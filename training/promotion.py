"""Whether a new model takes over: compared with the base rate and the champion, fairly."""

import numpy as np
import pandas as pd

from .artifact import FittedModel
from .backtest import Backtest
from .dataset import Dataset
from .scorers import Difference, paired_difference
from .takeover import Decision, decide

__all__ = ["promote"]

_SEED = 20_170_611
_KEYS = ["account_id", "as_of"]


def promote(
    dataset: Dataset,
    backtest: Backtest,
    champion: FittedModel | None,
) -> Decision:
    """Decide the alias of a freshly trained model.

    Parameters
    ----------
    dataset : Dataset
    backtest : Backtest
        Of the new model: its out-of-time predictions stand for it.
    champion : FittedModel or None
        The present one.

    Returns
    -------
    Decision

    Notes
    -----
    Against the champion only those rows count whose as-of date lies a whole label window after
    everything the champion was trained on; the new model's predictions there come from folds that
    were trained before them.
    """
    shipped = backtest.predictions[backtest.predictions["shipped"]]
    base = backtest.predictions[backtest.predictions["model"] == "base_rate"]
    if backtest.kind == "base_rate":
        return Decision("challenger", "It is the base rate itself: too little history for a model.")
    return decide(_gain(shipped, base), _gain_over(champion, dataset, shipped))


def _gain(new: pd.DataFrame, other: pd.DataFrame) -> Difference:
    both = new.merge(other[[*_KEYS, "p"]], on=_KEYS, suffixes=("", "_other"))
    return paired_difference(
        both["label"].to_numpy(),
        both["p"].to_numpy(),
        both["p_other"].to_numpy(),
        groups=both["account_id"].to_numpy(dtype=object),
        seed=_SEED,
    )


def _gain_over(
    champion: FittedModel | None, dataset: Dataset, shipped: pd.DataFrame
) -> Difference | None:
    if champion is None:
        return None
    window = pd.Timedelta(days=champion.lead_days + champion.horizon_days)
    later = shipped[shipped["as_of"] >= pd.Timestamp(champion.trained_through) + window]
    if later["label"].nunique() < 2 or not _readable(champion, dataset):
        return None
    rows = dataset.X.loc[pd.MultiIndex.from_frame(later[_KEYS])]
    return _gain(later, later.assign(p=champion.predict_p(rows)))


def _readable(champion: FittedModel, dataset: Dataset) -> bool:
    """Say whether the champion's inputs are still there; after a renaming they are not."""
    return bool(np.isin(list(champion.columns), dataset.X.columns).all())
