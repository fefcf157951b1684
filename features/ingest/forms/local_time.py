"""The clock of the company: moments put as its own wall clock shows them, days as they are written.

Everything behind this counts days from midnight to midnight of whatever clock the tables keep, so
one change here moves the borders of all days.
"""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ...schema.table_declaration import TableSpec
from ...schema.tables import table_spec
from ...schema.tableset import Tables

__all__ = ["at_local_time"]


_DAY_US = 86_400_000_000


def at_local_time(tables: Tables, time_zone: str | None) -> Tables:
    """Return the tables with all moments on the wall clock of a time zone.

    Parameters
    ----------
    tables : Tables
    time_zone : str or None
        As in the IANA database, such as ``America/New_York``; nothing changes without one.

    Returns
    -------
    Tables
        A column whose values are all midnights holds days, which are the same everywhere. What was
        known at a moment that follows from another column follows that column.

    Examples
    --------
    >>> at_local_time(Tables({}), "Asia/Tokyo").by_name
    {}
    """
    if time_zone is None:
        return tables
    moved = {
        name: _moved(table, table_spec(name), time_zone) for name, table in tables.by_name.items()
    }
    return replace(tables, by_name=moved)


def _moved(table: pa.Table, spec: TableSpec, zone: str) -> pa.Table:
    times = [column.name for column in spec.columns if column.kind == "time"]
    local = {name: _local(table[name], zone) for name in times if name != "known_at"}
    if "known_at" in times:
        local["known_at"] = _known(table, local, spec, zone)
    for name, column in local.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def _local(moments: pa.ChunkedArray, zone: str) -> pa.ChunkedArray:
    ticks = moments.cast(pa.int64())
    within_day = pc.subtract(ticks, pc.multiply(pc.divide(ticks, _DAY_US), _DAY_US))
    if not pc.any(pc.not_equal(within_day, 0)).as_py():
        return moments
    wall = pc.local_timestamp(moments.cast(pa.timestamp("us", tz=zone)))
    return wall.cast(pa.int64()).cast(moments.type)


def _known(
    table: pa.Table, local: dict[str, pa.ChunkedArray], spec: TableSpec, zone: str
) -> pa.ChunkedArray:
    """Move when rows were known; those that were known with another column go with it."""
    known = table["known_at"]
    stated = [name for name in spec.known.columns if name in local]
    if not stated:
        return _local(known, zone)
    delay = pa.scalar(spec.known.delay_us, pa.duration("us"))
    before = pc.add(pc.coalesce(*(table[name] for name in stated)), delay)
    after = pc.add(pc.coalesce(*(local[name] for name in stated)), delay)
    followed = pc.fill_null(pc.equal(known, before.cast(known.type)), False)
    own = _local(pc.if_else(followed, pa.scalar(None, known.type), known), zone)
    return pc.if_else(followed, after.cast(known.type), own)
