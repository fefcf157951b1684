"""When to train again: one ordered table of rules, each with its sentence."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.schema.conditions import Condition
from .realised import Pooled

__all__ = ["RULES", "Finding", "RetrainRule", "facts_for", "found_by"]


@dataclass(frozen=True, slots=True)
class RetrainRule:
    """Something that speaks for training again.

    Parameters
    ----------
    name : str
    when : Condition
        Over the facts of ``facts_for``.
    says : str
        Why, with facts in braces.
    """

    name: str
    when: Condition
    says: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that holds, and why."""

    rule: str
    says: str


def _rule(**fields: object) -> Condition:
    return Condition.model_validate(fields)


_ENOUGH = {"field": "left", "at_least": 10}

RULES: tuple[RetrainRule, ...] = (
    RetrainRule(
        "calibration",
        _rule(all=[_ENOUGH, {"field": "outside", "above": 0}]),
        "Of the newest closed scoring {newest_left:.0f} accounts left where {expected:.0f} were "
        "expected, which chance does not explain ({expected_low:.0f} to {expected_high:.0f}).",
    ),
    RetrainRule(
        "no_better_than_base_rate",
        _rule(all=[_ENOUGH, {"field": "gain_high", "below": 0}]),
        "The estimates are worse than the base rate beyond noise: log-loss higher by "
        "{gain_worse:.3f}.",
    ),
    RetrainRule(
        "ranking",
        _rule(all=[_ENOUGH, {"field": "roc_auc_high", "below": 0.6}]),
        "The estimates hardly rank: AUC at most {roc_auc_high:.2f}.",
    ),
    RetrainRule(
        "inputs_moved",
        _rule(field="moved_share", at_least=0.2),
        "{moved_share:.0%} of the inputs lay far from training in two scorings running.",
    ),
    RetrainRule(
        "inputs_missing",
        _rule(field="missing_share", at_least=0.1),
        "{missing_share:.0%} of the inputs are missing for many more accounts than in training, "
        "in two scorings running. Restore what delivers them, or train without.",
    ),
    RetrainRule(
        "scores_moved",
        _rule(field="score_psi", at_least=0.25),
        "The estimates themselves are distributed otherwise than at first (PSI {score_psi:.2f}) in "
        "two scorings running.",
    ),
    RetrainRule(
        "age",
        _rule(field="age_days", above=365),
        "The model has been in use for {age_days:.0f} days.",
    ),
)
"""Every rule that holds is told; any of them says: train again."""


def facts_for(runs: pd.DataFrame, pooled: Pooled) -> dict[str, float]:
    """Return what the rules look at, for the models that score now.

    Parameters
    ----------
    runs : DataFrame
        One row a stored scoring, the oldest first, as ``RUNS`` declares it.
    pooled : Pooled
        Of the newest model version.

    Returns
    -------
    dict of str to float
        NaN where something is not known. What moved counts only as far as it did in each of the
        two newest scorings by these models.
    """
    version = runs["model_version"].iloc[-1]
    mine = runs[runs["model_version"] == version]
    # What a model says of dates before it knew enough to say it then is not use of it.
    used = mine[mine["hindsight"] < mine["estimated"]]
    last = used.tail(2)
    shares = last["inputs"].where(last["inputs"] > 0).astype(float)
    lasting = len(last) == 2
    facts = {
        "left": float(pooled.left),
        "roc_auc_high": pooled.roc_auc_high,
        "gain_high": pooled.gain.high if pooled.gain else np.nan,
        "gain_worse": -pooled.gain.value if pooled.gain else np.nan,
        "moved_share": (last["inputs_moved"] / shares).min() if lasting else np.nan,
        "missing_share": (last["inputs_missing"] / shares).min() if lasting else np.nan,
        "score_psi": last["score_psi"].min(skipna=False) if lasting else np.nan,
        "age_days": (used["as_of"].max() - used["as_of"].min()) / pd.Timedelta(days=1),
        "outside": np.nan,
    }
    closed = mine[mine["closed"] > 0]
    if len(closed) and version:
        newest = closed.iloc[-1]
        facts |= {name: float(newest[name]) for name in ("expected_low", "expected_high")}
        facts |= {"expected": float(newest["expected"]), "newest_left": float(newest["left"])}
        within = facts["expected_low"] <= facts["newest_left"] <= facts["expected_high"]
        facts["outside"] = float(not within)
    return {name: float(value) for name, value in facts.items()}


def found_by(facts: Mapping[str, float]) -> tuple[Finding, ...]:
    """Return the rules that hold, in their order.

    Parameters
    ----------
    facts : mapping of str to float
        As ``facts_for`` gives them.

    Returns
    -------
    tuple of Finding
        Empty where nothing speaks for training again.
    """
    frame = pd.DataFrame([dict(facts)])
    return tuple(
        Finding(rule.name, rule.says.format(**facts)) for rule in RULES if rule.when.holds(frame)[0]
    )
