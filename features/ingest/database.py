"""Tables in a DuckDB file or behind a database URL, opened for reading only.

Names are always quoted and no statement contains a value from outside. Neither messages nor the
exceptions behind them contain a password.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ..addresses import public_address, told_by_driver
from ..errors import SchemaError
from .raw_rows import RawTable

__all__ = [
    "DatabaseSource",
    "open_duckdb",
    "open_postgres",
    "quoted",
]


_DUCKDB_COLUMNS = """
SELECT table_schema, table_name, column_name, '' AS type_name, '' AS category,
       table_schema = current_schema() AS visible, true AS readable
FROM information_schema.columns
WHERE table_catalog = current_database()
ORDER BY visible DESC, table_schema, table_name, ordinal_position
"""

_POSTGRES_COLUMNS = """
SELECT n.nspname::text, c.relname::text, a.attname::text, t.typname::text, t.typcategory::text,
       n.nspname = ANY(current_schemas(false)) AS visible,
       has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY visible DESC, n.nspname, c.relname, a.attnum
"""

LOCK_SECONDS = 60
"""How long reading waits for a table that somebody has locked."""

_POSTGRES_SET_UP = (
    # One snapshot for all tables, in the order in which the rows are stored.
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL synchronize_seqscans = off",
    "SET LOCAL max_parallel_workers_per_gather = 0",
    # Who changes a table for hours would keep reading waiting as long.
    f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'",
)

_SQLITE = b"SQLite format 3\x00"

_PIECE = 1 << 20
"""Rows that DuckDB hands over at a time."""

_POSTGRES_PLAIN = frozenset(["bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar"])
_POSTGRES_TIMES = frozenset(["date", "timestamp", "timestamptz"])


@dataclass(frozen=True, slots=True)
class _Relation:
    """Where a table is, and the expression that reads each of its columns."""

    schema: str
    name: str
    columns: dict[str, str]

    def select(self, columns: tuple[str, ...]) -> str:
        reads = ", ".join(f"{self.columns[column]} AS {quoted(column)}" for column in columns)
        return f"SELECT {reads} FROM {quoted(self.schema)}.{quoted(self.name)}"


class DatabaseSource:
    """The tables and views of an open database.

    Parameters
    ----------
    label : str
        Without credentials.
    relations : dict of str to relation
        By name; those outside the default schema as ``schema.table``.
    run : callable
        Takes a statement, yields its rows as Arrow tables, at least one.
    close : callable
    """

    def __init__(
        self,
        label: str,
        relations: dict[str, _Relation],
        run: Callable[[str], Iterator[pa.Table]],
        close: Callable[[], object],
    ) -> None:
        self.label = label
        self._relations = relations
        self._run = run
        self._close = close

    def names(self) -> tuple[str, ...]:
        """Return the names of tables and views that may be read."""
        return tuple(name for name, relation in self._relations.items() if relation.columns)

    def denied(self) -> tuple[str, ...]:
        """Return the names of those of which this login may read no column."""
        return tuple(name for name, relation in self._relations.items() if not relation.columns)

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the column names of one of them."""
        return tuple(self._relations[name].columns)

    def read(self, name: str, columns: tuple[str, ...]) -> RawTable:
        """Return these columns of one of them, numbered in the order in which they came."""
        return RawTable.whole(_whole(self._run(self._relations[name].select(columns))))

    def pieces(self, name: str, columns: tuple[str, ...]) -> Iterator[RawTable]:
        """Return these columns of one of them as they come from the database."""
        for table in self._run(self._relations[name].select(columns)):
            yield RawTable.whole(table)

    def close(self) -> None:
        """Close the connection."""
        self._close()


def quoted(name: str) -> str:
    """Quote an identifier for SQL.

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    str

    Examples
    --------
    >>> quoted('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def open_duckdb(path: Path) -> DatabaseSource:
    """Open a DuckDB file for reading; its views cannot reach other files.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DatabaseSource

    Raises
    ------
    SchemaError
        If it is no DuckDB file, is broken or is being written by another process.
    """
    label = f"DuckDB file {str(path)!r}"
    if _is_sqlite(path):
        raise SchemaError(
            f"{str(path)!r} is a SQLite database, which is not read: write its tables to CSV or "
            "Parquet files, or attach it in DuckDB and copy them."
        )
    config = {"enable_external_access": "false", "autoload_known_extensions": "false"}
    try:
        connection = duckdb.connect(str(path), read_only=True, config=config)
    except duckdb.Error as error:
        raise SchemaError(f"{label} cannot be opened: {_first_line(error)}") from error

    def run(statement: str) -> Iterator[pa.Table]:
        try:
            yield from _tables(connection.cursor().sql(statement).to_arrow_reader(_PIECE))
        except duckdb.Error as error:
            raise SchemaError(f"{label} cannot be read: {_first_line(error)}") from error

    relations = _relations(_whole(run(_DUCKDB_COLUMNS)), _duckdb_expression)
    return DatabaseSource(label, relations, run, connection.close)


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def open_postgres(url: str) -> DatabaseSource:
    """Connect to a PostgreSQL database in one read-only transaction.

    Parameters
    ----------
    url : str
        Such as ``postgresql://user:password@host:5432/database``.

    Returns
    -------
    DatabaseSource

    Raises
    ------
    SchemaError
        If the driver is missing, the database cannot be reached or refuses the login.
    """
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise SchemaError(
            "Reading from PostgreSQL needs a driver that is not installed: "
            "pip install 'churngrid[postgres]'."
        ) from None
    label = f"database {public_address(url)!r}"
    try:
        connection = dbapi.connect(url)
    except dbapi.Error as error:
        raise SchemaError(f"{label} cannot be reached: {told_by_driver(error, url)}") from None

    def run(statement: str) -> Iterator[pa.Table]:
        try:
            yield from _fetch(connection, statement)
        except dbapi.Error as error:
            message = told_by_driver(error, url)
            raise SchemaError(f"{label} cannot be read: {message}") from None

    for statement in _POSTGRES_SET_UP:
        _whole(run(statement))
    relations = _relations(_whole(run(_POSTGRES_COLUMNS)), _postgres_expression)
    return DatabaseSource(label, relations, run, connection.close)


def _fetch(connection: Any, statement: str) -> Iterator[pa.Table]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        yield from _tables(cursor.fetch_record_batch())


def _tables(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield what a reader reads, piece by piece; an empty table if there is nothing."""
    batches = (batch for batch in reader if batch.num_rows)
    first = next(batches, None)
    yield pa.Table.from_batches([] if first is None else [first], reader.schema)
    yield from (pa.Table.from_batches([batch]) for batch in batches)


def _whole(pieces: Iterator[pa.Table]) -> pa.Table:
    return pa.concat_tables(list(pieces))


def _relations(
    columns: pa.Table, expression: Callable[[str, str, str], str]
) -> dict[str, _Relation]:
    relations: dict[str, _Relation] = {}
    for schema, table, column, kind, category, visible, readable in _tuples(columns):
        name = table if visible else f"{schema}.{table}"
        relation = relations.setdefault(name, _Relation(schema, table, {}))
        # The same name in two visible schemas: the first one is what a bare name means.
        if relation.schema == schema and readable:
            relation.columns[column] = expression(column, kind, category)
    return relations


def _tuples(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in table.columns), strict=True)


def _duckdb_expression(column: str, _kind: str, _category: str) -> str:
    return quoted(column)


def _postgres_expression(column: str, kind: str, category: str) -> str:
    """Types that the driver hands over in a form of its own are read as text."""
    name = quoted(column)
    if kind in _POSTGRES_TIMES:
        # Beyond the end of what the driver's times can hold.
        never = f"WHEN {name} = 'infinity' THEN '9999-12-31'"
        return f"CASE {never} WHEN {name} = '-infinity' THEN '0001-01-01' ELSE {name} END"
    if kind in _POSTGRES_PLAIN:
        return name
    if kind == "money":
        # As text it has the signs of the server's country.
        return f"CAST(CAST({name} AS numeric) AS text)"
    if category == "A":
        return f"array_to_string({name}, '|')"
    return f"CAST({name} AS text)"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
