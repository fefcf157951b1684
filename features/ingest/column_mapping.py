"""Which source table and columns each canonical table is read from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.plain_text import Mask, as_text, pickable, to_mask
from ..errors import SchemaError
from ..schema.settings import Lookup, Settings, TableMapping
from ..schema.suggestions import closest
from ..schema.tables import FACT_TABLES, TABLES, TableSpec
from ..schema.tableset import Finding
from .forms.column_forms import FORM_NAMES
from .forms.words import spellings
from .formulas import columns_in, computed
from .lookups import answers_of, looked_up
from .raw_rows import Places, RawTable, Rejected, Source
from .reshape.lines import first_lines, with_sums
from .reshape.month_columns import MONTH, VALUE, long_form, month_names

Origin = tuple[str, str]
"""A source table and a column of it."""

__all__ = [
    "Delivery",
    "Origin",
    "Pieces",
    "Plan",
    "fetch",
    "pieces_of",
    "plan_tables",
    "unread_tables",
]


_ALIKE = 0.85
_ELSEWHERE = ("constants", "lookup", "formulas")
"""Where canonical columns come from that are no columns of the source."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one canonical table is read.

    Parameters
    ----------
    spec : TableSpec
    source : str
        Name of the source table.
    columns : dict of str to str
        Canonical column to source column.
    mapping : TableMapping
        Everything else that the settings say about the table.
    computed_from : tuple of str
        Source columns that its formulas read.
    also : tuple of Plan
        Further sources of the same table, read below the first one.
    """

    spec: TableSpec
    source: str
    columns: Mapping[str, str]
    mapping: TableMapping
    computed_from: tuple[str, ...] = ()
    also: "tuple[Plan, ...]" = ()

    @property
    def parts(self) -> "tuple[Plan, ...]":
        """Every source of the table, this one first."""
        return (self, *self.also)

    @property
    def collected(self) -> frozenset[str]:
        """The canonical columns that a source has in one way or another."""
        mapping = self.mapping
        own = frozenset(
            [*self.columns, *(c for kind in _ELSEWHERE for c in getattr(mapping, kind))]
        )
        return own.union(*(part.collected for part in self.also))

    def origin(self, column: str) -> "Origin":
        """Return where a canonical column comes from.

        Parameters
        ----------
        column : str

        Returns
        -------
        tuple of str
            Source table and column; what one source says in one column is written in one form.
        """
        return self.source, self.columns.get(column, f"={column}")

    @property
    def wanted(self) -> tuple[str, ...]:
        """The source columns to read, each once."""
        extra = (self.mapping.row_id, self.mapping.item_id, self.mapping.lines_of)
        names = [*self.columns.values(), *self.mapping.only, *self.mapping.but_not]
        names += [self.mapping.filled] if self.mapping.filled else []
        names += [look.on for look in _looks(self.mapping).values()]
        names += self.computed_from
        return tuple(dict.fromkeys([*names, *(name for name in extra if name)]))


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


def plan_tables(source: Source, settings: Settings) -> dict[str, Plan]:
    """Decide what is read from where.

    Parameters
    ----------
    source : Source
    settings : Settings

    Returns
    -------
    dict of str to Plan
        In the order of the contract; only tables that the source has. Without a table of accounts
        they are those that the other tables name.

    Raises
    ------
    SchemaError
        If the settings name something that does not exist, or a required table or column is
        missing.
    """
    _check_names(settings)
    present = source.names()
    plans = {}
    for spec in TABLES:
        mapping = settings.mappings.get(spec.name, TableMapping())
        name = mapping.source or spec.name
        if not mapping.skip:
            _check_allowed(name, spec.name, source)
        if mapping.skip or (name not in present and spec.name not in settings.mappings):
            continue
        further = []
        for part in mapping.also:
            _need_table(part.source or "", f"{spec.name}.also.source", source)
            further.append(_plan(spec, part.source or "", part, source))
        _need_table(name, f"{spec.name}.source", source)
        plan = _plan(spec, name, mapping, source)
        plans[spec.name] = replace(plan, also=tuple(further))
    _check_required(plans, source)
    return plans


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
    looks = _looks(plan.mapping)
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


def _looks(mapping: TableMapping) -> dict[str, Lookup]:
    """Return all lookups: those of canonical columns, and those beside the source's own."""
    return {**mapping.lookup, **mapping.beside}


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
    first = first_lines(keys)
    kept = pa.array(first)
    table = sums.filter(kept)
    raw = replace(raw, table=raw.table.filter(kept), rows=raw.rows.kept(first))
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


def unread_tables(source: Source, plans: Mapping[str, Plan]) -> tuple[Finding, ...]:
    """Report source tables that look like a table of the contract but are not read as one.

    Parameters
    ----------
    source : Source
    plans : mapping of str to Plan

    Returns
    -------
    tuple of Finding
    """
    findings = []
    for spec in TABLES:
        meant = None if spec.name in plans else _closest_table(spec.name, source, plans)
        if meant is not None and meant != spec.name:
            rule = f"not read; did you mean the source table {meant!r}? Name it in the "
            findings.append(Finding(spec.name, "", f"{rule}settings under `tables`", 0))
    return tuple(findings)


def _closest_table(name: str, source: Source, plans: Mapping[str, Plan]) -> str | None:
    """Return the source table that is not read and whose name is nearly that of a canonical one."""
    parts = [part for plan in plans.values() for part in plan.parts]
    looks = [look for part in parts for look in _looks(part.mapping).values()]
    read = {part.source for part in parts} | {hop.table for look in looks for hop in look.hops}
    free = {other.lower(): other for other in source.names() if other not in read}
    close = get_close_matches(name, free, n=1, cutoff=_ALIKE)
    return free[close[0]] if close else None


def _check_names(settings: Settings) -> None:
    """Refuse keys of the settings that are no names of the contract."""
    known = [spec.name for spec in TABLES]
    for name, mapping in settings.mappings.items():
        if name not in known:
            raise SchemaError(
                f"Setting `tables.{name}`: no such table in the contract; it has "
                f"{_listed(known)}.{closest(name, known)}"
            )
        spec = TABLES[known.index(name)]
        for source in (mapping, *mapping.also):
            for part in ("columns", *_ELSEWHERE):
                _check_columns(spec, part, getattr(source, part))
            _check_columns(spec, "values", source.values)
            _check_columns(spec, "add_up", dict.fromkeys(source.add_up))
            _check_formats(spec, source)
            _check_disjoint(name, source)


def _check_formats(spec: TableSpec, mapping: TableMapping) -> None:
    """Refuse forms that the kind of their column does not have."""
    _check_columns(spec, "formats", mapping.formats)
    for name, form in mapping.formats.items():
        kind = spec.column(name).kind
        known = FORM_NAMES.get(kind, ())
        if form not in known:
            raise SchemaError(
                f"Setting `tables.{spec.name}.formats.{name}`: the forms of a {kind} are "
                f"{_listed(known)}, got {form!r}.{closest(form, known)}"
            )


def _check_columns(spec: TableSpec, part: str, named: Mapping[str, object]) -> None:
    known = [column.name for column in spec.columns]
    for column in named:
        if column not in known:
            raise SchemaError(
                f"Setting `tables.{spec.name}.{part}.{column}`: table `{spec.name}` has no such "
                f"column in the contract; it has {_listed(known)}.{closest(column, known)}"
            )


def _check_disjoint(name: str, mapping: TableMapping) -> None:
    parts = ("columns", *_ELSEWHERE)
    named = [column for part in parts for column in getattr(mapping, part)]
    twice = sorted({column for column in named if named.count(column) > 1})
    if twice:
        raise SchemaError(
            f"Setting `tables.{name}`: column {twice[0]!r} must come from one place, "
            f"but is named in several of {_listed(parts)}."
        )


def _plan(spec: TableSpec, name: str, mapping: TableMapping, source: Source) -> Plan:
    present = _present(source, name, mapping)
    columns = {}
    in_any_case = {one.lower(): one for one in reversed(present)}
    for column in spec.columns:
        wanted = mapping.columns.get(column.name)
        if wanted is not None:
            _need(wanted, present, f"{spec.name}.columns.{column.name}", name)
            columns[column.name] = wanted
        elif column.name in in_any_case and not _is_elsewhere(column.name, mapping):
            exact = column.name in present
            columns[column.name] = column.name if exact else in_any_case[column.name]
    plan = Plan(spec, name, columns, mapping, _computed_from(spec, name, mapping, present))
    _check_extras(plan, present, source)
    _check_required_columns(plan, present)
    _check_repeats(plan, present)
    return plan


def _present(source: Source, name: str, mapping: TableMapping) -> tuple[str, ...]:
    """Return the columns that a mapping may name."""
    present = source.columns(name)
    if not mapping.month_columns:
        return present
    months = month_names(present)
    if not months:
        raise SchemaError(
            f"Source table {name!r} has no columns that are named by months, such as `Jan-24` or "
            f"`2024-01`; it has {_listed(present)}. Leave out `month_columns`."
        )
    return (*(one for one in present if one not in months), MONTH, VALUE)


def _computed_from(
    spec: TableSpec, name: str, mapping: TableMapping, present: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the source columns that formulas read; each has to be there."""
    asked: list[str] = []
    for column, formula in mapping.formulas.items():
        read = [one for one in columns_in(formula, present) if one not in mapping.beside]
        for one in read:
            _need(one, present, f"{spec.name}.formulas.{column}", name)
        asked += read
    return tuple(dict.fromkeys(asked))


def _is_elsewhere(column: str, mapping: TableMapping) -> bool:
    return any(column in getattr(mapping, part) for part in _ELSEWHERE)


def _check_extras(plan: Plan, present: tuple[str, ...], source: Source) -> None:
    mapping, table = plan.mapping, plan.spec.name
    for part in ("only", "but_not"):
        for column in getattr(mapping, part):
            _need(column, present, f"{table}.{part}.{column}", plan.source)
    for key in ("filled", "row_id", "item_id", "lines_of"):
        column = getattr(mapping, key)
        if column is not None:
            _need(column, present, f"{table}.{key}", plan.source)
    for column, look in _looks(mapping).items():
        key = f"{table}.{'lookup' if column in mapping.lookup else 'beside'}.{column}"
        _need(look.on, present, f"{key}.on", plan.source)
        for hop in look.hops:
            _need_table(hop.table, f"{key}.table", source)
            met = "equals" if look.equals or hop.table != look.table else "on"
            _need(hop.equals, source.columns(hop.table), f"{key}.{met}", hop.table)
            for part, column in (("take", hop.take), *(("where", one) for one in hop.where)):
                _need(column, source.columns(hop.table), f"{key}.{part}", hop.table)


def _check_allowed(name: str, table: str, source: Source) -> None:
    """Refuse a table that is there and may not be read: as missing, it would change the results."""
    if name in source.denied():
        raise SchemaError(
            f"Table {name!r} is in {source.label}, but this login may not read it: "
            f"GRANT SELECT ON {name} to it, or leave it out with `tables.{table}.skip: true`."
        )


def _need_table(name: str, key: str, source: Source) -> None:
    _check_allowed(name, key.partition(".")[0], source)
    present = source.names()
    if name not in present:
        raise SchemaError(
            f"Setting `tables.{key}`: {source.label} has no table {name!r}; there are "
            f"{_listed(present)}.{closest(name, present)}"
        )


def _need(column: str, present: tuple[str, ...], key: str, table: str) -> None:
    if column not in present:
        raise SchemaError(
            f"Setting `tables.{key}`: source table {table!r} has no column {column!r}; "
            f"it has {_listed(present)}.{closest(column, present)}"
        )


def _check_required_columns(plan: Plan, present: tuple[str, ...]) -> None:
    table = plan.spec.name
    skip = f", or leave the table out with `tables.{table}.skip: true`"
    for column in plan.spec.columns:
        if column.demanded and column.name not in plan.collected:
            raise SchemaError(
                f"Table `{table}` (source table {plan.source!r}) lacks the required column "
                f"`{column.name}`; it has {_listed(present)}.{closest(column.name, present)} "
                f"Name the column under `tables.{table}.columns.{column.name}` in the "
                f"settings{'' if table == 'accounts' else skip}."
            )


def _check_repeats(plan: Plan, present: tuple[str, ...]) -> None:
    for column in plan.wanted:
        if present.count(column) > 1:
            raise SchemaError(
                f"Source table {plan.source!r} has {present.count(column)} columns named "
                f"{column!r}. Rename them, so that it is clear which one is meant."
            )


def _check_required(plans: Mapping[str, Plan], source: Source) -> None:
    present = source.names()
    advice = (
        "Name your tables under `tables:` in the settings (`churngrid init --from` proposes it)."
    )
    flat = (
        "A flat table with a row a customer, an outcome and no dates needs no settings: "
        "`churngrid train FILE --target COLUMN --id COLUMN` learns from it, as does "
        "`churngrid.ChurnClassifier` in Python."
    )
    if not plans:
        raise SchemaError(
            f"No table of the contract was found in {source.label}; "
            f"{f'there are {_listed(present)}' if present else 'it holds no table at all'}. "
            f"{advice} {flat}"
        )
    meant = _closest_table("accounts", source, plans)
    if "accounts" not in plans and meant is not None:
        raise SchemaError(
            f"Table `accounts` is missing in {source.label}; there are {_listed(present)}. Did you "
            f"mean {meant!r}? {advice}"
        )
    if not any(name in plans for name in FACT_TABLES):
        raise SchemaError(
            f"Something that happened to accounts is required: one of {_listed(FACT_TABLES)}; "
            f"none is in {source.label}, only {_listed(present)}. {advice} {flat}"
        )


def _selected(raw: RawTable, mapping: TableMapping) -> RawTable:
    """Keep the rows that the settings admit; values are compared as text in any case."""
    keep = np.ones(raw.table.num_rows, dtype=bool)
    for column, values in mapping.only.items():
        keep &= _one_of(raw.table[column], values)
    for column, values in mapping.but_not.items():
        keep &= ~_one_of(raw.table[column], values)
    if mapping.filled is not None:
        keep &= to_mask(pc.is_valid(as_text(raw.table[mapping.filled])[0]))
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
                f"no row has one of {_listed(values)} in `{column}`, which `only` asks for: it "
                f"holds {_listed([word for word in held if word is not None], 8)}"
            )


def _one_of(values: pa.ChunkedArray, wanted: Iterable[str]) -> Mask:
    text = pc.utf8_lower(as_text(values)[0])
    return to_mask(pc.is_in(text, value_set=pa.array(sorted(spellings(wanted)), pa.string())))


def _extra(table: pa.Table, column: str | None) -> pa.ChunkedArray | None:
    return None if column is None else as_text(table[column])[0]


def _listed(names: Iterable[str], limit: int = 30) -> str:
    """At most so many names, so that a message stays one sentence."""
    listed = [str(name) if len(str(name)) <= 80 else f"{str(name)[:77]}..." for name in names]
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return f"{listed[:limit]}{more}"
