"""Whether a new model takes over: compared with the base rate and the champion, fairly."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..dataset.dataset import Dataset
from ..evaluation.backtest import Backtest
from ..evaluation.scorers import Difference, paired_difference
from .artifact import FittedModel

__all__ = ["Decision", "decide", "promote"]


@dataclass(frozen=True)
class Decision:
    """Whether a new model takes over.

    Parameters
    ----------
    alias : {"champion", "challenger"}
    reason : str
        One sentence.
    """

    alias: Literal["champion", "challenger"]
    reason: str


def decide(over_base: Difference, over_old: Difference | None) -> Decision:
    """Return whether a new model becomes the champion.

    It does unless it is not better than the base rate, or worse than the present champion beyond
    noise. A tie goes to the new one: it knows the newer rows.

    Parameters
    ----------
    over_base : Difference
        New model against the base rate, out of time.
    over_old : Difference or None
        New model against the champion, on rows later than the training rows of both; None if
        there is no champion or no such row.

    Returns
    -------
    Decision

    Examples
    --------
    >>> decide(Difference(0.1, 0.05, 0.2, 80), None).alias
    'champion'
    >>> decide(Difference(0.1, 0.05, 0.2, 80), Difference(-0.2, -0.3, -0.1, 80)).alias
    'challenger'
    """
    if over_base.value <= 0:
        return Decision("challenger", f"Not better than the base rate: {_words(over_base)}.")
    if over_old is None:
        return Decision(
            "champion",
            f"Better than the base rate: {_words(over_base)}; no champion to compare with.",
        )
    if over_old.high < 0:
        return Decision("challenger", f"Worse than the champion beyond noise: {_words(over_old)}.")
    return Decision("champion", f"Not worse than the champion beyond noise: {_words(over_old)}.")


def _words(difference: Difference) -> str:
    way = "lower" if difference.value > 0 else "higher" if difference.value < 0 else "different"
    return (
        f"log-loss {way} by {abs(difference.value):.4f} "
        f"(improvement between {difference.low:.4f} and {difference.high:.4f}, "
        f"{difference.n_accounts} accounts)"
    )


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
