"""Columns that have to be computed from several of the source, by expressions that DuckDB runs.

An expression is data, like all settings: it sees the rows of its own table and nothing else, no
file, no network and no other table.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.plain_text import plain
from ..errors import SchemaError
from ..schema.tables import Column, Kind
from .coerce import read_column

__all__ = ["columns_in", "computed"]


_READ = re.compile(r'\b(number|moment|flag)\s*\(\s*"((?:[^"]|"")+)"\s*\)', re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')
_TEXT = re.compile(r"'(?:[^']|'')*'")
_BARE = re.compile(r"[^\W\d]\w*")
_KINDS: Mapping[str, Kind] = {"number": "number", "moment": "time", "flag": "flag"}
_CLOSED = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "threads": "1",
}
_CHANCE_AND_CLOCK = frozenset(
    {
        *("now", "today", "current_date", "current_time", "current_timestamp", "localtimestamp"),
        *("get_current_timestamp", "get_current_time", "localtime", "transaction_timestamp"),
        *("random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "setseed", "age"),
    }
)
"""Words that give another answer tomorrow; the same data always has to give the same result."""


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


def computed(table: pa.Table, formulas: Mapping[str, str], key: str) -> dict[str, pa.ChunkedArray]:
    """Compute columns row by row.

    Parameters
    ----------
    table : pyarrow.Table
        The source columns that the expressions read; text where the source is text.
        ``number("x")``, ``moment("x")`` and ``flag("x")`` read a column as the contract reads
        numbers, times and truth values.
    formulas : mapping of str to str
        Expressions of DuckDB by the name of the column they give.
    key : str
        Of the settings, as messages name it.

    Returns
    -------
    dict of str to pyarrow.ChunkedArray, each of shape (n_rows,)

    Raises
    ------
    SchemaError
        If an expression is none, or does not fit the values.

    Examples
    --------
    >>> table = pa.table({"Price": ["1,200.50", "10"], "seats": ["2", "3"]})
    >>> computed(table, {"mrr": 'number("Price") * number("seats")'}, "x")["mrr"].to_pylist()
    [2401.0, 30.0]
    """
    with duckdb.connect(":memory:", config=dict(_CLOSED)) as link:
        link.execute("SET TimeZone = 'UTC'; SET lock_configuration = true")
        for name, formula in formulas.items():
            _check_single(formula, f"{key}.{name}")
        link.register("rows", _with_readings(table, formulas.values()))
        return {name: _column(link, formula, f"{key}.{name}") for name, formula in formulas.items()}


def _column(link: duckdb.DuckDBPyConnection, formula: str, key: str) -> pa.ChunkedArray:
    query = f'SELECT ({_READ.sub(_reading_of, formula)}) AS "value" FROM rows'
    try:
        values = link.sql(query).to_arrow_table()["value"]
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise SchemaError(
            f"Setting `tables.{key}`: {formula!r} cannot be computed: {reason}"
        ) from None
    if pa.types.is_decimal(values.type):
        values = pc.cast(values, pa.float64())
    return plain(values)


def _check_single(formula: str, key: str) -> None:
    """Refuse what is not one expression, or asks for chance or the clock."""
    said = _QUOTED.sub("", _TEXT.sub("", formula)).lower()
    asked = sorted(_CHANCE_AND_CLOCK.intersection(_BARE.findall(said)))
    if asked:
        raise SchemaError(
            f"Setting `tables.{key}`: {asked[0]!r} gives another answer each time, and the same "
            f"data has to give the same result; got {formula!r}."
        )
    try:
        statements = duckdb.extract_statements(f"SELECT ({formula})")
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise SchemaError(
            f"Setting `tables.{key}`: {formula!r} is no expression: {reason}"
        ) from None
    if len(statements) != 1:
        raise SchemaError(f"Setting `tables.{key}` must be one expression, got {formula!r}.")


def _with_readings(table: pa.Table, formulas: Iterable[str]) -> pa.Table:
    """Add the columns that expressions read as numbers, times or truth values."""
    for kind, column in dict.fromkeys(_readings(formulas)):
        read = read_column(Column(column, _KINDS[kind]), table[column])
        table = table.append_column(_hidden(kind, column), read.column)
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
