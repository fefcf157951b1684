"""Without contracts silence is churn, by the clock that the settings name."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.cohorts.as_of_dates import as_of_dates
from churngrid.features.engine.compute import known_accounts
from churngrid.features.schema.settings import Settings
from churngrid.features.schema.tables import table_spec
from churngrid.features.schema.tableset import Tables, canonical_schema
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.training.dataset.labels import label
from tests.training.labelling import churned, expanded, labelled
from tests.training.records import used, utc

# --- without contracts ---------------------------------------------------------------------------


def test_no_value_event_in_the_horizon_is_churn(company, pairs):
    tables = company(usage_events=[used("2024-01-01"), used("2024-08-01"), used("2026-01-01")])
    rows = pairs("2024-01-02", "2024-02-04", "2024-08-02")
    assert churned(tables, rows) == [True, False, True]


def test_horizon_is_open_at_its_end_and_closed_at_its_start(company, pairs):
    events = [used("2024-01-01"), used("2024-06-01"), used("2026-01-01")]
    tables, ten = company(usage_events=events), Settings(horizon_days=10, activity_window_days=365)
    rows = pairs("2024-05-22", "2024-05-23", "2024-06-01", "2024-06-02")
    assert churned(tables, rows, ten) == [True, False, False, True]


def test_lead_moves_the_horizon_of_activity(company, pairs):
    events = [used("2024-01-01"), used("2024-02-05"), used("2026-01-01")]
    chosen = Settings(lead_days=10, horizon_days=20)
    rows = pairs("2024-01-25", "2024-01-26", "2024-01-27")
    assert churned(company(usage_events=events), rows, chosen) == [False, False, True]


def test_label_clock_decides_which_events_fall_into_the_horizon(company, pairs):
    events = [
        used("2024-01-01"),
        used("2024-01-10", known_at="2024-04-01"),
        used("2026-01-01"),
    ]
    tables, rows = company(usage_events=events), pairs("2024-02-01")
    assert churned(tables, rows, Settings(label_clock="happened")) == [True]
    assert churned(tables, rows, Settings(label_clock="known")) == [False]


def test_happened_clock_waits_for_late_events(company, pairs):
    events = [
        used("2024-01-01"),
        used("2024-01-10", known_at="2024-02-19"),  # 40 days late
        used("2024-09-01"),
    ]
    tables = company(usage_events=events, last="2024-09-01")
    rows = pairs("2024-01-26", "2024-01-27")
    known, happened = Settings(label_clock="known"), Settings(label_clock="happened")
    # On 1 September 220 days since 25 January are over.
    assert labelled(tables, rows, happened)["reason"].tolist() == ["censored", "censored"]
    assert labelled(tables, pairs("2024-01-25"), happened)["churned"].tolist() == [True]
    assert labelled(tables, rows, known)["reason"].isna().all()
    assert labelled(tables, rows, happened)["closes_at"].tolist() == [
        at + pd.Timedelta(days=220) for at in rows["as_of"]
    ]


@pytest.mark.parametrize(("before", "after", "grown"), [(4, 5, True), (5, 6, False), (1, 2, True)])
def test_more_users_by_a_quarter_and_at_least_one_is_expansion(
    company, pairs, before, after, grown
):
    events = [used("2024-01-01", user=f"u{n}") for n in range(before)]
    events += [used("2024-03-01", user=f"v{n}") for n in range(after)] * 2
    events.append(used("2025-01-01"))
    assert expanded(company(usage_events=events), pairs("2024-02-01")) == [grown]


def test_trailing_users_are_those_of_a_window_as_long_as_the_horizon(company, pairs):
    events = [used("2024-01-01", user="u"), used("2024-01-20", user="v")]
    events += [used("2024-02-05", user=name) for name in "uv"] + [used("2025-01-01")]
    tables, rows = company(usage_events=events), pairs("2024-02-01")
    assert expanded(tables, rows, Settings(horizon_days=30)) == [True]
    assert expanded(tables, rows, Settings(horizon_days=31)) == [False]


def test_greater_share_of_the_settings_holds_for_users_too(company, pairs):
    events = [used("2024-01-01", user=f"u{n}") for n in range(4)]
    events += [used("2024-03-01", user=f"v{n}") for n in range(6)] + [used("2025-01-01")]
    tables, rows = company(usage_events=events), pairs("2024-02-01")
    assert expanded(tables, rows, Settings(expansion_share=0.5)) == [True]
    assert expanded(tables, rows, Settings(expansion_share=0.51)) == [False]
    assert expanded(tables, rows, Settings(expansion_minimum=3.0)) == [False]


def test_silent_account_has_not_expanded_and_users_without_id_say_nothing(company, pairs):
    silent = company(usage_events=[used("2024-01-01"), used("2025-01-01", account_id="b")])
    assert expanded(silent, pairs("2024-02-01")) == [False]
    nameless = [
        {"ticket_id": at, "account_id": "a", "created_at": at}
        for at in ("2024-01-01", "2025-01-01")
    ]
    assert pd.isna(expanded(company(tickets=nameless), pairs("2024-02-01"))[0])


# --- against a slow obvious version --------------------------------------------------------------

DAY = st.integers(0, 400)


@settings(max_examples=25, deadline=None)
@given(
    events=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("uvw"), DAY, DAY), min_size=1),
    as_of=st.lists(DAY, min_size=1, max_size=4, unique=True),
    lead=st.integers(0, 20),
    horizon=st.integers(1, 120),
)
def test_known_clock_agrees_with_a_loop(company, events, as_of, lead, horizon):
    start = utc("2024-01-01")
    at = [start + pd.Timedelta(days=day) for day in range(900)]
    listed = [
        used(at[day], user=user, account_id=account, known_at=at[day + late])
        for account, user, day, late in events
    ] + [used(at[899], account_id="c")]
    rows = pd.DataFrame(
        [{"account_id": account, "as_of": at[day]} for account in "ab" for day in sorted(as_of)]
    )
    chosen = Settings(label_clock="known", lead_days=lead, horizon_days=horizon)
    found = labelled(company(usage_events=listed), rows, chosen)
    for row in found.itertuples():
        mine = [(u, d, d + late) for account, u, d, late in events if account == row.account_id]
        t = (row.as_of - start).days
        recent = [u for u, d, k in mine if d < t and k < t and t - k <= 180]
        coming = {u for u, _, k in mine if t + lead <= k < t + lead + horizon}
        past = {u for u, d, k in mine if d < t and k < t and t - k <= horizon}
        assert pd.isna(row.churned) == (not recent)
        if recent:
            assert row.churned == (not coming)
            more = len(coming) - len(past)
            assert row.expanded == (bool(coming) and more >= max(0.25 * len(past), 1))


SUITE = Path(__file__).parents[4] / "shared" / "data" / "oss_suite"


def _canonical(name, **columns):
    schema = canonical_schema(table_spec(name))
    length = len(next(iter(columns.values())))
    filled = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(length, field.type)
        for field in schema
    ]
    return pa.table(filled, schema=schema)


@pytest.mark.skipif(not SUITE.exists(), reason="the data sets in ../shared/data are not here")
def test_labels_of_a_real_community_equal_those_computed_elsewhere():
    events = pd.read_parquet(SUITE / "events.parquet")
    events = events[events["event_type"] == "commit"]
    accounts = pd.read_parquet(SUITE / "accounts.parquet")
    tables = Tables(
        {
            "accounts": _canonical(
                "accounts", account_id=accounts["account_id"], known_at=accounts["first_seen"]
            ),
            "usage_events": _canonical(
                "usage_events",
                account_id=events["account_id"],
                product_user_id=events["user_id"],
                occurred_at=events["event_ts"],
                known_at=events["known_ts"],
            ),
        }
    )
    chosen = Settings(label_clock="known", lead_days=0, horizon_days=180)
    rows = known_accounts(tables, as_of_dates(tables, "quarter"))
    found = label(tables, rows, business_of(tables), chosen)
    expected = pd.read_parquet(SUITE / "labels.parquet")
    expected["as_of"] = expected["snapshot_ts"].dt.tz_localize("UTC")
    both = expected.merge(found, on=["account_id", "as_of"], suffixes=("_expected", ""))
    assert len(both) == len(expected) == 2975
    assert (both["churned"] == both["churned_expected"]).all()
    assert (both["expanded"] == both["expanded_expected"]).all()
    assert both["churned"].mean() == pytest.approx(0.244, abs=0.001)
