"""Moments in order, and how many of them a time has reached."""

import numpy as np
import pytest

from churngrid.features.arrays.time_grid import DAY_US, NEVER, NO_DAY, Edges, days_of, fixed


def moments(*values):
    return np.array(values, np.int64)


def days(*values):
    return np.array(values, np.int32)


def test_a_moment_has_reached_the_edges_at_it_and_before_it():
    edges = Edges.of(moments(20, 10, 20))
    assert edges.moments.tolist() == [10, 20]
    assert edges.reached_by(moments(9, 10, 11, 20, NEVER)).tolist() == [0, 1, 1, 2, 2]


def test_what_is_added_moves_every_moment_but_never():
    edges = Edges.of(moments(DAY_US, 3 * DAY_US))
    assert edges.reached_by(moments(0, 2 * DAY_US, NEVER), DAY_US).tolist() == [1, 2, 2]
    assert edges.reached_on(days(0, 2, NO_DAY), 1).tolist() == [1, 2, 2]


def test_a_day_has_reached_the_edges_of_its_beginning_only():
    edges = Edges.of(moments(3 * DAY_US, 3 * DAY_US + 1, 5 * DAY_US))
    assert edges.reached_on(days(2, 3, 4, 5, 99, NO_DAY)).tolist() == [0, 1, 2, 3, 3, 3]


def test_no_edges_are_never_reached():
    edges = Edges.of(moments())
    assert len(edges) == 0
    assert edges.reached_by(moments(0, NEVER)).tolist() == [0, 0]
    assert edges.reached_on(days(-3, 0, NO_DAY)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_places_are_those_of_a_search(seed):
    """Several edges a day, on midnight and beside it, and moments around all of them."""
    rng = np.random.default_rng(seed)
    edges = Edges.of(rng.integers(4, 40, 30) * (DAY_US // 4) + rng.integers(-1, 2, 30))
    moment = rng.integers(-8, 60, 400) * (DAY_US // 4) + rng.integers(-1, 2, 400)
    expected = np.searchsorted(edges.moments, moment, side="right")
    assert edges.reached_by(moment).tolist() == expected.tolist()
    day = rng.integers(-3, 15, 100).astype(np.int32)
    expected = np.searchsorted(edges.moments, day.astype(np.int64) * DAY_US, side="right")
    assert edges.reached_on(day).tolist() == expected.tolist()


def test_a_moment_lies_on_the_day_that_began_before_it():
    moment = moments(-1, 0, DAY_US - 1, DAY_US, NEVER)
    assert days_of(fixed(moment)).tolist() == [-1, 0, 0, 1, NO_DAY]
