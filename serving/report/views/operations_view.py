"""What CS-ops reads: whether the data can be trusted, and what people set by hand."""

from collections.abc import Mapping

import pandas as pd

from ..beside import Beside
from ..page_words import day, in_words, percent, plain, sentence, short_money
from .blocks import Block, cells_of, columns_of, link_to

__all__ = ["operations_blocks"]

_FRESH_ONLY = "Told by a fresh scoring only: run `churngrid score`."
_STATES = ("begun", "done", "failed", "declined")


def operations_blocks(
    accounts: pd.DataFrame, beside: Beside, *, scope: float | None, currency: str
) -> tuple[Block, ...]:
    """Return the tables of this view.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list.
    beside : Beside
    scope : float or None
        Share of the scorecard's weight that is collected at all.
    currency : str

    Returns
    -------
    tuple of Block
    """
    if accounts.empty:
        return ()
    as_of = accounts["as_of"].iloc[0]
    return (
        _feeds(beside.of_date("feeds", as_of)),
        _aside(beside, currency),
        _overrides(accounts, beside, as_of),
        _outcomes(beside),
        _raters(beside),
        _conflicts(accounts),
        _collected(accounts, scope),
    )


def _feeds(feeds: pd.DataFrame) -> Block:
    unwell = int(feeds["state"].ne("alive").sum()) if len(feeds) else 0
    return Block(
        "Health of the feeds",
        f"{unwell:,} of all {len(feeds):,} feeds are silent, broken or gone." if len(feeds) else "",
        columns_of("Table", "State", "Newest row", "# Rows", "# Put aside", "What is wrong"),
        cells_of(
            (
                plain(row["table"]),
                plain(row["state"]),
                day(row["last_delivery"]) or "never",
                f"{row['rows_in']:,.0f}",
                f"{row['rows_put_aside']:,.0f}",
                sentence(row["finding"]),
            )
            for row in feeds.to_dict("records")
        ),
        "No feed is known.",
    )


def _aside(beside: Beside, currency: str) -> Block:
    aside = beside.aside or ()
    return Block(
        "Rows and money put aside",
        "Rows that break a rule of the contract and are not used; the quarantine file has each.",
        columns_of("Table", "# Rows", "# Of all", "# Money a year", "Commonest reason"),
        cells_of(
            (
                one.table,
                f"{one.rows:,} of {one.rows_in:,}",
                percent(one.share) if one.share >= 0.005 else "under 1 %",
                _worth(one.money, currency),
                sentence(one.why),
            )
            for one in aside
        ),
        _FRESH_ONLY if beside.aside is None else "Nothing was put aside.",
    )


def _worth(money: Mapping[str, float], own: str) -> str:
    """Return amounts in words, each currency for itself."""
    said = (short_money(amount, code or own) for code, amount in money.items())
    return ", ".join(said) or "none"


def _overrides(accounts: pd.DataFrame, beside: Beside, as_of: pd.Timestamp) -> Block:
    held = [one for one in beside.overrides if one.set_at < as_of <= one.expires_at]
    names = accounts.set_index("account_id")["account_name"]
    return Block(
        "Overrides that hold",
        f"{len(held):,} of all {len(beside.overrides):,} that are written down.",
        columns_of("Account", "Highest health", "Reason", "Set by", "Ends on"),
        cells_of(
            (
                link_to(one.account_id, plain(names.get(one.account_id)) or plain(one.account_id)),
                one.band or f"{one.limit:g} points",
                sentence(one.reason),
                plain(one.author),
                day(one.expires_at),
            )
            for one in sorted(held, key=lambda one: one.expires_at)
        ),
        "No override holds.",
    )


def _outcomes(beside: Beside) -> Block:
    counts = pd.DataFrame(columns=list(_STATES))
    if beside.outcomes is not None and len(beside.outcomes):
        counts = pd.crosstab(beside.outcomes["play"], beside.outcomes["state"])
    return Block(
        "What became of plays",
        "By the newest statement of each account; `churngrid effects` says what they changed.",
        columns_of("Play", "# Begun", "# Done", "# Failed", "# Declined"),
        cells_of(
            (in_words(str(play)), *(f"{int(row.get(state, 0)):,}" for state in _STATES))
            for play, row in counts.to_dict("index").items()
        ),
        _FRESH_ONLY if beside.outcomes is None else "Nobody wrote down what became of a play.",
    )


def _raters(beside: Beside) -> Block:
    raters = pd.DataFrame() if beside.raters is None else beside.raters
    far = int(raters["far"].sum()) if len(raters) else 0
    return Block(
        "Who grades maturity apart",
        f"{far:,} of all {len(raters):,} assessors grade more than 0.7 levels away from all others."
        if len(raters)
        else "",
        columns_of("Assessor", "# Accounts", "# Mean", "# Away from all", "To look at"),
        cells_of(
            (
                plain(row["author"]),
                f"{row['accounts']:,.0f}",
                f"{row['mean_cmi']:.1f}",
                f"{round(row['difference'], 1) + 0.0:+.1f}",
                "grades apart" if row["far"] else "",
            )
            for row in raters.to_dict("records")
        ),
        _FRESH_ONLY if beside.raters is None else "Nobody signed an answer.",
    )


def _conflicts(accounts: pd.DataFrame) -> Block:
    flags = accounts["review_flags"].str
    apart = int(flags.contains("maturity_evidence_conflicts").sum())
    due = int(flags.contains("maturity_due").sum())
    disagree = int(flags.contains("model_and_scorecard_disagree").sum())
    total = f"{len(accounts):,}"
    return Block(
        "Conflicts",
        "The filter To look at lists the accounts.",
        columns_of("What", "# Accounts"),
        cells_of(
            [
                ("Documents and people disagree on maturity", f"{apart:,} of all {total}"),
                ("Maturity should be asked again", f"{due:,} of all {total}"),
                ("Model and scorecard are two bands apart", f"{disagree:,} of all {total}"),
            ]
        ),
    )


def _collected(accounts: pd.DataFrame, scope: float | None) -> Block:
    told = [("Of what is collected, known of an average account", accounts["chs_coverage"].mean())]
    if scope is not None:
        told.insert(0, ("Of the scorecard's weight, collected at all", scope))
    return Block(
        "How much the score rests on",
        "",
        columns_of("Share", "# Known"),
        cells_of((name, percent(share)) for name, share in told),
    )
