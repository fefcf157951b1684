"""How one table of the contract is read: its source, its columns, and what comes from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..schema.table_declaration import TableSpec
from ..schema.table_mapping import Lookup, TableMapping
from .formulas import columns_in

__all__ = ["ELSEWHERE", "Origin", "Plan", "looks_of"]


Origin = tuple[str, str]
"""A source table and a column of it."""

ELSEWHERE = ("constants", "lookup", "formulas")
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
        return self._own.union(*(part.collected for part in self.also))

    @property
    def changing(self) -> frozenset[str]:
        """The canonical columns that a later day can change, in one source of the table at least.

        A constant, and what is computed from nothing but columns that are written once, stays as
        it is: so does an end that is a month after the beginning, though most ends can be moved.
        """
        spec = {column.name: column for column in self.spec.columns}
        once = {source for name, source in self.columns.items() if not spec[name].history}
        computed = {
            name
            for name, formula in self.mapping.formulas.items()
            if once.issuperset(columns_in(formula, self.computed_from))
        }
        own = (name for name in self._own if name in spec and spec[name].history)
        lasting = computed | self.mapping.constants.keys()
        return frozenset(own).difference(lasting).union(*(part.changing for part in self.also))

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
    def _own(self) -> frozenset[str]:
        elsewhere = (column for kind in ELSEWHERE for column in getattr(self.mapping, kind))
        return frozenset([*self.columns, *elsewhere])

    @property
    def wanted(self) -> tuple[str, ...]:
        """The source columns to read, each once."""
        extra = (
            *(self.mapping.row_id, self.mapping.item_id, self.mapping.lines_of),
            self.mapping.newest_by,
        )
        names = [*self.columns.values(), *self.mapping.only, *self.mapping.but_not]
        names += [self.mapping.filled] if self.mapping.filled else []
        names += [look.on for look in looks_of(self.mapping).values()]
        names += self.computed_from
        return tuple(dict.fromkeys([*names, *(name for name in extra if name)]))


def looks_of(mapping: TableMapping) -> dict[str, Lookup]:
    """Return all lookups: those of canonical columns, and those beside the source's own."""
    return {**mapping.lookup, **mapping.beside}
