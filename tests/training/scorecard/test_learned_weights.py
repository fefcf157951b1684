"""Learned weights on invented accounts whose cause of churn is known."""

from math import inf

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.scores.health_score import measure_health
from churngrid.features.scores.scorecard import Scorecard
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.training.scorecard.learned_weights import (
    hand_set_shares,
    learn_shares,
    metric_scores,
    plain_rows,
    with_shares,
)
from tests.features.scores.test_health_score import (
    CARD,
    SPONSORS,
    TICKETS,
    USERS,
    card,
    features_of,
)

SHIPPED = read_scorecard(None, METRICS)
NOISE = ("b", "c", "d")


def plain_card(weights=(1, 1, 1, 1), whole=(50, 50)):
    parts = [{"metric": name, "weight": w} for name, w in zip("abcd", weights, strict=True)]
    first = {"label": "First", "weight": whole[0], "metrics": parts[:2]}
    second = {"label": "Second", "weight": whole[1], "metrics": parts[2:]}
    return Scorecard.model_validate({"components": {"first": first, "second": second}})


def invented(n_accounts=600, *, seed=0, cause="a", missing=0.0):
    """Scores of four metrics, and churn that the first one alone drives."""
    rng = np.random.default_rng(seed)
    scores = pd.DataFrame(rng.uniform(0, 100, (n_accounts, 4)), columns=list("abcd"))
    y = rng.random(n_accounts) < expit(-1.5 - 0.06 * (scores[cause] - 50))
    gaps = rng.random(scores.shape) < missing
    gaps[:, list("abcd").index(cause)] = False
    return scores.mask(gaps), y.astype(float), np.arange(n_accounts)


def learned(scores, y, parents, **options):
    return learn_shares(scores, y, parents, scorecard=plain_card(), **options)


@pytest.mark.parametrize("cause", ["a", "d"])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_the_weight_of_the_cause_grows_and_those_of_noise_fall(cause, missing):
    found = learned(*invented(cause=cause, missing=missing)).shares
    assert found[cause] > 0.6
    assert (found.drop(cause) < 0.25).all()
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()


def test_without_a_cause_the_hand_set_weights_stay():
    scores, _, parents = invented()
    y = (np.random.default_rng(9).random(len(scores)) < 0.2).astype(float)
    found = learned(scores, y, parents)
    assert found.strength == inf
    assert found.shares.to_numpy() == pytest.approx([0.25] * 4)


def test_a_metric_against_its_direction_gets_the_least_weight_and_no_negative_one():
    scores, y, parents = invented()
    found = learned(scores.assign(b=100 - scores["a"]), y, parents, strengths=(0.0001,)).shares
    assert 0 < found["b"] < 0.03


@pytest.mark.parametrize("strength", [inf, 1e9])
def test_endless_pull_gives_the_hand_set_weights_back(strength):
    prior = plain_card((1, 2, 3, 4), (30, 70))
    found = learn_shares(*invented(), scorecard=prior, strengths=(strength,))
    assert found.shares.to_numpy() == pytest.approx(hand_set_shares(prior).to_numpy(), abs=1e-6)


def test_less_pull_moves_the_weights_further():
    moved = [learned(*invented(), strengths=(s,)).shares["a"] for s in (3.0, 0.3, 0.03, 0.003)]
    assert moved == sorted(moved)
    assert moved[-1] > moved[0] + 0.1


def test_the_strength_is_the_strongest_that_is_not_worse_beyond_its_error():
    found = learned(*invented())
    losses = found.losses.set_index("strength")
    near = losses[losses["excess"] <= losses["excess_error"]]
    assert found.strength == near.index.max()
    assert losses["excess"].min() == 0
    assert found.strength < inf


def test_folds_keep_families_together():
    scores, y, _ = invented(60)
    # All rows of an account are the same: learned from one half, the other is no surprise.
    rows = np.repeat(np.arange(60), 4)
    found = learned(scores.iloc[rows], y[rows], rows)
    alone = learned(scores, y, np.arange(60))
    assert found.losses["log_loss"].min() == pytest.approx(alone.losses["log_loss"].min(), rel=0.2)


def test_one_family_alone_is_no_ground_to_leave_the_hand_set_weights():
    scores, y, _ = invented(40)
    found = learned(scores, y, np.zeros(40))
    assert found.strength == inf
    assert found.losses.empty


def test_the_order_of_rows_does_not_matter():
    scores, y, parents = invented(200)
    back = slice(None, None, -1)
    first = learned(scores, y, parents, strengths=(0.1,)).shares
    second = learned(scores.iloc[back], y[back], parents[back], strengths=(0.1,)).shares
    pd.testing.assert_series_equal(first, second, atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_rows_that_all_did_the_same_teach_nothing(value):
    scores, y, parents = invented(20)
    with pytest.raises(ValueError, match=r"`churned` must hold accounts that left and .* got 20"):
        learned(scores, np.full_like(y, value), parents)


def test_no_strength_is_refused():
    with pytest.raises(ValueError, match="`strengths` must hold at least one number above 0"):
        learned(*invented(20), strengths=())


def test_shares_of_the_shipped_scorecard_add_up_to_one():
    shares = hand_set_shares(SHIPPED)
    assert shares.sum() == pytest.approx(1)
    assert list(shares.index) == SHIPPED.metrics()
    assert shares["active_user_rate_28d"] == pytest.approx(0.25 * 3 / 13)


def test_scores_of_the_metrics_are_those_the_health_score_is_made_of():
    features = features_of(**{USERS: 0.35, TICKETS: 0.0, SPONSORS: 0.4})
    found = metric_scores(features, card()).iloc[0]
    assert found.to_dict() == pytest.approx({USERS: 25.0, TICKETS: 100.0, SPONSORS: 40.0})
    whole = measure_health(features, card()).scores["chs"].iloc[0]
    assert whole == pytest.approx(found @ hand_set_shares(card()))


def test_variants_change_thresholds_here_but_no_weights():
    change = {USERS: {"poor": 0.0, "healthy": 0.7, "weight": 0}, TICKETS: {"weight": 0}}
    young = {"name": "young", "when": {"field": "tenure_days", "below": 90}, "metrics": change}
    features = features_of(tenure=30.0, **{USERS: 0.35, TICKETS: 0.0})
    found = metric_scores(features, card(variants=[young])).iloc[0]
    assert found[USERS] == pytest.approx(50)
    assert found[TICKETS] == 100


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({"components": {"usage": {"weight": 1}}}, False),
        ({"metrics": {USERS: {"weight": 1}}}, False),
        ({"metrics": {USERS: {"poor": 0.1, "healthy": 0.5}}}, True),
    ],
)
def test_rows_with_weights_of_their_own_are_known(changes, plain):
    young = {"name": "young", "when": {"field": "tenure_days", "below": 90}, **changes}
    one = card(variants=[young])
    assert plain_rows(features_of(tenure=30.0), one).tolist() == [plain]
    assert plain_rows(features_of(tenure=90.0), one).tolist() == [True]


def test_a_component_without_weight_is_left_alone():
    parts = {
        **CARD["components"],
        "other": {"label": "O", "weight": 0, "metrics": [{"metric": "x"}]},
    }
    one = card(components=parts)
    assert "x" not in hand_set_shares(one)
    other = with_shares(one, hand_set_shares(one))
    assert other == one


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.0005, 1), min_size=4, max_size=4),
    st.tuples(st.floats(0.1, 500), st.floats(0.1, 500)),
)
def test_new_weights_keep_their_sums_and_stay_above_nothing(shares, whole):
    one = plain_card((1, 2, 3, 4), whole)
    wanted = pd.Series(shares, index=list("abcd")) / sum(shares)
    other = with_shares(one, wanted)
    pairs = [(one.components[name], other.components[name]) for name in one.components]
    assert sum(b.weight for _, b in pairs) == pytest.approx(sum(whole), rel=0.01)
    for before, after in pairs:
        assert sum(p.weight for p in after.metrics) == pytest.approx(
            sum(p.weight for p in before.metrics), rel=0.01
        )
        assert min(after.weight, *(part.weight for part in after.metrics)) > 0
    assert Scorecard.model_validate(other.model_dump()) == other
    assert hand_set_shares(other).to_numpy() == pytest.approx(wanted.to_numpy(), abs=0.01)


def test_everything_but_the_weights_is_kept():
    shares = hand_set_shares(SHIPPED)
    other = with_shares(SHIPPED, shares[::-1].set_axis(shares.index))
    left = {"components"}
    assert other.model_dump(exclude=left) == SHIPPED.model_dump(exclude=left)
    assert with_shares(SHIPPED, shares) == SHIPPED
