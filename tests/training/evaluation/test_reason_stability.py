"""Whether the strongest reasons stay, by models whose reasons are known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from churngrid.demo import build_company
from churngrid.features.ingest.read import read_tables
from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.settings import Settings
from churngrid.serving.company.config import read_config
from churngrid.training.dataset.dataset import build_dataset
from churngrid.training.evaluation.candidates import fit_candidate, lesson_of
from churngrid.training.evaluation.reason_stability import owner_of_inputs, reason_stability
from churngrid.training.models.catalogue import model_named
from tests.build import day

pytestmark = pytest.mark.usefixtures("unproven")

NAMES = ("a", "b", "c", "d", "e")


class Additive:
    """Every input counts as it is."""

    encoding = SimpleNamespace(names=NAMES)

    def contributions(self, X):
        return np.column_stack([X.to_numpy(dtype=float), np.zeros(len(X))])


def rows_of(then, now):
    index = [("x", day("2025-01-01")), ("x", day("2025-02-01"))]
    names = ["account_id", "as_of"]
    return pd.DataFrame([then, now], pd.MultiIndex.from_tuples(index, names=names), list(NAMES))


def stable(then, now, owners=None):
    dataset = SimpleNamespace(X=rows_of(then, now))
    found = reason_stability(dataset, "churn", None, Additive(), owners=owners or {}, refits=0)
    assert np.isnan(found.after_training)
    return found


def test_the_same_reasons_a_date_earlier_stay_wholly():
    found = stable([5, 4, 3, 0, 1], [9, -8, 7, 0, 0])
    assert found.a_date_earlier == 1.0
    assert "100% were among them on the as-of date before" in found.says


def test_one_of_three_that_is_another_counts_a_third():
    assert stable([5, 4, 0, 0, 3], [9, 8, 7, 0, 0]).a_date_earlier == pytest.approx(2 / 3)


def test_variants_of_one_metric_are_one_reason():
    owners = {"a": "use", "b": "use", "c": "tickets", "d": "mood", "e": "money"}
    found = stable([0, 9, 3, 2, 0], [9, 0, 3, 2, 0], owners)
    assert found.a_date_earlier == 1.0


def test_a_model_without_inputs_has_no_reasons_that_could_change():
    class Rate(Additive):
        encoding = SimpleNamespace(names=())

    dataset = SimpleNamespace(X=rows_of([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]))
    found = reason_stability(dataset, "churn", None, Rate(), owners={}, refits=0)
    assert found.a_date_earlier == 1.0


def test_training_again_gives_a_share_and_the_same_one_every_time():
    tables = read_tables(build_company(60, months=26, seed=3).tables)
    settings = Settings(as_of_step="quarter")
    config = read_config(settings)
    dataset = build_dataset(tables, settings, scorecard=config.scorecard, rubric=config.rubric)
    model = model_named("logistic")
    fitted = fit_candidate(model, lesson_of(dataset, "churn"))
    owners = owner_of_inputs(METRICS)
    first, again = (
        reason_stability(dataset, "churn", model, fitted, owners=owners, refits=1) for _ in range(2)
    )
    assert first == again
    assert 0.0 <= first.after_training <= 1.0
    assert "stay after training again" in first.says
