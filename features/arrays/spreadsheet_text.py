r"""Texts that a spreadsheet shows instead of running them.

Excel, LibreOffice and Google Sheets take a cell for a formula by how it begins, be it in the wide
forms of East Asian keyboards or behind characters that nobody sees.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["defused", "defused_texts"]

_BEGINS_A_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212\ufe62\ufe63\ufe66\ufe6b"
_NOT_SEEN = (
    "\\x00-\\x20\\x7f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
# A tab or an end of line alone is enough to move into the next cell when text is pasted.
_DANGEROUS = f"^(?:[\t\r\n]|[{_NOT_SEEN}]*[{_BEGINS_A_FORMULA}])"
_FOR_PYTHON = re.compile(_DANGEROUS)


def defused(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        With an apostrophe in front where it begins like a formula or with a tab or end of line.

    Examples
    --------
    >>> defused("=1+1"), defused(" \uff1d1+1"), defused("a=1")
    ("'=1+1", "' \uff1d1+1", 'a=1')
    """
    return f"'{text}" if _FOR_PYTHON.match(text) else text


def defused_texts(texts: pa.Array) -> pa.Array:
    """Defuse many texts, as ``defused`` does one.

    Parameters
    ----------
    texts : pyarrow.Array of string

    Returns
    -------
    pyarrow.Array of string

    Examples
    --------
    >>> defused_texts(pa.array(["@a", None, "b"])).to_pylist()
    ["'@a", None, 'b']
    """
    dangerous = pc.fill_null(pc.match_substring_regex(texts, _DANGEROUS), False)
    marked = pc.binary_join_element_wise("'", texts.filter(dangerous), "")
    return pc.replace_with_mask(texts, dangerous, marked)
