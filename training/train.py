"""Training: backtest, fit on everything that is certain, and say what came out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..features.errors import SchemaError
from ..features.metrics.absence import gave_numbers
from ..features.metrics.catalogue import by_column
from ..features.metrics.metric import Metric
from ..features.schema.settings import Settings
from ..features.schema.tableset import Tables
from ..features.scores.portfolio_review import Independence, axis_independence
from .dataset.dataset import Dataset
from .dataset.input_drift import references_of
from .dataset.leakage_detectors import Suspicion, suspicions
from .dataset.targets import TargetName
from .evaluation.backtest import Backtest, Brought, backtest_dataset
from .evaluation.candidates import Lesson, fit_candidate, lesson_of
from .evaluation.reason_stability import owner_of_inputs, reason_stability
from .evaluation.reliability import reliability_table
from .evaluation.renewal_marks import MARKS
from .evaluation.scorers import SEED, paired_difference
from .forecast.book_rates import BookRates, learn_rates
from .forecast.model_error import model_error
from .forecast.trial import coverage, forecast_trial
from .models.catalogue import MODELS, model_named
from .registry.artifact import MATURITY, FittedModel

_RULES = tuple(model.name for model in MODELS if model.is_baseline)

__all__ = ["Trained", "train_target", "tried_on_the_past"]


@dataclass(frozen=True, slots=True)
class Trained:
    """One trained model and what is known of its quality.

    Parameters
    ----------
    model : FittedModel
    backtest : Backtest
    suspicions : tuple of Suspicion
        Columns that may know the outcome; empty is good.
    warnings : tuple of str
        What a reader must know before using the model.
    rows, accounts, outcomes : int
        Labelled rows, independent accounts, and accounts with the outcome.
    axes : Independence or None
        How far health and maturity go together on the newest date; None for expansion.
    """

    model: FittedModel
    backtest: Backtest
    suspicions: tuple[Suspicion, ...]
    warnings: tuple[str, ...]
    rows: int
    accounts: int
    outcomes: int
    axes: Independence | None = None


def train_target(
    dataset: Dataset,
    settings: Settings,
    target: TargetName,
    *,
    kind: str | None = None,
    tuned: Mapping[str, Any] | None = None,
    refits: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Trained:
    """Backtest all competitors, then fit the one that ships on every certain row.

    Parameters
    ----------
    dataset : Dataset
    settings : Settings
    target : {"churn", "expansion", "contraction"}
    kind : str, optional
        Ship this model whatever the size gates say; a warning is given.
    tuned : mapping, optional
        Parameters of the boosted model, see ``tuned_model``.
    refits : int
        How often it is trained again to see whether its reasons stay; see ``reason_stability``.
    progress : callable, optional

    Returns
    -------
    Trained

    Raises
    ------
    SchemaError
        If the labels have one class only, or the history is too short for a backtest.
    """
    kept = dataset.labelled(target)
    y = dataset.outcome(target)[kept].to_numpy(dtype=np.int64)
    if len(np.unique(y)) < 2:
        raise SchemaError(
            f"Every labelled row has {target} = {int(y[0]) if len(y) else 'nothing'}: a model "
            "needs both outcomes. Score with the scorecard until there are some."
        )
    brought = Brought(tuned=tuned)
    backtest = backtest_dataset(dataset, target, kind=kind, brought=brought, progress=progress)
    if progress:
        progress(f"fit {target}: {backtest.kind}")
    lesson = lesson_of(dataset, target)
    fitted = fit_candidate(brought.named(backtest.kind), lesson)
    found = suspicions(lesson.X[dataset.columns(target)], dataset.delivered[kept], y)
    accounts, as_of = (lesson.X.index.get_level_values(name) for name in ("account_id", "as_of"))
    stable = reason_stability(
        dataset,
        target,
        brought.named(backtest.kind),
        fitted,
        owners=owner_of_inputs(dataset.features.metrics),
        refits=refits,
    )
    model = FittedModel(
        target=target,
        model=fitted,
        base_rate=lesson.rate,
        lead_days=settings.lead_days,
        horizon_days=settings.horizon_days,
        trained_through=as_of.max().isoformat(),
        learned_until=dataset.closes(target)[kept].max().isoformat(),
        references=references_of(lesson.X[list(fitted.encoding.names)]),
        collected=_collected(dataset),
        components=_components(fitted.encoding.names, dataset.features.metrics),
        rates=_rates(dataset) if target == "churn" else None,
        block_error=_block_error(backtest),
        card=_card(dataset, target, backtest, lesson, found)
        | {"stability": stable.says, "tuned": dict(tuned) if tuned else None},
    )
    return Trained(
        model=model,
        backtest=backtest,
        suspicions=found,
        warnings=_warnings(backtest, lesson, found, dataset, kind),
        rows=len(y),
        accounts=accounts.nunique(),
        outcomes=int(pd.Series(y, index=accounts).groupby(level=0).max().sum()),
        axes=_axes(model, lesson) if target == "churn" else None,
    )


def tried_on_the_past(
    trained: Trained, dataset: Dataset, tables: Tables, settings: Settings
) -> Trained:
    """Return the same with the forecast's own backtest on the model card.

    Parameters
    ----------
    trained : Trained
        Of churn; of anything else it comes back as it is.
    dataset : Dataset
    tables : Tables
    settings : Settings

    Returns
    -------
    Trained
    """
    if trained.model.target != "churn":
        return trained
    told = trained.backtest.predictions
    trial = forecast_trial(tables, dataset, told[told["shipped"]], settings)
    listed = coverage(trial).to_dict("records") if len(trial) else []
    plain = [{str(name): value for name, value in row.items()} for row in listed]
    card = {**trained.model.card, "forecast": plain}
    return replace(trained, model=replace(trained.model, card=card))


def _rates(dataset: Dataset) -> BookRates | None:
    """Return how often customers renew, cut back and grow; None where nobody pays by contract."""
    return learn_rates(dataset.past) if len(dataset.past.months) else None


def _block_error(backtest: Backtest) -> float:
    """Return how far the model that ships was off as a whole, from fold to fold."""
    told = backtest.predictions[backtest.predictions["shipped"]]
    return model_error(
        told["p"].to_numpy(dtype=np.float64),
        told["label"].to_numpy(dtype=np.float64),
        told["fold"].to_numpy(dtype=np.int64),
        told["account_id"].to_numpy(dtype=object),
    )


def _axes(model: FittedModel, lesson: Lesson) -> Independence:
    """Return the rank correlation of the two axes over the accounts of the newest date.

    Health is the estimate without what maturity adds to it, turned round.
    """
    as_of = lesson.X.index.get_level_values("as_of")
    rows = lesson.X[as_of == as_of.max()]
    shares = model.contributions(rows).drop(columns=list(model.maturity_columns))
    return axis_independence(rows["cmi"], -shares.sum(axis=1))


def _collected(dataset: Dataset) -> tuple[str, ...]:
    """Return the metrics that the company's tables gave numbers for, read by the model or not."""
    there = gave_numbers(dataset.features.absence)
    return tuple(sorted(there.index[there]))


def _components(columns: tuple[str, ...], metrics: tuple[Metric, ...]) -> dict[str, str]:
    """Return the component of each input; whatever says how mature an account is, is maturity."""
    found = {"cmi": MATURITY, "cmi_coverage": MATURITY, "chs": "scorecard"}
    for name, metric in by_column(metrics).items():
        found[name] = MATURITY if metric.axis == "maturity" else metric.component
    return {column: found[column] for column in columns}


def _card(
    dataset: Dataset,
    target: str,
    backtest: Backtest,
    lesson: Lesson,
    found: tuple[Suspicion, ...],
) -> dict[str, Any]:
    """Return what the model card says, as plain values."""
    shown = backtest.scorers[backtest.scorers["fold"] == "all"]
    return {
        "target": target,
        "kind": backtest.kind,
        "notice": backtest.notice,
        "business": dataset.business.sentence,
        "labels": str(dataset.report),
        "proof": str(dataset.proof),
        "rate": lesson.rate,
        "scorers": {
            str(model): {
                scorer: [None if np.isnan(number) else float(number) for number in numbers]
                for scorer, *numbers in part[["scorer", "value", "low", "high"]].to_numpy()
            }
            for model, part in shown.groupby("model", sort=False)
        },
        "marks": _marks(backtest),
        "reliability": _reliability(target, backtest),
        "suspicions": [suspicion.says for suspicion in found],
        "clocks": [clock.says for clock in lesson.clocks],
        "refused": list(dataset.refused),
    }


def _marks(backtest: Backtest) -> list[dict[str, Any]]:
    """Return the figures of what ships at the marks of renewal mode, plain values."""
    table = backtest.scorers
    told = table[table["fold"].isin(list(MARKS)) & table["model"].eq(backtest.kind)]
    known = told[told["value"].notna()]
    return [
        {
            name: None if isinstance(value, float) and np.isnan(value) else value
            for name, value in zip(("mark", "scorer", "value", "low", "high"), row, strict=True)
        }
        for row in known[["fold", "scorer", "value", "low", "high"]].itertuples(index=False)
    ]


def _reliability(target: str, backtest: Backtest) -> list[dict[str, Any]]:
    """Return estimates beside what came, plain values; growth has no decision to be far from."""
    table = reliability_table(backtest.predictions[backtest.predictions["shipped"]])
    kept = table if target == "churn" else table[table["stratum"] == "all"]
    return [{str(name): value for name, value in row.items()} for row in kept.to_dict("records")]


def _warnings(
    backtest: Backtest,
    lesson: Lesson,
    found: tuple[Suspicion, ...],
    dataset: Dataset,
    kind: str | None,
) -> tuple[str, ...]:
    warnings = [backtest.notice] if backtest.notice else []
    if kind is not None:
        warnings.append(
            f"Model {kind!r} ships because it was asked for, not by size gates and backtest."
        )
    warnings += _of_snapshots(dataset)
    warnings += [suspicion.says for suspicion in found]
    warnings += _of_clocks(backtest, lesson) + _of_mute(backtest, lesson)
    warnings += _against_rules(backtest)
    return tuple(warnings)


def _of_snapshots(dataset: Dataset) -> list[str]:
    """Name what only today's value is known of, what waits for it, and the line that admits it."""
    labels = {metric.column: metric.label for metric in dataset.features.metrics}
    said = [
        f"`{source}` ({', '.join(labels[name] for name in names)})"
        for source, names in dataset.waiting.items()
    ]
    if not said:
        return []
    return [
        "Left out, for the data show only today's value of what they count by: "
        f"{'; '.join(said)}. Deliver its changes as rows with `known_at`, and they are learned "
        "from. Where none of it changes once it is written, one line in churngrid.yaml says so and "
        f"admits all: `assume_snapshots: {', '.join(dataset.waiting)} never change once written`; "
        "what does change would tell a model what came later."
    ]


def _of_clocks(backtest: Backtest, lesson: Lesson) -> list[str]:
    """Name the inputs that tell the date, and say what leaving them out changed out of time."""
    if not lesson.clocks or model_named(backtest.kind).is_baseline:
        return []
    told = "; ".join(clock.says for clock in lesson.clocks)
    found = backtest.without_clocks
    worth = (
        ""
        if found is None
        else (
            f" On the largest test block the log-loss is lower by {found.value:.4f} without them "
            f"(between {found.low:.4f} and {found.high:.4f})."
        )
    )
    return [f"Left out, for a model would learn the month from them: {told}.{worth}"]


def _of_mute(backtest: Backtest, lesson: Lesson) -> list[str]:
    """Name the inputs of which only the values count."""
    if not lesson.mute or model_named(backtest.kind).is_baseline:
        return []
    told = ", ".join(clock.column for clock in lesson.mute)
    return [f"Only their values count, for whether they are known tells the month: {told}."]


def _against_rules(backtest: Backtest) -> list[str]:
    """Say so when a simple rule was as good as the model that ships."""
    table = backtest.predictions
    shipped = table[table["shipped"]]
    keys = ["account_id", "as_of", "fold"]
    said = []
    for name in _RULES:
        rule = table[(table["model"] == name) & ~table["shipped"]]
        both = shipped.merge(rule, on=keys, suffixes=("", "_rule"))
        if both.empty or both["label"].nunique() < 2:
            continue
        found = paired_difference(
            both["label"].to_numpy(),
            both["p"].to_numpy(),
            both["p_rule"].to_numpy(),
            groups=both["account_id"].to_numpy(dtype=object),
            weight=both["weight"].to_numpy(),
            seed=SEED,
        )
        if found.low <= 0:
            said.append(
                f"The model is not clearly better than the rule {name!r} "
                f"(log-loss gain {found.value:.3f}, could be none)."
            )
    return said
