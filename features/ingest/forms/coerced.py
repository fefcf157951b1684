"""What reading a column gives: canonical values, what was at fault, what should be known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.plain_text import Mask, as_text, is_binary, to_mask

__all__ = ["Coerced", "Fault", "Remark", "by_value", "text_only"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Values of one column that break one rule.

    Parameters
    ----------
    rule : str
        Such as ``"not a number"``.
    mask : ndarray of bool, shape (n_rows,)
    choices : tuple of str
        Forms of which the owner of the column has to name one, so that the values can be read.
    """

    rule: str
    mask: Mask
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd about a column whose values could be read nevertheless."""

    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class Coerced:
    """A column in its canonical type, null where a value is missing or faulty.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
    faults : tuple of Fault
    remarks : tuple of Remark
    is_plain : bool
        Whether the values look as machines write them; where they do not, all of the column has to
        be looked at before any of it is read.
    """

    column: pa.ChunkedArray
    faults: tuple[Fault, ...] = ()
    remarks: tuple[Remark, ...] = ()
    is_plain: bool = True


def by_value(
    text: pa.ChunkedArray, parse: Callable[[pa.Array], Coerced], unreadable: Mask
) -> Coerced:
    """Parse each different text once.

    Parameters
    ----------
    text : pyarrow.ChunkedArray of string
    parse : callable
        The first fault it gives is that a text is no such value.
    unreadable : ndarray of bool, shape (n_rows,)
        Where there is a value that has no text.

    Returns
    -------
    Coerced
    """
    unique = pc.unique(text)
    parsed = parse(unique)
    where = pc.index_in(text, value_set=unique)
    spread = np.asarray(where.to_numpy(), dtype=np.int64)
    first, *others = (
        Fault(fault.rule, fault.mask[spread], fault.choices) for fault in parsed.faults
    )
    faults = (Fault(first.rule, first.mask | unreadable), *others)
    return Coerced(pc.take(parsed.column, where), faults, parsed.remarks, parsed.is_plain)


def text_only(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask]:
    """Return text as it is; of any other type every filled value is a fault.

    Parameters
    ----------
    values : pyarrow.ChunkedArray of any type

    Returns
    -------
    text : pyarrow.ChunkedArray of string
    unreadable : ndarray of bool, shape (n_rows,)
    """
    if pa.types.is_string(values.type) or is_binary(values.type):
        return as_text(values)
    nothing = pa.chunked_array([pa.nulls(len(values), pa.string())])
    return nothing, to_mask(pc.is_valid(values))
