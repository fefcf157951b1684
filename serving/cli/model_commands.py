"""The commands of registered models: parse, call one verb, print, exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from .console import say, show_table
from .options import AsJson, Debug, Quiet, Target, Tracking
from .run_command import talking

__all__ = ["models"]

models = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

OneTarget = Annotated[Target, typer.Option("--target", help="Which model.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept beside the version.")]


@models.command("list", epilog="Example: churngrid models list --target churn")
def list_all(
    *,
    target: OneTarget = Target.churn,
    tracking: Tracking = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List the registered versions and why each is champion or challenger."""
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.models import list_models

        found = list_models(target.value, tracking)
        talk.tell([_plain(asdict(version)) for version in found], _show)


@models.command(epilog="Example: churngrid models promote 3 --reason 'better on the new product'")
def promote(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Number or alias.")],
    *,
    reason: Reason,
    target: OneTarget = Target.churn,
    tracking: Tracking = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make a version the champion by hand."""
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.models import promote_model

        found = promote_model(target.value, version, reason=reason, tracking=tracking)
        talk.tell(_plain(asdict(found)), _say_champion)


@models.command(epilog="Example: churngrid models rollback --reason 'wrong prices in the data'")
def rollback(
    *,
    reason: Reason,
    target: OneTarget = Target.churn,
    tracking: Tracking = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Make the champion before the present one champion again."""
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.models import rollback_model

        found = rollback_model(target.value, reason=reason, tracking=tracking)
        talk.tell(_plain(asdict(found)), _say_champion)


def _plain(version: dict[str, Any]) -> dict[str, Any]:
    rate = version["base_rate"]
    return version | {
        "aliases": list(version["aliases"]),
        "base_rate": rate if rate == rate else None,
    }


def _show(versions: Sequence[Mapping[str, Any]]) -> None:
    if not versions:
        say("No model is registered yet; run `churngrid train`.")
        return
    columns = ["version", "model", "alias", "trained through", "base rate", "why"]
    show_table(columns, [_row(version) for version in versions])


def _row(version: Mapping[str, Any]) -> list[str]:
    rate = version["base_rate"]
    return [
        version["number"],
        version["kind"],
        ", ".join(version["aliases"]),
        version["trained_through"],
        "" if rate is None else f"{100 * rate:.1f} %",
        version["reason"],
    ]


def _say_champion(version: Mapping[str, Any]) -> None:
    say(f"Version {version['number']} ({version['kind']}) is champion. {version['reason']}")
