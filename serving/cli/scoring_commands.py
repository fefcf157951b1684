"""The commands that tell where accounts stand and what comes: score, explain, forecast, report."""

from datetime import date
from typing import Annotated

import typer

from ...features.ingest.files.table_names import is_table_file
from ..results.places import RESULTS
from .console import say, show_progress
from .flat_commands import explain_flat, score_flat
from .options import (
    AsJson,
    AsOf,
    Data,
    Debug,
    ModelName,
    Period,
    Quiet,
    SettingsFile,
    Tracking,
)
from .run_command import FINDINGS, talking
from .show_results import show_score

__all__ = ["explain", "forecast", "report", "score"]


def score(
    data: Data = None,
    *,
    out: Annotated[
        str,
        typer.Option(metavar="OUT", help="Folder, DuckDB file or postgresql:// URL for results."),
    ] = str(RESULTS),
    as_of: AsOf = "latest",
    settings: SettingsFile = None,
    tracking: Tracking = None,
    model: ModelName = None,
    require_model: Annotated[
        bool, typer.Option("--require-model", help="Refuse (code 2) without a churn model.")
    ] = False,
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
                require_model=require_model,
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
            "default the folder churngrid-results or results, here or beside the data.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Tell where an account stands, why, and what to do.

    What changed since the last stored scoring, and what would help, are told, too.
    """
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


def forecast(
    data: Data = None,
    *,
    by: Annotated[
        Period, typer.Option("--by", help="Calendar months or quarters.")
    ] = Period.quarter,
    periods: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Whole periods after the running one. Default: 4 quarters, 12 months."
        ),
    ] = None,
    segment: Annotated[str | None, typer.Option(metavar="NAME", help="Only this segment.")] = None,
    csm: Annotated[
        str | None, typer.Option(metavar="ID", help="Only the accounts of this CSM.")
    ] = None,
    as_of: AsOf = "latest",
    settings: SettingsFile = None,
    tracking: Tracking = None,
    model: ModelName = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Forecast what is due, renews and is paid, with ranges.

    By month or quarter, for the whole book, a segment or a CSM.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        day = _as_of(as_of)
        used, found = talk.inputs(data, settings)
        if is_table_file(used):
            raise ValueError(
                f"A forecast needs contracts, got one table, {used!r}: it has no decision dates. "
                "Name a folder with `contracts` or `subscription_items`."
            )
        from ..api.forecast import forecast as run
        from .show_forecast import show_forecast
        from .summaries.forecast import forecast_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = run(
                used,
                found,
                by=by.value,
                periods=periods,
                segment=segment,
                csm=csm,
                as_of=day,
                tracking=tracking,
                model=model,
                progress=progress,
            )
        talk.tell(forecast_summary(result), show_forecast)


def report(
    out: Annotated[
        str, typer.Argument(metavar="[OUT]", help="Where the results of `churngrid score` are.")
    ] = str(RESULTS),
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
