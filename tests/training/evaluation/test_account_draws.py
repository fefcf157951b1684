import numpy as np

from churngrid.training.evaluation.account_draws import account_draws
from churngrid.training.evaluation.ranked_rows import ranked


def test_a_seed_draws_the_same_accounts_whatever_is_measured():
    first, again = (list(account_draws(7, 20, seed=3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, list(account_draws(7, 20, seed=4)))
    assert {len(times) for times in first} == {7}
    assert {int(times.sum()) for times in first} == {7}


def test_nothing_is_drawn_from_no_accounts():
    assert list(account_draws(0, 5, seed=0)) == []


def test_rows_of_an_account_are_drawn_together():
    """Two accounts of three equal rows each: a resample holds none, three or six of either."""
    rows = ranked([1, 1, 1, 0, 0, 0], [0.9] * 3 + [0.1] * 3, ["a"] * 3 + ["b"] * 3)
    hits = np.concatenate([part.hit.sum(axis=1) for part in rows.resampled(seed=1, n_boot=50)])
    assert len(hits) == 50
    assert set(hits) == {0.0, 3.0, 6.0}
