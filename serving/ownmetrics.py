"""Metrics that a company declares in a Python module of its own, which the settings name."""

from importlib import import_module

from ..features.errors import ArtifactError, SchemaError
from ..features.metric import Metric
from ..features.metrics import by_column, catalogue
from ..training.artifact import FittedModel

__all__ = ["check_inputs", "declared_metrics"]

_SCORES = ("chs", "cmi", "cmi_coverage")


def declared_metrics(module: str | None) -> tuple[Metric, ...]:
    """Return the metrics that churngrid ships and those of a company's own module.

    The module is imported, which runs it: it is the user's own code, like the program that calls
    this, and never comes from the tables or from a stored model.

    Parameters
    ----------
    module : str or None
        Name of a module on Python's path with a tuple ``METRICS``; None for the shipped ones only.

    Returns
    -------
    tuple of Metric

    Raises
    ------
    SchemaError
        If there is no such module, it declares no metrics, or a column is there already.

    Examples
    --------
    >>> len(declared_metrics(None)) >= 60
    True
    """
    return catalogue() if module is None else catalogue(_own(module))


def _own(module: str) -> tuple[Metric, ...]:
    try:
        found = import_module(module)
    except ImportError as error:
        raise SchemaError(
            f"Setting `metrics`: module {module!r} cannot be imported: {error}. Install the "
            "package it is in, or put its folder on Python's path (PYTHONPATH)."
        ) from error
    own = getattr(found, "METRICS", None)
    if not isinstance(own, tuple) or not all(isinstance(metric, Metric) for metric in own):
        raise SchemaError(
            f"Setting `metrics`: module {module!r} must have a tuple `METRICS` of `Metric`, "
            f"got {type(own).__name__!r}."
        )
    return own


def check_inputs(model: FittedModel | None, metrics: tuple[Metric, ...]) -> None:
    """Refuse a model that reads metrics nobody declares any more.

    Parameters
    ----------
    model : FittedModel or None
        Nothing to check where there is none.
    metrics : tuple of Metric
        All that are declared.

    Raises
    ------
    ArtifactError
        If one of its columns belongs to no metric.

    Examples
    --------
    >>> check_inputs(None, ())
    """
    if model is None:
        return
    declared = by_column(metrics)
    missing = [name for name in model.columns if name not in declared and name not in _SCORES]
    if missing:
        raise ArtifactError(
            f"The model for {model.target!r} reads {missing}, which no declared metric gives. Name "
            "the module of your own metrics in the setting `metrics`, or train the model again."
        )
