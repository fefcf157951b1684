"""What a view holds for the engine: its keys, clocks, numbers and attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from ..arrays.array_types import BoolArray, CodeArray, IntArray
from ..schema.tables import table_spec
from ..schema.tableset import Tables

__all__ = ["Attributes", "PairAttribute", "ViewData", "collected_columns"]


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is said of the values of one text column.

    Parameters
    ----------
    by : str
        The text column.
    table : pyarrow.Table
        One row for each of the column's ``Texts.names``, in that order, and a last one, empty,
        for rows without a value.
    """

    by: str
    table: pa.Table


@dataclass(frozen=True, slots=True)
class PairAttribute:
    """What is said elsewhere of a thing inside an account, such as the department of a user.

    Parameters
    ----------
    column : str
        Name of the further column.
    by : str
        The text column that names the thing.
    names : pyarrow.Array of string
        The different values.
    pair : ndarray of int64, shape (n_pairs,)
        Code of the account times the number of different things, plus code of the thing; sorted.
    value : ndarray of int32, shape (n_pairs,)
        Place of each pair's value in ``names``.
    known : ndarray of int64, shape (n_pairs,)
        When it became known; a fact known before says nothing of it.
    """

    column: str
    by: str
    names: pa.Array
    pair: IntArray
    value: CodeArray
    known: IntArray

    def codes(
        self, account: CodeArray, thing: CodeArray, n_things: int, known: IntArray
    ) -> CodeArray:
        """Return the place of each fact's value in ``names``, -1 where there is none."""
        pair = account.astype(np.int64) * n_things + thing
        place = np.minimum(np.searchsorted(self.pair, pair), max(len(self.pair) - 1, 0))
        if not len(self.pair):
            return np.full(len(pair), -1, np.int32)
        said = (self.pair[place] == pair) & (thing >= 0) & (self.known[place] <= known)
        return np.where(said, self.value[place], np.int32(-1)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class ViewData:
    """The rows of a view and the columns its sources really had.

    Parameters
    ----------
    table : pyarrow.Table
    collected : frozenset of str
    attributes : Attributes or None
        Further columns, looked up by one of the table's.
    days : mapping of str to str
        Further columns: the day of a time column.
    ones : frozenset of str
        Further columns that are 1 in every row.
    beside : PairAttribute or None
        A further column, looked up by account and one of the table's.
    counted : ndarray of bool, shape (n_rows,), or None
        Rows that are facts; the others only show that the feed delivers. None when all are.
    """

    table: pa.Table
    collected: frozenset[str]
    attributes: Attributes | None = None
    days: Mapping[str, str] = field(default_factory=dict)
    ones: frozenset[str] = frozenset()
    beside: PairAttribute | None = None
    counted: BoolArray | None = None


def collected_columns(tables: Tables, name: str) -> frozenset[str]:
    """Return the columns that a source delivered; all, where nobody says which.

    Parameters
    ----------
    tables : Tables
    name : str
        Of a canonical table.

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> sorted(collected_columns(Tables({}, {"seats": frozenset({"quantity"})}), "seats"))
    ['quantity']
    """
    everything = frozenset(column.name for column in table_spec(name).columns)
    return frozenset(tables.collected.get(name, everything))
