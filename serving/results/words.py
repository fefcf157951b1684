"""The words of the results: cells, quadrants, slots, statuses."""

import numpy as np
import pandas as pd

__all__ = [
    "ALWAYS",
    "AT_ONCE",
    "BLOCKS",
    "CELLS",
    "CHANGE_KINDS",
    "DECISION_KINDS",
    "FOR_ALL",
    "FOR_PROGRAMS",
    "MEASURES",
    "OVERRIDE",
    "QUADRANTS",
    "SLOTS",
    "STATUSES",
    "held_back",
    "in_order",
    "n_waiting",
    "to_do",
    "with_the_account",
]

CELLS = {
    ("high", "low"): "retain_as_is",
    ("high", "medium"): "grow_selectively",
    ("high", "high"): "expand_and_leverage",
    ("medium", "low"): "stabilise_cheaply",
    ("medium", "medium"): "standard_plan",
    ("medium", "high"): "strengthen_to_expand",
    ("low", "low"): "let_churn",
    ("low", "medium"): "save_if_fixable",
    ("low", "high"): "save",
    ("high", "unknown"): "healthy_unassessed",
    ("medium", "unknown"): "medium_unassessed",
    ("low", "unknown"): "low_unassessed",
}
"""Cell of each pair of health band and maturity band."""

QUADRANTS = {
    (True, False): "retain",
    (True, True): "expand_and_leverage",
    (False, False): "churn_and_let_churn",
    (False, True): "save",
}
"""Quadrant of (healthy, mature)."""

BLOCKS = ("decides_this_month", "notice_given", "at_risk", "growth", "support_need", "quiet")
"""Parts of the list of accounts, in its order."""

SLOTS = ("urgent", "sponsor", "cell", "driver", "maturity", "data")
"""In order of precedence."""

FOR_ALL = "data"
"""The slot of work that is done once for all accounts that ask for it, and with none of them."""

ALWAYS = ("urgent", "sponsor", FOR_ALL)
"""Slots whose plays come whatever is open at the account."""

AT_ONCE = ("urgent", FOR_ALL)
"""Slots whose plays come however busy their owner is."""


def in_order(scores: pd.DataFrame) -> pd.DataFrame:
    """Return accounts in the order of the list: by block, inside of it by attention.

    Parameters
    ----------
    scores : DataFrame
        ``block``, ``attention`` and ``account_id``.

    Returns
    -------
    DataFrame
        The same rows; of equal ones by account id.

    Examples
    --------
    >>> scores = pd.DataFrame({"block": ["quiet", "growth", "growth"], "account_id": list("abc")})
    >>> in_order(scores.assign(attention=[9.0, 1.0, 2.0]))["account_id"].tolist()
    ['c', 'b', 'a']
    """
    block = pd.Index(BLOCKS).get_indexer(pd.Index(scores["block"]))
    ranked = scores[["attention", "account_id"]].assign(
        block=np.where(block < 0, len(BLOCKS), block), attention=scores["attention"].fillna(0.0)
    )
    columns = ["block", "attention", "account_id"]
    order = ranked.sort_values(columns, ascending=[True, False, True], kind="stable").index
    return scores.loc[order]


def to_do(plays: pd.DataFrame) -> pd.DataFrame:
    """Return the plays that someone should work on now: those proposed and those open.

    Parameters
    ----------
    plays : DataFrame
        As ``assign_plays`` returns them, or as an earlier version stored them, without ``state``.

    Returns
    -------
    DataFrame
        Some of its rows.

    Examples
    --------
    >>> to_do(pd.DataFrame({"play": ["save", "watch"], "state": ["open", "withheld"]}))
       play state
    0  save  open
    """
    if "state" not in plays:
        return plays
    return plays[~plays["state"].isin(["waiting", "withheld"])]


def with_the_account(plays: pd.DataFrame) -> pd.DataFrame:
    """Return the plays that are to do with the account itself.

    Parameters
    ----------
    plays : DataFrame
        As ``to_do`` takes them.

    Returns
    -------
    DataFrame
        Some of its rows: what is to do, without the work that is done once for all accounts.

    Examples
    --------
    >>> with_the_account(pd.DataFrame({"play": ["save", "repair"], "slot": ["cell", "data"]}))
       play  slot
    0  save  cell
    """
    doing = to_do(plays)
    return doing[doing["slot"] != FOR_ALL]


def held_back(plays: pd.DataFrame) -> pd.DataFrame:
    """Return the plays that wait until their owner has a hand free.

    Parameters
    ----------
    plays : DataFrame
        As in ``to_do``.

    Returns
    -------
    DataFrame
        Some of its rows.

    Examples
    --------
    >>> held_back(pd.DataFrame({"play": ["save", "watch"], "state": ["open", "waiting"]}))
        play    state
    1  watch  waiting
    """
    return plays[plays["state"] == "waiting"] if "state" in plays else plays.iloc[:0]


def n_waiting(plays: pd.DataFrame) -> int:
    """Return how many plays wait until their owner has a hand free.

    Parameters
    ----------
    plays : DataFrame
        As in ``to_do``.

    Returns
    -------
    int

    Examples
    --------
    >>> n_waiting(pd.DataFrame({"play": ["save", "watch"], "state": ["open", "waiting"]}))
    1
    """
    return len(held_back(plays))


DECISION_KINDS = ("notice_deadline", "term_end", "break", "month_end")
"""At what an account can decide to leave next."""

MEASURES = ("p_churn", "p_expand", "p_contract", "chs", "cmi", "cell")
"""What is told to have moved between two scorings."""

CHANGE_KINDS = (
    *("move", "facts", "peers", "time", "limits", "settings", "model", "overdue", "rest"),
)
"""The whole move of a measure, then what makes it up."""

FOR_PROGRAMS = ("inputs",)
"""Results that are kept for the next scoring and for monitoring, not shown as CSV."""

STATUSES = ("scored", "not_eligible", "notice_given", "paused", "no_model")
OVERRIDE = "override"
