"""Rates of a book: counted by hand, drawn towards the larger group, stored and read back."""

import json

import pandas as pd
import pytest

from churngrid.features.arrays.moments import DAY, NEVER
from churngrid.training.dataset.past_decisions import Past
from churngrid.training.forecast.book_rates import MONTH_DAYS, BookRates, learn_rates

MONTH = round(MONTH_DAYS * DAY)


def past(decisions=(), months=(), notices=()):
    return Past(
        pd.DataFrame(
            list(decisions),
            columns=["account_id", "monthly", "renewed", "segment", "left", "closed_us"],
        )
        .astype({"monthly": bool, "renewed": bool, "left": bool, "closed_us": "int64"})
        .assign(ends_us=lambda rows: rows["closed_us"], kind="term_end", days_late=0.0),
        pd.DataFrame(
            list(months),
            columns=[
                "as_of_us",
                "until_us",
                "arr",
                "monthly",
                "change",
                "lost",
                "left",
                "account_id",
            ],
        ).astype(
            {"as_of_us": "int64", "monthly": bool, "lost": bool, "left": bool, "until_us": "int64"}
        ),
        pd.DataFrame(list(notices), columns=["lapses_us", "taken_back"]).astype(
            {"taken_back": bool, "lapses_us": "int64"}
        ),
    )


def decisions(n, left, segment="S", renewed=True):
    return [("a", False, renewed, segment, k < left, 0) for k in range(n)]


def rate_of(rates, *, segment, renewed=True):
    found = [c for c in rates.leave if c.segment == segment and c.renewed == renewed]
    assert len(found) == 1
    return found[0].rate


def test_a_small_segment_is_drawn_towards_all_and_a_large_one_is_not():
    rates = learn_rates(past([*decisions(1000, 100, "L"), *decisions(2, 2, "S")]))
    assert rate_of(rates, segment="L") == pytest.approx(0.1, abs=0.002)
    assert 0.1 < rate_of(rates, segment="S") < 0.3


def test_an_unknown_segment_gets_the_rate_of_all():
    rates = learn_rates(past(decisions(1000, 100)))
    found = rates.leave_rates(
        *(pd.Series(values).to_numpy() for values in ([False], [True], ["new"]))
    )
    assert found[0] == rate_of(rates, segment=None)


def test_nothing_that_is_over_gives_rates_of_nothing():
    rates = learn_rates(past())
    assert rates.leave == ()
    assert (rates.cut_at_renewal, rates.growth_in_month, rates.taken_back) == (0.0, 0.0, 0.0)


def month(change=0.0, *, left=False, lost=False, arr=100.0, account="a", at=0):
    return (at, at + MONTH, arr, False, change, lost, left, account)


def test_cuts_growth_and_losses_are_counted():
    months = [*[month()] * 96, month(-20.0), month(50.0), month(-3.0), month(left=True, lost=True)]
    rates = learn_rates(past(decisions(10, 0), months))
    assert rates.cut_at_renewal == pytest.approx(1 / 10)
    assert rates.growth_in_month == pytest.approx(1 / 99)
    assert rates.lost_in_month == pytest.approx(1 / 100)
    assert set(rates.cut_sizes) == {0.2}
    assert set(rates.growth_sizes) == {0.5}


def test_a_segment_that_cuts_back_more_has_a_rate_of_its_own():
    renewed = [("a", False, True, "L", False, 0)] * 100 + [("b", False, True, "S", False, 0)] * 100
    cuts = [month(-20.0, account="b")] * 40 + [month()] * 160
    rates = learn_rates(past(renewed, cuts))
    found = rates.cut_rates(pd.Series(["L", "S", "new"]).to_numpy(dtype=object))
    assert found[0] < 0.05 < rates.cut_at_renewal < 0.35 < found[1]
    assert found[2] == rates.cut_at_renewal == 0.2


@pytest.mark.parametrize("times", [1, 4])
def test_rates_that_move_from_quarter_to_quarter_are_known_less_well(times):
    quarters = [91 * DAY * number for number in range(8)]
    months = [
        month(-20.0 if one < 10 * (times if number % 2 else 1) else 0.0, at=at)
        for number, at in enumerate(quarters)
        for one in range(100)
    ]
    error = learn_rates(past((), months)).cut_error
    assert error < 0.15 if times == 1 else error > 0.4


def test_only_what_is_over_is_learned():
    told = past(
        [("a", False, True, "S", True, 5), ("b", False, True, "S", True, 50)],
        [month()],
        [(7, True), (NEVER, False)],
    ).before(10)
    assert len(told.decisions) == 1
    assert told.months.empty
    assert len(told.notices) == 1


def test_rates_are_read_back_as_they_were_stored():
    rates = learn_rates(past(decisions(30, 3), [month(-20.0), month(50.0), month()]))
    assert BookRates.from_state(json.loads(json.dumps(rates.to_state()))) == rates


@pytest.mark.parametrize("fault", [{"cut_sizes": [2.0]}, {"taken_back": -0.1}, {"more": 1}])
def test_rates_that_are_none_are_refused(fault):
    state = learn_rates(past()).to_state()
    with pytest.raises(ValueError, match=next(iter(fault))):
        BookRates.from_state(state | fault)
