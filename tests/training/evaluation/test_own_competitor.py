"""Classifiers that a company brings compete on our terms: calibrated and explained exactly."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from churngrid.training.evaluation.backtest import Brought
from churngrid.training.evaluation.own_competitor import Competitor, OwnModel
from churngrid.training.models.catalogue import GATES
from churngrid.training.models.model_protocol import predict


def _rows(n: int = 400, *, gaps: bool = True) -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(2)
    X = pd.DataFrame(
        {
            "seats": rng.poisson(20, n).astype(float),
            "plan": rng.choice(["basic", "pro", "team"], n),
            "chs": rng.uniform(0, 100, n),
        }
    )
    z = 2 - 0.15 * X["seats"] + 1.0 * (X["plan"] == "basic")
    y = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    if gaps:
        X.loc[::9, "seats"] = np.nan
    return X, y.to_numpy()


def _linear() -> Any:
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())


ESTIMATORS = {
    "additive": _linear,
    "tree": lambda: HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=4),
    "permutation": lambda: make_pipeline(
        SimpleImputer(), RandomForestClassifier(n_estimators=10, max_depth=3, random_state=0)
    ),
}


def _fitted(explainer: str, **about: Any) -> OwnModel:
    X, y = _rows()
    model = Competitor("mine", ESTIMATORS[explainer](), explainer).model.build()
    groups = np.arange(len(y)) // 2
    return model.fit(X, y, groups=groups, monotone={}, roles={"scorecard": "chs"}, **about)


@pytest.mark.parametrize("explainer", ESTIMATORS)
def test_shares_add_up_to_its_calibrated_log_odds(explainer: str) -> None:
    model, X = _fitted(explainer), _rows()[0].head(40)
    shares = model.contributions(X)
    assert shares.shape == (40, 3)
    assert model.encoding.names == ("seats", "plan")
    np.testing.assert_allclose(shares.sum(axis=1), model.log_odds(X), atol=1e-6)
    np.testing.assert_allclose(shares[:, -1], shares[0, -1])
    seats, plan = np.abs(shares[:, :2]).mean(axis=0)
    assert seats > plan > 0


def test_it_is_calibrated_by_rows_left_out() -> None:
    X, y = _rows(gaps=False)
    sure = RandomForestClassifier(n_estimators=30, random_state=0)
    model = OwnModel(sure).fit(X, y, groups=np.arange(len(y)), monotone={}, roles={})
    assert model.line.slope < 0.9
    left_out = 1 / (1 + np.exp(-model.oof_log_odds))
    assert left_out.mean() == pytest.approx(y.mean(), abs=1e-6)
    assert sure.__dict__.get("estimators_") is None


def test_a_category_never_seen_and_no_rows_are_answered() -> None:
    model = _fitted("additive")
    X = _rows()[0].head(2).assign(plan="enterprise")
    assert np.isfinite(model.log_odds(X)).all()
    assert model.log_odds(X.head(0)).shape == (0,)
    np.testing.assert_allclose(model.shifted(0.5).log_odds(X), model.log_odds(X) + 0.5)


@pytest.mark.parametrize("explainer", ["additive", "tree"])
def test_a_column_without_any_value_tells_nothing(explainer: str) -> None:
    X, y = _rows()
    model = Competitor("mine", ESTIMATORS[explainer](), explainer).model.build()
    model.fit(X.assign(gone=np.nan), y, groups=np.arange(len(y)), monotone={}, roles={})
    shares = model.contributions(X.assign(gone=5.0).head(9))
    assert np.abs(shares[:, model.encoding.names.index("gone")]).max() < 1e-9


def test_weights_reach_an_estimator_within_a_pipeline() -> None:
    X, y = _rows()
    heavy = predict(_fitted("additive", weight=np.where(y == 1, 5.0, 1.0)), X)
    assert heavy.mean() > predict(_fitted("additive"), X).mean() + 0.1


def test_a_forest_under_the_tree_explainer_is_refused_for_it_speaks_of_probabilities() -> None:
    X, y = _rows(gaps=False)
    model = OwnModel(RandomForestClassifier(n_estimators=5, random_state=0), "tree")
    model.fit(X, y, groups=np.arange(len(y)), monotone={}, roles={})
    with pytest.raises(ValueError, match=r"explains something else .* Name 'permutation'"):
        model.contributions(X.head(5))


def test_without_an_explainer_there_are_no_shares() -> None:
    X, y = _rows(gaps=False)
    model = OwnModel(LogisticRegression(max_iter=500))
    model.fit(X, y, groups=np.arange(len(y)), monotone={}, roles={})
    with pytest.raises(ValueError, match="`explainer` is 'none'; name 'additive'"):
        model.contributions(X)


def test_missing_values_need_an_estimator_that_takes_them() -> None:
    X, y = _rows()
    with pytest.raises(ValueError, match=r"LogisticRegression takes no missing .* 'seats'; put an"):
        OwnModel(LogisticRegression()).fit(
            X, y, groups=np.arange(len(y)), monotone={}, roles={"scorecard": "chs"}
        )


def test_it_is_never_stored_and_never_ships() -> None:
    with pytest.raises(TypeError, match="never stored"):
        _fitted("additive").to_state()
    with pytest.raises(TypeError, match="never stored"):
        OwnModel.from_state({}, ())
    mine = Competitor("mine", _linear()).model
    assert not any(gate.admits(mine) for gate in GATES)


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"name": "boosted"}, "`name` must be none of .* and not empty, got 'boosted'"),
        ({"explainer": "lime"}, "`explainer` must be one of .* got 'lime'"),
    ],
)
def test_what_has_no_name_or_no_explainer_is_refused(about: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Competitor(**({"name": "mine", "estimator": _linear()} | about))


@pytest.mark.parametrize("estimator", [LinearSVC(), SimpleImputer()])
def test_what_gives_no_probabilities_cannot_compete(estimator: Any) -> None:
    wanted = "`estimator` must be a classifier of scikit-learn with `predict_proba`, got"
    with pytest.raises(TypeError, match=f"{wanted} {type(estimator).__name__}"):
        Competitor("mine", estimator)


def test_two_competitors_of_one_name_are_refused() -> None:
    mine = Competitor("mine", _linear())
    with pytest.raises(ValueError, match="`competitors` must have names of their own"):
        Brought((mine, mine))
