"""Subscription items that nobody closed although what they belong to was cancelled.

Many systems write a cancellation as an event and leave the item as it was, without an end. From the
day on which the event is known such an item ends with it, until another event says that it goes on.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from ...arrays.moments import DAY, NEVER, microseconds
from ...schema.tableset import Finding

__all__ = ["ended_by_events"]


_ENDS = ("cancelled", "churn_confirmed")
_GOES_ON = ("renewed", "reactivated", "cancel_withdrawn")
_NEAR = 31 * DAY
_RULE = (
    "items without an end belong to what was cancelled, and were read as ended by that; give "
    "`effective_to`, or a later row of the item, if it runs on"
)


def ended_by_events(items: pa.Table, events: pa.Table) -> tuple[pa.Table, list[Finding]]:
    """Add versions of open items that end with the cancellation of what they belong to.

    Parameters
    ----------
    items, events : Table
        Canonical subscription items and contract events.

    Returns
    -------
    Table
        With a further version of an item for each event that ends it or keeps it on, known when
        the event was. What the items say themselves from then on counts as before.
    list of Finding
        At most one.
    """
    rows = _rows_of(items)
    said = _about_more_than_one_item(_events_of(events), rows)
    still_open = rows[(rows["ends_us"] == NEVER) & (rows["mrr"] > 0)]
    told = _concerned(still_open, said)
    if told.empty:
        return items, []
    told = told.sort_values(["row", "known_us", "goes_on"], kind="stable")
    # What has ended cannot end again, and what was never ended does not go on.
    before = told.groupby("row")["goes_on"].shift(fill_value=True)
    told = told[told["goes_on"] != before]
    ends = np.where(told["goes_on"], NEVER, told["effective_us"]).astype(np.int64)
    versions = items.take(pa.array(told["row"].to_numpy()))
    versions = _with_moments(versions, "effective_to", ends)
    versions = _with_moments(versions, "known_at", told["known_us"].to_numpy())
    ended = told.loc[~told["goes_on"]].drop_duplicates("row")
    examples = tuple(ended["account_id"].drop_duplicates()[:3])
    finding = Finding("subscription_items", "effective_to", _RULE, len(ended), examples)
    return pa.concat_tables([items, versions]), [finding]


def _events_of(events: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = events.select(["account_id", "contract_id", "event_type"]).to_pandas()
    frame = frame.assign(
        effective_us=microseconds(events, "effective_at"),
        known_us=microseconds(events, "known_at"),
        goes_on=frame["event_type"].isin(_GOES_ON),
    )
    return frame[frame["goes_on"] | frame["event_type"].isin(_ENDS)]


def _rows_of(items: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = items.select(["account_id", "item_id", "contract_id", "mrr"]).to_pandas()
    frame = frame.assign(
        row=np.arange(len(frame)),
        starts_us=microseconds(items, "effective_from"),
        ends_us=microseconds(items, "effective_to"),
        item_known_us=microseconds(items, "known_at"),
    )
    frame = frame.sort_values(["item_id", "starts_us", "item_known_us"], kind="stable")
    newer = frame.groupby(["item_id", "starts_us"])["item_known_us"].shift(-1, fill_value=NEVER)
    return frame.assign(newer_us=newer)


def _about_more_than_one_item(events: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out the ends that an item of the account states itself: they are about that item."""
    named = events.reset_index().merge(rows, on="account_id", suffixes=("", "_item"))
    own = named["contract_id"].isna() & (named["mrr"] > 0) & (named["ends_us"] < NEVER)
    known = named["item_known_us"] <= named["known_us"]
    at_its_end = named["ends_us"] + _NEAR >= named[["effective_us", "known_us"]].min(axis=1)
    stated = named.loc[own & known & at_its_end & ~named["goes_on"], "index"]
    return events[~events.index.isin(stated)]


def _concerned(items: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Pair open items with the events that are about them and were known after them."""
    pairs = items.merge(events, on="account_id", suffixes=("", "_named"))
    named, own = pairs["contract_id_named"], pairs["contract_id"]
    about = named.isna() | own.isna() | (named == own)
    begun = pairs["goes_on"] | (pairs["starts_us"] < pairs["effective_us"])
    newest = (pairs["item_known_us"] <= pairs["known_us"]) & (pairs["newer_us"] > pairs["known_us"])
    return pairs[about & begun & newest]


def _with_moments(table: pa.Table, name: str, moments: np.ndarray) -> pa.Table:
    field = table.schema.field(name)
    whole = pa.array(moments, pa.int64(), mask=moments == NEVER).cast(field.type)
    return table.set_column(table.column_names.index(name), field, whole)
