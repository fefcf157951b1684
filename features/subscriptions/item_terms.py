"""What subscription items bind: a period that is paid for cannot be left before it ends."""

import numpy as np
import pandas as pd
import pyarrow as pa

from ..arrays.array_types import IntArray
from ..arrays.moments import DAY, NEVER, add_months, first_repeat_after, microseconds
from ..schema.currency_codes import currency_codes
from ..schema.tables import table_spec
from ..schema.tableset import Tables, empty_table

__all__ = ["item_terms"]


_MONTH_DAYS = 30.4375
_EVERY_DAY = 48
"""So many months before a day there is the same day, the leap day too."""


def item_terms(tables: Tables) -> pd.DataFrame:
    """List the terms of accounts that no contract binds, in every version.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    DataFrame
        As ``contract_states``, one row a version of an item. An item with an end runs until then;
        one without that states its current period renews with each further one. What is paid by
        the month, for nothing, or without any period binds nobody and is over from the start.

    Examples
    --------
    >>> len(item_terms(Tables({})))
    0
    """
    items = _items(tables)
    starts, ends = microseconds(items, "effective_from"), microseconds(items, "effective_to")
    rolls = (ends == NEVER) & (microseconds(items, "current_period_end") < NEVER)
    first_end, anchor, months = _periods(items, starts)
    until = np.where(rolls, first_end, ends)
    binds = (until < NEVER) & (months > 1) & (items["mrr"].to_numpy() > 0)
    return pd.DataFrame(
        {
            "account_id": items["account_id"].to_pandas(),
            "entity": pd.factorize(items["item_id"].to_pandas(), sort=True)[0].astype(np.int64),
            "rank_us": starts,
            "starts_us": starts,
            "ends_us": until,
            "final_us": np.where(binds, np.where(rolls, NEVER, until), -1),
            "known_us": microseconds(items, "known_at"),
            "anchor_us": np.where(rolls, anchor, until),
            "months": months,
            "acv": 12.0 * items["mrr"].to_numpy(),
            "currency": currency_codes(items["currency"], tables.currency).to_numpy(),
            "rolls": rolls,
            "monthly": False,
            "auto_renew": pd.array([pd.NA] * len(starts), "boolean"),
            "break_us": NEVER,
            "break_months": 0,
            "notice_period_us": 0,
            "notice_period_months": 0,
        }
    )


def _items(tables: Tables) -> pa.Table:
    if "subscription_items" in tables:
        return tables["subscription_items"]
    return empty_table(table_spec("subscription_items"))


def _periods(items: pa.Table, starts: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return when the first period of each item ends, a day to count from, and its months."""
    opens, closes = (microseconds(items, f"current_period_{edge}") for edge in ("start", "end"))
    ends = microseconds(items, "effective_to")
    repeats = (closes < NEVER) & (ends == NEVER)
    begins = np.where(repeats & (opens < NEVER), opens, starts)
    until = np.where(repeats, closes, ends)
    finite = np.where(until == NEVER, begins, until)
    months = np.rint((finite - begins) / DAY / _MONTH_DAYS)
    months = np.maximum(months, 1).astype(np.int64)
    # Periods lie as many months apart before the current one as after it.
    behind = (finite - starts) / (DAY * _MONTH_DAYS * _EVERY_DAY * months)
    back = np.maximum(np.floor(behind), 0).astype(np.int64) + 1
    anchor = add_months(finite, -np.where(repeats, back * _EVERY_DAY * months, 0))
    anchor = np.where(until == NEVER, NEVER, anchor)
    return first_repeat_after(anchor, months, starts), anchor, months
