"""Customer health, maturity, churn and expansion per account, with the reason and the next step.

The verbs are loaded when first used, so that importing churngrid costs nothing.
"""

from importlib import import_module
from typing import Any

__all__ = [
    "ChurnClassifier",
    "Settings",
    "backtest",
    "build_dataset",
    "check",
    "check_metrics",
    "compile_kernels",
    "explain",
    "fit_scorecard",
    "init",
    "metric_reference",
    "read_tables",
    "report",
    "score",
    "train",
    "validate_scorecard",
]

_HOME = {
    "ChurnClassifier": ("training.classifier", "ChurnClassifier"),
    "Settings": ("features.settings", "Settings"),
    "backtest": ("serving.verbs", "backtest"),
    "build_dataset": ("serving.verbs", "dataset"),
    "check": ("serving.verbs", "check"),
    "check_metrics": ("serving.metricchecks", "check_metrics"),
    "compile_kernels": ("serving.kernels", "compile_kernels"),
    "explain": ("serving.verbs", "explain"),
    "fit_scorecard": ("serving.scorecardverbs", "fit_scorecard"),
    "init": ("serving.verbs", "init"),
    "metric_reference": ("features.reference", "metric_reference"),
    "read_tables": ("features.sources", "read_tables"),
    "report": ("serving.verbs", "report"),
    "score": ("serving.verbs", "score"),
    "train": ("serving.verbs", "train"),
    "validate_scorecard": ("serving.scorecardverbs", "validate_scorecard"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'churngrid' has no attribute {name!r}; it has {__all__}.")
    module, attribute = _HOME[name]
    return getattr(import_module(f".{module}", __name__), attribute)
