"""The calibration along one column: right at all of its values, and explained exactly."""

import numpy as np
import pandas as pd
import pytest

from churngrid.training.dataset.row_order import in_own_order
from churngrid.training.models.blend import Blend
from churngrid.training.models.calibration import Affine, sigmoid
from churngrid.training.models.classifier import ChurnClassifier
from churngrid.training.models.levelled import levelled

N = 4000


def looks(seed=1):
    """Nobody leaves who has said nothing in the last ten days; some have no decision at all."""
    rng = np.random.default_rng(seed)
    days = rng.uniform(0, 200, N)
    users = rng.normal(size=N)
    chance = np.where(days < 10, 0.01, sigmoid(-1.0 - users))
    days[rng.random(N) < 0.1] = np.nan
    y = (rng.random(N) < chance).astype(np.int64)
    return np.column_stack([days, users]), y


def plain(rows):
    """An estimate that knows nothing of the days."""
    return Blend(Affine(1.0, 0.0), None, np.full(len(rows.y), -1.0))


def test_estimates_of_rows_left_out_agree_with_what_came_near_the_decision():
    matrix, y = looks()
    rows = in_own_order(matrix, y, None, np.ones(N))
    before = plain(rows)
    after = levelled(before, rows, 0)
    near = rows.matrix[:, 0] < 10
    was, now = (sigmoid(blend.log_odds[near]).mean() for blend in (before, after))
    assert was > 5 * rows.y[near].mean()
    # Straight between knots, it cannot follow a step, but goes most of the way.
    assert rows.y[near].mean() < now < 0.6 * was
    assert sigmoid(after.log_odds).mean() == pytest.approx(rows.y.mean(), abs=0.005)


def test_what_is_added_is_the_curve_and_the_base():
    matrix, y = looks()
    rows = in_own_order(matrix, y, None, np.ones(N))
    before = plain(rows)
    after = levelled(before, rows, 0)
    again = levelled(after, rows, 0)
    told = after.curves.log_odds(rows.matrix) + after.line.intercept
    assert told == pytest.approx(after.log_odds - before.log_odds)
    both = again.curves.log_odds(rows.matrix) + again.line.intercept
    assert both == pytest.approx(again.log_odds - before.log_odds)


@pytest.mark.parametrize("values", [[np.nan], [1.0], [0.0, 1.0]])
def test_a_column_of_few_values_changes_nothing(values):
    matrix = np.column_stack([np.resize(values, 400), np.arange(400.0)])
    rows = in_own_order(matrix, np.tile([0, 1], 200), None, np.ones(400))
    before = plain(rows)
    assert levelled(before, rows, 0) is before


def test_the_classifier_is_levelled_by_name_and_adds_up():
    matrix, y = looks()
    X = pd.DataFrame(matrix, columns=["days_to_decision", "users"])
    fitted = ChurnClassifier(level_by="days_to_decision", max_rounds=5).fit(X, y)
    shares = fitted.contributions(X).sum(axis=1)
    assert shares == pytest.approx(fitted.decision_function(X), abs=1e-9)
    near = (X["days_to_decision"] < 10).to_numpy()
    other = ChurnClassifier(max_rounds=5).fit(X, y)
    p, without = (model.predict_proba(X)[near, 1].mean() for model in (fitted, other))
    assert abs(p - y[near].mean()) < abs(without - y[near].mean())
    nowhere = ChurnClassifier(level_by="elsewhere", max_rounds=5).fit(X, y)
    assert np.array_equal(nowhere.decision_function(X), other.decision_function(X))
