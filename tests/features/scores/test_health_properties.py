"""What must hold for the health score on any numbers and any states."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.engine.compute import compute_features, known_accounts
from churngrid.features.metrics.absence import Absence
from churngrid.features.metrics.catalogue import METRICS, by_column
from churngrid.features.scores.health_score import score_health
from churngrid.features.scores.scorecard_file import read_scorecard
from tests.build import day
from tests.checks.small_company import small_company

DEFAULT = read_scorecard(None, METRICS)
SIGNED = [metric.column for metric in METRICS if metric.direction in "+-"]
SEEDS = st.integers(0, 2**20)
NUMBERS = ("chs", "chs_low", "chs_high", "chs_before_caps", "chs_coverage")


class Told:
    """What hypothesis would else write out at length whenever it tells of an example."""

    def __init__(self, features):
        self.features = features

    def __repr__(self):
        return "a small company"


@pytest.fixture(scope="module")
def company():
    tables = small_company(5, seed=6)
    dates = [day("2025-03-01"), day("2025-08-01"), day("2025-12-01")]
    found = compute_features(tables, known_accounts(tables, dates), metrics=METRICS)
    return Told(replace(found, held=None))


def disturbed(told, seed):
    """Any numbers, segments and states: scores must hold their bounds on all of them."""
    features = told.features
    rng = np.random.default_rng(seed)
    size = features.absence.shape
    absence = pd.DataFrame(
        np.where(rng.random(size) < 0.4, rng.integers(0, 5, size), features.absence),
        index=features.absence.index,
        columns=features.absence.columns,
    ).astype(np.int8)
    frame = features.frame.copy()
    noise = rng.choice([-1e9, -3.0, 0.0, 0.3, 1.0, 50.0, 200.0, 1e9], size)
    levels = frame[absence.columns].where(rng.random(size) < 0.5, noise)
    levels = levels.mask(levels.isna() & (absence == 0), 0.0)
    gone = absence.isin([Absence.NOT_APPLICABLE, Absence.NOT_COLLECTED])
    frame[absence.columns] = levels.mask(gone)
    segment = pd.Series(rng.choice(["smb", "enterprise"], len(frame)), frame.index)
    # In one piece again, or pandas tells whoever adds a column that it is in many.
    return replace(features, frame=frame.copy(), absence=absence, segment=segment)


def improved(features, column, step):
    """The same rows with a better value of one metric wherever it is known."""
    known = features.absence[column] == Absence.PRESENT
    sign = 1.0 if by_column(METRICS)[column].direction == "+" else -1.0
    frame = features.frame.copy()
    frame.loc[known, column] += sign * step
    return replace(features, frame=frame)


def never_lower(old, new):
    for name in ("chs", "chs_low", "chs_high", "chs_before_caps"):
        assert not (new[name] < old[name] - 1e-9).any()
    assert old["chs"].isna().equals(new["chs"].isna())


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS)
def test_scores_stay_between_zero_and_a_hundred(company, seed):
    scores = score_health(disturbed(company, seed), DEFAULT).scores
    components = [f"chs_{name}" for name in DEFAULT.components]
    numbers = scores[["chs", "chs_low", "chs_high", "chs_before_caps", *components]]
    assert (numbers.isna() | ((numbers >= 0) & (numbers <= 100 + 1e-9))).all(axis=None)
    assert scores["chs_coverage"].between(0, 1 + 1e-12).all()
    known = scores[scores["chs"].notna()]
    assert (known["chs_low"] <= known["chs"] + 1e-9).all()
    assert (known["chs"] <= known["chs_high"] + 1e-9).all()
    assert (known["chs"] <= known["cap"].fillna(100)).all()


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, column=st.sampled_from(SIGNED), step=st.sampled_from([0.01, 1.0, 40.0]))
def test_improving_a_known_metric_never_lowers_the_score(company, seed, column, step):
    before = disturbed(company, seed)
    never_lower(
        score_health(before, DEFAULT).scores,
        score_health(improved(before, column, step), DEFAULT).scores,
    )


@pytest.mark.parametrize("column", DEFAULT.metrics())
def test_every_weighed_metric_only_ever_helps(company, column):
    for seed in range(2):
        before = disturbed(company, seed)
        old = score_health(before, DEFAULT).scores
        for step in (0.1, 1e10):
            never_lower(old, score_health(improved(before, column, step), DEFAULT).scores)


@pytest.mark.parametrize("column", DEFAULT.metrics())
def test_every_weighed_metric_counts(company, column):
    """From poor to healthy the score rises: the test above does not hold for want of effect."""
    metric = by_column(METRICS)[column]
    worst, best = (-1e9, 1e9) if metric.direction == "+" else (1e9, -1e9)
    fresh = dict.fromkeys(DEFAULT.ages(), 0.0)
    states = company.features.absence.assign(**{column: np.int8(Absence.PRESENT)})
    at = [
        replace(
            company.features,
            frame=company.features.frame.assign(**fresh, **{column: value}),
            absence=states,
        )
        for value in (worst, best)
    ]
    low, high = (score_health(features, DEFAULT).scores["chs_low"] for features in at)
    assert (low <= high).all()
    before, after = (score_health(features, DEFAULT).losses[column] for features in at)
    assert (before > after).all()


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, share=st.sampled_from([0.1, 0.5, 1.0]))
def test_a_broken_feed_never_raises_a_score(company, seed, share):
    before = disturbed(company, seed)
    rng = np.random.default_rng(seed + 1)
    broken = (before.absence == Absence.PRESENT) & (rng.random(before.absence.shape) < share)
    after = replace(before, absence=before.absence.mask(broken, int(Absence.STALE_OR_FAILED)))
    old, new = (score_health(features, DEFAULT).scores for features in (before, after))
    assert not (new["chs"] > old["chs"] + 1e-9).any()
    assert not (new["chs_coverage"] > old["chs_coverage"] + 1e-9).any()
    assert not (new["chs"].notna() & old["chs"].isna()).any()


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, days=st.sampled_from([1.0, 30.0, 400.0]))
def test_ageing_never_raises_the_coverage_and_only_opens_the_interval(company, seed, days):
    before = disturbed(company, seed)
    frame = before.frame.copy()
    ages = DEFAULT.ages()
    frame[ages] = frame[ages].clip(lower=0) + days
    old, new = (
        score_health(replace(before, frame=one), replace_caps(DEFAULT)).scores
        for one in (before.frame, frame)
    )
    assert not (new["chs_coverage"] > old["chs_coverage"] + 1e-9).any()
    assert not (new["chs_low"] > old["chs_low"] + 1e-9).any()
    # With less known an account may lose the high band, and its highest score with it.
    below = old["chs_coverage"].lt(DEFAULT.green_from) == new["chs_coverage"].lt(DEFAULT.green_from)
    assert not (new["chs_high"] < old["chs_high"] - 1e-9)[below].any()


def replace_caps(scorecard):
    return scorecard.model_copy(update={"caps": ()})


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_the_order_of_rows_never_matters(company, seed):
    features = disturbed(company, seed)
    order = np.random.default_rng(seed).permutation(len(features.frame))
    mixed = features.at(features.frame.index[order])
    old, new = (score_health(one, DEFAULT) for one in (features, mixed))
    pd.testing.assert_frame_equal(old.scores, new.scores.loc[old.scores.index], check_exact=True)
    pd.testing.assert_frame_equal(old.losses, new.losses.loc[old.losses.index], check_exact=True)


def test_other_accounts_never_matter(company):
    features = company.features
    whole = score_health(features, DEFAULT).scores
    for place in range(len(features.frame)):
        index = features.frame.index[place : place + 1]
        alone = score_health(features.at(index), DEFAULT).scores
        pd.testing.assert_frame_equal(alone, whole.loc[index], check_exact=True)
