"""How far a model was off as a whole: chance taken off, nothing made of little."""

import numpy as np
import pytest

from churngrid.training.forecast.model_error import hazard_factor, model_error


def world(factors, n=2000, p=0.1, seed=0):
    rng = np.random.default_rng(seed)
    block = np.repeat(np.arange(len(factors)), n)
    chance = 1 - (1 - p) ** np.repeat(factors, n)
    label = (rng.random(len(block)) < chance).astype(float)
    account = np.array([f"a{k}" for k in range(len(block))], dtype=object)
    return np.full(len(block), p), label, block, account


def test_factor_is_one_where_as_many_came_as_were_expected():
    p, label = np.full(100, 0.1), np.repeat([1.0, 0.0], [10, 90])
    assert hazard_factor(p, label, np.ones(100)) == pytest.approx(1.0, abs=1e-6)


def test_factor_is_found_again():
    p, label, *_ = world([1.7], n=100_000)
    assert hazard_factor(p, label, np.ones(len(p))) == pytest.approx(1.7, rel=0.03)


def test_a_model_that_is_off_as_a_whole_is_known_to_be():
    steady = model_error(*world([1.0] * 8))
    moody = model_error(*world([0.4, 2.5] * 4))
    assert steady < 0.2
    assert moody > 0.6


def test_rows_of_one_account_count_once():
    p, label, block, account = world([1.0, 1.5], n=500)
    twice = [np.tile(values, 2) for values in (p, label, block, account)]
    assert model_error(*twice) == pytest.approx(model_error(p, label, block, account))


def test_where_nothing_came_nothing_is_learned():
    p, label, block, account = world([1.0])
    assert model_error(p, 0 * label, block, account) == pytest.approx(0.25)
