"""Value events: the use that makes an account one at risk where no contract binds it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.types import union_categoricals

from ..arrays.coded_text import found_in, texts_of
from ..arrays.moments import IntArray, microseconds
from ..schema.invoice_rows import is_billed
from ..schema.tableset import Tables
from ..schema.use_rows import is_use

__all__ = ["arrival_delay", "signs_of_life", "value_events"]


_LATE_SHARE = 0.99


def value_events(tables: Tables) -> pd.DataFrame:
    """List the value events: use of a feature that the catalogue marks as one.

    Parameters
    ----------
    tables : Tables
        ``usage_daily`` is read, without it ``usage_events``. Without a catalogue, or when it marks
        nothing, every use is a value event. Without any usage an invoice is one; a ticket is not:
        who asks nothing has not left.

    Returns
    -------
    DataFrame
        ``account_id`` (a categorical), ``user`` (a whole number for each user, -1 when unknown),
        ``happened_us``, ``known_us``; empty when there is no activity.

    Examples
    --------
    >>> len(value_events(Tables({})))
    0
    """
    if tables.filled("usage_daily"):
        return _events(_of_value(_used(tables["usage_daily"]), tables), "product_user_id", "date")
    if tables.filled("usage_events"):
        used = _of_value(tables["usage_events"], tables)
        return _events(used, "product_user_id", "occurred_at")
    if tables.filled("invoices"):
        return _invoices(tables)
    return pd.DataFrame({"account_id": [], "user": [], "happened_us": [], "known_us": []}).astype(
        {"account_id": "category", "user": "int64", "happened_us": "int64", "known_us": "int64"}
    )


def signs_of_life(tables: Tables) -> pd.DataFrame:
    """List what shows that a customer without a contract is still there: use, a bill, a statement.

    Parameters
    ----------
    tables : Tables
        Value events, and beside them ``invoices`` and ``contract_events``.

    Returns
    -------
    DataFrame
        ``account_id`` (a categorical), ``happened_us``, ``known_us``; empty without value events,
        so that nobody is called silent where nothing would show life.

    Examples
    --------
    >>> len(signs_of_life(Tables({})))
    0
    """
    events = value_events(tables)
    if events.empty:
        return events.drop(columns="user")
    parts = [events.drop(columns="user")]
    if tables.filled("invoices"):
        parts.append(_events(_to_pay(tables["invoices"]), None, "issued_at").drop(columns="user"))
    if tables.filled("contract_events"):
        said = _events(tables["contract_events"], None, "effective_at")
        parts.append(said.drop(columns="user"))
    account = union_categoricals([part["account_id"] for part in parts])
    return pd.concat(parts, ignore_index=True).assign(account_id=account)


def _invoices(tables: Tables) -> pd.DataFrame:
    """Return each invoice that was to be paid once, whatever became of it later."""
    invoices = _to_pay(tables["invoices"])
    events = _events(invoices, None, "issued_at")
    events["invoice_id"] = invoices["invoice_id"].to_pandas()
    events = events.sort_values("known_us", kind="stable").drop_duplicates("invoice_id")
    return events.drop(columns="invoice_id").reset_index(drop=True)


def _to_pay(invoices: pa.Table) -> pa.Table:
    return invoices.filter(pa.array(is_billed(invoices)))


def _used(daily: pa.Table) -> pa.Table:
    return daily.filter(pa.array(is_use(daily)))


def _of_value(used: pa.Table, tables: Tables) -> pa.Table:
    if "features" not in tables:
        return used
    catalogue = tables["features"]
    marked = catalogue.filter(pc.fill_null(catalogue["is_value_event"], False))["feature_id"]
    if len(marked) == 0:
        return used
    return used.filter(pa.array(found_in(used["feature_id"], marked)))


def _events(table: pa.Table, user: str | None, happened_at: str) -> pd.DataFrame:
    account = texts_of(table["account_id"])
    users = np.full(table.num_rows, -1) if user is None else texts_of(table[user]).codes
    return pd.DataFrame(
        {
            "account_id": pd.Categorical.from_codes(account.codes, account.names.to_pylist()),
            "user": users.astype(np.int64),
            "happened_us": microseconds(table, happened_at),
            "known_us": microseconds(table, "known_at"),
        }
    )


def arrival_delay(happened: IntArray, known: IntArray) -> int:
    """Return the time after which 99 of 100 events have become known.

    Parameters
    ----------
    happened, known : ndarray of int64, shape (n_events,)
        Microseconds.

    Returns
    -------
    int
        Microseconds, at least 0; 0 without events.

    Examples
    --------
    >>> arrival_delay(np.zeros(2, dtype=np.int64), np.array([5, 7]))
    7
    """
    if len(happened) == 0:
        return 0
    delays = np.maximum(known - happened, 0)
    return int(np.quantile(delays, _LATE_SHARE, method="higher"))
