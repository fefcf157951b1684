"""Files that are there whole or not at all, and scratch folders of which nothing stays.

A process that is killed cannot tidy up. So whatever it was writing is locked while it lives, which
the system undoes in every case, and the next writer removes what nobody holds any more.
"""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl

__all__ = ["UNFINISHED", "scratch_folder", "whole_file", "write_all", "write_whole"]

UNFINISHED = ".unfinished"
"""End of the name of a file that is being written; it begins with a dot."""

_SCRATCH = "churngrid-scratch-"


def write_whole(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file whole or not at all; until then an earlier one stays as it is.

    Parameters
    ----------
    path : Path
        In a folder that is there.
    content : bytes
    replace : bool, default=True
        Whether a file that is there is replaced.

    Raises
    ------
    FileExistsError
        If there is one and it is not to be replaced.
    OSError
        If the folder or the disk does not take it; nothing is left behind then.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), b"all")
    ...     os.listdir(folder)
    ['a.txt']
    """
    with whole_file(path, replace=replace) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """Open a file for writing that appears once all of it is written; see ``write_whole``.

    Parameters
    ----------
    path : Path
    replace : bool, default=True

    Yields
    ------
    binary file

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder, whole_file(Path(folder, "a")) as file:
    ...     _ = file.write(b"some")
    ...     Path(folder, "a").exists()
    False
    """
    # A long name would leave no room for what is put around it.
    start = f".{path.name[:60]}."
    _sweep(path.parent, f"{start}*{UNFINISHED}")
    draft = path.with_name(f"{start}{secrets.token_hex(6)}{UNFINISHED}")
    with ExitStack() as stack:
        stack.callback(draft.unlink, missing_ok=True)
        file = stack.enter_context(draft.open("xb"))
        _hold(file.fileno())
        yield file
        file.flush()
        os.fsync(file.fileno())
        if replace:
            os.replace(draft, path)
        else:
            _put(draft, path)


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write new files, all of them or none.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    files : mapping of str to bytes
        By name.

    Raises
    ------
    OSError
        If one is there already or cannot be written; those written before are removed.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_all(Path(folder, "new"), {"a": b"1", "b": b"2"})
    ...     sorted(os.listdir(Path(folder, "new")))
    ['a', 'b']
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undone:
        for name, content in files.items():
            write_whole(folder / name, content, replace=False)
            undone.callback((folder / name).unlink, missing_ok=True)
        undone.pop_all()


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for temporary files, and remove those that killed processes have left.

    Yields
    ------
    Path
        In the system's folder for such things; it goes away afterwards.

    Examples
    --------
    >>> with scratch_folder() as scratch:
    ...     scratch.is_dir()
    True
    >>> scratch.exists()
    False
    """
    _sweep(Path(tempfile.gettempdir()), f"{_SCRATCH}*")
    with tempfile.TemporaryDirectory(prefix=_SCRATCH) as name, ExitStack() as stack:
        if sys.platform != "win32":
            handle = os.open(name, os.O_RDONLY)
            stack.callback(os.close, handle)
            _hold(handle)
        yield Path(name)


def _put(draft: Path, path: Path) -> None:
    """Give a file its name unless that is taken."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system knows a second name for a file.
        if path.exists():
            raise FileExistsError(f"{str(path)!r} is already there.") from None
        os.replace(draft, path)


def _hold(handle: int) -> None:
    if sys.platform != "win32":
        # A network file system may know no locks; then nothing is swept either.
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sweep(folder: Path, pattern: str) -> None:
    """Remove what nobody holds."""
    if sys.platform == "win32":
        return
    for left in folder.glob(pattern):
        with suppress(OSError), ExitStack() as stack:
            handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
            stack.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if left.is_dir():
                shutil.rmtree(left)
            else:
                left.unlink()
