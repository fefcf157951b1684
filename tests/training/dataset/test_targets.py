"""Targets are declared once; what ships and what can only be tried is told apart."""

import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.training.dataset.targets import TARGETS, TRIED, target_of, tried_of
from churngrid.training.registry.artifact import PROBABILITY
from churngrid.training.registry.mlflow_registry import REGISTERED


def test_what_ships_has_a_column_and_a_name_in_the_registry():
    assert list(PROBABILITY) == list(REGISTERED) == list(TARGETS)
    assert all(target.probability and target.registered for target in TARGETS.values())
    assert [name for name, target in TRIED.items() if not target.probability] == ["contraction"]


def test_contraction_can_be_tried_and_not_trained():
    assert tried_of("contraction") == "contraction"
    with pytest.raises(ValueError, match=r"Targets are \['churn', 'expansion'\], got 'contrac"):
        target_of("contraction")
    with pytest.raises(ValueError, match=r"\['churn', 'contraction', 'expansion'\], got 'growth'"):
        tried_of("growth")


@pytest.fixture(scope="module")
def tried():
    return churngrid.backtest(
        build_company(120, months=24, seed=2).tables, targets=("churn", "contraction")
    )


def test_a_backtest_of_contraction_predicts_who_cuts_back_beside_churn(tried):
    told = tried.predictions[tried.predictions["target"] == "contraction"]
    assert told["label"].nunique() == 2
    assert told["p"].between(0, 1).all()
    assert {"base_rate", "one_metric"} <= set(told["model"])
    assert set(tried.predictions["target"]) == {"churn", "contraction"}


def test_renewal_mode_is_of_decisions_to_leave(tried):
    marks = tried.scorers[tried.scorers["fold"].isin(["T-180", "T-90"])]
    assert set(marks["target"]) == {"churn"}
    told = tried.predictions
    assert told.loc[told["target"].eq("churn"), "decision_kind"].notna().any()
