"""Reasons of accounts: what raises the estimate of churn most, by name and in words."""

from itertools import pairwise

import numpy as np
import pandas as pd

from .stories import spoken_reasons

__all__ = ["with_reasons"]

_SAID = (
    *("caps", "cap_reasons", "cell", "health_band", "maturity_band"),
    *("maturity_due", "weakest_category"),
)

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
    metrics, texts, components = (
        pushing[name].tolist() for name in ("metric", "text", "component")
    )
    places = _places(pushing["account_id"])
    names, spoken = [], []
    said = zip(*(accounts[name].tolist() for name in ("account_id", *_SAID)), strict=True)
    for account_id, *values in said:
        own = places.get(account_id, _NOWHERE)
        names.append((*metrics[own], *dict.fromkeys(components[own])))
        told = {"metric": metrics[own], "text": texts[own]}
        spoken.append(spoken_reasons(dict(zip(_SAID, values, strict=True)), told, components[own]))
    columns = pd.DataFrame({"drivers": names, "spoken": spoken}, index=accounts.index)
    return pd.concat([accounts, columns], axis=1)


def _pushing(drivers: pd.DataFrame) -> pd.DataFrame:
    target = "churned" if (drivers["target"] == "churned").any() else "chs"
    raises = (drivers["target"] == target) & (drivers["direction"] == "+")
    return drivers[raises & drivers["actionable"].astype(bool)]


def _strongest_family(pushing: pd.DataFrame) -> pd.DataFrame:
    """Return, per account, the drivers of the component that pushes most altogether."""
    family = pushing.groupby(["account_id", "component"])["weight"].sum().reset_index()
    family = family.sort_values("weight", ascending=False, kind="stable")
    strongest = family.drop_duplicates("account_id")[["account_id", "component"]]
    return pushing.merge(strongest, on=["account_id", "component"])


def _places(account_ids: pd.Series) -> dict[str, slice]:
    """Return which rows belong to each account; those of one follow each other."""
    ids = account_ids.to_numpy(dtype=object)
    changes = np.flatnonzero(ids[1:] != ids[:-1]) + 1
    edges = [0, *changes.tolist(), len(ids)]
    return {ids[low]: slice(low, high) for low, high in pairwise(edges) if low < high}
