"""Batch scoring: from tables and an as-of date to scores, drivers and plays, as a pure function."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from ..features.absence import Absence
from ..features.engine import Features, compute_features
from ..features.errors import ArtifactError
from ..features.facts import DAY_US
from ..features.health import Health, score_health, scorecard_scope
from ..features.knowledge import Knowledge
from ..features.maturity import score_maturity
from ..features.metrics import METRICS, metric_of_column
from ..features.metrics.context import EVER
from ..features.population import known_accounts
from ..features.rows import Rows, to_microseconds
from ..features.tableset import Tables
from ..training.artifact import BASE, FittedModel
from ..training.business import Business, business_of
from ..training.cohorts import standing
from ..training.dataset import MATURITY_INPUTS
from . import standing as rules
from .bands import band_of, health_index, with_hysteresis
from .config import Config
from .drivers import drivers_of_model, drivers_of_scorecard
from .grid import place
from .playbook import assign_plays
from .stories import spoken_reasons

__all__ = ["Models", "Scored", "score_tables"]

_NEAR_DEADLINE_DAYS = 120
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Models:
    """The trained models to score with; either may be missing."""

    churn: FittedModel | None = None
    expansion: FittedModel | None = None

    @property
    def version(self) -> str:
        """The versions of both, as they are stored with every score."""
        chosen = [model for model in (self.churn, self.expansion) if model]
        return "+".join(model.version[:_DIGITS] for model in chosen)


@dataclass(frozen=True, slots=True)
class Scored:
    """The result of one scoring.

    Parameters
    ----------
    scores : DataFrame
        One row an account, those that need someone most first.
    drivers : DataFrame
        Why: several rows an account and target.
    plays : DataFrame
        What to do: up to three rows an account.
    features : Features
        The numbers behind it, in the order of ``scores``.
    contributions : dict of str to DataFrame
        Per target the SHAP values on log-odds, one column an input and ``base``.
    scope : float
        Share of the scorecard's weight that the company collects at all.
    notes : tuple of str
        What a reader should know about this run.
    """

    scores: pd.DataFrame
    drivers: pd.DataFrame
    plays: pd.DataFrame
    features: Features
    contributions: dict[str, pd.DataFrame]
    scope: float
    notes: tuple[str, ...]


def score_tables(
    tables: Tables,
    as_of: pd.Timestamp,
    *,
    config: Config,
    models: Models | None = None,
    previous: pd.DataFrame | None = None,
    progress: Callable[[str], None] | None = None,
) -> Scored:
    """Score every account known on a date.

    Parameters
    ----------
    tables : Tables
    as_of : Timestamp
        Only facts known before it count.
    config : Config
    models : Models, optional
        Without models the scorecard stands in for the health axis.
    previous : DataFrame, optional
        Stored scores of earlier dates: their bands make this one steady.
    progress : callable, optional
        Called with the name of each step.

    Returns
    -------
    Scored
        The same for the same tables, date, config, models and previous scores.
    """
    chosen = models or Models()
    business = business_of(tables)
    pairs = known_accounts(tables, [as_of])
    features = compute_features(tables, pairs, metrics=METRICS, progress=progress)
    status = standing(tables, pairs, business, config.settings).set_index(["account_id", "as_of"])
    ended = _ended(tables, features, status)
    kept = status.index[~ended]
    features, status = features.at(kept), status.loc[kept]
    health = score_health(features, config.scorecard)
    maturity = score_maturity(tables, kept.to_frame(index=False), config.rubric)
    inputs = _inputs(features, health, maturity)
    contributions = _contributions(inputs, chosen)
    who = _accounts(tables, features, status)
    accounts = pd.concat([who, health.scores, maturity], axis=1)
    accounts = _with_probabilities(accounts, inputs, chosen)
    accounts = _with_bands(accounts, config, _last_seen(previous, as_of))
    accounts = _in_grid(accounts, config)
    drivers = _drivers(features, health, contributions)
    accounts = _with_driver_names(accounts.reset_index(), drivers)
    known = features.frame.reset_index(drop=True).drop(columns=["arr", "tenure_days"])
    attention = _attention(accounts, known["days_to_notice_deadline"])
    accounts = pd.concat([accounts, known, attention], axis=1)
    order = accounts.sort_values(["attention", "account_id"], ascending=[False, True]).index
    accounts = accounts.loc[order].reset_index(drop=True)
    plays = assign_plays(
        accounts,
        config.playbook,
        labels={metric.column: metric.label for metric in METRICS},
        recent=_recent_plays(tables, as_of, config.settings.cool_down_days),
        most=config.settings.max_open_plays,
    )
    return Scored(
        scores=_published(accounts, config, chosen, previous),
        drivers=drivers.drop(columns="weight"),
        plays=plays,
        features=features.at(features.frame.index[order]),
        contributions=contributions,
        scope=scorecard_scope(features, config.scorecard),
        notes=_notes(business, chosen, status, int(ended.sum())),
    )


def _ended(tables: Tables, features: Features, status: pd.DataFrame) -> pd.Series:
    """Return which accounts were customers once and are no more."""
    known = Knowledge(tables, Rows.of(features.frame.index.to_frame(index=False)))
    once = np.zeros(len(status), dtype=bool)
    for measure in EVER:
        if known.collected(measure):
            once |= measure.evaluate(known) > 0
    outside = status["status"].eq("not_eligible") & ~features.live
    return outside & once


def _accounts(tables: Tables, features: Features, status: pd.DataFrame) -> pd.DataFrame:
    """Return who each account is, as known on the date."""
    known = Knowledge(tables, Rows.of(features.frame.index.to_frame(index=False)))
    names = {"account_name": "name", "csm_id": "csm_id"}
    frame = pd.DataFrame(
        {column: known.account_text(source) for column, source in names.items()},
        index=features.frame.index,
    )
    frame["segment"] = features.segment
    money = features.absence["arr"] != Absence.NOT_COLLECTED
    frame["arr"] = status["arr"].where(money | status["arr"].notna())
    columns = ["status", "reason", "term_end", "notice_deadline"]
    return frame.join(status[columns]).assign(tenure_days=features.frame["tenure_days"])


def _inputs(features: Features, health: Health, maturity: pd.DataFrame) -> pd.DataFrame:
    """Return what the models read, as `build_dataset` lays it out."""
    extra = pd.concat([health.scores["chs"], maturity[list(MATURITY_INPUTS)]], axis=1)
    return pd.concat([features.frame, extra], axis=1)


def _contributions(inputs: pd.DataFrame, models: Models) -> dict[str, pd.DataFrame]:
    fitted = {"churned": models.churn, "expanded": models.expansion}
    return {target: model.contributions(inputs) for target, model in fitted.items() if model}


def _with_probabilities(
    accounts: pd.DataFrame, inputs: pd.DataFrame, models: Models
) -> pd.DataFrame:
    eligible = accounts["status"] == "scored"
    for column, model in (("p_churn", models.churn), ("p_expand", models.expansion)):
        found = model.predict_p(inputs) if model else np.full(len(accounts), np.nan)
        accounts[column] = np.where(eligible, found, np.nan)
    base = models.churn.base_rate if models.churn else np.nan
    accounts["base_rate"] = base
    accounts["health_index"] = health_index(accounts["p_churn"].to_numpy(dtype=float), base)
    accounts["arr_at_risk"] = accounts["arr"] * accounts["p_churn"]
    return accounts


def _with_bands(accounts: pd.DataFrame, config: Config, last: pd.DataFrame) -> pd.DataFrame:
    accounts["health_source"] = rules.sources_of(accounts)
    if config.settings.save_capacity is not None:
        accounts["rank_of_risk"] = accounts["p_churn"].rank(ascending=False, method="first")
    by_source = {"model": accounts["health_index"], "scorecard": accounts["chs"]}
    value = pd.Series(np.nan, index=accounts.index)
    for source, values in by_source.items():
        value = value.where(accounts["health_source"] != source, values)
    accounts["health_value"] = value
    raw = band_of(np.asarray(value, dtype=float), config.scorecard.bands)
    accounts["health_band_raw"] = _by_capacity(raw, accounts, config.settings.save_capacity)
    before = last.reindex(accounts.index.get_level_values("account_id"))
    accounts["band"] = with_hysteresis(
        accounts["health_band_raw"].to_numpy(dtype=object), np.asarray(value, dtype=float), before
    )
    limited = rules.limited_band(accounts, config.scorecard)
    return accounts.drop(columns=["cap_reason"]).join(limited)


def _by_capacity(
    raw: "np.ndarray[tuple[int], np.dtype[np.object_]]",
    accounts: pd.DataFrame,
    capacity: int | None,
) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """Make the riskiest accounts low, as many as can be worked on, and no other."""
    if capacity is None:
        return raw
    riskiest = (accounts["rank_of_risk"] <= capacity).to_numpy()
    return np.where(riskiest, "low", np.where(raw == "low", "medium", raw)).astype(object)


def _in_grid(accounts: pd.DataFrame, config: Config) -> pd.DataFrame:
    accounts["in_grid"] = accounts["health_source"] != "none"
    placed = place(accounts, medium_from=config.scorecard.bands.medium)
    accounts = accounts.join(placed)
    accounts["band_distance"] = rules.band_distance(
        accounts["health_index"], accounts["chs"], config.scorecard.bands
    )
    accounts["arr_over_approval"] = accounts["arr"] - config.settings.approval_arr
    accounts["review_flags"] = rules.flags_of(accounts)
    return accounts


def _drivers(
    features: Features, health: Health, contributions: dict[str, pd.DataFrame]
) -> pd.DataFrame:
    found = [
        drivers_of_model(features, shares.drop(columns=BASE), target=target)
        for target, shares in contributions.items()
    ]
    return pd.concat([*found, drivers_of_scorecard(features, health.losses)], ignore_index=True)


def _with_driver_names(accounts: pd.DataFrame, drivers: pd.DataFrame) -> pd.DataFrame:
    """Add the metrics and components that raise the churn estimate most, and how to say them."""
    target = "churned" if (drivers["target"] == "churned").any() else "chs"
    pushing = drivers[
        (drivers["target"] == target) & (drivers["direction"] == "+") & drivers["actionable"]
    ]
    top = _strongest_family(pushing)
    grouped = dict(tuple(top.groupby("account_id")))
    names, spoken = [], []
    for _, account in accounts.iterrows():
        own = grouped.get(account["account_id"], top.iloc[:0])
        components = [metric_of_column(metric).component for metric in own["metric"]]
        names.append((*own["metric"], *dict.fromkeys(components)))
        spoken.append(spoken_reasons(account, own, components))
    columns = {"drivers": names, "spoken": spoken}
    return pd.concat([accounts, pd.DataFrame(columns, index=accounts.index)], axis=1)


def _strongest_family(pushing: pd.DataFrame) -> pd.DataFrame:
    """Return, per account, the drivers of the component that pushes most altogether."""
    family = pushing.groupby(["account_id", "component"])["weight"].sum().reset_index()
    family = family.sort_values("weight", ascending=False, kind="stable")
    strongest = family.drop_duplicates("account_id")[["account_id", "component"]]
    return pushing.merge(strongest, on=["account_id", "component"])


def _attention(accounts: pd.DataFrame, days: pd.Series) -> pd.Series:
    """Return how much an account needs someone: money times ill health, sooner and capped first."""
    money = accounts["arr"].fillna(0.0)
    size = money if money.gt(0).any() else pd.Series(1.0, index=accounts.index)
    illness = 1.0 - accounts["health_value"] / 100.0
    near = days.between(0, _NEAR_DEADLINE_DAYS).map({True: 1.5, False: 1.0})
    urgent = accounts["cap"].notna().map({True: 1.5, False: 1.0})
    deciding = accounts["status"].eq("scored").map({True: 1.0, False: 0.5})
    waiting = accounts["in_grid"] & (accounts["cell"] != "let_churn")
    need = size * illness * near * urgent * deciding
    return need.where(waiting, 0.0).fillna(0.0).rename("attention")


def _recent_plays(tables: Tables, as_of: pd.Timestamp, days: int) -> frozenset[tuple[str, str]]:
    """Return the plays that were begun within the cool-down, as the interventions record them."""
    if "account_events" not in tables:
        return frozenset()
    frame = tables["account_events"].to_pandas()
    opens = to_microseconds(pd.DatetimeIndex([as_of]))[0] - days * DAY_US
    known = to_microseconds(frame["known_at"]) < opens + days * DAY_US
    lately = to_microseconds(frame["occurred_at"]) >= opens
    begun = frame[known & lately & (frame["kind"] == "intervention") & frame["value_text"].notna()]
    return frozenset(zip(begun["account_id"], begun["value_text"], strict=True))


def _last_seen(previous: pd.DataFrame | None, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return, per account, the newest stored reading before this date."""
    columns = {"health_band_shown": "band", "health_band_raw": "raw_band", "health_value": "index"}
    if previous is None or previous.empty:
        return pd.DataFrame(columns=list(columns.values()), dtype=object)
    missing = sorted({"account_id", "as_of", *columns} - set(previous.columns))
    if missing:
        raise ArtifactError(
            f"The stored scores lack {missing}: another version wrote them. Score with `--fresh`, "
            "or into another place."
        )
    earlier = previous[previous["as_of"] < as_of].sort_values("as_of")
    newest = earlier.drop_duplicates("account_id", keep="last").set_index("account_id")
    return newest.rename(columns=columns)[list(columns.values())]


def _published(
    accounts: pd.DataFrame, config: Config, models: Models, previous: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the scores as they are written."""
    components = [f"chs_{name}" for name in config.scorecard.components]
    columns = [
        *("account_id", "account_name", "csm_id", "segment", "as_of", "status", "reason", "arr"),
        *("term_end", "notice_deadline", "p_churn", "p_expand", "base_rate", "health_index"),
        *("health_band", "health_source", "cap_reason", "chs", "chs_low", "chs_high"),
        *("chs_coverage", *components, "cmi", "cmi_low", "cmi_high", "cmi_status"),
        *("maturity_band", "weakest_category", "cell", "quadrant", "arr_at_risk", "review_flags"),
        *("attention", "health_value", "health_band_raw", "band"),
    ]
    frame = accounts[columns].rename(columns={"band": "health_band_shown"})
    return frame.assign(
        model_version=models.version,
        settings_hash=config.digest,
        state_hash=_digest(previous, accounts["as_of"]),
    )


def _digest(previous: pd.DataFrame | None, as_of: pd.Series) -> str:
    """Return a hash of the stored readings this scoring goes by: those of earlier dates."""
    if previous is None or as_of.empty:
        return ""
    columns = ["account_id", "as_of", "health_band_shown", "health_band_raw", "health_value"]
    earlier = previous.loc[previous["as_of"] < as_of.iloc[0], columns]
    if earlier.empty:
        return ""
    ordered = earlier.sort_values(["account_id", "as_of"])
    table = pa.Table.from_pandas(ordered, preserve_index=False)
    return hashlib.sha256(str(table.to_pylist()).encode()).hexdigest()[:12]


def _notes(business: Business, models: Models, status: pd.DataFrame, ended: int) -> tuple[str, ...]:
    notes = [business.sentence]
    if models.churn is None:
        notes.append(
            "No churn model: the health axis is the scorecard. Run `churngrid train` for one."
        )
    if models.expansion is None:
        notes.append("No expansion model: p_expand is empty.")
    counts = status["status"].value_counts()
    told = [f"{count:,} {str(name).replace('_', ' ')}" for name, count in counts.items()]
    notes.append(f"Accounts: {', '.join(told)}; {ended:,} left before and are not listed.")
    return tuple(notes)
