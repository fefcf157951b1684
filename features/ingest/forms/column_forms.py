"""Which form a whole column keeps, decided by evidence that can be added up piece by piece.

A form that shares its texts with another one (day or month first, point or comma for decimals)
counts only where the column tells which of them it is: values that only one of them can read
decide, and where there are none the column is a question to its owner, never a guess.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import BoolArray
from ...arrays.plain_text import as_text, is_binary, plain
from ...arrays.time_grid import DAY_US
from .date_forms import DATE_FORMS, NUMERIC_FORMS, DateForm, Moments, NumericForm, read_dates
from .number_forms import NUMBER_FORMS, NumberForm, bare_numerals, read_numbers

__all__ = ["FORM_NAMES", "PLAIN", "ColumnForm", "FormEvidence", "form_of", "told"]

Kind = Literal["time", "number"]
Form = DateForm | NumericForm | NumberForm

FORM_NAMES: Mapping[str, tuple[str, ...]] = {
    "time": tuple(
        dict.fromkeys([form.name for form in DATE_FORMS] + [f.name for f in NUMERIC_FORMS])
    ),
    "number": tuple(form.name for form in NUMBER_FORMS),
}
"""What the setting ``formats`` may name, by the kind of a column."""

_SURE = 20
"""So many values only one form can read outweigh one that only the other can."""
_ROUND = 1 / 3
_FEWEST_PRICED = 3
_KEPT = 0.95
"""Share of the values that a form must read to be the one a column keeps."""

_PLACEHOLDERS = pa.array(
    [
        *("", "-", "--", "?", "n/a", "na", "n.a.", "#n/a", "none", "null", "nil", "nan", "nat"),
        *("unknown", "tbd", "\\n", "\u2013", "\u2014", "0000-00-00", "0000-00-00 00:00:00"),
    ]
)
"""Texts that people write where there is no value; they say nothing about the form."""


@dataclass(frozen=True, slots=True)
class ColumnForm:
    """Which forms the values of a column are read by.

    Parameters
    ----------
    kind : {"time", "number"}
    forms : tuple of DateForm, NumericForm or NumberForm
        Tried in turn; no text can be read differently by two of them.
    open_between : tuple of DateForm or NumberForm
        Forms of which the column does not tell which one it keeps; values that they read
        differently are not read at all.
    days : bool
        Whether all times are midnights of the zone they are written in, so that they mean days.
    currencies : frozenset of str
        What the signs beside the amounts mean.
    share : float
        Part of the filled values that can be read, 0-1; 1 for a column without any.
    example : str
        A value that is read, or that raises the question.
    """

    kind: Kind
    forms: tuple[Form, ...]
    open_between: tuple[Form, ...] = ()
    days: bool = False
    currencies: frozenset[str] = frozenset()
    share: float = 1.0
    example: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the forms, each once."""
        return tuple(dict.fromkeys(form.name for form in self.forms))

    @property
    def question(self) -> tuple[str, ...]:
        """Names of the forms between which the owner of the column has to decide; mostly none."""
        return tuple(form.name for form in self.open_between)

    @property
    def period_months(self) -> int:
        """Months that each value names where it names no day; 0 where it does."""
        return max((_months_of(form) for form in self.forms), default=0)


PLAIN: Mapping[str, ColumnForm] = {
    "time": ColumnForm("time", DATE_FORMS[:1]),
    "number": ColumnForm("number", NUMBER_FORMS[:1]),
}
"""How a column is read whose values look as machines write them."""


def told(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values as text, without the words and marks that stand where there is none.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)

    Returns
    -------
    pyarrow.ChunkedArray of string, shape (n_rows,)

    Examples
    --------
    >>> told(pa.chunked_array([["2025-01-05", "-", "N/A", ""]])).to_pylist()
    ['2025-01-05', None, None, None]
    """
    text = as_text(values)[0]
    said = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    return pc.if_else(pc.is_in(said, value_set=_PLACEHOLDERS), None, text)


def form_of(values: pa.ChunkedArray, kind: str, wanted: str | None = None) -> ColumnForm:
    """Decide which form a column keeps.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of string or number, shape (n_rows,)
        All of the column.
    kind : {"time", "number"}
        What the column is meant to hold.
    wanted : str or None
        Name of the form where its owner says it.

    Returns
    -------
    ColumnForm

    Examples
    --------
    >>> dates = pa.chunked_array([["03/04/2024", "25/04/2024"]])
    >>> form_of(dates, "time").names
    ('day-first',)
    >>> form_of(dates.slice(0, 1), "time").question
    ('day-first', 'month-first')
    >>> form_of(pa.chunked_array([["1.200,50", "99"]]), "number").names
    ('decimal-comma',)
    """
    evidence = FormEvidence("time" if kind == "time" else "number")
    evidence.add(values)
    return evidence.decide(wanted)


@dataclass(slots=True)
class FormEvidence:
    """What the values of a column say about its form; pieces add up.

    Parameters
    ----------
    kind : {"time", "number"}
    """

    kind: Kind
    _counts: Counter[str] = field(default_factory=Counter)
    _read: Counter[Form] = field(default_factory=Counter)
    _only: Counter[Form] = field(default_factory=Counter)
    _differ: Counter[str] = field(default_factory=Counter)
    _examples: dict[object, str] = field(default_factory=dict)
    _currencies: set[str] = field(default_factory=set)

    def add(self, values: pa.ChunkedArray) -> None:
        """Look at the different values of a piece.

        Parameters
        ----------
        values : pyarrow.ChunkedArray of any type
            What is neither text nor number nor time says nothing.
        """
        values = _readable(values)
        if pa.types.is_timestamp(values.type):
            self._add_zoned(values)
            return
        unique = pc.unique(values).drop_null()
        if not pa.types.is_string(unique.type):
            unique = _written(unique)
        unique = pc.utf8_trim_whitespace(unique)
        said = pc.invert(pc.is_in(pc.utf8_lower(unique), value_set=_PLACEHOLDERS))
        text = unique.filter(said)
        self._counts["filled"] += len(text)
        if self.kind == "time":
            self._add_dates(text)
        else:
            self._add_numbers(text)

    def decide(self, wanted: str | None = None) -> ColumnForm:
        """Decide by all that was added.

        Parameters
        ----------
        wanted : str or None
            Name of the form where the owner of the column says it.

        Returns
        -------
        ColumnForm
        """
        forms, open_between = self._chosen(wanted)
        filled = self._counts["filled"]
        shown = open_between or forms
        return ColumnForm(
            self.kind,
            forms,
            open_between,
            days=self._counts["zoned"] > 0 and self._counts["midnights"] == self._counts["read"],
            currencies=frozenset(self._currencies),
            share=sum(self._read[form] for form in forms) / filled if filled else 1.0,
            example=next((self._examples[form] for form in shown if form in self._examples), ""),
        )

    def _add_zoned(self, values: pa.ChunkedArray) -> None:
        """Look whether times of one zone are midnights there."""
        local = pc.local_timestamp(values) if values.type.tz else values
        days = pc.equal(local, pc.floor_temporal(local, unit="day"))
        filled = len(values) - values.null_count
        self._counts["filled"] += filled
        self._counts["read"] += filled
        self._counts["zoned"] += filled if values.type.tz not in {None, "UTC"} else 0
        self._counts["midnights"] += _count(days)
        self._read[DATE_FORMS[0]] += filled

    def _add_dates(self, text: pa.Array) -> None:
        left = text
        for shape in _shapes(DATE_FORMS):
            if not len(left):
                return
            moments = {form: read_dates(left, form) for form in shape if isinstance(form, DateForm)}
            found = self._compare(left, {f: (m.read, m.ticks) for f, m in moments.items()})
            first = next(iter(moments.values()))
            self._note_midnights(first, found)
            left = left.filter(pa.array(~found))
        for form in NUMERIC_FORMS:
            read = read_dates(left, form)
            self._compare(left, {form: (read.read, read.ticks)})

    def _add_numbers(self, text: pa.Array) -> None:
        numerals = bare_numerals(text)
        self._currencies |= set(pc.unique(numerals.currency).drop_null().to_pylist())
        numbers = {form: read_numbers(numerals, form) for form in NUMBER_FORMS}
        self._compare(text, {form: (n.read, n.values) for form, n in numbers.items()})
        bare = numerals.text
        for name, pattern in _NUMERAL_SIGNS.items():
            self._counts[name] += _count(pc.match_substring_regex(bare, pattern))

    def _compare(
        self, text: pa.Array, readings: Mapping[Form, tuple[BoolArray, npt.NDArray[np.generic]]]
    ) -> BoolArray:
        """Count what each form of one shape reads, alone or otherwise than the others."""
        masks = np.array([read for read, _ in readings.values()])
        first = next(iter(readings.values()))[1]
        same = np.logical_and.reduce([values == first for _, values in readings.values()])
        differ = (masks.sum(axis=0) > 1) & ~(masks.all(axis=0) & same)
        for form, (read, _) in readings.items():
            alone = read & (masks.sum(axis=0) == 1)
            self._read[form] += int(read.sum())
            self._only[form] += int(alone.sum())
            self._example(form, text, differ if differ.any() else read)
        self._differ[_shape_of(next(iter(readings)))] += int(differ.sum())
        return np.asarray(masks.any(axis=0))

    def _example(self, form: Form, text: pa.Array, mask: BoolArray) -> None:
        if form not in self._examples and mask.any():
            self._examples[form] = text[int(np.argmax(mask))].as_py()

    def _note_midnights(self, moments: Moments, found: BoolArray) -> None:
        midnight = moments.read & (moments.local % DAY_US == 0)
        self._counts["read"] += int(found.sum())
        self._counts["midnights"] += int(midnight.sum())
        self._counts["zoned"] += int(moments.zoned.sum())

    def _chosen(self, wanted: str | None) -> tuple[tuple[Form, ...], tuple[Form, ...]]:
        """Return the forms to read by, and those between which nothing decides."""
        if self.kind == "number":
            return self._number_form(wanted)
        chosen: list[Form] = []
        open_between: tuple[Form, ...] = ()
        for shape in _shapes((*DATE_FORMS, *NUMERIC_FORMS)):
            form = next((one for one in shape if one.name == wanted), None) or self._winner(shape)
            if form is None:
                open_between = open_between or tuple(shape)
            elif form.name == wanted or (self._read[form] and self._is_kept(form)):
                chosen.append(form)
        return tuple(chosen) or PLAIN["time"].forms, open_between

    def _winner(self, shape: tuple[Form, ...]) -> Form | None:
        """Return the form that the column keeps among those of one shape; None if it is open."""
        differ = self._differ[_shape_of(shape[0])]
        ranked = sorted(shape, key=lambda form: -self._only[form])
        best, others = ranked[0], sum(self._only[form] for form in ranked[1:])
        if len(shape) == 1 or (not differ and not others):
            return best if self._only[best] else shape[0]
        return best if self._only[best] and self._only[best] >= _SURE * others else None

    def _is_kept(self, form: Form) -> bool:
        """Whole dates may stand in several forms; what is less has to be that of all values."""
        if isinstance(form, DateForm) and form.whole:
            return True
        return self._read[form] >= _KEPT * self._counts["filled"]

    def _number_form(self, wanted: str | None) -> tuple[tuple[Form, ...], tuple[Form, ...]]:
        point, comma = NUMBER_FORMS
        form: Form | None = {point.name: point, comma.name: comma}.get(wanted or "")
        form = form or self._winner(NUMBER_FORMS)
        if form is None and not self._only[point] and not self._only[comma]:
            form = self._by_grouping()
        return ((point,), NUMBER_FORMS) if form is None else ((form,), ())

    def _by_grouping(self) -> NumberForm | None:
        """Decide where every mark stands before three digits, by how the other values look."""
        point, comma = NUMBER_FORMS
        counts = self._counts
        if counts["points"] and counts["commas"]:
            return None
        if self._are_thousands():
            return comma if counts["points"] else point
        if counts["points"]:
            # Who groups thousands groups all of them; who leaves out zeros leaves out all of them.
            if counts["long"] or (counts["points"] >= _SURE and not counts["zeros"]):
                return point
            return comma if counts["short"] and counts["zeros"] else None
        return point if counts["short"] and not counts["long"] else None

    def _are_thousands(self) -> bool:
        """Whether every value has a mark before three digits, as only whole amounts have.

        Beside a currency no amount has three decimals. Elsewhere programs write three after a
        point, but hardly anybody after a comma where they are round as often as amounts are.
        """
        counts = self._counts
        groups = counts["points"] + counts["commas"]
        if counts["long"] or groups < counts["filled"]:
            return False
        round_ = counts["commas"] >= _SURE and counts["zeros"] >= _ROUND * groups
        return round_ or (groups >= _FEWEST_PRICED and len(self._currencies) == 1)


_NUMERAL_SIGNS = {
    "points": r"^[+-]?[1-9]\d{0,2}\.\d{3}$",
    "commas": r"^[+-]?[1-9]\d{0,2},\d{3}$",
    "zeros": r"[.,]\d\d0$",
    "short": r"^[+-]?\d{1,3}$",
    "long": r"^[+-]?\d{4,}$",
}
"""How numerals look that tell whether thousands are grouped."""


def _readable(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values whose form can be looked at."""
    values, kind = plain(values), plain(values).type
    if pa.types.is_string(kind) or is_binary(kind):
        return as_text(values)[0]
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if numbers or pa.types.is_timestamp(kind):
        return values
    return pa.chunked_array([pa.nulls(len(values), pa.string())])


def _months_of(form: Form) -> int:
    if isinstance(form, DateForm):
        return form.months
    return 12 if form.name == "year" else 0


def _shapes(forms: Iterable[Form]) -> list[tuple[Form, ...]]:
    """Return the forms of each shape together, in their order."""
    shapes: dict[str, list[Form]] = {}
    for form in forms:
        shapes.setdefault(_shape_of(form), []).append(form)
    return [tuple(shape) for shape in shapes.values()]


def _shape_of(form: Form) -> str:
    if isinstance(form, NumberForm):
        return "numeral"
    return form.shape if isinstance(form, DateForm) else form.name


def _written(numbers: pa.Array) -> pa.Array:
    """Write numbers so that no digit is lost."""
    if pa.types.is_floating(numbers.type):
        values = np.asarray(numbers)
        values = values[np.isfinite(values)]
        whole = np.equal(values, np.floor(values)) & (np.abs(values) < 9e18)
        texts = [
            f"{value:.0f}" if n else repr(float(value))
            for value, n in zip(values, whole, strict=True)
        ]
        return pa.array(texts, pa.string())
    return pc.cast(numbers, pa.string())


def _count(mask: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.sum(pc.fill_null(mask, False)).as_py() or 0)
