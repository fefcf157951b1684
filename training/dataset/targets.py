"""What can be learned: each target with its label, its weights and, where it ships, its names."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

__all__ = ["TARGETS", "Target", "TargetName", "known_target", "learned_of_itself", "target_of"]

TargetName = Literal["churn", "expansion", "contraction"]
"""Names of ``TARGETS``."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that models learn to predict.

    Parameters
    ----------
    name : {"churn", "expansion", "contraction"}
    label : str
        Column of ``labels`` that tells whether it came.
    closes : str
        Column of ``labels`` that tells from when the label is certain.
    once_a_decision : bool
        Whether rows count so that a decision counts once, however often it was looked at;
        otherwise every row counts alike.
    probability : str
        Column of the results with the estimate.
    registered : str
        Name of its models in the registry.
    came : str
        What accounts with the outcome did, in one or two words.
    least : int
        Accounts with the outcome from which on it is learned without being asked for.
    """

    name: TargetName
    label: str
    closes: str
    once_a_decision: bool
    probability: str
    registered: str
    came: str
    least: int = 0


_SHIPPED = (
    Target("churn", "churned", "closes_at", True, "p_churn", "churngrid-churn", "churned"),
    Target(
        name="expansion",
        label="expanded",
        closes="growth_closes_at",
        once_a_decision=False,
        probability="p_expand",
        registered="churngrid-expansion",
        came="expanded",
    ),
    Target(
        name="contraction",
        label="contracted",
        closes="growth_closes_at",
        once_a_decision=False,
        probability="p_contract",
        registered="churngrid-contraction",
        came="cut back",
        least=100,
    ),
)

TARGETS: dict[TargetName, Target] = {target.name: target for target in _SHIPPED}
"""All that is learned, in the order in which it is learned and shown."""


def learned_of_itself(labels: pd.DataFrame) -> tuple[TargetName, ...]:
    """Return the targets that are learned where nobody names any.

    Parameters
    ----------
    labels : DataFrame
        Index (account_id, as_of), one column a target's label (nullable boolean).

    Returns
    -------
    tuple of str
        In the order of ``TARGETS``: those of which enough accounts had the outcome.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("a", 1), ("b", 1)], names=["account_id", "as_of"])
    >>> learned_of_itself(pd.DataFrame({"contracted": [True, None]}, index, dtype="boolean"))
    ('churn', 'expansion')
    """
    return tuple(name for name, target in TARGETS.items() if _often_enough(labels, target))


def _often_enough(labels: pd.DataFrame, target: Target) -> bool:
    if not target.least:
        return True
    came = labels[target.label].fillna(False).to_numpy(dtype=bool)
    return int(labels.index[came].get_level_values("account_id").nunique()) >= target.least


def target_of(name: str) -> TargetName:
    """Return the name of a target as such.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> target_of("churn")
    'churn'
    """
    for target in TARGETS:
        if name == target:
            return target
    raise ValueError(f"Targets are {sorted(TARGETS)}, got {name!r}.")


def known_target(name: str) -> Target | None:
    """Return the declaration of a target.

    Parameters
    ----------
    name : str

    Returns
    -------
    Target or None
        None for a target of one's own, which has a column of ``labels`` and nothing else.

    Examples
    --------
    >>> known_target("churn").label, known_target("outcome")
    ('churned', None)
    """
    return next((target for target in _SHIPPED if target.name == name), None)
