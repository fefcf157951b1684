"""Tables that are already in memory: pandas data frames and Arrow tables by name."""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..arrays.table_forms import arrow_table
from .files.workbook import REMARKS
from .raw_rows import RawTable

__all__ = ["FrameSource"]


class FrameSource:
    """Tables given as a mapping from name to data frame.

    Parameters
    ----------
    frames : mapping of str to DataFrame or pyarrow Table
        Of pandas, whose indexes are ignored, of polars, or of anything else that hands out its
        columns by Arrow's interface.
    label : str
        How messages call it.

    Raises
    ------
    TypeError
        If a value is neither.

    Examples
    --------
    >>> source = FrameSource({"accounts": pd.DataFrame({"account_id": ["a"]})})
    >>> source.columns("accounts")
    ('account_id',)
    """

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame | pa.Table],
        *,
        label: str = "the data frames given",
    ) -> None:
        self.label = label
        self._frames = {str(name): _columnar(frame, name) for name, frame in frames.items()}

    def names(self) -> tuple[str, ...]:
        """Return the names of the frames."""
        return tuple(self._frames)

    def denied(self) -> tuple[str, ...]:
        """Return nothing: whatever is there may be read."""
        return ()

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the column names of one frame."""
        frame = self._frames[name]
        names = frame.columns if isinstance(frame, pd.DataFrame) else frame.column_names
        return tuple(str(column) for column in names)

    def read(self, name: str, columns: tuple[str, ...]) -> RawTable:
        """Return these columns of one frame; the frame itself is left alone."""
        frame = self._frames[name]
        if isinstance(frame, pa.Table):
            return RawTable.whole(frame.select(list(columns)))
        places = {str(column): place for place, column in enumerate(frame.columns)}
        arrays = [_to_arrow(frame.iloc[:, places[column]]) for column in columns]
        remarks = tuple(map(str, frame.attrs.get(REMARKS, ())))
        return RawTable.whole(pa.table(arrays, names=list(columns)), remarks=remarks)

    def pieces(self, name: str, columns: tuple[str, ...]) -> Iterator[RawTable]:
        """Return these columns of one frame as one piece: they are in memory already."""
        yield self.read(name, columns)

    def close(self) -> None:
        """Do nothing: the frames belong to the caller."""


def _columnar(frame: Any, name: str) -> pd.DataFrame | pa.Table:
    """Return a frame as it is, or the Arrow table that it hands out."""
    if isinstance(frame, pd.DataFrame | pa.Table):
        return frame
    if not hasattr(frame, "__arrow_c_stream__"):
        raise TypeError(
            f"`data[{name!r}]` must be a pandas or polars DataFrame or an Arrow table, "
            f"got {type(frame).__name__!r}."
        )
    return arrow_table(frame)


def _to_arrow(values: pd.Series) -> pa.ChunkedArray:
    """One column; where its values are of several types, their text."""
    try:
        converted = _texts(values) if _is_mixed(values) else pa.Array.from_pandas(values)
    except (ValueError, TypeError, OverflowError, NotImplementedError):
        converted = _texts(values)
    return converted if isinstance(converted, pa.ChunkedArray) else pa.chunked_array([converted])


def _is_mixed(values: pd.Series) -> bool:
    """Arrow would read a number among dates as a date."""
    if values.dtype != object:
        return False
    kinds = set(map(type, values.tolist()))
    if len(kinds) > 1:
        kinds = {type(value) for value in values.tolist() if not _is_missing(value)}
    return len(kinds) > 1 and not kinds <= {int, float}


def _texts(values: pd.Series) -> pa.Array:
    return pa.array([_to_bytes(value) for value in values.tolist()], pa.binary())


def _to_bytes(value: Any) -> bytes | None:
    """Text of one value as bytes, since it need not be valid Unicode."""
    if _is_missing(value):
        return None
    if isinstance(value, bytes):
        return value
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return "|".join(str(item) for item in value).encode("utf-8", "surrogatepass")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).encode("utf-8", "surrogatepass")


def _is_missing(value: Any) -> bool:
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, float) and math.isnan(value)
