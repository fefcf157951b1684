"""What accounts are billed a year: it stands in where contracts and items carry no price."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..arrays.array_types import BoolArray, FloatArray, IntArray
from ..arrays.as_of_rows import Rows
from ..arrays.moments import DAY, NEVER, microseconds
from ..schema.currency_codes import currency_codes
from ..schema.invoice_rows import is_billed, is_void
from ..schema.tables import table_spec
from ..schema.tableset import Tables, empty_table
from .amounts import converted_total
from .currencies import Rates
from .visible_spans import spans_of, visible_spans

__all__ = ["Bills", "bills_of"]


_YEAR = 365 * DAY
_SLACK = 10 * DAY
"""By so much the same bill of the year before may lie nearer than a year."""
_LATE = 1.5
_SOON = 92 * DAY
"""A bill is not missed before this, or so many of the usual gaps, have passed."""


@dataclass(frozen=True, slots=True)
class Bills:
    """The bills of a company, ready to be asked on any rows.

    Parameters
    ----------
    yearly : DataFrame
        A states frame: what each bill, and those before it, come to in a year, until the next one
        or until that is missed; ``arr`` is NaN for a first bill.
    single : DataFrame
        A states frame: the ``arr`` of a bill alone, for a year.
    """

    yearly: pd.DataFrame
    single: pd.DataFrame

    def per_year(self, rows: Rows, rates: Rates, *, months_ago: int = 0) -> FloatArray:
        """Return what each account is billed a year, as known before each as-of date.

        Parameters
        ----------
        rows : Rows
        rates : Rates
        months_ago : int
            What it was so many calendar months before.

        Returns
        -------
        ndarray of float, shape (n_rows,)
            The bills of the twelve months up to the last one, brought to a year where they began
            later; once the next one is missed, those of the last twelve months. NaN after a first
            bill, which says nothing of a year, and without a rate; 0 where nothing was billed.
        """
        spans = visible_spans(rows, self.yearly, months_ago=months_ago)
        arr = self.yearly["arr"].to_numpy()
        current = converted_total(rows, spans, self.yearly, arr, rates)
        first = spans.total(np.isnan(arr).astype(np.float64), len(rows)) > 0
        past = visible_spans(rows, self.single, months_ago=months_ago)
        trailing = converted_total(rows, past, self.single, self.single["arr"].to_numpy(), rates)
        found = np.where(spans.count(len(rows)) > 0, current, np.maximum(trailing, 0.0))
        return np.where(first, np.nan, found)

    def ever(self, rows: Rows) -> BoolArray:
        """Tell on which rows the account had been billed by then.

        Parameters
        ----------
        rows : Rows

        Returns
        -------
        ndarray of bool, shape (n_rows,)
        """
        forever = np.full(len(self.yearly), NEVER)
        after = self.yearly["known_us"].to_numpy(dtype=np.int64)
        spans = spans_of(rows, self.yearly["account_id"], after=after, through=forever)
        return np.asarray(spans.count(len(rows)) > 0)


def bills_of(tables: Tables) -> Bills:
    """Read the bills of a company.

    Parameters
    ----------
    tables : Tables
        ``invoices`` is read, each in the version known first: what has to be paid, less what was
        credited as an amount below zero. Void ones and drafts do not count.

    Returns
    -------
    Bills

    Examples
    --------
    >>> len(bills_of(Tables({})).yearly)
    0
    """
    bills = _amounts(tables)
    key = [bills["account_id"], bills["currency"]]
    bills = bills.assign(entity=pd.MultiIndex.from_arrays(key).factorize()[0])
    bills = bills.sort_values(["entity", "seen_us", "at_us"], kind="stable", ignore_index=True)
    single = bills.assign(
        entity=np.arange(len(bills)), ends_us=bills["at_us"] + _YEAR, arr=bills["amount"]
    )
    return Bills(_stated(_yearly(bills)), _stated(single))


def _amounts(tables: Tables) -> pd.DataFrame:
    stored = tables.by_name.get("invoices")
    invoices = empty_table(table_spec("invoices")) if stored is None else stored
    amount = pc.coalesce(invoices["amount_due"], invoices["amount_paid"])
    credited = pc.fill_null(pc.less(amount, 0.0), False).to_numpy() & ~is_void(invoices)
    kept = pa.array((is_billed(invoices) | credited) & np.asarray(amount.is_valid()))
    invoices, amount = invoices.filter(kept), amount.filter(kept)
    at, paid = microseconds(invoices, "issued_at"), microseconds(invoices, "paid_at")
    known = np.maximum(at, microseconds(invoices, "known_at"))
    # What only says what was paid says so when it was.
    late = np.asarray(invoices["amount_due"].is_null()) & (paid < NEVER)
    frame = pd.DataFrame(
        {
            "account_id": invoices["account_id"].to_pandas(),
            "invoice_id": invoices["invoice_id"].to_pandas(),
            "currency": currency_codes(invoices["currency"], tables.currency),
            "at_us": at,
            "seen_us": np.where(late, np.maximum(known, paid), known),
            "amount": amount.to_numpy(),
        }
    )
    return frame.sort_values("seen_us", kind="stable").drop_duplicates("invoice_id")


def _yearly(bills: pd.DataFrame) -> pd.DataFrame:
    """Return what the bills up to each one come to in a year."""
    entity = bills["entity"].to_numpy(dtype=np.int64)
    newest = bills.groupby("entity")["at_us"].cummax().to_numpy(dtype=np.int64)
    first = bills.groupby("entity")["at_us"].cummin().to_numpy(dtype=np.int64)
    counted = (bills["amount"] > 0) & ~bills.duplicated(["entity", "at_us"])
    number = counted.groupby(entity).cumsum().to_numpy()
    gap = (newest - first) / np.maximum(number - 1, 1)
    covered = np.minimum(newest - first + gap, _YEAR)
    some = (number > 1) & (covered > 0)
    total = _trailing(entity, newest, bills["amount"].to_numpy())
    arr = np.where(some, np.maximum(total, 0.0) * _YEAR / np.where(some, covered, 1.0), np.nan)
    held = np.where(some, np.maximum(_LATE * gap, _SOON), _YEAR + _SOON).astype(np.int64)
    return bills.assign(arr=arr, ends_us=newest + held)


def _trailing(entity: IntArray, newest: IntArray, amount: FloatArray) -> FloatArray:
    """Return the sum of the bills up to each one that lie in the year up to the newest."""
    # One ascending number for entity and day; a bill that comes late counts with the newest.
    day = newest // DAY
    spread = int(day.max(initial=0)) + 1
    begins = entity * spread + np.maximum(day - (_YEAR - _SLACK) // DAY, -1)
    low = np.searchsorted(entity * spread + day, begins, side="right")
    summed = np.append(0.0, np.cumsum(amount))
    return np.asarray(summed[1:] - summed[low])


def _stated(bills: pd.DataFrame) -> pd.DataFrame:
    columns = ["account_id", "entity", "ends_us", "arr", "currency"]
    return bills[columns].assign(starts_us=bills["seen_us"], known_us=bills["seen_us"])
