"""What every competitor was worth, test block by test block: child runs and figures of a run."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from .lost_runs import PROCESS, this_process

__all__ = ["competitor_figures", "log_fold_runs"]


def competitor_figures(scorers: pd.DataFrame) -> list[tuple[str, float]]:
    """Return the figures of all competitors under names of their own.

    Parameters
    ----------
    scorers : DataFrame
        ``model``, ``scorer`` and ``value``; a NaN is passed over.

    Returns
    -------
    list of (str, float)

    Examples
    --------
    >>> told = {"model": ["base_rate"], "scorer": ["log_loss"], "value": [0.4]}
    >>> competitor_figures(pd.DataFrame(told))
    [('base_rate.log_loss', 0.4)]
    """
    return [
        (f"{row['model']}.{row['scorer']}", float(row["value"]))
        for row in scorers.to_dict("records")
        if np.isfinite(row["value"])
    ]


def log_fold_runs(client: Any, run: Any, folds: pd.DataFrame, scorers: pd.DataFrame) -> None:
    """Log each test block of the backtest as a run below that of the training.

    Parameters
    ----------
    client : mlflow.MlflowClient
    run : mlflow.entities.Run
    folds : DataFrame
        One row a block: ``fold``, its dates and its numbers of rows; no child without rows.
    scorers : DataFrame
        ``model``, ``fold``, ``scorer`` and ``value``.
    """
    from mlflow.entities import Metric, Param

    for block in folds.to_dict("records"):
        number = str(block["fold"])
        child = client.create_run(
            run.info.experiment_id,
            run_name=f"fold {number}",
            tags={"mlflow.parentRunId": run.info.run_id, PROCESS: this_process()},
        )
        told = competitor_figures(scorers[scorers["fold"] == number])
        client.log_batch(
            child.info.run_id,
            params=[Param(key, value) for key, value in _in_words(block)],
            metrics=[Metric(key, value, child.info.start_time, 0) for key, value in told],
        )
        client.set_terminated(child.info.run_id, "FINISHED")


def _in_words(block: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    for key, value in block.items():
        yield str(key), f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)
