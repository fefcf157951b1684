"""What people see: results on standard output, progress and messages on standard error.

Everything shown is literal text: nothing that comes from outside is read as markup, and characters
that steer a terminal are replaced.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

__all__ = [
    "Report",
    "literal",
    "say",
    "show_accounts",
    "show_progress",
    "show_scorers",
    "show_table",
]


Report = Callable[[str, int, int | None], None]
"""Takes the name of a stage, how much of it is done, and how much there is or None."""

_PIPE_WIDTH = 100
# Four scorers tell the story on a terminal; --json and the files have all.
_TELLING = ("roc_auc", "pr_auc", "log_loss", "lift_at_10pct")
_LONGEST_NAME, _LONGEST_CELL = 60, 400
_LONGEST_LINE = 2000
_COMPILING = "Compiling the engine; only the first run on a machine does this."
_JOINERS = "\u200c\u200d"
"""Invisible, but parts of words in some scripts."""


def literal(value: object) -> Text:
    """Return text that shows exactly what it says.

    Parameters
    ----------
    value : object
        None is empty.

    Returns
    -------
    Text

    Examples
    --------
    >>> literal("[red]Alder[/]").plain, literal(None).plain
    ('[red]Alder[/]', '')
    """
    text = "" if value is None else str(value)
    kept = (
        c if c.isprintable() or c in f"\n{_JOINERS}" else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    return Text("".join(kept), overflow="fold")


def _cell(value: object) -> Text:
    """Return what a table shows of a value: of a text that never ends, its beginning."""
    return literal(None if value is None else _beginning(str(value), _LONGEST_CELL))


def _beginning(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def say(sentence: object, *, file: TextIO | None = None) -> None:
    """Write a sentence on a line of its own, however long.

    Parameters
    ----------
    sentence : object
    file : text stream, optional
        Standard output by default.
    """
    lines = (_beginning(line, _LONGEST_LINE) for line in str(sentence).split("\n"))
    _console(file or sys.stdout).print(literal("\n".join(lines)), soft_wrap=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; long values wrap and numbers stand to the right.

    Parameters
    ----------
    columns : sequence of str
    rows : iterable of sequence
    """
    listed = [list(row) for row in rows]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, column in enumerate(columns):
        numbers = all(isinstance(row[place], int | float) for row in listed)
        table.add_column(_cell(column), justify="right" if numbers else "left", overflow="fold")
    for row in listed:
        table.add_row(*(_cell(_number(value)) for value in row))
    _console(sys.stdout).print(table)


def show_accounts(accounts: Sequence[Mapping[str, Any]], *, of: str) -> None:
    """Write the accounts that need someone, each with its reasons and its next step.

    Parameters
    ----------
    accounts : sequence of mapping
        As ``who_needs_someone`` returns them.
    of : str
        Of which accounts they are the first.
    """
    if not accounts:
        say(f"{of}; none needs someone now.")
        return
    say(f"{of}; these need someone first:")
    table = Table(box=box.HORIZONTALS, pad_edge=False, show_lines=True, expand=True)
    table.add_column("Account", ratio=4, overflow="fold")
    shown = [key for key in ("csm_id", "arr") if any(a[key] is not None for a in accounts)]
    if "csm_id" in shown:
        table.add_column("CSM", ratio=2, min_width=6, overflow="fold")
    if "arr" in shown:
        table.add_column("ARR", justify="right", no_wrap=True)
    table.add_column("Chance to leave", no_wrap=True)
    table.add_column("Why", ratio=8, overflow="fold")
    table.add_column("Next step", ratio=4, overflow="fold")
    for account in accounts:
        table.add_row(*map(_cell, _account_cells(account, shown)))
    _console(sys.stdout).print(table)


def show_scorers(scorers: Sequence[Mapping[str, Any]]) -> None:
    """Write how good each model is, one line a model and one column a scorer.

    Parameters
    ----------
    scorers : sequence of mapping
        ``model``, ``scorer``, ``value`` and optionally ``low``, ``high``; when ``target`` or
        ``fold`` are there, each pair has its own lines.
    """
    groups = [key for key in ("target", "fold") if scorers and key in scorers[0]]
    named = list(dict.fromkeys(str(entry["scorer"]) for entry in scorers))
    names = [name for name in named if name in _TELLING] or named
    lines: dict[tuple[str, ...], dict[str, str]] = {}
    for entry in scorers:
        line = tuple(str(entry[key]) for key in (*groups, "model"))
        lines.setdefault(line, {})[str(entry["scorer"])] = _with_interval(entry)
    rows = [[*line, *(values.get(name, "") for name in names)] for line, values in lines.items()]
    show_table([*groups, "model", *names], rows)


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Report]:
    """Show how far each stage is while a command works, if somebody is watching.

    Parameters
    ----------
    quiet : bool
        Show nothing; the same without a terminal.

    Yields
    ------
    callable
        To be told of the progress.
    """
    if quiet or not sys.stderr.isatty():
        yield _ignore
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    from .compile_notice import told_of_compilation

    bars = Progress(*columns, console=_console(sys.stderr))
    with bars, told_of_compilation(lambda: bars.console.print(_COMPILING)):
        yield _Stages(bars)


class _Rate(ProgressColumn):
    """How much is done in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", justify="right")


class _Stages:
    """One bar a stage; a new stage ends the one before it."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._known: dict[str, TaskID] = {}
        self._last: str | None = None

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        if self._last not in (None, stage):
            self._end(self._known[str(self._last)])
        if stage not in self._known:
            self._known[stage] = self._bars.add_task(stage, total=total)
        self._last = stage
        self._bars.update(self._known[stage], completed=done, total=total)

    def _end(self, bar: TaskID) -> None:
        done = next(task.completed for task in self._bars.tasks if task.id == bar)
        self._bars.update(bar, completed=done, total=done)


def _ignore(stage: str, done: int, total: int | None) -> None:
    """Nobody is watching."""


def _console(file: TextIO) -> Console:
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _PIPE_WIDTH)
    return console


def _account_cells(account: Mapping[str, Any], shown: Sequence[str]) -> list[str]:
    name = str(account["account_name"] or account["account_id"])
    optional = {
        "csm_id": account["csm_id"] or "",
        "arr": "" if account["arr"] is None else f"{account['arr']:,.0f}",
    }
    step = str(account["play"] or "").replace("_", " ")
    if account["open_since"]:
        step += f"\nopen since {account['open_since']}\n{account['owner']}"
    elif account["due_at"]:
        step += f"\nby {account['due_at']}\n{account['owner']}"
    return [
        _beginning(name, _LONGEST_NAME),
        *(optional[key] for key in shown),
        _in_lines(account["odds"]),
        "\n".join(f"- {reason}" for reason in account["reasons"]) or "no single one stands out",
        step,
    ]


def _in_lines(chance: str) -> str:
    """Return a chance in short lines: how likely, at which decision, on which day."""
    for before, after in ((" to leave ", "\n"), (", decides ", "\ndecides "), (" on ", " on\n")):
        chance = chance.replace(before, after)
    return chance


def _with_interval(entry: Mapping[str, Any]) -> str:
    if entry["value"] is None:
        return ""
    low, high = entry.get("low"), entry.get("high")
    interval = "" if low is None or high is None else f" ({_number(low)} to {_number(high)})"
    return f"{_number(entry['value'])}{interval}"


def _number(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.3f}" if isinstance(value, float) else value
