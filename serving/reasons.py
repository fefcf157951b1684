"""Reasons of accounts: what raises the estimate of churn most, by name and in words."""

from collections import defaultdict

import pandas as pd

from .stories import spoken_reasons

__all__ = ["with_reasons"]

_SAID = ("caps", "cap_reasons", "cell", "health_band", "maturity_band")

Told = dict[str, list[str]]


def with_reasons(accounts: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """Add to accounts the metrics that raise the churn estimate most, and how to say them.

    Parameters
    ----------
    accounts : DataFrame
        One row an account: ``account_id``, ``caps``, ``cap_reasons``, ``cell``, ``health_band``
        and ``maturity_band``.
    drivers : DataFrame
        Of all accounts and targets, the strongest first for each account; with ``weight``.

    Returns
    -------
    DataFrame
        Same rows with ``drivers`` (tuple: the metrics of the component that pushes most
        altogether, and that component) and ``spoken`` (what to say of each thing a play may
        answer to). Context is left out: it triggers no play.
    """
    told = _told(_strongest_family(_pushing(drivers)))
    none: Told = {"metric": [], "text": [], "component": []}
    names, spoken = [], []
    said = zip(*(accounts[name].tolist() for name in ("account_id", *_SAID)), strict=True)
    for account_id, *values in said:
        own = told.get(account_id, none)
        names.append((*own["metric"], *dict.fromkeys(own["component"])))
        spoken.append(spoken_reasons(dict(zip(_SAID, values, strict=True)), own, own["component"]))
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


def _told(drivers: pd.DataFrame) -> dict[str, Told]:
    """Return metrics, texts and components by account, in their order."""
    told: dict[str, Told] = defaultdict(lambda: {"metric": [], "text": [], "component": []})
    columns = (drivers[name].tolist() for name in ("account_id", "metric", "text", "component"))
    for account_id, metric, text, component in zip(*columns, strict=True):
        own = told[account_id]
        own["metric"].append(metric)
        own["text"].append(text)
        own["component"].append(component)
    return dict(told)
