"""An account among the live accounts of its segment and date."""

import numpy as np
import pandas as pd
import pytest

from churngrid.features.engine.feature_table import peers_of

NAN = np.nan


def among(values, *, live=None, dates=None, segments=None):
    n = len(values)
    peers = peers_of(
        np.zeros(n, np.int64) if dates is None else np.array(dates),
        np.array(["s"] * n if segments is None else segments, dtype=object),
        np.ones(n, bool) if live is None else np.array(live, dtype=bool),
    )
    numbers = np.array(values, dtype=float)
    return peers.medians(numbers[:, None])[:, 0], peers.shares(numbers)


def same(found, expected):
    np.testing.assert_array_equal(found, np.array(expected, dtype=float))


def test_equal_values_share_their_mean_rank():
    median, share = among([3, 1, 3, 2])
    same(median, [2.5] * 4)
    same(share, [3.5 / 4, 1 / 4, 3.5 / 4, 2 / 4])
    same(among([7, 7, 7])[1], [2 / 3] * 3)


def test_who_has_no_value_is_not_counted():
    median, share = among([NAN, 1, 5, NAN])
    same(median, [3] * 4)
    same(share, [NAN, 0.5, 1, NAN])
    median, share = among([NAN, NAN])
    same(median, [NAN, NAN])
    same(share, [NAN, NAN])


def test_who_is_not_live_is_compared_with_by_nobody_and_still_sees_the_median():
    median, share = among([1, 2, 100], live=[1, 1, 0])
    same(median, [1.5] * 3)
    same(share, [0.5, 1, NAN])


def test_where_nobody_is_live_there_is_nothing_to_compare_with():
    median, share = among([1, 2], live=[0, 0])
    same(median, [NAN, NAN])
    same(share, [NAN, NAN])


def test_who_is_alone_has_nobody_to_be_compared_with():
    median, share = among([4])
    same(median, [NAN])
    same(share, [NAN])
    median, share = among([4, NAN, 9], segments=["s", "s", "t"])
    same(median, [NAN] * 3)
    same(share, [NAN] * 3)


def test_no_rows_give_no_values():
    median, share = among([])
    assert (len(median), len(share)) == (0, 0)


def test_dates_and_segments_are_compared_apart():
    median, share = among(
        [1, 2, 3, 4, 5],
        dates=[10, 10, 20, 20, 10],
        segments=["s", "t", "s", "s", "s"],
    )
    same(median, [3, NAN, 3.5, 3.5, 3])
    same(share, [0.5, NAN, 0.5, 1, 1])


def test_infinite_values_are_values():
    same(among([np.inf, -np.inf, 0])[1], [1, 1 / 3, 2 / 3])


@pytest.mark.parametrize("seed", range(3))
def test_medians_and_shares_are_those_of_pandas(seed):
    rng = np.random.default_rng(seed)
    n = 400
    frame = pd.DataFrame(
        {
            "date": rng.integers(0, 4, n),
            "segment": rng.choice(["s", "t", "all"], n),
            "live": rng.random(n) < 0.7,
            "value": np.where(rng.random(n) < 0.2, NAN, rng.integers(0, 9, n)),
        }
    )
    median, share = among(
        frame["value"].to_numpy(),
        live=frame["live"].to_numpy(),
        dates=frame["date"].to_numpy(),
        segments=frame["segment"].tolist(),
    )
    live = frame[frame["live"]].groupby(["date", "segment"])["value"]
    expected = frame.join(live.median().rename("median"), on=["date", "segment"])
    same(median, expected["median"].to_numpy())
    ranks = live.rank(pct=True).reindex(frame.index).to_numpy()
    np.testing.assert_allclose(share, ranks, rtol=1e-12)
