"""Rows and money that a reading put aside: what a run says before anything else."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ...features.errors import SchemaError
from ...features.schema.currency_codes import summed_by_currency
from ...features.schema.tableset import Finding, Tables

__all__ = ["PutAside", "put_aside", "refuse_unreadable", "told_aside"]

_TIMES_A_YEAR = {"subscription_items": 12.0}
"""How often a year the money of a row is due; once where a table is not named."""

_BINDING = ("contracts", "subscription_items", "contract_events")
"""Without these nobody can tell what churn means, what an account pays or who has given notice."""

_NOTABLE = 0.01
"""From which share of a table's rows on rows put aside are a finding."""

_REPEATED = "repeats"


@dataclass(frozen=True, slots=True)
class PutAside:
    """What was put aside of one table.

    Parameters
    ----------
    table : str
    rows_in : int
    rows : int
        Put aside, repetitions of earlier rows left out: what those say is in use.
    money : mapping of str to float
        Per year, of those rows that state it, by currency; empty for a table without money.
    why : str
        The commonest reason.
    """

    table: str
    rows_in: int
    rows: int
    money: Mapping[str, float]
    why: str

    @property
    def share(self) -> float:
        """Of the table's rows, 0 to 1."""
        return self.rows / self.rows_in if self.rows_in else 0.0

    @property
    def notable(self) -> bool:
        """Whether it is a finding: money, or more than a stray row."""
        return bool(self.money) or self.share >= _NOTABLE

    @property
    def sentence(self) -> str:
        """What to say of it."""
        amounts = " and ".join(f"{sum_:,.0f} {code}".strip() for code, sum_ in self.money.items())
        worth = f", worth {amounts} a year" if amounts else ""
        rows = "row" if self.rows_in == 1 else "rows"
        return (
            f"`{self.table}`: {self.rows:,} of {self.rows_in:,} {rows} put aside{worth}, most "
            f"because {self.why}."
        )


def put_aside(tables: Tables) -> tuple[PutAside, ...]:
    """Return what was put aside, table by table.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    tuple of PutAside
        The largest share first; only tables of which something was put aside.

    Examples
    --------
    >>> put_aside(Tables({}))
    ()
    """
    rows = tables.quarantine
    if rows is None or not rows.num_rows:
        return ()
    repeated = pc.match_substring_regex(rows["reason"], rf"^(column `[^`]*`: )?{_REPEATED} [^;]*$")
    rows = rows.filter(pc.invert(repeated))
    found = [
        _of_table(str(name), rows.filter(pc.equal(rows["table"], name)), tables)
        for name in pc.unique(rows["table"]).to_pylist()
    ]
    return tuple(sorted(found, key=lambda part: (-part.share, part.table)))


def told_aside(tables: Tables) -> tuple[str, ...]:
    """Return what to say first of a reading: what of it is missing in everything that follows.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    tuple of str
        Empty unless something notable was put aside, or could not be read.
    """
    aside = [part.sentence for part in put_aside(tables) if part.notable]
    return (*aside, *_not_read(tables))


def refuse_unreadable(tables: Tables) -> None:
    """Refuse tables of contracts and money of which rows came and none can be used.

    Parameters
    ----------
    tables : Tables

    Raises
    ------
    SchemaError
        If there is such a table: without it another business would be read, in silence.
    """
    for part in put_aside(tables):
        if part.table in _BINDING and not tables.filled(part.table):
            raise SchemaError(
                f"Nothing is left of `{part.table}`, and without it nobody can tell what accounts "
                f"pay and when they decide: {part.sentence[len(part.table) + 4 :]} Mend it "
                f"(`churngrid check` shows the rows), or set `tables.{part.table}.skip: true`."
            )


def _of_table(name: str, rows: pa.Table, tables: Tables) -> PutAside:
    reasons = Counter(str(reason).split(", got ")[0] for reason in rows["reason"].to_pylist())
    return PutAside(
        table=name,
        rows_in=int(tables.rows_in.get(name, rows.num_rows)),
        rows=rows.num_rows,
        money=_money(name, rows),
        why=reasons.most_common(1)[0][0],
    )


def _money(name: str, rows: pa.Table) -> dict[str, float]:
    """Return what the rows of a table say is due in a year, as far as it could be read."""
    due = rows.filter(pc.fill_null(pc.greater(rows["money"], 0.0), False))
    if not due.num_rows:
        return {}
    currency = pa.chunked_array(
        [[json.loads(values).get("currency") for values in due["values"].to_pylist()]], pa.string()
    )
    times = _TIMES_A_YEAR.get(name, 1.0)
    summed = summed_by_currency(due["money"], currency)
    return {code: times * amount for code, amount in summed.items()}


def _not_read(tables: Tables) -> Iterator[str]:
    """Yield what was not read of rows in use: money, what waits for an answer, most of a column."""
    for name, intake in tables.intake.items():
        if intake.amounts_unread:
            yield (
                f"`{name}`: {intake.amounts_unread:,} of {intake.rows_in:,} amounts "
                f"(`{intake.money_column}`) could not be read; how much they are nobody knows."
            )
    for finding in tables.findings:
        if not finding.emptied:
            continue
        said = (
            f"`{finding.table}`: {finding.count:,} values of `{finding.column}` were not read "
            f"({finding.rule})."
        )
        if finding.advice:
            yield f"{said} Add to the settings: {finding.advice}."
        elif _most_are_lost(finding, tables):
            yield f"{said[:-1]}, {_told(tables, finding)}: it is as if nobody had said them."


def _most_are_lost(finding: Finding, tables: Tables) -> bool:
    """Tell whether more values of a column were emptied than are left."""
    return finding.count > _left(finding, tables)


def _left(finding: Finding, tables: Tables) -> int:
    if finding.table not in tables or finding.column not in tables[finding.table].column_names:
        return 0
    column = tables[finding.table][finding.column]
    return int(len(column) - column.null_count)


def _told(tables: Tables, finding: Finding) -> str:
    left = _left(finding, tables)
    return f"{left:,} were" if left > 1 else f"{('none', 'one')[left]} was"
