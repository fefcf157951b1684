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

from .system_errors import raise_if_full

if sys.platform != "win32":
    import fcntl

__all__ = [
    "UNFINISHED",
    "made_folder",
    "replace_all",
    "scratch_folder",
    "whole_file",
    "write_all",
    "write_whole",
]

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
    NoRoomError
        If the disk is full; nothing is left behind then, nor after an OSError.
    OSError
        If the folder does not take it.

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
    with _room_for(path), ExitStack() as stack:
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
    OSError, NoRoomError
        If one is there already or cannot be written; those written before are removed, and so is
        the folder that was made for them.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_all(Path(folder, "new"), {"a": b"1", "b": b"2"})
    ...     sorted(os.listdir(Path(folder, "new")))
    ['a', 'b']
    """
    with made_folder(folder), ExitStack() as undone:
        for name, content in files.items():
            write_whole(folder / name, content, replace=False)
            undone.callback((folder / name).unlink, missing_ok=True)
        undone.pop_all()


def replace_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files that belong together: none takes its place before all are written.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    files : mapping of str to bytes
        By name; earlier ones are replaced.

    Raises
    ------
    OSError, NoRoomError
        If one cannot be written; the earlier ones stay as they are.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace_all(Path(folder), {"a": b"1", "b": b"2"})
    ...     sorted(os.listdir(folder))
    ['a', 'b']
    """
    with made_folder(folder), ExitStack() as drafts:
        for name, content in files.items():
            file = drafts.enter_context(whole_file(folder / name))
            with _room_for(folder / name):
                file.write(content)
                file.flush()


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make a folder with those above it; take away those that are made and stay empty.

    Parameters
    ----------
    folder : Path

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as home:
    ...     with suppress(ValueError), made_folder(Path(home, "a", "b")):
    ...         raise ValueError
    ...     os.listdir(home)
    []
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        # One that holds something, or is gone, stays as it is.
        with suppress(OSError):
            for place in missing:
                place.rmdir()
        raise


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


@contextmanager
def _room_for(path: Path) -> Iterator[None]:
    """Name the file that a full disk does not take; the system names none while one writes."""
    try:
        yield
    except OSError as error:
        raise_if_full(error, repr(str(path)))
        raise


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
