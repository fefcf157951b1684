"""Rows of a source as the contract has them, piece by piece."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.plain_text import Mask, as_text, pickable, to_mask
from ..schema.table_mapping import TableMapping
from .forms.column_forms import told
from .forms.words import spellings
from .formulas import computed
from .lookups import answers_of, looked_up
from .mapping_checks import listed
from .raw_rows import Places, RawTable, Rejected, Source
from .reshape.lines import first_lines, newest_lines, with_sums
from .reshape.month_columns import MONTH, VALUE, long_form, month_names
from .reshape.running_sums import running_sums
from .table_plan import Plan, looks_of

__all__ = ["Delivery", "Pieces", "fetch", "pieces_of"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The rows of one canonical table as the source has them.

    Parameters
    ----------
    plan : Plan
    table : pyarrow.Table
        Columns under their canonical names, types of the source.
    rows : Places
        Place of each row in the source table, counted from 0.
    rejected : tuple of Rejected
    remarks : tuple of str
        What a reader of the source should know.
    row_id, item_id : pyarrow.ChunkedArray of string or None
        The columns that the settings name.
    """

    plan: Plan
    table: pa.Table
    rows: Places
    rejected: tuple[Rejected, ...] = field(default=())
    remarks: tuple[str, ...] = ()
    row_id: pa.ChunkedArray | None = None
    item_id: pa.ChunkedArray | None = None


Pieces = Callable[[], Iterable[Delivery]]
"""Gives the pieces of one table from the beginning, each time it is called."""


def pieces_of(source: Source, plan: Plan) -> Pieces:
    """Return what gives the rows of one canonical table, from the beginning whenever it is called.

    Parameters
    ----------
    source : Source
    plan : Plan

    Returns
    -------
    callable
        Without arguments. What does not grow with use is read from the source once.
    """
    if plan.spec.bulky:
        return lambda: fetch(source, plan)
    held: list[Delivery] = []

    def pieces() -> list[Delivery]:
        if not held:
            held.extend(fetch(source, plan))
        return held

    return pieces


def fetch(source: Source, plan: Plan) -> Iterator[Delivery]:
    """Read the rows of one canonical table.

    Parameters
    ----------
    source : Source
    plan : Plan

    Yields
    ------
    Delivery
        Only the rows that the mapping admits, source after source; tables that grow with use come
        piece by piece, each counted from 0, all others a source at a time.

    Raises
    ------
    SchemaError
        If the source cannot be read, or a lookup has two answers for one key.
    """
    for part in plan.parts:
        yield from _fetch(source, part)


def _fetch(source: Source, plan: Plan) -> Iterator[Delivery]:
    # A database may not answer another question while rows are still coming.
    looks = looks_of(plan.mapping)
    answers = {
        name: answers_of(source, look, f"{plan.spec.name}.lookup.{name}")
        for name, look in looks.items()
    }
    read = source.pieces if plan.spec.bulky else _as_a_whole(source)
    for raw in read(plan.source, _to_read(source, plan)):
        shaped = long_form(_pickable(raw)) if plan.mapping.month_columns else _pickable(raw)
        yield _delivery(_selected(shaped, plan.mapping), plan, answers)


def _to_read(source: Source, plan: Plan) -> tuple[str, ...]:
    """Return the columns to read; in place of those of the long form the ones they come from."""
    if not plan.mapping.month_columns:
        return plan.wanted
    others = [name for name in plan.wanted if name not in {MONTH, VALUE}]
    return (*others, *month_names(source.columns(plan.source)))


def _pickable(raw: RawTable) -> RawTable:
    """Undo what keeps rows from being picked."""
    columns = [pickable(column) for column in raw.table.columns]
    names = raw.table.column_names
    return replace(raw, table=pa.table(columns, names=names))


def _as_a_whole(source: Source) -> Callable[[str, tuple[str, ...]], Iterator[RawTable]]:
    def read(name: str, columns: tuple[str, ...]) -> Iterator[RawTable]:
        yield source.read(name, columns)

    return read


def _delivery(raw: RawTable, plan: Plan, answers: Mapping[str, tuple[pa.Table, ...]]) -> Delivery:
    there, mapping = raw.table.column_names, plan.mapping
    columns = {name: raw.table[column] for name, column in plan.columns.items() if column in there}
    for name, value in mapping.constants.items():
        columns[name] = pa.chunked_array([pa.repeat(pa.scalar(value), raw.table.num_rows)])
    for name, look in mapping.lookup.items():
        columns[name] = looked_up(raw.table[look.on], look, answers[name])
    faults: list[str] = []
    columns |= _formulas(raw, plan, answers, faults)
    raw = replace(raw, remarks=(*raw.remarks, *faults))
    raw, columns = _joined_lines(raw, columns, mapping)
    raw, columns = _added_up(raw, columns, mapping)
    ordered = {
        column.name: columns[column.name] for column in plan.spec.columns if column.name in columns
    }
    return Delivery(
        plan,
        pa.table(ordered),
        raw.rows,
        raw.rejected,
        raw.remarks,
        row_id=_extra(raw.table, mapping.row_id),
        item_id=_extra(raw.table, mapping.item_id),
    )


def _joined_lines(
    raw: RawTable, columns: dict[str, pa.ChunkedArray], mapping: TableMapping
) -> tuple[RawTable, dict[str, pa.ChunkedArray]]:
    """Make one row of the lines of one thing."""
    if mapping.lines_of is None:
        return raw, columns
    keys, rows = raw.table[mapping.lines_of], pa.table(columns)
    sums = with_sums(rows, keys, (name for name in mapping.add_up if name in columns))
    if mapping.newest_by is None:
        first = first_lines(keys)
    else:
        first = newest_lines(keys, raw.table[mapping.newest_by])
    kept = pa.array(first)
    table = sums.filter(kept)
    raw = replace(raw, table=raw.table.filter(kept), rows=raw.rows.kept(first))
    return raw, dict(zip(table.column_names, table.columns, strict=True))


def _added_up(
    raw: RawTable, columns: dict[str, pa.ChunkedArray], mapping: TableMapping
) -> tuple[RawTable, dict[str, pa.ChunkedArray]]:
    """Make what is paid afterwards of changes."""
    changes = [name for name in mapping.changes if name in columns]
    if not changes:
        return raw, columns
    sums, kept = running_sums(columns, changes)
    table = pa.table(sums).filter(pa.array(kept))
    raw = replace(raw, table=raw.table.filter(pa.array(kept)), rows=raw.rows.kept(kept))
    return raw, dict(zip(table.column_names, table.columns, strict=True))


def _formulas(
    raw: RawTable,
    plan: Plan,
    answers: Mapping[str, tuple[pa.Table, ...]],
    faults: list[str],
) -> dict[str, pa.ChunkedArray]:
    mapping = plan.mapping
    if not mapping.formulas:
        return {}
    columns = {name: raw.table[name] for name in plan.computed_from}
    for name, look in mapping.beside.items():
        columns[name] = looked_up(raw.table[look.on], look, answers[name])
    rows = pa.table(columns) if columns else raw.table
    return computed(rows, mapping.formulas, f"{plan.spec.name}.formulas", faults)


def _selected(raw: RawTable, mapping: TableMapping) -> RawTable:
    """Keep the rows that the settings admit; values are compared as text in any case."""
    keep = np.ones(raw.table.num_rows, dtype=bool)
    for column, values in mapping.only.items():
        keep &= _one_of(raw.table[column], values)
    for column, values in mapping.but_not.items():
        keep &= ~_one_of(raw.table[column], values)
    if mapping.filled is not None:
        keep &= to_mask(pc.is_valid(told(raw.table[mapping.filled])))
    if keep.all():
        return raw
    kept = replace(raw, table=raw.table.filter(pa.array(keep)), rows=raw.rows.kept(keep))
    if keep.any():
        return kept
    return replace(kept, remarks=(*raw.remarks, *_why_none(raw, mapping)))


def _why_none(raw: RawTable, mapping: TableMapping) -> Iterator[str]:
    """Say which filters leave no row, beside what their columns hold."""
    for column, values in mapping.only.items():
        if not _one_of(raw.table[column], values).any():
            held = pc.unique(as_text(raw.table[column])[0]).to_pylist()
            yield (
                f"no row has one of {listed(values)} in `{column}`, which `only` asks for: it "
                f"holds {listed([word for word in held if word is not None], 8)}"
            )


def _one_of(values: pa.ChunkedArray, wanted: Iterable[str]) -> Mask:
    text = pc.utf8_lower(as_text(values)[0])
    return to_mask(pc.is_in(text, value_set=pa.array(sorted(spellings(wanted)), pa.string())))


def _extra(table: pa.Table, column: str | None) -> pa.ChunkedArray | None:
    return None if column is None else as_text(table[column])[0]
