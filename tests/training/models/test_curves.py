"""Curves add up, keep their direction, and know nothing of what training did not show."""

import numpy as np
import pytest

from churngrid.training.dataset.row_order import TrainingRows, in_own_order
from churngrid.training.models.blend import blended
from churngrid.training.models.calibration import log_loss_of, sigmoid
from churngrid.training.models.curve_fit import ColumnKinds, fit_curves

FREE = ColumnKinds((0, 0), frozenset())


def rows_of(n: int = 600, seed: int = 0, per_group: int = 1) -> TrainingRows:
    """Two numbers of which the first lowers the outcome; a tenth of it is missing."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(n, 2))
    y = (rng.random(n) < sigmoid(-1.0 - 1.5 * matrix[:, 0])).astype(np.int64)
    matrix[rng.random(n) < 0.1, 0] = np.nan
    return in_own_order(matrix, y, np.arange(n) // per_group, np.ones(n))


def test_contributions_are_0_on_average_and_add_up() -> None:
    rows = rows_of()
    curves = fit_curves(rows, FREE, [10.0])[0]
    shares = curves.contributions(rows.matrix)
    np.testing.assert_allclose(shares[:, :2].mean(axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(shares.sum(axis=1), curves.log_odds(rows.matrix), atol=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_declared_direction_is_kept_everywhere(sign: int) -> None:
    curves = fit_curves(rows_of(), ColumnKinds((sign, 0), frozenset()), [1.0])[0]
    steps = np.diff(curves.columns[0].at(np.linspace(-5, 5, 101)))
    assert (sign * steps >= 0).all()
    assert bool(abs(steps.sum()) > 1) is (sign == -1)


def test_beyond_what_training_saw_a_curve_is_flat() -> None:
    curve = fit_curves(rows_of(), FREE, [1.0])[0].columns[0]
    far, edge = (
        curve.at(np.array([-1e9, 1e9])),
        curve.at(np.array([curve.knots[0], curve.knots[-1]])),
    )
    np.testing.assert_array_equal(far, edge)


def test_a_missing_value_that_training_hardly_saw_adds_nothing() -> None:
    curves = fit_curves(rows_of(), FREE, [1.0])[0]
    assert curves.columns[1].at(np.array([np.nan])) == 0.0
    assert curves.columns[0].at(np.array([np.nan])) != 0.0


def test_levels_have_heights_of_their_own_and_an_unknown_one_adds_nothing() -> None:
    rng = np.random.default_rng(0)
    plan = rng.integers(0, 3, 900).astype(float)
    y = (rng.random(900) < np.array([0.8, 0.3, 0.1])[plan.astype(int)]).astype(np.int64)
    rows = in_own_order(plan[:, None], y, None, np.ones(900))
    curves = fit_curves(rows, ColumnKinds((0,), frozenset({0})), [0.1])[0]
    p = sigmoid(curves.log_odds(np.array([[0.0], [1.0], [2.0]])))
    np.testing.assert_allclose(p, [0.8, 0.3, 0.1], atol=0.06)
    assert curves.log_odds(np.array([[-1.0]])) == curves.base


def test_the_fit_is_the_optimum_of_its_problem() -> None:
    """No coefficient moved by a little makes the penalised loss smaller: checked by scaling."""
    rows = rows_of()
    curves = fit_curves(rows, FREE, [1e-6])[0]
    losses = [
        log_loss_of(curves.base + k * (curves.log_odds(rows.matrix) - curves.base), rows.y)
        for k in (0.98, 1.0, 1.02)
    ]
    assert losses[1] <= min(losses)


def test_curves_get_no_share_beside_trees_that_say_all() -> None:
    rows = rows_of()
    truth = -1.0 - 1.5 * np.nan_to_num(rows.matrix[:, 0])
    blend = blended(rows, truth, FREE, 5)
    assert blend.curves is None
    assert blend.line.slope == pytest.approx(1.0, abs=0.2)


def test_curves_get_most_beside_trees_that_say_nothing() -> None:
    rows = rows_of(per_group=2)
    noise = np.random.default_rng(1).normal(size=len(rows.y))
    blend = blended(rows, noise, FREE, 5)
    assert blend.curves is not None
    said = blend.line.apply(noise) + blend.curves.log_odds(rows.matrix)
    y = rows.y.astype(float)
    assert log_loss_of(said, y) < log_loss_of(np.full(len(y), np.log(y.mean() / (1 - y.mean()))), y)
    assert sigmoid(blend.log_odds).mean() == pytest.approx(y.mean(), abs=1e-6)


def test_weaker_penalties_are_tried_only_where_the_stronger_do_not_suffice(monkeypatch) -> None:
    tried: list[float] = []

    def noted(rows: TrainingRows, kinds: ColumnKinds, penalties):
        tried.extend(penalties)
        return fit_curves(rows, kinds, penalties)

    monkeypatch.setattr("churngrid.training.models.blend.fit_curves", noted)
    clear = rows_of()
    noise = np.random.default_rng(1).normal(size=len(clear.y))
    blended(clear, noise, FREE, 5)
    assert {1000.0, 3.0} <= set(tried)
    tried.clear()
    mixed = np.random.default_rng(2).permutation(clear.y)
    chance = in_own_order(clear.matrix, mixed, None, np.ones(len(mixed)))
    blended(chance, noise, FREE, 5)
    assert min(tried) >= 100.0
