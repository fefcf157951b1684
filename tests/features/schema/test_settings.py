from pathlib import Path

import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import DEFAULTS, Settings, load_settings

SHIPPED = Path(__file__).parents[3] / "benchmarks" / "data"


def load(tmp_path, text):
    path = tmp_path / "churngrid.yaml"
    path.write_text(text)
    return load_settings(path)


def test_empty_file_is_the_defaults(tmp_path):
    assert load(tmp_path, "") == DEFAULTS == Settings()


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        DEFAULTS.horizon_days = 5


def test_files_are_looked_for_beside_the_settings(tmp_path):
    settings = load(tmp_path, "scorecard: ours/scorecard.yaml\nplaybook: /etc/playbook.yaml")
    assert settings.scorecard == tmp_path / "ours" / "scorecard.yaml"
    assert settings.playbook == Path("/etc/playbook.yaml")
    assert settings.maturity is None


def test_mapping_is_read_with_the_words_that_yaml_would_change(tmp_path):
    settings = load(
        tmp_path,
        "currency: NOK\ntables:\n  tickets:\n    source: cases\n"
        "    only: {test: [false], kind: [1, on]}\n"
        "    constants: {reopen_count: 0}\n"
        "    lookup: {account_id: {table: users, on: user_id, take: org}}\n",
    )
    mapping = settings.tables["tickets"]
    assert mapping.only == {"test": ["false"], "kind": ["1", "on"]}
    assert mapping.constants == {"reopen_count": "0"}
    assert mapping.lookup["account_id"].on == "user_id"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("horizon: 90", "churngrid.yaml:1: horizon: unknown key; known are .*'horizon_days'"),
        ("horizon_days: 0", "churngrid.yaml:1: horizon_days: must be at least 1, got 0"),
        ("lead_days: -1", "churngrid.yaml:1: lead_days: must be at least 0, got -1"),
        ("expansion_share: 1e999", "churngrid.yaml:1: expansion_share: must be a finite number"),
        ("as_of_step: day", "churngrid.yaml:1: as_of_step: must be one of 'week', 'month' or 'q"),
        ("tables: {accounts: {colums: {}}}", "tables.accounts.colums: unknown key; .*'columns'"),
        ("tables: {accounts: {only: {x: [[1]]}}}", r"tables.accounts.only.x\[0\]: must be text"),
        ("tables: {t: {lookup: {x: {table: a}}}}", "tables.t.lookup.x.on: is required and missing"),
    ],
)
def test_setting_that_breaks_a_rule_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(SchemaError, match=message):
        load(tmp_path, text)


# ---- settings shipped for the public data sets, tried on a few rows of the same shape ------------


def test_settings_of_the_open_source_data_use_the_clock_of_the_main_line():
    frames = {
        "accounts": pd.DataFrame(
            {"account_id": ["a"], "kind": ["company"], "first_seen": pd.to_datetime(["2011-01-01"])}
        ),
        "users": pd.DataFrame(
            {
                "user_id": ["u", "v"],
                "account_id": ["a", "a"],
                "person_id": ["p", "p"],
                "first_seen": pd.to_datetime(["2011-01-01"] * 2),
            }
        ),
        "events": pd.DataFrame(
            {
                "event_id": [1, 2],
                "account_id": ["a", "a"],
                "user_id": ["u", "u"],
                "event_type": pd.Categorical(["commit", "review"]),
                "event_ts": pd.to_datetime(["2011-02-01"] * 2),
                "known_ts": pd.to_datetime(["2011-03-01"] * 2),
                "feature": ["src", "src"],
            }
        ),
        "labels": pd.DataFrame({"account_id": ["a"], "snapshot_ts": ["2011-04-01"]}),
    }
    for name in ("oss_suite", "oss_firmware"):
        settings = load_settings(SHIPPED / f"{name}.yaml")
        tables = read_tables(frames, settings)
        assert list(tables) == ["accounts", "people", "usage_events"]
        assert tables.quarantine.num_rows == 0
        (event,) = tables["usage_events"].to_pylist()
        assert (event["occurred_at"].month, event["known_at"].month) == (2, 3)
        assert tables["people"]["person_id"].to_pylist() == ["u", "v"]
        assert (settings.label_clock, settings.lead_days, settings.as_of_step) == (
            "known",
            0,
            "quarter",
        )


def test_settings_of_the_negative_control_name_its_contradictions():
    days = pd.to_datetime(["2024-05-01"] * 4)
    frames = {
        "accounts": pd.DataFrame(
            {
                "account_id": ["a"],
                "account_name": ["Alder"],
                "industry": ["x"],
                "signup_date": pd.to_datetime(["2024-06-01"]),
                "plan_tier": ["Pro"],
            }
        ),
        "subscriptions": pd.DataFrame(
            {
                "subscription_id": ["s"],
                "account_id": ["a"],
                "start_date": pd.to_datetime(["2024-07-01"]),
                "end_date": pd.to_datetime(["NaT"]),
                "plan_tier": ["Pro"],
                "seats": [3],
                "mrr_amount": [10],
            }
        ),
        "feature_usage": pd.DataFrame(
            {
                "usage_id": [1, 2, 2, 3],
                "subscription_id": ["s"] * 4,
                "usage_date": days,
                "feature_name": ["f", "g", "h", "i"],
                "usage_count": [1, 2, 3, 4],
                "error_count": [0] * 4,
            }
        ),
        "support_tickets": pd.DataFrame(
            {
                "ticket_id": ["t"],
                "account_id": ["a"],
                "submitted_at": days[:1],
                "closed_at": days[:1],
                "priority": ["high"],
                "satisfaction_score": [None],
            }
        ),
        "churn_events": pd.DataFrame(
            {
                "churn_event_id": ["c"],
                "account_id": ["a"],
                "churn_date": days[:1],
                "reason_code": ["price"],
                "feedback_text": [None],
            }
        ),
    }
    tables = read_tables(frames, load_settings(SHIPPED / "ravenstack.yaml"))
    assert tables.quarantine.num_rows == 0
    said = {(one.table, one.rule): one.count for one in tables.findings}
    assert said["usage_daily", "outside the period of its subscription (100% of the rows)"] == 4
    assert said["tickets", "before the account's `customer_since` (100% of the rows)"] == 1
    assert said["usage_daily", "repeats an earlier row's"] == 1


@pytest.mark.parametrize("key", ["lead_days", "horizon_days", "grace_days", "activity_window_days"])
def test_days_beyond_ten_years_are_refused(tmp_path, key):
    (tmp_path / "churngrid.yaml").write_text(f"{key}: 3650")
    assert getattr(load_settings(tmp_path / "churngrid.yaml"), key) == 3650
    (tmp_path / "churngrid.yaml").write_text(f"{key}: 3651")
    with pytest.raises(SchemaError, match=f"{key}: .*3650"):
        load_settings(tmp_path / "churngrid.yaml")
