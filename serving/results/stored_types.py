"""Results as they are stored: five column types that files and databases share.

Text, number, whole number, flag and time (UTC, to the microsecond). A column without any value has
no type yet and takes the one of the first value that comes.
"""

from collections.abc import Callable, Mapping

import pandas as pd
import pyarrow as pa

from ...features.errors import ArtifactError, SchemaError
from .words import SLOTS

__all__ = ["as_of_dates", "merged", "restored", "storable"]


_TIME = pa.timestamp("us", tz="UTC")

_STORED_AS: tuple[tuple[Callable[[pa.DataType], bool], pa.DataType], ...] = (
    (pa.types.is_null, pa.null()),
    (pa.types.is_string, pa.string()),
    (pa.types.is_large_string, pa.string()),
    (pa.types.is_boolean, pa.bool_()),
    (pa.types.is_integer, pa.int64()),
    (pa.types.is_floating, pa.float64()),
    (pa.types.is_decimal, pa.float64()),
    (pa.types.is_timestamp, _TIME),
    (pa.types.is_date, _TIME),
)

_IN_WORDS = {
    pa.string(): "text",
    pa.bool_(): "flags",
    pa.int64(): "whole numbers",
    pa.float64(): "numbers",
    _TIME: "times",
}


def storable(frame: pd.DataFrame, *, name: str) -> pa.Table:
    """Return a table of results in the types that can be stored.

    Parameters
    ----------
    frame : DataFrame
        The index is left out; times without a zone are taken for UTC.
    name : str
        Of the table, for messages.

    Returns
    -------
    pyarrow.Table
        Same columns and rows; NaN is null.

    Raises
    ------
    SchemaError
        If a column mixes types or holds something else, such as lists.

    Examples
    --------
    >>> storable(pd.DataFrame({"rank": [1], "text": ["a"]}), name="drivers").schema.types
    [DataType(int64), DataType(string)]
    """
    columns = {str(column): _stored(frame[column], name) for column in frame.columns}
    return pa.table(columns)


def restored(table: pa.Table) -> pd.DataFrame:
    """Return stored rows as a frame, in an order that does not depend on where they were stored.

    Parameters
    ----------
    table : pyarrow.Table

    Returns
    -------
    DataFrame
        By as_of and account, then by target and rank or by the precedence of the slots; times in
        UTC. Empty, with all columns, if there are no rows.

    Examples
    --------
    >>> restored(pa.table({"account_id": ["b", "a"]}))["account_id"].tolist()
    ['a', 'b']
    """
    columns = {field.name: _plain(table[field.name]) for field in table.schema}
    frame: pd.DataFrame = pa.table(columns).to_pandas()
    keys = [key for key in ("as_of", "account_id", "target", "rank", "slot") if key in columns]
    return frame.sort_values(keys, ignore_index=True, key=_precedence) if keys else frame


def as_of_dates(tables: Mapping[str, pa.Table]) -> list[pd.Timestamp]:
    """Return the as-of dates that any of the tables of results has rows of.

    Parameters
    ----------
    tables : mapping of str to pyarrow.Table
        By name, as ``storable`` returns them.

    Returns
    -------
    list of Timestamp
        The oldest first; empty for tables without rows.

    Raises
    ------
    SchemaError
        If one has no such column, or a row without a date.

    Examples
    --------
    >>> as_of_dates({"plays": pa.table({"as_of": pa.array([0], pa.timestamp("us", tz="UTC"))})})
    [Timestamp('1970-01-01 00:00:00+0000', tz='UTC')]
    """
    return sorted({date for name, table in tables.items() for date in _dates(table, name)})


def merged(stored: pa.Schema, incoming: pa.Schema, *, name: str) -> pa.Schema:
    """Return the columns that hold both the stored and the incoming rows.

    Parameters
    ----------
    stored, incoming : pyarrow.Schema
        Types as ``storable`` gives them.
    name : str
        Of the table, for messages.

    Returns
    -------
    pyarrow.Schema
        Stored columns first.

    Raises
    ------
    ArtifactError
        If a column has values of different types in the two.

    Examples
    --------
    >>> old, new = pa.schema({"cmi": pa.null()}), pa.schema({"cmi": pa.float64()})
    >>> merged(old, new, name="scores").types
    [DataType(double)]
    """
    types = {field.name: field.type for field in stored}
    for field in incoming:
        before = types.get(field.name, pa.null())
        types[field.name] = _common(before, field.type, f"Column `{field.name}` of `{name}`")
    return pa.schema(types)


def _dates(table: pa.Table, name: str) -> list[pd.Timestamp]:
    if "as_of" not in table.column_names:
        raise SchemaError(f"Table `{name}` needs a column `as_of`; it has {table.column_names}.")
    dates = table["as_of"]
    if dates.null_count:
        raise SchemaError(f"Column `as_of` of `{name}` is empty in {dates.null_count} rows.")
    if table.num_rows and dates.type != _TIME:
        raise SchemaError(f"Column `as_of` of `{name}` must hold times, got {_words(dates.type)}.")
    return [pd.Timestamp(date) for date in dates.unique().to_pylist()]


def _stored(column: pd.Series, name: str) -> pa.ChunkedArray:
    place = f"Column `{column.name}` of `{name}`"
    try:
        plain = pa.array(_without_zone(column), from_pandas=True) if len(column) else pa.nulls(0)
        values = pa.chunked_array([plain])
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        kind = next((kind for holds, kind in _STORED_AS if holds(values.type)), None)
        if column.name == "as_of" and kind == pa.null():
            kind = _TIME
        # Only what is finer than a microsecond is cut off; a number that does not fit is an error.
        fitting = values if kind is None else values.cast(kind, safe=kind != _TIME)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError) as error:
        raise SchemaError(f"{place} cannot be stored: {error}") from error
    if kind is None:
        raise SchemaError(
            f"{place} must hold text, numbers, flags or times, got {str(values.type)!r}."
        )
    return fitting


def _without_zone(column: pd.Series) -> pd.Series:
    """Return times in UTC without saying so, which is how Arrow takes them from pandas."""
    zoned = isinstance(column.dtype, pd.DatetimeTZDtype)
    return column.dt.tz_convert(None) if zoned else column


def _plain(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give a column without values a type that all places read alike, and times one zone."""
    if pa.types.is_null(values.type):
        return values.cast(pa.string())
    return values.cast(_TIME) if pa.types.is_timestamp(values.type) else values


def _precedence(column: pd.Series) -> pd.Series:
    if column.name != "slot":
        return column
    places = {slot: place for place, slot in enumerate(SLOTS)}
    return column.map(places).astype(float)


def _common(stored: pa.DataType, incoming: pa.DataType, place: str) -> pa.DataType:
    if stored == incoming or pa.types.is_null(incoming):
        return stored
    if pa.types.is_null(stored):
        return incoming
    if {stored, incoming} == {pa.int64(), pa.float64()}:
        return pa.float64()
    raise ArtifactError(
        f"{place} holds {_words(stored)} in the stored history and {_words(incoming)} now. "
        "Write to another place, or move the old history away."
    )


def _words(kind: pa.DataType) -> str:
    return _IN_WORDS.get(kind, str(kind))
