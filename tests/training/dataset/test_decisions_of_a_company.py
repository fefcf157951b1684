"""One decision for everybody who asks, and an estimate for everybody who pays."""

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.arrays.moments import timestamps
from churngrid.features.cohorts.at_risk import standing
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings
from churngrid.features.subscriptions.business_kind import business_of
from churngrid.features.subscriptions.facts import subscriptions_of
from churngrid.training.dataset.labels import label

SETTINGS = Settings()


@pytest.fixture(scope="module")
def tables():
    return read_tables(build_company(60, months=30, seed=4).tables)


@pytest.fixture(scope="module")
def rows(tables):
    accounts = tables["accounts"]["account_id"].unique().to_pylist()
    dates = pd.date_range("2024-01-01", "2025-12-01", freq="MS", tz="UTC")
    pairs = pd.MultiIndex.from_product([accounts, dates], names=["account_id", "as_of"])
    return pairs.to_frame(index=False)


@pytest.fixture(scope="module")
def stands(tables, rows):
    return standing(tables, rows, business_of(tables), SETTINGS)


@pytest.fixture(scope="module")
def labels(tables, rows):
    return label(tables, rows, business_of(tables), SETTINGS)


def test_every_account_that_pays_has_an_estimate_or_a_name_for_why_not(stands):
    paying = stands[stands["custom"] == "paying"]
    assert len(paying) > 300
    assert set(paying["status"]) <= {"scored", "notice_given", "paused"}
    scored = paying["status"] == "scored"
    assert scored.mean() > 0.9
    assert (paying.loc[scored, "p_by_date"] >= paying.loc[scored, "as_of"]).all()
    assert stands.loc[stands["status"] == "not_eligible", "reason"].notna().all()
    assert stands.loc[stands["status"] != "scored", "p_by_date"].isna().all()


def test_all_who_ask_are_told_the_same_decision(tables, rows, stands, labels):
    facts = subscriptions_of(tables, grace_days=SETTINGS.grace_days).facts(Rows.of(rows))
    decides = pd.Series(timestamps(facts["decision_us"].to_numpy()), stands.index)
    pd.testing.assert_series_equal(stands["decision_at"], decides, check_names=False)
    pd.testing.assert_series_equal(
        labels["asked_until"], stands["p_by_date"], check_names=False, check_freq=False
    )
    own = stands["p_by_date"] == stands["decision_at"]
    monthly = (stands["decision_kind"] == "month_end") & ~own
    horizon = stands["as_of"] + pd.Timedelta(days=SETTINGS.horizon_days)
    assert (stands["p_by_date"] == horizon)[monthly & (stands["status"] == "scored")].all()


def test_all_looks_at_a_decision_have_one_answer_and_count_once(stands, labels):
    own = (stands["p_by_date"] == stands["decision_at"]) & labels["churned"].notna()
    looks = labels[own].groupby(["account_id", "asked_until"])
    assert looks.ngroups > 30
    assert (looks["churned"].nunique() == 1).all()
    assert (looks["closes_at"].nunique() == 1).all()
    assert (looks["weight"].sum() <= 1 + 1e-9).all()
    stayed = looks["churned"].max().eq(False)
    assert looks["weight"].sum()[stayed].median() == pytest.approx(1.0)
    assert labels.loc[own, "churned"].astype(float).between(0, 1).all()
    assert 0.02 < np.average(labels.loc[own, "churned"].astype(float)) < 0.5
