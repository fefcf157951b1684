"""Which columns show the values of today because the source keeps no history of them."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.moments import DAY, NEVER, add_months, microseconds
from ...schema.tables import ACTIVITY_TABLES
from ...schema.tableset import Finding
from .checked_rows import Batch

__all__ = ["snapshot_columns"]


_SIGNED_FOR = (1, 3, 6, 12, 24, 36, 48, 60)
"""Months for which contracts run as a rule."""

_REGULAR, _CLIPPED, _MONTH = 0.98, 2 * DAY, 30.4375 * DAY
_SNAPSHOT_SHARE = 0.9
_EXTRACTION_DAYS = 31
_FEWEST_ROWS = 10
"""A share of fewer rows than this says nothing."""


def snapshot_columns(
    batches: Mapping[str, Batch],
) -> tuple[dict[str, frozenset[str]], list[Finding]]:
    """Find the tables that were exported as they stand today.

    That is so if a table says neither when its rows became known nor from when they hold, or if
    nine in ten of its rows (of ten at least) became known in one moment at the end of the data:
    its extraction. A table loaded once at the beginning and changed since has a history.

    Parameters
    ----------
    batches : mapping of str to Batch

    Returns
    -------
    columns : dict of str to frozenset of str
        By table, the delivered columns that change over time and have no history.
    findings : list of Finding
        One a table.
    """
    end = _end_of_data(batches)
    columns, findings = {}, []
    for name, batch in batches.items():
        held = batch.delivery.plan.changing - _never_moved(batch)
        why = _why_snapshot(batch, end) if held and batch.table.num_rows else ""
        if why:
            columns[name] = held
            named = ", ".join(f"`{c.name}`" for c in batch.spec.columns if c.name in held)
            rule = (
                f"no history ({why}): only today's value of {named} is there, and training refuses "
                "it unless the setting `assume_snapshots` says why it may be used"
            )
            findings.append(Finding(name, "", rule, batch.table.num_rows))
    return columns, findings


def _never_moved(batch: Batch) -> frozenset[str]:
    """Return the ends of terms where nearly all are as far from the beginning as one signs for.

    Who lets an end be moved when somebody leaves early has terms of odd lengths.
    """
    table = batch.table
    if batch.spec.name != "contracts" or not table.num_rows:
        return frozenset()
    begins, ends = (microseconds(table, f"term_{edge}") for edge in ("start", "end"))
    told = (begins < NEVER) & (ends < NEVER)
    begins, ends = begins[told], ends[told]
    whose = table["account_id"].to_pandas()[told].reset_index(drop=True)
    months = np.rint((ends - begins) / _MONTH).astype(np.int64)
    whole = np.abs(add_months(begins, months) - ends) <= _CLIPPED
    regular = np.isin(months, _SIGNED_FOR) & whole
    # What was added on the way ends with what it was added to.
    together = pd.Series(regular).groupby([whose, pd.Series(ends)]).transform("any")
    enough = len(regular) >= _FEWEST_ROWS and bool(together.mean() >= _REGULAR)
    return frozenset({"term_end"}) if enough else frozenset()


def _why_snapshot(batch: Batch, end: pa.Scalar) -> str:
    """Say why the rows are a snapshot; empty if they are none."""
    if not batch.delivery.plan.collected & frozenset(batch.spec.version):
        return f"no {' or '.join(f'`{column}`' for column in batch.spec.version)}"
    if batch.table.num_rows < _FEWEST_ROWS or "known_at" not in batch.delivery.plan.collected:
        return ""
    # A moment that nine in ten rows share is the one in the middle.
    ticks = np.asarray(batch.table["known_at"].cast(pa.int64()).to_numpy())
    middle = np.partition(ticks, len(ticks) // 2)[len(ticks) // 2]
    share = float(np.mean(ticks == middle))
    moment = pa.scalar(int(middle), batch.table.schema.field("known_at").type)
    late = end.is_valid and _is_late(moment, end)
    if share < _SNAPSHOT_SHARE or not late:
        return ""
    return f"{share:.0%} of the rows became known at {moment.as_py():%Y-%m-%d %H:%M}"


def _is_late(moment: pa.Scalar, end: pa.Scalar) -> bool:
    reach = pa.scalar(_EXTRACTION_DAYS * 86_400_000_000, pa.duration("us"))
    return bool(pc.greater_equal(pc.add(moment, reach), end).as_py())


def _end_of_data(batches: Mapping[str, Batch]) -> pa.Scalar:
    """Find the last moment at which activity became known."""
    newest: Iterable[pa.Scalar] = [
        pc.max(batches[name].table["known_at"]) for name in ACTIVITY_TABLES if name in batches
    ]
    return pc.max(pa.array(newest))
