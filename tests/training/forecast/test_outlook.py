"""The forecast: what it adds up to, what its ranges carry, and what it does not depend on."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from churngrid.features.arrays.moments import DAY, NEVER
from churngrid.training.dataset.book import Book
from churngrid.training.forecast.book_rates import BookRates, LeaveRate
from churngrid.training.forecast.outlook import Outlook, period_moments
from tests.build import day

AS_OF = day("2025-02-15").value // 1000
RATES = BookRates(
    leave=(LeaveRate(False, None, None, 500, 50, 0.1), LeaveRate(True, None, None, 500, 10, 0.02)),
    cut_at_renewal=0.1,
    cut_in_month=0.01,
    cut_sizes=(0.1, 0.3),
    growth_in_month=0.02,
    growth_sizes=(0.1, 0.4),
    lost_in_month=0.001,
    taken_back=0.05,
    leave_error=0.25,
    growth_error=0.3,
)


def invented(n=400, seed=0, rates=RATES, order=None, **changes):
    """The outlook of an invented book; a tenth gave notice, a tenth has no estimate."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"a{k:04d}" for k in range(n)], dtype=object)
    due = rng.integers(1, 360, n)
    accounts = pd.DataFrame(
        {
            "account_id": ids,
            "as_of_us": AS_OF,
            "arr": np.round(rng.lognormal(9, 1, n), 2),
            "custom": "paying",
            "notice": np.arange(n) % 10 == 0,
            "paused": False,
            "stops_us": np.where(np.arange(n) % 10 == 0, AS_OF + 60 * DAY, NEVER),
            "monthly": False,
            "renewed": rng.random(n) < 0.5,
        }
    )
    estimates = pd.DataFrame(
        {
            "p_churn": np.where(np.arange(n) % 10 == 1, np.nan, rng.beta(2, 12, n)),
            "p_by_us": AS_OF + due * DAY,
            "p_called": np.nan,
            "p_expand": rng.beta(1, 8, n),
            "p_contract": np.where(np.arange(n) % 10 == 2, np.nan, rng.beta(1, 20, n)),
            "moves_by_us": AS_OF + 210 * DAY,
            "segment": rng.choice(["SMB", "enterprise"], n),
            "csm_id": rng.choice(["c1", "c2", "c3", ""], n),
        }
    ).assign(**changes)
    row = np.repeat(np.arange(n), 2)
    after = np.tile([0, 365], n)
    points = pd.DataFrame(
        {
            "row": row,
            "at_us": AS_OF + (due[row] + after) * DAY,
            "ends_us": AS_OF + (due[row] + after + 30) * DAY,
            "number": np.tile([1, 2], n),
        }
    )
    if order is not None:
        place = np.argsort(order)
        accounts, estimates = (
            frame.iloc[order].reset_index(drop=True) for frame in (accounts, estimates)
        )
        points = points.assign(row=place[points["row"]]).sort_values(
            ["row", "number"], ignore_index=True
        )
    return Outlook.of(Book(accounts, points), estimates, rates)


TABLE = invented().table()
FIGURES = ("renewed", "leaving", "contracted", "expanded", "arr_end", "arr_kept")


def test_no_money_is_left_out():
    whole = TABLE[TABLE["grouping"] == "all"]
    outlook = invented()
    assert (whole["arr"] == round(outlook.book.accounts["arr"].sum(), 4)).all()
    blind = outlook.book.accounts["arr"][~outlook.curves.known].sum()
    assert (whole["arr_without_estimate"] == round(blind, 4)).all()


@pytest.mark.parametrize("grouping", ["segment", "csm"])
def test_groups_add_up_to_the_book(grouping):
    parts = TABLE[TABLE["grouping"] == grouping].groupby("period")
    whole = TABLE[TABLE["grouping"] == "all"].set_index("period")
    for name in (*FIGURES, "accounts", "arr", "arr_due", "arr_notice", "arr_without_estimate"):
        assert parts[name].sum().to_numpy() == pytest.approx(whole[name].to_numpy(), abs=0.01)


def test_what_is_due_stays_leaves_or_has_left():
    sums = TABLE["renewed"] + TABLE["leaving"] + TABLE["arr_due_without_estimate"]
    assert (sums <= TABLE["arr_due"] + 0.01).all()
    first = TABLE["period"] == "2025-Q1"
    # Nobody has left before the first period, but for those who drop out on the way.
    assert sums[first].to_numpy() == pytest.approx(TABLE["arr_due"][first].to_numpy(), rel=1e-3)


def test_the_expected_value_is_the_mean_of_what_is_drawn():
    certain = replace(RATES, leave_error=0.0, growth_error=0.0)
    drawn = invented(n=2000, rates=certain).table(draws=400)
    whole = drawn[drawn["grouping"] == "all"]
    for name in ("renewed", "leaving", "arr_end", "arr_kept"):
        middle = (whole[f"{name}_low"] + whole[f"{name}_high"]) / 2
        half = (whole[f"{name}_high"] - whole[f"{name}_low"]) / 2
        assert (np.abs(middle - whole[name]) < 0.35 * half + 1).all()


def test_ranges_hold_the_expected_value():
    for name in (*FIGURES, "grr", "nrr"):
        assert (TABLE[f"{name}_low"] <= TABLE[f"{name}_high"]).all()
    whole = TABLE[TABLE["grouping"] == "all"]
    for name in ("renewed", "grr", "nrr"):
        assert whole[name].between(whole[f"{name}_low"], whole[f"{name}_high"]).all()


def width(table):
    last = table[table["grouping"] == "all"].iloc[-1]
    return last["grr_high"] - last["grr_low"]


def test_an_error_of_the_model_does_not_average_out():
    chance = [
        width(invented(n, rates=replace(RATES, leave_error=0.0)).table()) for n in (300, 3000)
    ]
    both = [width(invented(n).table()) for n in (300, 3000)]
    # By chance alone ten times the accounts have a third of the range; a model is off for all.
    assert chance[1] < 0.45 * chance[0]
    assert both[1] > 1.3 * chance[1]


def test_gross_retention_is_never_above_one():
    assert (TABLE[["grr", "grr_low", "grr_high"]] <= 1).all(axis=None)
    assert (TABLE["nrr"] >= TABLE["grr"]).all()


def test_the_order_of_the_accounts_does_not_matter():
    order = np.random.default_rng(1).permutation(400)
    pd.testing.assert_frame_equal(TABLE, invented(order=order).table(), check_exact=True)


def test_what_people_called_stands_beside_the_estimate():
    called = np.where(np.arange(400) < 40, 0.9, np.nan)
    table = invented(p_called=called).table()
    whole = table[table["grouping"] == "all"]
    assert (whole["leaving_called"] > whole["leaving"] - 1e-6).any()
    assert whole["leaving"].to_numpy() == pytest.approx(
        TABLE[TABLE["grouping"] == "all"]["leaving"].to_numpy()
    )
    assert TABLE["leaving_called"].isna().all()


def test_nobody_who_pays_gives_a_table_without_rows():
    outlook = invented(n=2)
    nobody = Outlook.of(
        Book(outlook.book.accounts.assign(custom="left"), outlook.book.points),
        outlook.estimates,
        RATES,
    )
    assert nobody.table().empty


def test_unknown_amounts_are_counted_and_in_no_sum():
    outlook = invented(n=20)
    accounts = outlook.book.accounts.copy()
    accounts.loc[3, "arr"] = np.nan
    table = Outlook.of(Book(accounts, outlook.book.points), outlook.estimates, RATES).table()
    whole = table[table["grouping"] == "all"]
    assert (whole["accounts_without_arr"] == 1).all()
    assert (whole["accounts"] == 20).all()
    assert whole[list(FIGURES)].notna().all(axis=None)


def test_expected_change_counts_leaving_cuts_and_growth():
    change = invented().expected_change()
    known = invented().curves.known
    assert np.isnan(change[~known]).all()
    assert (change[known] > -invented().book.accounts["arr"][known]).all()


def test_months_and_quarters_tell_the_same_year():
    months, quarters = invented().table("month", periods=12), invented().table("quarter")
    ends = day("2026-01-01")
    a, b = (
        table[(table["ends_at"] == ends) & (table["grouping"] == "all")].iloc[0]
        for table in (months, quarters)
    )
    assert a["arr_kept"] == pytest.approx(b["arr_kept"])


def test_an_unknown_unit_is_refused():
    with pytest.raises(
        ValueError, match=r"`unit` must be one of \['quarter', 'month'\], got 'day'"
    ):
        invented(n=2).table("day")


def test_the_first_period_begins_with_the_date():
    moments, names = period_moments(AS_OF, "month", 1)
    assert names == ["2025-02", "2025-03"]
    assert moments[0] == AS_OF


def test_retention_is_unknown_where_only_notices_are_known():
    table = invented(p_churn=np.nan).table()
    whole = table[table["grouping"] == "all"]
    assert (whole["arr_notice"] > 0).any()
    assert whole[["grr", "grr_low", "nrr", "nrr_high"]].isna().all(axis=None)


def _cut_by(outlook, days):
    """Hazard of each account to have cut back by then."""
    moments = np.array([outlook.as_of, outlook.as_of + days * DAY])
    return outlook._exposure(moments).cut[:, -1]


def test_an_account_cuts_back_by_its_own_chance_and_then_as_is_usual():
    plain = invented(p_contract=np.nan)
    points, given = plain.curves.points, plain.book.accounts["notice"].to_numpy()
    first = points[points["number"] == 1].set_index("row")["ends_us"].reindex(range(400))
    # The first renewal lies in the horizon, so that the chance has something to fall on.
    within = (first <= AS_OF + 210 * DAY).to_numpy() & ~given
    stays = plain.curves.at(np.full((400, 1), AS_OF + 210 * DAY), clock="decided")[:, 0]
    for p in (0.001, 0.1, 0.4):
        own = invented(p_contract=p)
        expected = -np.log1p(-np.minimum(p / stays[within], 0.95))
        assert _cut_by(own, 210)[within] == pytest.approx(expected)
        # What falls beyond lies on the same side of what is usual, and nearer to it.
        later, usual = (_cut_by(each, 700) - _cut_by(each, 210) for each in (own, plain))
        apart = np.log(later[within] / usual[within])
        assert ((apart < 0) == (p < 0.1)).all()
        assert (np.abs(apart) < np.abs(np.log(expected / usual[within]))).all()


def test_whose_renewal_lies_beyond_cuts_back_in_the_midst_of_its_term():
    own = invented(p_contract=0.1)
    ends = own.curves.points.groupby("row")["ends_us"].min().reindex(range(400))
    beyond = (ends > AS_OF + 210 * DAY).to_numpy() & ~own.book.accounts["notice"].to_numpy()
    assert beyond.sum() > 50
    # Nobody of them decides before, so that all stay until then.
    decides = own.curves.points.groupby("row")["at_us"].min().reindex(range(400))
    stays = beyond & (decides > AS_OF + 210 * DAY).to_numpy()
    assert _cut_by(own, 210)[stays] == pytest.approx(-np.log(0.9))
    assert _cut_by(own, 105)[stays] == pytest.approx(-np.log(0.9) / 2)
    unknown = ~own.curves.known
    assert (_cut_by(own, 210)[unknown] == 0).all()


def test_who_is_likelier_to_cut_back_is_expected_to_pay_less():
    change = [invented(p_contract=p).expected_change() for p in (0.01, 0.1, 0.3)]
    known = ~np.isnan(change[0])
    low, middle, high = (each[known] for each in change)
    assert (high <= middle).all()
    assert (middle <= low).all()
    assert (high < low).mean() > 0.3


def test_ranges_carry_the_less_certain_of_the_model_of_cuts_and_their_rate():
    assert replace(RATES, cut_error=0.2).with_errors({"contraction": 0.5}).cut_error == 0.5
    assert replace(RATES, cut_error=0.7).with_errors({"contraction": 0.5}).cut_error == 0.7
    assert RATES.with_errors({"churn": 0.4}).leave_error == 0.4
