"""Exports of known systems: declared layouts, recognised by names and columns of their files."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import as_file, files

from pydantic import Field

from ...errors import SchemaError
from ...schema.suggestions import closest
from ...schema.table_mapping import Lookup, TableMapping
from ...schema.tables import table_spec
from ...schema.yaml_base_model import Declared
from ...schema.yaml_file import load_yaml
from ..forms.words import spellings
from .profiles import TableProfile
from .proposal import Part, Take
from .words import column_words, table_words

__all__ = ["SYSTEMS", "Layout", "Preset", "Recognised", "preset_named", "recognised"]


SYSTEMS = (
    *("salesforce", "hubspot", "chargebee", "stripe", "zendesk", "intercom", "segment"),
    *("mixpanel", "amplitude"),
)
"""Names of the presets; of several, the accounts of the first are those of the company."""

_QUOTED = re.compile(r'"((?:[^"]|"")+)"')


class Sheet(Declared):
    """How one file or table of a layout is known.

    Parameters
    ----------
    called : list of str
        Names it may have; prefixes, plural and the name of the system do not matter.
    has : list of str
        Columns that it has.
    instead : dict of str to list of str
        Columns that stand in for one that an export lacks, the best first.
    """

    called: list[str] = Field(min_length=1)
    has: list[str] = Field(min_length=2)
    instead: dict[str, list[str]] = Field(default_factory=dict)


class Layout(Declared):
    """One way in which a system is exported.

    Parameters
    ----------
    name : str
    sheets : dict of str to Sheet
    tables : dict of str to TableMapping
        As in the settings; each ``source`` is a sheet.
    otherwise : dict of str to TableMapping
        Used where the sheets of ``tables`` give nothing for a canonical table.
    aside : dict of str to str
        Further tables of the system that are not read, and why.
    """

    name: str
    sheets: dict[str, Sheet]
    tables: dict[str, TableMapping]
    otherwise: dict[str, TableMapping] = Field(default_factory=dict)
    aside: dict[str, str] = Field(default_factory=dict)


class Preset(Declared):
    """What is known of the exports of one system.

    Parameters
    ----------
    system : str
    documented : list of str
        Where its maker describes them.
    layouts : list of Layout
    """

    system: str
    documented: list[str]
    layouts: list[Layout]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A layout that was found in a source.

    Parameters
    ----------
    preset : Preset
    layout : Layout
    sheets : mapping of str to TableProfile
        Which source table each sheet is.
    """

    preset: Preset
    layout: Layout
    sheets: Mapping[str, TableProfile]

    def aside(self, tables: Iterable[TableProfile]) -> dict[str, str]:
        """Return the source tables of the system that are not read, and why."""
        words = {table_words(name): why for name, why in self.layout.aside.items()}
        used = {table.name for table in self.sheets.values()}
        system = column_words(self.preset.system)
        said = {table.name: _without(table.words, system) for table in tables}
        return {name: words[w] for name, w in said.items() if w in words and name not in used}

    def covered(self) -> set[str]:
        """Return the source tables of which nothing further has to be found out.

        A sheet that lacks what one of its tables needs is looked at by its values as well.
        """
        there = {(part.table, part.source) for part in self.parts()}
        wanted = ((name, one) for name, m in self.layout.tables.items() for one in (m, *m.also))
        open_ = {
            sheet.name
            for name, one in wanted
            if (sheet := self.sheets.get(one.source or "")) and not one.filled
            if (name, sheet.name) not in there
        }
        return {table.name for table in self.sheets.values()} - open_

    def parts(self) -> Iterator[Part]:
        """Yield what is read from the sheets that are there."""
        found = [*self._parts(self.layout.tables)]
        there = {part.table for part in found}
        yield from found
        yield from (part for part in self._parts(self.layout.otherwise) if part.table not in there)

    def _parts(self, tables: Mapping[str, TableMapping]) -> Iterator[Part]:
        for name, mapping in tables.items():
            for one in (mapping, *mapping.also):
                part = self._part(name, one)
                if part is not None:
                    yield part

    def _part(self, name: str, mapping: TableMapping) -> Part | None:
        sheet = self.sheets.get(mapping.source or "")
        if sheet is None:
            return None
        takes = [take for take in self._takes(mapping, sheet) if take is not None]
        there = {take.column for take in takes}
        spec = table_spec(name)
        if any(column.demanded and column.name not in there for column in spec.columns):
            return None
        filled = _column(sheet, mapping.filled or "")
        only = _filters(sheet, mapping.only)
        if (mapping.filled and not filled) or not all(map(partial(_meets, sheet), only.items())):
            return None
        return Part(
            name,
            sheet.name,
            tuple(take for column in spec.columns for take in takes if take.column == column.name),
            only=only,
            but_not=_met(sheet, _filters(sheet, mapping.but_not)),
            beside=dict(self._beside(mapping, sheet)),
            why=f"{self.preset.system}, {self.layout.name}",
            filled=filled,
        )

    def _takes(self, mapping: TableMapping, sheet: TableProfile) -> Iterator[Take | None]:
        instead = self.layout.sheets[mapping.source or ""].instead
        for name, column in mapping.columns.items():
            named = (_column(sheet, one) for one in (column, *instead.get(column, ())))
            filled = (one for one in named if one and not sheet.columns[one].empty)
            found = next(filled, "")
            yield Take(name, found) if found else None
        for name, constant in mapping.constants.items():
            yield Take(name, constant=constant)
        beside = set(dict(self._beside(mapping, sheet)))
        for name, formula in mapping.formulas.items():
            written = _formula(sheet, formula, beside)
            yield Take(name, formula=written) if written else None
        for name, look in mapping.lookup.items():
            lookup = self._lookup(look, sheet)
            yield Take(name, str(lookup["on"]), lookup=lookup) if lookup else None

    def _beside(
        self, mapping: TableMapping, sheet: TableProfile
    ) -> Iterator[tuple[str, dict[str, object]]]:
        for name, look in mapping.beside.items():
            lookup = self._lookup(look, sheet)
            if lookup:
                yield name, lookup

    def _lookup(self, look: Lookup, sheet: TableProfile) -> dict[str, object]:
        """Return a lookup by the names of the source; empty where a table or column is missing."""
        on = _column(sheet, look.on)
        hops = []
        for hop in look.hops:
            other = self.sheets.get(hop.table)
            if other is None or not on:
                return {}
            equals, take = _column(other, hop.equals), _column(other, hop.take)
            if not equals or not take:
                return {}
            written: dict[str, object] = {"table": other.name, "equals": equals, "take": take}
            if hop.where:
                written["where"] = {_column(other, c): v for c, v in hop.where.items()}
            for flag in ("earliest", "by_domain", "alike"):
                if getattr(hop, flag):
                    written[flag] = True
            hops.append(written)
        first, *more = hops
        return {"on": on, **first, **({"then": more} if more else {})}


def preset_named(name: str) -> Preset:
    """Return what is known of the exports of a system.

    Parameters
    ----------
    name : str
        One of ``SYSTEMS``.

    Returns
    -------
    Preset

    Raises
    ------
    SchemaError
        If there is no such preset.

    Examples
    --------
    >>> preset_named("stripe").system
    'Stripe'
    """
    if name not in SYSTEMS:
        raise SchemaError(
            f"`preset` must be one of {list(SYSTEMS)}, got {name!r}.{closest(name, SYSTEMS)}"
        )
    return _read(name)


@lru_cache
def _read(name: str) -> Preset:
    with as_file(files(__package__).joinpath("presets", f"{name}.yaml")) as path:
        return load_yaml(path, Preset)


def recognised(
    tables: Mapping[str, TableProfile], systems: Sequence[str] = SYSTEMS
) -> list[Recognised]:
    """Return the layouts that are found in a source, at most one a system.

    Parameters
    ----------
    tables : mapping of str to TableProfile
    systems : sequence of str

    Returns
    -------
    list of Recognised
        In the order of ``SYSTEMS``. No table is a sheet of two layouts.

    Raises
    ------
    SchemaError
        If a system has no preset.
    """
    presets = {name: preset_named(name) for name in systems}
    taken: set[str] = set()
    found = []
    for name in (name for name in SYSTEMS if name in presets):
        free = [table for table in tables.values() if table.name not in taken]
        layouts = [_found(presets[name], layout, free) for layout in presets[name].layouts]
        best = max(layouts, key=lambda one: len(one.sheets))
        if any(True for _ in best.parts()):
            found.append(best)
            taken |= {table.name for table in best.sheets.values()}
    return found


def _found(preset: Preset, layout: Layout, tables: Iterable[TableProfile]) -> Recognised:
    system = column_words(preset.system)
    sheets: dict[str, TableProfile] = {}
    for name, sheet in layout.sheets.items():
        called = {table_words(one) for one in sheet.called}
        for table in tables:
            is_it = table.words in called or _is_called(_without(table.words, system), called)
            used = {other.name for other in sheets.values()}
            if is_it and table.name not in used and _has(table, sheet.has):
                sheets[name] = table
                break
    return Recognised(preset, layout, sheets)


def _is_called(words: tuple[str, ...], called: set[tuple[str, ...]]) -> bool:
    """Say whether a name is, or ends with, that of a sheet: `crm export all companies`."""
    return words in called or any(one and words[-len(one) :] == one for one in called)


def _without(words: tuple[str, ...], system: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in system)


def _has(table: TableProfile, columns: Iterable[str]) -> bool:
    return all(_column(table, column) for column in columns)


def _column(table: TableProfile, wanted: str) -> str:
    """Return the column of a table that has this name in whatever spelling; empty if none has."""
    if wanted in table.columns:
        return wanted
    words = column_words(wanted)
    said = (name for name in table.columns if wanted and _same(column_words(name), words))
    return next(said, "")


def _same(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Say whether two names have the same words, also where one writes them without a mark."""
    return words == others or (len(words) == 1 and words[0] == "".join(others))


def _filters(sheet: TableProfile, rows: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    named = {_column(sheet, column): tuple(values) for column, values in rows.items()}
    return {column: values for column, values in named.items() if column}


def _meets(sheet: TableProfile, rows: tuple[str, tuple[str, ...]]) -> bool:
    """Say whether a filter leaves any row."""
    column, values = rows
    return bool(sheet.columns[column].lowered & spellings(values))


def _met(sheet: TableProfile, rows: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Leave out the filters that meet no row."""
    return {column: values for column, values in rows.items() if _meets(sheet, (column, values))}


def _formula(sheet: TableProfile, formula: str, beside: set[str]) -> str:
    """Write an expression with the names of the source; empty where one is missing."""
    names = {name.replace('""', '"') for name in _QUOTED.findall(formula)}
    spelled = {name: name if name in beside else _column(sheet, name) for name in names}
    if not all(spelled.values()):
        return ""

    def named(found: re.Match[str]) -> str:
        name = spelled[found[1].replace('""', '"')]
        return '"' + name.replace('"', '""') + '"'

    return _QUOTED.sub(named, formula)
