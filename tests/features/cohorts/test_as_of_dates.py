import pandas as pd
import pytest

from churngrid.features.cohorts.as_of_dates import as_of_dates, newest_closed_day, resolve_as_of
from churngrid.features.errors import SchemaError
from churngrid.features.schema.tableset import Tables


def utc(text):
    return pd.Timestamp(text, tz="UTC")


@pytest.mark.parametrize(
    ("last_known", "closed"),
    [
        ("2025-06-30 00:00:00", "2025-06-30"),
        ("2025-06-30 17:00:00", "2025-06-30"),
        ("2025-06-30 23:59:59.999998", "2025-06-30"),
        ("2025-06-30 23:59:59.999999", "2025-07-01"),  # a daily row: its day is complete
        ("2025-07-01 00:00:00", "2025-07-01"),
    ],
)
def test_newest_closed_day_is_the_last_midnight_after_which_nothing_is_complete(
    company, last_known, closed
):
    assert newest_closed_day(company(last=last_known)) == utc(closed)


def test_newest_activity_of_any_table_counts(company):
    used = {"account_id": "a", "product_user_id": "u", "occurred_at": "2026-03-01 12:00"}
    assert newest_closed_day(company(usage_events=[used])) == utc("2026-03-01")


def test_rows_that_arrive_late_do_not_move_the_newest_day(company):
    used = {"account_id": "a", "date": "2026-03-01"}
    on_time = {**used, "product_user_id": "u", "known_at": "2026-03-01 23:59:59.999999"}
    late = {**used, "product_user_id": "v", "known_at": "2026-03-22"}
    assert newest_closed_day(company(usage_daily=[on_time])) == utc("2026-03-02")
    assert newest_closed_day(company(usage_daily=[on_time, late])) == utc("2026-03-02")


def test_contracts_do_not_move_the_newest_day(company):
    later = {"contract_id": "c", "account_id": "a", "term_start": "2027-01-01"}
    assert newest_closed_day(company(contracts=[later])) == utc("2026-01-01")


def test_dates_start_after_the_minimum_history_and_end_with_the_data(company):
    tables = company(first="2025-01-01 10:00", last="2025-06-01")
    dates = as_of_dates(tables, "month", minimum_history_days=31)
    assert [f"{date:%m-%d}" for date in dates] == ["03-01", "04-01", "05-01", "06-01"]
    assert as_of_dates(tables, "month", minimum_history_days=30)[0] == utc("2025-02-01")
    assert str(dates.tz) == "UTC"


def test_history_is_ninety_days_unless_said_otherwise(company):
    tables = company(first="2025-01-01", last="2025-06-01")
    assert as_of_dates(tables, "month")[0] == utc("2025-04-01")


def test_weeks_start_on_monday_and_quarters_in_january(company):
    tables = company(first="2025-01-01", last="2025-12-31")
    weeks = as_of_dates(tables, "week", minimum_history_days=0)
    assert set(weeks.day_of_week) == {0}
    assert (weeks[1:] - weeks[:-1] == pd.Timedelta(days=7)).all()
    quarters = as_of_dates(tables, "quarter", minimum_history_days=0)
    assert quarters.month.tolist() == [1, 4, 7, 10]


def test_short_history_has_no_dates(company):
    assert len(as_of_dates(company(first="2025-01-01", last="2025-02-01"), "month")) == 0


def test_unknown_step_is_refused(company):
    with pytest.raises(ValueError, match=r"`step` must be one of \['week', 'month', 'quarter'\]"):
        as_of_dates(company(), "day")


@pytest.mark.parametrize("days", [-1, -90])
def test_negative_history_is_refused(company, days):
    with pytest.raises(ValueError, match="`minimum_history_days` must be at least 0, got -"):
        as_of_dates(company(), "month", minimum_history_days=days)


def test_data_without_activity_has_no_newest_day():
    with pytest.raises(SchemaError, match="no facts"):
        newest_closed_day(Tables({}))


def test_latest_is_the_newest_closed_day(company):
    assert resolve_as_of(company(last="2025-06-30 17:00"), "latest") == utc("2025-06-30")


def test_a_date_within_the_data_is_taken_as_utc(company):
    tables = company(first="2025-01-01", last="2025-12-31")
    assert resolve_as_of(tables, "2025-06-30") == utc("2025-06-30")
    assert resolve_as_of(tables, "2025-06-30T02:00+02:00") == utc("2025-06-30")


@pytest.mark.parametrize("asked", ["2024-12-31", "2025-01-01", "2026-01-08"])
def test_a_date_outside_the_data_is_refused(company, asked):
    tables = company(first="2025-01-01", last="2025-12-31")
    with pytest.raises(ValueError, match="`as_of` must lie within the data, after 2025-01-01"):
        resolve_as_of(tables, asked)


@pytest.mark.parametrize("asked", ["2025-01-02", "2025-12-31", "2026-01-01", "2026-01-07"])
def test_the_first_and_last_dates_within_the_data_are_taken(company, asked):
    tables = company(first="2025-01-01", last="2025-12-31")
    assert resolve_as_of(tables, asked) == utc(asked)


@pytest.mark.parametrize("asked", ["yesterday", "2025-13-01", ""])
def test_what_is_no_date_is_refused(company, asked):
    with pytest.raises(ValueError, match="`as_of` must be 'latest' or a date"):
        resolve_as_of(company(), asked)


def test_data_without_any_fact_has_no_closed_day():
    with pytest.raises(
        SchemaError, match="The data has no facts, so no day of it is closed; deliv"
    ):
        newest_closed_day(Tables({}))
