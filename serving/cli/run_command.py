"""How a command speaks: one result on standard output, or one sentence and an exit code."""

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer

from .console import say, without_secrets

__all__ = ["INTERRUPTED", "UNUSABLE", "Talk", "print_json", "talking"]


UNUSABLE, INTERRUPTED = 2, 130
"""Exit codes."""

_NOWHERE_TO_KEEP = (
    "Compiled kernels can be kept nowhere; set NUMBA_CACHE_DIR to a folder that can be written to."
)


@dataclass(frozen=True, slots=True)
class Talk:
    """How a command speaks.

    Parameters
    ----------
    as_json : bool
        For a program instead of for people.
    quiet : bool
        Nothing but the result.
    """

    as_json: bool
    quiet: bool

    def tell(self, summary: Any, show: Callable[[Any], None]) -> None:
        """Print the result.

        Parameters
        ----------
        summary : dict or list
            Plain values.
        show : callable
            Writes it for people.
        """
        if self.as_json:
            print_json(summary)
        else:
            show(summary)

    def inputs(self, data: str | None, given: Path | None) -> tuple[str, Path | None]:
        """Return the data and the settings file to use, and say which if they were not named.

        Parameters
        ----------
        data : str or None
            What the user named; without it the settings name the data.
        given : Path or None
            The settings file that the user named; without it one is looked for.

        Returns
        -------
        data : str
        settings : Path or None
            None where there is no such file.

        Raises
        ------
        SchemaError
            If nothing names the data.
        """
        from ..company.find_input import data_of, settings_for

        used = data if data is not None else data_of(given)
        found = given or settings_for(used)
        if not self.quiet:
            for what, name, told in (("Settings", found, given), ("Data", used, data)):
                if name and not told:
                    say(f"{what}: {name}", file=sys.stderr)
        return used, found


@contextmanager
def talking(*, as_json: bool, quiet: bool, debug: bool) -> Iterator[Talk]:
    """Turn what stops a command into one sentence and an exit code.

    Parameters
    ----------
    as_json, quiet : bool
        See ``Talk``; JSON is always quiet.
    debug : bool
        Also show where an error came from.

    Yields
    ------
    Talk

    Raises
    ------
    typer.Exit
        2 for unusable input or settings, 130 when interrupted.
    """
    try:
        yield Talk(as_json=as_json, quiet=quiet or as_json)
    except KeyboardInterrupt:
        _stop("Interrupted.", INTERRUPTED, as_json=as_json)
    except BrokenPipeError:
        # Nobody reads on, as with `| head`: that is no error.
        raise
    except (ValueError, OSError) as error:
        if debug:
            traceback.print_exc()
        _stop(without_secrets(str(error)), UNUSABLE, as_json=as_json)
    except RuntimeError as error:
        # Numba's words when neither its own folder nor the code's nor the user's can be written.
        if "no locator available" not in str(error):
            raise
        _stop(_NOWHERE_TO_KEEP, UNUSABLE, as_json=as_json)


def print_json(document: Any) -> None:
    """Print one JSON document.

    Parameters
    ----------
    document : dict or list
        Plain values without NaN.
    """
    typer.echo(json.dumps(document, indent=1, allow_nan=False))


def _stop(sentence: str, code: int, *, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": sentence})
    say(sentence, file=sys.stderr)
    raise typer.Exit(code)
