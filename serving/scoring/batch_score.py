"""Batch scoring: from tables and an as-of date to scores, drivers and plays, as a pure function."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.arrays.moments import IntArray
from ...features.engine.compute import Features
from ...features.metrics.absence import Absence
from ...features.metrics.catalogue import by_column
from ...features.progress import Progress
from ...features.schema.bands import band_of
from ...features.schema.tableset import Tables
from ...features.scores.health_overrides import active_overrides
from ...features.scores.health_score import Health, score_health, scorecard_scope
from ...features.scores.health_trend import Past, past_of, trend_of, with_own_past
from ...features.scores.maturity_index import score_maturity
from ...features.scores.portfolio_review import MaturityReview, review_maturity
from ...training.dataset.dataset import MATURITY_INPUTS
from ...training.dataset.input_drift import drift_of
from ...training.forecast.outlook import Outlook
from ...training.registry.artifact import BASE, PROBABILITY, FittedModel
from ...training.scorecard.departures import with_health_before
from ..company.config import Config
from ..company.feed_status import FeedStatus, feed_status, without_lost
from ..forecast.account_outlook import (
    OutlookInputs,
    forecast_table,
    of_accounts,
    outlook_of,
)
from ..plays.assign_plays import Limits, assign_plays
from ..plays.interventions import Interventions
from ..results.words import in_order
from . import health_rules as rules
from .attention import attention_of
from .book_notes import book_notes, override_notes
from .component_reasons import ScorePoints, component_reasons, points_of
from .drivers import drivers_of
from .earlier_scorings import last_seen, newest_before, told_of_begun
from .explanation import MODEL, SCORECARD, explained, with_reasons
from .grid import place
from .health_index import cut_by_capacity, health_index, p_of_index, with_hysteresis
from .known_facts import Known, known_on
from .model_estimates import Estimate, check_inputs, estimated
from .model_notes import drift_notes, hindsight_notes
from .overdue_renewals import OVERDUE, with_day_of_reading, with_rows
from .published_scores import published
from .scored import Basis, Models, Scored
from .withheld_models import without_withheld

__all__ = ["score_known", "score_tables"]


def score_tables(
    tables: Tables,
    as_of: pd.Timestamp,
    *,
    config: Config,
    models: Models | None = None,
    previous: pd.DataFrame | None = None,
    earlier_plays: pd.DataFrame | None = None,
    earlier_feeds: pd.DataFrame | None = None,
    progress: Progress | None = None,
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
    earlier_plays : DataFrame, optional
        Stored plays: an open one keeps the reason that it was begun for.
    earlier_feeds : DataFrame, optional
        Stored ``feeds`` of earlier dates: what delivered then and is missing now is told.
    progress : Progress, optional

    Returns
    -------
    Scored
        The same for the same tables, date, config, models and previous scores.
    """
    chosen = models or Models()
    for model in chosen.by_target.values():
        check_inputs(model, config.metrics)
    known = known_on(tables, as_of, config, progress)
    return score_known(
        known,
        config=config,
        models=chosen,
        previous=previous,
        earlier_plays=earlier_plays,
        earlier_feeds=earlier_feeds,
    )


def score_known(
    known: Known,
    *,
    config: Config,
    models: Models | None = None,
    previous: pd.DataFrame | None = None,
    earlier_plays: pd.DataFrame | None = None,
    earlier_feeds: pd.DataFrame | None = None,
) -> Scored:
    """Score accounts of which everything is known already.

    Parameters
    ----------
    known : Known
    config : Config
        The one it was gathered with.
    models : Models, optional
    previous, earlier_plays, earlier_feeds : DataFrame, optional
        As in ``score_tables``.

    Returns
    -------
    Scored
    """
    given = models or Models()
    feeds = _feeds(known, given, config, earlier_feeds)
    chosen, withheld = without_withheld(given, feeds.lost, config)
    features = without_lost(known.features, feeds.lost)
    health = score_health(features, config.scorecard)
    last = newest_before(previous, known.as_of)
    health = rules.held_at_last(health, config.scorecard, feeds.lost, last)
    readings = without_lost(known.readings, feeds.lost)
    inputs = _with_those_overdue(_inputs(features, health, known.maturity), known, readings, config)
    with estimated(chosen.by_target, inputs, threads=config.settings.effort.workers) as said:
        departed = with_health_before(known.departed, readings, config.scorecard)
        past = past_of(readings, features, config.scorecard)
        features = with_own_past(features, past)
        points = points_of(features, health, config.scorecard)
        judged = _judged(known, features, health, points, past, config)
        placed = _placed(known, judged, said, chosen, config, previous)
        contributions = placed.contributions
    read = known.overdue.as_read_before(features, readings)
    drivers = _drivers(read, points, contributions, placed.accounts)
    drivers = with_day_of_reading(drivers, known.overdue)
    accounts = with_reasons(placed.accounts.reset_index(), drivers)
    accounts = _with_metrics(accounts, features, services=config.settings.services)
    accounts, order = _in_list_order(accounts)
    drift = _drift(chosen, inputs[known.accounts["status"].eq("scored").to_numpy()])
    earlier = told_of_begun(earlier_plays, known)
    return Scored(
        scores=published(*(accounts, config, chosen, known.tables.currency, previous, earlier)),
        drivers=drivers.drop(columns="weight"),
        plays=_plays(accounts, config, known.begun, earlier),
        features=features.at(features.frame.index[order]),
        contributions=contributions,
        scope=scorecard_scope(features, config.scorecard),
        findings=(*feeds.findings, *withheld),
        feeds=feeds.frame,
        notes=(
            *feeds.findings,
            *withheld,
            *book_notes(
                known.business.sentence_with(config.settings.horizon_days),
                *(given, known.status, known.ended, known.prospects),
            ),
            *_notes_on_the_day(known, placed, chosen, config),
            *drift_notes(drift),
        ),
        maturity=placed.maturity,
        basis=Basis(inputs, health.losses, chosen, config),
        forecast=forecast_table(placed.outlook),
        outlook=placed.outlook,
        drift=drift,
        departed=departed,
    )


def _in_list_order(accounts: pd.DataFrame) -> tuple[pd.DataFrame, IntArray]:
    """Return the accounts as the list has them, and the place that each had before."""
    order = in_order(accounts.reset_index(drop=True)).index.to_numpy()
    return accounts.take(order).reset_index(drop=True), order


@dataclass(frozen=True, slots=True)
class _Placed:
    """Accounts with their estimates, bands and cells, and what was looked at on the way."""

    accounts: pd.DataFrame
    maturity: MaturityReview
    overrides: pd.DataFrame
    outlook: Outlook
    contributions: dict[str, pd.DataFrame]


def _placed(
    known: Known,
    accounts: pd.DataFrame,
    said: Mapping[str, Estimate],
    chosen: Models,
    config: Config,
    previous: pd.DataFrame | None,
) -> _Placed:
    review = review_maturity(known.tables, accounts, config.rubric)
    active = active_overrides(config.overrides, known.as_of, config.scorecard.bands)
    accounts = rules.with_overrides(accounts, active)
    late = chosen.late_renewals
    carried = known.overdue.carried_on(said, accounts.index, late)
    accounts = known.overdue.told(accounts, said, late)
    accounts = _with_probabilities(accounts, carried, chosen)
    outlook = _outlook(known, accounts, chosen, config)
    accounts = accounts.join(of_accounts(outlook, accounts.index))
    accounts["hindsight"] = bool(_knowing(chosen, known.as_of))
    accounts = _with_bands(accounts, config, last_seen(previous, known.as_of))
    accounts = _in_grid(accounts, config)
    accounts = accounts.join(_explained(accounts, chosen, config))
    shares = {target: estimate.contributions() for target, estimate in carried.items()}
    return _Placed(accounts, review, active, outlook, shares)


def _notes_on_the_day(
    known: Known, placed: _Placed, chosen: Models, config: Config
) -> Iterator[str]:
    """Yield what people overrode, began and assessed, and which models know what came after."""
    yield from override_notes(placed.overrides, placed.accounts.reset_index())
    yield from known.begun.notes(config.playbook)
    yield from placed.maturity.notes()
    yield from hindsight_notes(_knowing(chosen, known.as_of), known.as_of)


def _outlook(known: Known, accounts: pd.DataFrame, models: Models, config: Config) -> Outlook:
    """Lay the estimates on the coming decisions, beside them what people's overrides stand for."""
    limits = accounts["override_limit"].to_numpy(dtype=float)
    base = models.churn.base_rate if models.churn else np.nan
    inputs = OutlookInputs(known.tables, known.business, config.settings, **models.by_target)
    return outlook_of(accounts.assign(p_called=p_of_index(limits, base)), inputs)


def _feeds(
    known: Known, models: Models, config: Config, earlier: pd.DataFrame | None
) -> FeedStatus:
    return feed_status(
        known.tables,
        known.as_of,
        known.features,
        settings=config.settings,
        learned=models.learned,
        earlier=earlier,
    )


def _drift(models: Models, inputs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {
        target: drift_of(model.references, inputs) for target, model in models.by_target.items()
    }


def _judged(
    known: Known,
    features: Features,
    health: Health,
    points: ScorePoints,
    past: Past,
    config: Config,
) -> pd.DataFrame:
    """Return who each account is, its health and maturity, where it goes and why."""
    scorecard = config.scorecard
    trend = trend_of(health.scores["chs_before_caps"], past, scorecard.trend)
    why = component_reasons(features, health, points, scorecard)
    return pd.concat([known.accounts, health.scores, trend, why, known.maturity], axis=1)


def _plays(
    accounts: pd.DataFrame, config: Config, begun: Interventions, earlier: pd.DataFrame | None
) -> pd.DataFrame:
    settings = config.settings
    return assign_plays(
        accounts,
        config.playbook,
        metrics=by_column(config.metrics),
        known=begun,
        limits=Limits(
            settings.max_open_plays,
            settings.cool_down_days,
            settings.plays_per_week,
            settings.holidays,
        ),
        earlier=earlier,
    )


def _with_metrics(accounts: pd.DataFrame, features: Features, *, services: bool) -> pd.DataFrame:
    """Add what conditions may look at, and how much each account needs someone."""
    known = features.frame.reset_index(drop=True).drop(columns=["arr", "tenure_days"])
    stale = (features.absence == Absence.STALE_OR_FAILED).sum(axis=1).to_numpy(dtype=float)
    beside = pd.DataFrame({"stale_metrics": stale, "services": float(services)}, known.index)
    # In one piece: adding a column to a frame of very many is slow, and pandas says so.
    together = pd.concat([accounts, known, beside], axis=1).copy()
    return pd.concat([together, attention_of(together)], axis=1)


def _inputs(features: Features, health: Health, maturity: pd.DataFrame) -> pd.DataFrame:
    """Return what the models read, as `build_dataset` lays it out."""
    extra = pd.concat([health.scores["chs"], maturity[list(MATURITY_INPUTS)]], axis=1)
    return pd.concat([features.frame, extra], axis=1)


def _with_those_overdue(
    inputs: pd.DataFrame, known: Known, readings: Features, config: Config
) -> pd.DataFrame:
    """Let the models read the accounts whose renewal is overdue as they were before their end."""
    if known.overdue.frame.empty:
        return inputs
    then = readings.at(known.overdue.readings)
    rows = then.frame.index.to_frame(index=False)
    maturity = score_maturity(known.tables, rows, config.rubric, features=then)
    before = _inputs(then, score_health(then, config.scorecard), maturity.loc[then.frame.index])
    return with_rows(inputs, before.set_axis(known.overdue.frame.index, axis=0))


def _with_probabilities(
    accounts: pd.DataFrame, said: Mapping[str, Estimate], models: Models
) -> pd.DataFrame:
    eligible = accounts["status"] == "scored"
    for target, column in PROBABILITY.items():
        found = said[target].p() if target in said else np.nan
        # Whether a renewal that is overdue comes is not whether an account grows or cuts back.
        asked = eligible if target == "churn" else eligible & accounts[OVERDUE].isna()
        accounts[column] = np.where(asked, found, np.nan)
    base, churn = models.churn.base_rate if models.churn else np.nan, said.get("churn")
    accounts["base_rate"] = base
    apart, added = (churn.without_maturity(), churn.of_maturity()) if churn else (np.nan, np.nan)
    accounts["p_churn_health"] = np.where(eligible, apart, np.nan)
    accounts["maturity_log_odds"] = np.where(eligible, added, np.nan)
    accounts["health_index"] = health_index(accounts["p_churn_health"].to_numpy(dtype=float), base)
    accounts["arr_at_risk"] = accounts["arr"] * accounts["p_churn"]
    if churn is None:
        accounts["status"] = accounts["status"].mask(eligible, "no_model")
    return accounts


def _knowing(models: Models, as_of: pd.Timestamp) -> list[FittedModel]:
    """Return the models that learned from what happened after a date."""
    return [model for model in models.by_target.values() if model.knows_outcomes_after(as_of)]


def _with_bands(accounts: pd.DataFrame, config: Config, last: pd.DataFrame) -> pd.DataFrame:
    accounts["health_source"] = rules.sources_of(accounts)
    by_source = {"model": accounts["health_index"], "scorecard": accounts["chs"]}
    value = pd.Series(np.nan, index=accounts.index)
    for source, values in by_source.items():
        value = value.where(accounts["health_source"] != source, values)
    accounts["health_value"] = value
    numbers = np.asarray(value, dtype=float)
    raw = band_of(numbers, config.scorecard.bands)
    if config.settings.save_capacity is not None:
        raw = cut_by_capacity(raw, numbers, config.settings.save_capacity)
    accounts["health_band_raw"] = raw
    before = last.reindex(accounts.index.get_level_values("account_id"))
    accounts["band"] = with_hysteresis(raw, numbers, before)
    accounts["band"] = rules.covered_band(accounts, config.scorecard)
    limited = rules.limited_band(accounts, config.scorecard)
    limited = limited.rename(columns={"limit": "cap"})
    return accounts.drop(columns=["cap", "cap_reason"]).join(limited)


def _in_grid(accounts: pd.DataFrame, config: Config) -> pd.DataFrame:
    accounts["in_grid"] = accounts["health_source"] != "none"
    as_of = pd.DatetimeIndex(accounts.index.get_level_values("as_of"))
    since = as_of - pd.DatetimeIndex(accounts["term_start"])
    dated = accounts.assign(term_days=np.asarray(since / pd.Timedelta(days=1), dtype=float))
    placed = place(dated, bands=config.scorecard.bands)
    accounts = accounts.join(placed)
    accounts["band_distance"] = rules.band_distance(
        accounts["health_index"], accounts["chs"], config.scorecard.bands
    )
    # Nobody is let go unasked because the ARR is missing; where no money is known, none is missing.
    unknown = np.inf if accounts["arr"].notna().any() else 0.0
    accounts["arr_over_approval"] = accounts["arr"].fillna(unknown) - config.settings.approval_arr
    accounts["review_flags"] = rules.flags_of(accounts)
    return accounts


def _explained(accounts: pd.DataFrame, models: Models, config: Config) -> pd.DataFrame:
    read = set(models.churn.columns if models.churn else ()) & by_column(config.metrics).keys()
    return explained(accounts.assign(model_metrics=float(len(read))))


def _drivers(
    features: Features,
    points: ScorePoints,
    contributions: Mapping[str, pd.DataFrame],
    accounts: pd.DataFrame,
) -> pd.DataFrame:
    """Return the reasons of what explains each account, and of its chance to grow or cut back."""
    told = {target: accounts[column].notna() for target, column in PROBABILITY.items()}
    told["churn"] = accounts["explained_by"] == MODEL
    # What an overdue renewal adds stands by itself; the reasons are of the estimate before it.
    apart = [BASE, OVERDUE]
    shares = {
        target: found.drop(columns=apart, errors="ignore")
        for target, found in contributions.items()
    }
    by_scorecard = accounts["explained_by"] == SCORECARD
    return drivers_of(features, shares, points, told=told, by_scorecard=by_scorecard)
