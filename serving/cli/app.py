"""The command line: which commands there are, and how the process runs and ends.

Nothing heavy is imported before a command runs, so that ``churngrid --help`` answers at once.
"""

import gc
import io
import os
import signal
import sys
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from .check_commands import add_file_checks
from .command_group import Commands
from .compile_command import compile_ahead
from .console import say
from .data_commands import check, demo, init
from .effects_command import effects
from .learning_commands import backtest, train
from .model_commands import models
from .monitor_command import monitor
from .run_command import Terminated
from .scorecard_commands import scorecard
from .scoring_commands import explain, forecast, report, score
from .tune_command import tune

__all__ = ["app", "main"]

_HELP = "Customer health, maturity, churn and expansion per account, with reason and next step."

# In the order of the help: name, what runs, an example.
_COMMANDS = (
    ("demo", demo, "churngrid demo --out churngrid-demo"),
    ("compile", compile_ahead, "churngrid compile"),
    ("init", init, "churngrid init mycompany --from exports/"),
    ("check", check, "churngrid check exports/"),
    ("train", train, "churngrid train exports/ --target churn"),
    ("backtest", backtest, "churngrid backtest exports/ --out backtest/"),
    ("tune", tune, "churngrid tune exports/ --seconds 3600 --out tuned.json"),
    ("score", score, "churngrid score exports/ --out results/"),
    ("effects", effects, "churngrid effects exports/ --results results/"),
    ("explain", explain, "churngrid explain exports/ --account 1042 --since 2025-11-01"),
    ("forecast", forecast, "churngrid forecast exports/ --by quarter"),
    ("monitor", monitor, "churngrid monitor exports/ --results results/ --out monitor/"),
    ("report", report, "churngrid report results/"),
)

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=_HELP,
    epilog="Start here: churngrid demo",
)
for _name, _run, _example in _COMMANDS:
    app.command(_name, epilog=f"Example: {_example}")(_run)
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


def main() -> None:
    """Run the command line; the process ends with the exit code.

    0 done, 1 done with findings, 2 unusable input or settings, 3 a fault of churngrid or of the
    machine, 4 no new champion where one was asked for, 130 interrupted, 143 told to end by the
    system.
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
