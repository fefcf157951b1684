"""What a training run leaves in MLflow: parameters, figures, curves, pictures, and the model."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...features.whole_file import scratch_folder
from ..evaluation.renewal_marks import MARKS
from .artifact import PROBABILITY, FittedModel, save_model
from .fold_runs import competitor_figures, fold_runs, shown_figures
from .lost_runs import PROCESS, this_process
from .promotion import Decision
from .run_pictures import run_pictures

__all__ = [
    "FITTED",
    "LOADER",
    "TrainingReport",
    "log_fold_runs",
    "log_report",
    "model_tags",
    "run_tags",
    "save_pyfunc_model",
]

FITTED = "fitted"
LOADER = FittedModel.__module__
"""Where MLflow finds the function that loads a model; nothing else is ever asked to."""

REQUIREMENTS = ("churngrid", "lightgbm", "numpy", "pandas", "scikit-learn")


@dataclass(frozen=True)
class TrainingReport:
    """What a training run leaves behind beside the model.

    Parameters
    ----------
    decision : Decision
    scorers : DataFrame
        ``scorer``, ``value``, ``low``, ``high`` of the shipped model; a NaN is not logged.
    params : dict
        Settings of the run; never an address with a password.
    curves : dict of str to list of dict
        Points of a curve per name, plain JSON values.
    data_hash : str
        Hash of the training rows.
    card : str
        The model card as Markdown.
    predictions : DataFrame
        Of the backtest, out of time; not logged without rows.
    example : DataFrame
        Some rows as the model takes them, the input example; not logged without rows.
    competitors, folds : DataFrame
        Scorers of every model and fold (or ``all``, or a mark before the deadline), and what each
        test block was; a block is a run below this one.
    shown : dict
        What the shown bands achieved, see ``shown_band_card``; empty where nothing is shown.
    """

    decision: Decision
    scorers: pd.DataFrame
    params: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    data_hash: str = ""
    card: str = ""
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    example: pd.DataFrame = field(default_factory=pd.DataFrame)
    competitors: pd.DataFrame = field(default_factory=pd.DataFrame)
    folds: pd.DataFrame = field(default_factory=pd.DataFrame)
    shown: Mapping[str, Any] = field(default_factory=dict)


def run_tags(report: TrainingReport) -> dict[str, str]:
    """Return what the pages of MLflow show of a run beside its figures."""
    return {
        "decision": report.decision.reason,
        "mlflow.note.content": report.card,
        "mlflow.source.name": "churngrid train",
        PROCESS: this_process(),
    }


def model_tags(fitted: FittedModel) -> dict[str, str]:
    """Return what a run and a registered version say of their model."""
    return {
        "target": fitted.target,
        "kind": fitted.kind,
        "model_version": fitted.version,
        "base_rate": repr(fitted.base_rate),
        "trained_through": fitted.trained_through,
    }


def log_report(client: Any, run: Any, report: TrainingReport) -> None:
    """Log everything but the model itself."""
    from mlflow.entities import Metric, Param

    # One transaction: each of them waits for the disk.
    run_id, stated = run.info.run_id, {**report.params, "data_hash": report.data_hash}
    client.log_batch(
        run_id,
        params=[Param(key, str(value)) for key, value in stated.items()],
        metrics=[Metric(*scored, run.info.start_time, 0) for scored in _all_figures(report)],
    )
    for name, points in report.curves.items():
        client.log_text(run_id, json.dumps(list(points), allow_nan=False), f"curves/{name}.json")
    client.log_text(run_id, report.card, "model_card.md")
    for name, picture in run_pictures(report.curves).items():
        client.log_text(run_id, picture, f"plots/{name}.svg")
    if len(report.predictions):
        with scratch_folder() as scratch:
            report.predictions.to_parquet(scratch / "predictions.parquet", index=False)
            client.log_artifact(run_id, str(scratch / "predictions.parquet"), "backtest")


def log_fold_runs(client: Any, run: Any, report: TrainingReport) -> None:
    """Log each test block of the backtest as a run below that of the training."""
    from mlflow.entities import Metric, Param

    for name, params, figures in fold_runs(report.folds, report.competitors):
        child = client.create_run(
            run.info.experiment_id,
            run_name=name,
            tags={"mlflow.parentRunId": run.info.run_id, PROCESS: this_process()},
        )
        client.log_batch(
            child.info.run_id,
            params=[Param(*one) for one in params.items()],
            metrics=[Metric(*one, child.info.start_time, 0) for one in figures],
        )
        client.set_terminated(child.info.run_id, "FINISHED")


def _all_figures(report: TrainingReport) -> Iterator[tuple[str, float]]:
    """Yield the figures of what ships, then those of all that competed, and of the shown bands."""
    yield from _figures(report.scorers)
    if len(report.competitors):
        for part in ("all", *MARKS):
            told = competitor_figures(report.competitors[report.competitors["fold"] == part])
            yield from told if part == "all" else ((f"{part}.{name}", v) for name, v in told)
    yield from shown_figures(report.shown)


def _figures(scorers: pd.DataFrame) -> Iterator[tuple[str, float]]:
    for row in scorers.to_dict("records"):
        for suffix in ("value", "low", "high"):
            if np.isfinite(row[suffix]):
                key = row["scorer"] if suffix == "value" else f"{row['scorer']}_{suffix}"
                yield key, float(row[suffix])


def save_pyfunc_model(fitted: FittedModel, scratch: Path, example: pd.DataFrame) -> None:
    """Write ``scratch/model``, which MLflow can serve, around the model's own files."""
    from mlflow.models import ModelSignature
    from mlflow.pyfunc import save_model as save_pyfunc
    from mlflow.types.schema import ColSpec, Schema

    save_model(fitted, scratch / FITTED)
    encoding = fitted.model.encoding
    inputs = [
        ColSpec("double" if levels is None else "string", name)
        for name, levels in zip(encoding.names, encoding.levels, strict=True)
    ]
    outputs = Schema([ColSpec("double", PROBABILITY[fitted.target])])
    save_pyfunc(
        path=str(scratch / "model"),
        loader_module=LOADER,
        data_path=str(scratch / FITTED),
        signature=ModelSignature(inputs=Schema(inputs) if inputs else None, outputs=outputs),
        pip_requirements=[f"{name}=={installed_version(name)}" for name in REQUIREMENTS],
        input_example=example[list(encoding.names)] if len(example) and inputs else None,
    )
