"""Subscription items whose end nobody writes: a row a period paid for, or a period kept current.

Billing systems write a row for each month and give none of them an end; payment providers keep one
row a subscription, with the period that is paid for now. Neither runs on for ever.
"""

import numpy as np
import pandas as pd
import pyarrow as pa

from ...arrays.data_span import data_span
from ...arrays.moments import DAY, NEVER, IntArray, add_months, microseconds
from ...schema.settings import Settings
from ...schema.tableset import Finding

__all__ = ["with_period_ends"]


_LEAST_ROWS = 3
_REGULAR = 0.8
"""Share of the steps between rows that are one period long."""
_UNCHANGED = 0.5
"""A ledger of changes never says the same twice; a row a period mostly does."""
_MOST = 0.5
"""Of a company that writes a row a period: share of the items whose rows tell."""
_NEAR_DAYS = 3
_MONTH_DAYS = 30.4375

_SAID = ["product_id", "plan", "mrr", "quantity"]
_BY_ITEM = ["account_id", "item_id"]
_BY_PRODUCT = ["account_id", "product_id", "plan"]


def with_period_ends(
    items: pa.Table, settings: Settings, *, grace_days: int
) -> tuple[pa.Table, list[Finding]]:
    """Give the rows of subscription items that stand for a period the end of that period.

    Parameters
    ----------
    items : Table
        Canonical subscription items.
    settings : Settings
        ``item_rows`` says whether to look.
    grace_days : int
        What was not renewed for so long was given up.

    Returns
    -------
    Table
    list of Finding
        One for each way of writing that was found.

    Notes
    -----
    Of a table with a row a month that is known when the month is over, the newest month is open.
    """
    if items.num_rows == 0:
        return items, []
    rows = _rows_of(items)
    parts = []
    if settings.item_rows != "states":
        parts.append((_of_repeated_rows(rows, force=settings.item_rows == "periods"), _REPEATED))
    parts.append((_of_current_periods(rows, grace_days), _NOT_RENEWED))
    found = []
    for ends, rule in parts:
        given = ends < NEVER
        if given.any():
            rows = rows.assign(ends_us=np.where(given, ends, rows["ends_us"]))
            examples = tuple(rows.loc[given, "account_id"].drop_duplicates()[:3])
            found.append(
                Finding("subscription_items", "effective_to", rule, int(given.sum()), examples)
            )
    newest = _of_newest_months(rows)
    if newest.any():
        rows = rows.assign(ends_us=np.where(newest, NEVER, rows["ends_us"]))
    changed = bool(found) or bool(newest.any())
    return (_ended(items, rows["ends_us"].to_numpy()), found) if changed else (items, [])


def _of_newest_months(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows are of the newest month or quarter, where these are written when over.

    Nothing is known of the month after it yet, so that nobody has left with its end.
    """
    starts, ends = (rows[name].to_numpy() for name in ("starts_us", "ends_us"))
    each = np.ones(len(rows), dtype=np.int64)
    whole = np.logical_or.reduce([ends == add_months(starts, n * each) for n in (1, 3)])
    whole &= rows["known_us"].to_numpy() == ends
    if whole.mean() < _REGULAR:
        return pd.Series(False, index=rows.index)
    return pd.Series(whole & (ends == ends[whole].max()), index=rows.index)


_REPEATED = (
    "rows repeat at equal steps and none has an end, so each was read as paid for one period; the "
    "setting `item_rows: states` lets each run until a later one of its item"
)
_NOT_RENEWED = (
    "the current period ended while the table was kept up for others, so the item was read as not "
    "renewed; give `effective_to` or a newer `current_period_end` if it runs on"
)


def _rows_of(items: pa.Table) -> pd.DataFrame:
    said: pd.DataFrame = items.select([*_BY_ITEM, *_SAID]).to_pandas()
    return said.fillna({"product_id": "", "plan": ""}).assign(
        starts_us=microseconds(items, "effective_from"),
        ends_us=microseconds(items, "effective_to"),
        period_start_us=microseconds(items, "current_period_start"),
        period_end_us=microseconds(items, "current_period_end"),
        known_us=microseconds(items, "known_at"),
    )


def _ended(items: pa.Table, ends: IntArray) -> pa.Table:
    field = items.schema.field("effective_to")
    whole = pa.array(ends, pa.int64(), mask=ends == NEVER)
    place = items.column_names.index("effective_to")
    return items.set_column(place, field, whole.cast(field.type))


def _of_repeated_rows(rows: pd.DataFrame, *, force: bool) -> IntArray:
    """Return the ends of rows that stand for one period each; ``NEVER`` for all others."""
    open_rows = rows[(rows["ends_us"] == NEVER) & (rows["period_end_us"] == NEVER)]
    ends = np.full(len(rows), NEVER)
    # Who writes when an item ends says by leaving that out that it runs on.
    writes_ends = len(open_rows) < len(rows) or (rows["mrr"] <= 0).any()
    keys = (_BY_PRODUCT,) if writes_ends and not force else (_BY_ITEM, _BY_PRODUCT)
    for key in keys:
        if key is _BY_PRODUCT:
            open_rows = open_rows[~open_rows.duplicated(_BY_ITEM, keep=False)]
        things = _rhythms(open_rows, key)
        period = _periods(things, force=force)
        joined = open_rows.join(things.assign(period=period)[["anchor_us", "period"]], on=key)
        joined = joined[joined["period"] > 0]
        ends[joined.index] = _period_end(joined)
        open_rows = open_rows.drop(joined.index)
    return ends


def _periods(things: pd.DataFrame, *, force: bool) -> pd.Series:
    """Return the months that a row of each thing stands for; 0 where it is no period."""
    regular = things[things["regular"]]
    told = things["rows"] >= _LEAST_ROWS
    if len(regular) < _MOST * told.sum() or not (len(regular) or force):
        return pd.Series(0, index=things.index)
    usual = int(regular["months"].mode().iloc[0]) if len(regular) else 1
    # Who left soon, or came late, has too few rows to tell; the others speak for them.
    long_ago = things["anchor_us"].max() - _LEAST_ROWS * usual * _MONTH_DAYS * DAY
    could_tell = told | (things["anchor_us"] < long_ago)
    spoken_for = force | (len(regular) >= _REGULAR * could_tell.sum())
    even = ~told & (things["months"].isin([0, usual]) & things["even"])
    return things["months"].where(things["regular"], np.where(spoken_for & even, usual, 0))


def _rhythms(rows: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return how many rows each thing has, the months between them, and how even they are."""
    by_start = rows.groupby([*key, "starts_us"])[["mrr", "quantity"]].sum().reset_index()
    before = by_start.groupby(key)[["starts_us", "mrr", "quantity"]].shift()
    gap = (by_start["starts_us"] - before["starts_us"]) / (_MONTH_DAYS * DAY)
    steps = np.rint(gap)
    near = (gap - steps).abs() <= _NEAR_DAYS / _MONTH_DAYS
    same = (by_start[["mrr", "quantity"]] == before[["mrr", "quantity"]]).all(axis=1)
    paced = gap.notna()
    whole = steps.where(near & (steps >= 1), 0).where(paced)
    told = by_start.assign(step=whole, same=same, paced=paced)
    grouped = told.groupby(key)
    months = grouped["step"].min().fillna(0).astype(int)
    told = told.join(months.rename("months"), on=key)
    even = told["step"].eq(told["months"]) & told["step"].gt(0)
    counts = told.assign(even=even).groupby(key)[["even", "same", "paced"]].sum()
    size = grouped.size()
    regular = (
        (size >= _LEAST_ROWS)
        & (counts["even"] >= _REGULAR * counts["paced"])
        & (counts["same"] >= _UNCHANGED * counts["paced"])
        & (months >= 1)
    )
    anchor = grouped["starts_us"].min()
    return pd.DataFrame(
        {
            "rows": size,
            "months": months,
            "even": counts["even"] == counts["paced"],
            "regular": regular,
            "anchor_us": anchor,
        }
    )


def _period_end(rows: pd.DataFrame) -> IntArray:
    """Return when the period ends that begins with a row: counted from the thing's first day."""
    anchor, starts = rows["anchor_us"].to_numpy(), rows["starts_us"].to_numpy()
    months = rows["period"].to_numpy(dtype=np.int64)
    passed = np.rint((starts - anchor) / (_MONTH_DAYS * DAY)).astype(np.int64)
    return add_months(anchor, passed + months)


def _of_current_periods(rows: pd.DataFrame, grace_days: int) -> IntArray:
    """Return the ends of open items whose period was not renewed while that of others was."""
    kept = (rows["ends_us"] == NEVER) & (rows["period_end_us"] < NEVER)
    ends = np.full(len(rows), NEVER)
    if not kept.any():
        return ends
    period_end = rows["period_end_us"].to_numpy()
    starts = rows.loc[kept & (rows["period_start_us"] < NEVER), "period_start_us"].to_numpy()
    if len(starts) == 0:
        return ends
    _, kept_until = data_span([starts])
    given_up = kept.to_numpy() & (period_end + grace_days * DAY < kept_until)
    return np.where(given_up, period_end, ends)
