"""What a table of the contract and each of its columns say of themselves."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Column", "Kind", "Known", "TableSpec"]


Kind = Literal["id", "text", "number", "flag", "time", "list"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table.

    Parameters
    ----------
    name : str
    kind : {"id", "text", "number", "flag", "time", "list"}
        ``list`` is text whose parts are separated by ``|``.
    required : bool
        A row without a value goes to the quarantine; a table without the column is unusable.
    choices : tuple of str
        The admitted values in lower case; empty when any value is.
    personal : bool
        Hashed when read, because it can name a person.
    history : bool
        The column changes over time, so a source without history shows today's value.
    whole : bool
        A required column that a table may lack as a whole; what it would tell is then unknown.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    personal: bool = False
    history: bool = False
    whole: bool = False

    @property
    def demanded(self) -> bool:
        """Whether no table is of use without the column."""
        return self.required and not self.whole


@dataclass(frozen=True, slots=True)
class Known:
    """What stands in for a missing ``known_at``: the first filled column, plus a delay."""

    columns: tuple[str, ...]
    delay_us: int = 0


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One canonical table.

    Parameters
    ----------
    name : str
    meaning : str
        What a row says.
    columns : tuple of Column
    key : tuple of str
        Two rows with the same key are a duplicate.
    happened_at : str
        Column that says when the row took place.
    known : Known
        Fall-back for rows without ``known_at``.
    entity : tuple of str
        What successive rows are versions of; empty when every row is an event of its own.
    version : tuple of str
        Columns that order the versions of an entity, oldest first.
    stale_after_days : int or None
        Silence of the whole table after which its feed can count as broken; a table that delivers
        seldom may be silent for longer, by its own rhythm. None when it may be silent for ever.
    bulky : bool
        Whether the table grows with every use of the product, so that it is read piece by piece
        and keeps its texts as codes.
    money : tuple of str
        Columns that hold the money of a row; the first one delivered counts.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    happened_at: str
    known: Known
    entity: tuple[str, ...] = ()
    version: tuple[str, ...] = ("known_at",)
    stale_after_days: int | None = None
    bulky: bool = False
    money: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the declaration of one column.

        Parameters
        ----------
        name : str

        Returns
        -------
        Column

        Raises
        ------
        KeyError
            If the table has no such column.

        Examples
        --------
        >>> from .tables import table_spec
        >>> table_spec("accounts").column("account_id").kind
        'id'
        """
        return {column.name: column for column in self.columns}[name]
