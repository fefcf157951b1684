"""Columns of numbers, whatever their source calls them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.plain_text import Mask, nowhere, to_mask, without
from .coerced import Coerced, Fault, by_value, text_only
from .column_forms import PLAIN, ColumnForm
from .read_values import read_amounts

__all__ = ["coerce_number", "is_number"]

_PLAIN_FORM = r"(?i)^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^-?(?:nan|inf|infinity)$"
_GROUP_OF_THREE = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
_LOOKED_AT = 64
"""Values with a point that mostly tell at once that the point divides decimals."""

_LARGEST = 1e11
"""Beyond it a year of an account's numbers could not be summed exactly."""


def coerce_number(values: pa.ChunkedArray, kept: ColumnForm | None) -> Coerced:
    """Read a column as numbers.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any plain type, shape (n_rows,)
    kept : ColumnForm or None
        The form the whole column keeps; None as long as nobody had to ask.

    Returns
    -------
    Coerced

    Examples
    --------
    >>> read = coerce_number(pa.chunked_array([["12.5", "n/a", ""]]), PLAIN["number"])
    >>> read.column.to_pylist(), read.faults[0].rule, read.faults[0].mask.tolist()
    ([12.5, None, None], 'not a number', [False, True, False])
    """
    if is_number(values.type) or pa.types.is_boolean(values.type):
        return _finite(pc.cast(values, pa.float64(), safe=False), nowhere(values))
    text, unreadable = text_only(values)
    return by_value(text, lambda unique: _parsed(unique, kept), unreadable)


def _parsed(text: pa.Array, kept: ColumnForm | None) -> Coerced:
    trimmed = pc.utf8_trim_whitespace(text)
    if kept is None:
        try:
            numbers = pc.cast(_unsigned(trimmed), pa.float64())
        except pa.ArrowInvalid:
            return _unsure(text)
        return _unsure(text) if _may_be_thousands(trimmed) else _finite(numbers, nowhere(text))
    if kept.forms == PLAIN["number"].forms and not kept.open_between:
        plain = to_mask(pc.match_substring_regex(trimmed, _PLAIN_FORM))
    else:
        plain = to_mask(pc.match_substring_regex(trimmed, r"(?i)^-?(?:nan|inf|infinity)$"))
    unsigned = pc.cast(_unsigned(without(trimmed, ~plain)), pa.float64())
    numbers = np.asarray(unsigned.to_numpy(zero_copy_only=False))
    found = read_amounts(pc.fill_null(without(trimmed, plain), ""), kept)
    read = (plain & to_mask(text.is_valid())) | found.read
    column = pa.chunked_array([pa.array(np.where(plain, numbers, found.values), mask=~read)])
    return _finite(column, to_mask(pc.is_valid(text)) & ~read, found.open, kept)


def _unsigned(text: pa.Array) -> pa.Array:
    """Take away a plus in front, which says nothing."""
    return pc.replace_substring_regex(text, r"^\+([^+-])", r"\1")


def _unsure(text: pa.Array) -> Coerced:
    """Say that the whole column has to be looked at first."""
    column = pa.chunked_array([pa.nulls(len(text), pa.float64())])
    return Coerced(column, (Fault("not a number", nowhere(text)),), is_plain=False)


def _may_be_thousands(text: pa.Array) -> bool:
    """Say whether every point stands before three digits, as it would between thousands."""
    pointed = text.filter(pc.fill_null(pc.match_substring(text, "."), False))
    for part in (pointed[:_LOOKED_AT], pointed):
        grouped = pc.match_substring_regex(part, _GROUP_OF_THREE)
        if not len(part) or not pc.all(grouped).as_py():
            return False
    return True


def _finite(
    numbers: pa.ChunkedArray,
    faulty: Mask,
    open_: Mask | None = None,
    kept: ColumnForm = PLAIN["number"],
) -> Coerced:
    infinite = to_mask(pc.is_inf(numbers))
    huge = to_mask(pc.greater(pc.abs(numbers), _LARGEST)) & ~infinite
    missing = infinite | huge | to_mask(pc.is_nan(numbers))
    faults = [
        Fault(_rule(kept), faulty if open_ is None else faulty & ~open_),
        Fault("not a finite number", infinite),
        Fault(f"beyond {_LARGEST:,.0f}; give the column in a larger unit", huge),
    ]
    if open_ is not None and open_.any():
        rule = "a point or comma that may divide decimals or thousands: no value tells which"
        faults.append(Fault(rule, open_, kept.question))
    return Coerced(without(numbers, missing), tuple(faults))


def _rule(kept: ColumnForm) -> str:
    if len(kept.currencies) > 1:
        return f"not a number in one currency ({', '.join(sorted(kept.currencies))})"
    if kept.forms == PLAIN["number"].forms:
        return "not a number"
    return f"not a number in the form {' or '.join(kept.names)} ({kept.forms[0].example})"


def is_number(kind: pa.DataType) -> bool:
    """Say whether an Arrow type is one of numbers."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )
