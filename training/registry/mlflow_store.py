"""A store of MLflow: its address, and a client of it that neither prints nor calls home.

A tracking address is an MLflow URI: by default an SQLite file of one's own, with the artifacts in
a folder beside it. Nothing here sets MLflow's global state.
"""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from ...features.addresses import public_address, told_by_driver
from ...features.errors import ArtifactError
from ...features.system_errors import raise_if_full
from .sqlite_store import SQLITE, keep_quiet, ready_store, sqlite_path

__all__ = ["local_uri", "store_client", "store_exists"]

_STEPS = (
    ("database is locked", "Another process holds it: try again when that is done."),
    (
        "readonly database",
        "It may only be read here: give the user the right to write the file and its folder, or "
        "name another store with `--tracking`.",
    ),
    (
        "disk I/O error",
        "The disk failed, or takes no more from this user: look at both, and run it again.",
    ),
)
"""What a store says of itself, and what to do then; a full disk is an error of its own."""

_OTHER_STEP = "Check the tracking address, and that its driver is installed."


def local_uri(folder: Path) -> str:
    """Return the tracking address of a folder: an SQLite file in it.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    str

    Examples
    --------
    >>> local_uri(Path("/data/runs"))
    'sqlite:////data/runs/mlflow.db'
    """
    path = (folder / "mlflow.db").absolute().as_posix()
    # What an address would read as something else; the rest stays as people know it.
    path = path.replace("?", "%3F") if unquote(path) == path else quote(path)
    return f"{SQLITE}{path}"


def store_exists(tracking_uri: str) -> bool:
    """Tell whether asking could find anything; MLflow would create a missing SQLite file.

    Parameters
    ----------
    tracking_uri : str

    Returns
    -------
    bool
        True for whatever is no SQLite file.

    Examples
    --------
    >>> store_exists("sqlite:////nowhere/mlflow.db")
    False
    """
    path = sqlite_path(tracking_uri)
    return path is None or path.is_file()


@contextmanager
def store_client(tracking_uri: str) -> Iterator[Any]:
    """Yield a client; MLflow stays quiet, and its errors name the store without a password."""
    keep_quiet()
    _check_address(tracking_uri)
    with _without_warnings():
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        logger = logging.getLogger("mlflow")
        level = logger.level
        # Whatever stops us is told below, once and in words.
        logger.setLevel(logging.CRITICAL)
        try:
            ready_store(tracking_uri, _make_tables)
            # MLflow prints where a run can be seen; standard output is the caller's.
            with redirect_stdout(sys.stderr):
                yield MlflowClient(tracking_uri, tracking_uri)
        except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
            raise_if_full(error, f"model store {public_address(tracking_uri)!r}")
            if isinstance(error, OSError):
                raise
            shown, detail = public_address(tracking_uri), told_by_driver(error, tracking_uri)
            step = next((step for words, step in _STEPS if words in str(error)), _OTHER_STEP)
            raise ArtifactError(
                f"The model store {shown!r} cannot be used: {detail.rstrip('.')}. {step}"
            ) from None
        finally:
            logger.setLevel(level)


def _make_tables(tracking_uri: str) -> None:
    with _without_warnings():
        from mlflow import MlflowClient

        MlflowClient(tracking_uri, tracking_uri).search_experiments(max_results=1)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep deprecations inside MLflow and what it imports to ourselves, also as errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check_address(tracking_uri: str) -> None:
    if "://" not in tracking_uri and tracking_uri != "databricks":
        raise ArtifactError(
            "A tracking address begins with sqlite:///, https:// or the like, got "
            f"{public_address(tracking_uri)!r}."
        )
