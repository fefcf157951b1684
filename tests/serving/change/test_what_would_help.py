"""What would help: the account is read again, and the smallest step that is enough is told."""

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.engine.feature_table import peers_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.serving.change.account_change import Improvements
from churngrid.serving.change.trial import Trial
from churngrid.serving.change.what_would_help import what_would_help
from churngrid.serving.company.config import read_config
from churngrid.serving.results.result_column import check_result
from churngrid.serving.results.schema import RESULTS
from churngrid.serving.scoring.batch_score import score_tables
from churngrid.serving.scoring.scored import Models
from tests.build import day
from tests.serving.change.test_changes import model

BY_COLUMN = {metric.column: metric for metric in METRICS}


@pytest.fixture(scope="module", params=["model", "scorecard"])
def scored(request):
    tables = read_tables(build_company(80, months=30, seed=9).tables)
    models = Models(churn=model()) if request.param == "model" else None
    return score_tables(tables, day("2025-12-31"), config=read_config(Settings()), models=models)


@pytest.fixture(scope="module")
def found(scored):
    return what_would_help(scored, scored.scores["account_id"].tolist())


def everybody(scored):
    return np.arange(len(scored.scores))


def test_an_account_as_it_is_reads_as_it_was_scored(scored):
    now = Trial.of(scored, everybody(scored)).read()
    scores = scored.scores
    by_model = scores["health_source"] == "model"
    np.testing.assert_allclose(now.p[by_model], scores["p_churn"][by_model], atol=1e-12)
    free = (scores["cap_reason"] == "") & scores["health_source"].ne("none")
    np.testing.assert_allclose(now.value[free], scores["health_value"][free], atol=1e-9)


def test_a_value_put_in_anew_changes_nothing(scored):
    rows = everybody(scored)
    trial = Trial.of(scored, rows)
    for metric in METRICS[:20]:
        same = scored.features.frame[metric.column].to_numpy(dtype=float)
        again = trial.with_values(metric, np.ones(len(rows), dtype=bool), same)
        columns = [metric.column, metric.vs_own, metric.percentile]
        columns = [name for name in columns if name in again.features.frame]
        pd.testing.assert_frame_equal(
            again.features.frame[columns], trial.features.frame[columns], check_dtype=False
        )


def test_the_place_in_the_segment_is_the_one_that_all_accounts_together_give(scored):
    metric = BY_COLUMN["active_users_28d"]
    features = scored.features
    for row in range(0, len(scored.scores), 7):
        trial = Trial.of(scored, np.array([row]))
        changed = trial.with_values(metric, np.array([True]), np.array([11.0])).features.frame
        level = features.frame[metric.column].to_numpy(dtype=float).copy()
        level[row] = 11.0
        dates = np.zeros(len(level), dtype=np.int64)
        peers = peers_of(dates, features.segment.to_numpy(), features.live.to_numpy())
        expected = peers.shares(level)[row]
        np.testing.assert_allclose(changed[metric.percentile].iloc[0], expected)
        base = features.baseline[metric.column].iloc[row]
        if base > 0:
            assert changed[metric.vs_own].iloc[0] == 11.0 / base


def test_what_is_told_holds_when_it_is_tried(scored, found):
    check_result("improvements", found, RESULTS["improvements"])
    ids = pd.Index(scored.scores["account_id"])
    single = found[~found["metrics"].str.contains("|", regex=False)]
    assert single["over_next_band"].any()
    for one in single.head(30).itertuples():
        trial = Trial.of(scored, np.array([ids.get_loc(one.account_id)]))
        metric = BY_COLUMN[one.metrics]
        then = trial.with_values(metric, np.array([True]), np.array([one.after])).read()
        assert then.band[0] == one.band_then
        np.testing.assert_allclose(then.value[0], one.health_then)
        assert (one.band_then != one.band_now) == one.over_next_band


def test_only_what_can_be_improved_and_is_within_reach_is_told(scored, found):
    features = scored.features
    for one in found[found["reachable"] == "segment"].itertuples():
        metric = BY_COLUMN[one.metrics]
        assert metric.can_improve
        values = features.frame[metric.column][features.live.to_numpy()].dropna()
        assert values.min() <= one.after <= values.max()
        assert (one.after > one.before) == (metric.direction == "+")
    assert set(found["band_now"]) <= {"low", "medium"}


def test_it_is_said_to_be_no_promise(scored, found):
    account = found["account_id"].iloc[0]
    told = Improvements(account, found[found["account_id"] == account])
    assert "without a promise" in told.text()
    assert "without a promise" in told._repr_html_()
    assert told.lines()[0] in told.text()


def test_an_account_that_is_well_needs_nothing(scored):
    well = scored.scores[scored.scores["health_band_raw"].eq("high")]
    well = well[well["cap_reason"].eq("")]
    assert what_would_help(scored, well["account_id"].tolist()).empty
