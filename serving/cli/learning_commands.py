"""The commands that learn from the past: train and backtest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ...features.ingest.files.table_names import is_table_file
from .console import show_progress
from .flat_commands import train_flat
from .options import (
    AsJson,
    Data,
    DateColumn,
    Debug,
    IdColumn,
    KeptColumns,
    ModelKind,
    PositiveValue,
    Quiet,
    RequireChampion,
    SettingsFile,
    Stability,
    Target,
    TargetOrColumn,
    Targets,
    Tracking,
)
from .run_command import CHALLENGER, FINDINGS, talking
from .show_results import show_backtest, show_trained
from .tune_command import read_tuned

__all__ = ["backtest", "train"]


def train(
    data: Data = None,
    *,
    target: TargetOrColumn = None,
    settings: SettingsFile = None,
    tracking: Tracking = None,
    model_kind: ModelKind = None,
    id: IdColumn = None,
    date: DateColumn = None,
    positive: PositiveValue = None,
    keep: KeptColumns = None,
    tuned: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Parameters that `churngrid tune` wrote; with one --target."
        ),
    ] = None,
    stability: Stability = False,
    require_champion: RequireChampion = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Learn from past decisions.

    Backtest, train, calibrate, register. DATA may be one file with a row a customer; name its
    column that says who left, as in: churngrid train customers.csv --target Churn.

    The exit code is 1 if much was put aside; with --require-champion it is 4 if the model that
    was in use stays.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        used, found = talk.inputs(data, settings)
        if is_table_file(used):
            _no_tuned(tuned)
            train_flat(
                talk,
                used,
                found,
                target=_one_column(target),
                id=id,
                date=date,
                positive=positive,
                keep=keep or (),
                model_kind=model_kind,
                tracking=tracking,
            )
            return
        from ..api.train import train as run
        from .summaries.learning import train_summary

        targets = _names(_targets(target))
        chosen = read_tuned(tuned, targets)
        with show_progress(quiet=talk.quiet) as progress:
            results = run(
                used,
                found,
                targets=targets,
                tracking=tracking,
                model_kind=model_kind,
                tuned=chosen,
                stability=stability,
                progress=progress,
            )
        talk.tell([train_summary(result) for result in results], show_trained)
        if require_champion and any(result.alias != "champion" for result in results):
            raise typer.Exit(CHALLENGER)
        if any(result.findings for result in results):
            raise typer.Exit(FINDINGS)


def backtest(
    data: Data = None,
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the predictions go.")],
    target: Targets = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Predict the past out of time with all models.

    Predictions and scorers are written as files.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.train import backtest as run
        from .summaries.learning import backtest_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = run(
                *talk.inputs(data, settings),
                out=out,
                targets=_names(target),
                progress=progress,
            )
        talk.tell(backtest_summary(result, out), show_backtest)


def _targets(names: list[str] | None) -> list[Target] | None:
    known = [target.value for target in Target]
    for name in names or ():
        if name not in known:
            raise ValueError(
                f"`--target` must be one of {known}, got {name!r}; a column can be named for one "
                "file with a row a customer, such as customers.csv."
            )
    return [Target(name) for name in names] if names else None


def _no_tuned(tuned: Path | None) -> None:
    if tuned is not None:
        raise ValueError("`--tuned` is for tables of a company, not for one flat table.")


def _one_column(names: list[str] | None) -> str | None:
    if names and len(names) > 1:
        raise ValueError(f"`--target` names one column of a table, got {len(names)}: {names}.")
    return names[0] if names else None


def _names(targets: Sequence[Target] | None) -> tuple[str, ...] | None:
    """Return the targets that were asked for, each once; None for those learned of themselves."""
    return tuple(dict.fromkeys(target.value for target in targets)) if targets else None
