"""The commands that look at tables: an invented company, a proposal, a check."""

from pathlib import Path
from typing import Annotated

import typer

from .console import show_progress
from .options import AsJson, Data, Debug, Quiet, SettingsFile
from .run_command import FINDINGS, talking
from .show_results import show_check, show_demo, show_init

__all__ = ["check", "demo", "init"]

_DEMO, _HERE = Path("churngrid-demo"), Path()


def demo(
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where everything goes.")] = _DEMO,
    accounts: Annotated[int, typer.Option(min=1, help="Size of the invented company.")] = 1150,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another company.")] = 7,
    interventions: Annotated[
        bool,
        typer.Option("--interventions", help="A company that has tried plays by lot."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Do the whole job on an invented company.

    Data, models, scores, plays and a report.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.demo import demo as run
        from .summaries.scoring import demo_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = run(
                out,
                accounts=accounts,
                seed=seed,
                interventions=interventions,
                progress=progress,
            )
        talk.tell(demo_summary(result), show_demo)


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where the files go.")] = _HERE,
    *,
    data: Annotated[
        str | None,
        typer.Option("--from", metavar="DATA", help="Look at these tables and propose settings."),
    ] = None,
    preset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SYSTEM",
            help="Whose exports they are, such as stripe; may be repeated. Default: find out.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write settings, scorecard, rubric and playbook to edit.

    With DATA, or if DIR holds tables itself: propose how they are read, check them at once, and say
    what comes next. If DIR holds the tables, the files go into DIR/churngrid.
    The exit code is 1 if nothing could be read.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.init import init as run
        from .summaries.data import init_summary

        result = run(folder, data=data, presets=preset)
        talk.tell(init_summary(result), show_init)
        if result.problem:
            raise typer.Exit(FINDINGS)


def check(
    data: Data = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the rows that were put aside are written."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Hold the tables against the data contract.

    The exit code is 1 if there are findings.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.check import check as run
        from .summaries.data import check_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = run(*talk.inputs(data, settings), out=out, progress=progress)
        talk.tell(check_summary(result), show_check)
        if result.tables.findings:
            raise typer.Exit(FINDINGS)
