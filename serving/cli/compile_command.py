"""The command that compiles all kernels ahead."""

from dataclasses import asdict

from .console import say, show_progress
from .options import AsJson, Debug, Quiet
from .run_command import talking

__all__ = ["compile_ahead"]


def compile_ahead(
    *,
    as_json: AsJson = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Compile all kernels, so that no later run waits for it.

    For container images: do it as the user who will run churngrid, or set NUMBA_CACHE_DIR to a
    folder that this user may write to, both when the image is built and when it runs.
    """
    with talking(as_json=as_json, quiet=quiet, debug=debug) as talk:
        from ..api.compile_kernels import compile_kernels as run

        with show_progress(quiet=talk.quiet) as progress:
            result = run(progress=progress)
        talk.tell(asdict(result), lambda _: say(result.says))
