"""Where results are written: a folder, a DuckDB file or a PostgreSQL database."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...features.addresses import is_address, public_address
from ...features.errors import SchemaError
from ...features.system_errors import writing
from ...features.whole_file import replace_all
from .csv_files import as_csv
from .database_store import duckdb_store, postgres_store
from .folder_store import FolderStore
from .places import RESULT_FOLDERS
from .stored_types import storable

__all__ = [
    "Store",
    "check_apart",
    "check_folder_name",
    "open_store",
    "results_beside",
    "write_tables",
]


_DUCKDB_SUFFIXES = (".duckdb", ".ddb", ".db")
_FILE_SUFFIXES = (".csv", ".parquet", ".json", ".html", ".xlsx", ".sqlite", ".gz", ".zip")


class Store(Protocol):
    """A place that keeps the results of every scoring, by as-of date."""

    @property
    def label(self) -> str:
        """What and where it is, without credentials."""

    def write(
        self, tables: Mapping[str, pd.DataFrame], *, files: Mapping[str, bytes | str] | None = None
    ) -> tuple[str, ...]:
        """Add the rows of an as-of date, in place of earlier ones of that date, all or nothing.

        Parameters
        ----------
        tables : mapping of str to DataFrame
            By name, each with ``as_of``. A date that only some of them have is replaced in all.
        files : mapping of str to bytes or str, optional
            Documents by file name.

        Returns
        -------
        tuple of str
            Files that were not written: a database takes none, and a folder none that belong to
            an older date than its newest.

        Raises
        ------
        SchemaError
            If a table cannot be stored.
        ArtifactError
            If the place cannot be written, is in use, or holds something else of that name.
        """

    def mend(self) -> tuple[str, ...]:
        """Take what is damaged out of the history, so that the rest can be read and added to.

        Returns
        -------
        tuple of str
            Files that were damaged or gone; a database mends itself.

        Raises
        ------
        ArtifactError
            If the place cannot be written.
        """

    def dates(self, name: str) -> list[pd.Timestamp]:
        """Return the as-of dates that a table has been stored for, the oldest first.

        Parameters
        ----------
        name : str

        Returns
        -------
        list of Timestamp
            Empty if there is no such table yet.

        Raises
        ------
        ArtifactError
            If the place cannot be read.
        """

    def read(self, name: str, *, as_of: pd.Timestamp | None = None) -> pd.DataFrame | None:
        """Return all stored rows of a table, or those of one date.

        Parameters
        ----------
        name : str
        as_of : Timestamp, optional
            Only the rows of this date; nothing else is read.

        Returns
        -------
        DataFrame or None
            By as_of and account; None if there is no such table yet.

        Raises
        ------
        ArtifactError
            If the place cannot be read.
        """


def open_store(out: str | Path) -> Store:
    """Find out what kind of place it is; nothing is created before the first write.

    Parameters
    ----------
    out : path of a folder or DuckDB file, or database URL

    Returns
    -------
    Store

    Raises
    ------
    SchemaError
        If it is none of these.

    Examples
    --------
    >>> open_store("results").label
    "folder 'results'"
    >>> open_store("postgresql://ann:secret@db.example/crm").label
    "database 'postgresql://db.example/crm'"
    """
    path, place = Path(out), str(out)
    if place.startswith(("postgresql://", "postgres://")):
        return postgres_store(place)
    check_folder_name(out)
    if path.is_dir():
        return FolderStore(path)
    if path.suffix.lower() in _DUCKDB_SUFFIXES:
        return duckdb_store(path)
    if path.exists() or path.suffix.lower() in _FILE_SUFFIXES:
        raise SchemaError(
            f"`out` must be a folder, a DuckDB file ({', '.join(_DUCKDB_SUFFIXES)}) or a "
            f"postgresql:// URL, got {str(path)!r}."
        )
    return FolderStore(path)


def check_folder_name(out: str | Path) -> None:
    """Refuse a name that is no path: an empty one, or an address that is misspelled.

    Parameters
    ----------
    out : str or Path

    Raises
    ------
    SchemaError
        An address is shown without its password.

    Examples
    --------
    >>> check_folder_name("results")
    """
    if not str(out).strip():
        raise SchemaError("The place for results is empty; name a folder, such as `results`.")
    if is_address(str(out)) and not Path(out).exists():
        raise SchemaError(
            "Database addresses begin with postgresql://, got "
            f"{public_address(str(out))!r}; nothing was written."
        )


def check_apart(out: str | Path, data: object) -> None:
    """Refuse to write results into the folder that the data is read from.

    Parameters
    ----------
    out : str or Path
    data : object
        As the verbs take it; only a folder can be the same one.

    Raises
    ------
    SchemaError

    Examples
    --------
    >>> check_apart("results", "exports")
    """
    if not isinstance(data, str | Path) or not Path(data).is_dir():
        return
    # A link that leads to itself is refused as a folder later, and not as a fault here.
    if os.path.realpath(out) == os.path.realpath(data):
        raise SchemaError(
            f"Results must not go into the folder of the data, {str(data)!r}: they would be read "
            "as its tables. Name another folder."
        )


def results_beside(data: object, settings_path: object = None) -> Path | None:
    """Return the folder of results in the working folder, beside the settings or the data.

    It is called ``churngrid-results``, as ``score`` names it, or ``results``.

    Parameters
    ----------
    data : object
        Where the data are; only a path has something beside it.
    settings_path : object
        As with the data.

    Returns
    -------
    Path or None
        None where none of them holds scores.

    Examples
    --------
    >>> results_beside({}) is None
    True
    """
    paths = [path for path in (settings_path, data) if isinstance(path, str | Path)]
    for folder in (Path(), *(Path(path).absolute().parent for path in paths)):
        for name in RESULT_FOLDERS:
            if FolderStore(folder / name).read("scores") is not None:
                return folder / name
    return None


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[Path]:
    """Write tables without history as one Parquet and one CSV file each.

    Parameters
    ----------
    folder : Path
        Made if missing.
    tables : mapping of str to DataFrame

    Returns
    -------
    list of Path
        What was written; files of these names are replaced, all or none.

    Raises
    ------
    SchemaError
        If a table cannot be stored.
    ArtifactError
        If the folder cannot be written; a NoRoomError if the disk is full.
    """
    files: dict[str, bytes] = {}
    for name, frame in tables.items():
        files |= {f"{name}.parquet": _parquet(frame, name), f"{name}.csv": as_csv(frame)}
    with writing(f"folder {str(folder)!r}"):
        replace_all(folder, files)
    return [folder / name for name in files]


def _parquet(frame: pd.DataFrame, name: str) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(storable(frame, name=name), sink)
    return bytes(sink.getvalue())
