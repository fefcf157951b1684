"""Models registered in MLflow, and the training runs that they come from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import yaml

from ...features.addresses import public_address
from ...features.errors import ArtifactError
from ...features.whole_file import scratch_folder
from ..dataset.targets import TARGETS
from .artifact import FittedModel, model_from, read_model_files
from .lost_runs import end_lost_runs
from .mlflow_run import (
    FITTED,
    LOADER,
    TrainingReport,
    log_fold_runs,
    log_report,
    model_tags,
    run_tags,
    save_pyfunc_model,
)
from .mlflow_settings import active_run, experiment_asked_for
from .mlflow_store import local_uri, store_client, store_exists
from .promotion import Decision
from .sqlite_store import ARTIFACTS, sqlite_path

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
    "present_champion",
    "registered_name",
    "set_alias",
    "store_client",
    "store_exists",
]


# Name in the registry, per target.
REGISTERED = {str(name): target.registered for name, target in TARGETS.items()}

EXPERIMENT = "churngrid"
CHAMPIONS = "champions"
"""Tag of a registered model: the versions that became champion, one after the other."""


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
            tags=model_tags(fitted) | run_tags(report) | _below(outer),
        )
        run_id, status = run.info.run_id, "FAILED"
        try:
            log_report(client, run, report)
            log_fold_runs(client, run, report)
            with scratch_folder() as scratch:
                save_pyfunc_model(fitted, scratch, report.example)
                client.log_artifacts(run_id, str(scratch / "model"), "model")
            _register_name(client, name)
            entry = client.create_model_version(
                name,
                f"{run.info.artifact_uri}/model",
                run_id,
                tags=model_tags(fitted) | {"reason": report.decision.reason},
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
    target : {"churn", "expansion", "contraction"}
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


def present_champion(tracking_uri: str, target: str) -> tuple[FittedModel | None, str]:
    """Return the champion that a new model is compared with, or why there is none to compare.

    Parameters
    ----------
    tracking_uri : str
    target : {"churn", "expansion", "contraction"}

    Returns
    -------
    champion : FittedModel or None
        None if none was registered yet, or its files cannot be read: nobody can score with such a
        one, so it does not stand in the way of a new model.
    unread : str
        Why it cannot be read; empty where it can, and where there is none.

    Raises
    ------
    ArtifactError
        If the store cannot be reached.
    ValueError
        If there is no such target.
    """
    if champion_version(tracking_uri, target) is None:
        return None, ""
    try:
        return load_champion(tracking_uri, target), ""
    except ArtifactError as error:
        return None, f"The champion of {target} cannot be read and was not compared with: {error}"


def champion_files(tracking_uri: str, target: str) -> dict[str, bytes]:
    """Return the files of the registered champion, for those who predict elsewhere.

    Parameters
    ----------
    tracking_uri : str
    target : {"churn", "expansion", "contraction"}

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
    target : {"churn", "expansion", "contraction"}

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


def _below(outer: Any) -> dict[str, str]:
    """Return what makes a run the child of one that the caller has begun."""
    return {} if outer is None else {"mlflow.parentRunId": outer.info.run_id}


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
