"""From whatever a source delivers to canonical types: one rule a kind, whole columns at a time.

A value that cannot be read becomes null and is marked as a fault, so that its row can be put aside
with the reason. Empty text counts as missing everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.coded_text import coded_as, texts_of
from ..arrays.plain_text import Mask, as_text, is_binary, nowhere, plain, to_mask, without
from ..arrays.time_grid import DAY_US
from ..schema.tables import Column
from ..schema.tableset import ARROW_TYPES

__all__ = ["Coerced", "Fault", "Remark", "coerce"]


_TIME = ARROW_TYPES["time"]
_TIME_FORM = (
    r"^\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?$"
)
_ZONE_FORM = r":\d{2}(?:\.\d+)? ?(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?)$"
_NUMBER_FORM = r"(?i)^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^-?(?:nan|inf|infinity)$"

_EARLIEST_US = 0
_LATEST_US = int(pd.Timestamp("2200-01-01").value // 1000)
_NEVER_US = 253_370_764_800_000_000
"""The first moment of the year 9999, which many systems write for "no end"."""

_TEXTS = frozenset({"id", "text"})
_OPEN_ENDS = frozenset({"valid_to", "effective_to", "term_end"})
_US_PER_TICK = {"s": 1_000_000, "ms": 1_000, "us": 1}
_LARGEST = 1e11
"""Beyond it a year of an account's numbers could not be summed exactly."""

_YES = ("true", "t", "yes", "y", "1", "1.0")
_NO = ("false", "f", "no", "n", "0", "0.0")


@dataclass(frozen=True, slots=True)
class Fault:
    """Values of one column that break one rule.

    Parameters
    ----------
    rule : str
        Such as ``"not a number"``.
    mask : ndarray of bool, shape (n_rows,)
    """

    rule: str
    mask: Mask


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
    """

    column: pa.ChunkedArray
    faults: tuple[Fault, ...] = ()
    remarks: tuple[Remark, ...] = ()


def coerce(column: Column, values: pa.ChunkedArray) -> Coerced:
    """Read a column as the type that its declaration demands.

    Parameters
    ----------
    column : Column
    values : pyarrow.ChunkedArray of any type, shape (n_rows,)

    Returns
    -------
    Coerced
        Of the same length and order.

    Examples
    --------
    >>> read = coerce(Column("mrr", "number"), pa.chunked_array([["12.5", "n/a", ""]]))
    >>> read.column.to_pylist(), read.faults[0].rule, read.faults[0].mask.tolist()
    ([12.5, None, None], 'not a number', [False, True, False])
    """
    if pa.types.is_dictionary(values.type) and column.kind in _TEXTS:
        return _by_code(column, values)
    coerced = _RULES[column.kind](column, plain(values))
    faults = tuple(fault for fault in coerced.faults if fault.mask.any())
    return Coerced(_chunked(coerced.column, ARROW_TYPES[column.kind]), faults, coerced.remarks)


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


def _id(_: Column, values: pa.ChunkedArray) -> Coerced:
    text, unreadable = as_text(values)
    return Coerced(text, (Fault("not an identifier", unreadable),))


def _text(column: Column, values: pa.ChunkedArray) -> Coerced:
    text, unreadable = as_text(values)
    if not column.choices:
        return Coerced(text, (Fault("not text", unreadable),))
    text = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    admitted = pc.is_in(text, value_set=pa.array(column.choices, pa.string()))
    foreign = to_mask(pc.is_valid(text)) & ~to_mask(admitted)
    rule = f"not one of {', '.join(column.choices)}"
    return Coerced(without(text, foreign), (Fault(rule, foreign | unreadable),))


def _number(_: Column, values: pa.ChunkedArray) -> Coerced:
    if _is_number(values.type) or pa.types.is_boolean(values.type):
        return _finite(pc.cast(values, pa.float64(), safe=False), nowhere(values))
    text, faulty = _text_only(values)
    return _by_value(text, _parse_numbers, faulty)


def _parse_numbers(text: pa.Array) -> Coerced:
    trimmed = pc.utf8_trim_whitespace(text)
    trimmed = pc.replace_substring_regex(trimmed, r"^\+([^+-])", r"\1")
    try:
        return _finite(pc.cast(trimmed, pa.float64()), nowhere(text))
    except pa.ArrowInvalid:
        good = to_mask(pc.match_substring_regex(trimmed, _NUMBER_FORM))
    faulty = to_mask(pc.is_valid(text)) & ~good
    return _finite(pc.cast(without(trimmed, faulty), pa.float64()), faulty)


def _finite(numbers: pa.ChunkedArray, faulty: Mask) -> Coerced:
    infinite = to_mask(pc.is_inf(numbers))
    huge = to_mask(pc.greater(pc.abs(numbers), _LARGEST)) & ~infinite
    missing = infinite | huge | to_mask(pc.is_nan(numbers))
    faults = (
        Fault("not a number", faulty),
        Fault("not a finite number", infinite),
        Fault(f"beyond {_LARGEST:,.0f}; give the column in a larger unit", huge),
    )
    return Coerced(without(numbers, missing), faults)


def _flag(_: Column, values: pa.ChunkedArray) -> Coerced:
    if pa.types.is_boolean(values.type):
        return Coerced(values)
    text, unreadable = as_text(values)
    text = pc.utf8_lower(pc.utf8_trim_whitespace(text))
    yes = pc.is_in(text, value_set=pa.array(_YES))
    known = pc.or_(yes, pc.is_in(text, value_set=pa.array(_NO)))
    faulty = (to_mask(pc.is_valid(text)) & ~to_mask(known)) | unreadable
    missing = to_mask(pc.is_null(text)) | faulty
    return Coerced(without(yes, missing), (Fault("not true or false", faulty),))


def _list(column: Column, values: pa.ChunkedArray) -> Coerced:
    text, faulty = _joined(values)
    text = pc.replace_substring_regex(text, r"\s*[|,;][|,;\s]*", "|")
    text = pc.replace_substring_regex(pc.utf8_trim_whitespace(text), r"^\||\|$", "")
    # Upper and lower case tell ids apart, but not the names of roles.
    if not column.name.endswith("_ids"):
        text = pc.utf8_lower(text)
    return Coerced(without(text, to_mask(pc.equal(text, ""))), (Fault("not a list", faulty),))


def _joined(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask]:
    if not _is_list(values.type):
        return as_text(values)
    chunks, faulty = [], []
    for chunk in values.chunks:
        items, unreadable = as_text(pa.chunked_array([chunk.flatten()]))
        parents = np.asarray(pc.list_parent_indices(chunk))
        texts = pd.Series(items.to_pylist(), index=parents, dtype=object).dropna()
        parts = texts.groupby(level=0).agg("|".join)
        chunks.append(
            pa.array(parts.reindex(range(len(chunk))).tolist(), pa.string(), from_pandas=True)
        )
        faulty.append(np.isin(np.arange(len(chunk)), parents[unreadable]))
    return pa.chunked_array(chunks, pa.string()), np.concatenate([np.zeros(0, bool), *faulty])


def _time(column: Column, values: pa.ChunkedArray) -> Coerced:
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        ticks = _ticks(values)
        return _in_range(column, ticks, nowhere(values))
    text, faulty = _text_only(values)
    coerced = _by_value(text, lambda unique: _parse_times(column, unique), faulty)
    return Coerced(coerced.column, coerced.faults, _mixed_zones(text))


def _parse_times(column: Column, text: pa.Array) -> Coerced:
    trimmed = pc.utf8_trim_whitespace(text)
    good = to_mask(pc.match_substring_regex(trimmed, _TIME_FORM))
    never = good & to_mask(pc.starts_with(trimmed, "9999-"))
    iso = pc.replace_substring_regex(without(trimmed, ~good | never), r" ?UTC$", "Z")
    moments = pd.to_datetime(
        iso.to_pandas().astype(object), format="ISO8601", utc=True, errors="coerce"
    )
    ticks = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    ticks = np.where(never, _NEVER_US, ticks)
    unparsed = moments.isna().to_numpy() & ~never
    faulty = to_mask(pc.is_valid(text)) & unparsed
    return _in_range(column, pa.chunked_array([pa.array(ticks, mask=unparsed)]), faulty)


def _in_range(column: Column, ticks: pa.ChunkedArray, faulty: Mask) -> Coerced:
    """Microseconds to times, with those outside 1970 to 2199 marked."""
    reach = pc.min_max(ticks).as_py()
    if (
        not faulty.any()
        and (reach["min"] or 0) >= _EARLIEST_US
        and (reach["max"] or 0) < _LATEST_US
    ):
        return Coerced(pc.cast(ticks, _TIME), (Fault("not a time", faulty),))
    early, late = pc.less(ticks, _EARLIEST_US), pc.greater_equal(ticks, _LATEST_US)
    outside = to_mask(pc.or_(early, late))
    endless = nowhere(ticks)
    if column.name in _OPEN_ENDS:
        endless = to_mask(pc.greater_equal(ticks, _NEVER_US))
    times = pc.cast(without(ticks, outside), _TIME)
    faults = (Fault("not a time", faulty), Fault("not between 1970 and 2199", outside & ~endless))
    return Coerced(times, faults)


def _ticks(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Microseconds since 1970, cut off just outside the admitted range where they overflow."""
    if pa.types.is_date32(values.type):
        return _scaled(pc.cast(pc.cast(values, pa.int32()), pa.int64()), DAY_US)
    unit = "ms" if pa.types.is_date64(values.type) else values.type.unit
    ticks = pc.cast(values, pa.int64())
    if unit == "us":
        return ticks
    return pc.divide(ticks, 1_000) if unit == "ns" else _scaled(ticks, _US_PER_TICK[unit])


def _scaled(ticks: pa.ChunkedArray, factor: int) -> pa.ChunkedArray:
    bound = pa.scalar(_NEVER_US // factor, pa.int64())
    ticks = pc.if_else(pc.greater(ticks, bound), bound, ticks)
    ticks = pc.if_else(pc.less(ticks, 0), pa.scalar(-1, pa.int64()), ticks)
    return pc.multiply(ticks, factor)


def _mixed_zones(text: pa.ChunkedArray) -> tuple[Remark, ...]:
    """Remark on a column whose times are written in different zones."""
    filled = pc.drop_null(text)
    zones = pc.struct_field(pc.extract_regex(filled, _ZONE_FORM), "zone")
    zones = pc.replace_substring_regex(
        pc.fill_null(zones, "none"), r"^(?:UTC|[+-]00(?::?00)?)$", "Z"
    )
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(zones).to_pylist()}
    if len(counts) < 2:
        return ()
    rule = f"time zones mixed ({', '.join(sorted(counts)[:5])}); all were read as UTC instants"
    return (Remark(rule, len(filled) - max(counts.values())),)


def _by_value(
    text: pa.ChunkedArray, parse: Callable[[pa.Array], Coerced], unreadable: Mask
) -> Coerced:
    """Parse each different text once; the first fault of a parser is that it is no such value."""
    unique = pc.unique(text)
    parsed = parse(unique)
    where = pc.index_in(text, value_set=unique)
    spread = np.asarray(where.to_numpy(), dtype=np.int64)
    first, *others = (Fault(fault.rule, fault.mask[spread]) for fault in parsed.faults)
    faults = (Fault(first.rule, first.mask | unreadable), *others)
    return Coerced(pc.take(parsed.column, where), faults)


def _text_only(values: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Mask]:
    """Text as it is; of any other type every filled value is a fault."""
    if pa.types.is_string(values.type) or is_binary(values.type):
        return as_text(values)
    nothing = pa.chunked_array([pa.nulls(len(values), pa.string())])
    return nothing, to_mask(pc.is_valid(values))


def _chunked(values: pa.ChunkedArray | pa.Array, kind: pa.DataType) -> pa.ChunkedArray:
    whole = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    return pc.cast(whole, kind)


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


_RULES: dict[str, Callable[[Column, pa.ChunkedArray], Coerced]] = {
    "id": _id,
    "text": _text,
    "number": _number,
    "flag": _flag,
    "list": _list,
    "time": _time,
}
