"""The file of a local tracking store, and its tables, which take MLflow seconds to make."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

__all__ = ["SQLITE", "keep_quiet", "sqlite_path", "store_ahead"]


SQLITE = "sqlite:///"

_MAKE_TABLES = (
    "import sys; from mlflow import MlflowClient; "
    "MlflowClient(sys.argv[1], sys.argv[1]).search_experiments(max_results=1)"
)
# Ten times as long as it takes on a slow disk; whoever waited longer would gain nothing.
_PATIENCE_SECONDS = 60


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
    """
    if not tracking_uri.startswith(SQLITE):
        return None
    return Path(tracking_uri.removeprefix(SQLITE).partition("?")[0]).absolute()


def keep_quiet() -> None:
    """Set what MLflow reads when it is imported, so that it neither calls home nor draws bars."""
    # A value that the user has set stands.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


@contextmanager
def store_ahead(tracking_uri: str) -> Iterator[Callable[[], str]]:
    """Let another process make the tables of a new local store while this one does other things.

    Parameters
    ----------
    tracking_uri : str
        Anything but an SQLite file that is not there yet is left alone.

    Yields
    ------
    callable
        Returns the address; to be called when the store is needed. By then the tables are there,
        or nothing is: whatever goes wrong here, MLflow will meet again and put into words.
    """
    path = sqlite_path(tracking_uri)
    with ExitStack() as stack:
        made = worker = None
        if path is not None and not path.exists():
            with suppress(OSError):
                made = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "mlflow.db"
                worker = _started(made)
                stack.callback(worker.wait)
                stack.callback(worker.kill)

        def address() -> str:
            if path is not None and made is not None and worker is not None:
                with suppress(OSError, subprocess.TimeoutExpired):
                    if worker.wait(_PATIENCE_SECONDS) == 0:
                        _put_in_place(made, path)
            return tracking_uri

        yield address


def _started(made: Path) -> "subprocess.Popen[bytes]":
    keep_quiet()
    quiet = subprocess.DEVNULL
    # -P keeps what lies in the working folder from being imported.
    command = [sys.executable, "-P", "-c", _MAKE_TABLES, f"{SQLITE}{made.as_posix()}"]
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)


def _put_in_place(made: Path, path: Path) -> None:
    """Copy a finished store to its place, whole, and never over one that is there."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    copy = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        shutil.copyfile(made, copy)
        os.link(copy, path)
    finally:
        copy.unlink(missing_ok=True)
