"""The command that says what plays do: parse, call the verb, print, exit code."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .console import say, show_progress, show_table
from .options import AsJson, Data, Debug, Quiet, SettingsFile
from .run_command import talking

if TYPE_CHECKING:
    from ..api.effects import PlayEffects

__all__ = ["effects"]

_MOST = 10


def effects(
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
    days: Annotated[
        int | None,
        typer.Option(min=1, help="Days from the draw to the outcome. Default: lead and horizon."),
    ] = None,
    order: Annotated[
        bool, typer.Option("--order", help="Also learn whom each play helps more (extra uplift).")
    ] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say what each play does, by those from whom it was withheld."""
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.effects import play_effects as run

        with show_progress(quiet=talk.quiet) as progress:
            found = run(
                *talk.inputs(data, settings),
                results=results,
                days=days,
                order=order,
                progress=progress,
            )
        talk.tell(_summary(found), _show)


def _summary(found: "PlayEffects") -> dict[str, Any]:
    from .summaries.json_values import records

    return {
        "days": found.days,
        "draws": len(found.draws),
        "plays": records(found.effects),
        "notes": list(found.notes),
        "order": None if found.order is None else records(found.order),
    }


def _show(summary: Mapping[str, Any]) -> None:
    show_table(
        ["play", "to get it", "withheld", "effect on leaving", "on ARR", "says"],
        [_row(play) for play in summary["plays"]],
    )
    for play in summary["plays"]:
        say(f"{play['play']}: {play['sentence']}")
    for note in summary["notes"]:
        say(note)
    if summary["order"]:
        first = [one for one in summary["order"] if one["rank"] <= _MOST]
        show_table(
            ["play", "rank", "account", "expected effect on leaving, points"],
            [
                [
                    one["play"],
                    one["rank"],
                    one["account_id"],
                    f"{100 * one['expected_effect']:+.1f}",
                ]
                for one in first
            ],
        )


def _row(play: Mapping[str, Any]) -> list[object]:
    return [
        play["play"],
        play["offered"],
        play["withheld"],
        _points(play, "effect_on_leaving"),
        _points(play, "effect_on_arr"),
        play["on_leaving"],
    ]


def _points(play: Mapping[str, Any], effect: str) -> str:
    """Return an effect with its interval, in points."""
    value, low, high = (play[f"{effect}{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return ""
    return f"{100 * value:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
