"""The file of a local tracking store: made whole or not at all, and known when it is half-made."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from ...features.errors import ArtifactError
from ...features.system_errors import writing
from ...features.whole_file import made_folder, write_whole

__all__ = ["ARTIFACTS", "SQLITE", "keep_quiet", "ready_store", "sqlite_path"]


SQLITE = "sqlite:///"
ARTIFACTS = "mlflow-artifacts"
"""Folder beside the file of a store: what its runs and models are made of."""

_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("logged_models", "artifact_location"),
)
"""Where the tables of a store say where its artifacts are."""

_IN_MEMORY = "file:churngrid-tables?mode=memory&cache=shared"
_BEGINS = b"SQLite format 3\x00"


def sqlite_path(tracking_uri: str) -> Path | None:
    """Return the file of a tracking address, or None if it is no SQLite file.

    Parameters
    ----------
    tracking_uri : str

    Returns
    -------
    Path or None

    Examples
    --------
    >>> sqlite_path("https://mlflow.example") is None
    True
    >>> sqlite_path("sqlite:////a/100%25.db").name
    '100%.db'
    """
    if not tracking_uri.startswith(SQLITE):
        return None
    return Path(unquote(tracking_uri.removeprefix(SQLITE).partition("?")[0])).absolute()


def keep_quiet() -> None:
    """Set what MLflow reads when it is imported, so that it neither calls home nor draws bars."""
    # A value that the user has set stands.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # A store that does not answer is given up after half a minute, not after four.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")


def ready_store(tracking_uri: str, make_tables: Callable[[str], object]) -> None:
    """Make a local store that is not there yet, and refuse one that was left half-made.

    MLflow makes its tables one after the other in the file. Cut short, by a full disk or a kill,
    that leaves a store which it can neither use nor finish. So the tables are made in memory, and
    the file appears with all of them.

    Parameters
    ----------
    tracking_uri : str
        Anything but an SQLite file is left alone.
    make_tables : callable
        Makes the tables at an address.

    Raises
    ------
    ArtifactError
        If the file cannot be made, or was left half-made by something else; a NoRoomError if the
        disk is full.
    """
    path = sqlite_path(tracking_uri)
    if path is None:
        return
    if unquote(tracking_uri) != tracking_uri:
        raise ArtifactError(
            f"The model store {str(path)!r} cannot be used: MLflow takes '?', and '%' with two "
            "digits, in the name of a file or folder for something else. Name another place with "
            "`--tracking`."
        )
    if path.is_dir():
        raise ArtifactError(
            f"The model store {str(path)!r} is a folder, where an SQLite file must be; move it "
            f"away, or name another file, such as '{SQLITE}models.db'."
        )
    if path.exists():
        _check_whole(path, _damage(path) or _followed(path))
        return
    step = "Choose another place with `--tracking`."
    with writing(f"model store {str(path)!r}", step=step), made_folder(path.parent):
        tables = _tables(make_tables)
        # Another run may make it meanwhile, as whole as this one would be.
        with suppress(FileExistsError):
            write_whole(path, tables, replace=False)


@cache
def _tables(make_tables: Callable[[str], object]) -> bytes:
    """Return the file of a new store."""
    # It is there as long as somebody is connected to it.
    with closing(sqlite3.connect(_IN_MEMORY, uri=True)) as keeper:
        make_tables(f"{SQLITE}{_IN_MEMORY}&uri=true")
        return keeper.serialize()


def _follow_the_folder(path: Path) -> None:
    """Let a store that was moved or copied to another folder find the artifacts beside it.

    MLflow keeps whole addresses of artifacts. Those of a store of ours lie beside its file, so
    where the file is says where they are.
    """
    here = (path.parent / ARTIFACTS).as_uri()
    if not (path.parent / ARTIFACTS).is_dir():
        return
    with closing(sqlite3.connect(path)) as store, suppress(sqlite3.OperationalError):
        found = store.execute("SELECT artifact_location FROM experiments").fetchall()
        elsewhere = {
            place
            for (place,) in found
            if place and place.startswith("file:") and place.endswith(f"/{ARTIFACTS}")
        }
        for before in elsewhere - {here}:
            for table, column in _PLACES:
                with suppress(sqlite3.OperationalError):
                    store.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                        f"WHERE substr({column}, 1, ?) = ?",
                        (here, len(before) + 1, len(before), before),
                    )
        store.commit()


def _check_whole(path: Path, damage: str) -> None:
    if damage == _HALF_MADE:
        raise ArtifactError(
            f"The model store {str(path)!r} was left half-made, as by a full disk or a kill while "
            "it was made; it holds no model. Move the file away, and train again."
        )
    if damage:
        raise ArtifactError(
            f"The model store {str(path)!r} is damaged ({damage}). Put a copy of the file in its "
            "place, or move it away and train again."
        )


def _followed(path: Path) -> str:
    """Let a whole store follow its folder; return what is wrong with it, empty for nothing."""
    try:
        _follow_the_folder(path)
    except sqlite3.OperationalError:
        # One that is locked or may only be read is used as it stands.
        return ""
    except sqlite3.DatabaseError as error:
        return str(error)
    return ""


_HALF_MADE = "half-made"


def _damage(path: Path) -> str:
    """Return what is wrong with the file; empty where it is whole, or nobody can tell now."""
    with path.open("rb") as file:
        begins = file.read(len(_BEGINS))
    if begins and begins != _BEGINS:
        return "it is no SQLite file"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
            found = store.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        return _HALF_MADE if "no such table" in str(error) else ""
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if found else _HALF_MADE
