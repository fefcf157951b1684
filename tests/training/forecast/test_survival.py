"""Chances to stay: never rising, exact where the estimate counts, on two clocks."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.arrays.moments import DAY, NEVER
from churngrid.training.dataset.book import Book
from churngrid.training.forecast.book_rates import BookRates, LeaveRate
from churngrid.training.forecast.survival import survival_curves

RATES = BookRates(
    leave=(
        LeaveRate(False, None, None, 100, 12, 0.12),
        LeaveRate(True, None, None, 100, 3, 0.03),
    ),
    taken_back=0.25,
)


def one(*, points=(), p=0.2, by=None, notice=False, monthly=False, stops=NEVER):
    """Curves of one account whose decisions (and ends of payment) lie so many days ahead."""
    accounts = pd.DataFrame(
        {
            "account_id": ["a"],
            "as_of_us": [0],
            "arr": [100.0],
            "custom": ["paying"],
            "notice": [notice],
            "paused": [False],
            "stops_us": [stops],
            "monthly": [monthly],
            "renewed": [False],
        }
    )
    at, ends = (
        (np.array(one, dtype=np.int64) for one in zip(*points, strict=True))
        if points
        else (
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
        )
    )
    listed = pd.DataFrame(
        {
            "row": np.zeros(len(at), np.int64),
            "at_us": at * DAY,
            "ends_us": ends * DAY,
            "number": np.arange(1, len(at) + 1),
        }
    )
    until = by if by is not None else (at[0] if len(at) else 210)
    estimates = pd.DataFrame({"p_churn": [p], "p_by_us": [int(until) * DAY], "segment": ["S"]})
    return survival_curves(Book(accounts, listed), estimates, RATES)


def stays(curves, *days, clock="decided"):
    return curves.at(np.array([days]) * DAY, clock=clock)[0].tolist()


@settings(max_examples=60, deadline=None)
@given(
    p=st.floats(0.001, 0.999),
    first=st.integers(1, 400),
    gap=st.integers(20, 200),
    notice=st.integers(0, 90),
    monthly=st.booleans(),
    months=st.integers(1, 8),
)
def test_survival_never_rises_and_is_exact_where_the_estimate_counts(
    p, first, gap, notice, monthly, months
):
    points = [(first + k * gap, first + k * gap + notice) for k in range(12)]
    by = first + (months - 1) * gap if monthly else first
    curves = one(points=points, p=p, by=by, monthly=monthly)
    for clock in ("decided", "paying"):
        seen = stays(curves, *range(0, 800, 7), clock=clock)
        assert all(0 <= value <= 1 for value in seen)
        assert all(later <= earlier for earlier, later in pairwise(seen))
    assert stays(curves, by)[0] == pytest.approx(1 - p, abs=1e-9)
    assert stays(curves, first - 1)[0] == 1.0
    # Nobody stops to pay before deciding to.
    days = range(0, 800, 7)
    for decided, pays in zip(
        stays(curves, *days), stays(curves, *days, clock="paying"), strict=True
    ):
        assert decided <= pays


def test_whoever_is_bound_stays_until_the_next_moment_of_leaving():
    curves = one(points=[(300, 360), (665, 725)], p=0.5)
    assert stays(curves, 299, 300) == [1.0, 0.5]
    assert stays(curves, 359, 360, clock="paying") == [1.0, 0.5]


def test_without_contracts_the_estimate_is_spread_over_months():
    curves = one(p=0.36, by=60)
    assert stays(curves, 29, 30, 60) == pytest.approx([1.0, 0.8, 0.64])
    assert stays(curves, 90)[0] < 0.64


def test_who_gave_notice_is_gone_by_decision_and_pays_until_the_term_ends():
    curves = one(points=[], notice=True, stops=40 * DAY, p=np.nan)
    assert stays(curves, 0, 365) == pytest.approx([0.25, 0.25])
    assert stays(curves, 39, 40, clock="paying") == pytest.approx([1.0, 0.25])


def test_without_an_estimate_nothing_is_said():
    curves = one(points=[(10, 20)], p=np.nan)
    assert np.isnan(stays(curves, 30)).all()
    assert not curves.known.any()


def test_a_later_decision_is_drawn_towards_the_group():
    risky, safe = (
        one(points=[(30, 30), (395, 395)], p=0.6),
        one(points=[(30, 30), (395, 395)], p=0.02),
    )
    second = [float(curves.points["hazard"].iloc[1]) for curves in (risky, safe)]
    assert 0.12 < second[0] < 0.6
    assert 0.02 < second[1] < 0.12
