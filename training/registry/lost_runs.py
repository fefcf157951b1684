"""Runs whose process was killed before it could say so: the next one marks them as failed."""

import os
import socket
import sys
import time
from typing import Any

__all__ = ["PROCESS", "end_lost_runs", "this_process"]

PROCESS = "churngrid.process"
"""Tag of a run: which process works on it."""

# Logging takes seconds; what is still running after an hour is not running.
_LONGEST_MS = 3_600_000


def this_process() -> str:
    """Return what tells this process from others: machine and number."""
    return f"{socket.gethostname()}:{os.getpid()}"


def end_lost_runs(client: Any, experiment_id: str) -> None:
    """Mark as failed what is said to be running and is not.

    Parameters
    ----------
    client : mlflow.MlflowClient
    experiment_id : str
    """
    running = client.search_runs([experiment_id], "attributes.status = 'RUNNING'")
    for run in running:
        process = run.data.tags.get(PROCESS)
        if process is not None and _is_lost(process, run.info.start_time):
            client.set_terminated(run.info.run_id, "FAILED")


def _is_lost(process: str, began_ms: int) -> bool:
    host, _, number = process.rpartition(":")
    if host == socket.gethostname() and sys.platform != "win32" and number.isdecimal():
        return not _is_alive(int(number))
    return time.time() * 1000 - began_ms > _LONGEST_MS


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
