"""Training runs and registered models in MLflow; the only module that imports it.

A tracking address is an MLflow URI: by default an SQLite file of one's own, with the artifacts in
a folder beside it. Nothing here sets MLflow's global state, prints, or calls home.
"""

import json
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from ...features.errors import ArtifactError
from .artifact import PROBABILITY, FittedModel, load_model, save_model
from .promotion import Decision
from .sqlite_store import SQLITE, keep_quiet, sqlite_path

__all__ = [
    "REGISTERED",
    "Registered",
    "TrainingReport",
    "champion_udf",
    "champion_version",
    "load_champion",
    "local_uri",
    "log_training",
    "shown_uri",
]


# Name in the registry, per target.
REGISTERED = {"churned": "churngrid-churn", "expanded": "churngrid-expansion"}

EXPERIMENT = "churngrid"
FITTED = "fitted"
REQUIREMENTS = ("churngrid", "lightgbm", "numpy", "pandas", "scikit-learn")


@dataclass(frozen=True)
class TrainingReport:
    """What a training run leaves behind beside the model.

    Parameters
    ----------
    decision : Decision
    scorers : DataFrame
        ``scorer``, ``value``, ``low``, ``high`` of the shipped model; a NaN is not logged.
    params : dict
        Settings of the run; never an address with a password.
    curves : dict of str to list of dict
        Points of a curve per name, plain JSON values.
    data_hash : str
        Hash of the training rows.
    card : str
        The model card as Markdown.
    """

    decision: Decision
    scorers: pd.DataFrame
    params: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    data_hash: str = ""
    card: str = ""


@dataclass(frozen=True)
class Registered:
    """Where a model ended up.

    Parameters
    ----------
    name : str
        Registered name, ``churngrid-churn`` or ``churngrid-expansion``.
    version : str
        Number in the registry.
    alias : str
    run_id : str
    """

    name: str
    version: str
    alias: str
    run_id: str


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
    return f"{SQLITE}{(folder / 'mlflow.db').absolute().as_posix()}"


def shown_uri(tracking_uri: str) -> str:
    """Return a tracking address that may be shown: without user, password and query.

    Parameters
    ----------
    tracking_uri : str

    Returns
    -------
    str

    Examples
    --------
    >>> shown_uri("https://me:secret@mlflow.example/api?token=1")
    'https://***@mlflow.example/api'
    """
    parts = urlsplit(tracking_uri)
    host = parts.netloc.rpartition("@")[2]
    shown = f"***@{host}" if "@" in parts.netloc else host
    return parts._replace(netloc=shown, query="", fragment="").geturl() if host else tracking_uri


def log_training(tracking_uri: str, fitted: FittedModel, report: TrainingReport) -> Registered:
    """Store a training run and register its model under the decided alias.

    Parameters
    ----------
    tracking_uri : str
        MLflow address; see ``local_uri`` for a folder.
    fitted : FittedModel
    report : TrainingReport

    Returns
    -------
    Registered

    Raises
    ------
    ArtifactError
        If the store cannot be reached or refuses; the address is shown without its password.
    """
    name = REGISTERED[fitted.target]
    with _store(tracking_uri) as client:
        run = client.create_run(
            _experiment(client, tracking_uri),
            run_name=f"{fitted.target} through {fitted.trained_through}",
            tags=_tags(fitted) | {"decision": report.decision.reason},
        )
        run_id, status = run.info.run_id, "FAILED"
        try:
            _log_report(client, run, report)
            with tempfile.TemporaryDirectory() as scratch:
                _save_pyfunc(fitted, Path(scratch))
                client.log_artifacts(run_id, str(Path(scratch) / "model"), "model")
            _register_name(client, name)
            entry = client.create_model_version(
                name,
                f"{run.info.artifact_uri}/model",
                run_id,
                tags=_tags(fitted) | {"reason": report.decision.reason},
            )
            number = str(entry.version)
            client.set_registered_model_alias(name, report.decision.alias, number)
            status = "FINISHED"
        finally:
            client.set_terminated(run_id, status)
    return Registered(name, number, report.decision.alias, run_id)


def load_champion(tracking_uri: str, target: str) -> FittedModel | None:
    """Return the registered champion of a target.

    Parameters
    ----------
    tracking_uri : str
    target : {"churned", "expanded"}

    Returns
    -------
    FittedModel or None
        None if none was registered yet; nothing is created then.

    Raises
    ------
    ArtifactError
        If the store cannot be reached or the stored model is damaged.
    ValueError
        If there is no such target.
    """
    with _champion_folder(tracking_uri, _registered(target)) as folder:
        return None if folder is None else load_model(folder / "data" / FITTED)


def champion_udf(tracking_uri: str, target: str, spark: Any) -> tuple[FittedModel, Any]:
    """Return the registered champion, and the function by which Spark predicts with it.

    Parameters
    ----------
    tracking_uri : str
    target : {"churned", "expanded"}
    spark : pyspark.sql.SparkSession
        Its workers get a copy of the model; they need churngrid in their own environment.

    Returns
    -------
    fitted : FittedModel
    predict : callable
        Takes one Spark column, a struct of the model's columns, and gives the probability.

    Raises
    ------
    ArtifactError
        If none was registered yet, the store cannot be reached or the model is damaged.
    ValueError
        If there is no such target.
    """
    with _champion_folder(tracking_uri, _registered(target)) as folder:
        if folder is None:
            raise ArtifactError(
                f"The model store {shown_uri(tracking_uri)!r} has no champion for {target!r}; run "
                "`churngrid train` first, or check the tracking address."
            )
        from mlflow.pyfunc import spark_udf

        predict = spark_udf(spark, str(folder), result_type="double", env_manager="local")
        return load_model(folder / "data" / FITTED), predict


@contextmanager
def _champion_folder(tracking_uri: str, name: str) -> Iterator[Path | None]:
    """Yield a copy of the champion as MLflow stores it, or None if there is none."""
    if not _exists(tracking_uri):
        yield None
        return
    with _store(tracking_uri) as client, tempfile.TemporaryDirectory() as scratch:
        from mlflow.artifacts import download_artifacts

        if (entry := _champion(client, name)) is None:
            yield None
            return
        source = client.get_model_version_download_uri(name, entry.version)
        yield Path(download_artifacts(source, dst_path=scratch, tracking_uri=tracking_uri))


def champion_version(tracking_uri: str, target: str) -> str | None:
    """Return the champion's number in the registry, or None if there is none.

    Parameters
    ----------
    tracking_uri : str
    target : {"churned", "expanded"}

    Returns
    -------
    str or None

    Raises
    ------
    ArtifactError
        If the store cannot be reached.
    ValueError
        If there is no such target.
    """
    name = _registered(target)
    if not _exists(tracking_uri):
        return None
    with _store(tracking_uri) as client:
        entry = _champion(client, name)
        return None if entry is None else str(entry.version)


def _registered(target: str) -> str:
    if target not in REGISTERED:
        raise ValueError(f"`target` must be one of {sorted(REGISTERED)!r}, got {target!r}.")
    return REGISTERED[target]


def _exists(tracking_uri: str) -> bool:
    """Tell whether asking could find anything; MLflow would create a missing SQLite file."""
    path = sqlite_path(tracking_uri)
    return path is None or path.is_file()


@contextmanager
def _store(tracking_uri: str) -> Iterator[Any]:
    """Yield a client; MLflow stays quiet, and its errors name the store without a password."""
    keep_quiet()
    path = sqlite_path(tracking_uri)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # Deprecations inside MLflow and what it imports are not ours to show.
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        logger = logging.getLogger("mlflow")
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            yield MlflowClient(tracking_uri, tracking_uri)
        except (MlflowException, SQLAlchemyError) as error:
            shown = shown_uri(tracking_uri)
            detail = str(error).splitlines()[0].replace(tracking_uri, shown)
            raise ArtifactError(
                f"The model store {shown!r} cannot be used: {detail}. Check the tracking address."
            ) from None
        finally:
            logger.setLevel(level)


def _experiment(client: Any, tracking_uri: str) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    path = sqlite_path(tracking_uri)
    location = None if path is None else (path.parent / "mlflow-artifacts").as_uri()
    return str(client.create_experiment(EXPERIMENT, artifact_location=location))


def _tags(fitted: FittedModel) -> dict[str, str]:
    return {
        "target": fitted.target,
        "kind": fitted.kind,
        "model_version": fitted.version,
        "base_rate": repr(fitted.base_rate),
        "trained_through": fitted.trained_through,
    }


def _log_report(client: Any, run: Any, report: TrainingReport) -> None:
    from mlflow.entities import Metric, Param

    # One transaction: each of them waits for the disk.
    run_id, stated = run.info.run_id, {**report.params, "data_hash": report.data_hash}
    client.log_batch(
        run_id,
        params=[Param(key, str(value)) for key, value in stated.items()],
        metrics=[Metric(*scored, run.info.start_time, 0) for scored in _figures(report.scorers)],
    )
    for name, points in report.curves.items():
        client.log_text(run_id, json.dumps(list(points), allow_nan=False), f"curves/{name}.json")
    client.log_text(run_id, report.card, "model_card.md")


def _figures(scorers: pd.DataFrame) -> Iterator[tuple[str, float]]:
    for row in scorers.to_dict("records"):
        for suffix in ("value", "low", "high"):
            if np.isfinite(row[suffix]):
                key = row["scorer"] if suffix == "value" else f"{row['scorer']}_{suffix}"
                yield key, float(row[suffix])


def _save_pyfunc(fitted: FittedModel, scratch: Path) -> None:
    """Write ``scratch/model``, which MLflow can serve, around the model's own files."""
    from mlflow.models import ModelSignature
    from mlflow.pyfunc import save_model as save_pyfunc
    from mlflow.types.schema import ColSpec, Schema

    save_model(fitted, scratch / FITTED)
    encoding = fitted.model.encoding
    inputs = [
        ColSpec("double" if levels is None else "string", name)
        for name, levels in zip(encoding.names, encoding.levels, strict=True)
    ]
    outputs = Schema([ColSpec("double", PROBABILITY[fitted.target])])
    save_pyfunc(
        path=str(scratch / "model"),
        loader_module="churngrid.training.registry.artifact",
        data_path=str(scratch / FITTED),
        signature=ModelSignature(inputs=Schema(inputs) if inputs else None, outputs=outputs),
        pip_requirements=[f"{name}=={installed_version(name)}" for name in REQUIREMENTS],
    )


def _register_name(client: Any, name: str) -> None:
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)


def _champion(client: Any, name: str) -> Any:
    """Return the registry's entry, or None: not every store tells a missing name from an error."""
    found = client.search_registered_models(f"name = '{name}'")
    if not found or "champion" not in found[0].aliases:
        return None
    return client.get_model_version_by_alias(name, "champion")
