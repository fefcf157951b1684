"""Standing: where an account stands before anything is decided, by one ordered table of rules.

A rule has a condition, an effect and a reason. One pure function applies them from top to bottom;
the first that sets a thing has set it.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.schema.bands import BANDS, Bands, band_of
from ...features.schema.conditions import Condition
from ...features.scores.health_score import Health
from ...features.scores.scorecard import Scorecard
from ...features.scores.scorecard_rules import OVERRIDE
from ...features.scores.scorecard_weights import combinations_of

__all__ = [
    "FLAGS",
    "LIMITS",
    "SOURCES",
    "Flag",
    "Limit",
    "Source",
    "band_distance",
    "covered_band",
    "flags_of",
    "held_at_last",
    "limited_band",
    "sources_of",
    "with_overrides",
]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the health axis comes from while a condition holds."""

    when: Condition
    health_source: str


@dataclass(frozen=True, slots=True)
class Limit:
    """What keeps the band from being better: a health value while it holds, with its reason."""

    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Flag:
    """Something a person should look at."""

    name: str
    when: Condition


def _rule(**fields: object) -> Condition:
    return Condition.model_validate(fields)


SOURCES: tuple[Source, ...] = (
    Source(_rule(field="status", **{"is": ["notice_given", "paused"]}), "none"),
    Source(_rule(field="reason", **{"is": ["not_yet_customer"]}), "none"),
    Source(
        _rule(all=[{"field": "status", "is": "scored"}, {"field": "p_churn", "at_least": 0.0}]),
        "model",
    ),
    Source(_rule(field="chs", at_least=0.0), "scorecard"),
    Source(_rule(otherwise=True), "none"),
)
"""In order: the first whose condition holds gives the health axis."""

LIMITS: tuple[Limit, ...] = (
    Limit("cap", "cap_reason"),
    Limit("override_limit", "override_reason"),
)
"""Fields of an account: the band is never better than that of the lowest limit that holds."""

FLAGS: tuple[Flag, ...] = (
    Flag("health_falling", _rule(field="health_trend", **{"is": "down"})),
    Flag("model_and_scorecard_disagree", _rule(field="band_distance", at_least=2)),
    Flag("let_churn_guarded", _rule(**{"not": {"field": "guard", "is": ""}})),
    Flag(
        "let_churn_needs_approval",
        _rule(
            all=[
                {"field": "cell", "is": "let_churn"},
                {"field": "arr_over_approval", "above": 0},
            ]
        ),
    ),
    Flag("maturity_evidence_conflicts", _rule(**{"not": {"field": "maturity_conflict", "is": ""}})),
    Flag("maturity_due", _rule(**{"not": {"field": "maturity_due", "is": ""}})),
    Flag("merged_with_competitor_in_sight", _rule(field="caps", **{"is": ["merged"]})),
    Flag("health_score_insufficient", _rule(**{"not": {"field": "chs", "at_least": 0.0}})),
)
"""Every flag whose condition holds is raised."""


def sources_of(accounts: pd.DataFrame) -> pd.Series:
    """Return where each account's health axis comes from.

    Parameters
    ----------
    accounts : DataFrame
        ``status``, ``reason``, ``p_churn``, ``chs``.

    Returns
    -------
    Series of str
        ``model``, ``scorecard`` or ``none``.
    """
    hits = [source.when.holds(accounts) for source in SOURCES]
    names = [source.health_source for source in SOURCES]
    return pd.Series(np.select(hits, names, "none"), index=accounts.index, dtype=object)


def flags_of(accounts: pd.DataFrame) -> pd.Series:
    """Return the names of all flags raised for each account, joined by a comma.

    Parameters
    ----------
    accounts : DataFrame
        With every field the flags look at.

    Returns
    -------
    Series of str
    """
    found, which = combinations_of([flag.when.holds(accounts) for flag in FLAGS], len(accounts))
    raised = [",".join(FLAGS[place].name for place in places) for places in found]
    told = [raised[number] for number in which.tolist()]
    return pd.Series(told, index=accounts.index, dtype=object)


def covered_band(accounts: pd.DataFrame, scorecard: Scorecard) -> pd.Series:
    """Return the steady band, never high where the scorecard gives it and too little is known.

    Parameters
    ----------
    accounts : DataFrame
        ``band`` (steady), ``health_band_raw`` (of this reading), ``health_source`` and
        ``chs_coverage``.
    scorecard : Scorecard

    Returns
    -------
    Series of str
        The band of the reading itself where the steady one would be high for its past alone.

    Examples
    --------
    >>> from churngrid.features.metrics.catalogue import METRICS
    >>> from churngrid.features.scores.scorecard_file import read_scorecard
    >>> account = {"band": "high", "health_band_raw": "medium", "health_source": "scorecard"}
    >>> accounts = pd.DataFrame([{**account, "chs_coverage": share} for share in (0.79, 0.8)])
    >>> covered_band(accounts, read_scorecard(None, METRICS)).tolist()
    ['medium', 'high']
    """
    thin = accounts["chs_coverage"] < scorecard.green_from
    held = thin & accounts["health_source"].eq("scorecard") & accounts["band"].eq("high")
    return accounts["band"].mask(held, accounts["health_band_raw"])


def held_at_last(
    health: Health, scorecard: Scorecard, lost: frozenset[str], last: pd.DataFrame
) -> Health:
    """Return the health with no score above the last stored one where what it rests on is lost.

    Parameters
    ----------
    health : Health
    scorecard : Scorecard
    lost : frozenset of str
        Metrics that had numbers once and have none to trust.
    last : DataFrame
        Index account_id: what was stored at the newest earlier scoring; may be empty.

    Returns
    -------
    Health
        The same where nothing is lost that the scorecard looks at. Else the components that weigh
        it and the score itself are at most the last stored ones, and unknown where none is stored:
        the lowest and the highest possible score then tell what is left.
    """
    if not lost & scorecard.looks_at:
        return health
    weighing = [
        f"chs_{name}"
        for name, component in scorecard.components.items()
        if lost & {part.metric for part in component.metrics}
    ]
    scores = health.scores.copy()
    accounts = scores.index.get_level_values("account_id")
    for column, before in (
        *((name, name) for name in weighing),
        *(("chs", "chs"), ("chs_before_caps", "chs_before_caps")),
    ):
        stored = last[before] if before in last else pd.Series(dtype=float)
        limit = stored.reindex(accounts).to_numpy(dtype=float)
        scores[column] = np.minimum(scores[column].to_numpy(dtype=float), limit)
    scores["chs_low"] = np.fmin(scores["chs_low"], scores["chs"])
    return replace(health, scores=scores)


def limited_band(accounts: pd.DataFrame, scorecard: Scorecard) -> pd.DataFrame:
    """Return the band after caps and overrides: never better than that of the lowest limit.

    Parameters
    ----------
    accounts : DataFrame
        ``band`` (of the health value), and the fields of ``LIMITS``: values from 0 to 100, NaN
        where none holds, and reasons.
    scorecard : Scorecard

    Returns
    -------
    DataFrame
        ``health_band`` (``unknown`` stays so), ``limit`` (the lowest that holds, or NaN), and
        ``cap_reason``: that of the lowest limit, kept whenever one holds, so that it is never lost.
    """
    shown = accounts["band"].to_numpy(dtype=object)
    values = accounts[[limit.value for limit in LIMITS]].to_numpy(dtype=float)
    reasons = accounts[[limit.reason for limit in LIMITS]].to_numpy(dtype=object)
    first = np.argmin(np.where(np.isnan(values), np.inf, values), axis=1)
    rows = np.arange(len(accounts))
    lowest = values[rows, first]
    most = band_of(np.where(np.isnan(lowest), 100.0, lowest), scorecard.bands)
    lower = np.where(_rank(most) < _rank(shown), most, shown)
    columns = {
        "health_band": np.where(shown == "unknown", "unknown", lower).astype(object),
        "limit": lowest,
        "cap_reason": np.where(np.isnan(lowest), "", reasons[rows, first]).astype(object),
    }
    return pd.DataFrame(columns, index=accounts.index)


def with_overrides(accounts: pd.DataFrame, active: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts with what people have overridden, apart from what was computed.

    Parameters
    ----------
    accounts : DataFrame
        Index (account_id, as_of), with ``caps`` and ``cap_reasons``.
    active : DataFrame
        As ``active_overrides`` gives them; those of other accounts are left out.

    Returns
    -------
    DataFrame
        With ``override_limit`` (NaN where none), ``override_reason`` (empty where none), and
        ``override`` last among the ``caps`` where one holds, so that plays can answer to it.
    """
    found = active.reindex(accounts.index.get_level_values("account_id"))
    limit = found["override_limit"].to_numpy(dtype=float)
    reason = found["override_reason"].fillna("").to_numpy(dtype=object)
    told = accounts.assign(override_limit=limit, override_reason=reason)
    for column, extra in (("caps", OVERRIDE), ("cap_reasons", None)):
        told[column] = [
            (*before, extra or said) if said else before
            for before, said in zip(accounts[column], reason, strict=True)
        ]
    return told


def band_distance(first: pd.Series, second: pd.Series, bands: Bands) -> pd.Series:
    """Return by how many bands two health values differ; 0 where one is unknown.

    Parameters
    ----------
    first, second : Series of float
        0 to 100.
    bands : Bands

    Returns
    -------
    Series of int
    """
    ranks = [_rank(band_of(values.to_numpy(dtype=float), bands)) for values in (first, second)]
    known = first.notna() & second.notna()
    distance = np.abs(ranks[0] - ranks[1])
    return pd.Series(np.where(known, distance, 0), index=first.index)


def _rank(bands: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return the place of each band, the worst first; unknown ones come last."""
    place = pd.Index(BANDS, dtype=object).get_indexer(pd.Index(bands, dtype=object))
    return np.where(place < 0, len(BANDS), place)
