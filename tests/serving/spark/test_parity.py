"""Where Spark differs is on its page, and no estimate is made of what is gone."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from churngrid.features.errors import ArtifactError
from churngrid.features.metrics.catalogue import METRICS
from churngrid.serving.spark.parity import GAPS, refuse_lost
from churngrid.training.models.catalogue import model_named
from churngrid.training.registry.artifact import FittedModel

PAGE = Path(__file__).parents[3] / "docs" / "spark.md"
COLUMNS = ("tickets_30d", "active_users_28d", "tenure_days")
ALL = frozenset({"accounts", "tickets", "usage_daily"})


def model(collected=COLUMNS):
    rng = np.random.default_rng(3)
    X = pd.DataFrame({name: rng.normal(size=60) for name in COLUMNS})
    fitted = model_named("boosted").build()
    fitted.fit(X, (X.sum(axis=1) > 0).astype(int).to_numpy(), groups=X.index, monotone={}, roles={})
    return FittedModel("churn", fitted, 0.5, 30, 180, "2025-01-01", collected=collected)


def test_the_page_has_every_gap():
    page = PAGE.read_text(encoding="utf-8")
    assert [gap.what for gap in GAPS if gap.line not in page] == []


def test_a_model_is_refused_that_learned_from_a_table_without_rows():
    read = model()
    assert set(read.columns) == set(COLUMNS)
    refuse_lost(read, METRICS, ALL)
    with pytest.raises(ArtifactError, match=r"learned from 1 metrics.*'tickets_30d'.*train again"):
        refuse_lost(read, METRICS, ALL - {"tickets"})


def test_usage_may_come_as_days_or_as_events():
    refuse_lost(model(), METRICS, ALL - {"usage_daily"} | {"usage_events"})


def test_what_was_never_there_is_not_missed():
    refuse_lost(model(collected=("tenure_days",)), METRICS, frozenset({"accounts"}))
