"""The arithmetic behind learned weights."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from churngrid.training.scorecard.weight_fit import Design, _loss, _scored, losses_of

COMPONENT = np.array([0, 0, 0, 1, 1, 2])
PRIOR = np.array([0.1, 0.2, 0.1, 0.3, 0.1, 0.2])


def design(n_rows=200, seed=0):
    rng = np.random.default_rng(seed)
    scores = np.where(rng.random((n_rows, 6)) < 0.3, np.nan, rng.uniform(0, 100, (n_rows, 6)))
    scores[:, 0] = rng.uniform(0, 100, n_rows)
    return Design.of(scores, COMPONENT, PRIOR)


def test_a_score_is_the_mean_of_components_over_what_applies():
    scores = np.array([[80.0, 20.0, np.nan, np.nan, np.nan, 50.0]])
    one = Design.of(scores, COMPONENT, PRIOR)
    # First component (0.1 x 80 + 0.2 x 20) / 0.3 = 40 with 0.4 of the weight, last one 50 with 0.2.
    assert _scored(one, PRIOR)[0] == pytest.approx((0.4 * 40 + 0.2 * 50) / 0.6)


@pytest.mark.parametrize("strength", [0.0, 0.1, 10.0])
def test_the_gradient_is_that_of_the_loss(strength):
    rng = np.random.default_rng(3)
    y = (rng.random(200) < 0.3).astype(float)
    x = np.concatenate([rng.uniform(0.1, 3, 6), [-1.0, 0.7]])
    error = check_grad(
        lambda at: _loss(at, design(), y, strength)[0],
        lambda at: _loss(at, design(), y, strength)[1],
        x,
    )
    assert error < 1e-5


def test_one_strength_needs_no_choice():
    y = np.array([0.0, 1.0] * 100)
    assert losses_of(design(), y, np.arange(200), [1.0]).empty


def test_folds_without_anybody_who_left_are_not_learned_from():
    # Without the fold of the only one who left, nothing is left to compare.
    y = np.zeros(200)
    y[0] = 1
    found = losses_of(design(), y, np.arange(200), [1.0, 0.1])
    assert found["strength"].tolist() == [1.0, 0.1]
    alone = np.zeros(200, dtype=int)
    alone[100:] = 1
    assert losses_of(design(), y, alone, [1.0, 0.1]).empty
