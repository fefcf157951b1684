"""What settings may say of a flat table: its columns in words, its money, plays for its reasons."""

from typing import Literal

from pydantic import Field

from .yaml_base_model import Declared

__all__ = ["FlatPlay", "FlatSettings", "FlatWords"]


class FlatWords(Declared):
    """How a column of a flat table is spoken of.

    Parameters
    ----------
    label : str
        In place of the column's name.
    unit : str
        After its numbers.
    direction : {"+", "-", ""}
        Whether more is good (+) or bad (-) for the customer staying; the model keeps to it.
    """

    label: str = ""
    unit: str = ""
    direction: Literal["+", "-", ""] = ""


class FlatPlay(Declared):
    """What to do where a column is a strong reason for the risk.

    Parameters
    ----------
    name : str
    when : str
        Column that has to be a reason for the risk.
    is_one_of : list of str
        Values that it has to hold; any when empty.
    at_least, at_most : float or None
        Range that its number has to lie in.
    action : str
    owner : str
    due_days : int
    """

    name: str
    when: str
    is_one_of: list[str] = Field(default_factory=list)
    at_least: float | None = None
    at_most: float | None = None
    action: str
    owner: str = "CSM"
    due_days: int = Field(default=14, ge=0, le=365)


class FlatSettings(Declared):
    """A flat table with a flag of the outcome.

    Parameters
    ----------
    target, id, date, positive : str or None
        As on the command line, which has the last word.
    keep : list of str
        Columns that are inputs although they look as if they knew the outcome.
    money : str or None
        Column with what the customer pays in ``money_per``; ARR at risk follows from it.
    money_per : {"month", "year"}
    columns : dict of str to FlatWords
    plays : list of FlatPlay
        The first three whose condition holds.
    """

    target: str | None = None
    id: str | None = None
    date: str | None = None
    positive: str | None = None
    keep: list[str] = Field(default_factory=list)
    money: str | None = None
    money_per: Literal["month", "year"] = "year"
    columns: dict[str, FlatWords] = Field(default_factory=dict)
    plays: list[FlatPlay] = Field(default_factory=list)

    @property
    def monotone(self) -> dict[str, int]:
        """Direction of each column towards the outcome: more of what is good lowers it."""
        signs = {"+": -1, "-": 1}
        return {
            name: signs[words.direction] for name, words in self.columns.items() if words.direction
        }
