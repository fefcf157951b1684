"""How long a feed may be silent follows from what it tells of accounts that were there already."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import Rows, to_microseconds
from churngrid.features.engine.point_in_time import Knowledge, whole_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.views import view_named

AS_OF = pd.Timestamp("2025-12-01", tz="UTC")
DAY = pd.Timedelta(days=1)
LAST_CUSTOMER = AS_OF - 250 * DAY
"""Longer ago than any table may be silent at least."""


def rows_of(table, account, moments):
    """One row a moment, of another person or seat each time."""
    own = {"people": "person_id", "seats": "product_user_id", "subscription_items": "item_id"}[
        table
    ]
    since = {"people": "valid_from", "seats": "assigned_at"}.get(table, "effective_from")
    return pd.DataFrame(
        {
            "account_id": account,
            own: [f"{account}-{place}" for place in range(len(moments))],
            since: moments,
            "known_at": moments,
            **({"mrr": 10.0} if table == "subscription_items" else {}),
        }
    )


def company(table, *, later_every=None):
    """A new customer each week until the last, who has its rows in its first three weeks."""
    begun = [LAST_CUSTOMER - 7 * week * DAY for week in range(30)]
    parts = [
        rows_of(table, f"a{place}", [at, at + 5 * DAY, at + 20 * DAY])
        for place, at in enumerate(begun)
    ]
    if later_every:
        moments = pd.date_range(begun[-1] + 60 * DAY, LAST_CUSTOMER, freq=later_every * DAY)
        later = rows_of(table, "a29", list(moments))
        parts.append(later.assign(**{later.columns[1]: [f"later-{n}" for n in range(len(later))]}))
    accounts = pd.DataFrame(
        {"account_id": [f"a{n}" for n in range(30)], "customer_since": begun, "known_at": begun}
    )
    bought = {
        "account_id": "a0",
        "contract_id": "c",
        "term_start": begun[-1],
        "signed_at": begun[-1],
    }
    rest = {"accounts": accounts, "contracts": pd.DataFrame([bought])}
    return read_tables({**rest, table: pd.concat(parts, ignore_index=True)})


def is_silent(tables, table):
    rows = Rows.of(pd.DataFrame({"account_id": ["a0"], "as_of": [AS_OF]}))
    known = Knowledge(tables, rows)
    view = view_named(table)
    return bool((AS_OF.value // 1000 - known.last_delivery(view) > known.silent_after(view))[0])


@pytest.mark.parametrize("table", ["people", "seats", "subscription_items"])
def test_a_table_that_changes_only_with_new_customers_does_not_stop_with_them(table):
    assert not is_silent(company(table), table)


@pytest.mark.parametrize("table", ["people", "seats", "subscription_items"])
def test_a_table_that_told_of_old_accounts_and_stopped_is_silent(table):
    assert is_silent(company(table, later_every=7), table)


def test_a_table_that_tells_of_old_accounts_once_a_year_may_be_silent_for_long():
    dates = [LAST_CUSTOMER - years * 200 * DAY for years in range(6)]
    tables = read_tables(
        {
            "accounts": pd.DataFrame({"account_id": ["a"], "customer_since": [dates[-1]]}),
            "seats": rows_of("seats", "a", dates),
        }
    )
    assert not is_silent(tables, "seats")


def test_buckets_of_accounts_agree_with_the_whole_on_the_rhythm():
    tables, dates = company("seats", later_every=7), to_microseconds(pd.DatetimeIndex([AS_OF]))
    whole = whole_of(tables, dates)
    rows = Rows.of(pd.DataFrame({"account_id": ["a0"], "as_of": [AS_OF]}))
    alone = Knowledge(tables, rows).silent_after(view_named("seats"))
    told = Knowledge(type(tables)(tables.by_name, tables.collected, whole=whole), rows)
    assert np.array_equal(told.silent_after(view_named("seats")), alone)
