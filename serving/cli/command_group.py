"""The group of all commands: it tells safely, and in the wanted form, what is wrong in a line."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import typer
from typer.core import TyperGroup

from ...features.addresses import without_secrets
from .run_command import UNUSABLE, print_json

__all__ = ["Commands"]

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


class Commands(TyperGroup):
    """The commands; with ``--json`` a wrong command line is told as JSON, too."""

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Parse a command line; what is wrong in it is told without secrets."""
        with _without_secrets():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what is wrong in its line is told without secrets."""
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
        """Run as a program: with ``--json`` a wrong line is one JSON document, exit code 2."""
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
