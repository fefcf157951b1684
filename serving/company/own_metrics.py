"""Metrics that a company declares in a Python module of its own, which the settings name."""

from importlib import import_module

from ...features.errors import SchemaError
from ...features.metrics.catalogue import catalogue
from ...features.metrics.metric import Metric
from ..results.schema import RESERVED

__all__ = ["declared_metrics"]


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
    return catalogue() if module is None else catalogue(_own(module), RESERVED)


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
