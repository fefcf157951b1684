"""The verb that tunes: parameters of the boosted model by inner folds, inside a budget of time."""

import html
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...features.ingest.read import Data
from ...features.progress import Progress, counted
from ...features.schema.settings import GivenSettings
from ...training.dataset.targets import target_of
from ...training.evaluation.scorers import Difference
from ...training.evaluation.search import needed_optuna, search_parameters
from ..company.load_company import company_of
from .train import dataset_of

__all__ = ["TuneResult", "tune"]


@dataclass(frozen=True, slots=True, repr=False)
class TuneResult:
    """Parameters that a search found, and what they are worth on rows that it never saw.

    Parameters
    ----------
    target : {"churn", "expansion", "contraction"}
    parameters : dict
        Plain values for ``train(tuned=...)``; ``tuned_before`` is the date from which on rows were
        kept out.
    trials : DataFrame
        What was tried: ``trial`` (0 is the defaults), ``log_loss`` on the inner folds (lower is
        better; NaN where it was broken off), ``seconds``, parameters.
    held_out : Difference or None
        By how much the log-loss is lower than with the defaults on the newest block, with its
        interval; None where the defaults were best.
    """

    target: str
    parameters: dict[str, Any]
    trials: pd.DataFrame
    held_out: Difference | None

    def __repr__(self) -> str:
        tried = f"{len(self.trials):,} trials"
        if self.held_out is None:
            return f"<TuneResult of {self.target}: {tried}, the defaults were best>"
        gain = self.held_out
        return (
            f"<TuneResult of {self.target}: {tried}, log-loss on rows kept out lower by "
            f"{gain.value:.4f} ({gain.low:.4f} to {gain.high:.4f})>"
        )

    def _repr_html_(self) -> str:
        best = self.trials.sort_values("log_loss").head(10)
        table = best.to_html(index=False, float_format=lambda x: f"{x:.4f}", na_rep="")
        return f"<p>{html.escape(repr(self))}</p>{table}"


def tune(
    data: Data,
    settings_path: GivenSettings | None = None,
    *,
    target: str = "churn",
    seconds: float = 600.0,
    trials: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> TuneResult:
    """Search parameters of the boosted model on inner folds, inside a budget of time.

    The rows of the newest test block are kept out of the search, and say once, at the end, what
    the parameters are worth. ``train(tuned=found.parameters)`` judges the model on that block and
    later ones only, so that no figure rests on rows that chose the parameters.

    Parameters
    ----------
    data, settings_path
        As in ``check``.
    target : {"churn", "expansion", "contraction"}
    seconds : float
        Budget. No trial begins after it, and the one that runs is finished.
    trials : int, optional
        Most trials; with the same ``seed`` and enough time the result is the same.
    seed : int
    progress : callable, optional

    Returns
    -------
    TuneResult

    Raises
    ------
    SchemaError, LeakageError, ValueError
        Without Optuna (``pip install 'churngrid[tune]'``), or if the history is too short for inner
        folds before the newest block.

    Examples
    --------
    >>> from churngrid.demo import build_company
    >>> tune(build_company(12, months=12).tables, seconds=0)
    Traceback (most recent call last):
    ...
    ValueError: `seconds` must be greater than 0, got 0.
    """
    if seconds <= 0:
        raise ValueError(f"`seconds` must be greater than 0, got {seconds!r}.")
    target = target_of(target)
    needed_optuna()
    rows = dataset_of(company_of(data, settings_path, progress), progress)
    found = search_parameters(
        rows,
        target,
        seconds=seconds,
        n_trials=trials,
        seed=seed,
        progress=counted(progress, f"tune {target}", None),
    )
    return TuneResult(target, found.parameters, found.trials, found.held_out)
