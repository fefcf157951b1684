"""Which invoices somebody has to pay, by what they say: one rule for all who read bills."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import BoolArray

__all__ = ["is_billed", "is_void", "stated_status"]


_VOID = ("void", "voided", "draft", "deleted", "cancelled", "canceled")
_NOT_OWED = (*_VOID, "credited", "credit_note", "refunded")


def stated_status(invoices: pa.Table) -> pa.ChunkedArray:
    """Return the status of each invoice in lower case and without blanks; empty where none is.

    Parameters
    ----------
    invoices : pyarrow.Table
        The canonical table.

    Returns
    -------
    pyarrow.ChunkedArray of string, shape (n_rows,)

    Examples
    --------
    >>> stated_status(pa.table({"status": pa.array([" Void", None])})).to_pylist()
    ['void', '']
    """
    return pc.fill_null(pc.utf8_lower(pc.utf8_trim_whitespace(invoices["status"])), "")


def is_billed(invoices: pa.Table) -> BoolArray:
    """Return which invoices somebody has, or had, to pay.

    Parameters
    ----------
    invoices : pyarrow.Table
        The canonical table.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        False for void ones, drafts, credit notes, and those of zero or less; an amount that is not
        stated counts as one.

    Examples
    --------
    >>> columns = {"status": pa.array(["open", "Void", None, None]),
    ...            "amount_due": pa.array([10.0, 10.0, 0.0, None])}
    >>> is_billed(pa.table(columns)).tolist()
    [True, False, False, True]
    """
    nobody = pc.or_(
        pc.is_in(stated_status(invoices), value_set=pa.array(_NOT_OWED)),
        pc.fill_null(pc.less_equal(invoices["amount_due"], 0.0), False),
    )
    return ~np.asarray(nobody.to_numpy(), dtype=bool)


def is_void(invoices: pa.Table) -> BoolArray:
    """Return which invoices say that they do not count at all.

    Parameters
    ----------
    invoices : pyarrow.Table
        The canonical table.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> is_void(pa.table({"status": pa.array(["draft", "paid"])})).tolist()
    [True, False]
    """
    void = pc.is_in(stated_status(invoices), value_set=pa.array(_VOID))
    return np.asarray(void.to_numpy(), dtype=bool)
