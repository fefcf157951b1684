"""What every source hands over: rows as they are, with their place in the source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from ..arrays.array_types import BoolArray, IntArray
from ..arrays.plain_text import displayed

__all__ = ["Places", "RawTable", "Rejected", "Source", "stack"]


@dataclass(frozen=True, slots=True)
class Places:
    """Ascending whole numbers from 0, some left out.

    Parameters
    ----------
    count : int
        How many numbers there are.
    gaps : ndarray of int64
        Those left out, ascending, all below ``count + len(gaps)``.

    Examples
    --------
    >>> Places(3, np.array([1])).at(np.array([0, 1, 2])).tolist()
    [0, 2, 3]
    """

    count: int
    gaps: IntArray

    @classmethod
    def upto(cls, count: int) -> "Places":
        """Return all numbers below a bound."""
        return cls(count, np.zeros(0, dtype=np.int64))

    @classmethod
    def without(cls, bound: int, gaps: Sequence[int]) -> "Places":
        """Return all numbers below a bound but some."""
        return cls(bound - len(gaps), np.sort(np.asarray(gaps, dtype=np.int64)))

    @classmethod
    def joined(cls, parts: "Sequence[Places]") -> "Places":
        """Return the numbers of parts that follow each other, each counted on from the last."""
        start, gaps = 0, [np.zeros(0, dtype=np.int64)]
        for part in parts:
            gaps.append(part.gaps + start)
            start += part.bound
        return cls(sum(part.count for part in parts), np.concatenate(gaps))

    @property
    def bound(self) -> int:
        """One more than the last number there could be."""
        return self.count + len(self.gaps)

    def at(self, positions: IntArray) -> IntArray:
        """Return the numbers at some positions.

        Parameters
        ----------
        positions : ndarray of int64
            From 0 to ``count - 1``.

        Returns
        -------
        ndarray of int64
        """
        if not len(self.gaps):
            return np.asarray(positions, dtype=np.int64)
        passed = self.gaps - np.arange(len(self.gaps))
        return positions + np.searchsorted(passed, positions, side="right")

    def kept(self, mask: BoolArray) -> "Places":
        """Return the numbers whose positions are marked.

        Parameters
        ----------
        mask : ndarray of bool, shape (count,)

        Returns
        -------
        Places
        """
        lost = self.at(np.flatnonzero(~mask))
        return Places(self.count - len(lost), np.sort(np.concatenate([self.gaps, lost])))

    def among(self, outer: "Places") -> "Places":
        """Return the numbers of ``outer`` at these places."""
        lost = outer.at(self.gaps[self.gaps < outer.count])
        return Places(self.count, np.sort(np.concatenate([outer.gaps, lost])))


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
    remarks : tuple of str
        What a reader of the file should know, such as lines left out above the column names.
    """

    table: pa.Table
    rows: Places
    rejected: tuple[Rejected, ...] = ()
    remarks: tuple[str, ...] = ()

    @classmethod
    def whole(
        cls,
        table: pa.Table,
        rejected: tuple[Rejected, ...] = (),
        remarks: tuple[str, ...] = (),
    ) -> "RawTable":
        """Count the rows of a table, leaving out the places of the rejected ones.

        Parameters
        ----------
        table : pyarrow.Table
        rejected : tuple of Rejected
        remarks : tuple of str

        Returns
        -------
        RawTable

        Examples
        --------
        >>> RawTable.whole(pa.table({"a": [1, 2]}), (Rejected(0, "broken", "x"),)).rows.bound
        3
        """
        bound = table.num_rows + len(rejected)
        places = Places.without(bound, [lost.row for lost in rejected])
        return cls(table, places, rejected, remarks)


class Source(Protocol):
    """Something that has tables."""

    @property
    def label(self) -> str:
        """How messages call it; without credentials."""

    def names(self) -> tuple[str, ...]:
        """Return the names of its tables."""

    def denied(self) -> tuple[str, ...]:
        """Return the names of tables that are there and may not be read."""

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
