"""From whatever a source delivers to canonical types: one rule a kind, whole columns at a time.

A value that cannot be read becomes null and is marked as a fault, so that its row can be put aside
with the reason. Empty text counts as missing everywhere.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.coded_text import coded_as, texts_of
from ..arrays.plain_text import as_text, joined_text, plain, to_mask, without
from ..schema.table_declaration import Column
from ..schema.tableset import ARROW_TYPES
from .forms.coerced import Coerced, Fault, Remark
from .forms.column_forms import ColumnForm, form_of
from .forms.number_forms import bare_numerals
from .forms.numbers import coerce_number
from .forms.times import coerce_time
from .forms.words import FLAGS

__all__ = [
    "Coerced",
    "Fault",
    "Remark",
    "coerce",
    "currencies_of",
    "form_of",
    "read_amounts",
    "read_column",
]

_TEXTS = frozenset({"id", "text"})


def coerce(column: Column, values: pa.ChunkedArray, kept: ColumnForm | None = None) -> Coerced:
    """Read a column as the type that its declaration demands.

    Parameters
    ----------
    column : Column
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)
    kept : ColumnForm or None
        The form that the whole column keeps. Without one only values as machines write them are
        read: if there are others, nothing is, and the result says that it is not plain.

    Returns
    -------
    Coerced
        Of the same length and order.

    Examples
    --------
    >>> amounts = pa.chunked_array([["12.5", "1,200.00", ""]])
    >>> coerce(Column("mrr", "number"), amounts).is_plain
    False
    >>> coerce(Column("mrr", "number"), amounts, form_of(amounts, "number")).column.to_pylist()
    [12.5, 1200.0, None]
    """
    if pa.types.is_dictionary(values.type) and column.kind in _TEXTS:
        return _by_code(column, values)
    coerced = _RULES[column.kind](column, plain(values), kept)
    faults = tuple(fault for fault in coerced.faults if fault.mask.any())
    canonical = _chunked(coerced.column, ARROW_TYPES[column.kind])
    return Coerced(canonical, faults, coerced.remarks, coerced.is_plain)


def read_column(column: Column, values: pa.ChunkedArray, wanted: str | None = None) -> Coerced:
    """Read a whole column by the form that it keeps.

    Parameters
    ----------
    column : Column
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)
        All of it.
    wanted : str or None
        Name of the form where somebody says it.

    Returns
    -------
    Coerced

    Examples
    --------
    >>> dates = pa.chunked_array([["25/04/2024", "03/04/2024"]])
    >>> [day.month for day in read_column(Column("x", "time"), dates).column.to_pylist()]
    [4, 4]
    """
    coerced = coerce(column, values)
    if coerced.is_plain and wanted is None:
        return coerced
    return coerce(column, values, form_of(values, column.kind, wanted))


def read_amounts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read amounts whatever currency each of them is in.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)

    Returns
    -------
    pyarrow.ChunkedArray of float64, shape (n_rows,)
        Null where there is no amount.

    Examples
    --------
    >>> read_amounts(pa.chunked_array([["$1,200.50", "€99"]])).to_pylist()
    [1200.5, 99.0]
    """
    form = replace(form_of(values, "number"), currencies=frozenset())
    return coerce(Column("x", "number"), values, form).column


def currencies_of(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return what the sign beside each amount means.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)

    Returns
    -------
    pyarrow.ChunkedArray of string, shape (n_rows,)
        Codes of ISO 4217; null without a sign.

    Examples
    --------
    >>> currencies_of(pa.chunked_array([["$1,200.50", "99 €", "7"]])).to_pylist()
    ['USD', 'EUR', None]
    """
    text = pc.utf8_trim_whitespace(as_text(values)[0]).combine_chunks()
    return pa.chunked_array([bare_numerals(text).currency])


def _by_code(column: Column, values: pa.ChunkedArray) -> Coerced:
    """Read each different text once, and keep the codes."""
    texts = texts_of(values)
    read = coerce(
        column, pa.chunked_array([plain(pa.chunked_array([texts.names])).combine_chunks()])
    )
    names = read.column.combine_chunks()
    spread = tuple(
        Fault(fault.rule, np.append(fault.mask, False).take(texts.codes)) for fault in read.faults
    )
    return Coerced(coded_as(texts.codes, names), spread, read.remarks)


def _id(_: Column, values: pa.ChunkedArray, __: ColumnForm | None) -> Coerced:
    text, unreadable = as_text(values)
    return Coerced(text, (Fault("not an identifier", unreadable),))


def _text(column: Column, values: pa.ChunkedArray, _: ColumnForm | None) -> Coerced:
    text, unreadable = as_text(values)
    if not column.choices:
        return Coerced(text, (Fault("not text", unreadable),))
    text = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    admitted = pc.is_in(text, value_set=pa.array(column.choices, pa.string()))
    foreign = to_mask(pc.is_valid(text)) & ~to_mask(admitted)
    rule = f"not one of {', '.join(column.choices)}"
    return Coerced(without(text, foreign), (Fault(rule, foreign | unreadable),))


def _flag(_: Column, values: pa.ChunkedArray, __: ColumnForm | None) -> Coerced:
    if pa.types.is_boolean(values.type):
        return Coerced(values)
    text, unreadable = as_text(values)
    text = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    yes = pc.is_in(text, value_set=pa.array(FLAGS["true"]))
    known = pc.or_(yes, pc.is_in(text, value_set=pa.array(FLAGS["false"])))
    faulty = (to_mask(pc.is_valid(text)) & ~to_mask(known)) | unreadable
    missing = to_mask(pc.is_null(text)) | faulty
    return Coerced(without(yes, missing), (Fault("not true or false", faulty),))


def _list(column: Column, values: pa.ChunkedArray, _: ColumnForm | None) -> Coerced:
    text, faulty = joined_text(values)
    text = pc.replace_substring_regex(text, r"\s*[|,;][|,;\s]*", "|")
    text = pc.replace_substring_regex(pc.utf8_trim_whitespace(text), r"^\||\|$", "")
    # Upper and lower case tell ids apart, but not the names of roles.
    if not column.name.endswith("_ids"):
        text = pc.utf8_lower(text)
    return Coerced(without(text, to_mask(pc.equal(text, ""))), (Fault("not a list", faulty),))


def _chunked(values: pa.ChunkedArray | pa.Array, kind: pa.DataType) -> pa.ChunkedArray:
    whole = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    return pc.cast(whole, kind)


def _number(_: Column, values: pa.ChunkedArray, kept: ColumnForm | None) -> Coerced:
    return coerce_number(values, kept)


_RULES: dict[str, Callable[[Column, pa.ChunkedArray, ColumnForm | None], Coerced]] = {
    "id": _id,
    "text": _text,
    "number": _number,
    "flag": _flag,
    "list": _list,
    "time": coerce_time,
}
