"""Customer health, maturity, churn and expansion per account, with the reason and the next step.

The verbs are loaded when first used, so that importing churngrid costs nothing.
"""

from importlib import import_module, metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .features.ingest.read import read_tables
    from .features.metrics.markdown import metric_reference
    from .features.schema.settings import Settings
    from .serving.api.check import check
    from .serving.api.check_metrics import check_metrics
    from .serving.api.compile_kernels import compile_kernels
    from .serving.api.effects import play_effects
    from .serving.api.explain import explain
    from .serving.api.flat import explain_table, score_table, train_table
    from .serving.api.forecast import forecast
    from .serving.api.init import init
    from .serving.api.models import list_models, load_model, promote_model, rollback_model
    from .serving.api.monitor import monitor
    from .serving.api.score import report, score
    from .serving.api.scorecard import fit_scorecard, validate_scorecard
    from .serving.api.train import backtest, build_dataset, train
    from .serving.api.tune import tune
    from .training.evaluation.own_competitor import Competitor
    from .training.models.classifier import ChurnClassifier

    __version__: str

__all__ = [
    "ChurnClassifier",
    "Competitor",
    "Settings",
    "__version__",
    "backtest",
    "build_dataset",
    "check",
    "check_metrics",
    "compile_kernels",
    "explain",
    "explain_table",
    "fit_scorecard",
    "forecast",
    "init",
    "list_models",
    "load_model",
    "metric_reference",
    "monitor",
    "play_effects",
    "promote_model",
    "read_tables",
    "report",
    "rollback_model",
    "score",
    "score_table",
    "train",
    "train_table",
    "tune",
    "validate_scorecard",
]

_HOME = {
    "ChurnClassifier": "training.models.classifier",
    "Competitor": "training.evaluation.own_competitor",
    "Settings": "features.schema.settings",
    "backtest": "serving.api.train",
    "build_dataset": "serving.api.train",
    "explain_table": "serving.api.flat",
    "score_table": "serving.api.flat",
    "train_table": "serving.api.flat",
    "list_models": "serving.api.models",
    "load_model": "serving.api.models",
    "play_effects": "serving.api.effects",
    "promote_model": "serving.api.models",
    "rollback_model": "serving.api.models",
    "check": "serving.api.check",
    "check_metrics": "serving.api.check_metrics",
    "compile_kernels": "serving.api.compile_kernels",
    "explain": "serving.api.explain",
    "fit_scorecard": "serving.api.scorecard",
    "forecast": "serving.api.forecast",
    "init": "serving.api.init",
    "monitor": "serving.api.monitor",
    "metric_reference": "features.metrics.markdown",
    "read_tables": "features.ingest.read",
    "report": "serving.api.score",
    "score": "serving.api.score",
    "train": "serving.api.train",
    "tune": "serving.api.tune",
    "validate_scorecard": "serving.api.scorecard",
}

if not TYPE_CHECKING:  # a type checker has the imports above, and so knows which names there are

    def __getattr__(name: str) -> object:
        if name == "__version__":
            return metadata.version("churngrid")
        if name not in _HOME:
            raise AttributeError(
                f"module 'churngrid' has no attribute {name!r}; it has {sorted(__all__)}."
            )
        return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
