"""Why nothing came of a stored scoring yet, or never will."""

from dataclasses import dataclass

import pandas as pd

from ...features.schema.conditions import Condition

__all__ = ["REASONS", "OpenReason", "open_because"]


@dataclass(frozen=True, slots=True)
class OpenReason:
    """What is said of a scoring for which a condition on its counts holds."""

    when: Condition
    says: str


def _rule(**fields: object) -> Condition:
    return Condition.model_validate(fields)


REASONS: tuple[OpenReason, ...] = (
    OpenReason(_rule(field="closed", above=0), ""),
    OpenReason(_rule(field="estimated", at_most=0), "nothing was estimated"),
    OpenReason(
        _rule(field="foresight", at_most=0),
        "its estimates are hindsight: the model had learned from what came after this date",
    ),
    OpenReason(_rule(otherwise=True), "no outcome is certain yet"),
)
"""In order: the first whose condition holds is said."""


def open_because(runs: pd.DataFrame) -> list[str]:
    """Say of each stored scoring why none of its estimates is held against an outcome.

    Parameters
    ----------
    runs : DataFrame
        ``closed``, ``estimated`` and ``hindsight``: how many estimates have a certain outcome, how
        many there are, and how many of them knew too much.

    Returns
    -------
    list of str
        Empty where there are outcomes.

    Examples
    --------
    >>> counts = {"closed": [0, 0], "estimated": [9, 9], "hindsight": [9, 0]}
    >>> [says[:21] for says in open_because(pd.DataFrame(counts))]
    ['its estimates are hin', 'no outcome is certain']
    """
    counts = runs.assign(foresight=runs["estimated"] - runs["hindsight"])
    held = [reason.when.holds(counts) for reason in REASONS]
    first = pd.DataFrame(held).to_numpy().argmax(axis=0)
    return [REASONS[place].says for place in first]
