"""Where a day begins and ends: on the clock of the company, whatever zone its systems keep."""

import pandas as pd
import pytest
from pydantic import ValidationError

from churngrid.features.cohorts.as_of_dates import newest_closed_day
from churngrid.features.engine.compute import compute_features
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings

NEW_YORK = Settings(time_zone="America/New_York")


DAYS = pd.date_range("2025-06-03", "2025-07-05")


def evenings(days=DAYS):
    """Half past nine in the evening of New York, which is the next day in UTC."""
    return pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": "u",
            "occurred_at": [f"{day:%F}T01:30:00Z" for day in days],
        }
    )


def company(events, **more):
    accounts = pd.DataFrame({"account_id": ["a"], "customer_since": ["2024-01-01"]})
    return {"accounts": accounts, "usage_events": events} | more


def metric(tables, name, date):
    rows = pd.DataFrame({"account_id": ["a"], "as_of": pd.to_datetime([date], utc=True)})
    return compute_features(tables, rows, metrics=METRICS).frame[name].iloc[0]


def test_the_evening_belongs_to_its_own_day():
    tables = read_tables(company(evenings()), NEW_YORK)
    moments = tables["usage_events"]["occurred_at"].to_pandas()
    assert f"{moments.iloc[0]:%F %T}" == "2025-06-02 21:30:00"
    assert f"{newest_closed_day(tables):%F}" == "2025-07-04"
    # Monday to Friday of four weeks before Monday 30 June.
    assert metric(tables, "stickiness_28d", "2025-06-30") == 1.0


def test_without_the_setting_a_day_is_one_of_utc():
    moments = read_tables(company(evenings()))["usage_events"]["occurred_at"].to_pandas()
    assert f"{moments.iloc[0]:%F %T}" == "2025-06-03 01:30:00"


def test_days_stay_the_days_that_are_written():
    days = pd.DataFrame(
        {
            "account_id": "a",
            "product_user_id": "u",
            "date": pd.date_range("2025-06-02", "2025-07-04").strftime("%F"),
            "events": 1,
        }
    )
    contract = {"contract_id": "c", "account_id": "a", "acv": 1.0}
    contract |= {"term_start": "2025-01-01", "term_end": "2026-01-01"}
    frames = company(evenings(), usage_daily=days, contracts=pd.DataFrame([contract]))
    local, plain = read_tables(frames, NEW_YORK), read_tables(frames)
    for name in ("usage_daily", "contracts", "accounts"):
        assert local[name].equals(plain[name])


def test_known_moments_follow_the_clock_too():
    events = evenings().assign(known_at="2025-07-06T03:00:00Z")
    known = read_tables(company(events), NEW_YORK)["usage_events"]["known_at"].to_pandas()
    assert f"{known.iloc[0]:%F %T}" == "2025-07-05 23:00:00"


def test_the_clock_changes_with_the_season():
    moments = read_tables(
        company(evenings(days=pd.to_datetime(["2025-03-09", "2025-03-11"]))), NEW_YORK
    )["usage_events"]["occurred_at"].to_pandas()
    assert moments.dt.strftime("%F %H").tolist() == ["2025-03-08 20", "2025-03-10 21"]


def test_an_unknown_zone_is_refused_by_name():
    with pytest.raises(ValidationError, match=r"time zone of the IANA .*'Europe/Berlni'"):
        Settings(time_zone="Europe/Berlni")
