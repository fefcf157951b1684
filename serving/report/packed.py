"""Data as the page carries it: compressed JSON that its script opens when it is needed."""

import base64
import gzip
import json
from typing import Any

__all__ = ["packed", "unpacked"]


def packed(value: Any) -> str:
    """Return data as text that may stand anywhere in a page.

    Parameters
    ----------
    value : object
        Of lists, dicts with texts as keys, texts, finite numbers, flags and None.

    Returns
    -------
    str
        Base64 of gzip; the same for the same data.

    Raises
    ------
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> unpacked(packed({"name": "</script>"}))
    {'name': '</script>'}
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def unpacked(text: str) -> Any:
    """Return the data of ``packed``.

    Parameters
    ----------
    text : str

    Returns
    -------
    object

    Examples
    --------
    >>> unpacked(packed([1, None]))
    [1, None]
    """
    return json.loads(gzip.decompress(base64.b64decode(text)))
