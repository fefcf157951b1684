"""How a command speaks: one result on standard output, or one sentence and an exit code."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer

from ...features.addresses import public_address, without_secrets
from ...features.errors import NoRoomError
from ...features.system_errors import is_full, room_words
from .console import say

__all__ = [
    "CHALLENGER",
    "FAULT",
    "FINDINGS",
    "INTERRUPTED",
    "TERMINATED",
    "UNUSABLE",
    "Talk",
    "Terminated",
    "print_json",
    "talking",
]


FINDINGS, UNUSABLE, FAULT, CHALLENGER, INTERRUPTED, TERMINATED = 1, 2, 3, 4, 130, 143
"""Exit codes: findings, the input, churngrid or the machine, no new champion where one was asked
for, the user, the system that runs it."""

_NOWHERE_TO_KEEP = (
    "Compiled kernels can be kept nowhere; set NUMBA_CACHE_DIR to a folder that can be written to."
)
_NO_MEMORY = (
    "The memory of this machine does not suffice. Give the work more of it, or fewer rows; the "
    "setting `memory_mb` says how much usage may take."
)


class Terminated(KeyboardInterrupt):
    """The system asks the process to end, as systemd, Kubernetes and `timeout` do."""


class _Untold(Exception):  # noqa: N818 - the work is done, only nobody can be told
    """Standard output does not take the result."""


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
        if sys.stdout is None:
            raise _Untold("standard output cannot be written: it is closed")
        try:
            if self.as_json:
                print_json(summary)
            else:
                show(summary)
            sys.stdout.flush()
        except BrokenPipeError:
            # Nobody reads on, as with `| head`: that is no error.
            _let_output_go()
        except OSError as error:
            _let_output_go()
            raise _Untold(f"standard output cannot be written: {error.strerror}") from error

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
                    say(f"{what}: {public_address(str(name))}", file=sys.stderr)
        self._warn_of_code(found)
        return used, found

    def _warn_of_code(self, settings: Path | None) -> None:
        """Say which Python code the settings have run; every user of it should know."""
        if settings is None or self.quiet or not settings.is_file():
            return
        from ...features.schema.settings import load_settings

        module = load_settings(settings).metrics
        if module is not None:
            say(f"Runs Python code: module {module!r}, which the settings name.", file=sys.stderr)


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
        2 for unusable input or settings, 3 for a fault of churngrid or the machine, 130 when
        interrupted and 143 when told to end.
    """
    try:
        yield Talk(as_json=as_json, quiet=quiet or as_json)
    except (typer.Exit, typer.Abort):
        raise
    # Whatever comes has to end in a sentence and a code that no schedule takes for done.
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
        if debug and not isinstance(error, KeyboardInterrupt):
            traceback.print_exc()
        sentence, code = _told(error)
        _stop(without_secrets(sentence), code, as_json=as_json)


def _told(error: BaseException) -> tuple[str, int]:
    """Return the sentence and the exit code for what stopped a command."""
    if isinstance(error, Terminated):
        return "Terminated.", TERMINATED
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted.", INTERRUPTED
    if isinstance(error, MemoryError):
        return _NO_MEMORY, FAULT
    if isinstance(error, _Untold):
        return f"The work is done, but {error}.", FAULT
    if is_full(error):
        return _of_a_full_disk(error), FAULT
    # Numba's words when neither its own folder nor the code's nor the user's can be written.
    if isinstance(error, RuntimeError) and "no locator available" in str(error):
        return _NOWHERE_TO_KEEP, UNUSABLE
    if isinstance(error, OSError) and error.strerror and error.errno is not None:
        return _of_the_system(error)
    if isinstance(error, ValueError | OSError):
        return str(error), UNUSABLE
    first = str(error).strip().partition("\n")[0]
    return (
        f"An unexpected fault stopped the work: {type(error).__name__}"
        f"{f' ({first[:200]})' if first else ''}. Nothing half-made was left; please report it "
        "with what `--debug` shows.",
        FAULT,
    )


def _of_the_system(error: OSError) -> tuple[str, int]:
    """Return the words for what the system refused, with the file where it names one."""
    named = error.filename
    if named is None and _working_folder_is_gone():
        return "The working folder is gone; change into one that is there.", UNUSABLE
    what = "The system refused" if named is None else f"{str(named)!r} cannot be used"
    return f"{what}: {error.strerror}.", UNUSABLE


def _working_folder_is_gone() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _of_a_full_disk(error: BaseException) -> str:
    """Return the sentence of an error that names the place, else the file that the system named."""
    if isinstance(error, NoRoomError):
        return str(error)
    named = error.filename if isinstance(error, OSError) else None
    return room_words("temporary files" if named is None else repr(str(named)))


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
        try:
            print_json({"error": sentence})
            if sys.stdout is not None:
                sys.stdout.flush()
        except OSError:
            _let_output_go()
    with suppress(OSError):
        say(sentence, file=sys.stderr)
    raise typer.Exit(code)


def _let_output_go() -> None:
    """Point standard output to nowhere, so that nothing is tried again when the process ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
