"""Which models may be asked when a feed is lost: those that rest on nothing of it."""

from ...features.metrics.catalogue import by_column
from ...training.registry.artifact import PROBABILITY
from ..company.config import Config
from .scored import Models

__all__ = ["without_withheld"]


def without_withheld(
    models: Models, lost: frozenset[str], config: Config
) -> tuple[Models, tuple[str, ...]]:
    """Return the models that rest on nothing that is lost, and what to say of the others.

    Parameters
    ----------
    models : Models
    lost : frozenset of str
        Metrics that are unknown now and were known when models learned.
    config : Config

    Returns
    -------
    tuple of (Models, tuple of str)
    """
    declared = by_column(config.metrics)
    beneath = {
        "chs": config.scorecard.looks_at,
        "cmi": {metric.column for metric in config.metrics if metric.axis == "maturity"},
    }
    told, left = [], {}
    for target, model in models.by_target.items():
        rests_on = {declared[name].column for name in model.columns if name in declared}
        rests_on |= {name for score in beneath.keys() & {*model.columns} for name in beneath[score]}
        if missing := sorted(rests_on & lost):
            told.append(
                f"`{PROBABILITY[target]}` is withheld: the model learned from {len(missing)} "
                f"metrics that are unknown now, such as `{missing[0]}`. Restore what is missing, "
                "or train again without it."
            )
        else:
            left[target] = model
    return Models(**left), tuple(told)
