"""The verbs for one table with a row a customer and a flag: train, score, explain."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ...features.arrays.table_forms import as_table
from ...features.errors import SchemaError
from ...features.ingest.one_file import read_one_file
from ...features.ingest.read import ArrowStream
from ...features.progress import Progress, counted
from ...features.schema.flat_settings import FlatSettings
from ...features.schema.settings import GivenSettings, settings_of
from ...features.short_view import ShortView
from ...training.flat.learn import FlatTrained, learn_flat, promote_flat
from ...training.flat.table import FlatTable, flat_table
from ...training.registry.artifact import FittedModel
from ...training.registry.mlflow_registry import (
    TrainingReport,
    load_champion,
    log_training,
    present_champion,
)
from ...training.registry.promotion import Decision
from ..flat.page import flat_page
from ..flat.scores import FlatScored, score_flat
from ..flat.usual import usual_of
from ..results.places import REPORT
from ..results.result_column import check_result
from ..results.schema import FLAT_RESULTS
from ..results.stores import open_store
from .models import store_of

__all__ = [
    "FlatScoreResult",
    "FlatTrainResult",
    "TableData",
    "explain_table",
    "score_table",
    "train_table",
]

TableData = str | Path | pd.DataFrame | ArrowStream
"""A file, or a table of pandas, polars or Arrow."""

_BINS = 10


@dataclass(frozen=True, slots=True, repr=False)
class FlatTrainResult(ShortView):
    """A model of a flat table, registered.

    Parameters
    ----------
    kind, version, alias, reason : str
        What ships, and whether it took over.
    scheme : str
        How the figures came about: ``out_of_fold`` or ``out_of_time``.
    scorers : DataFrame
        ``model``, ``scheme``, ``scorer``, ``value``, ``low``, ``high``.
    predictions : DataFrame
        Of every competitor on rows that it had not learned from.
    rows, accounts, churned : int
    base_rate : float
    warnings : tuple of str
    model : FittedModel
    """

    kind: str
    version: str
    alias: str
    reason: str
    scheme: str
    scorers: pd.DataFrame
    predictions: pd.DataFrame
    rows: int
    accounts: int
    churned: int
    base_rate: float
    warnings: tuple[str, ...]
    model: FittedModel

    def _line(self) -> str:
        return (
            f"{self.kind}, version {self.version}, {self.alias}, {self.rows:,} rows of "
            f"{self.accounts:,} customers, base rate {self.base_rate:.1%}"
        )

    def _table(self) -> pd.DataFrame:
        return self.scorers


@dataclass(frozen=True, slots=True, repr=False)
class FlatScoreResult(ShortView):
    """One scoring of a flat table and where it was written.

    Parameters
    ----------
    scored : FlatScored
    out : str
    report_path : Path or None
    unwritten : tuple of str
        Files the place could not take.
    """

    scored: FlatScored
    out: str
    report_path: Path | None
    unwritten: tuple[str, ...]

    def _line(self) -> str:
        return f"{len(self.scored.scores):,} customers, {self.out}"

    def _table(self) -> pd.DataFrame:
        return self.scored.scores


def train_table(
    data: TableData,
    settings_path: GivenSettings | None = None,
    *,
    target: str | None = None,
    id: str | None = None,
    date: str | None = None,
    positive: str | None = None,
    keep: Iterable[str] = (),
    model_kind: str | None = None,
    tracking: str | None = None,
    progress: Progress | None = None,
) -> FlatTrainResult:
    """Learn from one table with a flag of the outcome, and register the model.

    Parameters
    ----------
    data : path, DataFrame of pandas or polars, or pyarrow Table, shape (n_rows, n_columns)
        A file of any kind that ``read_tables`` takes, or a table in memory.
    settings_path : str, Path or Settings, optional
        Its section ``flat`` names columns in words, money and plays; what is named here wins.
    target : str
        Column of the flag: two values, empty where the outcome is not known yet.
    id, date : str, optional
        Columns with the customer and with the date of the row.
    positive : str, optional
        Value of the flag that means the outcome, where its words do not say it.
    keep : iterable of str
        Columns to learn from although they look as if they knew the outcome.
    model_kind : str, optional
        Ship this kind whatever comes out.
    tracking : str, optional
        MLflow address; an SQLite file in ``churngrid-models`` by default.
    progress : callable, optional

    Returns
    -------
    FlatTrainResult

    Raises
    ------
    SchemaError
        If a column is not there, the flag is unclear, or there is too little to learn from.

    Examples
    --------
    >>> frame = pd.DataFrame({"churn": ["yes"] * 6 + ["no"] * 6, "visits": [1, 2, 3] * 4})
    >>> train_table(frame, target="churn")
    Traceback (most recent call last):
    ...
    churngrid.features.errors.SchemaError: There are 6 customers with the outcome and 6 without...
    """
    settings = settings_of(settings_path)
    flat = _with_options(settings.flat, target=target, id=id, date=date, positive=positive)
    if flat.target is None:
        raise SchemaError(
            "Which column says whether the customer left? Name it with `target`, on the command "
            "line `--target COLUMN`."
        )
    frame, uri = _frame(data), store_of(tracking)
    table = flat_table(
        frame,
        target=flat.target,
        id=flat.id,
        date=flat.date,
        positive=flat.positive,
        keep=[*flat.keep, *keep],
    )
    step = counted(progress, "train", None)
    trained = learn_flat(table, kind=model_kind, monotone=flat.monotone, progress=step)
    trained = _with_usual(trained, table)
    champion, unread = present_champion(uri, "churn")
    decision = promote_flat(trained, frame, champion)
    log_training(uri, trained.model, _report(trained, table, flat, decision))
    return FlatTrainResult(
        kind=trained.trial.kind,
        version=trained.model.version,
        alias=decision.alias,
        reason=decision.reason,
        scheme=trained.trial.scheme,
        scorers=trained.trial.scorers,
        predictions=trained.trial.predictions,
        rows=len(table.y),
        accounts=len(set(table.ids)),
        churned=len(set(table.ids[table.y == 1])),
        base_rate=trained.model.base_rate,
        warnings=(*filter(None, [unread]), *trained.warnings),
        model=trained.model,
    )


def score_table(
    data: TableData,
    settings_path: GivenSettings | None = None,
    *,
    out: str | Path | None = None,
    as_of: str | None = None,
    tracking: str | None = None,
) -> FlatScoreResult:
    """Score every customer of one table with the champion, with reasons and a page.

    Parameters
    ----------
    data : path, DataFrame of pandas or polars, or pyarrow Table
        The flag may be missing.
    settings_path : str, Path or Settings, optional
        As in ``train_table``.
    out : str or Path, optional
        Folder, DuckDB file or database URL; nothing is written without it.
    as_of : str, optional
        Date that the results are stored under; by default the newest date of the rows, else the
        day on which the file was last written.
    tracking : str, optional
        As in ``train_table``.

    Returns
    -------
    FlatScoreResult

    Raises
    ------
    SchemaError
        If there is no model of a flat table, a column that it reads is missing, or no date is
        known to store the results under.

    Examples
    --------
    >>> score_table(pd.DataFrame({"visits": [1]}), tracking="sqlite:////nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    churngrid.features.errors.SchemaError: There is no trained model yet; ...
    """
    settings = settings_of(settings_path)
    model = _champion(tracking)
    frame = _frame(data)
    scored = score_flat(frame, model, settings.flat, _as_of(data, frame, model, as_of))
    if out is None:
        return FlatScoreResult(scored, "not written", None, ())
    results = {"scores": scored.scores, "drivers": scored.drivers, "plays": scored.plays}
    for name, part in results.items():
        check_result(name, part, FLAT_RESULTS[name])
    page = flat_page(
        scored.scores,
        scored.drivers,
        scored.plays,
        notes=scored.notes,
        card=model.card,
        currency=settings.currency or "",
    )
    store = open_store(out)
    unwritten = store.write(results, files={REPORT: page})
    path = None if REPORT in unwritten else Path(out) / REPORT
    return FlatScoreResult(scored, store.label, path, unwritten)


def explain_table(
    data: TableData,
    settings_path: GivenSettings | None = None,
    *,
    account: str,
    as_of: str | None = None,
    tracking: str | None = None,
) -> dict[str, object]:
    """Tell why one customer of a flat table has its probability.

    Parameters
    ----------
    data, settings_path, as_of, tracking
        As in ``score_table``.
    account : str
        Its id.

    Returns
    -------
    dict
        ``account_id``, ``p_churn``, ``base_rate``, ``raises``, ``lowers`` (texts) and ``plays``.

    Raises
    ------
    SchemaError
        If there is no such customer; else as ``score_table``.

    Examples
    --------
    >>> customers = pd.DataFrame({"visits": [1]})
    >>> explain_table(customers, account="a", tracking="sqlite:////nowhere/mlflow.db")
    Traceback (most recent call last):
    ...
    churngrid.features.errors.SchemaError: There is no trained model yet; ...
    """
    scored = score_table(data, settings_path, as_of=as_of, tracking=tracking).scored
    found = scored.scores[scored.scores["account_id"] == account]
    if found.empty:
        raise SchemaError(
            f"There is no customer {account!r} in the table; there are {len(scored.scores):,}, "
            f"such as {scored.scores['account_id'].head(3).tolist()}."
        )
    why = scored.drivers[scored.drivers["account_id"] == account]
    plays = scored.plays[scored.plays["account_id"] == account]
    return {
        "account_id": account,
        "p_churn": float(found["p_churn"].iloc[0]),
        "base_rate": float(found["base_rate"].iloc[0]),
        "raises": why.loc[why["direction"] == "raises", "text"].tolist(),
        "lowers": why.loc[why["direction"] == "lowers", "text"].tolist(),
        "plays": plays["action"].tolist(),
    }


def _with_options(flat: FlatSettings, **options: str | None) -> FlatSettings:
    """Return the settings with what was named beside them."""
    return flat.model_copy(update={name: value for name, value in options.items() if value})


def _frame(data: TableData) -> pd.DataFrame:
    if isinstance(data, str | Path):
        frame = read_one_file(Path(data))
    elif isinstance(table := as_table(data), pd.DataFrame):
        frame = table
    else:
        raise TypeError(
            "`data` must be a file, a pandas or polars DataFrame or an Arrow table, "
            f"got {type(data).__name__!r}."
        )
    return frame.rename(columns=str).reset_index(drop=True)


def _champion(tracking: str | None) -> FittedModel:
    model = load_champion(store_of(tracking), "churn")
    if model is None:
        raise SchemaError(
            "There is no trained model yet; run `churngrid train FILE --target COLUMN` first, or "
            "name another store with `--tracking`."
        )
    return model


def _as_of(
    data: TableData, frame: pd.DataFrame, model: FittedModel, named: str | None
) -> pd.Timestamp:
    if named is not None and named != "latest":
        return pd.Timestamp(named, tz="UTC")
    date = model.card["flat"]["date"] if "flat" in model.card else None
    if date is not None and date in frame.columns and len(frame):
        newest = pd.to_datetime(frame[date].astype(str), utc=True, format="ISO8601").max()
        return pd.Timestamp(newest).floor("D")
    if not isinstance(data, str | Path):
        raise SchemaError(
            "The rows have no date; say with `as_of`, such as '2025-12-01', of which day they are."
        )
    written = pd.Timestamp(Path(data).stat().st_mtime, unit="s", tz="UTC")
    return written.floor("D")


def _with_usual(trained: FlatTrained, table: FlatTable) -> FlatTrained:
    card = dict(trained.model.card) | {"usual": usual_of(table.X, table.y)}
    return replace(trained, model=replace(trained.model, card=card))


def _report(
    trained: FlatTrained, table: FlatTable, flat: FlatSettings, decision: Decision
) -> TrainingReport:
    """Return what is registered beside the model: the figures of the scheme that decided."""
    trial = trained.trial
    mine = (trial.scorers["scheme"] == trial.scheme) & (trial.scorers["model"] == trial.kind)
    return TrainingReport(
        decision=decision,
        scorers=trial.scorers[mine].drop(columns="scheme"),
        params={"flat": flat.model_dump(mode="json", exclude={"plays", "columns"})},
        curves=_calibration(trained),
        data_hash=_hash_of(table),
        card=_card(trained),
    )


def _calibration(trained: FlatTrained) -> dict[str, list[dict[str, float]]]:
    """Return mean predicted and observed rate per tenth of the shipped model's predictions."""
    rows = trained.trial.predictions
    rows = rows[rows["shipped"] & (rows["scheme"] == trained.trial.scheme)].sort_values("p")
    tenth = np.arange(len(rows)) * _BINS // max(len(rows), 1)
    means = rows.groupby(tenth)[["p", "label"]].mean()
    return {
        "calibration": [
            {"predicted": float(p), "observed": float(label)}
            for p, label in zip(means["p"], means["label"], strict=True)
        ]
    }


def _hash_of(table: FlatTable) -> str:
    hashes = pd.util.hash_pandas_object(table.X, index=False).to_numpy()
    return f"{np.bitwise_xor.reduce(hashes):016x}" if len(hashes) else ""


def _card(trained: FlatTrained) -> str:
    """Return the model card as Markdown."""
    card = trained.model.card
    lines = [f"# churned: {card['kind']}", "", str(card["proof"]), ""]
    lines += ["| model | AUC | log-loss |", "|---|---|---|"]
    for model, scorers in card["scorers"].items():
        cells = [scorers.get(name, [None])[0] for name in ("roc_auc", "log_loss")]
        shown = ["" if value is None else f"{value:.3f}" for value in cells]
        lines.append(f"| {model} | {shown[0]} | {shown[1]} |")
    return "\n".join([*lines, "", *(f"- {warning}" for warning in trained.warnings)])
