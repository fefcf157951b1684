"""Whether bills and cancellations agree with what the subscriptions say."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...arrays.coded_text import found_in
from ...arrays.plain_text import Mask, to_mask
from ...schema.tableset import Finding
from .checked_rows import Batch
from .day_periods import Periods

__all__ = ["amounts_unlike_mrr", "paid_after_cancelling"]


_TOLERANCE_SHARE = 0.02
_MONTH_DAYS = (27, 32)
_FEWEST_INVOICES = 3
_GRACE = pa.scalar(30 * 86_400_000_000, pa.duration("us"))


def amounts_unlike_mrr(batches: Mapping[str, Batch]) -> Iterator[Finding]:
    """Report invoices of monthly billed accounts that differ from the MRR of their day.

    Parameters
    ----------
    batches : mapping of str to Batch

    Yields
    ------
    Finding
        Nothing unless both tables have rows, or with more than one currency.
    """
    if "invoices" not in batches or "subscription_items" not in batches:
        return
    items = batches["subscription_items"].table
    if len(pc.unique(items["currency"].drop_null())) > 1:
        return
    invoices = batches["invoices"].table.select(
        ["invoice_id", "account_id", "issued_at", "amount_due", "known_at"]
    )
    if not invoices.num_rows or not items.num_rows:
        return
    billed = _monthly(_newest(invoices.to_pandas(), ["invoice_id"]))
    billed["mrr"] = _mrr_on(_newest(items.to_pandas(), ["item_id", "effective_from"]), billed)
    off = (billed["amount_due"] - billed["mrr"]).abs() > _TOLERANCE_SHARE * billed["mrr"].abs()
    mask = np.zeros(invoices.num_rows, dtype=bool)
    mask[billed.index[off]] = True
    rule = f"differs by more than {_TOLERANCE_SHARE:.0%} from the account's MRR on that day"
    yield batches["invoices"].finding("amount_due", rule, mask)


def paid_after_cancelling(batches: Mapping[str, Batch]) -> Iterator[Finding]:
    """Report cancellations of contracts or whole accounts that are paid for a month later.

    Parameters
    ----------
    batches : mapping of str to Batch

    Yields
    ------
    Finding
        Nothing without both tables.
    """
    if "contract_events" not in batches or "subscription_items" not in batches:
        return
    batch, items = batches["contract_events"], batches["subscription_items"].table
    versions = items.select(["item_id", "effective_from", "known_at"]).to_pandas()
    newest = _newest(versions, ["item_id", "effective_from"]).index.to_numpy()
    # An item without an end ends with what it belongs to.
    closed = pc.is_valid(pc.field("effective_to"))
    paid = items.take(pa.array(newest)).filter(closed & (pc.field("mrr") > 0))
    said = pc.is_in(batch.table["event_type"], value_set=pa.array(["cancelled", "churn_confirmed"]))
    of_contract = found_in(batch.table["contract_id"], pc.unique(items["contract_id"]))
    goes_on = np.where(
        of_contract, _paid(paid, "contract_id", batch), _paid(paid, "account_id", batch)
    )
    rule = "what was cancelled is still paid for 30 days later, so it does not count as churn"
    yield batch.finding("effective_at", rule, to_mask(said) & goes_on)


def _paid(items: pa.Table, owner: str, batch: Batch) -> Mask:
    """Return which events' owner has an item a month after the event."""
    periods = Periods.of(items, owner, "effective_from", "effective_to")
    owners = batch.table[owner]
    later = pc.add(batch.table["effective_at"], _GRACE)
    return found_in(owners, periods.owners) & ~periods.outside(owners, later)


def _newest(rows: pd.DataFrame, entity: list[str]) -> pd.DataFrame:
    """Keep the last known version of each thing, in the order of the table."""
    return rows.sort_values("known_at", kind="stable").drop_duplicates(entity, keep="last")


def _monthly(invoices: pd.DataFrame) -> pd.DataFrame:
    """Keep the invoices of accounts that are billed once a month."""
    ordered = invoices.sort_values(["account_id", "issued_at"], kind="stable")
    apart = ordered.groupby("account_id")["issued_at"].diff().dt.days
    by_account = apart.groupby(ordered["account_id"])
    regular = by_account.median().between(*_MONTH_DAYS) & (by_account.size() >= _FEWEST_INVOICES)
    return ordered[ordered["account_id"].map(regular)].dropna(subset=["amount_due"]).copy()


def _mrr_on(items: pd.DataFrame, billed: pd.DataFrame) -> pd.Series:
    """MRR of the account on the day of each invoice: what had begun less what had ended."""
    begun = items.rename(columns={"effective_from": "at"})[["account_id", "at", "mrr"]]
    ended = items.dropna(subset=["effective_to"]).rename(columns={"effective_to": "at"})
    steps = pd.concat([begun, ended.assign(mrr=-ended["mrr"])[["account_id", "at", "mrr"]]])
    daily = pd.DataFrame(steps.groupby(["account_id", "at"])["mrr"].sum()).reset_index()
    steps = daily.sort_values("at", kind="stable")
    steps["mrr"] = steps.groupby("account_id")["mrr"].cumsum()
    asked = billed[["account_id", "issued_at"]].sort_values("issued_at", kind="stable")
    found = pd.merge_asof(
        asked.reset_index(), steps, left_on="issued_at", right_on="at", by="account_id"
    )
    return found.set_index("index")["mrr"].fillna(0.0)
