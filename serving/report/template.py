"""Pages filled in from their templates, with the hashes that their security policy names."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from .packed import packed
from .page_words import in_words, short_money

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["SCRIPTS", "STYLES", "filled"]

_HERE = Path(__file__).parent
STYLES = ("base", "figures", "list", "account", "views", "narrow", "print", "flat")
"""Files of the style, later ones over earlier ones."""

SCRIPTS = (
    *("make", "unpack", "address", "choose", "signs", "steps", "list", "tasks", "chart"),
    *("panel", "views", "filters", "start"),
)
"""Files of the script; each uses those before it."""


def filled(template: str, **context: object) -> str:
    """Return a page.

    Parameters
    ----------
    template : str
        Name of the file beside this module.
    **context : object
        What the template asks for.

    Returns
    -------
    str
        Style and script stand in the page, which carries their hashes.
    """
    return (
        _environment()
        .get_template(template)
        .render(style=_joined(STYLES, "css"), script=_script(), **context)
    )


@cache
def _environment() -> "Environment":
    """Return where templates are read and compiled, once for all pages."""
    # Only who writes a page pays for loading what fills its templates.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        digest=_digest, money=short_money, words=in_words, packed=packed, hashed=quote_plus
    )
    return environment


@cache
def _joined(names: Sequence[str], kind: str) -> str:
    return "\n".join((_HERE / "page" / f"{name}.{kind}").read_text("utf-8") for name in names)


def _script() -> str:
    """Return the script in a scope of its own."""
    return f'(() => {{\n"use strict";\n{_joined(SCRIPTS, "js")}}})();'


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
