"""The versions of a registered model: listed, promoted, rolled back, each with its reason."""

from dataclasses import dataclass

from ...features.addresses import public_address
from ...features.errors import ArtifactError
from .mlflow_registry import (
    CHAMPIONS,
    entry_of,
    registered_name,
    set_alias,
    store_client,
    store_exists,
)
from .promotion import Decision

__all__ = ["ModelVersion", "promote_version", "rollback_champion", "versions_of"]


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model.

    Parameters
    ----------
    number : str
        In the registry.
    kind : str
        Name of the model in ``MODELS``.
    aliases : tuple of str
        Such as ``champion``.
    trained_through : str
        Newest as-of date that it learned from; empty without dates.
    base_rate : float
    reason : str
        Why it is champion or challenger.
    """

    number: str
    kind: str
    aliases: tuple[str, ...]
    trained_through: str
    base_rate: float
    reason: str


def versions_of(tracking_uri: str, target: str) -> tuple[ModelVersion, ...]:
    """Return the registered versions of a target, the oldest first.

    Parameters
    ----------
    tracking_uri : str
    target : {"churn", "expansion", "contraction"}

    Returns
    -------
    tuple of ModelVersion
        Empty if there is none.

    Raises
    ------
    ArtifactError
        If the store cannot be reached.
    ValueError
        If there is no such target.
    """
    name = registered_name(target)
    if not store_exists(tracking_uri):
        return ()
    with store_client(tracking_uri) as client:
        found = client.search_registered_models(f"name = '{name}'")
        aliases = found[0].aliases if found else {}
        entries = client.search_model_versions(f"name = '{name}'")
    listed = [
        ModelVersion(
            number=str(entry.version),
            kind=entry.tags.get("kind", ""),
            aliases=tuple(sorted(a for a, n in aliases.items() if str(n) == str(entry.version))),
            trained_through=entry.tags.get("trained_through", "")[:10],
            base_rate=float(entry.tags.get("base_rate", "nan")),
            reason=entry.tags.get("reason", ""),
        )
        for entry in entries
    ]
    return tuple(sorted(listed, key=lambda version: int(version.number)))


def promote_version(tracking_uri: str, target: str, version: str, *, reason: str) -> ModelVersion:
    """Make a version the champion, whatever the evidence says, and keep the reason on record.

    Parameters
    ----------
    tracking_uri : str
    target : {"churn", "expansion", "contraction"}
    version : str
        Number or alias in the registry.
    reason : str
        Said beside the version from now on.

    Returns
    -------
    ModelVersion

    Raises
    ------
    ArtifactError
        If there is no such version.
    """
    if not reason.strip():
        raise ValueError("`reason` must say why, got an empty text.")
    name = registered_name(target)
    known = versions_of(tracking_uri, target)
    if not known:
        raise _nothing(tracking_uri, target)
    with store_client(tracking_uri) as client:
        entry = entry_of(client, name, version)
        if entry is None:
            numbers = [one.number for one in known]
            raise ArtifactError(
                f"{name!r} has no version {version!r} in {public_address(tracking_uri)!r}; "
                f"it has {numbers}."
            )
        number = str(entry.version)
        set_alias(client, name, number, Decision("champion", f"Promoted by hand: {reason}"))
    return next(one for one in versions_of(tracking_uri, target) if one.number == number)


def rollback_champion(tracking_uri: str, target: str, *, reason: str) -> ModelVersion:
    """Make the champion before the present one champion again.

    Parameters
    ----------
    tracking_uri : str
    target : {"churn", "expansion", "contraction"}
    reason : str

    Returns
    -------
    ModelVersion

    Raises
    ------
    ArtifactError
        If there was none before.
    """
    name = registered_name(target)
    if not versions_of(tracking_uri, target):
        raise _nothing(tracking_uri, target)
    with store_client(tracking_uri) as client:
        told = client.get_registered_model(name).tags.get(CHAMPIONS, "").split(",")
    earlier = [number for number in told if number and number != told[-1]]
    if not earlier:
        raise ArtifactError(
            f"{name!r} has had no other champion than version {told[-1] or 'none'}; "
            "`churngrid models list` shows its versions."
        )
    return promote_version(tracking_uri, target, earlier[-1], reason=reason)


def _nothing(tracking_uri: str, target: str) -> ArtifactError:
    return ArtifactError(
        f"{public_address(tracking_uri)!r} holds no model of {target!r} yet; run "
        "`churngrid train` first."
    )
