"""The verbs that learn: the dataset, the models, the backtest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ...features.errors import SchemaError
from ...features.ingest.read import Data
from ...features.progress import Progress, counted, staged
from ...features.schema.settings import GivenSettings
from ...features.scores.health_score import score_health
from ...training.dataset.dataset import Dataset
from ...training.dataset.dataset import build_dataset as dataset_from
from ...training.dataset.own_outcome import (
    OUTCOME,
    checked_outcomes,
    with_outcome,
    with_outcome_rows,
)
from ...training.dataset.targets import TargetName, learned_of_itself, target_of
from ...training.evaluation.backtest import Backtest, Brought, backtest_dataset
from ...training.evaluation.own_competitor import Competitor
from ...training.evaluation.own_scorers import OwnScorers
from ...training.evaluation.tuned import tuned_model
from ...training.model_card import card_markdown, curve_points
from ...training.registry.artifact import FittedModel
from ...training.registry.mlflow_registry import (
    TrainingReport,
    log_training,
    present_champion,
)
from ...training.registry.promotion import promote
from ...training.scorecard.criteria_card import criteria_card, shown_band_card
from ...training.scorecard.success_criteria import book_of
from ...training.train import Trained, train_target, tried_on_the_past
from ..company.load_company import Company, company_of
from ..company.put_aside import refuse_unreadable, told_aside
from ..results.stores import check_apart, check_folder_name, write_tables
from ..scoring.health_index import health_index
from .answers.learning import BacktestResult, TrainResult
from .models import store_of

__all__ = [
    "backtest",
    "build_dataset",
    "dataset_of",
    "learnable_of",
    "targets_of",
    "train",
    "trained_all",
    "trained_of",
]

Result = TypeVar("Result")

_REFITS = 2
"""Models that are trained again to see whether reasons stay."""

_EXAMPLES = 5
"""Rows of the input example that is stored beside a model."""


def dataset_of(company: Company, progress: Progress | None) -> Dataset:
    """Return the training rows of a company; raises as ``build_dataset`` does."""
    refuse_unreadable(company.tables)
    return dataset_from(
        company.tables,
        company.settings,
        scorecard=company.config.scorecard,
        rubric=company.config.rubric,
        metrics=company.config.metrics,
        progress=staged(progress, "metrics from"),
    )


def trained_of(
    rows: Dataset,
    company: Company,
    name: str,
    uri: str,
    kind: str | None,
    progress: Progress | None,
    *,
    tuned: Mapping[str, Any] | None = None,
    refits: int = 0,
) -> TrainResult:
    """Train one target, decide its alias, and register it in the store."""
    step = counted(progress, f"train {name}", None)
    trained = train_target(
        *(rows, company.settings, target_of(name)),
        kind=kind,
        tuned=tuned,
        refits=refits,
        progress=step,
    )
    trained = tried_on_the_past(trained, rows, company.tables, company.settings)
    trained = _with_criteria(trained, rows, company)
    champion, unread = present_champion(uri, name)
    decision = promote(rows, trained.backtest, champion)
    table = trained.backtest.scorers
    whole = table[table["fold"] == "all"].drop(columns="fold")
    shipped = whole[whole["model"] == trained.backtest.kind]
    log_training(
        uri,
        trained.model,
        TrainingReport(
            decision=decision,
            scorers=shipped,
            params=company.settings.model_dump(mode="json", exclude={"tables", "data"})
            | ({"tuned": dict(tuned)} if tuned else {}),
            curves=curve_points(trained),
            data_hash=_hash_of(rows),
            card=card_markdown(trained),
            predictions=trained.backtest.predictions,
            example=_example(rows, trained.model),
            competitors=table,
            folds=trained.backtest.folds.drop(columns="target"),
            shown=trained.model.card.get("shown_band", {}),
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
        warnings=(*filter(None, [unread]), *trained.warnings),
        findings=told_aside(company.tables),
        trained=trained,
    )


def _with_criteria(trained: Trained, rows: Dataset, company: Company) -> Trained:
    """Return the same with what scorecard and shown bands achieved on these rows; of churn alone.

    Of quarters fewer decisions have a reading shortly before them, and the intervals are wider.
    """
    if trained.model.target != "churn":
        return trained
    scorecard = company.config.scorecard
    scores = score_health(rows.features, scorecard).scores
    shown = _health_shown(trained.backtest.health, scores["cap"])
    card = {
        **trained.model.card,
        "scorecard": criteria_card(book_of(rows, scores["chs"]), scorecard),
        "shown_band": shown_band_card(book_of(rows, shown), scorecard),
    }
    return replace(trained, model=replace(trained.model, card=card))


def _health_shown(told: pd.DataFrame, cap: pd.Series) -> pd.Series:
    """Return the health index of out-of-time estimates, limited by caps as a scoring limits it.

    A band that waits for a second reading is not waited for.
    """
    index = np.full(len(told), np.nan)
    p, bases = (told[name].to_numpy(dtype=float) for name in ("p", "base_rate"))
    for base in np.unique(bases):
        index[bases == base] = health_index(p[bases == base], float(base))
    limit = cap.reindex(told.index).to_numpy(dtype=float)
    return pd.Series(np.fmin(index, limit), index=told.index)


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


def targets_of(rows: Dataset, asked: Sequence[str] | None) -> tuple[TargetName, ...]:
    """Return the targets that were asked for, or else those that are learned of themselves."""
    if asked is None:
        return learned_of_itself(rows.labels)
    return tuple(target_of(name) for name in asked)


def trained_all(targets: Sequence[str], learn: Callable[[str], TrainResult]) -> list[TrainResult]:
    """Return what was learned; those that could be say which could not."""
    results, notes = learnable_of(targets, learn)
    return [replace(result, warnings=(*result.warnings, *notes)) for result in results]


def _example(rows: Dataset, model: FittedModel) -> pd.DataFrame:
    """Return a few rows as the model takes them, without saying whose they are."""
    return rows.X[list(model.columns)].head(_EXAMPLES).reset_index(drop=True)


def _hash_of(rows: Dataset) -> str:
    hashes = pd.util.hash_pandas_object(rows.X).to_numpy()
    return f"{np.bitwise_xor.reduce(hashes):016x}" if len(hashes) else ""


def build_dataset(
    data: Data, settings_path: GivenSettings | None = None, *, progress: Progress | None = None
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

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> rows = build_dataset(build_company(12, months=12).tables)
    >>> rows.X.index.names, len(rows.X) == len(rows.labels)
    (FrozenList(['account_id', 'as_of']), True)
    """
    return dataset_of(company_of(data, settings_path, progress), progress)


def train(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    targets: Sequence[str] | None = None,
    tracking: str | None = None,
    model_kind: str | None = None,
    tuned: Mapping[str, Any] | None = None,
    stability: bool = False,
    progress: Progress | None = None,
) -> list[TrainResult]:
    """Backtest, fit, calibrate and register one model per target.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    targets : sequence of {"churn", "expansion", "contraction"}, optional
        By default churn and expansion, and contraction where 100 accounts or more cut back.
    tracking : str, optional
        MLflow address; by default ``MLFLOW_TRACKING_URI``, else an SQLite file in
        ``churngrid-models``. A run or an experiment that MLflow was told to use holds.
    model_kind : str, optional
        Ship this kind whatever the amount of data suggests.
    tuned : mapping, optional
        Parameters of the boosted model, as ``tune`` gives them. Figures, choice and promotion then
        rest on test blocks that begin at its ``tuned_before`` or later.
    stability : bool
        Also train twice more on nine of ten accounts, to say on the model card how many of the
        strongest reasons stay; that those of the date before stay is said in any case.
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

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from churngrid.demo import build_company
    >>> tables = build_company(60, months=24).tables
    >>> with TemporaryDirectory() as folder:
    ...     found = train(tables, targets=("churn",), tracking=f"sqlite:///{folder}/mlflow.db")
    >>> found[0].target, found[0].alias in ("champion", "challenger")
    ('churn', True)
    """
    if tuned is not None:
        tuned_model(tuned)  # What is wrong with it is said before an hour of work.
    company = company_of(data, settings_path, progress)
    rows, uri = dataset_of(company, progress), store_of(tracking)
    return trained_all(
        targets_of(rows, targets),
        lambda name: trained_of(
            *(rows, company, name, uri, model_kind, progress),
            tuned=tuned,
            refits=_REFITS if stability else 0,
        ),
    )


def backtest(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    out: str | Path | None = None,
    targets: Sequence[str] | None = None,
    competitors: Sequence[Competitor] = (),
    scorers: OwnScorers | None = None,
    outcomes: pd.DataFrame | None = None,
    progress: Progress | None = None,
) -> BacktestResult:
    """Predict the past out of time with every competing model.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    out : str or Path, optional
        Folder for ``predictions`` and ``scorers``, as Parquet and CSV.
    targets : sequence of {"churn", "expansion", "contraction"}, optional
        By default those that ``train`` learns.
    competitors : sequence of Competitor, optional
        Classifiers of one's own, on the same rows and folds; they never ship.
    scorers : mapping of str to callable, optional
        Scorers of one's own, functions as in ``sklearn.metrics`` of outcome (0 or 1) and
        probability, with or without ``sample_weight``.
    outcomes : DataFrame, optional
        A target of one's own in place of ``targets``: ``account_id``, ``as_of``, ``outcome`` (0 or
        1) and, where it is known, ``known_at`` (from when the outcome was certain; by default lead
        and horizon after the date). The results call it ``outcome``. No direction is declared for
        it.
    progress : callable, optional

    Returns
    -------
    BacktestResult

    Raises
    ------
    SchemaError, LeakageError, ValueError
        If there is nothing to learn from.
    TypeError
        If a scorer is no function or gives no number.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from sklearn.metrics import d2_log_loss_score
    >>> from churngrid import Competitor
    >>> from churngrid.demo import build_company
    >>> tables = build_company(60, months=24).tables
    >>> mine = Competitor("mine", HistGradientBoostingClassifier(max_iter=10), explainer="tree")
    >>> with TemporaryDirectory() as folder:
    ...     kept = backtest(
    ...         tables,
    ...         out=folder,
    ...         targets=("churn",),
    ...         competitors=[mine],
    ...         scorers={"d2": d2_log_loss_score},
    ...     )
    >>> {"base_rate", "scorecard", "mine"} <= set(kept.predictions["model"])
    True
    >>> kept.scorers.query("fold == 'all' and scorer == 'd2'")["model"].is_unique
    True
    """
    if out is not None:
        check_folder_name(out)
        check_apart(out, data)
    brought = Brought(tuple(competitors), scorers or {})
    company = company_of(data, settings_path, progress)
    step = counted(progress, "backtest", None)
    if outcomes is None:
        rows = dataset_of(company, progress)
        tests, notes = learnable_of(
            targets_of(rows, targets),
            lambda name: backtest_dataset(rows, name, brought=brought, progress=step),
        )
    else:
        rows = _dataset_of_outcomes(company, outcomes, progress)
        tests, notes = [backtest_dataset(rows, OUTCOME, brought=brought, progress=step)], ()
    result = BacktestResult(
        predictions=_of_all(tests, "predictions"),
        scorers=_of_all(tests, "scorers"),
        folds=_of_all(tests, "folds"),
        notes=notes,
        importances=_of_all(tests, "importances"),
    )
    if out is not None:
        write_tables(Path(out), {"predictions": result.predictions, "scorers": result.scorers})
    return result


def _dataset_of_outcomes(
    company: Company, outcomes: pd.DataFrame, progress: Progress | None
) -> Dataset:
    """Return the rows of a target of one's own."""
    told = checked_outcomes(outcomes)
    labelled = replace(company, tables=with_outcome(company.tables, told))
    return with_outcome_rows(dataset_of(labelled, progress), told)


def _of_all(tests: Sequence[Backtest], part: str) -> pd.DataFrame:
    """Return one table of all backtests."""
    parts: list[pd.DataFrame] = [getattr(test, part) for test in tests]
    return pd.concat(parts, ignore_index=True)
