"""What tells the date is found, and what tells the account is not."""

import numpy as np
import pandas as pd

from churngrid.training.dataset.clock_detector import clocks

ACCOUNTS, MONTHS = 120, 12
AS_OF = pd.Series(np.repeat(pd.date_range("2024-01-01", periods=MONTHS, freq="MS"), ACCOUNTS))
IDS = np.tile(np.array([f"a{i}" for i in range(ACCOUNTS)], dtype=object), MONTHS)


def found(**columns):
    X = pd.DataFrame(columns, index=range(len(AS_OF)))
    return {clock.column: clock for clock in clocks(X, AS_OF, IDS)}


def noise(seed=0):
    return np.random.default_rng(seed).normal(size=len(AS_OF))


def test_what_grows_or_falls_with_the_calendar_is_found_and_named():
    month = np.repeat(np.arange(MONTHS), ACCOUNTS)
    clocks_found = found(tenure_days=30.0 * month, vs_own=noise() - 0.4 * month, users=noise(1))
    assert set(clocks_found) == {"tenure_days", "vs_own"}
    says = clocks_found["tenure_days"].says
    assert says == "tenure_days: its value tells later rows from earlier ones (AUC 1.00)"


def test_what_is_known_only_from_some_date_on_is_found_by_its_presence():
    late = np.where(np.repeat(np.arange(MONTHS), ACCOUNTS) < 5, np.nan, noise())
    assert found(late=late)["late"].by == "presence"


def test_what_moves_is_a_clock_by_its_value_however_it_comes_to_be_known():
    """Its gaps tell more, but whoever fills them still reads the date off the rest."""
    month = np.repeat(np.arange(MONTHS), ACCOUNTS)
    late = np.where(month < 3, np.nan, noise() + 0.3 * month)
    assert found(late=late)["late"].by == "value"


def test_seasons_and_the_way_to_an_end_are_no_clocks():
    month = np.repeat(np.arange(MONTHS), ACCOUNTS)
    assert not found(season=noise() + np.cos(2 * np.pi * month / 4), days_to_term_end=-30.0 * month)


def test_a_few_accounts_are_no_evidence():
    """Eight accounts drift by chance; eight hundred would not."""
    few = np.arange(len(AS_OF)) % ACCOUNTS < 8
    X = pd.DataFrame({"users": noise() + 0.1 * np.repeat(np.arange(MONTHS), ACCOUNTS)})
    assert [clock.column for clock in clocks(X, AS_OF, IDS)] == ["users"]
    assert not clocks(X[few].reset_index(drop=True), AS_OF[few].reset_index(drop=True), IDS[few])


def test_three_dates_are_too_few_to_tell():
    first = AS_OF < "2024-04-01"
    assert not clocks(pd.DataFrame({"t": np.arange(first.sum())}), AS_OF[first], IDS[first])
