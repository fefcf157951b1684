"""Why a number is missing: four states that must not be mixed up."""

from enum import IntEnum

__all__ = ["Absence"]


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
