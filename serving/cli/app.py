"""The command line: parse, call one verb, print, exit code.

Nothing heavy is imported before a command runs, so that ``churngrid --help`` answers at once.
"""

import gc
import io
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperGroup

from ...features.addresses import without_secrets
from ...features.ingest.files.table_names import is_table_file
from .check_commands import add_file_checks
from .compile_command import compile_ahead
from .console import say, show_progress
from .flat_commands import explain_flat, score_flat, train_flat
from .model_commands import models
from .options import (
    AsJson,
    AsOf,
    Data,
    Debug,
    ModelName,
    Quiet,
    SettingsFile,
    Target,
    TargetOrColumn,
    Targets,
    Tracking,
)
from .run_command import UNUSABLE, Terminated, print_json, talking
from .scorecard_commands import scorecard
from .show_results import (
    show_backtest,
    show_check,
    show_demo,
    show_init,
    show_score,
    show_trained,
)

__all__ = ["app", "main"]


_DEMO, _HERE = Path("churngrid-demo"), Path()
_RESULTS = "churngrid-results"
_FOUND = 1
_HELP = "Customer health, maturity, churn and expansion per account, with reason and next step."

# Of typer's own exceptions only this one has a public name; its parent covers the others.
_UsageError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[1])


@contextmanager
def _without_secrets() -> Iterator[None]:
    """Let a wrong command line be told without the passwords in it."""
    try:
        yield
    except _UsageError as error:
        error.message = without_secrets(error.message)
        raise


class _Commands(TyperGroup):
    """The commands; with ``--json`` a wrong command line is told as JSON, too."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        with _without_secrets():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        with _without_secrets():
            return super().invoke(ctx)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        as_json = "--json" in (sys.argv if args is None else args)
        try:
            code = super().main(
                args,
                prog_name,
                complete_var,
                standalone_mode and not as_json,
                windows_expand_args,
                **extra,
            )
        except _UsageError as error:
            if not as_json:
                raise
            print_json({"error": without_secrets(error.format_message())})
            code = UNUSABLE
        return sys.exit(code or 0) if standalone_mode else code


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=_HELP,
    epilog="Start here: churngrid demo",
)
app.add_typer(scorecard, name="scorecard", help="Judge and learn the health score.")
add_file_checks(app, scorecard)
app.add_typer(models, name="models", help="List, promote and roll back models.")


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=lambda wanted: _show_version(wanted),
            help="Print the version.",
        ),
    ] = False,
) -> None:
    """Take what stands before the command."""


@app.command(epilog="Example: churngrid demo --out churngrid-demo")
def demo(
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where everything goes.")] = _DEMO,
    accounts: Annotated[int, typer.Option(min=1, help="Size of the invented company.")] = 1150,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another company.")] = 7,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Do the whole job on an invented company.

    Data, models, scores, plays and a report.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.demo import demo as run
        from .summaries import demo_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = run(out, accounts=accounts, seed=seed, progress=progress)
        talk.tell(demo_summary(result), show_demo)


app.command("compile", epilog="Example: churngrid compile")(compile_ahead)


@app.command(epilog="Example: churngrid init mycompany --from exports/")
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

    With DATA: propose how its tables are read, check it at once, and say what comes next.
    The exit code is 1 if nothing could be read.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.init import init as run
        from .summaries import init_summary

        result = run(folder, data=data, presets=preset)
        talk.tell(init_summary(result), show_init)
        if result.problem:
            raise typer.Exit(_FOUND)


@app.command(epilog="Example: churngrid check exports/")
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
        from .summaries import check_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = run(*talk.inputs(data, settings), out=out, progress=progress)
        talk.tell(check_summary(result), show_check)
        if result.tables.findings:
            raise typer.Exit(_FOUND)


@app.command(epilog="Example: churngrid train exports/ --target churn")
def train(
    data: Data = None,
    *,
    target: TargetOrColumn = None,
    settings: SettingsFile = None,
    tracking: Tracking = None,
    model_kind: Annotated[
        str | None,
        typer.Option(
            metavar="KIND", help="Ship this kind of model whatever the amount of data suggests."
        ),
    ] = None,
    id: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="For one table: who the customer is.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="For one table: the date of the row.")
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="For one table: the value that means: left."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="For one table: learn from this column although it looks as if it knew who left.",
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Learn from past decisions.

    Backtest, train, calibrate, register. DATA may be one file with a row a customer; name its
    column that says who left, as in: churngrid train customers.csv --target Churn.

    The exit code is 1 if much was put aside.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        used, found = talk.inputs(data, settings)
        if is_table_file(used):
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
        from .summaries import train_summary

        with show_progress(quiet=talk.quiet) as progress:
            results = run(
                used,
                found,
                targets=_names(_targets(target)),
                tracking=tracking,
                model_kind=model_kind,
                progress=progress,
            )
        talk.tell([train_summary(result) for result in results], show_trained)
        if any(result.findings for result in results):
            raise typer.Exit(_FOUND)


@app.command(epilog="Example: churngrid backtest exports/ --out backtest/")
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
        from .summaries import backtest_summary

        with show_progress(quiet=talk.quiet) as progress:
            result = run(
                *talk.inputs(data, settings),
                out=out,
                targets=_names(target),
                progress=progress,
            )
        talk.tell(backtest_summary(result, out), show_backtest)


@app.command(epilog="Example: churngrid score exports/ --out results/")
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
        from .summaries import score_summary

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
            raise typer.Exit(_FOUND)


@app.command(epilog="Example: churngrid explain exports/ --account 1042")
def explain(
    data: Data = None,
    *,
    account: Annotated[str, typer.Option(metavar="ID", help="Which account.")],
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
    """Tell where one account stands, why, and what to do."""
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        day = _as_of(as_of)
        used, found = talk.inputs(data, settings)
        if is_table_file(used):
            explain_flat(talk, used, found, account=account, as_of=day, tracking=tracking)
            return
        from ..api.score import explain as run
        from .summaries import plain

        with show_progress(quiet=talk.quiet) as progress:
            story = run(
                used,
                found,
                account=account,
                as_of=day,
                tracking=tracking,
                model=model,
                results=results,
                progress=progress,
            )
        talk.tell(plain(story.as_dict()), lambda _: say(story.text()))


@app.command(epilog="Example: churngrid report results/")
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


def main() -> None:
    """Run the command line; the process ends with the exit code.

    0 done, 1 done with findings, 2 unusable input or settings, 3 a fault of churngrid or of the
    machine, 130 interrupted, 143 told to end by the system.
    """
    with suppress(ValueError):
        # A program that calls this from another of its threads hears signals itself.
        signal.signal(signal.SIGTERM, _end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding lacks must not end the command.
            stream.reconfigure(errors="backslashreplace")
    # Read when NumPy is imported; a value that the user has set stands. Threads that share a small
    # product wait for each other in a loop, which on a busy machine takes many times longer.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Nearly all that a command makes, modules above all, lives until it ends; looking for garbage
    # after every 700 objects takes a twentieth of its time.
    gc.set_threshold(50_000)
    app()


def _end(*_: object) -> NoReturn:
    """End as when interrupted, so that everything is tidied up; asked again, end at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise Terminated


def _show_version(wanted: bool) -> None:
    if wanted:
        say(version("churngrid"))
        raise typer.Exit


def _targets(names: list[str] | None) -> list[Target] | None:
    known = [target.value for target in Target]
    for name in names or ():
        if name not in known:
            raise ValueError(
                f"`--target` must be one of {known}, got {name!r}; a column can be named for one "
                "file with a row a customer, such as customers.csv."
            )
    return [Target(name) for name in names] if names else None


def _one_column(names: list[str] | None) -> str | None:
    if names and len(names) > 1:
        raise ValueError(f"`--target` names one column of a table, got {len(names)}: {names}.")
    return names[0] if names else None


def _names(targets: list[Target] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(target.value for target in targets or Target))


def _as_of(text: str) -> str:
    if text != "latest":
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError(
                f"`--as-of` must be 'latest' or a date such as 2025-12-01, got {text!r}."
            ) from None
    return text
