"""The straight line on log-odds, against figures computed by hand and by brute force."""

import numpy as np
import pytest

from churngrid.training.models.calibration import (
    MIN_SLOPE,
    SLOPE_PRECISION,
    Affine,
    LogitProblem,
    Prior,
    fit_affine,
    fit_intercept_shift,
    fit_logit,
    log_loss_of,
    logit,
    sigmoid,
)


def _noisy(n: int = 4000, slope: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds and labels drawn with ``slope`` times those log-odds."""
    rng = np.random.default_rng(seed)
    z = rng.normal(-1, 1.5, n)
    return z, (rng.random(n) < sigmoid(slope * z)).astype(float)


def test_an_unpenalised_intercept_is_the_logit_of_the_rate() -> None:
    y = np.array([1.0, 0.0, 0.0, 0.0])
    coef = fit_logit(np.ones((4, 1)), y, prior=Prior(np.zeros(1), np.zeros(1)))
    assert coef[0] == pytest.approx(np.log(1 / 3), abs=1e-12)


def test_the_fit_is_at_the_lowest_penalised_loss() -> None:
    z, y = _noisy(300)
    design, prior = (
        np.column_stack([np.ones(300), z]),
        Prior(np.array([0.5, 1.0]), np.array([2.0, 7.0])),
    )
    best = fit_logit(design, y, prior=prior)

    def loss(coef: np.ndarray) -> float:
        penalty = prior.precision @ (coef - prior.mean) ** 2 / 2
        return 300 * log_loss_of(design @ coef, y) + penalty

    for step in ([1e-4, 0], [-1e-4, 0], [0, 1e-4], [0, -1e-4], [1e-4, -1e-4]):
        assert loss(best + np.array(step)) > loss(best)


def test_separated_classes_without_a_penalty_are_refused() -> None:
    design = np.column_stack([np.ones(4), [-2.0, -1.0, 1.0, 2.0]])
    with pytest.raises(ValueError, match="`design` separates the two classes"):
        fit_logit(design, np.array([0.0, 0, 1, 1]), prior=Prior(np.zeros(2), np.zeros(2)))


def test_separated_classes_with_a_penalty_have_a_finite_fit() -> None:
    z = np.array([-9.0, -8.0, 8.0, 9.0])
    line = fit_affine(z, np.array([0.0, 0, 1, 1]))
    assert 1.0 < line.slope < 1.5


def test_the_fit_finds_the_slope_that_made_the_data() -> None:
    z, y = _noisy(20_000, slope=0.6)
    assert fit_affine(z, y).slope == pytest.approx(0.6, abs=0.04)


def test_the_mean_calibrated_probability_is_the_rate() -> None:
    z, y = _noisy(500, slope=0.4)
    line = fit_affine(z, y)
    assert sigmoid(line.apply(z)).mean() == pytest.approx(y.mean(), abs=1e-9)


def test_the_mean_stays_the_rate_where_the_slope_is_held_up() -> None:
    z, y = _noisy(2000, slope=-0.8)
    line = fit_affine(z, y)
    assert line.slope == MIN_SLOPE
    assert sigmoid(line.apply(z)).mean() == pytest.approx(y.mean(), abs=1e-9)


def test_few_rows_leave_the_slope_near_one() -> None:
    assert fit_affine(np.array([-0.1, 0.1]), np.array([0.0, 1.0])).slope == pytest.approx(
        1, abs=0.03
    )


def test_the_slope_prior_is_one_with_a_deviation_of_a_half() -> None:
    assert SLOPE_PRECISION == 1 / 0.5**2


def test_integer_weights_act_as_repeated_rows() -> None:
    z, y = _noisy(60)
    weight = np.arange(60) % 4
    weighted = fit_affine(z, y, weight.astype(float))
    repeated = fit_affine(np.repeat(z, weight), np.repeat(y, weight))
    assert (weighted.slope, weighted.intercept) == pytest.approx(
        (repeated.slope, repeated.intercept), abs=1e-9
    )


def test_calibrating_on_one_class_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"`y` must hold both classes to calibrate on, got \[1.0\]"
    ):
        fit_affine(np.zeros(3), np.ones(3))


def test_the_shift_takes_over_half_at_as_many_accounts_as_its_strength() -> None:
    z = np.zeros(50)
    y = np.r_[np.ones(26), np.zeros(24)]
    observed = logit(26 / 50)
    assert fit_intercept_shift(z, y, strength=50.0) == pytest.approx(observed / 2, rel=0.01)
    assert fit_intercept_shift(z, y, strength=0.0) == pytest.approx(observed, abs=1e-9)
    assert fit_intercept_shift(z, y, strength=1e9) == pytest.approx(0.0, abs=1e-6)


def test_the_shift_counts_accounts_not_rows() -> None:
    z, y, accounts = np.zeros(4), np.array([1.0, 0, 0, 1]), np.array(["a", "b", "c", "d"])
    plain = fit_intercept_shift(z, y, accounts)
    many = np.repeat(np.arange(4), 50)
    assert fit_intercept_shift(z[many], y[many], accounts[many]) == pytest.approx(plain, abs=1e-9)


def test_who_leaves_early_and_has_fewer_rows_does_not_count_for_more() -> None:
    """Each month a fifth leaves and has no later row; the model knows that rate exactly."""
    left = np.concatenate([np.arange(n) < n // 5 for n in (1000, 800, 640)])
    account = np.concatenate([np.arange(1000), np.arange(200, 1000), np.arange(360, 1000)])
    shift = fit_intercept_shift(np.full(len(left), logit(0.2)), left.astype(float), account)
    assert shift == pytest.approx(0.0, abs=1e-9)


def test_the_shift_of_no_rows_is_nothing() -> None:
    assert fit_intercept_shift(np.empty(0), np.empty(0)) == 0.0


def test_the_shift_stands_one_class_alone() -> None:
    assert 0 < fit_intercept_shift(np.full(5, -2.0), np.ones(5)) < 1


def test_a_negative_strength_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`strength` must be at least 0, got -1"):
        fit_intercept_shift(np.zeros(2), np.ones(2), strength=-1)


def test_the_sigmoid_does_not_overflow() -> None:
    assert sigmoid(np.array([-800.0, 0.0, 800.0])).tolist() == [0.0, 0.5, 1.0]


def test_logit_and_sigmoid_undo_each_other() -> None:
    assert float(sigmoid(np.array(logit(0.237)))) == pytest.approx(0.237, abs=1e-15)


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, 1.1])
def test_the_logit_of_certainty_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="`probability` must lie strictly between 0 and 1"):
        logit(p)


def test_a_line_keeps_order() -> None:
    z = np.array([3.0, -1.0, 2.0])
    assert np.argsort(Affine(0.3, -2.0).apply(z)).tolist() == np.argsort(z).tolist()


def test_the_fit_does_not_depend_on_where_it_starts() -> None:
    rng = np.random.default_rng(0)
    design = np.column_stack([np.ones(500), rng.normal(size=(500, 3))])
    y = (rng.random(500) < sigmoid(design @ [-1.0, 0.5, -2.0, 0.0])).astype(float)
    prior = Prior(np.zeros(4), np.array([0.0, 1.0, 1.0, 1.0]))
    problem = LogitProblem(design, y, weight=np.ones(500), offset=np.zeros(500), prior=prior)
    far, near = problem.solved(np.full(4, 5.0)), problem.solved(np.array([-1.0, 0.5, -2.0, 0.0]))
    np.testing.assert_allclose(far, near, rtol=0, atol=1e-13)
    np.testing.assert_allclose(fit_logit(design, y, prior=prior), near, rtol=0, atol=1e-13)
