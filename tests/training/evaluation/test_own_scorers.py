"""Scorers that a company brings get the value of their function, and intervals over accounts."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from churngrid.training.evaluation.backtest import Brought
from churngrid.training.evaluation.own_scorers import own_scores
from churngrid.training.evaluation.scorers import score_table

RNG = np.random.default_rng(4)
P = RNG.uniform(0.05, 0.95, 300)
Y = (RNG.random(300) < P).astype(int)
GROUPS = np.arange(300) // 3
WEIGHT = RNG.uniform(0.5, 2.0, 300)


def _unweighted(y_true, y_prob):
    return float(np.mean((y_true - y_prob) ** 2))


def _scored(figure, weight=WEIGHT, n_boot=100):
    found = own_scores(*(Y, P, GROUPS, weight), scorers={"mine": figure}, seed=1, n_boot=n_boot)
    return found.set_index("scorer").loc["mine"]


def test_a_function_with_weights_is_our_own_figure():
    ours = score_table(Y, P, GROUPS, weight=WEIGHT, n_boot=200).set_index("scorer").loc["brier"]
    mine = _scored(brier_score_loss, n_boot=200)
    assert mine["value"] == pytest.approx(ours["value"])
    assert mine["low"] == pytest.approx(ours["low"], abs=0.01)
    assert mine["high"] == pytest.approx(ours["high"], abs=0.01)


def test_a_function_without_weights_sees_rows_repeated():
    assert _scored(_unweighted)["value"] == pytest.approx(brier_score_loss(Y, P))
    even = _scored(brier_score_loss, weight=np.ones(300))
    plain = _scored(_unweighted)
    assert (plain["low"], plain["high"]) == pytest.approx((even["low"], even["high"]))


def test_without_resamples_there_is_no_interval():
    assert np.isnan(_scored(_unweighted, n_boot=0)["low"])


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match=r"`scorers\['mine'\]` must return a number, got str"):
        _scored(lambda y, p: "good")


def test_a_name_of_ours_and_what_cannot_be_called_are_refused():
    with pytest.raises(ValueError, match="`scorers` must not name 'brier', which is one of ours"):
        Brought(scorers={"brier": brier_score_loss})
    with pytest.raises(TypeError, match=r"`scorers\['mine'\]` must be a function"):
        Brought(scorers={"mine": 3})
