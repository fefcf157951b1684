"""One `check` for every kind of file that people edit."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson, Debug, Quiet, SettingsBeside
from .run_command import FINDINGS, talking
from .show_results import show_findings

__all__ = ["add_file_checks"]

_KINDS = {
    "settings": "Work on the settings.",
    "maturity": "Work on the maturity rubric.",
    "playbook": "Work on the file of plays.",
}
_EXAMPLES = {"settings": "churngrid.yaml"}


def add_file_checks(app: typer.Typer, scorecard: typer.Typer) -> None:
    """Add the command `check` for settings, scorecard, maturity and playbook.

    Parameters
    ----------
    app : Typer
        Gets a group for each kind that has none.
    scorecard : Typer
        The group of the scorecard, which has other commands too.
    """
    _add(scorecard, "scorecard")
    for kind, meaning in _KINDS.items():
        group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, callback=lambda: None)
        _add(group, kind)
        app.add_typer(group, name=kind, help=meaning)


def _add(group: typer.Typer, kind: str) -> None:
    example = _EXAMPLES.get(kind, f"{kind}.yaml")
    add: Callable[[Callable[..., None]], object] = group.command(
        "check",
        help=f"Hold the {kind} against its rules. The exit code is 1 if there are findings.",
        epilog=f"Example: churngrid {kind} check {example}",
    )

    def check(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="The file (YAML).")],
        *,
        settings: SettingsBeside = None,
        as_json: AsJson = False,
        quiet: Quiet = False,
        debug: Debug = False,
    ) -> None:
        with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
            from ..api.check_files import check_file

            findings = check_file(kind, file, settings)
            talk.tell({"findings": findings}, show_findings)
            if findings:
                raise typer.Exit(FINDINGS)

    add(check)
