"""Weights are learned on earlier dates alone and measured on later ones."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from churngrid.features.engine.compute import Features
from churngrid.features.metrics.catalogue import METRICS
from churngrid.training.evaluation.scorers import Difference
from churngrid.training.scorecard.weight_trial import Trial, try_weights
from tests.features.scores.test_health_score import SPONSORS, TICKETS, USERS, card

GAP = pd.Timedelta(days=240)
COLUMNS = [metric.column for metric in METRICS]
DATES = pd.date_range("2023-01-01", periods=24, freq="MS", tz="UTC")
# Usage has 60 of 100 points, sponsors 30: how many tickets are open is all that matters here.
CARD = card(insufficient_below=0)


def dataset(n_accounts=400, *, seed=1, dates=DATES, steepness=8.0):
    """Accounts with three drawn metrics; they leave when critical tickets are open."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"a{n}" for n in range(n_accounts)], dates], names=["account_id", "as_of"]
    )
    who, as_of = index.get_level_values(0), index.get_level_values(1)
    drawn = {USERS: rng.uniform(0.2, 0.8, n_accounts), SPONSORS: rng.uniform(0, 1, n_accounts)}
    tickets = rng.uniform(0, 1, n_accounts)
    left = rng.random(n_accounts) < expit(steepness * (tickets - 0.8))
    of_row = np.repeat(np.arange(n_accounts), len(dates))
    frame = pd.DataFrame(dict.fromkeys(COLUMNS, 0.0), index=index)
    frame = frame.assign(**{name: values[of_row] for name, values in drawn.items()})
    frame[TICKETS] = tickets[of_row]
    frame["tenure_days"], frame["arr"] = 400.0, 1_000.0
    labels = pd.DataFrame(
        {
            "churned": pd.array(left[of_row], dtype="boolean"),
            "closes_at": as_of + GAP,
            "decided_at": pd.DatetimeIndex(as_of + pd.Timedelta(days=75)),
        },
        index=index,
    )
    absence = pd.DataFrame(dict.fromkeys(COLUMNS, np.int8(0)), index=index)
    live = pd.Series(True, index=index)
    segment = pd.Series("all", index=index)
    features = Features(frame, absence, frame, frame, live, segment, METRICS)
    return SimpleNamespace(
        features=features,
        labels=labels,
        parent=pd.Series(who, index=index),
        labelled=lambda _: labels["churned"].notna().to_numpy(),
    )


@pytest.fixture(scope="module")
def company():
    return dataset()


@pytest.fixture(scope="module")
def trial(company):
    return try_weights(company, CARD)


def share(trial, metric, which="learned"):
    return trial.weights.set_index("metric").loc[metric, which]


def test_learned_weights_follow_the_cause_and_are_better_beyond_noise(trial):
    assert share(trial, TICKETS, "hand_set") == pytest.approx(0.1)
    assert share(trial, TICKETS) > 0.4
    assert trial.weights["learned"].sum() == pytest.approx(1)
    assert trial.better
    assert "better beyond noise" in trial.recommendation
    assert "Read them before" in trial.recommendation
    assert trial.differences["roc_auc"].low > 0


def test_learning_ends_a_gap_before_measuring_begins(trial):
    assert trial.learned_through + GAP <= trial.measured_from
    assert trial.measured_through == DATES[-1]
    assert trial.measured_from == DATES[12]


def test_nothing_later_than_the_cut_moves_the_weights(company, trial):
    other = dataset()
    later = other.labels.index.get_level_values("as_of") > trial.learned_through
    rng = np.random.default_rng(5)
    other.labels.loc[later, "churned"] = rng.random(later.sum()) < 0.5
    other.features.frame.loc[later, [USERS, SPONSORS]] = rng.random((later.sum(), 2))
    again = try_weights(other, CARD)
    pd.testing.assert_frame_equal(again.weights, trial.weights)
    assert again.strength == trial.strength
    assert again.differences != trial.differences


def test_both_are_judged_on_the_later_dates_alone(trial):
    names = {one.criterion for one in trial.judged["hand_set"]}
    assert set(trial.judged) == {"hand_set", "learned"}
    assert {"red_band_lift", "surprise_arr_share"} <= names
    lifts = {name: judged[0].value for name, judged in trial.judged.items()}
    assert lifts["learned"] > lifts["hand_set"]


def test_rows_with_weights_of_their_own_teach_nothing(company):
    everybody = {"name": "all", "when": {"field": "tenure_days", "below": 9_999}}
    usual = card(
        insufficient_below=0,
        variants=[
            {**everybody, "when": {"field": "tenure_days", "below": 90}}
            | {"components": {"usage": {"weight": 1}}}
        ],
    )
    half = dataset()
    young = half.features.frame.index.get_level_values("account_id").str[-1].isin(list("01234"))
    half.features.frame.loc[young, "tenure_days"] = 30.0
    assert try_weights(half, usual).learned_parents == 200
    assert try_weights(company, usual).learned_parents == 400


def test_too_few_that_left_are_refused_with_the_numbers():
    few = dataset(60)
    left = int(few.labels.groupby("account_id")["churned"].first().sum())
    message = (
        f"The weights cannot be learned: up to 2023-05-01 only {left} parent accounts churned and "
        f"{60 - left} stayed; at least 50 and 50 are needed. Keep the hand-set weights"
    )
    with pytest.raises(ValueError, match=message):
        try_weights(few, CARD)


def test_families_are_counted_and_not_accounts():
    whole = dataset()
    family = whole.labels.index.get_level_values("account_id").str[-1]
    whole.parent = pd.Series(family, index=whole.labels.index)
    with pytest.raises(ValueError, match="only 10 parent accounts churned and 10 stayed"):
        try_weights(whole, CARD)


def test_nobody_to_measure_on_is_said():
    calm = dataset()
    later = calm.labels.index.get_level_values("as_of") >= DATES[12]
    calm.labels.loc[later, "churned"] = False
    message = "cannot be measured: no account with a score churned from 2024-01-01 on. Deliver"
    with pytest.raises(ValueError, match=message):
        try_weights(calm, CARD)


def test_a_history_too_short_to_be_cut_in_two_is_refused():
    with pytest.raises(ValueError, match="No as-of date can be tested"):
        try_weights(dataset(200, dates=DATES[:6]), CARD)


def invented(loss, area):
    """A trial with these differences and nothing else."""
    differences = {"log_loss": Difference(*loss, 90), "roc_auc": Difference(*area, 90)}
    return Trial(
        **{name: None for name in Trial.__dataclass_fields__ if name != "differences"},
        differences=differences,
    )


def test_what_is_not_better_beyond_noise_is_advised_against():
    told = invented((0.01, -0.002, 0.02), (0.01, -0.01, 0.03))
    assert not told.better
    assert told.recommendation == (
        "The learned weights are not better beyond noise (improvement of the log loss on later "
        "dates 0.0100, between -0.0020 and 0.0200, 90 accounts resampled). Keep the hand-set "
        "weights."
    )
    assert invented((0.01, 0.0, 0.02), (0.01, 0.0, 0.03)).better is False


def test_a_better_order_alone_is_said_but_not_enough():
    told = invented((0.0, -0.002, 0.02), (0.02, 0.01, 0.03)).recommendation
    assert "Keep the hand-set weights. They do put accounts in a better order" in told
