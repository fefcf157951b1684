"""What MLflow was told before: where to track, in which experiment, under which run."""

import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["active_run", "experiment_asked_for", "tracking_address"]

_SCHEMES = ("databricks",)


def tracking_address(named: str | None, fallback: str) -> str:
    """Return the store to use: the one that is named, else MLflow's own, else ours.

    Parameters
    ----------
    named : str or None
        As an argument or option gives it.
    fallback : str
        Where nobody said anything.

    Returns
    -------
    str
        ``MLFLOW_TRACKING_URI`` where nothing is named; a plain path in it is a folder with an
        SQLite file, as everywhere here.

    Examples
    --------
    >>> tracking_address("https://mlflow.example", "sqlite:///mlflow.db")
    'https://mlflow.example'
    """
    if named:
        return named
    told = os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    if not told:
        return fallback
    if "://" in told or told in _SCHEMES:
        return told
    return f"sqlite:///{(Path(told) / 'mlflow.db').absolute().as_posix()}"


def experiment_asked_for() -> tuple[str, str]:
    """Return the name and the id of the experiment that MLflow was told to use; empty for none.

    Returns
    -------
    tuple of (str, str)
        ``mlflow.set_experiment`` says it in the same variables.
    """
    names = ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID")
    name, number = (os.environ.get(key, "").strip() for key in names)
    return name, number


def active_run(tracking_uri: str) -> Any:
    """Return the run that the caller has begun in the same store, or None.

    Parameters
    ----------
    tracking_uri : str

    Returns
    -------
    mlflow.ActiveRun or None
        MLflow is not loaded for this: without it no run has begun.
    """
    mlflow = sys.modules.get("mlflow")
    if mlflow is None or not hasattr(mlflow, "active_run"):
        return None
    return mlflow.active_run() if mlflow.get_tracking_uri() == tracking_uri else None
