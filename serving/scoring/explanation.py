"""Reasons of accounts: what raises the estimate of churn most, by name and in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .wording import spoken_caps, spoken_standing

__all__ = ["with_reasons"]


_CAPS = ("caps", "cap_reasons")
_STANDING = ("cell", "health_band", "maturity_band", "maturity_due", "weakest_category")

_NOWHERE = slice(0, 0)


def with_reasons(accounts: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """Add to accounts the metrics that raise the churn estimate most, and how to say them.

    Parameters
    ----------
    accounts : DataFrame
        One row an account: ``account_id``, ``caps``, ``cap_reasons``, ``cell``, ``health_band``,
        ``maturity_band``, ``maturity_due`` and ``weakest_category``.
    drivers : DataFrame
        Of all accounts and targets, the strongest first for each account; with ``weight``.

    Returns
    -------
    DataFrame
        Same rows with ``drivers`` (tuple: the metrics of the component that pushes most
        altogether, and that component) and ``spoken`` (what to say of each thing a play may
        answer to). Context is left out: it triggers no play.
    """
    pushing = _strongest_family(_pushing(drivers))
    places = _places(pushing["account_id"])
    own = [places.get(account_id, _NOWHERE) for account_id in accounts["account_id"].tolist()]
    metrics, texts, components = (
        pushing[name].tolist() for name in ("metric", "text", "component")
    )
    told = zip(
        _said(accounts, _CAPS, spoken_caps),
        own,
        _said(accounts, _STANDING, spoken_standing),
        strict=True,
    )
    columns = {
        "drivers": [(*metrics[rows], *dict.fromkeys(components[rows])) for rows in own],
        "spoken": [
            _spoken(caps, zip(metrics[rows], components[rows], texts[rows], strict=True), standing)
            for caps, rows, standing in told
        ],
    }
    return pd.concat([accounts, pd.DataFrame(columns, index=accounts.index)], axis=1)


def _said(
    accounts: pd.DataFrame,
    fields: Sequence[str],
    say: Callable[[Mapping[str, Any]], dict[str, str]],
) -> Iterable[dict[str, str]]:
    """Return what to say of some fields of each account, put into words once for equal ones."""
    values = list(zip(*(accounts[name].tolist() for name in fields), strict=True))
    words = {own: say(dict(zip(fields, own, strict=True))) for own in dict.fromkeys(values)}
    return map(words.__getitem__, values)


def _spoken(
    caps: Mapping[str, str], drivers: Iterable[tuple[str, str, str]], standing: Mapping[str, str]
) -> dict[str, str]:
    """Return what to say of each cap, metric, component, slot or field, the strongest first."""
    spoken = dict(caps)
    for metric, component, text in drivers:
        spoken.setdefault(metric, text)
        spoken.setdefault(component, text)
    return {**spoken, **standing}


def _pushing(drivers: pd.DataFrame) -> pd.DataFrame:
    target = "churned" if (drivers["target"] == "churned").any() else "chs"
    raises = (drivers["target"] == target) & (drivers["direction"] == "+")
    return drivers[raises & drivers["actionable"].astype(bool)]


def _strongest_family(pushing: pd.DataFrame) -> pd.DataFrame:
    """Return, per account, the drivers of the component that pushes most altogether."""
    account, ids = pd.factorize(pushing["account_id"])
    component, _ = pd.factorize(pushing["component"], sort=True)
    family = pushing["weight"].groupby([account, component]).sum()
    strongest = family.sort_values(ascending=False, kind="stable").index.to_frame(index=False)
    first = strongest.drop_duplicates(0).set_index(0)[1].reindex(range(len(ids)))
    own: pd.DataFrame = pushing[first.to_numpy()[account] == component]
    return own


def _places(account_ids: pd.Series) -> dict[str, slice]:
    """Return which rows belong to each account; those of one follow each other."""
    ids = account_ids.to_numpy(dtype=object)
    changes = np.flatnonzero(ids[1:] != ids[:-1]) + 1
    edges = [0, *changes.tolist(), len(ids)]
    return {ids[low]: slice(low, high) for low, high in pairwise(edges) if low < high}
