"""Which models score: the champions, or the versions that are asked for."""

from ...features.addresses import public_address
from ...features.errors import ArtifactError
from ...training.dataset.targets import TARGETS, TargetName, target_of
from ...training.registry.mlflow_registry import load_champion
from ..scoring.scored import Models
from .models import store_that_is_there

__all__ = ["models_for"]

_CHAMPION = "champion"


def models_for(
    model: str | None = None, tracking: str | None = None, *, require: bool = False
) -> Models:
    """Return the models to score with.

    Parameters
    ----------
    model : str, optional
        ``none`` for no model; a number: that version of the churn model, beside the champions of
        the others; an alias: every model that has it, the champion of the others; or both apart, as
        in ``churn=3,expansion=challenger``. By default the champions.
    tracking : str, optional
        As in ``load_model``.
    require : bool
        Refuse to go on without a churn model.

    Returns
    -------
    Models

    Raises
    ------
    ArtifactError
        If a store or version that was named is not there, or ``require`` holds and there is no
        churn model.
    ValueError
        If ``model`` names no target.
    """
    if model == "none":
        if require:
            raise ValueError("`model` is 'none' and a model is required; leave out one of them.")
        return Models()
    uri = store_that_is_there(tracking)
    wanted = _versions(model)
    found = {name: load_champion(uri, name, wanted[name]) for name in wanted}
    named = [name for name, version in wanted.items() if version != _CHAMPION]
    if named and not any(found[name] for name in named):
        raise ArtifactError(
            f"There is no version {wanted[named[0]]!r} of {named[0]!r} in {public_address(uri)!r}; "
            "`churngrid models list` shows what there is."
        )
    for name in named:
        found[name] = found[name] or load_champion(uri, name)
    if require and found["churn"] is None:
        raise ArtifactError(
            f"{public_address(uri)!r} has no champion of 'churn', and one is required; train first "
            "or promote a version (`churngrid models list`)."
        )
    return Models(**found)


def _versions(model: str | None) -> dict[TargetName, str]:
    """Return the version or alias of each target."""
    wanted = dict.fromkeys(TARGETS, _CHAMPION)
    if model is None:
        return wanted
    if "=" not in model:
        return {**wanted, "churn": model} if model.isdecimal() else dict.fromkeys(TARGETS, model)
    for part in model.split(","):
        name, _, version = (text.strip() for text in part.partition("="))
        wanted[target_of(name)] = version
    return wanted
