"""What the system refuses, in words; a full disk is known whoever tells of it."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import ArtifactError, NoRoomError

__all__ = ["is_full", "raise_if_full", "room_words", "system_words", "writing"]

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WORDS = re.compile(
    "no space left on|disk is full|disk quota exceeded|file too large|not enough space on the disk",
    re.IGNORECASE,
)


def is_full(error: BaseException | None) -> bool:
    """Tell whether an error, or what brought it about, is a disk without room.

    Parameters
    ----------
    error : BaseException or None
        What a library makes of it counts as well, by its cause or its words.

    Returns
    -------
    bool
        True also for a quota that is used up and a file that may not grow further.

    Examples
    --------
    >>> is_full(OSError(errno.ENOSPC, "No space left on device"))
    True
    >>> is_full(RuntimeError("(sqlite3.OperationalError) database or disk is full"))
    True
    >>> is_full(PermissionError(errno.EACCES, "Permission denied"))
    False
    """
    return any(_says_full(one) for one in _chain(error))


def raise_if_full(error: BaseException, place: str) -> None:
    """Say which place took no more, if that is what an error is about.

    Parameters
    ----------
    error : BaseException
    place : str
        As the user knows it: a folder, a file, a model store.

    Raises
    ------
    NoRoomError
        If the disk is full; what a driver said of it, an address maybe, is left behind.

    Examples
    --------
    >>> raise_if_full(OSError(errno.ENOSPC, "No space left on device"), "'a'")
    Traceback (most recent call last):
    churngrid.features.errors.NoRoomError: The disk has no room for 'a'. Make room, ...
    """
    if is_full(error):
        raise NoRoomError(room_words(place)) from None


def room_words(place: str) -> str:
    """Return what is said of a full disk.

    Parameters
    ----------
    place : str

    Returns
    -------
    str

    Examples
    --------
    >>> room_words("folder 'a'")[:36]
    "The disk has no room for folder 'a'."
    """
    return (
        f"The disk has no room for {place}. Make room, or name another folder: for results "
        "`--out`, for models `--tracking`, for temporary files TMPDIR. No file was left "
        "half-written; run it again then."
    )


def system_words(error: OSError) -> str:
    """Return what the system says, with the file where it names one, without its number.

    Parameters
    ----------
    error : OSError

    Returns
    -------
    str

    Examples
    --------
    >>> system_words(PermissionError(errno.EACCES, "Permission denied", "a.csv"))
    "Permission denied: 'a.csv'"
    """
    if not error.strerror:
        return str(error)
    return error.strerror + (f": {str(error.filename)!r}" if error.filename is not None else "")


@contextmanager
def writing(place: str, *, step: str = "") -> Iterator[None]:
    """Turn what the system refuses while something is written into an error that names the place.

    Parameters
    ----------
    place : str
        As the user knows it.
    step : str, default=''
        What to do where it is no full disk.

    Raises
    ------
    NoRoomError
        If the disk is full.
    ArtifactError
        If anything else stands in the way.

    Examples
    --------
    >>> with writing("Folder 'a'"):
    ...     raise PermissionError(errno.EACCES, "Permission denied")
    Traceback (most recent call last):
    churngrid.features.errors.ArtifactError: Folder 'a' cannot be written: Permission denied.
    """
    try:
        yield
    except NoRoomError as error:
        # Of a file in it, which the user need not know.
        raise_if_full(error, place)
    except OSError as error:
        raise_if_full(error, place)
        raise ArtifactError(
            f"{place} cannot be written: {system_words(error)}.{step and ' '}{step}"
        ) from error


def _says_full(error: BaseException) -> bool:
    if isinstance(error, NoRoomError) or (isinstance(error, OSError) and error.errno in _NUMBERS):
        return True
    # Words of a ValueError of our own may quote what a table says.
    return not isinstance(error, ValueError) and bool(_WORDS.search(str(error)))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
