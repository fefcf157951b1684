"""The command that watches what was scored."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .console import say, show_progress
from .options import AsJson, Data, Debug, Quiet, SettingsFile
from .run_command import FINDINGS, talking

__all__ = ["monitor"]


def monitor(
    data: Data = None,
    *,
    results: Annotated[
        str | None,
        typer.Option(
            metavar="OUT",
            help="Where the results of `churngrid score` are; by default the folder "
            "churngrid-results or results, here or beside the data.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where monitor.html and monitor.json go."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Watch what was scored: drift, feeds, what came of it.

    The exit code is 1 if a rule says that it is time to train again; it says why.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.monitor import monitor as run

        with show_progress(quiet=talk.quiet) as progress:
            used, found = talk.inputs(data, settings)
            told = run(used, found, results=results, out=out, progress=progress)
        talk.tell(told.as_dict(), _show)
        if told.retrain:
            raise typer.Exit(FINDINGS)


def _show(told: dict[str, Any]) -> None:
    for run in told["runs"]:
        say(_of_run(run))
    for note in told["notes"]:
        say(note)
    if not told["retrain"]:
        say("Nothing says that it is time to train again.")
    for why in told["why"]:
        say(f"Train again ({why['rule'].replace('_', ' ')}): {why['says']}")
    if told["page"]:
        say(f"Page: {told['page']}")


def _of_run(run: dict[str, Any]) -> str:
    day, estimated = run["as_of"][:10], run["estimated"]
    told = f"{day}: {estimated:,} estimates, {run['inputs_moved']} of {run['inputs']} inputs moved"
    if not run["closed"]:
        return f"{told}; {run['open_because']}"
    auc = "" if run["roc_auc"] is None else f", AUC {run['roc_auc']:.2f}"
    return (
        f"{told}; of {run['closed']:,} closed {run['left']} left where {run['expected']:.1f} were "
        f"expected{auc}, {run['surprises']} out of high health"
    )
