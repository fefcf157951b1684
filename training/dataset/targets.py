"""What can be learned and is shown: each target with its label, its weights and its names."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["TARGETS", "Target", "TargetName", "known_target", "target_of"]

TargetName = Literal["churn", "expansion"]
"""Names of ``TARGETS``; what has no model of its own yet is not among them."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that models learn to predict.

    Parameters
    ----------
    name : str
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
    """

    name: TargetName
    label: str
    closes: str
    once_a_decision: bool
    probability: str
    registered: str


TARGETS: dict[TargetName, Target] = {
    target.name: target
    for target in (
        Target("churn", "churned", "closes_at", True, "p_churn", "churngrid-churn"),
        Target(
            "expansion", "expanded", "growth_closes_at", False, "p_expand", "churngrid-expansion"
        ),
    )
}
"""All targets, in the order in which they are learned and shown."""


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
    return next((target for target in TARGETS.values() if target.name == name), None)
