"""From raw deliveries to the tables of a company: contract, cross-checks, and the accounts kept."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from ...errors import SchemaError
from ...schema.currency_codes import summed_by_currency
from ...schema.tables import FACT_TABLES
from ...schema.tableset import QUARANTINE_SCHEMA, Finding, Intake, Tables
from ..delivery import Delivery, Pieces
from ..forms.column_forms import ColumnForm
from ..forms.kept_forms import kept_forms
from ..growing_table import GatheredTable
from ..table_plan import Origin
from .checked_rows import Batch, money_of
from .cross_checks import cross_check
from .row_rules import apply_row_rules, drop_repeated, drop_unknown_accounts
from .snapshot_columns import snapshot_columns

__all__ = ["Reading", "check_deliveries", "check_some"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a company is read.

    Parameters
    ----------
    hash_personal : bool
        Whether personal columns are replaced by hashes, in the tables as in the quarantine.
    memory_mb : int
        What a table that grows with use may take; its columns beyond that are kept on disk.
    whole : bool
        Whether all rows of the company are there. Only then can a column tell which form it keeps;
        otherwise it is what the settings name, or how machines write.
    progress : callable or None
        Called with the name of the table and its rows read so far.
    """

    hash_personal: bool
    memory_mb: int
    whole: bool = True
    progress: Callable[[str, int], None] | None = None


def check_deliveries(
    deliveries: Mapping[str, Pieces],
    findings: Callable[[], Iterable[Finding]],
    reading: Reading,
) -> Tables:
    """Hold every row against the contract.

    Parameters
    ----------
    deliveries : mapping of str to callable
        By table, what gives the pieces of it in order, each time it is called; ``accounts`` first,
        and at least one table of facts.
    findings : callable
        Gives what is known about the source itself, once everything was read.
    reading : Reading

    Returns
    -------
    Tables

    Raises
    ------
    SchemaError
        If no row of ``accounts``, or of all tables of facts together, can be used.
    """
    batches: dict[str, Batch] = {}
    for name, batch in _in_turn(deliveries, reading):
        batches[name] = batch
        if name == "accounts":
            _check_left([batch])
    _check_left([batches[name] for name in FACT_TABLES if name in batches])
    snapshots, snapshot_findings = snapshot_columns(batches)
    tables = _tables(batches)
    return replace(
        tables,
        findings=(*findings(), *tables.findings, *snapshot_findings, *cross_check(batches)),
        snapshot_only=snapshots,
    )


def check_some(deliveries: Mapping[str, Pieces], reading: Reading) -> Tables:
    """Hold the rows of some accounts against the contract.

    What only all rows together show is left out: whether anything is left of a table, what
    contradicts between tables, and which columns have no history.

    Parameters
    ----------
    deliveries : mapping of str to callable
        By table, what gives its pieces; ``accounts`` first. Tables may be empty.
    reading : Reading

    Returns
    -------
    Tables
    """
    return _tables(dict(_in_turn(deliveries, reading)))


def _in_turn(deliveries: Mapping[str, Pieces], reading: Reading) -> Iterator[tuple[str, Batch]]:
    """Yield table after table; those after the first are held against the accounts it has."""
    account_ids: pa.ChunkedArray | None = None
    for name, pieces in deliveries.items():
        batch = _checked(pieces, account_ids, reading)
        if account_ids is None:
            account_ids = batch.table["account_id"]
        yield name, batch


def _tables(batches: Mapping[str, Batch]) -> Tables:
    return Tables(
        by_name={name: batch.table for name, batch in batches.items()},
        collected={name: _collected(batch) for name, batch in batches.items()},
        findings=tuple(finding for batch in batches.values() for finding in batch.findings),
        quarantine=_quarantine(batches),
        rows_in={name: batch.rows_in for name, batch in batches.items()},
        intake={name: _intake(batch) for name, batch in batches.items()},
    )


def _intake(batch: Batch) -> Intake:
    """Return what came of the rows of one table, and of the money in them."""
    money, table = batch.amounts.column, batch.table
    currency = table["currency"] if "currency" in table.column_names else None
    return Intake(
        rows_in=batch.rows_in,
        rows_used=batch.table.num_rows,
        cells_emptied=sum(finding.count for finding in batch.findings if finding.emptied),
        money_column=money,
        money_in_by=batch.amounts.by_currency,
        money_used_by=summed_by_currency(money_of(batch.spec, table), currency) if money else {},
        amounts_unread=batch.amounts.unread,
    )


def _checked(pieces: Pieces, account_ids: pa.ChunkedArray | None, reading: Reading) -> Batch:
    """Hold one table against the contract, piece by piece where it comes so.

    Values are first tried as machines write them. A column that has others is looked at as a whole
    before any of it is read, so that all pieces are read by the same form.
    """
    forms: dict[Origin, ColumnForm] = {}
    reading = replace(reading, progress=_never_back(reading.progress))
    while True:
        batches, gathered = _one_pass(pieces(), forms, account_ids, reading)
        unsure = batches[-1].unsure
        if not unsure:
            break
        forms |= _forms_of(pieces() if reading.whole else (), batches[-1], unsure)
    whole = drop_repeated(_joined(batches, gathered))
    if account_ids is not None and not whole.spec.bulky:
        whole = drop_unknown_accounts(whole, account_ids)
    return whole


def _one_pass(
    pieces: Iterable[Delivery],
    forms: Mapping[Origin, ColumnForm],
    account_ids: pa.ChunkedArray | None,
    reading: Reading,
) -> tuple[list[Batch], GatheredTable | None]:
    """Check piece after piece, up to one with a column whose form is not known yet."""
    batches: list[Batch] = []
    gathered: GatheredTable | None = None
    for delivery in pieces:
        batch = Batch.of(delivery, forms, hash_personal=reading.hash_personal)
        if batch.unsure:
            return [batch], None
        batch = apply_row_rules(batch)
        if account_ids is not None and batch.spec.bulky:
            batch = drop_unknown_accounts(batch, account_ids)
            gathered = gathered or GatheredTable(batch.table.schema, memory_mb=reading.memory_mb)
            gathered.add(batch.table)
            batch = batch.emptied()
        batches.append(batch)
        if reading.progress:
            reading.progress(batch.spec.name, sum(part.rows_in for part in batches))
    return batches, gathered


def _never_back(
    progress: Callable[[str, int], None] | None,
) -> Callable[[str, int], None] | None:
    """Return a callback that tells only of more rows than before: a table may be read again."""
    if progress is None:
        return None
    most = 0

    def tell(name: str, rows: int) -> None:
        nonlocal most
        most = max(most, rows)
        progress(name, most)

    return tell


def _forms_of(
    pieces: Iterable[Delivery], batch: Batch, columns: Iterable[str]
) -> dict[Origin, ColumnForm]:
    """Look at all of some columns of one source."""
    plan = batch.delivery.plan
    tables = (delivery.table for delivery in pieces if delivery.plan is plan)
    found = kept_forms(tables, plan.spec, columns, plan.mapping.formats)
    return {plan.origin(name): form for name, form in found.items()}


def _joined(batches: list[Batch], gathered: GatheredTable | None) -> Batch:
    if gathered is not None:
        return Batch.joined(batches, gathered.table())
    if len(batches) == 1:
        return batches[0]
    return Batch.joined(batches, pa.concat_tables([batch.table for batch in batches]))


def _collected(batch: Batch) -> frozenset[str]:
    """Return the columns the source had, and those that follow from them."""
    had = batch.delivery.plan.collected
    return had | {"left_known_at"} if "left_account_at" in had else had


def _check_left(batches: list[Batch]) -> None:
    """At least one of these tables must have a row that can be used."""
    if any(batch.table.num_rows for batch in batches):
        return
    named = " and ".join(
        f"`{batch.spec.name}` (source table {batch.delivery.plan.source!r})" for batch in batches
    )
    read = sum(batch.rows_in for batch in batches)
    if not read:
        said = "; ".join(remark for batch in batches for remark in batch.delivery.remarks)
        raise SchemaError(f"Required table {named} has no rows{f': {said}' if said else ''}.")
    reason, count = _commonest(batches)
    raise SchemaError(
        f"Nothing is left of required table {named}: of {read} rows all were put aside, "
        f"{count} of them because {reason}."
    )


def _commonest(batches: list[Batch]) -> tuple[str, int]:
    """Why most of the rows were put aside."""
    counts: Counter[str] = Counter()
    for batch in batches:
        for finding in batch.findings:
            if finding.quarantined:
                where = f"column `{finding.column}`: " if finding.column else ""
                counts[f"{where}{finding.rule}"] += finding.count
    return counts.most_common(1)[0]


def _quarantine(batches: Mapping[str, Batch]) -> pa.Table:
    """All rows put aside, by table and place in the source."""
    parts = [part for batch in batches.values() for part in batch.aside]
    whole = pa.concat_tables([QUARANTINE_SCHEMA.empty_table(), *parts])
    order = pc.sort_indices(whole, [("table", "ascending"), ("row", "ascending")])
    return whole.take(order)
