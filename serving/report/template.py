"""Pages filled in from their templates, with the hashes that their security policy names."""

import base64
import hashlib
from pathlib import Path

from .page_words import in_words, short_money

__all__ = ["filled"]


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
    # Only who writes a page pays for loading what fills its templates.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(digest=_digest, money=short_money, words=in_words)
    style, script = (
        environment.get_template(f"report.{kind}.j2").render() for kind in ("css", "js")
    )
    return environment.get_template(template).render(style=style, script=script, **context)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
