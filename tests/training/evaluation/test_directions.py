"""Declared directions hold in what is learned, for every variant of a metric."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.serving.api.train import dataset_of
from churngrid.serving.company.load_company import company_of
from churngrid.training.evaluation.candidates import (
    direction_of_inputs,
    fit_candidate,
    lesson_of,
)
from churngrid.training.models.catalogue import model_named

pytestmark = pytest.mark.usefixtures("unproven")

WORLD = Path(__file__).parents[4] / "shared" / "data" / "world_a" / "tables"


def of_demo():
    return build_company(160, seed=5).tables


def of_world():
    """Every fourth account of a company that nobody here wrote."""
    if not WORLD.is_dir():
        pytest.skip(f"no shared data in {WORLD}")
    kept = pd.read_parquet(WORLD / "accounts.parquet")["account_id"].drop_duplicates()[::4]
    some = [("account_id", "in", set(kept))]
    return {
        path.stem: pd.read_parquet(path, filters=some if path.stem != "features" else None)
        for path in sorted(WORLD.glob("*.parquet"))
    }


@pytest.fixture(scope="module", params=[of_demo, of_world], ids=["demo", "world_a"])
def learned(request):
    """The boosted model of quarters, some rows, and the declared directions."""
    company = company_of(request.param(), None)
    quarters = company.config.settings.model_copy(update={"as_of_step": "quarter"})
    company = replace(company, config=replace(company.config, settings=quarters))
    lesson = lesson_of(dataset_of(company, None), "churn")
    model = fit_candidate(model_named("boosted"), lesson)
    return lesson.X.iloc[:: max(1, len(lesson.X) // 100)], model, lesson.monotone


@pytest.mark.long
def test_a_fall_below_the_own_past_never_lowers_the_estimate_of_churn(learned):
    X, model, directions = learned
    before = model.log_odds(X)
    fallen = X.copy()
    for column in [name for name in model.encoding.names if name.endswith("_vs_own")]:
        if sign := directions.get(column):
            fallen[column] = X[column] * (0.5 if sign < 0 else 2.0)
            alone = X.assign(**{column: fallen[column]})
            assert (model.log_odds(alone) - before).min() >= -1e-9, column
    assert (model.log_odds(fallen) - before).min() >= -1e-9


@pytest.mark.long
def test_every_declared_direction_holds_for_level_past_and_peers(learned):
    X, model, directions = learned
    before = model.log_odds(X)
    directed = [name for name in model.encoding.names if directions.get(name)]
    assert any(name.endswith("_in_segment") for name in directed)
    for column in directed:
        spread = X[column].quantile(0.9) - X[column].quantile(0.1)
        worse = X[column] + directions[column] * max(spread, 1e-3)
        after = model.log_odds(X.assign(**{column: worse}))
        assert (after - before).min() >= -1e-9, column


def test_variants_of_metrics_without_a_direction_are_free():
    churn = direction_of_inputs("churn")
    assert {"tickets_30d", "tickets_30d_vs_own", "arr_in_segment"}.isdisjoint(churn)
    assert set(pd.Series(churn)) == {-1, 1}
