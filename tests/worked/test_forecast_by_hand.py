"""Three contracts on paper: decision points, survival and forecast as ``docs/forecast.md`` has."""

from dataclasses import replace

import pytest

from tests.worked.contracts import RATES, book_row, outlook


def dates(steps, column):
    return steps[column].dt.strftime("%Y-%m-%d").tolist()


def test_alder_decides_at_its_deadlines_and_pays_until_its_terms_end():
    steps = outlook().steps("alder")
    assert dates(steps, "decision_at") == ["2025-01-31", "2026-01-31"]
    assert dates(steps, "ends_at") == ["2025-05-01", "2026-05-01"]


def test_birch_decides_when_its_term_ends():
    steps = outlook().steps("birch")
    assert dates(steps, "decision_at") == ["2025-06-30"]
    assert dates(steps, "ends_at") == ["2025-06-30"]


def test_cedar_decides_every_month():
    steps = outlook().steps("cedar")
    assert dates(steps, "decision_at")[:3] == ["2025-02-01", "2025-03-01", "2025-04-01"]
    assert steps["leaves"].tolist() == pytest.approx([0.02] * len(steps))


def test_the_decision_after_next_lies_between_the_account_and_its_group():
    # Its odds are 2.25 times those of its group (1:4 against 1:9); half of that in logarithms is
    # 1.5 times, so 1:6 a year later, which is 1 in 7.
    assert outlook().steps("alder")["leaves"].tolist() == pytest.approx([1 / 5, 1 / 7], abs=1e-4)


def test_survival_by_decision():
    found = outlook().survival()
    assert found.index.tolist() == [30, 90, 180, 365]
    assert found["alder"].tolist() == pytest.approx([0.8, 0.8, 0.8, 0.8])
    assert found["birch"].tolist() == pytest.approx([1.0, 1.0, 0.9, 0.9])
    # 31 January, 1 April, 30 June, 1 January: after 0, 3, 5 and 12 month ends.
    assert found["cedar"].tolist() == pytest.approx([1.0, 0.98**3, 0.98**5, 0.98**12])


def test_survival_by_payment():
    found = outlook().survival(clock="paying")
    assert found["alder"].tolist() == pytest.approx([1.0, 1.0, 0.8, 0.8])


def test_first_quarter():
    row = book_row(outlook().table(), "2025-Q1")
    assert row["arr"] == 42_000
    assert row["accounts_due"] == 2
    assert row["arr_due"] == 12_000 + 6_000
    # Alder stays with 0.8, Cedar with 0.98 three times over (0.941192).
    assert row["renewed"] == pytest.approx(9_600 + 5_647.152)
    assert row["leaving"] == pytest.approx(2_400 + 352.848)
    # Whoever decides in January pays until May.
    assert row["arr_kept"] == pytest.approx(12_000 + 24_000 + 5_647.152)
    assert row["grr"] == pytest.approx(41_647.152 / 42_000, abs=1e-4)


def test_second_quarter():
    row = book_row(outlook().table(), "2025-Q2")
    assert row["arr_due"] == 24_000 + 6_000
    assert row["renewed"] == pytest.approx(21_600 + 6_000 * 0.98**6, abs=1e-3)
    assert row["arr_kept"] == pytest.approx(9_600 + 21_600 + 6_000 * 0.98**6, abs=1e-3)
    assert row["grr"] == pytest.approx(0.8694, abs=1e-4)


def test_cuts_and_growth():
    # One renewal in ten is cut by a quarter; two accounts in 100 grow by a fifth in a month.
    rates = replace(
        RATES,
        cut_at_renewal=0.1,
        cut_sizes=(0.25,),
        growth_in_month=0.02,
        growth_sizes=(0.2,),
    )
    row = book_row(outlook(rates).table(), "2025-Q2")
    # In May Alder renews, in June Birch: both can be cut then.
    assert row["contracted"] == pytest.approx((9_600 + 21_600) * 0.1 * 0.25)
    # 90 days are 2.957 months: 1 - 0.98 ** 2.957 have grown once by the first of April, and so on.
    months = [90 / 30.4375, 181 / 30.4375]
    grown = [(1 - 0.98**m) + (1 - 0.98**m * (1 - m * -0.020202707)) for m in months]
    there = 9_600 + 21_600 + 6_000 * 0.98**6
    assert row["expanded"] == pytest.approx(there * 0.2 * (grown[1] - grown[0]), rel=1e-6)
    assert row["arr_kept"] < row["arr_end"]
