"""What every source hands over: rows as they are, with their place in the source."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from .places import Places
from .plaintext import displayed

__all__ = ["RawTable", "Rejected", "Source", "stack"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row so broken that it has no columns.

    Parameters
    ----------
    row : int
        Place in the source, counted from 0.
    rule : str
    text : str
        The row as it stands in the file.
    """

    row: int
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class RawTable:
    """Rows of one source table in whatever types the source has.

    Parameters
    ----------
    table : pyarrow.Table
        Columns under their names in the source.
    rows : Places
        Place of each row in the source, counted from 0.
    rejected : tuple of Rejected
    """

    table: pa.Table
    rows: Places
    rejected: tuple[Rejected, ...] = ()

    @classmethod
    def whole(cls, table: pa.Table, rejected: tuple[Rejected, ...] = ()) -> "RawTable":
        """Count the rows of a table, leaving out the places of the rejected ones.

        Parameters
        ----------
        table : pyarrow.Table
        rejected : tuple of Rejected

        Returns
        -------
        RawTable

        Examples
        --------
        >>> RawTable.whole(pa.table({"a": [1, 2]}), (Rejected(0, "broken", "x"),)).rows.bound
        3
        """
        bound = table.num_rows + len(rejected)
        return cls(table, Places.without(bound, [lost.row for lost in rejected]), rejected)


class Source(Protocol):
    """Something that has tables."""

    @property
    def label(self) -> str:
        """How messages call it; without credentials."""

    def names(self) -> tuple[str, ...]:
        """Return the names of its tables."""

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the column names of one table, in order, repeated if they repeat."""

    def read(self, name: str, columns: tuple[str, ...]) -> RawTable:
        """Return these columns of one table."""

    def pieces(self, name: str, columns: tuple[str, ...]) -> Iterator[RawTable]:
        """Return these columns of one table piece by piece, in order, each counted from 0."""

    def close(self) -> None:
        """Let go of files and connections."""


def stack(parts: list[pa.Table], columns: tuple[str, ...]) -> pa.Table:
    """Put the parts of one table below each other; types that do not agree become text.

    Parameters
    ----------
    parts : list of pyarrow.Table
        Not empty; a part may lack columns.
    columns : tuple of str
        Columns of the result, each in at least one part.

    Returns
    -------
    pyarrow.Table

    Examples
    --------
    >>> stack([pa.table({"a": [1]}), pa.table({"a": ["x"]})], ("a",)).column("a").to_pylist()
    ['1', 'x']
    """
    try:
        whole = pa.concat_tables(parts, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        whole = pa.concat_tables([_as_text(part) for part in parts], promote_options="default")
    return whole.select(list(columns))


def _as_text(table: pa.Table) -> pa.Table:
    texts = [pa.array(displayed(column), pa.string()) for column in table.columns]
    return pa.table(texts, names=table.column_names)
