"""What a reader should know of the models behind a scoring: hindsight, and inputs that moved."""

from collections.abc import Mapping, Sequence

import pandas as pd

from ...training.registry.artifact import PROBABILITY, FittedModel

__all__ = ["drift_notes", "hindsight_notes"]

# An input whose distribution moved by so much, or that so many more accounts lack, is named.
_FAR_MOVED, _FAR_MISSING, _MOST_NAMED = 0.4, 0.4, 3


def hindsight_notes(models: Sequence[FittedModel], as_of: pd.Timestamp) -> list[str]:
    """Say of which estimates the model had learned from what happened after the date.

    Parameters
    ----------
    models : sequence of FittedModel
        Those that did.
    as_of : Timestamp

    Returns
    -------
    list of str
    """
    return [
        f"{PROBABILITY[model.target]} is hindsight: its model learned from what happened up to "
        f"{model.learned_until[:10]}, after {as_of:%Y-%m-%d}. For what could be known on that date "
        "use `churngrid backtest`."
        for model in models
    ]


def drift_notes(drift: Mapping[str, pd.DataFrame]) -> list[str]:
    """Name the inputs that lie far from training, at most three a model.

    Parameters
    ----------
    drift : mapping of str to DataFrame
        Per target, as ``drift_of`` gives it.

    Returns
    -------
    list of str

    Examples
    --------
    >>> columns = ["column", "moved", "missing_then", "missing_now"]
    >>> drift_notes({"churn": pd.DataFrame([("seats", 0.6, 0.0, 0.0)], columns=columns)})
    ['1 of 1 inputs of p_churn lies far from what it learned from: seats. Train again if it lasts.']
    """
    notes = []
    for target, found in drift.items():
        gone = found["missing_now"] - found["missing_then"] > _FAR_MISSING
        far = found[gone | (found["moved"] > _FAR_MOVED)]
        if len(far):
            verb = "lies" if len(far) == 1 else "lie"
            told = ", ".join(far["column"].head(_MOST_NAMED))
            rest = f" and {len(far) - _MOST_NAMED:,} more" if len(far) > _MOST_NAMED else ""
            notes.append(
                f"{len(far):,} of {len(found):,} inputs of {PROBABILITY[target]} {verb} far from "
                f"what it learned from: {told}{rest}. Train again if it lasts."
            )
    return notes
