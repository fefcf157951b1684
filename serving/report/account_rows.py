"""What the report says of each account in the list, as plain records."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import pandas as pd

from ..scoring.explanation import RISK_OF
from ..wording.account_sentences import say_chance, say_chance_by, trend_in_words
from ..wording.number_words import say_score
from .driver_texts import DriverViews
from .flag_words import flag_in_words
from .page_words import SENTENCE, day, in_words, plain
from .play_texts import PlayView, PlayViews

__all__ = ["TOP_REASONS", "RowView", "odds_in_words", "row_views", "standing_in_words"]


TOP_REASONS = 3
"""Reasons for risk that a row says."""

_LOOKED_AT = (
    *("account_name", "account_id", "csm_id", "arr", "as_of", "notice_deadline", "health_band"),
    *(
        "cell",
        "status",
        "health_trend",
        "chs_slope_84d",
        "chs_change_28d",
        "p_churn",
        "p_by_date",
        "chs",
    ),
    *("block", "health_source", "explained_by", "cmi", "cmi_status", "maturity_band", "cap_reason"),
    *("segment", "quadrant", "review_flags"),
)
_NAME = 60
_NEAR_DAYS = 30
# Standings that belong in the grid as soon as their health is known.
_INSIDE = ("scored", "not_eligible", "no_model")

_Account = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowView:
    """One account in the list.

    Parameters
    ----------
    row : int
        Place in the list, from 0.
    block, block_words : str
        Part of the list, as identifier and in words.
    name, account_id, csm, segment, arr_text, deadline, deadline_day : str
    days : float
        Days to the notice deadline, negative once it has passed, NaN without one.
    near : bool
        Whether the deadline is near.
    band, cell, quadrant : str
        Health band and places in the grids as identifiers; empty outside the grid.
    standing : str
        The cell in words, or why there is none.
    trend : tuple of str
        Sign and words of where the health score is going; both empty where it is unknown.
    odds, score : str
        The probability of churn as people say it, or the score that stands in for it; either may
        be empty.
    maturity, cap : str
    flags : tuple of str
        What a person should look at.
    reasons : tuple of str
        The three strongest reasons for risk.
    play : PlayView or None
        The next one.
    waits : str
        Without a next one, what waits until its owner has a hand free; may be empty.
    because : str
        Why this play; empty where the reasons or the cap say it already.
    """

    row: int
    block: str
    block_words: str
    name: str
    account_id: str
    csm: str
    segment: str
    arr_text: str
    deadline: str
    deadline_day: str
    days: float
    near: bool
    band: str
    cell: str
    quadrant: str
    standing: str
    trend: tuple[str, str]
    odds: str
    score: str
    maturity: str
    cap: str
    flags: tuple[str, ...]
    reasons: tuple[str, ...]
    play: PlayView | None
    waits: str
    because: str


def row_views(
    accounts: pd.DataFrame, drivers: DriverViews, plays: PlayViews, held: PlayViews
) -> list[RowView]:
    """Put into words what the list says of each account.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list; texts are never missing, numbers are floats.
    drivers : DriverViews
    plays, held : PlayViews
        What someone should work on now, and what waits; all of the same accounts.

    Returns
    -------
    list of RowView
        In the order of ``accounts``; empty for none.
    """
    records = cast("list[_Account]", accounts[[*_LOOKED_AT]].astype(object).to_dict("records"))
    views = []
    for row, account in enumerate(records):
        kind = RISK_OF[account["explained_by"]]
        told = islice(drivers.of(row, kind), TOP_REASONS) if kind else ()
        reasons = tuple(reason.text for reason in told)
        first = plays.first(row)
        waits = None if first else held.first(row)
        views.append(_view(row, account, reasons, first, waits))
    return views


def standing_in_words(cell: str, status: str) -> str:
    """Return where an account stands, or why it stands nowhere.

    Parameters
    ----------
    cell : str
        Empty for an account outside the grid.
    status : str

    Returns
    -------
    str

    Examples
    --------
    >>> standing_in_words("let_churn", "scored"), standing_in_words("", "notice_given")
    ('Let churn', 'Notice given')
    >>> standing_in_words("", "scored")
    'Health unknown'
    """
    if cell:
        return in_words(cell)
    return "Health unknown" if status in _INSIDE else in_words(status)


def odds_in_words(probability: float) -> str:
    """Return a probability in words and percent, empty where it is unknown.

    Parameters
    ----------
    probability : float

    Returns
    -------
    str

    Examples
    --------
    >>> odds_in_words(0.26), odds_in_words(math.nan)
    ('about 1 in 4 (26 %)', '')
    """
    return "" if math.isnan(probability) else say_chance(probability)


def _view(
    row: int,
    account: _Account,
    reasons: tuple[str, ...],
    play: PlayView | None,
    waits: PlayView | None,
) -> RowView:
    days = _days_left(account)
    cap = plain(account["cap_reason"], longest=SENTENCE)
    said = " ".join([cap, *reasons])
    return RowView(
        row=row,
        block=account["block"],
        block_words=in_words(account["block"]).lower(),
        name=plain(account["account_name"] or account["account_id"], longest=_NAME),
        account_id=plain(account["account_id"], longest=_NAME),
        csm=plain(account["csm_id"]),
        segment=plain(account["segment"]),
        arr_text="" if math.isnan(account["arr"]) else f"{account['arr']:,.0f}",
        deadline=_deadline(days),
        deadline_day=day(account["notice_deadline"]),
        days=days,
        near=0 <= days <= _NEAR_DAYS,
        band=account["health_band"],
        cell=account["cell"],
        quadrant=account["quadrant"],
        standing=standing_in_words(account["cell"], account["status"]),
        trend=trend_in_words(account),
        odds=say_chance_by(account),
        score=_score(account),
        maturity=_maturity(account),
        cap=cap,
        flags=tuple(flag_in_words(flag) for flag in account["review_flags"].split(",") if flag),
        reasons=reasons,
        play=play,
        waits=f"waits for the {waits.owner}: {waits.action}" if waits else "",
        because=play.why if play and play.why not in said else "",
    )


def _days_left(account: _Account) -> float:
    """Return the days to the notice deadline, negative once it has passed, NaN without one."""
    left = account["notice_deadline"] - account["as_of"]
    return math.nan if pd.isna(left) else float(left.days)


def _deadline(days: float) -> str:
    if math.isnan(days):
        return ""
    if days < 0:
        return "passed"
    return "1 day" if days == 1 else f"{days:.0f} days"


def _score(account: _Account) -> str:
    if account["health_source"] != "scorecard" or math.isnan(account["chs"]):
        return ""
    return f"score {say_score(account['chs'])} of 100"


def _maturity(account: _Account) -> str:
    if math.isnan(account["cmi"]):
        return "maturity not assessed"
    status = " (provisional)" if account["cmi_status"] == "provisional" else ""
    return f"maturity {account['maturity_band']}{status}"
