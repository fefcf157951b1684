"""Late renewals: the share that still comes, on paper, and what its absence says."""

import json

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from churngrid.training.forecast.book_rates import BookRates
from churngrid.training.forecast.late_renewals import LateRenewals, learn_lateness

SEEN = LateRenewals(("term_end",), (99,), ((9, 9, 5, 5, 1),))
"""Of 99 renewals nine came late: four on the third day, four more by the fifth, one later."""


def odds(p):
    return p / (1 - p)


def test_on_paper():
    """Ten days of grace, two days after the end: 5 of 99 came later; usual is 1 in 20, less 2/10.

    All kinds: (5 + 20 x 0.05 x 0.8) / 119. The kind itself is drawn towards that by twenty, and
    half a renewal, less 2/10, is counted for one more that may come.
    """
    whole = (5 + 20 * 0.05 * 0.8) / 119
    share = (5 + 20 * whole + 0.5 * 0.8) / (99 + 20 + 0.5)
    assert SEEN.share_later("term_end", 2, grace_days=10) == pytest.approx(share)
    # One in five to leave before the end: odds 1 : 4, divided by that share.
    added = SEEN.log_odds(np.array(["term_end"], object), np.array([2]), grace_days=10)
    assert np.exp(np.log(0.25) + added).item() == pytest.approx(0.25 / share)


def test_where_leaving_is_told_soon_silence_speaks_for_a_late_renewal():
    """Of 80 that left without a word all are on file two days after; the same with 20 more at 1."""
    told = LateRenewals(SEEN.kind, SEEN.renewals, SEEN.still_open, (80,), ((80, 80, 0),))
    unsaid = 20 * (20 / 100) / 100
    assert told.share_unsaid("term_end", 2) == pytest.approx(unsaid)
    kinds, days = np.array(["term_end"] * 2, object), np.array([1, 2])
    added, never_told = (late.log_odds(kinds, days, grace_days=10) for late in (told, SEEN))
    np.testing.assert_allclose(added - never_told, np.log([1.0, unsaid]), atol=1e-12)
    assert added[1] < 0 < never_told[1]


def test_history_is_counted_for_who_stayed_and_who_left_without_a_word():
    decisions = pd.DataFrame(
        {
            "kind": "term_end",
            "left": [False, False, True, True, True],
            "days_late": [0.0, 2.0, 0.0, 1.0, 3.0],
        }
    )
    found = learn_lateness(decisions)
    assert [found.counted("term_end", day) for day in range(3)] == [(2, 1), (2, 1), (2, 0)]
    assert [found.unsaid("term_end", day) for day in range(4)] == [(2, 2), (2, 1), (2, 1), (2, 0)]
    assert learn_lateness(decisions.head(0)) == LateRenewals()


@pytest.mark.parametrize("late", [SEEN, LateRenewals(), LateRenewals(("break",), (400,), ((),))])
def test_the_longer_it_takes_the_surer_it_is_gone_and_never_certain(late):
    days = np.arange(30)
    kinds = np.array(["term_end"] * 30, dtype=object)
    added = late.log_odds(kinds, days, grace_days=30)
    assert (added > 0).all()
    assert np.isfinite(added).all()
    assert (np.diff(added) >= 0).all()
    assert added[-1] > added[0]


def test_a_kind_of_which_many_come_late_is_judged_by_itself():
    late = LateRenewals(("notice_deadline", "term_end"), (1000, 300), ((0,), (90, 60)))
    by_itself = late.share_later("notice_deadline", 0, grace_days=30)
    signed = late.share_later("term_end", 0, grace_days=30)
    assert by_itself < 0.01
    assert signed == pytest.approx(0.3, abs=0.03)
    assert by_itself < late.share_later("break", 0, grace_days=30) < signed


def test_rates_are_stored_and_read_back_and_what_rises_is_refused():
    late = LateRenewals(SEEN.kind, SEEN.renewals, SEEN.still_open, (3,), ((3, 1),))
    rates = BookRates(late=late)
    stored = json.loads(json.dumps(rates.to_state()))
    assert BookRates.from_state(stored) == rates
    stored["late"]["still_open"] = [[1, 2]]
    with pytest.raises(ValueError, match="`still_open` must not rise with the days"):
        BookRates.from_state(stored)
    stored = rates.to_state()
    stored["late"]["still_unsaid"] = [[1, 2]]
    with pytest.raises(ValueError, match="`still_unsaid` must not rise with the days"):
        BookRates.from_state(stored)


def test_counts_that_do_not_belong_together_are_refused():
    stored = BookRates(late=SEEN).to_state()
    stored["late"]["renewals"] = []
    with pytest.raises(ValidationError, match=r"`still_open` must have equal lengths"):
        BookRates.from_state(stored)
    stored = BookRates(late=SEEN).to_state()
    stored["late"]["leavers"] = [1]
    with pytest.raises(ValidationError, match=r"`still_unsaid` must have equal lengths"):
        BookRates.from_state(stored)
