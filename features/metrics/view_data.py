"""What a view holds for the engine: its keys, clocks, numbers and attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

__all__ = ["Attributes", "ViewData"]


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
    """

    table: pa.Table
    collected: frozenset[str]
    attributes: Attributes | None = None
    days: Mapping[str, str] = field(default_factory=dict)
    ones: frozenset[str] = frozenset()
