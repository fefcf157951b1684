"""What invoices say of themselves: void ones, drafts, credit notes and paid ones are not owed."""

import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.arrow_columns import days_between
from ..arrays.time_grid import DAY_US
from ..schema.invoice_rows import is_billed, stated_status
from ..schema.tableset import Tables
from .view_data import ViewData, collected_columns

__all__ = ["invoices_view", "with_debts"]


_PAID = ("paid", "settled", "closed", "succeeded", "complete", "completed")
_GIVEN_UP = ("uncollectible", "written_off", "written off", "bad_debt")
_GIVEN_UP_AFTER = pa.scalar(365 * DAY_US, pa.duration("us"))
"""Nobody asks any longer for what was given up and has been due for so long."""
_HALF_A_PERCENT = 0.005
"""What is short by less was paid: the rest is fees and rounding."""


def with_debts(invoices: pa.Table) -> pa.Table:
    """Add what each invoice still leaves to pay, and from when it leaves nothing.

    Parameters
    ----------
    invoices : pyarrow.Table
        The canonical table.

    Returns
    -------
    pyarrow.Table
        With ``settled_at`` (from then on nothing is owed; null while something is), ``owed``
        (what is owed before, at least 0; null where the amount is) and ``billed`` (what had to be
        paid in all, 0 where nobody has to pay).

    Notes
    -----
    Void invoices, drafts, and those of zero or less are never owed. One that was given up as
    uncollectible or written off was not paid and stays owed for a year: it says so as of today, and
    on the days before it was as overdue as any other. One that is paid by what it says, but
    without a date, was paid when it was due. Of one that is paid in part the rest is owed; with a
    date the part stands in a row of its own, which was owed until then.

    Examples
    --------
    >>> from churngrid.features.schema.tables import table_spec
    >>> from churngrid.features.schema.tableset import empty_table
    >>> with_debts(empty_table(table_spec("invoices"))).num_rows
    0
    """
    status = stated_status(invoices)
    due, paid = invoices["amount_due"], pc.fill_null(invoices["amount_paid"], 0.0)
    nobody = pa.chunked_array([pa.array(~is_billed(invoices))])
    rest = pc.max_element_wise(pc.subtract(due, paid), 0.0, skip_nulls=False)
    short = pc.fill_null(pc.greater(rest, pc.multiply(due, _HALF_A_PERCENT)), False)
    says_paid = pc.is_in(status, value_set=pa.array(_PAID))
    all_paid = pc.or_(says_paid, pc.and_(pc.greater(paid, 0.0), pc.invert(short)))
    dated = pc.is_valid(invoices["paid_at"])
    part = pc.and_(pc.and_(pc.greater(paid, 0.0), short), pc.invert(says_paid))
    issued, when_due = invoices["issued_at"], pc.coalesce(invoices["due_at"], invoices["issued_at"])
    given_up = pc.is_in(status, value_set=pa.array(_GIVEN_UP))
    settled = pc.case_when(
        pc.make_struct(nobody, pc.and_(dated, pc.invert(part)), given_up, part, all_paid),
        issued,
        invoices["paid_at"],
        pc.add(when_due, _GIVEN_UP_AFTER).cast(issued.type),
        pa.scalar(None, issued.type),
        when_due,
    )
    owed = pc.if_else(nobody, 0.0, pc.if_else(pc.and_(dated, pc.invert(part)), due, rest))
    split = pc.and_(pc.and_(part, dated), pc.invert(nobody))
    billed = pc.if_else(nobody, 0.0, pc.if_else(split, rest, due))
    table = invoices.append_column("settled_at", settled)
    table = table.append_column("owed", owed).append_column("billed", billed)
    return pa.concat_tables([_without_date(table, split), _paid_parts(table, paid, split)])


def _without_date(table: pa.Table, split: pa.ChunkedArray) -> pa.Table:
    """Take the date of the part that was paid from the rows that stand for the rest."""
    place, kept = table.column_names.index("paid_at"), table["paid_at"]
    return table.set_column(place, "paid_at", pc.if_else(split, None, kept))


def _paid_parts(table: pa.Table, paid: pa.ChunkedArray, split: pa.ChunkedArray) -> pa.Table:
    """Return a row for each part that was paid: owed until then."""
    parts, amount = table.filter(split), paid.filter(split)
    changed = {
        "invoice_id": pc.binary_join_element_wise(parts["invoice_id"], "paid part", " / "),
        "first_failed_at": pa.nulls(len(parts), table.schema.field("first_failed_at").type),
        "settled_at": parts["paid_at"],
        "owed": amount,
        "billed": amount,
    }
    for name, column in changed.items():
        parts = parts.set_column(parts.column_names.index(name), table.schema.field(name), column)
    return parts


def invoices_view(tables: Tables) -> ViewData:
    """Invoices with what is still owed, until when, and the days by which payment was late."""
    table = with_debts(tables["invoices"])
    late = days_between(table["paid_at"], table["due_at"])
    days = pc.max_element_wise(late, 0.0, skip_nulls=False)
    collected = collected_columns(tables, "invoices")
    derived = {"settled_at", "owed", "billed"} if "amount_due" in collected else {"settled_at"}
    dated = {"paid_at", "due_at"} <= collected
    derived |= {"days_late", "late_amount"} if dated and "amount_due" in collected else set()
    late_amount = pc.multiply(days, table["billed"])
    table = table.append_column("days_late", days).append_column("late_amount", late_amount)
    return ViewData(table, collected | derived)
