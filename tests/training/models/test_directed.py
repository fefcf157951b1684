"""A sum of all metrics in their directions: steady on little history, and exact in its reasons."""

import numpy as np
import pandas as pd
import pytest

from churngrid.training.models.calibration import log_loss_of, sigmoid
from churngrid.training.models.linear import Directed, Logistic

CAUSES = 24
DIRECTIONS = {f"m{i}": 1 if i % 2 else -1 for i in range(CAUSES)}
SIGNS = np.array(list(DIRECTIONS.values()))


def company(seed, accounts, *, strength=0.25):
    """Many weak causes that share a good part of what moves them."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(accounts, 1))
    causes = SIGNS * (0.6 * shared + 0.8 * rng.normal(size=(accounts, CAUSES)))
    odds = strength * (causes * SIGNS).sum(axis=1) / np.sqrt(5) - 1.0
    X = pd.DataFrame(causes, columns=list(DIRECTIONS))
    return X, (rng.random(accounts) < sigmoid(odds)).astype(int)


def taught(kind, X, y, *, monotone=DIRECTIONS, roles=None):
    return kind().fit(X, y, groups=np.arange(len(y)), monotone=monotone, roles=roles or {})


def test_on_little_history_it_is_nearer_to_what_comes_than_a_choice_of_columns():
    gains = []
    for seed in range(6):
        X, y = company(seed, 160)
        later, came = company(100 + seed, 3000)
        losses = [
            log_loss_of(taught(kind, X, y).log_odds(later), came.astype(float))
            for kind in (Logistic, Directed)
        ]
        gains.append(losses[0] - losses[1])
    assert np.mean(gains) > 0.005
    assert np.min(gains) > -0.02


def test_no_metric_speaks_against_its_direction():
    X, y = company(1, 400)
    X["m1"] = -X["m1"]
    model = taught(Directed, X, y)
    for term in model.terms:
        assert term.slope * DIRECTIONS[term.scale.column] >= 0


def test_a_column_without_a_direction_has_no_say():
    X, y = company(2, 300)
    model = taught(Directed, X.assign(told=y), y)
    assert "told" not in model.encoding.names


def test_without_any_direction_it_is_the_base_rate():
    X, y = company(3, 300)
    model = taught(Directed, X, y, monotone={})
    np.testing.assert_allclose(sigmoid(model.log_odds(X)), y.mean(), atol=1e-4)


def test_noise_teaches_it_next_to_nothing():
    X, y = company(4, 400, strength=0.0)
    assert sigmoid(taught(Directed, X, y).log_odds(X)).std() < 0.06


def test_what_is_missing_says_nothing():
    X, y = company(5, 300)
    model = taught(Directed, X, y)
    shares = model.contributions(X.assign(m0=np.nan))
    assert not shares[:, model.encoding.names.index("m0")].any()


def near_and_far(seed=6):
    """Whoever has not said so in the last days before the decision will hardly leave."""
    X, _ = company(seed, 900)
    days = np.random.default_rng(seed).uniform(0, 360, len(X))
    odds = (X.to_numpy() * SIGNS).sum(axis=1) / 10 - 1.0 - 2.5 * np.maximum(1 - days / 40, 0)
    y = (np.random.default_rng(seed + 1).random(len(X)) < sigmoid(odds)).astype(int)
    return X.assign(days_to_decision=days), y


@pytest.mark.parametrize("days", [3.0, 20.0, 100.0, 300.0])
def test_it_bends_along_the_distance_of_the_decision(days):
    X, y = near_and_far()
    model = taught(Directed, X, y, roles={"distance": "days_to_decision"})
    said = sigmoid(model.log_odds(X.assign(days_to_decision=days))).mean()
    around = (X["days_to_decision"] - days).abs() < 20
    assert said == pytest.approx(y[around].mean(), abs=0.09)


def test_the_pieces_of_a_bent_column_are_one_reason_and_all_reasons_add_up():
    X, y = near_and_far()
    model = taught(Directed, X, y, roles={"distance": "days_to_decision"})
    names, shares = model.encoding.names, model.contributions(X)
    assert names.count("days_to_decision") == 1
    np.testing.assert_allclose(shares.sum(axis=1), model.log_odds(X), atol=1e-12)
    stored = Directed.from_state(*model.to_state())
    np.testing.assert_array_equal(stored.contributions(X), shares)


def test_accounts_too_few_to_fold_are_drawn_to_the_rate():
    X, y = company(7, 12)
    y[:] = np.arange(12) % 4 == 0
    p = sigmoid(taught(Directed, X, y).log_odds(X))
    assert p.mean() == pytest.approx(0.25, abs=0.01)
    assert p.std() < 0.2
