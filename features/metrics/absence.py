"""Why a number is missing: four states that must not be mixed up."""

from enum import IntEnum

import pandas as pd

__all__ = ["Absence", "gave_numbers"]


class Absence(IntEnum):
    """What stands behind a value.

    Examples
    --------
    >>> Absence.NOT_COLLECTED.label
    'not_collected'
    """

    PRESENT = 0
    NOT_APPLICABLE = 1
    NOT_COLLECTED = 2
    NO_EVENT_YET = 3
    STALE_OR_FAILED = 4

    @property
    def label(self) -> str:
        """The state in lower case, as it is written to files."""
        return self.name.lower()


def gave_numbers(states: pd.DataFrame) -> pd.Series:
    """Say which metrics have, or had until their feed fell silent, a number for somebody.

    Parameters
    ----------
    states : DataFrame
        ``Absence`` of each account (row) and metric (column).

    Returns
    -------
    Series of bool
        By metric; False throughout for no accounts. That nothing has happened yet is no number:
        a metric which never had one cannot be lost.

    Examples
    --------
    >>> gave_numbers(pd.DataFrame({"users": [0, 2], "goals": [3, 2]})).tolist()
    [True, False]
    """
    return states.isin([Absence.PRESENT, Absence.STALE_OR_FAILED]).any()
