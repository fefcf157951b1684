"""What was learned, as plain values."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .json_values import plain, records

if TYPE_CHECKING:
    from ...api.answers.learning import BacktestResult, TrainResult

__all__ = ["backtest_summary", "train_summary"]


def train_summary(result: "TrainResult") -> dict[str, Any]:
    """Return what was trained for one target and how good it is.

    Parameters
    ----------
    result : TrainResult

    Returns
    -------
    dict
    """
    return {
        "target": result.target,
        "model": result.kind,
        "version": plain(result.version),
        "alias": result.alias,
        "reason": result.reason,
        "rows": int(result.rows),
        "accounts": int(result.accounts),
        "positives": int(result.churned),
        "base_rate": plain(result.base_rate),
        "scorers": records(result.scorers),
        "shown_band": dict(result.shown_band),
        "axes_correlation": None if result.axes is None else plain(result.axes.spearman),
        "findings": list(result.findings),
        "warnings": list(result.warnings),
    }


def backtest_summary(result: "BacktestResult", out: Path) -> dict[str, Any]:
    """Return how good each model was out of time.

    Parameters
    ----------
    result : BacktestResult
    out : Path
        Where its files are.

    Returns
    -------
    dict
    """
    return {
        "out": str(out),
        "predictions": len(result.predictions),
        "folds": records(result.folds),
        "scorers": records(result.scorers),
        "warnings": list(result.notes),
    }
