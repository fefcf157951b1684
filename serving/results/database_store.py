"""Results in tables of a DuckDB file or a PostgreSQL database, one transaction a write.

Names are always quoted and values are always bound. Neither messages nor the exceptions behind them
contain a password.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

import duckdb
import pandas as pd
import pyarrow as pa

from ...features.addresses import public_address, told_by_driver
from ...features.errors import ArtifactError, SchemaError
from ...features.ingest.database import quoted
from ...features.system_errors import raise_if_full
from .folder_store import AGAIN_SECONDS, WAIT_SECONDS
from .stored_types import as_of_dates, merged, restored, storable

__all__ = ["DatabaseStore", "duckdb_store", "postgres_store"]


_POSTGRES_SCHEMA = "churngrid"
_LONGEST_POSTGRES_NAME = 63
"""Bytes; longer names are cut by the server without an error."""

_MOMENT = pa.timestamp("us", tz="UTC")
_SQL_TYPES = {
    pa.string(): "TEXT",
    pa.bool_(): "BOOLEAN",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE PRECISION",
    _MOMENT: "TIMESTAMPTZ",
}


class _Session(Protocol):
    """A connection with one transaction."""

    schema: str
    label: str

    def prepare(self) -> None: ...

    def run(self, statement: str, values: Sequence[object] = ()) -> pa.Table: ...

    def append(self, name: str, rows: pa.Table) -> None: ...

    def commit(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class DatabaseStore:
    """Results in a database.

    Parameters
    ----------
    label : str
        Without credentials.
    to_write, to_read : callable
        Begin a transaction; ``to_read`` returns None where there is no database yet.
    """

    label: str
    to_write: Callable[[], _Session]
    to_read: Callable[[], _Session | None]

    def write(
        self, tables: Mapping[str, pd.DataFrame], *, files: Mapping[str, bytes | str] | None = None
    ) -> tuple[str, ...]:
        """Add results; see ``Store``."""
        incoming = {name: storable(frame, name=name) for name, frame in tables.items()}
        dates = as_of_dates(incoming)
        if incoming:
            with closing(self.to_write()) as session:
                session.prepare()
                for name, table in incoming.items():
                    _replace(session, name, table, dates)
                session.commit()
        return tuple(files or ())

    def mend(self) -> tuple[str, ...]:
        """Do nothing: a database finds its own way back; see ``Store``."""
        return ()

    def dates(self, name: str) -> list[pd.Timestamp]:
        """Return the dates of a table; see ``Store``."""
        session = self.to_read()
        if session is None:
            return []
        with closing(session):
            if not _exists(session, name):
                return []
            found = session.run(f"SELECT DISTINCT {quoted('as_of')} FROM {_place(session, name)}")
        return as_of_dates({name: found.cast(pa.schema([("as_of", _MOMENT)]))})

    def read(self, name: str, *, as_of: pd.Timestamp | None = None) -> pd.DataFrame | None:
        """Return rows of a table; see ``Store``."""
        session = self.to_read()
        if session is None:
            return None
        with closing(session):
            if not _exists(session, name):
                return None
            every = f"SELECT * FROM {_place(session, name)}"
            if as_of is None:
                return restored(session.run(every))
            of_date = f"{every} WHERE {quoted('as_of')} = $1"
            found = restored(session.run(of_date, [as_of.to_pydatetime()]))
            return None if found.empty else found


def duckdb_store(path: Path) -> DatabaseStore:
    """Return the store in a DuckDB file, which the first write makes.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DatabaseStore

    Examples
    --------
    >>> duckdb_store(Path("results.duckdb")).label
    "DuckDB file 'results.duckdb'"
    """
    label = f"DuckDB file {str(path)!r}"

    def to_write() -> _Session:
        return _DuckdbSession(path, label, read_only=False)

    def to_read() -> _Session | None:
        return _DuckdbSession(path, label, read_only=True) if path.exists() else None

    return DatabaseStore(label, to_write, to_read)


def postgres_store(url: str) -> DatabaseStore:
    """Return the store in a PostgreSQL database, in a schema of its own named ``churngrid``.

    Parameters
    ----------
    url : str
        Such as ``postgresql://user:password@host:5432/database``.

    Returns
    -------
    DatabaseStore

    Examples
    --------
    >>> postgres_store("postgresql://ann:secret@db.example:5432/crm").label
    "database 'postgresql://db.example:5432/crm'"
    """
    label = f"database {public_address(url)!r}"

    def connect() -> _Session:
        return _PostgresSession(url, label)

    return DatabaseStore(label, to_write=connect, to_read=connect)


def _replace(session: _Session, name: str, table: pa.Table, dates: Sequence[pd.Timestamp]) -> None:
    """Put rows in the place of all stored ones of these dates."""
    schema = _made_ready(session, name, table.schema)
    delete = f"DELETE FROM {_place(session, name)} WHERE {quoted('as_of')} = $1"
    for date in dates:
        session.run(delete, [date.to_pydatetime()])
    if table.num_rows:
        session.append(name, table.cast(pa.schema([schema.field(n) for n in table.column_names])))


def _made_ready(session: _Session, name: str, incoming: pa.Schema) -> pa.Schema:
    """Make the table fit to take the rows; return the columns that it then has."""
    place = _place(session, name)
    if not _exists(session, name):
        schema = _typed(incoming)
        columns = ", ".join(f"{quoted(field.name)} {_sql_type(field)}" for field in schema)
        session.run(f"CREATE TABLE {place} ({columns})")
        return schema
    stored = _stored_schema(session, name, incoming)
    schema = _typed(merged(stored, incoming, name=name))
    for field in schema:
        column = quoted(field.name)
        if field.name not in stored.names:
            session.run(f"ALTER TABLE {place} ADD COLUMN {column} {_sql_type(field)}")
        elif stored.field(field.name).type != field.type:
            kind = _sql_type(field)
            cast = f"CAST({column} AS {kind})"
            session.run(f"ALTER TABLE {place} ALTER COLUMN {column} TYPE {kind} USING {cast}")
    return schema


def _typed(schema: pa.Schema) -> pa.Schema:
    """Let columns without values be text until they get others."""
    return pa.schema(
        [(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in schema]
    )


def _sql_type(field: pa.Field) -> str:
    return _SQL_TYPES[field.type]


def _stored_schema(session: _Session, name: str, incoming: pa.Schema) -> pa.Schema:
    """Return the stored types; a column without values that is to get others has none."""
    place = _place(session, name)
    types = {
        field.name: field.type for field in session.run(f"SELECT * FROM {place} LIMIT 0").schema
    }
    if "as_of" not in types:
        raise ArtifactError(
            f"{session.label} has a table {name!r} that holds no stored results: it lacks "
            "`as_of`. Write to another place."
        )
    for column, kind in types.items():
        if pa.types.is_timestamp(kind):
            types[column] = _MOMENT
        elif column in incoming.names and incoming.field(column).type not in (kind, pa.null()):
            values = session.run(f"SELECT count({quoted(column)}) AS n FROM {place}")["n"][
                0
            ].as_py()
            types[column] = kind if values else pa.null()
    return pa.schema(types)


def _exists(session: _Session, name: str) -> bool:
    statement = (
        "SELECT 1 AS found FROM information_schema.tables "
        "WHERE table_schema = $1 AND table_name = $2"
    )
    return bool(session.run(statement, [session.schema, name]).num_rows)


def _place(session: _Session, name: str) -> str:
    return f"{quoted(session.schema)}.{quoted(name)}"


class _DuckdbSession:
    """A transaction in a DuckDB file."""

    schema = "main"

    def __init__(self, path: Path, label: str, *, read_only: bool) -> None:
        self.label = label
        config = {"enable_external_access": "false", "autoload_known_extensions": "false"}
        with self._told():
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _opened(path, read_only, config)
            self._connection.begin()

    def prepare(self) -> None:
        """DuckDB lets only one process open a file for writing; there is nothing to do."""

    def run(self, statement: str, values: Sequence[object] = ()) -> pa.Table:
        with self._told():
            answer = self._connection.sql(statement, params=list(values))
            return pa.table({}) if answer is None else answer.to_arrow_table()

    def append(self, name: str, rows: pa.Table) -> None:
        columns = ", ".join(map(quoted, rows.column_names))
        with self._told():
            self._connection.register("incoming_rows", rows)
            self._connection.execute(
                f"INSERT INTO {_place(self, name)} ({columns}) SELECT {columns} FROM incoming_rows"
            )
            self._connection.unregister("incoming_rows")

    def commit(self) -> None:
        with self._told():
            self._connection.commit()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn errors of the driver into ours."""
        try:
            yield
        except (duckdb.Error, OSError) as error:
            raise_if_full(error, self.label)
            reason = str(error).strip().splitlines()[0]
            raise ArtifactError(f"{self.label} cannot be used: {reason}") from error


def _opened(path: Path, read_only: bool, config: Mapping[str, str]) -> duckdb.DuckDBPyConnection:
    """Open a file once no other process writes it; the last refusal is the error."""
    until = monotonic() + WAIT_SECONDS
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=dict(config))
        except duckdb.IOException as error:
            if "lock" not in str(error) or monotonic() >= until:
                raise
        sleep(AGAIN_SECONDS)


class _PostgresSession:
    """A transaction in a PostgreSQL database."""

    schema = _POSTGRES_SCHEMA

    def __init__(self, url: str, label: str) -> None:
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError:
            raise SchemaError(
                "Writing to PostgreSQL needs a driver that is not installed: "
                "pip install 'churngrid[postgres]'."
            ) from None
        self.label, self._url, self._error = label, url, dbapi.Error
        with self._told():
            self._connection = dbapi.connect(url)

    def prepare(self) -> None:
        """Wait for other writers and make the schema where it is missing."""
        self.run("SET LOCAL lock_timeout = '60s'")
        self.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text", [self.schema])
        found = self.run(
            "SELECT 1 AS found FROM pg_catalog.pg_namespace WHERE nspname = $1", [self.schema]
        )
        if not found.num_rows:
            self.run(f"CREATE SCHEMA {quoted(self.schema)}")

    def run(self, statement: str, values: Sequence[object] = ()) -> pa.Table:
        with self._told(), self._connection.cursor() as cursor:
            cursor.execute(statement, tuple(values) or None)
            return cursor.fetch_arrow_table()

    def append(self, name: str, rows: pa.Table) -> None:
        for column in (name, *rows.column_names):
            if len(column.encode()) > _LONGEST_POSTGRES_NAME:
                raise SchemaError(
                    f"PostgreSQL takes names of at most {_LONGEST_POSTGRES_NAME} bytes, "
                    f"got {column!r}."
                )
        with self._told(), self._connection.cursor() as cursor:
            cursor.adbc_ingest(name, rows, mode="append", db_schema_name=self.schema)

    def commit(self) -> None:
        with self._told():
            self._connection.commit()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise_if_full(error, self.label)
            reason = told_by_driver(error, self._url)
            raise ArtifactError(f"{self.label} cannot be used: {reason}") from None
