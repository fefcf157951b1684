"""What only all accounts together show, where tables hold some of them."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.as_of_rows import to_microseconds
from churngrid.features.engine.point_in_time import whole_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.tableset import Tables, Whole

DATES = to_microseconds(pd.DatetimeIndex(["2025-01-02", "2025-01-10", "2025-02-01"]))


@pytest.fixture
def tables():
    usage = {
        "account_id": ["a", "b", "a"],
        "product_user_id": ["u", "v", "u"],
        "date": ["2025-01-03", "2025-01-08", "2025-03-01"],
        "known_at": ["2025-01-04", "2025-01-09", "2025-03-02"],
    }
    accounts = {"account_id": ["a", "b"], "customer_since": ["2025-01-01"] * 2}
    return read_tables({"accounts": pd.DataFrame(accounts), "usage_daily": pd.DataFrame(usage)})


def test_a_feed_last_delivered_when_its_newest_row_before_the_date_became_known(tables):
    newest = whole_of(tables, DATES).deliveries["usage"]
    known = to_microseconds(pd.DatetimeIndex(["2025-01-09"]))[0]
    assert newest.tolist() == [-1, known, known]


def test_feeds_that_were_never_set_up_have_no_deliveries(tables):
    assert set(whole_of(tables, DATES).deliveries) == {"usage", "usage_daily"}
    assert whole_of(Tables({}), DATES).deliveries == {}


def test_tables_count_as_filled_if_any_account_of_the_company_has_a_row(tables):
    assert whole_of(tables, DATES).filled == {"accounts", "usage_daily"}
    none = whole_of(Tables({}), DATES)
    assert tables.filled("usage_daily")
    assert not Tables(tables.by_name, whole=none).filled("usage_daily")
    assert Tables({}, whole=whole_of(tables, DATES)).filled("usage_daily")


def test_what_the_tables_say_themselves_does_not_count(tables):
    told = Whole(frozenset(), DATES, {"usage": np.full(3, -1), "usage_daily": np.full(3, -1)})
    again = whole_of(Tables(tables.by_name, tables.collected, whole=told), DATES)
    assert (
        again.deliveries["usage"].tolist() == whole_of(tables, DATES).deliveries["usage"].tolist()
    )


def test_dates_nobody_asked_about_are_refused(tables):
    whole = whole_of(tables, DATES[:2])
    with pytest.raises(ValueError, match="`as_of` must be among the dates"):
        whole.last_delivery("usage", DATES[2:])
    assert len(whole.last_delivery("usage", DATES[:0])) == 0
