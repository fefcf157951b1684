"""The verbs: one function a command, the same for Python and for the command line."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from ..demo import write_company
from ..features.errors import SchemaError
from ..features.metrics import METRICS
from ..features.proposal import propose_mapping
from ..features.quarantine import write_quarantine
from ..features.settings import Settings, load_settings
from ..features.sources import Data, read_tables
from ..features.tableset import Tables
from ..training.backtest import backtest_dataset
from ..training.business import business_of
from ..training.calendars import resolve_as_of
from ..training.card import card_markdown, curve_points
from ..training.dataset import Dataset, build_dataset
from ..training.promotion import promote
from ..training.tracking import TrainingReport, load_champion, local_uri, log_training
from ..training.train import Trained, train_target
from .account import AccountStory, account_story
from .config import FACT_FIELDS, Config, read_config
from .gridchart import Cuts
from .outputs import open_store, write_tables
from .playbook import read_playbook
from .report import render_report
from .score import Models, Scored, score_tables
from .templates import starter_files

__all__ = [
    "BacktestResult",
    "CheckResult",
    "DemoResult",
    "ScoreResult",
    "TrainResult",
    "backtest",
    "check",
    "dataset",
    "demo",
    "explain",
    "init",
    "playbook_check",
    "report",
    "score",
    "train",
]

Target = Literal["churned", "expanded"]
Progress = Callable[[str, int, int | None], None]

_TARGETS: dict[str, Target] = {"churn": "churned", "expansion": "expanded"}
_MODELS = Path("churngrid-models")
_REPORT = "report.html"
_DEMO_SETTINGS = """\
# Neighbouring months of an account are near copies, so quarters teach nearly as much in a third of
# the time.
as_of_step: quarter
"""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the contract found.

    Parameters
    ----------
    tables : Tables
    business : str
        What churn means with these tables.
    quarantine_path : Path or None
        Where the rows that were put aside are.
    """

    tables: Tables
    business: str
    quarantine_path: Path | None


@dataclass(frozen=True, slots=True)
class TrainResult:
    """One trained and registered model."""

    target: str
    kind: str
    version: str
    alias: str
    reason: str
    scorers: pd.DataFrame
    rows: int
    accounts: int
    churned: int
    base_rate: float
    warnings: tuple[str, ...]
    trained: Trained


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """Out-of-time predictions and scorers of all models and targets."""

    predictions: pd.DataFrame
    scorers: pd.DataFrame
    folds: pd.DataFrame


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """One scoring and where it was written.

    Parameters
    ----------
    scored : Scored
    out : str
        Where the tables are, without credentials.
    report_path : Path or None
    unwritten : tuple of str
        Files the place could not take.
    """

    scored: Scored
    out: str
    report_path: Path | None
    unwritten: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The whole job on the invented company."""

    out: Path
    train: list[TrainResult]
    score: ScoreResult
    seconds: float


@dataclass(frozen=True, slots=True)
class _Company:
    """What every verb needs first."""

    tables: Tables
    config: Config

    @property
    def settings(self) -> Settings:
        return self.config.settings


def check(data: Data, settings_path: Path | None = None, *, out: Path | None = None) -> CheckResult:
    """Hold tables against the data contract.

    Parameters
    ----------
    data : path, URL or dict of DataFrame
        Folder of Parquet or CSV files, DuckDB file, ``postgresql://`` URL, or frames by name.
    settings_path : Path, optional
        ``churngrid.yaml``; defaults for everything without it.
    out : Path, optional
        Folder for the rows that were put aside.

    Returns
    -------
    CheckResult

    Raises
    ------
    SchemaError
        If the tables cannot be used at all.
    """
    company = _company(data, settings_path)
    path = write_quarantine(company.tables, out) if out is not None else None
    return CheckResult(company.tables, business_of(company.tables).sentence, path)


def dataset(
    data: Data, settings_path: Path | None = None, *, progress: Progress | None = None
) -> Dataset:
    """Build the training rows: metrics as they were known, beside what happened afterwards.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    progress : callable, optional
        Called with stage, steps done and steps in all.

    Returns
    -------
    Dataset
        It carries the proof that no number looks ahead.

    Raises
    ------
    SchemaError
        If the history is too short.
    LeakageError
        If a metric looks ahead.
    """
    return _dataset(_company(data, settings_path), progress)


def train(
    data: Data,
    settings_path: Path | None = None,
    *,
    targets: Sequence[str] = ("churn", "expansion"),
    tracking: str | None = None,
    model_kind: str | None = None,
    progress: Progress | None = None,
) -> list[TrainResult]:
    """Backtest, fit, calibrate and register one model per target.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    targets : sequence of {"churn", "expansion"}
    tracking : str, optional
        MLflow address; an SQLite file in ``churngrid-models`` by default.
    model_kind : str, optional
        Ship this kind whatever the amount of data suggests.
    progress : callable, optional

    Returns
    -------
    list of TrainResult
        In the order of the targets.

    Raises
    ------
    SchemaError, LeakageError, ValueError
        If there is nothing to learn from.
    """
    company = _company(data, settings_path)
    rows = _dataset(company, progress)
    uri = tracking or _local_models(_MODELS)
    return [_trained(rows, company, name, uri, model_kind, progress) for name in targets]


def backtest(
    data: Data,
    settings_path: Path | None = None,
    *,
    out: Path | None = None,
    targets: Sequence[str] = ("churn", "expansion"),
    progress: Progress | None = None,
) -> BacktestResult:
    """Predict the past out of time with every competing model.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    out : Path, optional
        Folder for ``predictions`` and ``scorers``, as Parquet and CSV.
    targets : sequence of {"churn", "expansion"}
    progress : callable, optional

    Returns
    -------
    BacktestResult

    Raises
    ------
    SchemaError, LeakageError, ValueError
        If there is nothing to learn from.
    """
    rows = _dataset(_company(data, settings_path), progress)
    step = _counted(progress, "backtest", None)
    tests = [backtest_dataset(rows, _target(name), progress=step) for name in targets]
    result = BacktestResult(
        predictions=pd.concat([test.predictions for test in tests], ignore_index=True),
        scorers=pd.concat([test.scorers for test in tests], ignore_index=True),
        folds=pd.concat([test.folds for test in tests], ignore_index=True),
    )
    if out is not None:
        write_tables(out, {"predictions": result.predictions, "scorers": result.scorers})
    return result


def score(
    data: Data,
    settings_path: Path | None = None,
    *,
    out: str | Path | None = None,
    as_of: str = "latest",
    tracking: str | None = None,
    model: str | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> ScoreResult:
    """Score every account, with reasons, plays and a report.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    out : str or Path, optional
        Folder, DuckDB file or ``postgresql://`` URL; nothing is written without it.
    as_of : str
        ``latest`` (the newest closed day in the data) or a date.
    tracking : str, optional
        As in ``train``; without a trained model the scorecard stands in.
    model : {"none"}, optional
        ``none`` scores with the scorecard even if there is a model.
    fresh : bool
        Ignore what was stored for earlier dates.
    progress : callable, optional

    Returns
    -------
    ScoreResult

    Raises
    ------
    SchemaError, ArtifactError, ValueError
        If the input, the model or the place is unusable.
    """
    company = _company(data, settings_path)
    store = open_store(out) if out is not None else None
    history = store.read("scores") if store is not None and not fresh else None
    scored = _scored(company, as_of, tracking, model, history, progress)
    if store is None:
        return ScoreResult(scored, "not written", None, ())
    page = _page(company, scored)
    unwritten = store.write(
        {"scores": scored.scores, "drivers": scored.drivers, "plays": scored.plays},
        files={_REPORT: page},
    )
    return ScoreResult(scored, store.label, _report_path(out, unwritten), unwritten)


def explain(
    data: Data,
    settings_path: Path | None = None,
    *,
    account: str,
    as_of: str = "latest",
    tracking: str | None = None,
    model: str | None = None,
    progress: Progress | None = None,
) -> AccountStory:
    """Tell where one account stands, why, and what to do.

    Parameters
    ----------
    data, settings_path, as_of, tracking, model, progress
        As in ``score``; all accounts are scored, because what is usual depends on them.
    account : str
        Its id, or its exact name.

    Returns
    -------
    AccountStory

    Raises
    ------
    SchemaError
        If there is no such account.
    """
    company = _company(data, settings_path)
    scored = _scored(company, as_of, tracking, model, None, progress)
    return account_story(scored, account, company.config.playbook)


def report(out: str | Path, settings_path: Path | None = None) -> Path:
    """Write the report again from stored results.

    Parameters
    ----------
    out : str or Path
        As in ``score``.
    settings_path : Path, optional
        For the currency and the company's own playbook.

    Returns
    -------
    Path
        The page: in the folder, or in the working folder for a database.

    Raises
    ------
    SchemaError
        If nothing is stored there.
    """
    store = open_store(out)
    scores = store.read("scores")
    if scores is None or scores.empty:
        raise SchemaError(
            f"{store.label} has no scores yet; run `churngrid score DATA --out` first."
        )
    newest = scores[scores["as_of"] == scores["as_of"].max()]
    drivers, plays = store.read("drivers"), store.read("plays")
    config = read_config(_settings(settings_path))
    page = render_report(
        newest.sort_values("attention", ascending=False, kind="stable"),
        pd.DataFrame() if drivers is None else drivers,
        pd.DataFrame() if plays is None else plays,
        playbook=config.playbook,
        currency=config.settings.currency,
        cuts=_cuts(config),
    )
    if store.write({}, files={_REPORT: page}):
        path = Path(_REPORT)
        path.write_text(page, encoding="utf-8")
        return path
    return Path(out) / _REPORT


def init(folder: Path, *, data: Data | None = None) -> list[Path]:
    """Write settings, scorecard, rubric and playbook to edit.

    Parameters
    ----------
    folder : Path
        Made if missing; nothing in it is replaced.
    data : path, URL or dict of DataFrame, optional
        Propose a column mapping for these tables.

    Returns
    -------
    list of Path

    Raises
    ------
    SchemaError
        If one of the files is already there.
    """
    mapping = propose_mapping(data) if data is not None else {}
    files = starter_files(mapping)
    for name in files:
        if (folder / name).exists():
            raise SchemaError(f"{folder / name} is already there; init replaces nothing.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def demo(
    out: Path, *, accounts: int = 1000, seed: int = 7, progress: Progress | None = None
) -> DemoResult:
    """Do the whole job on an invented company.

    Parameters
    ----------
    out : Path
        Folder for data, models and results.
    accounts : int
    seed : int
    progress : callable, optional

    Returns
    -------
    DemoResult
    """
    began = time.perf_counter()
    step = _counted(progress, "invent a company", 1)
    write_company(out / "data", accounts=accounts, seed=seed)
    step("written")
    settings_path = out / "data" / "churngrid.yaml"
    settings_path.write_text(_DEMO_SETTINGS, encoding="utf-8")
    uri = _local_models(out / "models")
    company = _company(out / "data", settings_path)
    rows = _dataset(company, progress)
    models = [_trained(rows, company, name, uri, None, progress) for name in _TARGETS]
    scored = _scored(company, "latest", uri, None, None, progress)
    store = open_store(out / "results")
    unwritten = store.write(
        {"scores": scored.scores, "drivers": scored.drivers, "plays": scored.plays},
        files={_REPORT: _page(company, scored)},
    )
    path = _report_path(out / "results", unwritten)
    result = ScoreResult(scored, store.label, path, unwritten)
    return DemoResult(out, models, result, time.perf_counter() - began)


def playbook_check(path: Path) -> list[str]:
    """Hold a playbook against its rules.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of str
        What is wrong, with file and line; empty when nothing is.
    """
    try:
        read_playbook(path, FACT_FIELDS)
    except SchemaError as error:
        return str(error).splitlines()
    return []


def _company(data: Data, settings_path: Path | None) -> _Company:
    settings = _settings(settings_path)
    return _Company(read_tables(data, settings), read_config(settings))


def _settings(path: Path | None) -> Settings:
    return Settings() if path is None else load_settings(path)


def _dataset(company: _Company, progress: Progress | None) -> Dataset:
    return build_dataset(
        company.tables,
        company.settings,
        scorecard=company.config.scorecard,
        rubric=company.config.rubric,
        progress=_counted(progress, "metrics", len(METRICS)),
    )


def _trained(
    rows: Dataset,
    company: _Company,
    name: str,
    uri: str,
    kind: str | None,
    progress: Progress | None,
) -> TrainResult:
    step = _counted(progress, f"train {name}", None)
    trained = train_target(rows, company.settings, _target(name), kind=kind, progress=step)
    decision = promote(rows, trained.backtest, load_champion(uri, _target(name)))
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


def _scored(
    company: _Company,
    as_of: str,
    tracking: str | None,
    model: str | None,
    history: pd.DataFrame | None,
    progress: Progress | None,
) -> Scored:
    if model not in {None, "none"}:
        raise ValueError(f"`model` must be 'none' or left out, got {model!r}.")
    uri = tracking or local_uri(_MODELS)
    models = Models() if model == "none" else _champions(uri)
    return score_tables(
        company.tables,
        resolve_as_of(company.tables, as_of),
        config=company.config,
        models=models,
        previous=history,
        progress=_counted(progress, "score", len(METRICS)),
    )


def _champions(uri: str) -> Models:
    return Models(
        churn=load_champion(uri, "churned"),
        expansion=load_champion(uri, "expanded"),
    )


def _local_models(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    return local_uri(folder)


def _target(name: str) -> Target:
    if name not in _TARGETS:
        raise ValueError(f"Targets are {sorted(_TARGETS)}, got {name!r}.")
    return _TARGETS[name]


def _page(company: _Company, scored: Scored) -> str:
    return render_report(
        scored.scores,
        scored.drivers,
        scored.plays,
        playbook=company.config.playbook,
        currency=company.settings.currency,
        notes=scored.notes,
        scope=scored.scope,
        cuts=_cuts(company.config),
    )


def _cuts(config: Config) -> Cuts:
    health, maturity = config.scorecard.bands, config.rubric.bands
    return Cuts((health.medium, health.high), (maturity.medium, maturity.high))


def _report_path(out: str | Path | None, unwritten: tuple[str, ...]) -> Path | None:
    return None if out is None or _REPORT in unwritten else Path(out) / _REPORT


def _hash_of(rows: Dataset) -> str:
    hashes = pd.util.hash_pandas_object(rows.X).to_numpy()
    return f"{np.bitwise_xor.reduce(hashes):016x}" if len(hashes) else ""


def _counted(progress: Progress | None, stage: str, total: int | None) -> Callable[[str], None]:
    """Return a callback for one stage that counts its steps."""
    done = 0

    def step(_: str) -> None:
        nonlocal done
        if progress is not None:
            progress(stage, done, total)
        done += 1

    return step
