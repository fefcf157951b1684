import numpy as np
import pandas as pd
import pytest

from churngrid.training.dataset.leakage_detectors import suspicions

Y = np.repeat([0, 1], [60, 40])


TABLES = pd.DataFrame({"tickets": np.ones(100, dtype=bool)})


def found(*, delivered=TABLES, **columns):
    suspects = suspicions(pd.DataFrame(columns, index=range(100)), delivered, Y)
    return {(s.column, s.detector): s for s in suspects}


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_column_that_tells_the_outcome_alone_is_suspected(sign):
    suspect = found(knows=sign * Y.astype(float))[("knows", "too_good_alone")]
    assert suspect.value == 1.0
    assert suspect.says == "knows alone tells the outcome with AUC 1.00: check where it comes from."


def overlapping(wrong):
    """All 0 before all 1, but so many of the 40 ones lie below every zero: AUC 1 - wrong / 40."""
    values = Y.astype(float)
    values[60 : 60 + wrong] = -1.0
    return values


def test_the_bound_of_a_single_column_is_an_auc_of_nine_tenths():
    assert not found(edge=overlapping(4))
    assert ("edge", "too_good_alone") in found(edge=overlapping(3))


def test_noise_is_not_suspected():
    rng = np.random.default_rng(0)
    assert not found(noise=rng.normal(size=100), half=rng.integers(0, 2, 100).astype(float))


def test_too_few_known_values_tell_nothing():
    values = Y.astype(float)
    values[: 60 - 14] = np.nan
    values[60 + 15 :] = np.nan
    few = found(knows=values)
    assert ("knows", "too_good_alone") not in few
    values[60 - 15] = 0.0
    assert ("knows", "too_good_alone") in found(knows=values)


@pytest.mark.parametrize(("where", "word"), [(1, "more"), (0, "less")])
def test_a_table_kept_only_on_one_side_is_suspected(where, word):
    delivered = TABLES.assign(goals=where == Y)
    suspect = found(delivered=delivered)[("goals", "unevenly_kept")]
    assert abs(suspect.value) == 1
    assert f"'goals' has rows for 100% {word} of the accounts with the outcome" in suspect.says


def test_the_bound_of_a_table_is_twenty_points():
    there = np.ones(100, dtype=bool)
    there[:12] = False  # 20 % of the 60 without the outcome
    assert not found(delivered=TABLES.assign(goals=there))
    there[12] = False
    assert ("goals", "unevenly_kept") in found(delivered=TABLES.assign(goals=there))


def test_missing_values_alone_raise_no_suspicion():
    """Who has no meetings has no share of meetings held: that is behaviour, not a leak."""
    assert not found(empty=np.full(100, np.nan), gaps=np.where(Y == 1, 1.0, np.nan))
