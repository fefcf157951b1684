"""What becomes known later changes nothing about who is at risk."""

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.cohorts.at_risk import standing
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import Business
from tests.training.records import utc

SETTINGS = Settings()
DAYS = st.integers(0, 24).map(lambda step: f"{utc('2023-01-01') + pd.Timedelta(days=30 * step):%F}")
MAYBE = st.none() | DAYS
WHO = st.sampled_from(["a", "b"])
NAMES = st.sampled_from(["c", "d"])


def rows_of(**columns):
    return st.lists(st.fixed_dictionaries(columns), max_size=6)


CONTRACTS = rows_of(
    contract_id=NAMES,
    account_id=WHO,
    term_start=DAYS,
    term_end=MAYBE,
    term_months=st.sampled_from([None, 1, 12]),
    auto_renew=st.sampled_from([None, True, False]),
    notice_period_days=st.sampled_from([None, 60]),
    acv=st.sampled_from([None, 0.0, 1200.0]),
    known_at=DAYS,
)
ITEMS = rows_of(
    item_id=NAMES,
    account_id=st.just("a"),
    effective_from=DAYS,
    effective_to=MAYBE,
    mrr=st.sampled_from([0.0, 10.0, 20.0]),
    known_at=DAYS,
)
EVENTS = rows_of(
    event_id=st.just("e"),
    account_id=WHO,
    contract_id=st.none() | NAMES,
    event_type=st.sampled_from(
        [
            *("notice_received", "cancel_requested", "cancel_withdrawn", "cancelled"),
            *("term_ended", "renewed", "paused", "reactivated", "churn_confirmed"),
        ]
    ),
    effective_at=DAYS,
    arr_after=st.sampled_from([None, 0.0, 500.0]),
    known_at=DAYS,
)
ACCOUNTS = rows_of(account_id=WHO, customer_since=MAYBE, valid_from=MAYBE, known_at=DAYS)
USAGE = rows_of(account_id=WHO, product_user_id=NAMES, occurred_at=DAYS, known_at=DAYS)


@settings(max_examples=25, deadline=None)
@given(
    contracts=CONTRACTS,
    items=ITEMS,
    events=EVENTS,
    accounts=ACCOUNTS,
    usage=USAGE,
    as_of=DAYS,
    with_items=st.booleans(),
    business=st.sampled_from(list(Business)),
    clock=st.sampled_from(["happened", "known"]),
)
def test_what_becomes_known_later_changes_nothing(
    company, contracts, items, events, accounts, usage, as_of, with_items, business, clock
):
    delivered = {"contracts": contracts, "contract_events": events, "accounts": accounts}
    delivered |= {"subscription_items": items if with_items else [], "usage_events": usage}
    tables = company(**delivered)
    before = tables.known_before(pa.scalar(utc(as_of).value // 1000, pa.timestamp("us", tz="UTC")))
    commercial = ("contracts", "subscription_items", "contract_events")
    if any(tables[name].num_rows and not before[name].num_rows for name in commercial):
        return  # Which table holds the money is a fact about the company, not about the date.
    rows = pd.DataFrame({"account_id": ["a", "b"], "as_of": [utc(as_of)] * 2})
    chosen = Settings(label_clock=clock)
    pd.testing.assert_frame_equal(
        standing(tables, rows, business, chosen), standing(before, rows, business, chosen)
    )


@settings(max_examples=10, deadline=None)
@given(contracts=CONTRACTS, items=ITEMS, events=EVENTS, as_of=DAYS)
def test_one_date_stands_as_it_does_among_many(company, contracts, items, events, as_of):
    tables = company(contracts=contracts, subscription_items=items, contract_events=events)
    calendar = pd.date_range("2023-01-01", periods=24, freq="MS", tz="UTC").union([utc(as_of)])
    many = pd.DataFrame({"account_id": "a", "as_of": calendar})
    one = pd.DataFrame({"account_id": ["a"], "as_of": [utc(as_of)]})
    business = Business.CONTRACTUAL_ITEMS
    among = standing(tables, many, business, SETTINGS)
    among = among[among["as_of"] == utc(as_of)].reset_index(drop=True)
    pd.testing.assert_frame_equal(among, standing(tables, one, business, SETTINGS))
