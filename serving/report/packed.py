"""Data as the page carries it: compressed JSON that its script opens when it is needed."""

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["in_columns", "packed", "unpacked"]


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


def in_columns(panels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is known of some accounts by what it is: alike things pack best together.

    Parameters
    ----------
    panels : sequence of mapping
        One an account, with the same keys; ``sections`` are told apart by their title.

    Returns
    -------
    dict
        A list per key; of ``sections`` one per title, with None where an account has none.

    Examples
    --------
    >>> in_columns([{"story": "a", "sections": [{"title": "t"}]}, {"story": "b", "sections": []}])
    {'story': ['a', 'b'], 'sections': {'t': [{'title': 't'}, None]}}
    """
    columns: dict[str, Any] = {
        key: [panel[key] for panel in panels] for key in panels[0] if key != "sections"
    }
    told = [{section["title"]: section for section in panel["sections"]} for panel in panels]
    titles = dict.fromkeys(title for sections in told for title in sections)
    by_title = {title: [sections.get(title) for sections in told] for title in titles}
    return columns | {"sections": by_title}
