"""Columns of times, whatever their source calls them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.plain_text import Mask, nowhere, to_mask, without
from ...arrays.time_grid import DAY_US
from ...schema.table_declaration import Column
from ...schema.tableset import ARROW_TYPES
from .coerced import Coerced, Fault, Remark, by_value, text_only
from .column_forms import ColumnForm
from .numbers import is_number
from .read_values import ValuesRead, moved_months, read_moments, read_times

__all__ = ["coerce_time"]

_TIME = ARROW_TYPES["time"]
_PLAIN_FORM = (
    r"^\d{4}-\d{2}-\d{2}"
    r"(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?))?)?$"
)
_MIDNIGHT = r"^[^T ]*$|[T ]00:00(?::00(?:\.0+)?)? ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?$"
_ZONE_FORM = r":\d{2}(?:\.\d+)? ?(?P<zone>Z|UTC|[+-]\d{2}(?::?\d{2})?)$"

_EARLIEST_US = 0
_LATEST_US = int(pd.Timestamp("2200-01-01").value // 1000)
_NEVER_US = 253_370_764_800_000_000
"""The first moment of the year 9999, which many systems write for "no end"."""

_OPEN_ENDS = frozenset({"valid_to", "effective_to", "term_end"})
_US_PER_TICK = {"s": 1_000_000, "ms": 1_000, "us": 1}


def coerce_time(column: Column, values: pa.ChunkedArray, kept: ColumnForm | None) -> Coerced:
    """Read a column as times in UTC; a time without a zone counts as one.

    A column of midnights of another zone is one of days, and stays the days that are written.
    What names a month, a quarter or a year is its beginning, or its end where it ends something.

    Parameters
    ----------
    column : Column
    values : pyarrow.ChunkedArray of any plain type, shape (n_rows,)
    kept : ColumnForm or None
        The form the whole column keeps; None as long as nobody had to ask.

    Returns
    -------
    Coerced
    """
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        return _typed(column, values, kept)
    if is_number(values.type):
        return _numeric(column, values, kept)
    text, faulty = text_only(values)
    coerced = by_value(text, lambda unique: _parsed(column, unique, kept), faulty)
    remarks = _mixed_zones(text) if coerced.remarks else ()
    return Coerced(coerced.column, coerced.faults, remarks, coerced.is_plain)


def _typed(column: Column, values: pa.ChunkedArray, kept: ColumnForm | None) -> Coerced:
    """Read times that the source knows to be times."""
    zoned = pa.types.is_timestamp(values.type) and values.type.tz not in {None, "UTC"}
    if zoned:
        local = pc.local_timestamp(values)
        if kept is None and to_mask(pc.equal(local, pc.floor_temporal(local, unit="day"))).all():
            return _unsure(values)
        if kept is not None and kept.days:
            return _in_range(column, _ticks(local), nowhere(values))
    return _in_range(column, _ticks(values), nowhere(values))


def _numeric(column: Column, values: pa.ChunkedArray, kept: ColumnForm | None) -> Coerced:
    """Bare numbers, which mean a time only if all of the column does."""
    if kept is None:
        return _unsure(values) if len(values) > values.null_count else _nothing(values)
    finite = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
    return _of(column, read_moments(finite, kept), to_mask(pc.is_valid(finite)), kept)


def _unsure(values: pa.ChunkedArray | pa.Array) -> Coerced:
    """Say that the whole column has to be looked at first."""
    return Coerced(_nothing(values).column, (Fault("not a time", nowhere(values)),), is_plain=False)


def _nothing(values: pa.ChunkedArray | pa.Array) -> Coerced:
    return Coerced(pa.chunked_array([pa.nulls(len(values), _TIME)]))


def _parsed(column: Column, text: pa.Array, kept: ColumnForm | None) -> Coerced:
    trimmed = pc.utf8_trim_whitespace(text)
    filled = to_mask(pc.is_valid(text))
    good = to_mask(pc.match_substring_regex(trimmed, _PLAIN_FORM))
    zones = pc.unique(_zones(trimmed.drop_null()))
    zoned = any(zone not in {"none", "Z"} for zone in zones.to_pylist())
    if kept is None and (
        not good[filled].all() or (zoned and _are_midnights(trimmed.filter(pa.array(filled))))
    ):
        return _unsure(text)
    never = good & to_mask(pc.starts_with(trimmed, "9999-"))
    if kept is not None and kept.days:
        good = never
    iso = pc.replace_substring_regex(without(trimmed, ~good | never), r" ?UTC$", "Z")
    moments = pd.to_datetime(
        iso.to_pandas().astype(object), format="ISO8601", utc=True, errors="coerce"
    )
    ticks = moments.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    read = moments.notna().to_numpy() | never
    found = ValuesRead(np.where(never, _NEVER_US, ticks), read, np.zeros(len(text), bool))
    if kept is not None:
        found = _also_read(found, read_times(pc.fill_null(without(trimmed, read), ""), kept))
    coerced = _of(column, found, filled, kept)
    if len(zones) < 2 or (kept is not None and kept.days):
        return coerced
    return replace(coerced, remarks=(Remark("time zones mixed", 0),))


def _are_midnights(text: pa.Array) -> bool:
    """Say whether all are midnights, of whatever zone: days, perhaps."""
    return bool(pc.all(pc.match_substring_regex(text, _MIDNIGHT)).as_py())


def _also_read(first: ValuesRead, second: ValuesRead) -> ValuesRead:
    values = np.where(first.read, first.values, second.values)
    return ValuesRead(values, first.read | second.read, second.open)


def _of(column: Column, found: ValuesRead, filled: Mask, kept: ColumnForm | None) -> Coerced:
    ticks = np.asarray(found.values, np.int64)
    if kept is not None and kept.period_months and column.name in _OPEN_ENDS:
        ticks = moved_months(ticks, kept.period_months)
    faulty = filled & ~found.read & ~found.open
    coerced = _in_range(
        column, pa.chunked_array([pa.array(ticks, mask=~found.read)]), faulty, _rule(kept)
    )
    if kept is None or not (found.open & filled).any():
        return coerced
    rule = f"{' or '.join(kept.question)}: no value of the column tells which"
    return Coerced(
        coerced.column, (*coerced.faults, Fault(rule, found.open & filled, kept.question))
    )


def _rule(kept: ColumnForm | None) -> str:
    if kept is None or kept.names == ("year-first",):
        return "not a time"
    forms = {form.name: form.example for form in kept.forms}
    named = " or ".join(f"{name} ({example})" for name, example in forms.items())
    return f"not a time in the form {named}"


def _in_range(
    column: Column, ticks: pa.ChunkedArray, faulty: Mask, rule: str = "not a time"
) -> Coerced:
    """Microseconds to times, with those outside 1970 to 2199 marked."""
    reach = pc.min_max(ticks).as_py()
    if (
        not faulty.any()
        and (reach["min"] or 0) >= _EARLIEST_US
        and (reach["max"] or 0) < _LATEST_US
    ):
        return Coerced(pc.cast(ticks, _TIME), (Fault(rule, faulty),))
    early, late = pc.less(ticks, _EARLIEST_US), pc.greater_equal(ticks, _LATEST_US)
    outside = to_mask(pc.or_(early, late))
    endless = nowhere(ticks)
    if column.name in _OPEN_ENDS:
        endless = to_mask(pc.greater_equal(ticks, _NEVER_US))
    times = pc.cast(without(ticks, outside), _TIME)
    faults = (Fault(rule, faulty), Fault("not between 1970 and 2199", outside & ~endless))
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
    counted = pc.value_counts(_zones(filled)).to_pylist()
    counts = {entry["values"]: entry["counts"] for entry in counted}
    rule = f"time zones mixed ({', '.join(sorted(counts)[:5])}); all were read as UTC instants"
    return (Remark(rule, len(filled) - max(counts.values())),)


def _zones(text: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return the zone that each text names; "none" where it names none."""
    zones = pc.struct_field(pc.extract_regex(text, _ZONE_FORM), "zone")
    return pc.replace_substring_regex(
        pc.fill_null(zones, "none"), r"^(?:UTC|[+-]00(?::?00)?)$", "Z"
    )
