"""The verbs for registered models: list, load, promote, roll back."""

from ...features.addresses import public_address
from ...features.errors import ArtifactError
from ...training.dataset.targets import target_of
from ...training.registry.artifact import FittedModel
from ...training.registry.mlflow_registry import load_champion, local_uri, store_exists
from ...training.registry.mlflow_settings import tracking_address
from ...training.registry.model_versions import (
    ModelVersion,
    promote_version,
    rollback_champion,
    versions_of,
)
from ..results.places import MODELS

__all__ = [
    "list_models",
    "load_model",
    "promote_model",
    "rollback_model",
    "store_of",
    "store_that_is_there",
]


def load_model(
    target: str = "churn", version: str = "champion", tracking: str | None = None
) -> FittedModel:
    """Return a registered model: its probabilities, log-odds and exact contributions.

    Parameters
    ----------
    target : {"churn", "expansion", "contraction"}
    version : str
        Number or alias in the registry.
    tracking : str, optional
        MLflow address; by default ``MLFLOW_TRACKING_URI``, else an SQLite file in
        ``churngrid-models``.

    Returns
    -------
    FittedModel
        ``predict_p``, ``log_odds`` and ``contributions`` take a frame with its ``columns``.

    Raises
    ------
    ArtifactError
        If there is no such model, or it is damaged.
    ValueError
        If there is no such target.

    Examples
    --------
    >>> load_model("churn", tracking="sqlite:////nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    churngrid.features.errors.ArtifactError: There is no 'champion' of 'churn' yet; ...
    """
    found = load_champion(store_of(tracking), target_of(target), version)
    if found is None:
        raise ArtifactError(
            f"There is no {version!r} of {target!r} yet; run `churngrid train`, and see "
            "`churngrid models list` for what there is."
        )
    return found


def list_models(target: str = "churn", tracking: str | None = None) -> tuple[ModelVersion, ...]:
    """Return the registered versions of a target, the oldest first.

    Parameters
    ----------
    target : {"churn", "expansion", "contraction"}
    tracking : str, optional
        As in ``load_model``.

    Returns
    -------
    tuple of ModelVersion
        Empty if there is none.

    Raises
    ------
    ArtifactError
        If a store was named and is not there, or it cannot be read.

    Examples
    --------
    >>> list_models("churn", tracking="sqlite:////nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    churngrid.features.errors.ArtifactError: There is no model store ...
    """
    return versions_of(store_that_is_there(tracking), target_of(target))


def promote_model(
    target: str, version: str, *, reason: str, tracking: str | None = None
) -> ModelVersion:
    """Make a version the champion by hand; the reason is kept beside it.

    Parameters
    ----------
    target : {"churn", "expansion", "contraction"}
    version : str
    reason : str
    tracking : str, optional
        As in ``load_model``.

    Returns
    -------
    ModelVersion

    Raises
    ------
    ArtifactError
        If there is no such version.

    Examples
    --------
    >>> promote_model("churn", "2", reason="why", tracking="sqlite:////nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    churngrid.features.errors.ArtifactError: 'sqlite:////nowhere/mlflow.db' holds no model ...
    """
    return promote_version(store_of(tracking), target_of(target), version, reason=reason)


def rollback_model(target: str, *, reason: str, tracking: str | None = None) -> ModelVersion:
    """Make the champion before the present one champion again.

    Parameters
    ----------
    target : {"churn", "expansion", "contraction"}
    reason : str
    tracking : str, optional
        As in ``load_model``.

    Returns
    -------
    ModelVersion

    Raises
    ------
    ArtifactError
        If there was no other champion before.

    Examples
    --------
    >>> rollback_model("churn", reason="why", tracking="sqlite:////nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    churngrid.features.errors.ArtifactError: 'sqlite:////nowhere/mlflow.db' holds no model ...
    """
    return rollback_champion(store_of(tracking), target_of(target), reason=reason)


def store_of(tracking: str | None) -> str:
    """Return the address of the model store: named, ``MLFLOW_TRACKING_URI``, or the local one."""
    return tracking_address(tracking, local_uri(MODELS))


def store_that_is_there(tracking: str | None) -> str:
    """Return the address of the registry; one that somebody named must be there.

    Parameters
    ----------
    tracking : str or None
        As in ``load_model``.

    Returns
    -------
    str

    Raises
    ------
    ArtifactError
        If it was named and is not there: a misspelled address is no empty registry.
    """
    uri = store_of(tracking)
    if (tracking or uri != local_uri(MODELS)) and not store_exists(uri):
        raise ArtifactError(
            f"There is no model store {public_address(uri)!r}; check the tracking address, or "
            "train into it first. To score without a model, say `--model none`."
        )
    return uri
