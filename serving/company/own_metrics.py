"""Metrics that a company declares in a Python module of its own, which the settings name."""

from collections.abc import Mapping
from importlib import import_module

from ...features.errors import SchemaError
from ...features.metrics.absence import Absence
from ...features.metrics.catalogue import catalogue
from ...features.metrics.combined_measures import Scaled
from ...features.metrics.measures import Latest, Total
from ...features.metrics.metric import Metric
from ...features.metrics.row_selection import Is, Select, Window
from ...features.schema.extra_numbers import ACCOUNT_NUMBERS, ExtraNumber
from ..results.schema import RESERVED

__all__ = ["declared_metrics", "taken_names"]


_DAYS = 28
"""Over which a number of single days is averaged."""

_LONGEST = 50
"""Bytes: with what is stored beside a metric its name still fits into PostgreSQL."""


def declared_metrics(
    module: str | None, extra: Mapping[str, ExtraNumber] | None = None
) -> tuple[Metric, ...]:
    """Return the metrics that churngrid ships and those of a company's own module.

    The module is imported, which runs it: it is the user's own code, like the program that calls
    this, and never comes from the tables or from a stored model.

    Parameters
    ----------
    module : str or None
        Name of a module on Python's path with a tuple ``METRICS``; None for the shipped ones only.
    extra : mapping of str to ExtraNumber, optional
        Columns of one's own that the settings name.

    Returns
    -------
    tuple of Metric

    Raises
    ------
    SchemaError
        If there is no such module, it declares no metrics, or a column is there already or has a
        name too long for databases.

    Examples
    --------
    >>> len(declared_metrics(None)) >= 60
    True
    """
    numbers = tuple(_number(name, one) for name, one in (extra or {}).items())
    own = () if module is None else _own(module)
    return catalogue((*numbers, *own), RESERVED) if numbers or own else catalogue()


def taken_names() -> set[str]:
    """Return the names that no metric of one's own may have.

    Returns
    -------
    set of str

    Examples
    --------
    >>> "active_users" in taken_names()
    True
    """
    there = catalogue()
    return {*RESERVED} | {metric.name for metric in there} | {metric.column for metric in there}


def _number(name: str, one: ExtraNumber) -> Metric:
    """Return the metric of a column: its newest fresh number, or its mean a day."""
    a_day = one.period == "day"
    days = _DAYS if a_day else one.fresh_days
    named = Select(ACCOUNT_NUMBERS, (Is("name", (name,)),), Window(days))
    read = f"`{one.value}` of {one.source!r}"
    try:
        return Metric(
            name=name,
            component=one.component,
            measure=Scaled(Total(named, "value"), 1 / days) if a_day else Latest(named, "value"),
            label=one.label or name.replace("_", " "),
            unit=one.unit,
            direction=one.direction,
            axis="context" if one.direction == "c" else "health",
            when_absent=0.0 if a_day else Absence.NO_EVENT_YET,
            meaning=f"Mean of {read} a day over {days} days, 0 on days without a row."
            if a_day
            else f"Newest {read}, at most {days} days old.",
            poor=one.poor,
            healthy=one.healthy,
            own_baseline=one.direction != "c",
            in_segment=one.direction != "c",
            source="setting `extra`",
        )
    except ValueError as error:
        raise SchemaError(f"Setting `extra.{name}`: {error}") from None


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
    for metric in own:
        if len(metric.column.encode()) > _LONGEST:
            raise SchemaError(
                f"Setting `metrics`: column {metric.column!r} of module {module!r} must have at "
                f"most {_LONGEST} bytes, for databases cut longer names; rename the metric."
            )
    return own
