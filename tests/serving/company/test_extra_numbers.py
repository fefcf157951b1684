"""Columns of one's own as metrics, named in the settings."""

import pandas as pd
import pytest

from churngrid.features.engine.compute import compute_features
from churngrid.features.errors import SchemaError
from churngrid.serving.company.load_company import company_of

ENTRY = (
    "{{source: {source}, account: acct, at: Month, value: {value}, label: API calls a month,"
    " unit: calls, direction: '+', component: {component}, fresh_days: 62}}"
)
MONTHS = pd.DataFrame(
    {
        "acct": ["a", "a", "b"],
        "Month": ["2025-01-01", "2025-02-01", "2025-01-01"],
        "API calls": ["1200.50", "900", "70"],
        "Score": ["7", "8", ""],
    }
)
DATA = {
    "accounts": pd.DataFrame({"account_id": ["a", "b"]}),
    "tickets": pd.DataFrame(
        {"ticket_id": ["t"], "account_id": ["a"], "created_at": ["2025-06-01"]}
    ),
    "monthly": MONTHS,
}


def company(folder, more="", **given):
    entry = {"source": "monthly", "value": "API calls", "component": "usage", **given}
    file = folder / "churngrid.yaml"
    file.write_text(f"extra:\n  api_calls: {ENTRY.format(**entry)}\n{more}")
    return company_of(DATA, file)


def numbers(company, *days):
    rows = pd.DataFrame({"account_id": ["a"] * len(days), "as_of": pd.to_datetime(days, utc=True)})
    found = compute_features(company.tables, rows, metrics=company.config.metrics)
    return found.frame["api_calls_62d"].tolist()


def test_the_newest_number_known_on_a_date_counts(tmp_path):
    assert numbers(company(tmp_path), "2025-01-20", "2025-02-20") == [1200.5, 900.0]


def test_an_old_number_is_not_known_any_more(tmp_path):
    assert pd.isna(numbers(company(tmp_path), "2025-05-20")[0])


def test_its_words_and_direction_are_those_of_the_settings(tmp_path):
    metric = company(tmp_path).config.metrics[-1]
    assert (metric.label, metric.unit, metric.direction) == ("API calls a month", "calls", "+")
    assert (metric.axis, metric.in_model) == ("health", True)


def test_several_columns_of_one_table_are_told_apart(tmp_path):
    more = "  score: {source: monthly, account: acct, at: Month, value: Score}\n"
    kept = company(tmp_path, more).tables["account_numbers"].to_pandas()
    assert kept.groupby("name")["value"].sum().to_dict() == {"api_calls": 2170.5, "score": 15}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"source": "monthyl"}, "Did you mean 'monthly'"),
        ({"value": "API call"}, "Did you mean 'API calls'"),
        ({"component": "usag"}, r"Setting `extra\.api_calls`: .*got 'usag'"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_one(given, said, tmp_path):
    with pytest.raises(SchemaError, match=said):
        company(tmp_path, **given)


def test_the_table_of_numbers_is_named_in_one_place(tmp_path):
    with pytest.raises(SchemaError, match="leave one out"):
        company(tmp_path, "tables: {account_numbers: {source: monthly}}\n")


def test_a_number_of_single_days_is_their_mean_over_four_weeks(tmp_path):
    days = pd.date_range("2025-01-01", "2025-03-31", freq="D")
    used = days[days.day_of_week < 5]
    daily = pd.DataFrame({"acct": "a", "day": used.strftime("%Y-%m-%d"), "minutes": 28.0})
    entry = "source: daily, account: acct, at: day, value: minutes, period: day, unit: minutes"
    file = tmp_path / "churngrid.yaml"
    file.write_text(f"extra:\n  minutes: {{{entry}, label: minutes a day, direction: '+'}}\n")
    made = company_of(DATA | {"daily": daily}, file)
    dates = pd.to_datetime(["2025-03-03", "2025-05-20"], utc=True)
    rows = pd.DataFrame({"account_id": ["a"] * 2, "as_of": dates})
    found = compute_features(made.tables, rows, metrics=made.config.metrics).frame
    # The last day is known only when it is over: 20 days of work in four weeks, and then none.
    assert found["minutes_28d"].tolist() == [20.0, 0.0]
