"""The commands that tell where accounts stand: score, explain, report."""

from datetime import date
from typing import Annotated

import typer

from ...features.ingest.files.table_names import is_table_file
from .console import say, show_progress
from .flat_commands import explain_flat, score_flat
from .options import AsJson, AsOf, Data, Debug, ModelName, Quiet, SettingsFile, Tracking
from .run_command import FINDINGS, talking
from .show_results import show_score

__all__ = ["explain", "report", "score"]

_RESULTS = "churngrid-results"


def score(
    data: Data = None,
    *,
    out: Annotated[
        str,
        typer.Option(metavar="OUT", help="Folder, DuckDB file or postgresql:// URL for results."),
    ] = _RESULTS,
    as_of: AsOf = "latest",
    settings: SettingsFile = None,
    tracking: Tracking = None,
    model: ModelName = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ignore earlier results.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Score all accounts, with reasons, plays and a report.

    The exit code is 1 if feeds are broken or silent, or much was put aside: it says so first.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        day = _as_of(as_of)
        used, found = talk.inputs(data, settings)
        if is_table_file(used):
            score_flat(talk, used, found, out=out, as_of=day, tracking=tracking)
            return
        from ..api.score import score as run
        from .summaries.scoring import score_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = run(
                used,
                found,
                out=out,
                as_of=day,
                tracking=tracking,
                model=model,
                fresh=fresh,
                progress=progress,
            )
        talk.tell(score_summary(result), show_score)
        if result.scored.findings:
            raise typer.Exit(FINDINGS)


def explain(
    data: Data = None,
    *,
    account: Annotated[str, typer.Option(metavar="ID", help="Which account.")],
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Tell what changed since the stored scoring of this day or the last before it. "
            "Default: since the last one.",
        ),
    ] = None,
    as_of: AsOf = "latest",
    settings: SettingsFile = None,
    tracking: Tracking = None,
    model: ModelName = None,
    results: Annotated[
        str | None,
        typer.Option(
            metavar="OUT",
            help="Where the results of `churngrid score` are, to tell what the list says; by "
            "default the folder `results` beside the data or here.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Tell where one account stands, why, what changed, and what to do."""
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        day = _as_of(as_of)
        used, found = talk.inputs(data, settings)
        if is_table_file(used):
            explain_flat(talk, used, found, account=account, as_of=day, tracking=tracking)
            return
        from ..api.explain import explain as run
        from .summaries.json_values import plain

        with show_progress(quiet=talk.quiet) as progress:
            story = run(
                used,
                found,
                account=account,
                as_of=day,
                tracking=tracking,
                model=model,
                results=results,
                since=None if since is None else _day(since, "--since"),
                progress=progress,
            )
        talk.tell(plain(story.as_dict()), lambda _: say(story.text()))


def report(
    out: Annotated[
        str, typer.Argument(metavar="OUT", help="Where the results of `churngrid score` are.")
    ],
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the HTML report again from stored results."""
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.score import report as run

        talk.tell({"report": str(run(out))}, lambda told: say(f"Report: {told['report']}"))


def _as_of(text: str) -> str:
    return text if text == "latest" else _day(text, "--as-of")


def _day(text: str, option: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        allowed = "'latest' or a date" if option == "--as-of" else "a date"
        raise ValueError(
            f"`{option}` must be {allowed} such as 2025-12-01, got {text!r}."
        ) from None
    return text
