"""Draws by lot that anybody can repeat: the same words always give the same number."""

import hashlib

__all__ = ["steady_draw"]

_RANGE = 2.0**64


def steady_draw(*words: str) -> float:
    """Return a number that is as good as random, and always the same for the same words.

    Parameters
    ----------
    *words : str
        What is drawn for: who, and in which lottery. Line breaks join them, so none may hold one.

    Returns
    -------
    float
        In [0, 1), even.

    Examples
    --------
    >>> steady_draw("acc_00017", "save", "2026") == steady_draw("acc_00017", "save", "2026")
    True
    >>> steady_draw("acc_00017", "save", "2026") == steady_draw("acc_00017", "save", "2027")
    False
    """
    digest = hashlib.sha256("\n".join(words).encode()).digest()
    return int.from_bytes(digest[:8], "big") / _RANGE
