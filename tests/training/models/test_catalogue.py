"""Every declared model through the same checks, and what sets each of them apart."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from churngrid.training.models import stepwise as additive
from churngrid.training.models.calibration import logit, sigmoid
from churngrid.training.models.catalogue import (
    GATES,
    MODELS,
    Model,
    ProbabilityModel,
    Recency,
    Scorecard,
    applicable,
    gate,
    model_named,
    predict,
    refresh_intercept,
)
from churngrid.training.models.classifier import ChurnClassifier
from churngrid.training.models.linear import BaseRate, BestMetric, Logistic
from churngrid.training.models.scales import learn_pool
from churngrid.training.models.stepwise import MAX_COLUMNS

ROLES = {
    "recency": "days_since_value_event",
    "scorecard": "chs",
    "growth": "days_since_value_event",
    "saturation": "days_since_value_event",
}
DIRECTIONS = {"active_users_28d": -1, "days_since_value_event": 1, "chs": -1, "elsewhere": 1}


def _portfolio(n_accounts: int = 150, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Three months of accounts whose idleness and users drive the outcome, with gaps."""
    rng = np.random.default_rng(seed)
    n = 3 * n_accounts
    idle = rng.exponential(20, n)
    users = rng.poisson(8, n).astype(float)
    z = -1.0 + 0.06 * idle - 0.15 * users
    y = (rng.random(n) < sigmoid(z)).astype(int)
    X = pd.DataFrame(
        {
            "days_since_value_event": idle,
            "active_users_28d": users,
            "chs": np.clip(60 - idle + 2 * users + rng.normal(0, 10, n), 0, 100),
            "tickets, open [90d]": rng.poisson(2, n).astype(float),
            "segment": rng.choice(["smb", "enterprise"], n),
            "nps": np.nan,
            "same": 4.0,
        }
    )
    X.loc[rng.random(n) < 0.1, "active_users_28d"] = np.nan
    return X, y, np.repeat([f"parent {i}" for i in range(n_accounts)], 3)


def _fit(model: Model, **other: Any) -> ProbabilityModel:
    X, y, groups = _portfolio()
    arguments = {"groups": groups, "monotone": DIRECTIONS, "roles": ROLES} | other
    return model.build().fit(X, y, **arguments)


@pytest.fixture(scope="module", params=MODELS, ids=lambda model: model.name)
def fitted(request: pytest.FixtureRequest) -> ProbabilityModel:
    return _fit(request.param)


def test_names_are_unique_and_match_what_is_built() -> None:
    assert len({model.name for model in MODELS}) == len(MODELS)
    assert all(model.build().kind == model.name for model in MODELS)
    assert all(model.meaning.endswith(".") for model in MODELS)


def test_each_build_is_fresh() -> None:
    assert all(model.build() is not model.build() for model in MODELS)


def test_a_floor_and_rules_always_compete() -> None:
    baselines = [model.name for model in MODELS if model.is_baseline]
    rules = ["base_rate", "recency", "one_metric", "scorecard", "growth_trend", "seat_saturation"]
    assert baselines == rules


def test_contributions_add_up(fitted: ProbabilityModel) -> None:
    X, _, _ = _portfolio(seed=1)
    shares = fitted.contributions(X)
    assert shares.shape == (len(X), len(fitted.encoding.names) + 1)
    np.testing.assert_allclose(shares.sum(axis=1), fitted.log_odds(X), atol=1e-9, rtol=0)


def test_probabilities_lie_strictly_between_0_and_1(fitted: ProbabilityModel) -> None:
    X, _, _ = _portfolio()
    X.loc[0, "days_since_value_event"], X.loc[1, "days_since_value_event"] = 1e12, -1e12
    p = predict(fitted, X)
    assert ((p > 0) & (p < 1)).all()


def test_the_mean_probability_is_near_the_rate(fitted: ProbabilityModel) -> None:
    X, y, _ = _portfolio()
    assert predict(fitted, X).mean() == pytest.approx(y.mean(), abs=0.03)


def test_unseen_accounts_are_ranked_better_than_by_chance(fitted: ProbabilityModel) -> None:
    X, y, _ = _portfolio(seed=1)
    least = 0.5 if fitted.kind == "base_rate" else 0.65
    assert roc_auc_score(y, predict(fitted, X)) >= least


def test_the_state_is_json_and_gives_the_same_model(fitted: ProbabilityModel) -> None:
    X, _, _ = _portfolio(seed=1)
    data, texts = fitted.to_state()
    again = type(fitted).from_state(json.loads(json.dumps(data, allow_nan=False)), texts)
    np.testing.assert_array_equal(again.log_odds(X), fitted.log_odds(X))
    np.testing.assert_array_equal(again.contributions(X), fitted.contributions(X))
    assert again.encoding == fitted.encoding
    assert again.oof_log_odds is None


def test_a_shift_moves_the_base_of_a_copy_only(fitted: ProbabilityModel) -> None:
    X, _, _ = _portfolio(seed=1)
    before = fitted.contributions(X)
    moved = fitted.shifted(0.25)
    change = moved.contributions(X) - before
    np.testing.assert_allclose(change[:, -1], 0.25)
    assert not change[:, :-1].any()
    np.testing.assert_array_equal(fitted.contributions(X), before)


def test_a_table_without_rows_gives_no_rows(fitted: ProbabilityModel) -> None:
    X = _portfolio()[0].iloc[:0]
    assert predict(fitted, X).shape == (0,)
    assert fitted.contributions(X).shape == (0, len(fitted.encoding.names) + 1)


def test_order_of_columns_and_index_do_not_matter(fitted: ProbabilityModel) -> None:
    X, _, _ = _portfolio(seed=1)
    other = X[X.columns[::-1]].set_axis([f"row {i}" for i in range(len(X))])
    np.testing.assert_array_equal(fitted.log_odds(other), fitted.log_odds(X))


def test_only_the_scorecard_reads_the_scorecard(fitted: ProbabilityModel) -> None:
    assert ("chs" in fitted.encoding.names) is (fitted.kind == "scorecard")


def test_a_declared_direction_is_never_reversed(fitted: ProbabilityModel) -> None:
    X, _, _ = _portfolio()
    row = pd.concat([X.iloc[[0]]] * 50, ignore_index=True).assign(
        days_since_value_event=np.linspace(0, 120, 50)
    )
    assert (np.diff(fitted.log_odds(row)) >= -1e-12).all()


@pytest.mark.parametrize("name", ["base_rate", "recency", "scorecard"])
def test_a_row_of_weight_two_counts_as_two_rows(name: str) -> None:
    X, y, groups = _portfolio()
    X = X.fillna({"active_users_28d": 5.0})
    weight = np.where(np.arange(len(y)) % 3 == 0, 2.0, 1.0)
    weighed = _fit(model_named(name), weight=7.0 * weight)
    twice = np.repeat(np.arange(len(y)), weight.astype(int))
    repeated = model_named(name).build()
    repeated.fit(X.iloc[twice], y[twice], groups=groups[twice], monotone=DIRECTIONS, roles=ROLES)
    # Scales are those of the rows, so that the lines agree and not their coefficients.
    assert predict(weighed, X) == pytest.approx(predict(repeated, X), abs=0.02)
    assert np.average(predict(weighed, X), weights=weight) == pytest.approx(
        np.average(y, weights=weight), abs=1e-6
    )


@pytest.mark.parametrize("name", ["base_rate", "one_metric", "logistic", "additive", "boosted"])
def test_rows_that_count_more_move_the_estimate_to_them(name: str) -> None:
    X, y, _ = _portfolio()
    weight = np.where(y == 1, 4.0, 1.0)
    plain, weighed = _fit(model_named(name)), _fit(model_named(name), weight=weight)
    assert predict(weighed, X).mean() > predict(plain, X).mean() + 0.1
    assert np.average(predict(weighed, X), weights=weight) == pytest.approx(
        np.average(y, weights=weight), abs=0.03
    )


def test_training_twice_gives_the_same(fitted: ProbabilityModel) -> None:
    X, _, _ = _portfolio(seed=1)
    again = _fit(model_named(fitted.kind))
    np.testing.assert_array_equal(again.log_odds(X), fitted.log_odds(X))


def test_row_order_does_not_matter(fitted: ProbabilityModel) -> None:
    X, y, groups = _portfolio()
    order = np.random.default_rng(2).permutation(len(y))
    other = type(fitted)().fit(
        X.iloc[order], y[order], groups=groups[order], monotone=DIRECTIONS, roles=ROLES
    )
    np.testing.assert_allclose(other.log_odds(X), fitted.log_odds(X), atol=1e-9)


def test_one_class_only_is_refused(fitted: ProbabilityModel) -> None:
    X, y, groups = _portfolio()
    with pytest.raises(
        ValueError, match=r"`y` must hold both classes 0 and 1, got \[0\]; train on"
    ):
        type(fitted)().fit(X, 0 * y, groups=groups, monotone={}, roles=ROLES)


def test_the_newest_rows_move_the_base(fitted: ProbabilityModel) -> None:
    X, y, groups = _portfolio()
    newest = np.arange(len(y)) % 3 == 2
    labels = np.where(newest, 1, y)
    moved = refresh_intercept(fitted, labels, groups, newest=newest)
    shift = moved.log_odds(X) - fitted.log_odds(X)
    assert shift[0] > 1
    np.testing.assert_allclose(shift, shift[0], atol=1e-9)


def test_a_model_from_disk_cannot_be_refreshed(fitted: ProbabilityModel) -> None:
    _, y, groups = _portfolio()
    stored = type(fitted).from_state(*fitted.to_state())
    with pytest.raises(ValueError, match="`model` must be freshly fitted"):
        refresh_intercept(stored, y, groups, newest=y == 1)


def test_the_base_rate_is_the_rate() -> None:
    X, y, _ = _portfolio()
    model = _fit(model_named("base_rate"))
    np.testing.assert_allclose(predict(model, X), y.mean())
    assert isinstance(model, BaseRate)
    assert model.intercept == pytest.approx(logit(y.mean()))


def test_recency_reads_its_column_only() -> None:
    model = _fit(model_named("recency"))
    assert model.encoding.names == ("days_since_value_event",)
    assert isinstance(model, Recency)


def test_a_rule_without_its_column_is_refused() -> None:
    with pytest.raises(
        ValueError, match="`roles` must name a column of the table for 'recency', got None"
    ):
        _fit(model_named("recency"), roles={})
    with pytest.raises(ValueError, match="for 'scorecard', got 'gone'"):
        _fit(model_named("scorecard"), roles={"scorecard": "gone"})


def test_a_line_against_its_declared_direction_is_flat() -> None:
    X, y, groups = _portfolio()
    rule = Scorecard().fit(X, y, groups=groups, monotone={"chs": 1}, roles=ROLES)
    np.testing.assert_allclose(predict(rule, X), y.mean(), atol=1e-9)


def test_the_best_metric_is_the_one_that_drives_the_outcome() -> None:
    assert _fit(model_named("one_metric")).encoding.names == ("days_since_value_event",)


def test_without_a_usable_metric_the_best_metric_is_the_base_rate() -> None:
    X, y, groups = _portfolio()
    useless = X[["same", "nps", "segment"]]
    for kind in (BestMetric, Logistic):
        model = kind().fit(useless, y, groups=groups, monotone={}, roles={})
        np.testing.assert_allclose(predict(model, useless), y.mean(), atol=1e-6)


def test_a_missing_value_has_a_weight_of_its_own() -> None:
    X, y, groups = _portfolio()
    X = pd.DataFrame({"seats": np.where(y == 1, np.nan, X["active_users_28d"].fillna(0))})
    model = BestMetric().fit(X, y, groups=groups, monotone={}, roles={})
    assert predict(model, X)[y == 1].min() > predict(model, X)[y == 0].max()


def test_the_logistic_model_finds_the_causes_and_leaves_out_categories() -> None:
    names = _fit(model_named("logistic")).encoding.names
    assert {"days_since_value_event", "active_users_28d"} <= set(names)
    assert "segment" not in names


def test_the_logistic_model_takes_ten_columns_at_most() -> None:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(900, 16)), columns=[f"m{i}" for i in range(16)])
    y = (rng.random(900) < sigmoid(X.to_numpy().sum(axis=1))).astype(int)
    model = Logistic().fit(X, y, groups=np.arange(900), monotone={}, roles={})
    assert len(model.encoding.names) == MAX_COLUMNS == 10


def test_the_logistic_model_is_no_surer_than_chance_on_noise() -> None:
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(400, 30)), columns=[f"m{i}" for i in range(30)])
    y = (rng.random(400) < 0.3).astype(int)
    model = Logistic().fit(X, y, groups=np.arange(400), monotone={}, roles={})
    assert predict(model, X).std() < 0.05


def test_copies_of_a_column_are_not_both_taken() -> None:
    rng = np.random.default_rng(0)
    cause = rng.normal(size=600)
    X = pd.DataFrame({"a": cause, "copy": 3 * cause + 1, "other": rng.normal(size=600)})
    y = (rng.random(600) < sigmoid(2 * cause)).astype(int)
    names = Logistic().fit(X, y, groups=np.arange(600), monotone={}, roles={}).encoding.names
    assert len({"a", "copy"} & set(names)) == 1


def test_a_part_of_a_long_history_chooses_columns_and_all_of_it_weighs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y, groups = _portfolio(600)
    X = X.drop(columns="chs")
    whole = Logistic().fit(X, y, groups=groups, monotone={}, roles={})
    monkeypatch.setattr(additive, "SELECTION_ROWS", 600)
    part = Logistic().fit(X, y, groups=groups, monotone={}, roles={})
    assert {"days_since_value_event", "active_users_28d"} <= set(part.encoding.names)
    assert np.corrcoef(part.log_odds(X), whole.log_odds(X))[0, 1] > 0.99
    assert predict(part, X).mean() == pytest.approx(y.mean(), abs=0.01)


def test_ten_rows_are_enough_for_every_model() -> None:
    X, _, _ = _portfolio()
    y = np.array([0, 1] * 5)
    for model in MODELS:
        small = model.build().fit(
            X.iloc[:10], y, groups=np.arange(10), monotone=DIRECTIONS, roles=ROLES
        )
        p = predict(small, X)
        assert ((p > 0) & (p < 1)).all(), model.name


def test_a_huge_value_counts_as_the_largest_of_nearly_all() -> None:
    X, _, _ = _portfolio()
    model = _fit(model_named("recency"))
    wild = X.assign(days_since_value_event=[1e300] * len(X))
    known = X.assign(days_since_value_event=X["days_since_value_event"].max())
    np.testing.assert_array_equal(model.log_odds(wild), model.log_odds(known))


def test_a_column_of_absurd_range_is_read_as_a_logarithm() -> None:
    values = np.array([1.0, 1e200, -1e200, 3.0] * 5)
    pool = learn_pool(["x"], values[:, None], {})
    assert [scale.log for scale in pool.scales] == [True]


def test_infinity_is_refused_by_linear_models() -> None:
    X, _, _ = _portfolio()
    with pytest.raises(
        ValueError, match="Column 'days_since_value_event' must hold finite numbers"
    ):
        _fit(model_named("recency")).log_odds(X.assign(days_since_value_event=np.inf))


def test_column_names_must_be_text() -> None:
    _, y, groups = _portfolio()
    X = pd.DataFrame({7: np.arange(len(y), dtype=float)})
    with pytest.raises(TypeError, match="Column names must be text, got 7"):
        Logistic().fit(X, y, groups=groups, monotone={}, roles={})


def test_the_boosted_model_is_the_classifier() -> None:
    X, y, groups = _portfolio()
    inputs = X.drop(columns="chs")
    signs = {"active_users_28d": -1, "days_since_value_event": 1}
    alone = ChurnClassifier(monotone=signs).fit(inputs, y, groups)
    together = _fit(model_named("boosted"))
    np.testing.assert_array_equal(predict(together, X), alone.predict_proba(inputs)[:, 1])


def test_models_without_their_columns_do_not_compete() -> None:
    names = [model.name for model in applicable({})]
    assert names == ["base_rate", "one_metric", "directed", "logistic", "additive", "boosted"]
    assert applicable(ROLES, "expansion") == MODELS


def test_rules_of_growth_compete_for_growth_alone() -> None:
    names = {model.name for model in MODELS} - {model.name for model in applicable(ROLES)}
    assert names == {"growth_trend", "seat_saturation"}


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="Unknown model 'forest'; declared are"):
        model_named("forest")


@pytest.mark.parametrize(
    ("churned", "retained", "kind"),
    [
        (200, 500, "boosted"),
        (199, 500, "additive"),
        (200, 499, "additive"),
        (50, 50, "additive"),
        (49, 5000, "directed"),
        (5000, 49, "directed"),
        (15, 15, "directed"),
        (14, 5000, "rule"),
        (0, 0, "rule"),
    ],
)
def test_the_size_of_the_history_decides_what_ships(churned: int, retained: int, kind: str) -> None:
    assert gate(churned, retained).kind == kind


def test_every_lesser_model_ships_with_a_notice() -> None:
    assert [bool(entry.notice) for entry in GATES] == [False, True, True, True]


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="Counts of accounts must be at least 0, got -1 churned"):
        gate(-1, 5)


def test_declarations_are_frozen_values() -> None:
    assert replace(MODELS[0]) == MODELS[0]


@pytest.mark.parametrize("limit", [110, 100, 90, 60])
def test_the_choice_of_columns_on_a_part_of_the_accounts_leaves_some_to_learn_from(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with as many parts as folds, here five, and with accounts of one class only."""
    X, y, groups = _portfolio()
    monkeypatch.setattr(additive, "SELECTION_ROWS", limit)
    fitted = Logistic().fit(X, y, groups=groups, monotone=DIRECTIONS, roles=ROLES)
    assert roc_auc_score(y, predict(fitted, X)) > 0.65


def test_an_additive_model_has_no_combinations() -> None:
    """No tree looks at a second column."""
    _, texts = _fit(model_named("additive")).to_state()
    leaves = {int(count) for text in texts for count in re.findall(r"(?m)^num_leaves=(\d+)$", text)}
    assert leaves <= {1, 2}
    _, texts = _fit(model_named("boosted")).to_state()
    assert any(re.search(r"(?m)^num_leaves=[3-9]$", text) for text in texts)
