"""The explanation of an account: which one counts, and the reasons that it gives, in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ...features.schema.conditions import Condition
from ..wording.account_sentences import spoken_caps, spoken_standing

__all__ = [
    *("EXPLANATIONS", "KINDS", "MODEL", "NONE", "RISK_OF", "SCORECARD", "Explanation"),
    *("explained", "kind_of", "with_reasons"),
]

MODEL, SCORECARD, NONE = "model", "scorecard", "none"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What explains an account while a condition holds, and why nothing better does."""

    when: Condition
    explained_by: str
    note: str = ""


def _rule(**fields: object) -> Condition:
    return Condition.model_validate(fields)


_SCORE = {"field": "chs", "at_least": 0.0}

EXPLANATIONS: tuple[Explanation, ...] = (
    Explanation(
        _rule(field="status", **{"is": ["notice_given"]}),
        NONE,
        "notice was given, which no estimate and no score explains",
    ),
    Explanation(_rule(field="status", **{"is": ["paused"]}), NONE, "the contract is paused"),
    Explanation(
        _rule(
            all=[
                {"field": "p_churn", "at_least": 0.0},
                {"field": "model_metrics", "above": 0.0},
            ]
        ),
        MODEL,
    ),
    Explanation(
        _rule(all=[{"field": "p_churn", "at_least": 0.0}, _SCORE]),
        SCORECARD,
        "the model reads the scores and no metric of its own",
    ),
    Explanation(
        _rule(all=[{"field": "model_metrics", "above": 0.0}, _SCORE]),
        SCORECARD,
        "the account has no estimate",
    ),
    Explanation(_rule(**_SCORE), SCORECARD, "there is no churn model"),
    Explanation(_rule(otherwise=True), NONE, "too little is known for a score"),
)
"""In order: the first whose condition holds decides."""


def explained(accounts: pd.DataFrame) -> pd.DataFrame:
    """Decide, once for all readers, what explains each account.

    Parameters
    ----------
    accounts : DataFrame
        ``status``, ``p_churn``, ``chs``, and ``model_metrics``: how many metrics the churn model
        reads, 0 without a model.

    Returns
    -------
    DataFrame
        Same index: ``explained_by`` (``model``, ``scorecard`` or ``none``) and
        ``explanation_note`` (why not the model, or why nothing; empty for the model, but for an
        account with an ``overdue_note``: that is its note).

    Examples
    --------
    >>> accounts = pd.DataFrame({"status": ["scored", "paused"], "p_churn": [0.1, None]})
    >>> explained(accounts.assign(chs=60.0, model_metrics=3.0))["explained_by"].tolist()
    ['model', 'none']
    """
    held = [rule.when.holds(accounts) for rule in EXPLANATIONS]
    columns = {
        "explained_by": [rule.explained_by for rule in EXPLANATIONS],
        "explanation_note": [rule.note for rule in EXPLANATIONS],
    }
    told = {name: np.select(held, words, "").astype(object) for name, words in columns.items()}
    frame = pd.DataFrame(told, index=accounts.index, dtype=object)
    if "overdue_note" not in accounts:
        return frame
    overdue = accounts["overdue_note"].ne("")
    return frame.assign(
        explanation_note=frame["explanation_note"].mask(overdue, accounts["overdue_note"])
    )


_CAPS = ("caps", "cap_reasons")
_STANDING = ("cell", "health_band", "maturity_band", "maturity_due", "weakest_category")

_NOWHERE = slice(0, 0)

_KINDS = {
    ("churn", "raises", True): "raises",
    ("churn", "lowers", True): "lowers",
    ("churn", "raises", False): "context",
    ("churn", "lowers", False): "context",
    ("chs", "lowers", True): "costs",
    ("expansion", "raises", True): "grows",
    ("contraction", "raises", True): "cuts",
}
"""What drivers say, by target, direction, and whether anybody can act on them."""

KINDS = tuple(dict.fromkeys(_KINDS.values()))
"""Everything that a driver can say."""

RISK_OF = {MODEL: "raises", SCORECARD: "costs", NONE: ""}
"""The kind that is a reason for risk, by what explains an account."""


def kind_of(drivers: pd.DataFrame) -> pd.Series:
    """Return what each driver says; the one place where readers learn it.

    Parameters
    ----------
    drivers : DataFrame
        ``target``, ``direction`` and ``actionable``.

    Returns
    -------
    Series of str
        ``raises``, ``lowers`` and ``context`` (of the estimate of churn), ``costs`` (points of the
        health score), ``grows`` and ``cuts`` (raise the estimate of growth and of cutting back);
        empty for what nobody shows.

    Examples
    --------
    >>> one = pd.DataFrame({"target": ["churn"], "direction": ["raises"], "actionable": [True]})
    >>> kind_of(one).tolist()
    ['raises']
    """
    told = zip(
        *(drivers[name] for name in ("target", "direction")),
        drivers["actionable"].astype(bool),
        strict=True,
    )
    found = [_KINDS.get(key, "") for key in told]
    return pd.Series(found, index=drivers.index, dtype=object)


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
        altogether, and that component), ``families`` (the same of each component that pushes, the
        strongest first), ``reasons_told`` (how many caps and metrics there are) and ``spoken``
        (what to say of each thing a play may answer to). Context is left out: it triggers no play.
    """
    pushing = _by_family(_pushing(drivers))
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
    families = [_families(metrics[rows], components[rows]) for rows in own]
    columns = {
        "drivers": [found[0] if found else () for found in families],
        "families": families,
        "reasons_told": [
            float(len(caps) + rows.stop - rows.start)
            for caps, rows in zip(accounts["caps"], own, strict=True)
        ],
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
    strongest = next(iter(spoken.values()), "")
    return {**spoken, **({"reasons_told": strongest} if strongest else {}), **standing}


def _pushing(drivers: pd.DataFrame) -> pd.DataFrame:
    return drivers[kind_of(drivers).isin([RISK_OF[MODEL], RISK_OF[SCORECARD]])]


def _by_family(pushing: pd.DataFrame) -> pd.DataFrame:
    """Return the drivers of each account by component, the one that pushes most first."""
    account, _ = pd.factorize(pushing["account_id"])
    component, _ = pd.factorize(pushing["component"], sort=True)
    weight = pushing["weight"].groupby([account, component]).transform("sum").to_numpy(dtype=float)
    order = np.lexsort((np.arange(len(pushing)), component, -weight, account))
    return pushing.iloc[order]


def _families(metrics: Sequence[str], components: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the metrics of each component, and its name behind them."""
    found: dict[str, list[str]] = {}
    for metric, component in zip(metrics, components, strict=True):
        found.setdefault(component, []).append(metric)
    return tuple((*names, component) for component, names in found.items())


def _places(account_ids: pd.Series) -> dict[str, slice]:
    """Return which rows belong to each account; those of one follow each other."""
    ids = account_ids.to_numpy(dtype=object)
    changes = np.flatnonzero(ids[1:] != ids[:-1]) + 1
    edges = [0, *changes.tolist(), len(ids)]
    return {ids[low]: slice(low, high) for low, high in pairwise(edges) if low < high}
