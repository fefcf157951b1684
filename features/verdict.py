"""From raw deliveries to the tables of a company: contract, cross-checks, and the accounts kept."""

from collections import Counter
from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from .batch import QUARANTINE_SCHEMA, Batch
from .contract import apply_contract, drop_unknown_accounts
from .crosschecks import cross_check
from .errors import SchemaError
from .mapping import Delivery
from .snapshots import snapshot_columns
from .tables import ACTIVITY_TABLES
from .tableset import Finding, Tables

__all__ = ["check_deliveries"]


def check_deliveries(
    deliveries: Iterable[Delivery], findings: Iterable[Finding] = (), *, hash_personal: bool
) -> Tables:
    """Hold every row against the contract.

    Parameters
    ----------
    deliveries : iterable of Delivery
        With ``accounts`` and at least one activity table.
    findings : iterable of Finding
        What is known about the source already.
    hash_personal : bool
        Whether personal columns are replaced by hashes, in the tables as in the quarantine.

    Returns
    -------
    Tables

    Raises
    ------
    SchemaError
        If no row of ``accounts``, or of all activity tables together, can be used.
    """
    batches = {}
    for delivery in deliveries:
        batch = apply_contract(Batch.of(delivery, hash_personal=hash_personal))
        batches[batch.spec.name] = batch
    _check_left([batches["accounts"]])
    account_ids = batches["accounts"].table["account_id"]
    batches = {name: drop_unknown_accounts(batch, account_ids) for name, batch in batches.items()}
    _check_left([batches[name] for name in ACTIVITY_TABLES if name in batches])
    snapshots, snapshot_findings = snapshot_columns(batches)
    return Tables(
        by_name={name: batch.table for name, batch in batches.items()},
        collected={name: _collected(batch) for name, batch in batches.items()},
        findings=(
            *findings,
            *(finding for batch in batches.values() for finding in batch.findings),
            *snapshot_findings,
            *cross_check(batches),
        ),
        quarantine=_quarantine(batches),
        rows_in={name: batch.rows_in for name, batch in batches.items()},
        snapshot_only=snapshots,
    )


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
        raise SchemaError(f"Required table {named} has no rows.")
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
