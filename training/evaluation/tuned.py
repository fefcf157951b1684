"""The boosted model with parameters of its own, as a search found them."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from ..models.bag import TreeShape
from ..models.boosted_model import Boosted
from ..models.catalogue import Model, model_named

__all__ = ["BEFORE", "SETTINGS", "SHAPE", "tuned_before", "tuned_model"]

BEFORE = "tuned_before"
"""From this date on rows were kept out of the search."""

SETTINGS = ("max_depth", "learning_rate", "bagging_fraction")
SHAPE = ("num_leaves", "min_rows", "column_share", "ridge")


def tuned_model(parameters: Mapping[str, Any]) -> Model:
    """Return the boosted model with parameters of its own.

    Parameters
    ----------
    parameters : mapping
        ``max_depth``, ``learning_rate``, ``bagging_fraction``, ``shape`` (of the trees, in place
        of those that compete by default) and ``tuned_before``; all may be left out.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If a name is unknown or a shape is not whole.

    Examples
    --------
    >>> tuned_model({"max_depth": 3}).build().settings
    {'max_depth': 3}
    """
    known = (*SETTINGS, "shape", BEFORE)
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise ValueError(f"`tuned` knows {list(known)!r}, got {unknown[0]!r}.")
    settings: dict[str, Any] = {name: parameters[name] for name in SETTINGS if name in parameters}
    if shape := parameters.get("shape"):
        if set(shape) != set(SHAPE):
            raise ValueError(
                f"`shape` of `tuned` must name {list(SHAPE)!r}, got {sorted(shape)!r}."
            )
        settings["shapes"] = (TreeShape(**shape),)
    return replace(model_named("boosted"), build=partial(Boosted, **settings))


def tuned_before(parameters: Mapping[str, Any]) -> pd.Timestamp | None:
    """Return from when on rows tell what the parameters are worth; None for any.

    Examples
    --------
    >>> tuned_before({"tuned_before": "2025-03-01"})
    Timestamp('2025-03-01 00:00:00+0000', tz='UTC')
    """
    said = parameters.get(BEFORE)
    if said is None:
        return None
    date = pd.Timestamp(said)
    return date.tz_localize("UTC") if date.tz is None else date
