"""After how long without use an account has left, from how accounts use the product."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from churngrid.features.cohorts.quiet_spell import quiet_days, with_quiet_days
from churngrid.features.schema.settings import Settings
from tests.build import day, tables_of

BEGIN = day("2024-01-01")


def company(days_of, *, accounts=60, more=None):
    """Usage of accounts on the days that a function of their number gives, counted from 2024."""
    rows = [
        {
            "account_id": f"a{n}",
            "product_user_id": "u",
            "date": day("2024-01-01") + step,
            "events": 1,
        }
        for n in range(accounts)
        for step in days_of(n).astype("timedelta64[D]")
    ]

    use = pd.DataFrame(rows).assign(known_at=lambda frame: frame["date"])
    ids = pd.DataFrame({"account_id": [f"a{n}" for n in range(accounts)]})
    return tables_of({"accounts": ids, "usage_daily": use, **(more or {})})


def daily_and_then_gone(n):
    """Use on every third day; of two accounts one stops after half a year for good."""
    return np.arange(0, 540 if n % 2 else 180 + n, 3)


def now_and_then(n):
    """Use every 70 to 130 days."""
    return np.cumsum(np.random.default_rng(n).integers(70, 130, 5))


def test_who_uses_a_product_daily_has_left_after_a_month_of_silence():
    tables = company(daily_and_then_gone)
    assert quiet_days(tables) == 30
    chosen = with_quiet_days(Settings(), tables)
    assert (chosen.lead_days, chosen.horizon_days, chosen.activity_window_days) == (150, 30, 30)


def test_who_comes_back_after_months_has_not_left():
    tables = company(now_and_then)
    assert quiet_days(tables) == 180
    assert with_quiet_days(Settings(), tables) == Settings()


@pytest.mark.parametrize("name", ["lead_days", "horizon_days", "activity_window_days"])
def test_what_somebody_set_holds(name):
    chosen = Settings.model_validate({name: 90})
    assert with_quiet_days(chosen, company(daily_and_then_gone)) == chosen


def test_few_silences_tell_nothing():
    assert quiet_days(company(daily_and_then_gone, accounts=30)) == 180


def test_contracts_tell_who_leaves_better_than_silence():

    terms = pd.DataFrame(
        {
            "contract_id": ["c"],
            "account_id": ["a0"],
            "term_start": [day("2024-01-01")],
            "term_end": [day("2025-01-01")],
            "known_at": [day("2024-01-01")],
        }
    )
    tables = company(daily_and_then_gone, more={"contracts": terms})
    assert with_quiet_days(Settings(), tables) == Settings()


def test_on_a_date_only_what_was_known_counts():
    tables = company(daily_and_then_gone)
    early, late = day("2024-06-01"), day("2025-06-01")
    assert quiet_days(tables, early) == 180  # nobody had stopped yet
    assert quiet_days(tables, late) == quiet_days(tables) == 30
    cut = tables.known_before(pa.scalar(late.value // 1000, pa.timestamp("us", tz="UTC")))
    assert quiet_days(cut) == quiet_days(tables, late)
