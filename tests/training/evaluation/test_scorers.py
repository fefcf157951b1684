"""Scorers against scikit-learn, figures by hand, and intervals that resample accounts."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics

from churngrid.training.evaluation.figures import undefined_because
from churngrid.training.evaluation.ranked_rows import checked_rows, levels_of, ranked
from churngrid.training.evaluation.scorers import (
    SCORERS,
    paired_difference,
    score_table,
    scorer_named,
)
from churngrid.training.models.calibration import sigmoid
from tests.oracles import quality

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
ALIKE = [0.2, 0.2, *[float(np.nextafter(0.2, 1))] * 3]
"""What a model without an input says of five rows, the last bit being that of a sum's order."""


def _rows(n: int = 300, seed: int = 0) -> Rows:
    """Calibrated probabilities with many ties, labels, and whole-number weights."""
    rng = np.random.default_rng(seed)
    p = np.round(sigmoid(rng.normal(-1, 1.5, n)), 2).clip(0.01, 0.99)
    return (rng.random(n) < p).astype(float), p, rng.integers(0, 4, n).astype(float)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (quality.roc_auc, metrics.roc_auc_score),
        (quality.pr_auc, metrics.average_precision_score),
        (quality.log_loss, metrics.log_loss),
        (quality.brier, metrics.brier_score_loss),
    ],
)
def test_known_figures_equal_those_of_scikit_learn(
    ours: Callable[..., float], theirs: Callable[..., float]
) -> None:
    y, p, weight = _rows()
    assert ours(y, p) == pytest.approx(theirs(y, p), abs=1e-12)
    assert ours(y, p, weight) == pytest.approx(theirs(y, p, sample_weight=weight), abs=1e-12)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.name)
def test_weights_act_as_repeats_and_row_order_does_not_matter(scorer) -> None:
    y, p, weight = _rows()
    many = np.repeat(np.arange(len(y)), weight.astype(int))
    np.random.default_rng(1).shuffle(many)
    repeated = scorer.figure(levels_of(y[many], p[many]))
    assert scorer.figure(levels_of(y, p, weight)) == pytest.approx(repeated, abs=1e-9)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.name)
def test_a_good_model_has_more_merit_than_a_wrong_one(scorer) -> None:
    y, p, _ = _rows()
    right, wrong = (scorer.merit(scorer.figure(levels_of(y, chance))) for chance in (p, 1 - p))
    assert right > wrong


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.name)
def test_many_resamples_at_once_equal_the_same_accounts_drawn_by_hand(scorer, monkeypatch) -> None:
    y, p, _ = _rows(60)
    accounts = np.arange(60) // 2
    monkeypatch.setattr("churngrid.training.evaluation.ranked_rows.BLOCK_CELLS", 4 * len(y))
    found = [
        scorer.figure(levels) for levels in ranked(y, p, accounts).resampled(seed=3, n_boot=10)
    ]
    assert [len(part) for part in found] == [4, 4, 2]
    rng = np.random.default_rng(3)
    for value in np.concatenate(found):
        rows = np.concatenate(
            [np.flatnonzero(accounts == drawn) for drawn in rng.integers(30, size=30)]
        )
        assert value == pytest.approx(getattr(quality, scorer.figure.__name__)(y[rows], p[rows]))


def test_only_the_resamples_in_which_a_figure_exists_count() -> None:
    y, p = np.array([1.0, 0, 0, 0]), np.array([0.9, 0.8, 0.1, 0.2])
    table = score_table(y, p, np.arange(4), n_boot=100).set_index("scorer")
    assert (table.loc["roc_auc", ["value", "low", "high"]] == 1.0).all()
    assert np.isfinite(table.loc["pr_auc", ["low", "high"]].astype(float)).all()


def test_ties_at_the_edge_of_capacity_count_in_part() -> None:
    y, p = np.array([1, 0, 0, 1.0]), np.array([0.9, 0.5, 0.5, 0.5])
    assert quality.precision_at(y, p, share=0.5) == pytest.approx(4 / 6)
    assert quality.recall_at(y, p, share=0.5) == pytest.approx(4 / 6)
    assert quality.lift_at(y, p, share=0.5) == pytest.approx(4 / 3)


def test_who_cannot_tell_accounts_apart_finds_what_chance_finds() -> None:
    y, same = np.repeat([1.0, 0.0], [200, 1800]), np.full(2000, 0.1)
    assert quality.lift_at(y, same) == pytest.approx(1.0)
    assert quality.precision_at(y, same) == pytest.approx(0.1)
    assert quality.recall_at(y, same) == pytest.approx(0.1)
    table = score_table(y, same, np.arange(2000), n_boot=50).set_index("scorer")
    np.testing.assert_allclose(
        table.loc["lift_at_10pct", ["value", "low", "high"]].astype(float), 1
    )


def test_a_rate_that_moved_between_blocks_tells_no_account_from_another() -> None:
    """The later block has a higher rate learned and, as it happens, fewer outcomes."""
    y = np.concatenate([np.arange(100) < 30, np.arange(100) < 10]).astype(float)
    p, blocks = np.repeat([0.2, 0.3], 100), np.repeat([1, 2], 100)
    table = score_table(y, p, np.arange(200), blocks=blocks, n_boot=0).set_index("scorer")["value"]
    assert table["lift_at_10pct"] == pytest.approx(1.0)
    assert table["recall_at_10pct"] == pytest.approx(0.1)


def test_a_rule_of_two_values_finds_what_its_upper_half_holds() -> None:
    p = np.repeat([0.2, 0.05], 1000)
    y = np.concatenate([np.arange(1000) < 200, np.arange(1000) < 50]).astype(float)
    assert quality.lift_at(y, p) == pytest.approx(1.6)


@pytest.mark.parametrize("scorer", SCORERS, ids=lambda scorer: scorer.name)
def test_no_figure_depends_on_the_scale_of_the_weights(scorer) -> None:
    y, p, _ = _rows(60)
    weight = np.random.default_rng(1).uniform(0.2, 2.0, len(y))
    one, three = (scorer.figure(levels_of(y, p, scale * weight)) for scale in (1.0, 3.0))
    assert three == pytest.approx(one)


def test_the_last_account_of_a_capacity_counts_in_part() -> None:
    y, p = np.array([1, 1, 0, 0.0]), np.array([0.9, 0.8, 0.7, 0.6])
    assert quality.recall_at(y, p, share=0.25) == 0.5
    assert quality.recall_at(y, p, share=0.3) == pytest.approx(0.6)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"`share` must lie in \(0, 1\]"):
        quality.precision_at([0, 1], [0.1, 0.2], share=share)


def test_calibration_error_by_hand() -> None:
    p = np.repeat(np.arange(10) / 10, 10)
    y = np.concatenate([np.arange(10) < 10 * value for value in np.arange(10) / 10]).astype(float)
    assert quality.expected_calibration_error(y, p) == pytest.approx(0, abs=1e-12)
    assert quality.expected_calibration_error(y, p + 0.05) == pytest.approx(0.05, abs=1e-12)


def test_calibration_slope_and_intercept_find_what_was_done_to_the_log_odds() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=40_000)
    y = (rng.random(40_000) < sigmoid(z)).astype(float)
    assert quality.calibration_slope(y, sigmoid(2 * z)) == pytest.approx(0.5, abs=0.02)
    assert quality.calibration_intercept(y, sigmoid(z - 0.7)) == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize(
    ("scorer", "y", "p", "reason"),
    [
        ("roc_auc", [0, 0], [0.1, 0.2], "nobody has the outcome"),
        ("roc_auc", [1, 1], [0.1, 0.2], "everybody has the outcome"),
        ("pr_auc", [0, 0], [0.1, 0.2], "nobody has the outcome"),
        ("lift_at", [0, 0], [0.1, 0.2], "nobody has the outcome"),
        ("recall_at", [0, 0], [0.1, 0.2], "nobody has the outcome"),
        ("calibration_intercept", [1, 1], [0.1, 0.2], "everybody has the outcome"),
        ("calibration_slope", [0, 1], [0.2, 0.2], "all probabilities are equal"),
        ("calibration_slope", [0, 1, 1, 0, 0], ALIKE, "all probabilities are equal"),
        ("calibration_slope", [0, 1], [0.1, 0.2], "the probabilities separate the classes"),
        ("calibration_slope", [0, 0, 1], [0.1, 0.2, 0.2], "the probabilities separate the classes"),
        ("calibration_slope", [1, 0], [0.1, 0.2], "the probabilities separate the classes"),
    ],
)
def test_a_figure_that_does_not_exist_says_why(scorer, y, p, reason) -> None:
    assert undefined_because(scorer, y, p) == reason
    with pytest.raises(ValueError, match=f"`{scorer}` is undefined because {reason}"):
        getattr(quality, scorer)(y, p)


def test_rows_of_weight_zero_define_nothing() -> None:
    assert undefined_because("roc_auc", [0, 1], [0.1, 0.2], [1, 0]) == "nobody has the outcome"


@pytest.mark.parametrize(
    ("y", "p", "weight", "message"),
    [
        ([0, 1], [0.1], None, "must be flat and of equal length"),
        ([[0, 1]], [[0.1, 0.2]], None, "must be flat and of equal length"),
        ([], [], None, "at least one row of positive weight"),
        ([1], [0.1], [0.0], "at least one row of positive weight"),
        ([0, 1], [0.1, 1.1], None, "`p` must lie between 0 and 1"),
        ([0, 1], [0.1, np.nan], None, "`p` must lie between 0 and 1"),
        ([0, 2], [0.1, 0.2], None, "`y` must be 0 or 1"),
    ],
)
def test_rows_that_cannot_be_scored_are_refused(y, p, weight, message) -> None:
    with pytest.raises(ValueError, match=message):
        checked_rows(y, p, weight or None)


def test_certainty_that_was_wrong_is_bad_but_finite() -> None:
    assert 20 < quality.log_loss([1], [0.0]) < 30


def test_the_table_has_every_scorer_with_an_interval_around_its_value() -> None:
    y, p, _ = _rows()
    table = score_table(y, p, np.arange(len(y)), seed=1)
    assert table["scorer"].tolist() == [scorer.name for scorer in SCORERS]
    fitted = ~np.array([scorer.resampled for scorer in SCORERS])
    assert (table.loc[fitted, "note"] == "not resampled").all()
    assert table.loc[fitted, ["low", "high"]].isna().all(axis=None)
    table = table[~fitted]
    assert (table["note"] == "").all()
    biased = table["scorer"] == "calibration_error"
    inside = (table["low"] <= table["value"]) & (table["value"] <= table["high"])
    assert inside[~biased].all()
    assert (table["low"] < table["high"]).all()


def test_the_table_depends_on_the_seed_and_on_nothing_else() -> None:
    y, p, _ = _rows()
    accounts = np.arange(len(y)) // 2
    order = np.random.default_rng(3).permutation(len(y))
    one = score_table(y, p, accounts, seed=5, n_boot=20)
    two = score_table(y[order], p[order], accounts[order], seed=5, n_boot=20)
    other = score_table(y, p, accounts, seed=6, n_boot=20)
    np.testing.assert_allclose(one[["value", "low", "high"]], two[["value", "low", "high"]])
    assert not np.allclose(one["low"], other["low"])


def test_copies_of_an_account_do_not_narrow_its_interval() -> None:
    y, p, _ = _rows(80)
    accounts = np.arange(80)
    many = np.repeat(accounts, 9)
    single = score_table(y, p, accounts).set_index("scorer").loc["brier"]
    copied = score_table(y[many], p[many], accounts[many]).set_index("scorer").loc["brier"]
    pretended = score_table(y[many], p[many], np.arange(720)).set_index("scorer").loc["brier"]
    width = single["high"] - single["low"]
    assert copied["high"] - copied["low"] == pytest.approx(width)
    assert pretended["high"] - pretended["low"] < width / 2


def test_the_interval_of_the_mean_is_about_two_standard_errors_wide() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(1000) < 0.2).astype(float)
    brier = score_table(y, np.full(1000, 0.2), np.arange(1000)).set_index("scorer").loc["brier"]
    error = np.std((0.2 - y) ** 2) / np.sqrt(1000)
    assert brier["high"] - brier["low"] == pytest.approx(2 * 1.96 * error, rel=0.2)


def test_undefined_figures_stand_in_the_table_with_their_reason() -> None:
    table = score_table([0, 0, 0], [0.1, 0.2, 0.3], ["a", "b", "c"]).set_index("scorer")
    assert table.loc["roc_auc", "note"] == "nobody has the outcome"
    assert np.isnan(table.loc["roc_auc", "value"])
    assert table.loc["brier", "value"] == pytest.approx(0.14 / 3)


def test_no_interval_without_resamples_or_accounts() -> None:
    y, p, _ = _rows(40)
    assert set(score_table(y, p, np.arange(40), n_boot=0)["note"]) == {"not resampled"}
    alone = set(score_table(y, p, np.zeros(40))["note"])
    assert alone == {"one account only: no interval", "not resampled"}


def test_no_interval_where_most_resamples_have_no_figure() -> None:
    table = score_table([1, 0, 0], [0.5, 0.4, 0.6], ["a", "b", "b"], n_boot=40)
    note = table.set_index("scorer").loc["roc_auc", "note"]
    assert note == "undefined in most resamples: no interval"


def test_accounts_must_fit_the_rows() -> None:
    with pytest.raises(ValueError, match="`groups` must have one entry per row, 2 in all"):
        score_table([0, 1], [0.1, 0.2], ["a"])


def test_a_difference_is_positive_for_the_better_model_in_every_unit() -> None:
    y, p, _ = _rows(400)
    for name in ("log_loss", "roc_auc", "calibration_slope"):
        found = paired_difference(y, p, 1 - p, groups=np.arange(400), scorer=name)
        opposite = paired_difference(y, 1 - p, p, groups=np.arange(400), scorer=name)
        assert found.low > 0
        assert found.value == pytest.approx(-opposite.value)
        assert found.n_accounts == 400


def test_the_same_model_differs_by_nothing() -> None:
    y, p, _ = _rows()
    found = paired_difference(y, p, p, groups=np.arange(len(y)))
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_pairing_makes_the_interval_narrower_than_two_apart() -> None:
    y, p, _ = _rows(400)
    near = sigmoid(np.log(p / (1 - p)) + 0.05)
    found = paired_difference(y, p, near, groups=np.arange(400))
    alone = score_table(y, p, np.arange(400)).set_index("scorer").loc["log_loss"]
    assert found.high - found.low < (alone["high"] - alone["low"]) / 5


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="`roc_auc` cannot be compared because nobody"):
        paired_difference([0, 0], [0.1, 0.2], [0.2, 0.1], groups=[1, 2], scorer="roc_auc")
    with pytest.raises(ValueError, match="`roc_auc` is undefined in most resamples of 2 accounts"):
        paired_difference(
            [1, 0, 0], [0.5, 0.4, 0.6], [0.5, 0.4, 0.6], groups=[1, 2, 2], scorer="roc_auc"
        )
    with pytest.raises(ValueError, match="Unknown scorer 'f1'; declared are"):
        scorer_named("f1")
