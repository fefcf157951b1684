"""Three contracts, and what is known of them, for the worked example of the forecast."""

import numpy as np
import pandas as pd

from churngrid.features.arrays.as_of_rows import Rows
from churngrid.features.arrays.moments import DAY
from churngrid.training.dataset.book import book_of
from churngrid.training.forecast.book_rates import BookRates, LeaveRate
from churngrid.training.forecast.outlook import Outlook
from tests.build import day, tables_of

AS_OF = day("2025-01-01")
CONTRACTS = pd.DataFrame(
    [
        ("alder", "2024-05-01", "2025-05-01", 12, True, 90, 12_000.0),
        ("birch", "2023-06-30", "2025-06-30", 24, False, None, 24_000.0),
        ("cedar", "2024-03-01", None, 1, True, None, 6_000.0),
    ],
    columns=[
        *("account_id", "term_start", "term_end", "term_months", "auto_renew"),
        *("notice_period_days", "acv"),
    ],
)
CONTRACTS = CONTRACTS.assign(contract_id=CONTRACTS["account_id"], known_at="2023-06-01")
RATES = BookRates(
    leave=(LeaveRate(False, None, None, 100, 10, 0.10), LeaveRate(True, None, None, 100, 2, 0.02))
)
P_CHURN = {"alder": 0.20, "birch": 0.10, "cedar": 1 - 0.98**6}
COUNTS_UNTIL = {"alder": "2025-01-31", "birch": "2025-06-30", "cedar": "2025-07-30"}


def book(contracts=CONTRACTS, **tables):
    """The book of some contracts on the first of January."""
    pairs = pd.DataFrame({"account_id": contracts["account_id"].unique(), "as_of": AS_OF})
    found = tables_of({"contracts": contracts, **tables})
    return book_of(found, Rows.of(pairs), grace_days=30, count=25)


def outlook(rates=RATES, p_churn=P_CHURN, held=None, **columns):
    """The outlook of the three, with estimates by account."""
    held = book() if held is None else held
    ids = held.accounts["account_id"]
    as_of = AS_OF.value // 1000
    until = pd.to_datetime(ids.map(COUNTS_UNTIL), utc=True).astype("datetime64[us, UTC]")
    ends = until.astype(np.int64).where(until.notna(), as_of + 210 * DAY)
    estimates = pd.DataFrame(
        {
            "p_churn": ids.map(p_churn).astype(float),
            "p_by_us": ends,
            "p_called": np.nan,
            "p_expand": np.nan,
            "p_contract": np.nan,
            "moves_by_us": as_of + 210 * DAY,
            "segment": "SMB",
            "csm_id": None,
        }
    ).assign(**columns)
    return Outlook.of(held, estimates, rates)


def book_row(table, period, *, grouping="all"):
    """One row of a forecast."""
    rows = table[(table["grouping"] == grouping) & (table["period"] == period)]
    assert len(rows) == 1
    return rows.iloc[0]
