"""The criteria on tables small enough to count on paper."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churngrid.features.metrics.catalogue import METRICS
from churngrid.features.schema.bands import Bands
from churngrid.features.scores.scorecard import Success
from churngrid.features.scores.scorecard_file import read_scorecard
from churngrid.training.scorecard.success_criteria import (
    CRITERIA,
    judge,
    surprises_of,
    without_person,
)

BANDS = Bands()
DECIDED = pd.Timestamp("2025-06-01", tz="UTC")
FEW = Success(fewest_churned=2)


def reading(account, chs, *, before=None, churned=None, arr=100.0, parent=None):
    """One reading, so many days before the decision to leave; without one the account stayed."""
    left = before is not None
    return {
        "account_id": account,
        "as_of": DECIDED - pd.Timedelta(days=before if left else 75),
        "parent": parent or account,
        "chs": chs,
        "churned": float(left) if churned is None else churned,
        "arr": arr,
        "decided_at": DECIDED if left else pd.NaT,
    }


def book(*rows):
    frame = pd.DataFrame(list(rows))
    return frame.assign(decided_at=pd.to_datetime(frame["decided_at"], utc=True))


def found(frame, success=FEW, **options):
    return {one.criterion: one for one in judge(frame, bands=BANDS, success=success, **options)}


# Churned: a red, b yellow, c green; d stayed and was red; e to j stayed, four of them green.
PAPER = book(
    reading("a", 40.0, before=80, arr=100.0),
    reading("b", 60.0, before=80, arr=200.0),
    reading("c", 80.0, before=80, arr=700.0),
    reading("c", 90.0, before=110, arr=600.0),
    reading("d", 49.9),
    *(reading(name, 75.0) for name in "efgh"),
    *(reading(name, 50.0) for name in "ij"),
    reading("k", np.nan, before=80),
    reading("l", 95.0, churned=np.nan),
)


def test_the_red_band_is_compared_with_all_that_could_leave():
    # Red and able to leave: a and d, one of two left. In all 4 of 11 readings left; k has no score
    # and l could not leave.
    assert found(PAPER)["red_band_lift"].value == pytest.approx((1 / 2) / (4 / 11))


def test_warned_are_those_below_green_in_good_time():
    # a and b of a, b and c; 300 of 1,000 of the ARR.
    assert found(PAPER)["warned_share"].value == pytest.approx(2 / 3)
    assert found(PAPER)["warned_arr_share"].value == pytest.approx(0.3)


def test_the_lead_of_a_warning_goes_from_the_first_red_reading_of_a_year():
    # a was red 80 days before; n turned red 300 and again 20 days before, and was red once more
    # longer ago than a year; m was red only on the day. b and c never were.
    longer = book(
        *(reading("n", chs, before=days) for chs, days in [(9, 400), (9, 300), (70, 90), (9, 20)]),
        reading("m", 30.0, before=0),
    )
    told = found(pd.concat([PAPER, longer], ignore_index=True))["red_lead_days"]
    assert told.value == pytest.approx((80 + 300 + 0) / 3)
    calm = found(PAPER[PAPER["account_id"] != "a"])["red_lead_days"]
    assert (calm.verdict, calm.why) == ("fail", "no churned account was red before its decision")


def test_green_is_counted_over_the_whole_book():
    # c twice, e to h and l, of 12 readings with a score.
    assert found(PAPER)["green_share"].value == pytest.approx(7 / 12)


def test_a_surprise_was_green_at_least_ninety_days_before():
    # Only c has a reading so early.
    success = Success(fewest_churned=2, surprise_days=80)
    assert found(PAPER)["surprise_arr_share"].value == 1.0
    # From 80 days on, a, b and the newer reading of c count: 700 of 1,000.
    assert found(PAPER, success)["surprise_arr_share"].value == pytest.approx(0.7)
    told = surprises_of(PAPER, bands=BANDS, success=success)
    assert told[["account_id", "chs", "arr"]].to_numpy().tolist() == [["c", 80.0, 700.0]]


@pytest.mark.parametrize(
    ("before", "counted"), [(59, False), (60, True), (75, True), (90, True), (91, False)]
)
def test_only_readings_sixty_to_ninety_days_before_can_warn(before, counted):
    frame = book(*(reading(name, 40.0, before=before) for name in "abc"))
    assert found(frame)["warned_share"].n_parents == (3 if counted else 0)


def test_of_several_readings_in_time_the_newest_counts():
    frame = book(*(reading(n, chs, before=d) for n in "ab" for chs, d in ((40.0, 88), (80.0, 62))))
    assert found(frame)["warned_share"].value == 0.0
    assert found(frame)["warned_share"].n_parents == 2


def test_too_few_churned_accounts_are_no_evidence():
    frame = book(*(reading(f"a{n}", 40.0, before=80) for n in range(19)))
    told = found(frame, Success())["warned_share"]
    assert (told.verdict, told.value) == ("not enough evidence", 1.0)
    assert told.why == "only 19 churned accounts, at least 20 are needed"
    more = pd.concat([frame, book(reading("b", 40.0, before=80))])
    assert found(more, Success())["warned_share"].verdict == "pass"


def test_accounts_of_one_parent_are_one_piece_of_evidence():
    frame = book(*(reading(f"a{n}", 40.0, before=80, parent="p") for n in range(40)))
    assert found(frame)["warned_share"].n_parents == 1
    assert found(frame)["warned_share"].verdict == "not enough evidence"


def test_a_threshold_inside_the_interval_is_no_evidence():
    # Two of three were warned: on 30 accounts the interval goes far to both sides.
    frame = book(*(reading(f"a{n}", 40.0 if n % 3 else 80.0, before=80) for n in range(30)))
    told = found(frame)["warned_share"]
    assert told.low < 2 / 3 < told.high
    assert told.verdict == "not enough evidence"
    assert "on both sides of at least 0.667" in told.why


def test_the_interval_is_that_of_drawing_parents():
    frame = book(*(reading(f"a{n}", 40.0 if n % 2 else 80.0, before=80) for n in range(100)))
    told = found(frame)["warned_share"]
    # Half of 100: a standard error of 0.05.
    assert told.low == pytest.approx(0.4, abs=0.02)
    assert told.high == pytest.approx(0.6, abs=0.02)


def test_without_any_amount_nothing_is_said_of_money():
    frame = book(*(reading(f"a{n}", 40.0, before=80, arr=np.nan) for n in range(40)))
    told = found(frame, Success())
    assert told["warned_share"].verdict == "pass"
    assert told["warned_arr_share"].verdict == "not enough evidence"
    assert "only 0 churned accounts with a known ARR" in told["warned_arr_share"].why


def test_an_empty_book_is_no_evidence_of_anything():
    told = judge(PAPER.head(0), bands=BANDS, success=FEW)
    assert [one.criterion for one in told] == [one.name for one in CRITERIA]
    assert {one.verdict for one in told} == {"not enough evidence"}
    assert found(PAPER.head(0))["green_share"].why == "only 0 accounts, at least 2 are needed"


def test_nobody_in_red_and_few_in_red_are_different_things():
    stayed = [reading(f"s{n}", 60.0) for n in range(60)]
    left = [reading(f"a{n}", 60.0, before=80) for n in range(30)]
    told = found(book(*stayed, *left))["red_band_lift"]
    assert (told.verdict, told.why) == ("fail", "no account was ever in the red band")
    one = found(book(*stayed, *left[1:], reading("a0", 40.0, before=80)))["red_band_lift"]
    assert one.value == pytest.approx(3)
    # A third of the draws lack that one account; the others still give an interval.
    assert one.low < 3 < one.high
    assert one.verdict == "not enough evidence"


def test_a_red_band_that_nobody_leaves_fails():
    stayed = [reading(f"s{n}", 60.0 if n % 2 else 40.0) for n in range(60)]
    left = [reading(f"a{n}", 60.0, before=80) for n in range(30)]
    told = found(book(*stayed, *left))["red_band_lift"]
    assert (told.value, told.low, told.high, told.verdict) == (0.0, 0.0, 0.0, "fail")


def test_the_order_of_rows_does_not_matter():
    shuffled = PAPER.sample(frac=1, random_state=3)
    assert judge(shuffled, bands=BANDS, success=FEW) == judge(PAPER, bands=BANDS, success=FEW)


def test_a_cap_set_by_a_person_can_be_left_out():
    card = read_scorecard(None, METRICS)
    gone = {cap.name for cap in card.caps} - {cap.name for cap in without_person(card).caps}
    assert gone == {"csm_sees_red"}
    assert without_person(card).components == card.components


def portfolio(n_left, n_stayed, *, left, stayed):
    """Readings of accounts that left, 70 and 100 days before, and of accounts that stayed."""
    return book(
        *(reading(f"l{n}", left, before=days) for n in range(n_left) for days in (70, 100)),
        *(reading(f"s{n}", stayed(n)) for n in range(n_stayed)),
    )


@settings(max_examples=15, deadline=None)
@given(share=st.floats(0.06, 0.12), green=st.floats(0.1, 0.7), seed=st.integers(0, 99))
def test_a_perfect_score_passes_everything(share, green, seed):
    left = round(600 * share)
    frame = portfolio(left, 600 - left, left=20.0, stayed=lambda n: 80.0 if n < 600 * green else 60)
    assert {one.verdict for one in judge(frame, bands=BANDS, success=Success(), seed=seed)} == {
        "pass"
    }


@settings(max_examples=15, deadline=None)
@given(chs=st.floats(0, 100), share=st.floats(0.05, 0.3))
def test_a_constant_score_fails_and_says_why(chs, share):
    left = round(400 * share)
    frame = portfolio(left, 400 - left, left=chs, stayed=lambda _: chs)
    told = found(frame, Success())
    lift = told["red_band_lift"]
    assert lift.verdict == "fail"
    assert ("no account was ever in the red band" in lift.why) == (chs >= BANDS.medium)
    if chs < BANDS.medium:
        assert lift.value == pytest.approx(1)
        assert "wanted at least 3" in lift.why
    if chs >= BANDS.high:
        failed = {name for name, one in told.items() if one.verdict == "fail"}
        assert failed == {one.name for one in CRITERIA}
        assert "wanted at most 0.8" in told["green_share"].why
