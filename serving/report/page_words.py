"""How numbers, dates and names are written on the report."""

import math
import unicodedata
from typing import Any

import pandas as pd

from ..wording.number_words import say_in, say_money

__all__ = ["SENTENCE", "day", "in_words", "percent", "plain", "sentence", "short_money"]


SENTENCE = 500
"""Characters that a sentence may have."""

# Scripts such as Persian and Hindi, and many emoji, are spelled with these two.
_JOINERS = "\u200c\u200d"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def plain(value: Any, *, longest: int = 120) -> str:
    r"""Return a text from a table on one line, cut where it is too long.

    Parameters
    ----------
    value : str, or missing
        None, NaN and NA give an empty text.
    longest : int
        Characters kept, with the sign that says that some are missing.

    Returns
    -------
    str
        Control characters and those that turn the direction of writing become spaces, so that a
        name cannot rearrange what stands beside it.

    Examples
    --------
    >>> plain("two\tlines\n"), plain(None), len(plain("x" * 10_000))
    ('two lines', '', 120)
    """
    if not isinstance(value, str):
        return "" if pd.isna(value) else str(value)
    start = value[: 2 * longest]
    if not start.isprintable():
        start = "".join(sign if _is_shown(sign) else " " for sign in start)
    line = " ".join(start.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _is_shown(sign: str) -> bool:
    """Say whether a sign is can be seen, or joins signs that can."""
    return sign in _JOINERS or not unicodedata.category(sign).startswith("C")


def sentence(value: Any) -> str:
    """Return a sentence from a table on one line, with arrows for what has changed.

    Parameters
    ----------
    value : str, or missing

    Returns
    -------
    str
        Cut at ``SENTENCE`` characters.

    Examples
    --------
    >>> sentence("users 41 -> 24")
    'users 41 → 24'
    """
    return plain(value, longest=SENTENCE).replace(" -> ", " → ")


def in_words(name: str) -> str:
    """Return an identifier as words with a capital.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Examples
    --------
    >>> in_words("save_if_fixable"), in_words("")
    ('Save if fixable', '')
    """
    text = plain(name).replace("_", " ")
    return text[:1].upper() + text[1:]


def short_money(amount: float, currency: str) -> str:
    """Return an amount of money short enough for a headline.

    Parameters
    ----------
    amount : float
        In units of the currency; NaN is unknown.
    currency : str
        Empty where nothing names one.

    Returns
    -------
    str

    Examples
    --------
    >>> [short_money(amount, "USD") for amount in (1_234_567, 48_200, 999, float("nan"))]
    ['USD 1.2 M', 'USD 48 K', 'USD 999', 'unknown']
    """
    return say_in(currency, say_money(amount))


def day(when: object) -> str:
    """Return a date the same way in every language of the machine.

    Parameters
    ----------
    when : Timestamp, or missing

    Returns
    -------
    str
        Empty when missing.

    Examples
    --------
    >>> day(pd.Timestamp("2025-06-03", tz="UTC")), day(pd.NaT)
    ('3 Jun 2025', '')
    """
    if not isinstance(when, pd.Timestamp):
        return ""
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def percent(share: float) -> str:
    """Return a share from 0 to 1 in whole percent.

    Parameters
    ----------
    share : float
        NaN is unknown.

    Returns
    -------
    str

    Examples
    --------
    >>> percent(0.836), percent(float("nan"))
    ('84 %', 'unknown')
    """
    return "unknown" if math.isnan(share) else f"{100 * share:.0f} %"
