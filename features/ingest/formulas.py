"""Columns that have to be computed from several of the source, by expressions that DuckDB runs.

An expression is data, like all settings: it sees the rows of its own table and nothing else, no
file, no network and no other table.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.plain_text import plain
from ..errors import SchemaError
from ..schema.table_declaration import Column, Kind
from .coerce import currencies_of, read_amounts, read_column

__all__ = ["columns_in", "computed"]


_READ = re.compile(r'\b(number|moment|flag|currency)\s*\(\s*"((?:[^"]|"")+)"\s*\)', re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')
_TEXT = re.compile(r"'(?:[^']|'')*'")
_BARE = re.compile(r"[^\W\d]\w*")
_KINDS: Mapping[str, Kind] = {"number": "number", "moment": "time", "flag": "flag"}
_CLOSED = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "threads": "1",
}
_CLOCKS = frozenset(
    [
        *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"),
        *("current_user", "user", "session_user", "age"),
    ]
)
"""Names that mean a call without brackets, or that ask the clock if given one argument."""


def columns_in(formula: str, present: Iterable[str]) -> tuple[str, ...]:
    """Return the source columns that an expression reads.

    Parameters
    ----------
    formula : str
    present : iterable of str
        The columns that there are.

    Returns
    -------
    tuple of str
        Those in double quotes, whether they are there or not, and bare words that are columns.

    Examples
    --------
    >>> columns_in('number("Unit Price") * seats', ["Unit Price", "seats", "plan"])
    ('Unit Price', 'seats')
    """
    said = _TEXT.sub("", formula)
    quoted = [name.replace('""', '"') for name in _QUOTED.findall(said)]
    words = {word.lower() for word in _BARE.findall(_QUOTED.sub("", said))}
    bare = [name for name in present if name.lower() in words]
    return tuple(dict.fromkeys([*quoted, *bare]))


def computed(
    table: pa.Table, formulas: Mapping[str, str], key: str, faults: list[str] | None = None
) -> dict[str, pa.ChunkedArray]:
    """Compute columns row by row.

    Parameters
    ----------
    table : pyarrow.Table
        The source columns that the expressions read; text where the source is text.
        ``number("x")``, ``moment("x")`` and ``flag("x")`` read a column as the contract reads
        numbers, times and truth values; ``currency("x")`` gives what the sign beside an amount
        means.
    formulas : mapping of str to str
        Expressions of DuckDB by the name of the column they give.
    key : str
        Of the settings, as messages name it.
    faults : list of str, optional
        Is given a sentence for each expression that some rows cannot be put into.

    Returns
    -------
    dict of str to pyarrow.ChunkedArray, each of shape (n_rows,)

    Raises
    ------
    SchemaError
        If an expression is none, or fits the values of no row. A row that it does not fit has no
        value.

    Examples
    --------
    >>> table = pa.table({"Price": ["1,200.50", "10"], "seats": ["2", "3"]})
    >>> computed(table, {"mrr": 'number("Price") * number("seats")'}, "x")["mrr"].to_pylist()
    [2401.0, 30.0]
    """
    with duckdb.connect(":memory:", config=dict(_CLOSED)) as link:
        link.execute("SET TimeZone = 'UTC'; SET lock_configuration = true")
        for name, formula in formulas.items():
            _check_single(link, formula, f"{key}.{name}")
        link.register("rows", _with_readings(table, formulas.values()))
        return {
            name: _column(link, formula, f"{key}.{name}", table.num_rows, faults)
            for name, formula in formulas.items()
        }


def _column(
    link: duckdb.DuckDBPyConnection,
    formula: str,
    key: str,
    n_rows: int,
    faults: list[str] | None,
) -> pa.ChunkedArray:
    expression = f"({_READ.sub(_reading_of, formula)})"
    try:
        values = _values(link, expression)
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        values = _where_possible(link, expression)
        if values is None:
            raise SchemaError(
                f"Setting `tables.{key}`: {formula!r} cannot be computed: {reason}"
            ) from None
        if faults is not None:
            faults.append(
                f"`{key}` cannot be computed for every row, which then has none: {reason}"
            )
    if len(values) != n_rows:
        raise SchemaError(
            f"Setting `tables.{key}`: {formula!r} must give one value for each of {n_rows} rows, "
            f"got {len(values)}; do not reckon over all rows together."
        )
    if pa.types.is_decimal(values.type):
        values = pc.cast(values, pa.float64())
    return plain(values)


def _values(link: duckdb.DuckDBPyConnection, expression: str) -> pa.ChunkedArray:
    return link.sql(f'SELECT {expression} AS "value" FROM rows').to_arrow_table()["value"]


def _where_possible(link: duckdb.DuckDBPyConnection, expression: str) -> pa.ChunkedArray | None:
    """Return the values of the rows that an expression fits; None if it fits none."""
    try:
        values = _values(link, f"TRY({expression})")
    except duckdb.Error:
        return None
    return values if values.null_count < len(values) else None


def _check_single(link: duckdb.DuckDBPyConnection, formula: str, key: str) -> None:
    """Refuse what is not one expression of the row, or asks for chance or the clock."""
    asked = link.execute("SELECT json_serialize_sql(?)", [f"SELECT (\n{formula}\n)"])
    tree = json.loads(asked.fetchall()[0][0])
    if tree["error"]:
        reason = str(tree["error_message"]).strip().splitlines()[0]
        raise SchemaError(f"Setting `tables.{key}`: {formula!r} is no expression: {reason}")
    node = tree["statements"][0]["node"]
    if len(tree["statements"]) != 1 or len(node.get("select_list", ())) != 1 or not formula.strip():
        raise SchemaError(f"Setting `tables.{key}` must be one expression, got {formula!r}.")
    unsteady = sorted(_called(node) & _unsteady(link))
    if unsteady:
        raise SchemaError(
            f"Setting `tables.{key}`: {unsteady[0]!r} gives another answer each time or several, "
            f"and the same data has to give one and the same result; got {formula!r}."
        )


def _called(tree: Any) -> set[str]:
    """Return the functions that a parsed expression calls, with brackets or without."""
    found: set[str] = set()
    if isinstance(tree, dict):
        if tree.get("class") == "FUNCTION":
            found.add(str(tree["function_name"]).lower())
        elif tree.get("class") == "COLUMN_REF":
            found |= {str(tree["column_names"][-1]).lower()} & _CLOCKS
    for inner in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(inner, dict | list):
            found |= _called(inner)
    return found


def _unsteady(link: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the functions whose answer does not follow from the row alone."""
    named = link.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() "
        "WHERE stability <> 'CONSISTENT' OR function_type IN ('table', 'pragma', 'table_macro')"
    )
    return {name for (name,) in named.fetchall()} | _CLOCKS


def _with_readings(table: pa.Table, formulas: Iterable[str]) -> pa.Table:
    """Add the columns that expressions read as numbers, times, truth values or currencies."""
    asked = tuple(dict.fromkeys(_readings(formulas)))
    for kind, column in asked:
        if kind == "currency":
            read = currencies_of(table[column])
        elif kind == "number" and ("currency", column) in asked:
            read = read_amounts(table[column])
        else:
            read = read_column(Column(column, _KINDS[kind]), table[column]).column
        table = table.append_column(_hidden(kind, column), read)
    return table


def _readings(formulas: Iterable[str]) -> Iterator[tuple[str, str]]:
    for formula in formulas:
        for kind, column in _READ.findall(formula):
            yield kind.lower(), column.replace('""', '"')


def _reading_of(found: re.Match[str]) -> str:
    hidden = _hidden(found[1].lower(), found[2].replace('""', '"')).replace('"', '""')
    return f'"{hidden}"'


def _hidden(kind: str, column: str) -> str:
    return f"{kind} of {column}"
