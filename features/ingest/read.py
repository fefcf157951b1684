"""Where tables come from: a folder, a DuckDB file, a database URL or data frames in memory.

With ``files`` and ``database`` the only module of this folder that reads tables from outside. What
a source holds is data: nothing in it is executed.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..addresses import is_address, public_address
from ..arrays.plain_text import as_text
from ..errors import SchemaError
from ..schema.settings import DEFAULTS, GivenSettings, Settings, settings_of
from ..schema.table_mapping import TableMapping
from ..schema.tables import table_spec
from ..schema.tableset import Finding, Tables
from .checks.check_tables import Reading, check_deliveries, check_some
from .column_mapping import plan_tables, unread_tables
from .database import open_duckdb, open_postgres
from .delivery import Delivery, Pieces, fetch, pieces_of
from .files.table_names import file_stem
from .folder import FolderSource, workbook_source
from .forms.commercial_terms import as_the_company_writes
from .in_memory import FrameSource
from .raw_rows import Places, Source
from .table_plan import Plan

__all__ = ["ArrowStream", "Data", "deliveries_of", "open_source", "read_some", "read_tables"]


class ArrowStream(Protocol):
    """Whatever hands out its columns by Arrow's interface, such as a polars DataFrame."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule of an Arrow stream."""


Data = str | Path | Mapping[str, pd.DataFrame | pa.Table | ArrowStream]
"""A folder, a DuckDB file, a database URL, or tables of pandas, polars or Arrow by name."""

_ID = "account_id"
_DUCKDB_SUFFIXES = (".duckdb", ".ddb", ".db")


def read_tables(
    data: Data,
    settings: GivenSettings = DEFAULTS,
    *,
    progress: Callable[[str, int], None] | None = None,
) -> Tables:
    """Read, check and coerce all tables of one company.

    Parameters
    ----------
    data : path of a folder or DuckDB file, database URL, or mapping of str to table
        Tables are found by the names of the contract, or by those that ``settings.tables`` gives.
        Other tables and columns are left alone.
    settings : str, Path or Settings
        A settings file, or the object.
    progress : callable, optional
        Called with the name of a table and its rows read so far.

    Returns
    -------
    Tables
        Rows that could not be used are in its ``quarantine``, everything odd in ``findings``; for
        every table, rows read = rows used + rows put aside.

    Raises
    ------
    SchemaError
        If the data cannot be opened, a required table or column is missing, the settings name
        something that is not there, or nothing is left of a required table.
    TypeError
        If the data is none of these.

    Examples
    --------
    >>> accounts = pd.DataFrame({"account_id": ["a"], "customer_since": ["2025-01-01"]})
    >>> ticket = {"ticket_id": ["t"], "account_id": ["a"], "created_at": ["2025-02-01"]}
    >>> read_tables({"accounts": accounts, "tickets": pd.DataFrame(ticket)})
    Tables: accounts 1, tickets 1
    """
    used = settings_of(settings)
    with closing(open_source(data)) as source:
        plans = plan_tables(source, used)
        tables = check_deliveries(
            _deliveries(source, plans),
            lambda: (*unread_tables(source, plans), *_told_of_names(_plans_naming(plans))),
            Reading(used.hash_personal, used.memory_mb, progress=progress),
        )
    return _as_set(tables, used)


def read_some(data: Mapping[str, pa.Table], settings: Settings = DEFAULTS) -> Tables:
    """Check and coerce the rows of some accounts of a company, as ``read_tables`` does for all.

    Parameters
    ----------
    data : mapping of str to pyarrow.Table
        Every table and column that the company has, be it without rows, and all rows of some
        accounts in the order of the source.
    settings : Settings

    Returns
    -------
    Tables
        Without ``whole`` and without findings about the company as a whole.

    Raises
    ------
    SchemaError
        If a required table or column is missing, or the settings name something that is not there.

    Examples
    --------
    >>> read_some({"accounts": pa.table({"account_id": pa.array([], pa.string())}),
    ...            "tickets": pa.table({name: pa.array([], pa.string())
    ...                                 for name in ("ticket_id", "account_id", "created_at")})})
    Tables: accounts 0, tickets 0
    """
    source = FrameSource(data)
    plans = plan_tables(source, settings)
    reading = Reading(settings.hash_personal, settings.memory_mb, whole=False)
    return _as_set(check_some(_deliveries(source, plans), reading), settings)


def deliveries_of(source: Source, settings: Settings) -> dict[str, Pieces]:
    """Return what gives the rows of each canonical table as the source has them.

    Parameters
    ----------
    source : Source
    settings : Settings

    Returns
    -------
    dict of str to callable
        Gives the pieces of a table; the accounts first, be they those that other tables name.

    Raises
    ------
    SchemaError
        If a required table or column is missing, or the settings name something that is not there.
    """
    return _deliveries(source, plan_tables(source, settings))


def _deliveries(source: Source, plans: Mapping[str, Plan]) -> dict[str, Pieces]:
    """Return what gives the rows of each table, the accounts first."""
    naming = _plans_naming(plans)
    first: dict[str, Pieces] = {}
    if naming:
        first["accounts"] = lambda: _named_accounts(source, naming)
    return first | {name: pieces_of(source, plan) for name, plan in plans.items()}


def _as_set(tables: Tables, settings: Settings) -> Tables:
    """Return the tables with what the settings say of their words."""
    denied = frozenset(category.lower() for category in settings.deny_ticket_categories)
    plans = tuple(name.strip().lower() for name in settings.plans)
    said = replace(tables, denied_ticket_categories=denied, plans=plans)
    return as_the_company_writes(said, settings)


def open_source(data: Data) -> Source:
    """Find out what the data is and open it for reading.

    Parameters
    ----------
    data : path of a folder or DuckDB file, database URL, or mapping of str to table

    Returns
    -------
    Source
        Close it after use.

    Raises
    ------
    SchemaError
        If nothing is there, or it cannot be read as what it seems to be.
    TypeError
        If it is none of these.

    Examples
    --------
    >>> open_source({"accounts": pd.DataFrame({"account_id": ["a"]})}).names()
    ('accounts',)
    """
    if isinstance(data, Mapping):
        return FrameSource(data)
    if not isinstance(data, str | Path):
        raise TypeError(
            "`data` must be a folder, a DuckDB file, a database URL or a mapping of tables, "
            f"got {type(data).__name__!r}."
        )
    path = Path(data)
    if not path.exists():
        if is_address(str(data)):
            return _open_url(str(data))
        raise SchemaError(f"There is no folder or file {str(path)!r}.")
    return FolderSource(path) if path.is_dir() else _open_file(path)


def _open_url(url: str) -> Source:
    if url.startswith(("postgresql://", "postgres://")):
        return open_postgres(url)
    raise SchemaError(f"Database addresses begin with postgresql://, got {public_address(url)!r}.")


def _open_file(path: Path) -> Source:
    if path.suffix.lower() in _DUCKDB_SUFFIXES:
        return open_duckdb(path)
    if path.suffix.lower() == ".xlsx":
        return workbook_source(path)
    if file_stem(path) is not None:
        raise SchemaError(
            f"{str(path)!r} is one table; give the folder with all of them: {str(path.parent)!r}."
        )
    raise SchemaError(
        f"{str(path)!r} is neither a folder of Parquet, CSV, JSON or Excel files nor a DuckDB file "
        f"({', '.join(_DUCKDB_SUFFIXES)})."
    )


def _plans_naming(plans: Mapping[str, Plan]) -> dict[str, Plan]:
    """Return how the accounts are read that tables name, by table."""
    if "accounts" in plans:
        return {}
    found = {name: plan for name, plan in plans.items() if _ID in plan.collected}
    return {name: _ids_only(plan) for name, plan in found.items()}


def _named_accounts(source: Source, plans: Mapping[str, Plan]) -> Iterator[Delivery]:
    """Read the accounts that tables name, each once."""
    ids = [
        pc.unique(as_text(delivery.table[_ID])[0])
        for plan in plans.values()
        for delivery in fetch(source, plan)
        if _ID in delivery.table.column_names
    ]
    unique = pc.drop_null(pc.unique(pa.chunked_array(ids, pa.string())))
    plan = Plan(table_spec("accounts"), ", ".join(plans), {_ID: _ID}, TableMapping())
    yield Delivery(plan, pa.table({_ID: unique}), Places.upto(len(unique)))


def _told_of_names(plans: Mapping[str, Plan]) -> tuple[Finding, ...]:
    """Say that accounts are only those that other tables name."""
    if not plans:
        return ()
    named = ", ".join(f"`{name}`" for name in plans)
    return (Finding("accounts", "", f"no such table: accounts are those that {named} name", 0),)


def _ids_only(plan: Plan) -> Plan:
    """Read nothing of a plan but whose its rows are."""
    mapping = plan.mapping.model_copy(
        update={
            "constants": {k: v for k, v in plan.mapping.constants.items() if k == _ID},
            "lookup": {k: v for k, v in plan.mapping.lookup.items() if k == _ID},
            "formulas": {k: v for k, v in plan.mapping.formulas.items() if k == _ID},
            "row_id": None,
            "item_id": None,
        }
    )
    columns = {name: column for name, column in plan.columns.items() if name == _ID}
    also = tuple(_ids_only(part) for part in plan.also)
    return replace(plan, columns=columns, mapping=mapping, also=also)
