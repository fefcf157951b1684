"""The command that tunes, and the file of parameters between it and ``train``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...features.errors import SchemaError
from ...features.whole_file import write_whole
from .console import say, show_progress
from .options import AsJson, Data, Debug, Quiet, SettingsFile, Target
from .run_command import talking

if TYPE_CHECKING:
    from ..api.tune import TuneResult

__all__ = ["read_tuned", "tune"]


def tune(
    data: Data = None,
    *,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the parameters go (JSON).")],
    target: Annotated[Target, typer.Option("--target", help="Which model.")] = Target.churn,
    seconds: Annotated[
        float, typer.Option(help="Budget of time; the trial that runs is finished.")
    ] = 600.0,
    trials: Annotated[int | None, typer.Option(min=1, help="Most trials.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed and trials: same result.")] = 0,
    settings: SettingsFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Search parameters of the boosted model (extra tune).

    The newest test block is kept out of the search and says what they are worth. Use them with:
    churngrid train DATA --target churn --tuned FILE.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.tune import tune as run

        with show_progress(quiet=talk.quiet) as progress:
            found = run(
                *talk.inputs(data, settings),
                target=target.value,
                seconds=seconds,
                trials=trials,
                seed=seed,
                progress=progress,
            )
        write_whole(out, (json.dumps(found.parameters, indent=1) + "\n").encode())
        talk.tell(_summary(found, out), _show)


def read_tuned(path: Path | None, targets: tuple[str, ...] | None) -> dict[str, Any] | None:
    """Return the parameters that ``tune`` wrote; None without a file.

    Parameters
    ----------
    path : Path or None
    targets : tuple of str or None
        What is trained with them; None where nobody names any.

    Returns
    -------
    dict or None

    Raises
    ------
    SchemaError
        If the file cannot be read, or is no object of JSON.
    ValueError
        If more than one model would get them.
    """
    if path is None:
        return None
    if targets is None or len(targets) != 1:
        raise ValueError(
            f"`--tuned` holds parameters of one model, got {list(targets or ())}; name the one "
            "that they were tuned for with `--target`."
        )
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SchemaError(
            f"`--tuned` {str(path)!r} cannot be read as JSON ({error}); `churngrid tune --out "
            "FILE` writes one."
        ) from None
    if not isinstance(found, dict):
        raise SchemaError(
            f"`--tuned` {str(path)!r} must hold an object of JSON, got {type(found).__name__}; "
            "`churngrid tune --out FILE` writes one."
        )
    return found


def _summary(found: "TuneResult", out: Path) -> dict[str, Any]:
    from .summaries.json_values import plain, records

    gain = found.held_out
    return {
        "target": found.target,
        "parameters": found.parameters,
        "trials": records(found.trials),
        "held_out": None
        if gain is None
        else {name: plain(getattr(gain, name)) for name in ("value", "low", "high")},
        "out": str(out),
    }


def _show(summary: Mapping[str, Any]) -> None:
    tried, gain = len(summary["trials"]), summary["held_out"]
    if gain is None:
        say(f"{tried:,} trials for {summary['target']}: the defaults were best.")
    else:
        say(
            f"{tried:,} trials for {summary['target']}: log-loss on rows kept out lower by "
            f"{gain['value']:.4f} ({gain['low']:.4f} to {gain['high']:.4f}) than with the defaults."
        )
    told = f"churngrid train DATA --target {summary['target']} --tuned {summary['out']}"
    say(f"Parameters: {summary['out']}; use them with `{told}`.")
