"""The commands of the scorecard: parse, call one verb, print, exit code."""

from pathlib import Path
from typing import Annotated

import typer

from .console import show_progress
from .options import AsJson, Data, Debug, Quiet, SettingsFile
from .run_command import talking

__all__ = ["scorecard"]


_FAILED = 1

scorecard = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@scorecard.command(epilog="Example: churngrid scorecard validate exports/")
def validate(
    data: Data = None,
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Hold the health score against your own churn.

    Whether the red band churns, churn was warned of in good time, and not everything is green; with
    intervals. What counts is `success` in the scorecard. The exit code is 1 if a criterion fails.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.scorecard import validate_scorecard
        from .show_results import show_validation
        from .summaries.scorecard import validation_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = validate_scorecard(*talk.inputs(data, settings), progress=progress)
        talk.tell(validation_summary(result), show_validation)
        if result.failed:
            raise typer.Exit(_FAILED)


@scorecard.command(epilog="Example: churngrid scorecard fit exports/ --out learned.yaml")
def fit(
    data: Data = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the scorecard with the learned weights here, all else kept. "
            "Default: nothing is written.",
        ),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Learn the weights of the health score from your own churn.

    Learned on earlier dates and measured on later ones, beside the hand-set weights; it says
    whether the learned ones are better beyond noise.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.scorecard import fit_scorecard
        from .show_results import show_fit
        from .summaries.scorecard import fit_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = fit_scorecard(*talk.inputs(data, settings), out=out, progress=progress)
        talk.tell(fit_summary(result), show_fit)
