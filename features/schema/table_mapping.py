"""How a table of the contract is found in a source that has other names."""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from .yaml_base_model import Declared

__all__ = ["Hop", "Lookup", "TableMapping"]


def _to_word(value: object) -> object:
    """Write what YAML took for a number or a truth value as the text it was."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


_Word = Annotated[str, BeforeValidator(_to_word)]


class _Step(Declared):
    table: str
    take: str
    where: dict[str, list[_Word]] = Field(default_factory=dict)
    earliest: bool = False
    by_domain: bool = False
    alike: bool = False
    newest_by: str | None = None


class Hop(_Step):
    """A step from one source table to the next.

    Parameters
    ----------
    table : str
    equals : str
        Column that is met by what the step before gave.
    take : str
        Column to go on with.
    where : dict of str to list of str
        Rows that count: column of the table and the admitted values.
    earliest : bool
        Of several answers the earliest, or the first in the alphabet, counts; without it they are
        an error.
    by_domain : bool
        Addresses of e-mail and of web sites meet where their domains are the same.
    alike : bool
        Keys meet whatever a spreadsheet or another system made of them: another case, zeros in
        front gone, `.0` behind, 15 of the 18 characters of Salesforce. Two keys that become the
        same are an error.
    newest_by : str or None
        Where the table has versions: column with the moment at which each was made; of several
        rows with the same ``equals`` the newest counts.
    """

    equals: str


class Lookup(_Step):
    """Where a column comes from when it stands in another source table.

    Parameters
    ----------
    table : str
        Source table that has the value.
    on : str
        Column of the table that asks.
    equals : str or None
        Column of the other table that is met; the name of ``on`` by default.
    take, where, earliest, by_domain, alike, newest_by
        As in ``Hop``.
    then : list of Hop
        Further tables to go through, each with what the one before gave.
    """

    on: str
    equals: str | None = None
    then: list[Hop] = Field(default_factory=list)

    @property
    def hops(self) -> tuple[Hop, ...]:
        """All tables to go through, in order."""
        first = self.model_dump(exclude={"on", "then"})
        return (Hop.model_validate(first | {"equals": self.equals or self.on}), *self.then)


class TableMapping(Declared):
    """How one canonical table is found in the source.

    Parameters
    ----------
    source : str or None
        Name in the source; the canonical name by default.
    columns : dict of str to str
        Canonical column to source column; those not named keep their name.
    only : dict of str to list of str
        Rows kept: source column and the admitted values.
    but_not : dict of str to list of str
        Rows left out: source column and the values whose rows are.
    filled : str or None
        Source column without a value in rows that are left out.
    constants : dict of str to str
        Canonical columns that have the same value in every row.
    lookup : dict of str to Lookup
        Canonical columns that stand in another source table.
    values : dict of str to dict of str to str
        By canonical column, what the words of the source mean, beside those that are known anyway
        (``P1``, ``Urgent``, ``Done``, ...).
    formats : dict of str to str
        By canonical column, how its times or numbers are written where the data does not tell:
        ``day-first``, ``month-first``, ``year-month``, ``seconds``, ``decimal-comma``, ...
    beside : dict of str to Lookup
        Columns of other source tables under names of your own, for ``formulas`` to use.
    formulas : dict of str to str
        Canonical columns that are computed row by row: expressions of DuckDB over the columns of
        the source table (``"Unit Price"``) and those of ``beside``. ``number("x")``,
        ``moment("x")`` and ``flag("x")`` read a column as the contract does.
    month_columns : bool
        Columns named by a month (``Jan-24``, ``2024-01``) or a quarter (``Q1 2024``) are read below
        each other: each filled cell is a row, with the first day of its month or quarter in
        ``column_month`` and what stands in it in ``column_value``, beside the other columns.
    lines_of : str or None
        Source column that names what several rows are the lines of, such as an invoice: they are
        one row, with everything from the first line but the sums of ``add_up``.
    add_up : list of str
        Canonical columns of amounts that are added up over the lines.
    newest_by : str or None
        Source column with a moment: of several rows of the same ``lines_of`` the newest counts, and
        not the first. So versions of one thing become what it is now.
    changes : list of str
        Canonical columns of amounts that are changes, such as movements of MRR: they are added up
        in the order of ``effective_from``, item by item, to what is paid after each.
    row_id : str or None
        Source column that numbers the rows of a table without an id of its own; values that
        repeat are reported.
    item_id : str or None
        Source column that names the subscription item a row belongs to; rows outside the period
        of their item are reported.
    skip : bool
        Leave the table out, although the source has one of that name.
    also : list of TableMapping
        Further source tables whose rows are read below those of the first; each names its own
        ``source``.
    """

    source: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    only: dict[str, list[_Word]] = Field(default_factory=dict)
    but_not: dict[str, list[_Word]] = Field(default_factory=dict)
    filled: str | None = None
    constants: dict[str, _Word] = Field(default_factory=dict)
    lookup: dict[str, Lookup] = Field(default_factory=dict)
    values: dict[str, dict[_Word, _Word]] = Field(default_factory=dict)
    formats: dict[str, str] = Field(default_factory=dict)
    beside: dict[str, Lookup] = Field(default_factory=dict)
    formulas: dict[str, str] = Field(default_factory=dict)
    month_columns: bool = False
    lines_of: str | None = None
    add_up: list[str] = Field(default_factory=list)
    newest_by: str | None = None
    changes: list[str] = Field(default_factory=list)
    row_id: str | None = None
    item_id: str | None = None
    skip: bool = False
    also: list["TableMapping"] = Field(default_factory=list)

    @model_validator(mode="after")
    def _sums_are_of_lines(self) -> "TableMapping":
        for key in ("add_up", "newest_by"):
            if getattr(self, key) and self.lines_of is None:
                raise ValueError(
                    f"`{key}` needs `lines_of`: the column that names what the lines are of"
                )
        if self.add_up and self.newest_by:
            raise ValueError("`add_up` is of lines and `newest_by` of versions: name one of them")
        return self

    @model_validator(mode="after")
    def _further_sources_are_named(self) -> "TableMapping":
        for place, part in enumerate(self.also):
            if part.source is None or part.also or part.skip:
                raise ValueError(
                    f"`also` entry {place + 1} must name its `source` and have neither `also` nor "
                    "`skip` of its own"
                )
        return self
