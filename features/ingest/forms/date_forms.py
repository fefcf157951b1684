"""The forms in which people and systems write dates: a declared table, and one function to read by.

A form is a shape that a text has and the order of its parts. Two forms may share a shape, as the
day-first and the month-first writing of ``03/04/2024`` do: which one a column keeps is decided by
the whole column (``column_forms``), never by a single value.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import BoolArray, FloatArray, IntArray
from ...arrays.time_grid import DAY_US

__all__ = ["DATE_FORMS", "NUMERIC_FORMS", "DateForm", "Moments", "NumericForm", "read_dates"]

_YEAR = r"(?P<year>\d{4})"
_MONTH = r"(?P<month>\d{1,2})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NAME = r"(?P<name>[a-zà-ÿ]{3,9})\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]? +)?"
_HOUR = (
    r"(?:(?:t|,? +)(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
    r" ?(?P<zone>z|(?:utc|gmt)?(?: ?[+-]\d{1,2}(?::?\d{2})?)?)(?: \([^()]*\))?)?"
)


@dataclass(frozen=True, slots=True)
class DateForm:
    """One way to write a date, with or without the time of day.

    Parameters
    ----------
    name : str
        As the setting ``formats`` names it.
    shape : str
        Forms of one shape match the same texts, so that a column keeps one of them.
    pattern : str
        Of the date alone, for a text in lower case, with the groups ``year``, ``month`` or
        ``name``, ``day`` and ``quarter``.
    example : str
        5 March 2024 in this form.
    whole : bool
        Whether it names one day. Forms that do may stand beside each other in a column; the
        others count only where the column keeps to them.
    months : int
        Length of the period it names where it names no day.
    """

    name: str
    shape: str
    pattern: str
    example: str
    whole: bool = True
    months: int = 0


def _numeral(name: str, mark: str, digits: int, parts: str, example: str) -> DateForm:
    """Declare a form of three numbers with the year at the end, or at either end if shortened."""
    year = rf"(?P<year>\d{{{digits}}})"
    order = {"d": _DAY.removesuffix(r"(?:st|nd|rd|th)?"), "m": _MONTH, "y": year}
    pattern = re_escaped(mark).join(order[part] for part in parts)
    return DateForm(name, f"numbers{mark}{digits}", pattern, example)


def re_escaped(mark: str) -> str:
    """Return a separator as a pattern; a point may have a blank behind it."""
    return {".": r"\. ?", "/": "/", "-": "-"}[mark]


DATE_FORMS: tuple[DateForm, ...] = (
    DateForm("year-first", "year", rf"{_YEAR}[-/.]{_MONTH}[-/.](?P<day>\d{{1,2}})", "2024-03-05"),
    _numeral("day-first", ".", 4, "dmy", "05.03.2024"),
    _numeral("day-first", ".", 2, "dmy", "05.03.24"),
    _numeral("day-first", "/", 4, "dmy", "05/03/2024"),
    _numeral("month-first", "/", 4, "mdy", "03/05/2024"),
    _numeral("day-first", "/", 2, "dmy", "05/03/24"),
    _numeral("month-first", "/", 2, "mdy", "03/05/24"),
    _numeral("day-first", "-", 4, "dmy", "05-03-2024"),
    _numeral("month-first", "-", 4, "mdy", "03-05-2024"),
    _numeral("day-first", "-", 2, "dmy", "05-03-24"),
    _numeral("month-first", "-", 2, "mdy", "03-05-24"),
    _numeral("year-first", "-", 2, "ymd", "24-03-05"),
    DateForm(
        "month-name",
        "name inside",
        rf"{_WEEKDAY}{_DAY}[-/. ]{{0,2}}{_NAME}[-/., ]{{1,2}}(?P<year>\d{{4}}|\d{{2}})",
        "5 Mar 2024",
    ),
    DateForm("month-name", "name first", rf"{_WEEKDAY}{_NAME} {_DAY},? {_YEAR}", "Mar 5, 2024"),
    DateForm("month-name", "name last", rf"{_YEAR}[-/ ]{_NAME}[-/ ]{_DAY}", "2024-Mar-05"),
    DateForm("year-month", "year and month", rf"{_YEAR}[-/.]{_MONTH}", "2024-03", False, 1),
    DateForm("year-month", "month and year", rf"{_MONTH}[-/.]{_YEAR}", "03/2024", False, 1),
    DateForm("year-month", "name and year", rf"{_NAME}[-/ ,']{{1,2}}{_YEAR}", "Mar 2024", False, 1),
    DateForm("year-month", "year and name", rf"{_YEAR}[-/ ]{_NAME}", "2024-Mar", False, 1),
    DateForm("year-quarter", "quarter", rf"{_YEAR}[-/ ]?q(?P<quarter>[1-4])", "2024-Q1", False, 3),
    DateForm(
        "year-quarter", "quarter first", rf"q(?P<quarter>[1-4])[-/ ]{_YEAR}", "Q1 2024", False, 3
    ),
)
"""Forms of text. In this order the first one of a shape is taken where two say the same."""


@dataclass(frozen=True, slots=True)
class NumericForm:
    """One way to write a moment as a bare number.

    Parameters
    ----------
    name : str
        As the setting ``formats`` names it.
    low, high : float
        Numbers that say a moment from 1970 (for counts since 1970 a little later, so that small
        numbers are none) to 2199 in this form; no number lies in two of these ranges.
    example : str
    """

    name: str
    low: float
    high: float
    example: str


NUMERIC_FORMS: tuple[NumericForm, ...] = (
    NumericForm("year", 1970, 2199, "2024"),
    NumericForm("excel-days", 25_569, 109_575, "45356"),
    NumericForm("yyyymmdd", 19_700_101, 21_991_231, "20240305"),
    NumericForm("seconds", 1e8, 7.3e9, "1709596800"),
    NumericForm("milliseconds", 1e11, 7.3e12, "1709596800000"),
    NumericForm("microseconds", 1e14, 7.3e15, "1709596800000000"),
    NumericForm("nanoseconds", 1e17, 7.3e18, "1709596800000000000"),
)

_MONTH_NAMES = (
    ("jan", "janvier", "ene", "enero", "gen"),
    ("feb", "fév", "févr", "février"),
    ("mar", "mär", "märz", "mars", "mrz", "maart", "mrt"),
    ("apr", "avr", "avril", "abr"),
    ("may", "mai", "mag", "mayo", "mei"),
    ("jun", "juin", "giu", "juni"),
    ("jul", "juil", "juillet", "lug", "juli"),
    ("aug", "août", "ago"),
    ("sep", "sept", "set"),
    ("oct", "okt", "ott"),
    ("nov",),
    ("dec", "dez", "déc", "dic", "décembre"),
)
_FULL_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_MONTH_BY_NAME = {
    name: number
    for number, names in enumerate(_MONTH_NAMES, 1)
    for name in (*names, _FULL_NAMES[number - 1])
}


@dataclass(frozen=True, slots=True)
class Moments:
    """Times read from texts.

    Parameters
    ----------
    ticks : ndarray of int64, shape (n,)
        Microseconds since 1970 in UTC, of the beginning of what a text names; a time without a
        zone is taken as UTC.
    local : ndarray of int64, shape (n,)
        The same as written, whatever the zone.
    read : ndarray of bool, shape (n,)
        Where the text has the form; elsewhere the numbers mean nothing.
    zoned : ndarray of bool, shape (n,)
        Where a zone stands that is not UTC.
    """

    ticks: IntArray
    local: IntArray
    read: BoolArray
    zoned: BoolArray


def read_dates(text: pa.Array, form: DateForm | NumericForm) -> Moments:
    """Read texts that have one form.

    Parameters
    ----------
    text : pyarrow.Array of string, shape (n,)
    form : DateForm or NumericForm

    Returns
    -------
    Moments

    Examples
    --------
    >>> day_first = DATE_FORMS[3]
    >>> moments = read_dates(pa.array(["31/01/2024", "01/31/2024", None]), day_first)
    >>> moments.read.tolist(), int(moments.ticks[0])
    ([True, False, False], 1706659200000000)
    """
    if isinstance(form, NumericForm):
        return _numeric(text, form)
    lowered = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    parts = pc.extract_regex(lowered, pattern=f"^{form.pattern}{_HOUR if form.whole else ''}$")
    found = np.asarray(parts.is_valid())
    if not found.any():
        return _none_read(len(text))
    years = _years(_number(parts, "year"), _text_length(parts, "year"))
    months = _months(parts, form)
    days = _number(parts, "day", absent=1)
    at_day, possible = _days_since_1970(years, months, days)
    seconds, in_a_day = _time_of_day(parts, form)
    offset, zoned = _offset(parts, form)
    read = found & possible & in_a_day
    local = np.where(read, at_day * DAY_US + seconds, 0)
    return Moments(local - np.where(read, offset, 0), local, read, zoned & read)


def _none_read(count: int) -> Moments:
    """Tell of texts of which none has a form, as most columns have none of most forms."""
    nothing, nowhere = np.zeros(count, np.int64), np.zeros(count, bool)
    return Moments(nothing, nothing, nowhere, nowhere)


def _years(years: IntArray, digits: IntArray) -> IntArray:
    """Complete years of two digits: 70 to 99 are of the last century."""
    short = digits == 2
    return np.where(short, years + np.where(years < 70, 2000, 1900), years)


def _months(parts: pa.StructArray, form: DateForm) -> IntArray:
    if "(?P<name>" in form.pattern:
        names = _group(parts, "name")
        known = pa.array(list(_MONTH_BY_NAME), pa.string())
        places = pc.fill_null(pc.index_in(names, value_set=known), len(known)).to_numpy()
        return np.asarray(np.array([*_MONTH_BY_NAME.values(), 0], np.int64)[places])
    if "(?P<quarter>" in form.pattern:
        return _number(parts, "quarter", absent=0) * 3 - 2
    return _number(parts, "month")


def _days_since_1970(
    years: IntArray, months: IntArray, days: IntArray
) -> tuple[IntArray, BoolArray]:
    """Days of dates of the calendar, and where there are such dates."""
    possible = (months >= 1) & (months <= 12) & (days >= 1) & (days <= 31) & (years >= 1)
    index = np.where(possible, (years - 1970) * 12 + months - 1, 0)
    first = index.astype("datetime64[M]")
    moment = first.astype("datetime64[D]") + (np.where(possible, days, 1) - 1)
    same_month = moment.astype("datetime64[M]") == first
    return moment.astype(np.int64), possible & same_month


def _time_of_day(parts: pa.StructArray, form: DateForm) -> tuple[IntArray, BoolArray]:
    """Microseconds since midnight, and where there is such a time."""
    if not form.whole:
        nothing = np.zeros(len(parts), np.int64)
        return nothing, np.ones(len(parts), bool)
    hours, minutes, seconds = (_number(parts, name, absent=0) for name in _CLOCK)
    half = _group(parts, "half")
    named = np.asarray(pc.is_in(half, value_set=pa.array(["a", "p"])))
    afternoon = np.asarray(pc.fill_null(pc.equal(half, "p"), False))
    possible = np.where(named, (hours >= 1) & (hours <= 12), hours <= 23)
    hours = np.where(named, hours % 12 + 12 * afternoon, hours)
    possible &= (minutes <= 59) & (seconds <= 59)
    fraction = pc.utf8_slice_codeunits(pc.utf8_rpad(_group(parts, "fraction"), 6, "0"), 0, 6)
    micros = _numbers(fraction, absent=0)
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros, possible


_OFFSET = r"(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?$"
_CLOCK = ("hour", "minute", "second")


def _offset(parts: pa.StructArray, form: DateForm) -> tuple[IntArray, BoolArray]:
    """Microseconds that local time is ahead of UTC, and where a zone other than UTC stands."""
    if not form.whole:
        return np.zeros(len(parts), np.int64), np.zeros(len(parts), bool)
    zone = _group(parts, "zone")
    pieces = pc.extract_regex(zone, pattern=_OFFSET)
    hours, minutes = _number(pieces, "hours", absent=0), _number(pieces, "minutes", absent=0)
    sign = np.where(np.asarray(pc.fill_null(pc.equal(_group(pieces, "sign"), "-"), False)), -1, 1)
    offset = sign * (hours * 60 + minutes) * 60_000_000
    return offset, offset != 0


def _numeric(text: pa.Array, form: NumericForm) -> Moments:
    trimmed = pc.utf8_trim_whitespace(text)
    is_number = np.asarray(
        pc.fill_null(
            pc.match_substring_regex(trimmed, r"^(?:\d{4,18}|[1-8]\d{18})(?:\.\d+)?$"), False
        )
    )
    if not is_number.any():
        return _none_read(len(text))
    whole = pc.replace_substring_regex(trimmed, r"\..*$", "")
    digits = pc.if_else(pa.array(is_number), whole, pa.scalar("0"))
    numbers = _numbers(digits, absent=0)
    inside = is_number & (numbers >= form.low) & (numbers <= form.high)
    rest = pc.if_else(pa.array(inside), pc.replace_substring_regex(trimmed, r"^\d+", "0"), "0")
    fraction = np.asarray(pc.cast(pc.fill_null(rest, "0"), pa.float64()))
    return numeric_moments(np.where(inside, numbers, 0), fraction, inside, form)


def numeric_moments(
    numbers: IntArray, fraction: FloatArray, inside: BoolArray, form: NumericForm
) -> Moments:
    """Turn numbers into moments.

    Parameters
    ----------
    numbers : ndarray of int64, shape (n,)
    fraction : ndarray of float64, shape (n,)
        What stands behind the point, from 0 to 1.
    inside : ndarray of bool, shape (n,)
        Where a number may be one of this form.
    form : NumericForm

    Returns
    -------
    Moments
    """
    read = inside
    if form.name == "year":
        ticks = ((numbers - 1970).astype("datetime64[Y]")).astype("datetime64[us]").astype(np.int64)
        read = read & (fraction == 0)
    elif form.name == "yyyymmdd":
        days, possible = _days_since_1970(numbers // 10_000, numbers // 100 % 100, numbers % 100)
        ticks, read = days * DAY_US, read & possible & (fraction == 0)
    elif form.name == "excel-days":
        seconds = np.rint(fraction * 86_400).astype(np.int64)
        ticks = (numbers - 25_569) * DAY_US + seconds * 1_000_000
    elif form.name == "nanoseconds":
        ticks = numbers // 1_000
    else:
        unit = _UNITS[form.name]
        ticks = numbers * unit + np.rint(fraction * unit).astype(np.int64)
    ticks = np.where(read, ticks, 0)
    return Moments(ticks, ticks, read, np.zeros(len(ticks), bool))


_UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}


def _group(parts: pa.StructArray, name: str) -> pa.Array:
    if parts.type.get_field_index(name) < 0:
        return pa.nulls(len(parts), pa.string())
    return parts.field(name)


def _number(parts: pa.StructArray, name: str, absent: int = 0) -> IntArray:
    return _numbers(_group(parts, name), absent)


def _numbers(digits: pa.Array, absent: int) -> IntArray:
    filled = pc.if_else(pc.equal(digits, ""), None, digits)
    return np.asarray(pc.fill_null(pc.cast(filled, pa.int64()), absent))


def _text_length(parts: pa.StructArray, name: str) -> IntArray:
    return np.asarray(pc.fill_null(pc.utf8_length(_group(parts, name)), 0)).astype(np.int64)
