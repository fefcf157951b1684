"""The forms in which people and systems write amounts: a declared table, and one function to read.

Which mark divides the decimals is decided by the whole column (``column_forms``); currency signs,
percent signs, blanks between thousands and parentheses for negatives say what they mean by
themselves.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import BoolArray, FloatArray

__all__ = [
    "CURRENCY_SIGNS",
    "NUMBER_FORMS",
    "NumberForm",
    "Numbers",
    "bare_numerals",
    "read_numbers",
]


@dataclass(frozen=True, slots=True)
class NumberForm:
    """Which mark divides the decimals, and which one the thousands.

    Parameters
    ----------
    name : str
        As the setting ``formats`` names it.
    decimal, thousands : str
    example : str
        Twelve hundred and a half in this form.
    """

    name: str
    decimal: str
    thousands: str
    example: str

    @property
    def numeral(self) -> str:
        """Pattern of a bare numeral of this form."""
        decimal, thousands = (rf"\{mark}" for mark in (self.decimal, self.thousands))
        grouped = rf"[1-9]\d{{0,2}}(?:{thousands}\d{{2,3}})*{thousands}\d{{3}}"
        return rf"^[+-]?(?:(?:{grouped}|\d+)(?:{decimal}\d*)?|{decimal}\d+)(?:e[+-]?\d+)?$"


NUMBER_FORMS: tuple[NumberForm, ...] = (
    NumberForm("decimal-point", ".", ",", "1,200.50"),
    NumberForm("decimal-comma", ",", ".", "1.200,50"),
)

CURRENCY_SIGNS: dict[str, str] = {
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "€": "EUR",
    "eur": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "¥": "JPY",
    "jpy": "JPY",
    "chf": "CHF",
    "fr.": "CHF",
    "cad": "CAD",
    "ca$": "CAD",
    "c$": "CAD",
    "aud": "AUD",
    "au$": "AUD",
    "a$": "AUD",
    "₹": "INR",
    "inr": "INR",
    "sek": "SEK",
    "nok": "NOK",
    "dkk": "DKK",
    "kr": "kr",
    "kr.": "kr",
    "pln": "PLN",
    "zł": "PLN",
    "czk": "CZK",
    "kč": "CZK",
    "brl": "BRL",
    "r$": "BRL",
    "mxn": "MXN",
    "sgd": "SGD",
    "s$": "SGD",
    "nzd": "NZD",
    "zar": "ZAR",
    "₩": "KRW",
    "krw": "KRW",
    "cny": "CNY",
    "₽": "RUB",
    "ils": "ILS",
    "₪": "ILS",
    "try": "TRY",
    "₺": "TRY",
}
"""Signs and codes that may stand beside an amount, in lower case, with the currency they mean."""

_DOLLARS = pa.array(["USD", "CAD", "AUD", "SGD", "NZD", "MXN"])

_SIGN = (
    r"(?:"
    + "|".join(
        sign.replace("$", r"\$").replace(".", r"\.")
        for sign in sorted(CURRENCY_SIGNS, key=len, reverse=True)
    )
    + r")"
)
_SCALES: dict[str, float] = {
    **dict.fromkeys(("k", "tsd", "tsd.", "th"), 1e3),
    **dict.fromkeys(("m", "mm", "mn", "mio", "mio.", "mill"), 1e6),
    **dict.fromkeys(("b", "bn", "mrd", "mrd."), 1e9),
}
"""What may stand behind an amount in place of its zeros, in lower case."""

_SCALED_MONEY = pa.array(["m", "mm", "b", "th"])
"""Those that may also mean months, minutes, bytes or a place: they count beside a currency only."""

_NO_CENTS = r"(\d)([.,])(?:-{1,2}|=)( *[^\d ]*)$"
"""Round amounts as they are written in German and Dutch: `3.400,-`."""

_DRESSED = (
    rf"^(?P<open>\()?(?P<minus>-)?(?P<before>{_SIGN})?(?P<late_minus>-)?"
    r"(?P<numeral>[+-]?(?:\d[\d.,]*|[.,]\d+)(?:e[+-]?\d+)?)"
    r"(?P<scale>" + "|".join(_SCALES).replace(".", r"\.") + r")?"
    rf"(?P<percent>%)?(?P<after>{_SIGN})?(?P<last_minus>-)?(?P<close>\))?$"
)

_SAME = (
    ("[\t\u00a0\u2007\u2009\u202f]", " "),
    ("[\u2018\u2019]", "'"),
    ("[\u2212\u2013]", "-"),
)
"""Characters that mean the same as a plain one."""

_MOST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Numerals:
    """Texts of numbers taken apart.

    Parameters
    ----------
    text : pyarrow.Array of string, shape (n,)
        The bare numeral; null where a text is no number in any form.
    factor : ndarray of float64, shape (n,)
        -1 of negatives written with signs apart, a hundredth of percents, thousands of `12k`.
    currency : pyarrow.Array of string, shape (n,)
        What a sign beside the numeral means; null without one.
    """

    text: pa.Array
    factor: FloatArray
    currency: pa.Array


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers read from texts.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    read : ndarray of bool, shape (n,)
        Where the text has the form; elsewhere the values mean nothing.
    """

    values: FloatArray
    read: BoolArray


def bare_numerals(text: pa.Array) -> Numerals:
    """Take away what may stand around and inside a numeral without changing which number it is.

    Parameters
    ----------
    text : pyarrow.Array of string, shape (n,)

    Returns
    -------
    Numerals

    Examples
    --------
    >>> numerals = bare_numerals(pa.array(["($ 1,200.50)", "45 %", "1'200 CHF", "n/a", "$12k"]))
    >>> numerals.text.to_pylist(), numerals.factor.tolist()
    (['1,200.50', '45', '1200', None, '12'], [-1.0, 0.01, 1.0, 1.0, 1000.0])
    """
    one_kind = pc.utf8_lower(text)
    for kinds, kind in _SAME:
        one_kind = pc.replace_substring_regex(one_kind, kinds, kind)
    one_kind = pc.replace_substring_regex(one_kind, _NO_CENTS, r"\1\2" + "00" + r"\3")
    # Blanks and the apostrophes of Swiss thousands never divide decimals.
    for _ in range(_MOST_GROUPS):
        one_kind = pc.replace_substring_regex(one_kind, r"(\d)[ '](\d{3})\b", r"\1\2")
    packed = pc.replace_substring_regex(one_kind, r"(^|[^\d.,]) +| +([^\d.,]|$)", r"\1\2")
    parts = pc.extract_regex(packed, pattern=_DRESSED)
    return _whole(parts)


def _whole(parts: pa.StructArray) -> Numerals:
    opened, closed = _there(parts, "open"), _there(parts, "close")
    signs = sum(_there(parts, name).astype(int) for name in ("minus", "late_minus", "last_minus"))
    negative = opened | (signs > 0)
    currency, agreed = _currency(_filled(parts, "before"), _filled(parts, "after"))
    good = np.asarray(parts.is_valid()) & (opened == closed) & (signs + opened <= 1) & agreed
    scale = _filled(parts, "scale")
    good &= ~np.asarray(pc.is_in(scale, value_set=_SCALED_MONEY)) | np.asarray(currency.is_valid())
    good &= np.asarray(scale.is_null()) | ~_there(parts, "percent")
    numeral = pc.if_else(pa.array(good), parts.field("numeral"), None)
    factor = np.where(negative, -1.0, 1.0) * np.where(_there(parts, "percent"), 0.01, 1.0)
    factor *= _times(scale)
    return Numerals(numeral, factor, pc.if_else(pa.array(good), currency, None))


def _times(scale: pa.Array) -> FloatArray:
    """Return by what the words behind amounts multiply them; 1 without one."""
    place = pc.index_in(scale, value_set=pa.array(list(_SCALES)))
    times = pc.take(pa.array(list(_SCALES.values())), place)
    return np.asarray(pc.fill_null(times, 1.0))


def _currency(before: pa.Array, after: pa.Array) -> tuple[pa.Array, BoolArray]:
    """Return what the signs mean, and where they do not contradict each other."""
    known = pa.array(list(CURRENCY_SIGNS))
    meanings = pa.array(list(CURRENCY_SIGNS.values()))
    first, last = (
        pc.take(meanings, pc.index_in(sign, value_set=known)) for sign in (before, after)
    )
    # The dollar sign alone is that of many dollars, of which a code behind it names one.
    named = pc.and_(pc.equal(before, "$"), pc.is_in(last, value_set=_DOLLARS))
    agreed = pc.or_(named, pc.equal(first, last))
    return pc.coalesce(last, first), np.asarray(pc.fill_null(agreed, True))


def _filled(parts: pa.StructArray, name: str) -> pa.Array:
    values = parts.field(name)
    return pc.if_else(pc.equal(values, ""), None, values)


def _there(parts: pa.StructArray, name: str) -> BoolArray:
    return np.asarray(_filled(parts, name).is_valid())


def read_numbers(numerals: Numerals, form: NumberForm) -> Numbers:
    """Read numerals that have one form.

    Parameters
    ----------
    numerals : Numerals
    form : NumberForm

    Returns
    -------
    Numbers

    Examples
    --------
    >>> read_numbers(bare_numerals(pa.array(["€ 1.200,50", "1,200.50"])), NUMBER_FORMS[1]).values
    array([1200.5,    nan])
    """
    kept = pc.match_substring_regex(numerals.text, form.numeral)
    text = pc.if_else(kept, numerals.text, None)
    plain = pc.replace_substring(pc.replace_substring(text, form.thousands, ""), form.decimal, ".")
    values = np.asarray(pc.cast(plain, pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    return Numbers(values * numerals.factor, np.asarray(pc.fill_null(kept, False)))
