"""Training runs and registered models in MLflow; the only module that imports it.

A tracking address is an MLflow URI: by default an SQLite file of one's own, with the artifacts in
a folder beside it. Nothing here sets MLflow's global state, prints, or calls home.
"""

import json
import logging
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pandas as pd
import yaml

from ...features.addresses import public_address, told_by_driver
from ...features.errors import ArtifactError
from ...features.whole_file import scratch_folder
from .artifact import PROBABILITY, FittedModel, model_from, read_model_files, save_model
from .fold_runs import competitor_figures, fold_runs
from .lost_runs import PROCESS, end_lost_runs, this_process
from .mlflow_settings import active_run, experiment_asked_for
from .promotion import Decision
from .run_pictures import run_pictures
from .sqlite_store import ARTIFACTS, SQLITE, keep_quiet, ready_store, sqlite_path

__all__ = [
    "REGISTERED",
    "Registered",
    "TrainingReport",
    "champion_files",
    "champion_version",
    "entry_of",
    "load_champion",
    "local_uri",
    "log_training",
    "registered_name",
    "set_alias",
    "store_client",
    "store_exists",
]


# Name in the registry, per target.
REGISTERED = {"churn": "churngrid-churn", "expansion": "churngrid-expansion"}

EXPERIMENT = "churngrid"
CHAMPIONS = "champions"
"""Tag of a registered model: the versions that became champion, one after the other."""
FITTED = "fitted"
LOADER = FittedModel.__module__
"""Where MLflow finds the function that loads a model; nothing else is ever asked to."""

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
    predictions : DataFrame
        Of the backtest, out of time; not logged without rows.
    example : DataFrame
        Some rows as the model takes them, the input example; not logged without rows.
    competitors, folds : DataFrame
        Scorers of every model and fold (or ``all``), and what each test block was; a block is a
        run below this one.
    """

    decision: Decision
    scorers: pd.DataFrame
    params: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    data_hash: str = ""
    card: str = ""
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    example: pd.DataFrame = field(default_factory=pd.DataFrame)
    competitors: pd.DataFrame = field(default_factory=pd.DataFrame)
    folds: pd.DataFrame = field(default_factory=pd.DataFrame)


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
    with store_client(tracking_uri) as client:
        outer = active_run(tracking_uri)
        experiment = (
            _experiment(client, tracking_uri) if outer is None else str(outer.info.experiment_id)
        )
        end_lost_runs(client, experiment)
        run = client.create_run(
            experiment,
            run_name=f"{fitted.target} through {fitted.trained_through}",
            tags=_tags(fitted) | _run_tags(report) | _below(outer),
        )
        run_id, status = run.info.run_id, "FAILED"
        try:
            _log_report(client, run, report)
            _log_fold_runs(client, run, report)
            with scratch_folder() as scratch:
                _save_pyfunc(fitted, scratch, report.example)
                client.log_artifacts(run_id, str(scratch / "model"), "model")
            _register_name(client, name)
            entry = client.create_model_version(
                name,
                f"{run.info.artifact_uri}/model",
                run_id,
                tags=_tags(fitted) | {"reason": report.decision.reason},
                description=report.decision.reason,
            )
            number = str(entry.version)
            set_alias(client, name, number, report.decision)
            status = "FINISHED"
        finally:
            client.set_terminated(run_id, status)
    return Registered(name, number, report.decision.alias, run_id)


def load_champion(tracking_uri: str, target: str, version: str = "champion") -> FittedModel | None:
    """Return the registered champion of a target, or another version of it.

    Parameters
    ----------
    tracking_uri : str
    target : {"churn", "expansion"}
    version : str
        Number or alias in the registry.

    Returns
    -------
    FittedModel or None
        None if none was registered yet; nothing is created then.

    Raises
    ------
    ArtifactError
        If the store cannot be reached, or the stored model is damaged or not the one that the
        registry records.
    ValueError
        If there is no such target.
    """
    found = _champion_of(tracking_uri, target, version)
    return None if found is None else found[0]


def champion_files(tracking_uri: str, target: str) -> dict[str, bytes]:
    """Return the files of the registered champion, for those who predict elsewhere.

    Parameters
    ----------
    tracking_uri : str
    target : {"churn", "expansion"}

    Returns
    -------
    dict of str to bytes
        By name, as ``model_from`` takes them; they have been read and found right.

    Raises
    ------
    ArtifactError
        If none was registered yet, the store cannot be reached, or the model is damaged or not
        the one that the registry records.
    ValueError
        If there is no such target.
    """
    found = _champion_of(tracking_uri, target)
    if found is None:
        raise ArtifactError(
            f"The model store {public_address(tracking_uri)!r} has no champion for {target!r}; run "
            "`churngrid train` first, or check the tracking address."
        )
    return found[1]


def _champion_of(
    tracking_uri: str, target: str, version: str = "champion"
) -> tuple[FittedModel, dict[str, bytes]] | None:
    """Return the champion, or another version, and its files; None if there is none."""
    name = registered_name(target)
    if not store_exists(tracking_uri):
        return None
    with store_client(tracking_uri) as client:
        if (entry := entry_of(client, name, version)) is None:
            return None
        with _stored_at(client.get_model_version_download_uri(name, entry.version)) as folder:
            _check_loader(folder)
            files = read_model_files(folder / "data" / FITTED)
    fitted = model_from(files, where=f"version {entry.version} of {name}")
    _check_recorded(fitted, entry.tags, target, f"version {entry.version} of {name!r}")
    return fitted, files


@contextmanager
def _stored_at(source: str) -> Iterator[Path]:
    """Yield the folder of a stored model; one on this machine is read where it lies."""
    from mlflow.artifacts import download_artifacts

    if source.startswith("file:"):
        yield Path(url2pathname(urlsplit(source).path))
        return
    with scratch_folder() as scratch:
        yield Path(download_artifacts(source, dst_path=str(scratch)))


def _check_loader(folder: Path) -> None:
    """Refuse a model that asks for other code than ours when it is loaded; none of it is run."""
    path = folder / "MLmodel"
    try:
        described = yaml.safe_load(path.read_bytes())
        flavor = described["flavors"]["python_function"]
        loader, code = flavor["loader_module"], flavor.get("code")
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArtifactError(
            f"{str(path)!r} does not describe a model of churngrid; restore it or train again."
        ) from error
    if loader != LOADER or code:
        raise ArtifactError(
            f"{str(path)!r} asks for code of its own (loader {str(loader)[:80]!r}, code "
            f"{str(code)[:80]!r}), as churngrid never does; it was not run. Find out who changed "
            "it, or, if another version of churngrid wrote it, train again."
        )


def _check_recorded(fitted: FittedModel, tags: Mapping[str, str], target: str, which: str) -> None:
    """Refuse a whole model that is another one than the registry names."""
    recorded = tags.get("target"), tags.get("model_version")
    if (target, fitted.version) == recorded and fitted.target == target:
        return
    raise ArtifactError(
        f"The files of {which} hold a model for {fitted.target!r} of version "
        f"{fitted.version[:12]!r}; the registry records one for {recorded[0]!r} of version "
        f"{str(recorded[1])[:12]!r}. Restore the right files, or train again."
    )


def champion_version(tracking_uri: str, target: str) -> str | None:
    """Return the champion's number in the registry, or None if there is none.

    Parameters
    ----------
    tracking_uri : str
    target : {"churn", "expansion"}

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
    name = registered_name(target)
    if not store_exists(tracking_uri):
        return None
    with store_client(tracking_uri) as client:
        entry = entry_of(client, name)
        return None if entry is None else str(entry.version)


def registered_name(target: str) -> str:
    """Return the name in the registry of a target; raises ValueError for another one."""
    if target not in REGISTERED:
        raise ValueError(f"`target` must be one of {sorted(REGISTERED)!r}, got {target!r}.")
    return REGISTERED[target]


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
        logger.setLevel(logging.ERROR)
        try:
            ready_store(tracking_uri, _make_tables)
            # MLflow prints where a run can be seen; standard output is the caller's.
            with redirect_stdout(sys.stderr):
                yield MlflowClient(tracking_uri, tracking_uri)
        except (MlflowException, SQLAlchemyError, ImportError) as error:
            shown, detail = public_address(tracking_uri), told_by_driver(error, tracking_uri)
            raise ArtifactError(
                f"The model store {shown!r} cannot be used: {detail.rstrip('.')}. "
                "Check the tracking address, and that its driver is installed."
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


def _experiment(client: Any, tracking_uri: str) -> str:
    """Return the experiment: the one that MLflow was told to use, else ours."""
    asked, number = experiment_asked_for()
    if number and not asked:
        return number
    name = asked or EXPERIMENT
    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    path = sqlite_path(tracking_uri)
    location = None if path is None else (path.parent / ARTIFACTS).as_uri()
    return str(client.create_experiment(name, artifact_location=location))


def _run_tags(report: TrainingReport) -> dict[str, str]:
    """Return what the pages of MLflow show of a run beside its figures."""
    return {
        "decision": report.decision.reason,
        "mlflow.note.content": report.card,
        "mlflow.source.name": "churngrid train",
        PROCESS: this_process(),
    }


def _below(outer: Any) -> dict[str, str]:
    """Return what makes a run the child of one that the caller has begun."""
    return {} if outer is None else {"mlflow.parentRunId": outer.info.run_id}


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
        metrics=[Metric(*scored, run.info.start_time, 0) for scored in _all_figures(report)],
    )
    for name, points in report.curves.items():
        client.log_text(run_id, json.dumps(list(points), allow_nan=False), f"curves/{name}.json")
    client.log_text(run_id, report.card, "model_card.md")
    for name, picture in run_pictures(report.curves).items():
        client.log_text(run_id, picture, f"plots/{name}.svg")
    if len(report.predictions):
        with scratch_folder() as scratch:
            report.predictions.to_parquet(scratch / "predictions.parquet", index=False)
            client.log_artifact(run_id, str(scratch / "predictions.parquet"), "backtest")


def _log_fold_runs(client: Any, run: Any, report: TrainingReport) -> None:
    """Log each test block of the backtest as a run below that of the training."""
    from mlflow.entities import Metric, Param

    for name, params, figures in fold_runs(report.folds, report.competitors):
        child = client.create_run(
            run.info.experiment_id,
            run_name=name,
            tags={"mlflow.parentRunId": run.info.run_id, PROCESS: this_process()},
        )
        client.log_batch(
            child.info.run_id,
            params=[Param(*one) for one in params.items()],
            metrics=[Metric(*one, child.info.start_time, 0) for one in figures],
        )
        client.set_terminated(child.info.run_id, "FINISHED")


def _all_figures(report: TrainingReport) -> Iterator[tuple[str, float]]:
    """Yield the figures of what ships with their bounds, then those of all that competed."""
    yield from _figures(report.scorers)
    if len(report.competitors):
        yield from competitor_figures(report.competitors[report.competitors["fold"] == "all"])


def _figures(scorers: pd.DataFrame) -> Iterator[tuple[str, float]]:
    for row in scorers.to_dict("records"):
        for suffix in ("value", "low", "high"):
            if np.isfinite(row[suffix]):
                key = row["scorer"] if suffix == "value" else f"{row['scorer']}_{suffix}"
                yield key, float(row[suffix])


def _save_pyfunc(fitted: FittedModel, scratch: Path, example: pd.DataFrame) -> None:
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
        loader_module=LOADER,
        data_path=str(scratch / FITTED),
        signature=ModelSignature(inputs=Schema(inputs) if inputs else None, outputs=outputs),
        pip_requirements=[f"{name}=={installed_version(name)}" for name in REQUIREMENTS],
        input_example=example[list(encoding.names)] if len(example) and inputs else None,
    )


def set_alias(client: Any, name: str, number: str, decision: Decision) -> None:
    """Give a version its alias, and keep on record who became champion in turn, and why."""
    client.set_registered_model_alias(name, decision.alias, number)
    client.set_model_version_tag(name, number, "reason", decision.reason)
    if decision.alias == "champion":
        told = client.get_registered_model(name).tags.get(CHAMPIONS, "")
        before = told.split(",") if told else []
        told = ",".join(before if before[-1:] == [number] else [*before, number])
        client.set_registered_model_tag(name, CHAMPIONS, told)


def _register_name(client: Any, name: str) -> None:
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)


def entry_of(client: Any, name: str, version: str = "champion") -> Any:
    """Return the registry's entry of a version or alias, or None if there is none.

    Not every store tells a missing name from an error, so it is searched for.
    """
    found = client.search_registered_models(f"name = '{name}'")
    if not found:
        return None
    if version in found[0].aliases:
        return client.get_model_version_by_alias(name, version)
    numbers = {str(entry.version) for entry in client.search_model_versions(f"name = '{name}'")}
    return client.get_model_version(name, version) if version in numbers else None
