"""What the report says of the whole portfolio: its head, its figures and its cells, as records."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...features.schema.conditions import Condition
from ..company.playbook import Playbook
from ..results.words import CELLS
from ..wording.account_sentences import about_one_in
from .account_rows import standing_in_words
from .page_words import day, percent, plain, short_money

_BANDS = ("high", "medium", "low", "unknown")
_NEAR_DAYS = 30


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, with what it is."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Band:
    """How many accounts have one health band, and where it lies on a bar from 0 to 100."""

    band: str
    accounts: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts that stand in the same place, with their money in words."""

    name: str
    accounts: int
    arr: str
    at_risk: str
    action: str = ""


def usual_odds(accounts: pd.DataFrame) -> str:
    """Return the base rate as people say it.

    Parameters
    ----------
    accounts : DataFrame
        With ``base_rate``.

    Returns
    -------
    str
        Empty without a model.

    Examples
    --------
    >>> usual_odds(pd.DataFrame({"base_rate": [0.08, 0.08]}))
    '1 in 12'
    """
    base = accounts["base_rate"].max()
    return "" if np.isnan(base) else about_one_in(base).removeprefix("about ")


def head(accounts: pd.DataFrame, scope: float | None) -> list[tuple[str, str]]:
    """Return what every number on the page rests on, each with its name.

    Parameters
    ----------
    accounts : DataFrame
        Scores.
    scope : float or None
        Share of the scorecard's weight that is collected at all.

    Returns
    -------
    list of (str, str)
    """
    base = accounts["base_rate"].max()
    told = [
        ("Model", _joined(accounts["model_version"]) or "none: health is read from the scorecard"),
        ("Settings", _joined(accounts["settings_hash"])),
        ("Accounts scored", f"{len(accounts):,}"),
        ("Coverage", f"{percent(accounts['chs_coverage'].mean())} of what the score looks at"),
    ]
    if scope is not None:
        told.append(("Collected", f"{percent(scope)} of the scorecard's weight"))
    if not np.isnan(base):
        told.append(("Base rate", f"{usual_odds(accounts)} leave ({100 * base:.1f} %)"))
    return told


def _joined(names: "pd.Series[str]") -> str:
    return ", ".join(sorted({plain(name) for name in names} - {""}))


def tiles(accounts: pd.DataFrame, currency: str) -> list[Tile]:
    """Return the figures at the top; what is not collected has none.

    Parameters
    ----------
    accounts : DataFrame
        Scores.
    currency : str

    Returns
    -------
    list of Tile
        Accounts; ARR, ARR at risk and the notice deadlines of the next 30 days where known.
    """
    inside = int(accounts["cell"].ne("").sum())
    found = [Tile("Accounts", f"{len(accounts):,}", f"{inside:,} of them in the grid")]
    money = accounts["arr"]
    if money.notna().any():
        note = f"yearly, of {money.notna().sum():,} accounts with a known amount"
        found.append(Tile("ARR", short_money(money.sum(), currency), note))
    if accounts["arr_at_risk"].notna().any():
        found.append(_at_risk(accounts, currency))
    if accounts["notice_deadline"].notna().any():
        found.append(_deadlines(accounts, currency))
    return found


def _at_risk(accounts: pd.DataFrame, currency: str) -> Tile:
    estimated = accounts["arr_at_risk"].notna()
    total, base = accounts["arr_at_risk"].sum(), accounts.loc[estimated, "arr"].sum()
    share = percent(total / base) if base > 0 else "none"
    note = (
        f"ARR times the estimated chance of leaving, summed over {estimated.sum():,} accounts "
        f"with an estimate; {share} of their ARR"
    )
    return Tile("ARR at risk", short_money(total, currency), note)


def _deadlines(accounts: pd.DataFrame, currency: str) -> Tile:
    left = (accounts["notice_deadline"] - accounts["as_of"]).dt.days
    soon = accounts[left.between(0, _NEAR_DAYS) & accounts["cell"].ne("")]
    until = day(accounts["as_of"].iloc[0] + pd.Timedelta(days=_NEAR_DAYS))
    note = f"to give notice, until {until}"
    if soon["arr"].notna().any():
        note = f"{short_money(soon['arr'].sum(), currency)} of ARR, {note}"
    return Tile(f"Deadlines in {_NEAR_DAYS} days", f"{len(soon):,}", note)


def bands(accounts: pd.DataFrame) -> list[Band]:
    """Return the health bands as parts of one bar, the healthiest first.

    Parameters
    ----------
    accounts : DataFrame
        With ``health_band``.

    Returns
    -------
    list of Band
        Bands nobody has are left out; empty for no accounts.

    Examples
    --------
    >>> frame = pd.DataFrame({"health_band": ["low", "high", "low", "low"]})
    >>> [(band.band, band.accounts, band.start, band.width) for band in bands(frame)]
    [('high', 1, 0.0, 25.0), ('low', 3, 25.0, 75.0)]
    """
    counts = accounts["health_band"].value_counts()
    found, start = [], 0.0
    for band in _BANDS:
        count = int(counts.get(band, 0))
        if count:
            width = 100 * count / len(accounts)
            found.append(Band(band, count, round(start, 2), round(width, 2)))
            start += width
    return found


def actions_of_cells(playbook: Playbook) -> dict[str, str]:
    """Return what the play of each cell asks for.

    Parameters
    ----------
    playbook : Playbook

    Returns
    -------
    dict of str to str
        The last play of the slot ``cell`` that takes the cell by name, since special ones come
        before the general one, or else the catch-all; empty where none does.
    """
    plays = [play for play in reversed(playbook.plays) if play.slot == "cell"]
    general = sorted(plays, key=lambda play: bool(play.when.otherwise))
    return {
        cell: next((play.action for play in general if _takes(play.when, cell)), "")
        for cell in CELLS.values()
    }


def growing_cells(playbook: Playbook) -> tuple[str, ...]:
    """Return the cells whose accounts stand in the order of their probability of expansion.

    Parameters
    ----------
    playbook : Playbook

    Returns
    -------
    tuple of str
        Those that a play of the slot ``cell`` names which ranks its accounts by ``p_expand``.
    """
    named = {
        cell
        for play in playbook.plays
        if play.slot == "cell" and play.rank_by == "p_expand"
        for cell in play.when.admitted("cell")
    }
    return tuple(cell for cell in CELLS.values() if cell in named)


def by_growth(accounts: pd.DataFrame, growing: Collection[str]) -> dict[str, list[int]]:
    """Return the accounts of some cells, those that are likeliest to grow first.

    Parameters
    ----------
    accounts : DataFrame
        Scores in the order of the list.
    growing : collection of str
        Cells.

    Returns
    -------
    dict of str to list of int
        Places in the list per cell, from 0; where the probability is unknown last, in the order of
        the list.

    Examples
    --------
    >>> frame = pd.DataFrame({"cell": ["save", "grow", "grow"], "p_expand": [0.9, 0.2, 0.4]})
    >>> by_growth(frame, ["grow"])
    {'grow': [2, 1]}
    """
    listed = accounts[["cell", "p_expand"]].reset_index(drop=True)
    ordered = listed.sort_values("p_expand", ascending=False, kind="stable", na_position="last")
    return {cell: ordered.index[ordered["cell"] == cell].tolist() for cell in growing}


def _takes(when: Condition, cell: str) -> bool:
    return when.otherwise or cell in when.admitted("cell")


def cells(accounts: pd.DataFrame, actions: Mapping[str, str], currency: str) -> list[Group]:
    """Return the cells that hold accounts, in the order of the grid.

    Parameters
    ----------
    accounts : DataFrame
        Scores.
    actions : mapping of str to str
        Per cell what its play asks for.
    currency : str

    Returns
    -------
    list of Group
        Named by the cell's identifier.
    """
    money = accounts[["cell", "arr", "arr_at_risk"]]
    inside = {cell: money[money["cell"] == cell] for cell in CELLS.values()}
    return [
        _group(cell, frame, currency, actions.get(cell, ""))
        for cell, frame in inside.items()
        if len(frame)
    ]


def outside(accounts: pd.DataFrame, currency: str) -> list[Group]:
    """Return the accounts without a cell, grouped by why they have none.

    Parameters
    ----------
    accounts : DataFrame
        Scores.
    currency : str

    Returns
    -------
    list of Group
        Named in words, such as "Notice given".
    """
    without = accounts[accounts["cell"] == ""]
    names = without["status"].map(lambda status: standing_in_words("", status))
    return [_group(str(name), frame, currency) for name, frame in without.groupby(names)]


def _group(name: str, frame: pd.DataFrame, currency: str, action: str = "") -> Group:
    return Group(
        name=name,
        accounts=len(frame),
        arr=_total(frame["arr"], currency),
        at_risk=_total(frame["arr_at_risk"], currency),
        action=action,
    )


def _total(amounts: "pd.Series[float]", currency: str) -> str:
    return short_money(amounts.sum(), currency) if amounts.notna().any() else ""
