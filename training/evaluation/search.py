"""Parameters of the boosted model by search: on inner folds only, inside a budget of time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...features.arrays.array_types import IntArray
from ...features.errors import SchemaError
from ..dataset.dataset import Dataset
from ..dataset.temporal_splits import Fold, out_of_time
from ..models.calibration import log_loss_of
from ..models.catalogue import Model, model_named, predict
from .candidates import fit_candidate, labelled_rows, lesson_of
from .scorers import SEED, Difference, paired_difference
from .tuned import BEFORE, SETTINGS, SHAPE, tuned_model

__all__ = ["Search", "needed_optuna", "search_parameters"]

_SEED = 0
_DEFAULTS = {"own_shape": False, "max_depth": 6, "learning_rate": 0.05, "bagging_fraction": 0.8}


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Parameters
    ----------
    parameters : dict
        Plain values: what ``train(tuned=...)`` takes, with ``tuned_before``, the date from which on
        rows were kept out of the search.
    trials : DataFrame
        ``trial`` (0 is what ships by default), ``log_loss`` (over the inner folds; lower is
        better, NaN where it was broken off), ``seconds``, and the parameters tried.
    held_out : Difference or None
        By how much the parameters are better than the defaults on the block that was kept out, in
        log-loss; None where the defaults were best.
    """

    parameters: dict[str, Any]
    trials: pd.DataFrame
    held_out: Difference | None


def search_parameters(
    dataset: Dataset,
    target: str,
    *,
    seconds: float,
    n_trials: int | None = None,
    seed: int = _SEED,
    progress: Callable[[str], None] | None = None,
) -> Search:
    """Search parameters on rows before the newest test block, and try them on that block once.

    Parameters
    ----------
    dataset : Dataset
    target : {"churn", "expansion", "contraction"}
    seconds : float
        Budget, above 0; no trial begins after it, and the one that runs is finished.
    n_trials : int, optional
        Most trials.
    seed : int
    progress : callable, optional
        Called with the name of each step.

    Returns
    -------
    Search
        Never worse on the inner folds than the defaults, which are tried first.

    Raises
    ------
    ValueError
        If the history is too short.
    SchemaError
        Without Optuna, or if no inner fold has both outcomes.
    """
    optuna = needed_optuna()
    labelled = labelled_rows(dataset, target)
    newest = out_of_time(labelled.rows, labelled.parents)[-1]
    inner = _Inner(dataset, target, newest.train)
    tell = progress or (lambda step: None)

    def objective(trial: Any) -> float:
        tell(f"trial {trial.number} of {target}")
        return inner.loss(tuned_model(_asked(trial)), trial)

    study = optuna.create_study(
        direction="minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
    )
    study.enqueue_trial(_DEFAULTS)
    study.optimize(objective, n_trials=n_trials, timeout=seconds)
    best = _plain(study.best_params)
    parameters = {**best, BEFORE: newest.test_from.isoformat()}
    return Search(
        parameters,
        _listed(study),
        _held_out(dataset, target, newest, tuned_model(parameters))
        if study.best_trial.number
        else None,
    )


class _Inner:
    """The inner folds: what each may learn from, and the rows that judge it."""

    def __init__(self, dataset: Dataset, target: str, place: IntArray) -> None:
        labelled = labelled_rows(dataset, target)
        rows = labelled.rows.iloc[place].reset_index(drop=True)
        folds = out_of_time(rows, labelled.parents[place])
        self.X, self.y = dataset.X[dataset.labelled(target)], labelled.y
        self.weight = labelled.rows["weight"].to_numpy(dtype=np.float64)
        self.folds = [
            (lesson_of(dataset, target, place[fold.train]), place[fold.test])
            for fold in folds
            if len(np.unique(labelled.y[place[fold.train]])) == 2
        ]
        if not self.folds:
            raise SchemaError(
                f"No inner fold has both outcomes of {target!r}: there is nothing to tune by yet."
            )

    def loss(self, model: Model, trial: Any) -> float:
        """Return the log-loss over all inner test rows, giving up where others were better."""
        said, came, counts = [], [], []
        for step, (lesson, test) in enumerate(self.folds):
            said.append(predict(fit_candidate(model, lesson), self.X.iloc[test]))
            came.append(self.y[test])
            counts.append(self.weight[test])
            p = np.concatenate(said)
            found = log_loss_of(
                np.log(p) - np.log1p(-p),
                np.concatenate(came).astype(np.float64),
                np.concatenate(counts),
            )
            trial.report(found, step)
            if step + 1 < len(self.folds) and trial.should_prune():
                raise needed_optuna().TrialPruned
        return float(found)


def _asked(trial: Any) -> dict[str, Any]:
    asked = {
        "max_depth": trial.suggest_int("max_depth", 2, 8),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 1.0),
    }
    if trial.suggest_categorical("own_shape", [False, True]):
        asked["shape"] = {
            "num_leaves": trial.suggest_int("num_leaves", 2, 32, log=True),
            "min_rows": trial.suggest_int("min_rows", 5, 200, log=True),
            "column_share": trial.suggest_float("column_share", 0.2, 1.0),
            "ridge": trial.suggest_float("ridge", 0.1, 30.0, log=True),
        }
    return asked


def _plain(best: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was suggested as ``tuned_model`` takes it."""
    shape = {name: best[name] for name in SHAPE if name in best}
    kept = {name: best[name] for name in SETTINGS}
    return {**kept, "shape": shape} if best["own_shape"] else kept


def _held_out(dataset: Dataset, target: str, newest: Fold, tuned: Model) -> Difference:
    """Return by how much the parameters are better on the block that no trial saw."""
    labelled = labelled_rows(dataset, target)
    lesson = lesson_of(dataset, target, newest.train)
    rows = dataset.X[dataset.labelled(target)].iloc[newest.test]
    p, usual = (
        predict(fit_candidate(model, lesson), rows) for model in (tuned, model_named("boosted"))
    )
    return paired_difference(
        labelled.y[newest.test],
        p,
        usual,
        groups=labelled.parents[newest.test],
        weight=labelled.rows["weight"].to_numpy(dtype=np.float64)[newest.test],
        seed=SEED,
    )


def _listed(study: Any) -> pd.DataFrame:
    rows = [
        {
            "trial": trial.number,
            "log_loss": trial.value if trial.state.name == "COMPLETE" else np.nan,
            "seconds": trial.duration.total_seconds(),
            **trial.params,
        }
        for trial in study.trials
        if trial.duration is not None
    ]
    return pd.DataFrame(rows)


def needed_optuna() -> Any:
    """Return Optuna; raises SchemaError with the way to install it where it is missing."""
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise SchemaError(
            "Tuning needs Optuna, which is not installed: pip install 'churngrid[tune]'."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
