"""What settings may say about tables, held against the contract and the source."""

from collections.abc import Iterable, Mapping

from ..errors import SchemaError
from ..schema.settings import Settings
from ..schema.suggestions import closest
from ..schema.table_declaration import TableSpec
from ..schema.table_mapping import TableMapping
from ..schema.tables import TABLES
from .forms.column_forms import FORM_NAMES
from .raw_rows import Source
from .table_plan import ELSEWHERE, Plan, looks_of

__all__ = [
    "check_allowed",
    "check_named_columns",
    "check_names",
    "check_repeats",
    "check_required_columns",
    "listed",
    "need_column",
    "need_table",
]


def check_names(settings: Settings) -> None:
    """Refuse keys of the settings that are no names of the contract.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    SchemaError
        At the first that is none; the message has the nearest name.
    """
    known = [spec.name for spec in TABLES]
    for name, mapping in settings.mappings.items():
        if name not in known:
            raise SchemaError(
                f"Setting `tables.{name}`: no such table in the contract; it has "
                f"{listed(known)}.{closest(name, known)}"
            )
        spec = TABLES[known.index(name)]
        for source in (mapping, *mapping.also):
            for part in ("columns", *ELSEWHERE):
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
                f"{listed(known)}, got {form!r}.{closest(form, known)}"
            )


def _check_columns(spec: TableSpec, part: str, named: Mapping[str, object]) -> None:
    known = [column.name for column in spec.columns]
    for column in named:
        if column not in known:
            raise SchemaError(
                f"Setting `tables.{spec.name}.{part}.{column}`: table `{spec.name}` has no such "
                f"column in the contract; it has {listed(known)}.{closest(column, known)}"
            )


def _check_disjoint(name: str, mapping: TableMapping) -> None:
    parts = ("columns", *ELSEWHERE)
    named = [column for part in parts for column in getattr(mapping, part)]
    twice = sorted({column for column in named if named.count(column) > 1})
    if twice:
        raise SchemaError(
            f"Setting `tables.{name}`: column {twice[0]!r} must come from one place, "
            f"but is named in several of {listed(parts)}."
        )


def check_named_columns(plan: Plan, present: tuple[str, ...], source: Source) -> None:
    """Refuse filters, lookups and ids over columns that the source does not have.

    Parameters
    ----------
    plan : Plan
    present : tuple of str
        Columns of the source table.
    source : Source

    Raises
    ------
    SchemaError
    """
    mapping, table = plan.mapping, plan.spec.name
    for part in ("only", "but_not"):
        for column in getattr(mapping, part):
            need_column(column, present, f"{table}.{part}.{column}", plan.source)
    for key in ("filled", "row_id", "item_id", "lines_of", "newest_by"):
        column = getattr(mapping, key)
        if column is not None:
            need_column(column, present, f"{table}.{key}", plan.source)
    for column, look in looks_of(mapping).items():
        key = f"{table}.{'lookup' if column in mapping.lookup else 'beside'}.{column}"
        need_column(look.on, present, f"{key}.on", plan.source)
        for hop in look.hops:
            need_table(hop.table, f"{key}.table", source)
            met = "equals" if look.equals or hop.table != look.table else "on"
            need_column(hop.equals, source.columns(hop.table), f"{key}.{met}", hop.table)
            newest = [("newest_by", hop.newest_by)] if hop.newest_by else []
            named = (("take", hop.take), *newest, *(("where", one) for one in hop.where))
            for part, column in named:
                need_column(column, source.columns(hop.table), f"{key}.{part}", hop.table)


def check_allowed(name: str, table: str, source: Source) -> None:
    """Refuse a table that is there and may not be read: as missing, it would change the results.

    Parameters
    ----------
    name : str
        In the source.
    table : str
        Of the contract.
    source : Source

    Raises
    ------
    SchemaError
    """
    if name in source.denied():
        raise SchemaError(
            f"Table {name!r} is in {source.label}, but this login may not read it: "
            f"GRANT SELECT ON {name} to it, or leave it out with `tables.{table}.skip: true`."
        )


def need_table(name: str, key: str, source: Source) -> None:
    """Refuse a source without a table that the settings name.

    Parameters
    ----------
    name : str
    key : str
        Of the setting, below ``tables``.
    source : Source

    Raises
    ------
    SchemaError
    """
    check_allowed(name, key.partition(".")[0], source)
    present = source.names()
    if name not in present:
        raise SchemaError(
            f"Setting `tables.{key}`: {source.label} has no table {name!r}; there are "
            f"{listed(present)}.{closest(name, present)}"
        )


def need_column(column: str, present: tuple[str, ...], key: str, table: str) -> None:
    """Refuse a source table without a column that the settings name.

    Parameters
    ----------
    column : str
    present : tuple of str
        Columns of the source table.
    key : str
        Of the setting, below ``tables``.
    table : str
        In the source.

    Raises
    ------
    SchemaError
    """
    if column not in present:
        raise SchemaError(
            f"Setting `tables.{key}`: source table {table!r} has no column {column!r}; "
            f"it has {listed(present)}.{closest(column, present)}"
        )


def check_required_columns(plan: Plan, present: tuple[str, ...]) -> None:
    """Refuse a table without a column that its contract demands.

    Parameters
    ----------
    plan : Plan
    present : tuple of str
        Columns of the source table.

    Raises
    ------
    SchemaError
    """
    table = plan.spec.name
    skip = f", or leave the table out with `tables.{table}.skip: true`"
    for column in plan.spec.columns:
        if column.demanded and column.name not in plan.collected:
            raise SchemaError(
                f"Table `{table}` (source table {plan.source!r}) lacks the required column "
                f"`{column.name}`; it has {listed(present)}.{closest(column.name, present)} "
                f"Name the column under `tables.{table}.columns.{column.name}` in the "
                f"settings{'' if table == 'accounts' else skip}."
            )


def check_repeats(plan: Plan, present: tuple[str, ...]) -> None:
    """Refuse a column that is read and of whose name there are several.

    Parameters
    ----------
    plan : Plan
    present : tuple of str
        Columns of the source table.

    Raises
    ------
    SchemaError
    """
    for column in plan.wanted:
        if present.count(column) > 1:
            raise SchemaError(
                f"Source table {plan.source!r} has {present.count(column)} columns named "
                f"{column!r}. Rename them, so that it is clear which one is meant."
            )


def listed(names: Iterable[str], limit: int = 30) -> str:
    """Return names as a message lists them: so many that it stays one sentence.

    Parameters
    ----------
    names : iterable of str
    limit : int
        Most that are named.

    Returns
    -------
    str

    Examples
    --------
    >>> listed(["b", "a", "c"], limit=2)
    "['b', 'a'] and 1 more"
    """
    found = [str(name) if len(str(name)) <= 80 else f"{str(name)[:77]}..." for name in names]
    more = f" and {len(found) - limit} more" if len(found) > limit else ""
    return f"{found[:limit]}{more}"
