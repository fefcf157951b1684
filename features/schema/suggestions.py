"""Names that people wrote: what was probably meant by an unknown one, and which are taken."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

__all__ = ["closest", "taken_columns", "unknown"]


def closest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, as the end of a message.

    Parameters
    ----------
    name : str
    known : iterable of str

    Returns
    -------
    str
        Empty if nothing is similar.

    Examples
    --------
    >>> closest("acount_id", ["account_id", "name"])
    " Did you mean 'account_id'?"
    """
    original = {item.lower(): item for item in known}
    close = get_close_matches(name.lower(), original, n=1)
    return f" Did you mean {original[close[0]]!r}?" if close else ""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that nothing of a kind has this name.

    Parameters
    ----------
    kind, name : str
    known : iterable of str

    Returns
    -------
    str
        With the name that was probably meant, if one is similar.

    Examples
    --------
    >>> unknown("metric", "loggins_28d", ["logins_28d"])
    "unknown metric 'loggins_28d'. Did you mean 'logins_28d'?"
    """
    return f"unknown {kind} {name!r}.{closest(name, known)}"


def taken_columns(
    kind: str, names: Iterable[str], *, prefix: str, columns: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Find names whose columns in the results would overwrite others.

    Parameters
    ----------
    kind : str
        What the names are of.
    names : iterable of str
    prefix : str
        Of the columns.
    columns : collection of str
        Those that are there already, without the prefix.

    Yields
    ------
    tuple of str
        The name, and what is wrong with it.

    Examples
    --------
    >>> found = taken_columns("component", ["usage", "low"], prefix="chs", columns=["low", "high"])
    >>> [name for name, _ in found]
    ['low']
    """
    for name in names:
        if name in columns:
            yield (
                name,
                f"{kind} {name!r} would give the column '{prefix}_{name}', which is there already; "
                "give it another name.",
            )
