"""The steps that several verbs share: build, train, score, render."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import pandas as pd

from ..features.errors import SchemaError
from ..features.settings import Settings, load_settings
from ..features.tableset import Tables
from ..training.calendars import resolve_as_of
from ..training.card import card_markdown, curve_points
from ..training.dataset import Dataset, build_dataset
from ..training.promotion import promote
from ..training.tracking import TrainingReport, load_champion, local_uri, log_training
from ..training.train import train_target
from .answers import ScoreResult, TrainResult
from .config import Config
from .gridchart import Cuts
from .outputs import Store
from .report import render_report
from .score import Models, Scored, score_tables

__all__ = [
    "MODELS",
    "REPORT",
    "TARGETS",
    "Company",
    "Progress",
    "counted",
    "cuts_of",
    "dataset_of",
    "learnable_of",
    "models_in",
    "page_of",
    "scored_of",
    "settings_of",
    "target_of",
    "trained_all",
    "trained_of",
    "written_to",
]

Target = Literal["churned", "expanded"]
Progress = Callable[[str, int, int | None], None]
Result = TypeVar("Result")

TARGETS: dict[str, Target] = {"churn": "churned", "expansion": "expanded"}
MODELS = Path("churngrid-models")
REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class Company:
    """What every verb needs first."""

    tables: Tables
    config: Config

    @property
    def settings(self) -> Settings:
        """The settings, which the config holds."""
        return self.config.settings


def settings_of(path: Path | None) -> Settings:
    """Return the settings of a file, or the defaults."""
    return Settings() if path is None else load_settings(path)


def dataset_of(company: Company, progress: Progress | None) -> Dataset:
    """Return the training rows of a company; raises as ``build_dataset`` does."""
    return build_dataset(
        company.tables,
        company.settings,
        scorecard=company.config.scorecard,
        rubric=company.config.rubric,
        metrics=company.config.metrics,
        progress=_staged(progress, "metrics from"),
    )


def trained_of(
    rows: Dataset,
    company: Company,
    name: str,
    address: Callable[[], str],
    kind: str | None,
    progress: Progress | None,
) -> TrainResult:
    """Train one target, decide its alias, and register it in the store, asked for only then."""
    step = counted(progress, f"train {name}", None)
    trained = train_target(rows, company.settings, target_of(name), kind=kind, progress=step)
    uri = address()
    decision = promote(rows, trained.backtest, load_champion(uri, target_of(name)))
    table = trained.backtest.scorers
    whole = table[table["fold"] == "all"].drop(columns="fold")
    shipped = whole[whole["model"] == trained.backtest.kind]
    log_training(
        uri,
        trained.model,
        TrainingReport(
            decision=decision,
            scorers=shipped,
            params=company.settings.model_dump(mode="json", exclude={"tables"}),
            curves=curve_points(trained),
            data_hash=_hash_of(rows),
            card=card_markdown(trained),
        ),
    )
    return TrainResult(
        target=name,
        kind=trained.backtest.kind,
        version=trained.model.version,
        alias=decision.alias,
        reason=decision.reason,
        scorers=whole,
        rows=trained.rows,
        accounts=trained.accounts,
        churned=trained.outcomes,
        base_rate=trained.model.base_rate,
        warnings=trained.warnings,
        trained=trained,
    )


def learnable_of(
    names: Sequence[str], learn: Callable[[str], Result]
) -> tuple[list[Result], tuple[str, ...]]:
    """Learn target after target, passing over those that lack an outcome.

    Parameters
    ----------
    names : sequence of str
        Targets.
    learn : callable
        Returns what was learned for one of them; raises SchemaError if there is nothing to learn.

    Returns
    -------
    results : list
        In the order of the targets.
    notes : tuple of str
        Why others have none.

    Raises
    ------
    SchemaError
        If there is nothing to learn for any target.
    """
    results, notes = [], []
    for name in names:
        try:
            results.append(learn(name))
        except SchemaError as error:
            if len(names) == 1:
                raise
            notes.append(f"No model of {name}: {error}")
    if not results and notes:
        raise SchemaError(f"There is nothing to learn from. {' '.join(notes)}")
    return results, tuple(notes)


def trained_all(targets: Sequence[str], learn: Callable[[str], TrainResult]) -> list[TrainResult]:
    """Return what was learned; those that could be say which could not."""
    results, notes = learnable_of(targets, learn)
    return [replace(result, warnings=(*result.warnings, *notes)) for result in results]


def scored_of(
    company: Company,
    as_of: str,
    tracking: str | None,
    model: str | None,
    history: pd.DataFrame | None,
    progress: Progress | None,
) -> Scored:
    """Score a company with the registered champions, or with the scorecard alone."""
    if model not in {None, "none"}:
        raise ValueError(f"`model` must be 'none' or left out, got {model!r}.")
    uri = tracking or local_uri(MODELS)
    models = Models() if model == "none" else _champions(uri)
    return score_tables(
        company.tables,
        resolve_as_of(company.tables, as_of),
        config=company.config,
        models=models,
        previous=history,
        progress=_staged(progress, "score from"),
    )


def _champions(uri: str) -> Models:
    return Models(
        churn=load_champion(uri, "churned"),
        expansion=load_champion(uri, "expanded"),
    )


def models_in(folder: Path) -> str:
    """Return the tracking address of a folder, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return local_uri(folder)


def target_of(name: str) -> Target:
    """Return the label that a target's name stands for; raises ValueError for another name."""
    if name not in TARGETS:
        raise ValueError(f"Targets are {sorted(TARGETS)}, got {name!r}.")
    return TARGETS[name]


def page_of(company: Company, scored: Scored) -> str:
    """Return the report of a scoring as one HTML page."""
    return render_report(
        scored.scores,
        scored.drivers,
        scored.plays,
        playbook=company.config.playbook,
        currency=company.settings.currency,
        notes=scored.notes,
        scope=scored.scope,
        cuts=cuts_of(company.config),
    )


def cuts_of(config: Config) -> Cuts:
    """Return where the bands begin, for the picture of the grid."""
    health, maturity = config.scorecard.bands, config.rubric.bands
    return Cuts((health.medium, health.high), (maturity.medium, maturity.high))


def written_to(store: Store, out: str | Path, company: Company, scored: Scored) -> ScoreResult:
    """Write a scoring and its report, and say where they went."""
    unwritten = store.write(
        {"scores": scored.scores, "drivers": scored.drivers, "plays": scored.plays},
        files={REPORT: page_of(company, scored)},
    )
    path = None if REPORT in unwritten else Path(out) / REPORT
    return ScoreResult(scored, store.label, path, unwritten)


def _hash_of(rows: Dataset) -> str:
    hashes = pd.util.hash_pandas_object(rows.X).to_numpy()
    return f"{np.bitwise_xor.reduce(hashes):016x}" if len(hashes) else ""


def _staged(progress: Progress | None, stage: str) -> Progress | None:
    """Return a callback that tells what is worked on as part of a stage."""
    if progress is None:
        return None
    return lambda name, done, total: progress(f"{stage} {name}", done, total)


def counted(progress: Progress | None, stage: str, total: int | None) -> Callable[[str], None]:
    """Return a callback for one stage that counts its steps."""
    done = 0

    def step(_: str) -> None:
        nonlocal done
        if progress is not None:
            progress(stage, done, total)
        done += 1

    return step
