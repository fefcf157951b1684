"""The rows of one table on their way through the contract: used ones, and those put aside."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.coded_text import CODED, coded
from ...arrays.plain_text import Mask, absent, displayed, hashed, plain, shortened
from ...schema.currency_codes import summed_by_currency
from ...schema.table_declaration import Column, TableSpec
from ...schema.tableset import QUARANTINE_SCHEMA, Amounts, Finding, column_type
from ..coerce import coerce
from ..delivery import Delivery
from ..forms.coerced import Coerced
from ..forms.column_forms import ColumnForm
from ..forms.words import somebody, translated, vocabulary
from ..raw_rows import Places
from ..table_plan import Origin

__all__ = ["Batch", "Problem", "money_of", "row_keys"]


_SHOWN = 3
_ROWS_LOOKED_AT = 100
"""Rows of a finding among which three different examples are looked for."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows of one table that break one rule and cannot be used.

    Parameters
    ----------
    column : str
        Empty when the rule is about the whole row.
    rule : str
    mask : ndarray of bool, shape (n_rows,)
    shown : bool
        Whether the reason quotes the value of the column.
    choices : tuple of str
        Forms of which the settings have to name one, so that the values can be read.
    """

    column: str
    rule: str
    mask: Mask
    shown: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one table that are still used, and everything said about the others.

    Parameters
    ----------
    delivery : Delivery
        The rows as the source has them.
    table : pyarrow.Table
        The used rows in canonical form.
    at : Places
        Place of each used row in the delivery.
    rows_in : int
        Rows read.
    hide : frozenset of str
        Columns whose values must not appear anywhere in plain text.
    unsure : frozenset of str
        Columns of which nothing was read, because all of the column has to be looked at first.
    forms : mapping of str to ColumnForm
        By column, the form it keeps, where somebody had to ask.
    amounts : Amounts
        The money in all rows read.
    aside : tuple of pyarrow.Table
        Rows put aside, in ``QUARANTINE_SCHEMA``.
    findings : tuple of Finding
    """

    delivery: Delivery
    table: pa.Table
    at: Places
    rows_in: int
    hide: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    forms: Mapping[str, ColumnForm] = field(default_factory=dict)
    amounts: Amounts = field(default_factory=Amounts)
    aside: tuple[pa.Table, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(
        cls, delivery: Delivery, forms: Mapping[Origin, ColumnForm], *, hash_personal: bool
    ) -> "Batch":
        """Coerce a delivery: a faulty value that is required puts its row aside, another is empty.

        Parameters
        ----------
        delivery : Delivery
        forms : mapping of (str, str) to ColumnForm
            By source column, the form that all of it keeps; the others are tried as plain.
        hash_personal : bool

        Returns
        -------
        Batch
            Where ``unsure`` is not empty, nothing else of it counts.
        """
        spec = delivery.plan.spec
        personal = [column.name for column in spec.columns if column.personal]
        named = {column.name: delivery.plan.origin(column.name) for column in spec.columns}
        kept = {name: forms[origin] for name, origin in named.items() if origin in forms}
        read = _read_columns(delivery, kept)
        table = pa.table({name: column.canonical for name, column in read.items()})
        batch = cls(
            delivery,
            table,
            Places.upto(table.num_rows),
            table.num_rows + len(delivery.rejected),
            hide=frozenset(personal if hash_personal else ()),
            unsure=frozenset(
                name
                for name, column in read.items()
                if not column.coerced.is_plain
                or (name in delivery.plan.mapping.formats and name not in kept)
            ),
            forms=kept,
            amounts=_amounts(delivery, read),
        )
        if batch.unsure:
            return batch
        told = [finding for column in read.values() for finding in _told(batch, column)]
        batch = replace(batch, findings=(*told, *_broken_findings(delivery)))
        problems = [problem for column in read.values() for problem in _problems(column)]
        return replace(batch, aside=_broken_lines(batch)).drop(problems)

    @property
    def spec(self) -> TableSpec:
        """The declaration of the table."""
        return self.delivery.plan.spec

    @property
    def row_id(self) -> pa.ChunkedArray | None:
        """The column that the settings name as number of the row, for the used rows."""
        return self._used(self.delivery.row_id)

    @property
    def item_id(self) -> pa.ChunkedArray | None:
        """The column that the settings name as subscription item, for the used rows."""
        return self._used(self.delivery.item_id)

    @classmethod
    def joined(cls, pieces: "Sequence[Batch]", table: pa.Table) -> "Batch":
        """Put pieces of one table together; what is still put aside shows its canonical values.

        Parameters
        ----------
        pieces : sequence of Batch
            In the order of the source, at least one; their rows may have been let go.
        table : pyarrow.Table
            The used rows of all pieces.

        Returns
        -------
        Batch
        """
        first = pieces[0]
        # Rows that the settings leave out count too: places are those of the source.
        starts = accumulate((piece.delivery.rows.bound for piece in pieces), initial=0)
        plan = first.delivery.plan
        delivery = Delivery(
            plan,
            table.select([name for name in table.column_names if name in plan.collected]),
            Places.joined([piece.at.among(piece.delivery.rows) for piece in pieces]),
            row_id=_chained([piece.row_id for piece in pieces]),
            item_id=_chained([piece.item_id for piece in pieces]),
        )
        return cls(
            delivery,
            table,
            Places.upto(table.num_rows),
            sum(piece.rows_in for piece in pieces),
            hide=first.hide,
            forms=first.forms,
            amounts=Amounts.added([piece.amounts for piece in pieces]),
            aside=tuple(
                _moved_on(part, start)
                for piece, start in zip(pieces, starts, strict=False)
                for part in piece.aside
            ),
            findings=_added_up(finding for piece in pieces for finding in piece.findings),
        )

    def emptied(self) -> "Batch":
        """Return everything said about the rows, without the rows."""
        # An empty slice would keep all the memory it was cut from.
        gone = replace(self.delivery, table=self.delivery.table.schema.empty_table())
        return replace(self, delivery=gone, table=self.table.schema.empty_table())

    def drop(self, problems: Iterable[Problem]) -> "Batch":
        """Put the rows with problems aside, each once with all its reasons.

        Parameters
        ----------
        problems : iterable of Problem
            Masks over the rows used so far.

        Returns
        -------
        Batch
        """
        found = [problem for problem in problems if problem.mask.any()]
        if not found:
            return self
        bad = np.logical_or.reduce([problem.mask for problem in found])
        places = np.flatnonzero(bad)
        keys = row_keys(self, places)
        findings = [self._finding(problem, places, keys) for problem in found]
        return replace(
            self,
            table=self.table.filter(pa.array(~bad)),
            at=self.at.kept(~bad),
            aside=(*self.aside, self._put_aside(found, places, keys)),
            findings=(*self.findings, *findings),
        )

    def report(self, findings: Iterable[Finding]) -> "Batch":
        """Add findings about rows that stay in use.

        Parameters
        ----------
        findings : iterable of Finding
            Those that concern no row are left out.

        Returns
        -------
        Batch
        """
        told = [finding for finding in findings if finding.count]
        return replace(self, findings=(*self.findings, *told))

    def using(self, table: pa.Table) -> "Batch":
        """Return the batch with other values in the same rows.

        Parameters
        ----------
        table : pyarrow.Table

        Returns
        -------
        Batch
        """
        return replace(self, table=table)

    def finding(self, column: str, rule: str, mask: Mask) -> Finding:
        """Describe rows that stay in use.

        Parameters
        ----------
        column : str
        rule : str
        mask : ndarray of bool, shape (n_used,)

        Returns
        -------
        Finding
        """
        count = int(np.count_nonzero(mask))
        keys = row_keys(self, np.flatnonzero(mask)[:_ROWS_LOOKED_AT]) if count else []
        return Finding(self.spec.name, column, rule, count, _examples(keys))

    def _finding(self, problem: Problem, places: npt.NDArray[np.int64], keys: list[str]) -> Finding:
        concerned = np.flatnonzero(problem.mask[places])
        return Finding(
            self.spec.name,
            problem.column,
            problem.rule,
            len(concerned),
            _examples(keys[place] for place in concerned[:_ROWS_LOOKED_AT]),
            quarantined=True,
            samples=_samples(self, problem.column, problem.mask) if problem.shown else (),
            advice=_advice(self.spec.name, problem.column, problem.choices),
        )

    def _put_aside(
        self, problems: Sequence[Problem], places: npt.NDArray[np.int64], keys: list[str]
    ) -> pa.Table:
        raw = self.delivery.table.take(pa.array(self.at.at(places)))
        shown = {name: self._displayed(raw, name) for name in raw.column_names}
        reasons: list[list[str]] = [[] for _ in keys]
        for problem in problems:
            for place in np.flatnonzero(problem.mask[places]).tolist():
                reasons[place].append(_reason(problem, shown, place))
        values = [
            json.dumps({name: texts[place] for name, texts in shown.items()}, ensure_ascii=False)
            for place in range(len(keys))
        ]
        table, rows = [self.spec.name] * len(keys), self.delivery.rows.at(self.at.at(places))
        joined = ["; ".join(parts) for parts in reasons]
        accounts = shown.get("account_id", [None] * len(keys))
        money = self._money(places)
        columns = [table, rows, joined, keys, accounts, money, values]
        return pa.table(columns, schema=QUARANTINE_SCHEMA)

    def _money(self, places: npt.NDArray[np.int64]) -> list[float | None]:
        """Return the money of rows, where there is any and it could be read."""
        if not self.amounts.column:
            return [None] * len(places)
        amounts: list[float | None] = money_of(self.spec, self.table).take(places).to_pylist()
        return amounts

    def _used(self, values: pa.ChunkedArray | None) -> pa.ChunkedArray | None:
        if values is None or not len(self.at.gaps):
            return values
        return values.take(pa.array(self.at.at(np.arange(self.at.count))))

    def _displayed(self, raw: pa.Table, name: str) -> list[str | None]:
        texts = displayed(raw[name])
        return [hashed(text) for text in texts] if name in self.hide else texts


def _examples(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the first different keys, short enough for a message."""
    return tuple(dict.fromkeys(shortened(key) for key in keys))[:_SHOWN]


def row_keys(batch: Batch, places: npt.NDArray[np.int64]) -> list[str]:
    """Name rows by the values of their key, as the source has them.

    Parameters
    ----------
    batch : Batch
    places : ndarray of int64
        Among the used rows.

    Returns
    -------
    list of str
    """
    spec = batch.spec
    named = [name for name in spec.key if name != "known_at"]
    named = named or [column.name for column in spec.columns if column.required]
    present = [name for name in named if name in batch.delivery.table.column_names]
    raw = batch.delivery.table.select(present).take(pa.array(batch.at.at(places)))
    columns = [displayed(column) for column in raw.columns]
    return [" / ".join(map(_briefly, parts)) for parts in zip(*columns, strict=True)]


def _briefly(part: str | None) -> str:
    """Leave out the midnight of a day, as most sources do."""
    return (part or "-").removesuffix(" 00:00:00Z")


@dataclass(frozen=True, slots=True)
class _ReadColumn:
    """One column of the contract as it was read, if the delivery has it."""

    column: Column
    coerced: Coerced
    canonical: pa.ChunkedArray
    delivered: bool
    unknown_words: bool = False


def _read_columns(delivery: Delivery, forms: Mapping[str, ColumnForm]) -> dict[str, _ReadColumn]:
    spec = delivery.plan.spec
    return {
        column.name: _read_column(delivery, column, column_type(spec, column), forms)
        for column in spec.columns
    }


def _read_column(
    delivery: Delivery, column: Column, kind: pa.DataType, forms: Mapping[str, ColumnForm]
) -> _ReadColumn:
    if column.name not in delivery.table.column_names:
        nothing = pa.chunked_array([pa.nulls(delivery.table.num_rows, kind)])
        return _ReadColumn(column, Coerced(nothing), nothing, delivered=False)
    plan, values = delivery.plan, delivery.table[column.name]
    own = plan.mapping.values.get(column.name, {})
    called = f"{plan.spec.name}.{column.name}"
    words = translated(called, somebody(called, values), own)
    coerced = coerce(column, _once_each(words.values, kind), forms.get(column.name))
    canonical = coded(coerced.column) if kind == CODED else plain(coerced.column)
    # Of columns with a closed list of words every single unknown one is told.
    unknown = words.unknown and not column.choices
    return _ReadColumn(column, coerced, canonical, delivered=True, unknown_words=unknown)


def _problems(read: _ReadColumn) -> Iterator[Problem]:
    """Yield what puts rows aside: a required value that is faulty or missing."""
    if not (read.column.required and read.delivered):
        return
    faults = read.coerced.faults
    for fault in faults:
        yield Problem(read.column.name, fault.rule, fault.mask, shown=True, choices=fault.choices)
    if read.coerced.column.null_count:
        sound = [~fault.mask for fault in faults]
        missing = np.logical_and.reduce([absent(read.coerced.column), *sound])
        yield Problem(read.column.name, "missing", missing)


def _told(batch: Batch, read: _ReadColumn) -> Iterator[Finding]:
    """Yield what is odd about values that are used, and which cells were emptied."""
    table, name = batch.spec.name, read.column.name
    for remark in read.coerced.remarks:
        yield Finding(table, name, remark.rule, remark.count)
    if read.unknown_words:
        filled = ~absent(read.coerced.column)
        yield replace(
            batch.finding(
                name, "none of its values is known, so nothing follows from them", filled
            ),
            samples=_samples(batch, name, filled),
            advice=_word_advice(table, name),
        )
    if not read.column.required:
        for fault in read.coerced.faults:
            yield replace(
                batch.finding(name, fault.rule, fault.mask),
                samples=_samples(batch, name, fault.mask),
                advice=_advice(table, name, fault.choices)
                or (_word_advice(table, name) if read.column.choices else ""),
                emptied=True,
            )


def _samples(batch: Batch, name: str, mask: Mask) -> tuple[str, ...]:
    """Return the first different values of a column under a mask, unless they are to be hidden."""
    if name in batch.hide or name not in batch.delivery.table.column_names:
        return ()
    places = batch.at.at(np.flatnonzero(mask)[:_ROWS_LOOKED_AT])
    values = displayed(batch.delivery.table[name].take(pa.array(places)))
    return _examples(value for value in values if value is not None)


def _advice(table: str, name: str, choices: tuple[str, ...]) -> str:
    """Return the line for the settings that answers an open question."""
    if not choices:
        return ""
    return f"tables: {{{table}: {{formats: {{{name}: {' or '.join(choices)}}}}}}}"


def _word_advice(table: str, name: str) -> str:
    """Return the line for the settings that says what words mean."""
    meanings = list(dict.fromkeys(vocabulary().get(f"{table}.{name}", {}).values()))
    one = f"one of {', '.join(meanings)}" if meanings else "the word of the contract"
    return f"tables: {{{table}: {{values: {{{name}: {{YOUR WORD: {one}}}}}}}}}"


def _amounts(delivery: Delivery, read: Mapping[str, _ReadColumn]) -> Amounts:
    """Return the money in the rows of a delivery."""
    money = [name for name in delivery.plan.spec.money if read[name].delivered]
    if not money:
        return Amounts()
    amounts = money_of(delivery.plan.spec, {name: read[name].coerced.column for name in money})
    faults = [fault.mask for name in money for fault in read[name].coerced.faults]
    unread = absent(amounts) & np.logical_or.reduce([absent(amounts) & False, *faults])
    currency = read["currency"].coerced.column if "currency" in read else None
    summed = summed_by_currency(amounts, currency)
    return Amounts(money[0], summed, int(np.count_nonzero(unread)))


def money_of(spec: TableSpec, columns: Mapping[str, pa.ChunkedArray] | pa.Table) -> pa.ChunkedArray:
    """Return the money of each row: the first of its columns of money that is filled.

    Parameters
    ----------
    spec : TableSpec
        With columns of money.
    columns : mapping of str to pyarrow.ChunkedArray, or pyarrow.Table

    Returns
    -------
    pyarrow.ChunkedArray of float64
    """
    there = columns.column_names if isinstance(columns, pa.Table) else columns
    return pc.coalesce(*(columns[name] for name in spec.money if name in there))


def _once_each(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Let each different text of a column kept as codes be read once."""
    if kind == CODED and pa.types.is_string(values.type):
        return coded(values)
    return values


def _broken_findings(delivery: Delivery) -> Iterator[Finding]:
    for remark in delivery.remarks:
        yield Finding(delivery.plan.spec.name, "", remark, 0)
    for rule, count in Counter(line.rule for line in delivery.rejected).items():
        yield Finding(delivery.plan.spec.name, "", rule, count, quarantined=True)


def _broken_lines(batch: Batch) -> tuple[pa.Table, ...]:
    lines = batch.delivery.rejected
    if not lines:
        return ()
    # A broken line cannot be divided into columns, so that nothing personal could be left out.
    texts = ["" if batch.hide else line.text for line in lines]
    table = pa.table(
        [
            [batch.spec.name] * len(lines),
            [line.row for line in lines],
            [line.rule for line in lines],
            [""] * len(lines),
            [None] * len(lines),
            [None] * len(lines),
            [json.dumps({"line": text}, ensure_ascii=False) for text in texts],
        ],
        schema=QUARANTINE_SCHEMA,
    )
    return (table,)


def _reason(problem: Problem, shown: dict[str, list[str | None]], place: int) -> str:
    where = f"column `{problem.column}`: " if problem.column else ""
    value = shown[problem.column][place] if problem.shown else None
    return f"{where}{problem.rule}" + (f", got {shortened(value)!r}" if value is not None else "")


def _moved_on(aside: pa.Table, start: int) -> pa.Table:
    """Return rows put aside with their places counted from further up."""
    place = QUARANTINE_SCHEMA.get_field_index("row")
    return aside.set_column(place, QUARANTINE_SCHEMA.field(place), pc.add(aside["row"], start))


def _chained(parts: list[pa.ChunkedArray | None]) -> pa.ChunkedArray | None:
    chunks = [chunk for part in parts if part is not None for chunk in part.chunks]
    return pa.chunked_array(chunks) if chunks else None


def _added_up(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put findings about the same rule together, with the first examples."""
    whole: dict[tuple[str, str, bool], Finding] = {}
    for finding in findings:
        key = (finding.column, finding.rule, finding.quarantined)
        earlier = whole.get(key, replace(finding, count=0, examples=(), samples=()))
        examples = _examples((*earlier.examples, *finding.examples))
        samples = _examples((*earlier.samples, *finding.samples))
        count = earlier.count + finding.count
        whole[key] = replace(finding, count=count, examples=examples, samples=samples)
    return tuple(whole.values())
