"""What can be learned: each target with its label, its weights and, where it ships, its names."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["TARGETS", "TRIED", "Target", "TargetName", "known_target", "target_of", "tried_of"]

TargetName = Literal["churn", "expansion"]
"""Names of ``TARGETS``."""


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
        Column of the results with the estimate; empty where none is shown.
    registered : str
        Name of its models in the registry; empty where none ships.
    """

    name: str
    label: str
    closes: str
    once_a_decision: bool
    probability: str = ""
    registered: str = ""


TARGETS: dict[TargetName, Target] = {
    "churn": Target("churn", "churned", "closes_at", True, "p_churn", "churngrid-churn"),
    "expansion": Target(
        "expansion", "expanded", "growth_closes_at", False, "p_expand", "churngrid-expansion"
    ),
}
"""What ships, in the order in which it is learned and shown."""

TRIED: dict[str, Target] = {
    **{target.name: target for target in TARGETS.values()},
    "contraction": Target("contraction", "contracted", "growth_closes_at", False),
}
"""What a backtest can be made of; forecasts take contraction by rates of the past."""


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


def tried_of(name: str) -> str:
    """Return the name of a target that a backtest can be made of.

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
    >>> tried_of("contraction")
    'contraction'
    """
    if name not in TRIED:
        raise ValueError(f"Targets are {sorted(TRIED)}, got {name!r}.")
    return name


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
    return TRIED.get(name)
