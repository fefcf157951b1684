"""The verbs: one function a command, the same for Python and for the command line."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..features.errors import ArtifactError, SchemaError
from ..features.proposal import propose_mapping
from ..features.quarantine import write_quarantine
from ..features.sources import Data
from ..training.backtest import backtest_dataset
from ..training.business import business_of
from ..training.dataset import Dataset
from ..training.tracking import local_uri
from ..training.trackingstore import store_ahead
from .account import AccountStory, account_story
from .answers import BacktestResult, CheckResult, ScoreResult, TrainResult
from .companies import accounts_to_ask, company_of
from .config import fact_fields, read_config
from .demonstration import demo
from .kernels import compile_kernels
from .outputs import open_store, write_tables
from .playbook import read_playbook
from .report import render_report
from .steps import (
    MODELS,
    REPORT,
    Progress,
    counted,
    cuts_of,
    dataset_of,
    learnable_of,
    models_in,
    scored_of,
    settings_of,
    target_of,
    trained_all,
    trained_of,
    written_to,
)
from .templates import starter_files
from .vocabulary import metrics_beside, texts_beside

__all__ = [
    "backtest",
    "check",
    "compile_kernels",
    "dataset",
    "demo",
    "explain",
    "init",
    "playbook_check",
    "report",
    "score",
    "train",
]


def check(
    data: Data,
    settings_path: Path | None = None,
    *,
    out: Path | None = None,
    progress: Progress | None = None,
) -> CheckResult:
    """Hold tables against the data contract.

    Parameters
    ----------
    data : path, URL or dict of DataFrame
        Folder of Parquet or CSV files, DuckDB file, ``postgresql://`` URL, or frames by name.
    settings_path : Path, optional
        ``churngrid.yaml``; defaults for everything without it.
    out : Path, optional
        Folder for the rows that were put aside.
    progress : callable, optional
        Called with stage, steps done and steps in all.

    Returns
    -------
    CheckResult

    Raises
    ------
    SchemaError
        If the tables cannot be used at all.
    """
    company = company_of(data, settings_path, progress)
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
    return dataset_of(company_of(data, settings_path, progress), progress)


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
        In the order of the targets. A target without both outcomes is left out, and the others
        warn of it.

    Raises
    ------
    SchemaError, LeakageError, ValueError
        If there is nothing to learn from for any target.
    """
    company = company_of(data, settings_path, progress)
    with store_ahead(tracking or local_uri(MODELS)) as address:
        rows = dataset_of(company, progress)
        if tracking is None:
            models_in(MODELS)
        return trained_all(
            targets, lambda name: trained_of(rows, company, name, address, model_kind, progress)
        )


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
    rows = dataset_of(company_of(data, settings_path, progress), progress)
    step = counted(progress, "backtest", None)
    tests, notes = learnable_of(
        targets, lambda name: backtest_dataset(rows, target_of(name), progress=step)
    )
    result = BacktestResult(
        predictions=pd.concat([test.predictions for test in tests], ignore_index=True),
        scorers=pd.concat([test.scorers for test in tests], ignore_index=True),
        folds=pd.concat([test.folds for test in tests], ignore_index=True),
        notes=notes,
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
    company = company_of(data, settings_path, progress)
    store = open_store(out) if out is not None else None
    history = store.read("scores") if store is not None and not fresh else None
    scored = scored_of(company, as_of, tracking, model, history, progress)
    if store is None or out is None:
        return ScoreResult(scored, "not written", None, ())
    return written_to(store, out, company, scored)


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
    company = company_of(data, settings_path, progress)
    scored = scored_of(company, as_of, tracking, model, None, progress)
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
    if "attention" not in scores:
        raise ArtifactError(
            f"The scores in {store.label} were written by another version; score once more first."
        )
    newest = scores[scores["as_of"] == scores["as_of"].max()]
    drivers, plays = store.read("drivers"), store.read("plays")
    config = read_config(settings_of(settings_path))
    page = render_report(
        newest.sort_values("attention", ascending=False, kind="stable"),
        pd.DataFrame() if drivers is None else drivers,
        pd.DataFrame() if plays is None else plays,
        playbook=config.playbook,
        currency=config.settings.currency,
        cuts=cuts_of(config),
    )
    if store.write({}, files={REPORT: page}):
        path = Path(REPORT)
        path.write_text(page, encoding="utf-8")
        return path
    return Path(out) / REPORT


def init(folder: Path, *, data: Data | None = None) -> list[Path]:
    """Write settings, scorecard, rubric and playbook to edit, and a questionnaire to fill in.

    Parameters
    ----------
    folder : Path
        Made if missing; nothing in it is replaced.
    data : path, URL or dict of DataFrame, optional
        Propose a column mapping for these tables, and ask about their accounts.

    Returns
    -------
    list of Path

    Raises
    ------
    SchemaError
        If one of the files is already there.
    """
    mapping = propose_mapping(data) if data is not None else {}
    files = starter_files(mapping, accounts_to_ask(data, mapping))
    for name in files:
        if (folder / name).exists():
            raise SchemaError(f"{folder / name} is already there; init replaces nothing.")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def playbook_check(path: Path) -> list[str]:
    """Hold a playbook against its rules.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of str
        What is wrong, with file and line; empty when nothing is. Caps and categories are those
        of the ``churngrid.yaml`` beside the playbook, if there is one.

    Raises
    ------
    SchemaError
        If there is no such file.
    """
    if not path.is_file():
        raise SchemaError(f"There is no file {str(path)!r}; name the playbook to check.")
    try:
        metrics = metrics_beside(path)
        read_playbook(path, fact_fields(metrics), texts=texts_beside(path), metrics=metrics)
    except SchemaError as error:
        return str(error).splitlines()
    return []
