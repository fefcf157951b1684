"""Whether a new model takes over: compared with the base rate and the champion, fairly."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..dataset.dataset import Dataset
from ..evaluation.backtest import Backtest
from ..evaluation.scorers import SEED, Difference, paired_difference
from .artifact import FittedModel

__all__ = ["Decision", "Rivalry", "decide", "promote"]


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


@dataclass(frozen=True)
class Rivalry:
    """What is known of the present champion beside a new model, on rows that neither learned from.

    Parameters
    ----------
    gain : Difference or None
        By how much the new model is better; None if there is no such row.
    over_base : Difference or None
        By how much the champion is better than the base rate there.
    usable : bool
        Whether the champion's inputs are still there.
    """

    gain: Difference | None = None
    over_base: Difference | None = None
    usable: bool = True


def decide(over_base: Difference, rivalry: Rivalry | None) -> Decision:
    """Return whether a new model becomes the champion: on evidence only.

    It has to be better than the base rate, the interval of the improvement lying above zero, and
    better than the champion in the same way. A champion whose inputs are gone, or that is itself
    no better than the base rate on the newer rows, gives way to a model that is.

    Parameters
    ----------
    over_base : Difference
        New model against the base rate, out of time.
    rivalry : Rivalry or None
        New model against the champion; None if there is no champion.

    Returns
    -------
    Decision

    Examples
    --------
    >>> better, worse = Difference(0.1, 0.05, 0.2, 80), Difference(-0.2, -0.3, -0.1, 80)
    >>> decide(better, None).alias, decide(Difference(0.1, -0.01, 0.2, 80), None).alias
    ('champion', 'challenger')
    >>> decide(better, Rivalry(gain=worse, over_base=better)).alias
    'challenger'
    """
    if over_base.low <= 0:
        return Decision(
            "challenger", f"Not better than the base rate beyond noise: {_words(over_base)}."
        )
    better = f"Better than the base rate: {_words(over_base)}"
    if rivalry is None:
        return Decision("champion", f"{better}; no champion to compare with.")
    if not rivalry.usable:
        return Decision("champion", f"{better}; inputs of the champion are no longer there.")
    if rivalry.gain is None:
        return Decision(
            "challenger",
            f"{better}; the champion stays, for no row is newer than what it learned from.",
        )
    return _against(rivalry.gain, rivalry.over_base)


def _against(gain: Difference, champion: Difference | None) -> Decision:
    if gain.low > 0:
        return Decision("champion", f"Better than the champion beyond noise: {_words(gain)}.")
    if champion is not None and champion.value <= 0:
        return Decision(
            "champion",
            f"The champion is no longer better than the base rate: {_words(champion)}.",
        )
    return Decision("challenger", f"Not better than the champion beyond noise: {_words(gain)}.")


def _words(difference: Difference) -> str:
    way = "lower" if difference.value > 0 else "higher" if difference.value < 0 else "different"
    return (
        f"log-loss {way} by {abs(difference.value):.4f} "
        f"(improvement between {difference.low:.4f} and {difference.high:.4f}, "
        f"{difference.n_accounts} accounts)"
    )


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
    Against the champion only those rows count whose as-of date lies after everything the champion
    was trained on had become certain; the new model's predictions there come from folds that were
    trained before them.
    """
    shipped = backtest.predictions[backtest.predictions["shipped"]]
    base = backtest.predictions[backtest.predictions["model"] == "base_rate"]
    if backtest.kind == "base_rate":
        return Decision("challenger", "It is the base rate itself: nothing was better.")
    return decide(_gain(shipped, base), _rivalry(champion, dataset, shipped, base))


def _gain(new: pd.DataFrame, other: pd.DataFrame) -> Difference:
    both = new.merge(other[[*_KEYS, "p"]], on=_KEYS, suffixes=("", "_other"))
    return paired_difference(
        both["label"].to_numpy(),
        both["p"].to_numpy(),
        both["p_other"].to_numpy(),
        groups=both["account_id"].to_numpy(dtype=object),
        weight=both["weight"].to_numpy(),
        seed=SEED,
    )


def _rivalry(
    champion: FittedModel | None, dataset: Dataset, shipped: pd.DataFrame, base: pd.DataFrame
) -> Rivalry | None:
    if champion is None:
        return None
    # After a renaming the champion can no longer be asked.
    if not np.isin(list(champion.columns), dataset.X.columns).all():
        return Rivalry(usable=False)
    later = shipped[shipped["as_of"] >= pd.Timestamp(champion.learned_until)]
    if later["label"].nunique() < 2:
        return Rivalry()
    rows = dataset.X.loc[pd.MultiIndex.from_frame(later[_KEYS])]
    old = later.assign(p=champion.predict_p(rows))
    return Rivalry(gain=_gain(later, old), over_base=_gain(old, base))
