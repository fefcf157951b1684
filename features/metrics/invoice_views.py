"""What invoices say of themselves: void ones, drafts, credit notes and paid ones are not owed."""

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["with_debts"]


_NOT_OWED = (
    *("void", "voided", "draft", "deleted", "cancelled", "canceled"),
    *("credited", "credit_note", "refunded"),
)
_PAID = ("paid", "settled", "closed", "succeeded", "complete", "completed")
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
    uncollectible or written off was not paid and stays owed: it says so as of today, and on the
    days before it was as overdue as any other. One that is paid by what it says, but without a
    date, was paid when it was due. Of one that is paid in part the rest is owed.

    Examples
    --------
    >>> from churngrid.features.schema.tables import table_spec
    >>> from churngrid.features.schema.tableset import empty_table
    >>> with_debts(empty_table(table_spec("invoices"))).num_rows
    0
    """
    status = pc.fill_null(pc.utf8_lower(pc.utf8_trim_whitespace(invoices["status"])), "")
    due, paid = invoices["amount_due"], pc.fill_null(invoices["amount_paid"], 0.0)
    nobody = pc.or_(
        pc.is_in(status, value_set=pa.array(_NOT_OWED)),
        pc.fill_null(pc.less_equal(due, 0.0), False),
    )
    rest = pc.max_element_wise(pc.subtract(due, paid), 0.0, skip_nulls=False)
    short = pc.fill_null(pc.greater(rest, pc.multiply(due, _HALF_A_PERCENT)), False)
    says_paid = pc.is_in(status, value_set=pa.array(_PAID))
    all_paid = pc.or_(says_paid, pc.and_(pc.greater(paid, 0.0), pc.invert(short)))
    dated = pc.is_valid(invoices["paid_at"])
    part = pc.and_(pc.and_(pc.greater(paid, 0.0), short), pc.invert(says_paid))
    issued, when_due = invoices["issued_at"], pc.coalesce(invoices["due_at"], invoices["issued_at"])
    settled = pc.case_when(
        pc.make_struct(nobody, part, dated, all_paid),
        issued,
        pa.scalar(None, issued.type),
        invoices["paid_at"],
        when_due,
    )
    owed = pc.if_else(nobody, 0.0, pc.if_else(pc.and_(dated, pc.invert(part)), due, rest))
    billed = pc.if_else(nobody, 0.0, due)
    table = invoices.append_column("settled_at", settled)
    return table.append_column("owed", owed).append_column("billed", billed)
