"""Texts and numbers to times and amounts, by the forms that their column keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.array_types import BoolArray, IntArray
from .column_forms import ColumnForm
from .date_forms import DateForm, NumericForm, numeric_moments, read_dates
from .number_forms import NumberForm, bare_numerals, read_numbers

AnyArray = npt.NDArray[Any]

__all__ = ["ValuesRead", "moved_months", "read_amounts", "read_moments", "read_times"]


@dataclass(frozen=True, slots=True)
class ValuesRead:
    """What could be read of a column.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Microseconds since 1970, or amounts.
    read : ndarray of bool, shape (n,)
        Where the text has one of the column's forms; elsewhere the values mean nothing.
    open : ndarray of bool, shape (n,)
        Where forms between which nothing decides read different values.
    """

    values: AnyArray
    read: BoolArray
    open: BoolArray


def read_times(text: pa.Array, kept: ColumnForm) -> ValuesRead:
    """Read texts as times.

    Parameters
    ----------
    text : pyarrow.Array of string, shape (n,)
    kept : ColumnForm

    Returns
    -------
    ValuesRead

    Examples
    --------
    >>> from .column_forms import form_of
    >>> text = pa.array(["25/04/2024", "03/04/2024"])
    >>> read_times(text, form_of(pa.chunked_array([text]), "time")).values.astype("M8[us]")
    array(['2024-04-25T00:00:00.000000', '2024-04-03T00:00:00.000000'],
          dtype='datetime64[us]')
    """
    values, read = np.zeros(len(text), np.int64), np.zeros(len(text), bool)
    for form in kept.forms:
        if not isinstance(form, NumberForm) and not read.all():
            new, ticks = _moments(text, form, days=kept.days)
            values = np.where(new & ~read, ticks, values)
            read |= new
    readings = [
        _moments(text, form, days=kept.days)
        for form in kept.open_between
        if isinstance(form, DateForm)
    ]
    return _agreed(values, read, readings)


def _moments(
    text: pa.Array, form: DateForm | NumericForm, *, days: bool
) -> tuple[BoolArray, IntArray]:
    moments = read_dates(text, form)
    return moments.read, moments.local if days else moments.ticks


def read_amounts(text: pa.Array, kept: ColumnForm) -> ValuesRead:
    """Read texts as numbers.

    Parameters
    ----------
    text : pyarrow.Array of string, shape (n,)
    kept : ColumnForm

    Returns
    -------
    ValuesRead
        Where a column holds several currencies, no amount with a sign of one is read.

    Examples
    --------
    >>> from .column_forms import form_of
    >>> text = pa.array(["1.200,50", "(99)"])
    >>> read_amounts(text, form_of(pa.chunked_array([text]), "number")).values
    array([1200.5,  -99. ])
    """
    numerals = bare_numerals(text)
    open_forms = [form for form in kept.open_between if isinstance(form, NumberForm)]
    if open_forms:
        numbers = [read_numbers(numerals, form) for form in open_forms]
        nothing = np.zeros(len(text)), np.zeros(len(text), bool)
        found = _agreed(*nothing, [(one.read, one.values) for one in numbers])
    else:
        (form,) = (form for form in kept.forms if isinstance(form, NumberForm))
        one = read_numbers(numerals, form)
        found = ValuesRead(one.values, one.read, np.zeros(len(text), bool))
    if len(kept.currencies) < 2:
        return found
    unsigned = np.asarray(numerals.currency.is_null())
    return ValuesRead(found.values, found.read & unsigned, found.open)


def _agreed(
    values: AnyArray, read: BoolArray, readings: Sequence[tuple[BoolArray, AnyArray]]
) -> ValuesRead:
    """Add what forms between which nothing decides read all alike."""
    if not readings:
        return ValuesRead(values, read, np.zeros(len(read), bool))
    masks = np.array([mask for mask, _ in readings])
    first = readings[0][1]
    same = np.logical_and.reduce([other == first for _, other in readings]) & masks.all(axis=0)
    new = same & ~read
    still_open = masks.any(axis=0) & ~same & ~read
    return ValuesRead(np.where(new, first, values), read | new, still_open)


def read_moments(numbers: pa.ChunkedArray, kept: ColumnForm) -> ValuesRead:
    """Read numbers as times.

    Parameters
    ----------
    numbers : pyarrow.ChunkedArray of number, shape (n,)
    kept : ColumnForm

    Returns
    -------
    ValuesRead
    """
    if pa.types.is_decimal(numbers.type):
        numbers = pc.cast(numbers, pa.float64())
    whole = pc.floor(numbers) if pa.types.is_floating(numbers.type) else numbers
    exact = pc.fill_null(pc.cast(whole, pa.int64(), safe=False), 0).to_numpy()
    floats = pc.cast(numbers, pa.float64(), safe=False).to_numpy()
    values, read = np.zeros(len(exact), np.int64), np.zeros(len(exact), bool)
    for form in kept.forms:
        if isinstance(form, NumericForm):
            inside = (floats >= form.low) & (floats <= form.high)
            fraction = np.where(inside, floats - np.floor(floats), 0.0)
            moments = numeric_moments(np.where(inside, exact, 0), fraction, inside, form)
            values, read = np.where(moments.read, moments.ticks, values), read | moments.read
    return ValuesRead(values, read, np.zeros(len(exact), bool))


def moved_months(ticks: IntArray, months: int) -> IntArray:
    """Move beginnings of months so many months on.

    Parameters
    ----------
    ticks : ndarray of int64
        Microseconds since 1970.
    months : int

    Returns
    -------
    ndarray of int64

    Examples
    --------
    >>> moved_months(np.array([0]), 1).astype("M8[us]").astype("M8[D]")
    array(['1970-02-01'], dtype='datetime64[D]')
    """
    at_month = ticks.astype("datetime64[us]").astype("datetime64[M]") + months
    return at_month.astype("datetime64[us]").astype(np.int64)
