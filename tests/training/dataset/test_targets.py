"""Targets are declared once, and the rare one is learned where there is enough of it."""

import pandas as pd
import pytest

import churngrid
from churngrid.demo import build_company
from churngrid.training.dataset.targets import TARGETS, learned_of_itself, target_of
from churngrid.training.registry.artifact import PROBABILITY
from churngrid.training.registry.mlflow_registry import REGISTERED

pytestmark = pytest.mark.usefixtures("unproven")


def test_what_ships_has_a_column_and_a_name_in_the_registry():
    assert list(PROBABILITY) == list(REGISTERED) == list(TARGETS)
    assert all(target.probability and target.registered for target in TARGETS.values())


def test_another_target_is_refused_by_name():
    with pytest.raises(ValueError, match=r"\['churn', 'contraction', 'expansion'\], got 'growth'"):
        target_of("growth")


@pytest.mark.parametrize(
    ("cut", "learned"),
    [(99, ("churn", "expansion")), (100, ("churn", "expansion", "contraction"))],
)
def test_contraction_is_learned_of_itself_where_a_hundred_accounts_cut_back(cut, learned):
    # Each is looked at twice, and counts once.
    index = pd.MultiIndex.from_product([range(150), [1, 2]], names=["account_id", "as_of"])
    came = index.get_level_values("account_id") < cut
    labels = pd.DataFrame({"contracted": pd.array(came, "boolean")}, index=index)
    labels.loc[(149, 1), "contracted"] = pd.NA
    assert learned_of_itself(labels) == learned


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
