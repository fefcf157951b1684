"""What training refuses, leaves out and decides, each with its words."""

import numpy as np
import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import read_config
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.evaluation.backtest import Backtest
from churngrid.training.evaluation.candidates import direction_of_inputs
from churngrid.training.evaluation.choice import gate_of
from churngrid.training.registry.promotion import promote
from churngrid.training.train import _of_snapshots, train_target

pytestmark = pytest.mark.usefixtures("unproven")

CONFIG = read_config(Settings())


def dataset_of(frames, **settings):
    chosen = Settings(**settings)
    tables = read_tables(frames, chosen)
    return build_dataset(tables, chosen, scorecard=CONFIG.scorecard, rubric=CONFIG.rubric)


def visits(accounts, days, **columns):
    """Accounts without contract that use the product once on each of these days."""
    pairs = [(account, day) for account in accounts for day in days]
    usage = pd.DataFrame(pairs, columns=["account_id", "date"])
    usage = usage.assign(product_user_id=usage["account_id"], events=1)
    since = {"account_id": list(accounts), "customer_since": days[0], "known_at": days[0]}
    return {"accounts": pd.DataFrame({**since, **columns}), "usage_daily": usage}


def test_short_history_is_refused_with_the_way_out():
    days = pd.date_range("2025-01-01", periods=60)
    with pytest.raises(SchemaError, match=r"too short to learn from.*churngrid score"):
        dataset_of(visits("ab", days))


def test_open_label_windows_are_refused():
    days = pd.date_range("2025-01-01", periods=200)
    with pytest.raises(SchemaError, match=r"No account gets a label(?s:.*)The data ends before"):
        dataset_of(visits("ab", days))


def test_one_outcome_only_is_refused():
    days = pd.date_range("2024-01-01", periods=600)
    rows = dataset_of(visits("abcd", days), as_of_step="quarter")
    with pytest.raises(ValueError, match=r"Every labelled row has churn = 0.*both outcomes"):
        train_target(rows, Settings(), "churn")


def test_outcome_that_comes_only_at_the_end_leaves_nothing_to_learn():
    days = pd.date_range("2024-01-01", periods=700)
    frames = visits([f"a{i}" for i in range(8)], days)
    usage = frames["usage_daily"]
    late = usage["account_id"].isin(["a0", "a1"]) & (usage["date"] > "2025-03-25")
    frames["usage_daily"] = usage[~late]
    rows = dataset_of(frames, as_of_step="quarter")
    with pytest.raises(ValueError, match="No training block has both outcomes of 'churn'"):
        train_target(rows, Settings(), "churn")


def test_unknown_target_is_refused():
    frames = visits("abcd", pd.date_range("2024-01-01", periods=600))
    with pytest.raises(ValueError, match=r"Targets are \['churn', 'contrac.*'\], got 'growth'"):
        churngrid.backtest(frames, targets=("growth",))


def test_columns_without_history_stay_out_of_training_unless_assumed():
    frames = build_company(40, seed=2).tables
    now = pd.Timestamp("2025-12-31 12:00")
    frames["tickets"] = frames["tickets"].drop_duplicates("ticket_id", keep="last")
    frames["tickets"] = frames["tickets"].assign(changed_at=now, known_at=now)
    refused = dataset_of(frames, as_of_step="quarter")
    assert "open_critical_tickets" in refused.refused
    assert "open_critical_tickets" not in refused.X
    assert set(refused.refused) >= {"open_critical_tickets", "open_critical_tickets_vs_own"}
    assert "open_critical_tickets" in refused.waiting["tickets.priority"]
    said = _of_snapshots(refused)[0]
    assert "`tickets.priority` (open critical tickets" in said
    assert "`assume_snapshots: tickets.priority, " in said
    admitted = dataset_of(frames, as_of_step="quarter", assume_snapshots="priorities never change")
    assert "open_critical_tickets" in admitted.X
    assert (admitted.waiting, _of_snapshots(admitted)) == ({}, [])


def test_models_see_maturity_by_its_index_and_no_opinion():
    rows = dataset_of(build_company(40, seed=2).tables, as_of_step="quarter")
    for target in ("churn", "expansion"):
        columns = rows.columns(target)
        assert {"chs", "csm_sentiment_90d", "sso_seat_share"}.isdisjoint(columns)
        assert "cmi" in columns


def test_directions_are_those_declared():
    churn = direction_of_inputs("churn")
    assert churn["active_users_28d"] == -1
    assert churn["days_overdue"] == churn["price_trend_12m"] == 1
    assert churn["cmi"] == -1
    assert "cmi_coverage" not in churn
    assert churn["active_users_28d_vs_own"] == churn["active_users_28d_in_segment"] == -1
    assert {"tickets_30d", "tickets_30d_vs_own", "tenure_days", "arr"}.isdisjoint(churn)
    growth = direction_of_inputs("expansion")
    # More of what speaks for growth never speaks for leaving.
    assert {churn[column] for column in growth} == {-1}
    assert {"seat_saturation_28d", "upgrades_365d", "upgrade_interest_180d"} <= set(growth)
    assert set(growth.values()) == {1}
    assert direction_of_inputs("contraction") == dict.fromkeys(growth, -1)


def test_account_that_stayed_and_then_left_is_evidence_of_both():
    y = np.repeat([0, 1], 60)
    parents = np.array([f"p{i}" for i in [*range(60), *range(60)]], dtype=object)
    assert gate_of(y, parents).kind == "additive"


def test_base_rate_never_becomes_champion():
    table = pd.DataFrame({"model": ["base_rate"], "shipped": [True]})
    nothing = Backtest(table, pd.DataFrame(), pd.DataFrame(), "base_rate", "")
    decision = promote(None, nothing, None)
    assert decision.alias == "challenger"
    assert "base rate itself" in decision.reason
