"""The rows of one table on their way through the contract: used ones, and those put aside."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.coded_text import CODED, coded
from ..arrays.plain_text import Mask, absent, displayed, hashed, plain, shortened
from ..schema.tables import TableSpec
from ..schema.tableset import QUARANTINE_SCHEMA, Finding, column_type
from .coerce import coerce
from .column_mapping import Delivery
from .raw_rows import Places

__all__ = ["Batch", "Problem", "row_keys"]


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
    """

    column: str
    rule: str
    mask: Mask
    shown: bool = False


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
    aside : tuple of pyarrow.Table
        Rows put aside, in ``QUARANTINE_SCHEMA``.
    findings : tuple of Finding
    """

    delivery: Delivery
    table: pa.Table
    at: Places
    rows_in: int
    hide: frozenset[str] = frozenset()
    aside: tuple[pa.Table, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, delivery: Delivery, *, hash_personal: bool) -> "Batch":
        """Coerce a delivery and put aside what cannot be read or lacks a required value.

        Parameters
        ----------
        delivery : Delivery
        hash_personal : bool

        Returns
        -------
        Batch
        """
        spec = delivery.plan.spec
        personal = [column.name for column in spec.columns if column.personal]
        table, problems, remarks = _coerced(delivery)
        batch = cls(
            delivery,
            table,
            Places.upto(table.num_rows),
            table.num_rows + len(delivery.rejected),
            hide=frozenset(personal if hash_personal else ()),
        )
        batch = replace(batch, findings=(*remarks, *_broken_findings(delivery)))
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
        return pa.table([table, rows, joined, keys, values], schema=QUARANTINE_SCHEMA)

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


def _coerced(delivery: Delivery) -> tuple[pa.Table, list[Problem], tuple[Finding, ...]]:
    problems, remarks, columns = [], [], {}
    spec = delivery.plan.spec
    for column in spec.columns:
        kind = column_type(spec, column)
        if column.name not in delivery.table.column_names:
            columns[column.name] = pa.nulls(delivery.table.num_rows, kind)
            continue
        read = coerce(column, _once_each(delivery.table[column.name], kind))
        columns[column.name] = coded(read.column) if kind == CODED else plain(read.column)
        problems += [
            Problem(column.name, fault.rule, fault.mask, shown=True) for fault in read.faults
        ]
        remarks += [
            Finding(spec.name, column.name, remark.rule, remark.count) for remark in read.remarks
        ]
        if column.required and read.column.null_count:
            faulty = [fault.mask for fault in read.faults]
            missing = np.logical_and.reduce([absent(read.column), *(~mask for mask in faulty)])
            problems.append(Problem(column.name, "missing", missing))
    return pa.table(columns), problems, tuple(remarks)


def _once_each(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Let each different text of a column kept as codes be read once."""
    if kind == CODED and pa.types.is_string(values.type):
        return coded(values)
    return values


def _broken_findings(delivery: Delivery) -> Iterator[Finding]:
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
        earlier = whole.get(key, replace(finding, count=0, examples=()))
        examples = _examples((*earlier.examples, *finding.examples))
        whole[key] = replace(finding, count=earlier.count + finding.count, examples=examples)
    return tuple(whole.values())
