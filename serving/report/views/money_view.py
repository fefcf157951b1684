"""What a CFO reads: the forecast by quarter with its ranges, and the largest swings."""

from collections.abc import Mapping
from math import isnan
from typing import Any

import pandas as pd

from ...wording.account_sentences import say_chance_by, why_unscored
from ...wording.number_words import UNKNOWN, say_in, say_money_beside
from ..beside import Beside
from ..page_words import day, in_words, percent, plain, short_money
from .blocks import Block, cells_of, columns_of, link_to

__all__ = ["money_blocks"]

_MOST = 15
_Row = Mapping[Any, Any]


def money_blocks(accounts: pd.DataFrame, beside: Beside, *, currency: str) -> tuple[Block, ...]:
    """Return the tables of this view; none where no money is known.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list.
    beside : Beside
    currency : str

    Returns
    -------
    tuple of Block
    """
    if accounts.empty or not accounts["arr"].notna().any():
        return ()
    told = beside.of_date("forecast", accounts["as_of"].iloc[0])
    whole = told[(told["grouping"] == "all") & (told["unit"] == "quarter")] if len(told) else told
    blocks = [_quarters(whole, currency), _retention(whole)]
    for grouping, title in (("segment", "By segment"), ("csm", "By CSM")):
        own = told[told["grouping"] == grouping] if len(told) else told
        if len(set(own["group"] if len(own) else ())) > 1:
            blocks.append(_groups(own, title, currency))
    return (*blocks, _swings(accounts, currency), _without_estimate(accounts, currency))


def _estimated(row: _Row) -> bool:
    """Say whether anything of what is due has an estimate; else nothing is known of what comes."""
    due = float(row["arr_due"])
    return due <= 0 or float(row["arr_due_without_estimate"]) < due


def _ranged(row: _Row, name: str, currency: str) -> str:
    """Return an expected amount with its range; unknown where there is no estimate."""
    if not _estimated(row):
        return UNKNOWN
    amounts = [float(row[key]) for key in _with_range(name)]
    said, low, high = (say_money_beside(amount, max(amounts)) for amount in amounts)
    whole = say_in(currency, said)
    return whole if low == said and high == said else f"{whole} ({low} to {high})"


def _with_range(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


def _shared(row: _Row, name: str) -> str:
    shares = [float(row[key]) for key in _with_range(name)]
    if isnan(shares[0]):
        return UNKNOWN
    said, low, high = (f"{100 * share:.1f}" for share in shares)
    return f"{said} % ({low} to {high})"


def _period(row: _Row) -> str:
    return f"{plain(row['period'])}, until {day(row['ends_at'])}"


def _quarters(whole: pd.DataFrame, currency: str) -> Block:
    return Block(
        "What is due, stays and leaves, by quarter",
        "Expected values; in brackets the range that holds 8 of 10 draws of the simulation. An "
        "expected value above its range comes from something rare and large. Due is what is paid "
        "today: where it is more than what stays and leaves, that had left or was cut back in an "
        "earlier quarter, gave notice, or has no estimate. Prices, currency and settlements of "
        "what was used are left out.",
        columns_of(
            *("Quarter", "# Accounts due", "# ARR due", "# Stays", "# Leaves"),
            *("# Notice", "# Cut back", "# Added", "# No estimate"),
        ),
        cells_of(
            (
                _period(row),
                f"{row['accounts_due']:,.0f}",
                short_money(row["arr_due"], currency),
                *(_ranged(row, name, currency) for name in ("renewed", "leaving")),
                short_money(row["arr_notice"], currency),
                *(_ranged(row, name, currency) for name in ("contracted", "expanded")),
                short_money(row["arr_due_without_estimate"], currency),
            )
            for row in whole.to_dict("records")
        ),
        "There is no forecast: it needs a churn model and contracts.",
    )


def _retention(whole: pd.DataFrame) -> Block:
    return Block(
        "Retention from today to the end of each quarter",
        "GRR: what is kept of today's ARR without growth. NRR: the same with growth. Of all "
        "accounts with an estimate. Money counts until it stops: who refuses a renewal at its "
        "deadline leaves in that quarter above, and here in the one in which the term ends.",
        columns_of("Quarter", "# GRR", "# NRR"),
        cells_of(
            (_period(row), _shared(row, "grr"), _shared(row, "nrr"))
            for row in whole.to_dict("records")
        ),
        "There is no forecast.",
    )


def _groups(told: pd.DataFrame, title: str, currency: str) -> Block:
    """Return each group to the end of the last quarter."""
    last = told[(told["unit"] == "quarter") & (told["ends_at"] == told["ends_at"].max())]
    until = f"Until {day(last['ends_at'].iloc[0])}." if len(last) else ""
    return Block(
        title,
        until,
        columns_of("Group", "# ARR today", "# ARR then", "# GRR", "# NRR"),
        cells_of(
            (
                plain(row["group"]) or "none",
                short_money(row["arr"], currency),
                _ranged(row, "arr_end", currency),
                _shared(row, "grr"),
                _shared(row, "nrr"),
            )
            for row in last.to_dict("records")
        ),
        "There is no forecast.",
    )


def _swings(accounts: pd.DataFrame, currency: str) -> Block:
    """Return the accounts whose next decision moves the most money."""
    known = accounts[accounts["arr_at_risk"].notna()]
    swing = known["arr"] * (known["p_churn"] * (1 - known["p_churn"])) ** 0.5
    first = known.loc[swing.sort_values(ascending=False).index[:_MOST]]
    return Block(
        "Largest swings",
        f"Accounts whose next decision makes the total the least certain: {len(first):,} of all "
        f"{len(known):,} with an estimate and ARR.",
        columns_of("Account", "CSM", "# ARR", "Chance of leaving", "Decides on", "# ARR at risk"),
        cells_of(
            (
                link_to(row["account_id"], plain(row["account_name"] or row["account_id"])),
                plain(row["csm_id"]),
                short_money(row["arr"], currency),
                say_chance_by(row),
                day(row["decision_at"]) or "no fixed day",
                short_money(row["arr_at_risk"], currency),
            )
            for row in first.to_dict("records")
        ),
        "No account has an estimate and ARR.",
    )


def _without_estimate(accounts: pd.DataFrame, currency: str) -> Block:
    left = accounts[accounts["p_churn"].isna()]
    total = accounts["arr"].sum()
    share = percent(left["arr"].sum() / total) if total > 0 else "none"
    why = left[["reason", "status"]].apply(why_unscored, axis=1).map(in_words)
    return Block(
        "What has no estimate",
        f"{len(left):,} of all {len(accounts):,} accounts, {share} of the ARR.",
        columns_of("Because", "# Accounts", "# ARR"),
        cells_of(
            (str(name), f"{len(mine):,}", short_money(mine["arr"].sum(), currency))
            for name, mine in left.groupby(why)
        ),
        "Every account has an estimate.",
    )
