"""Priorities: which play comes first, what it may be worth, and who has no hand free for it."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import FloatArray
from ..company.playbook import Playbook
from ..results.words import AT_ONCE, BLOCKS, FOR_ALL

__all__ = ["NEAR_DAYS", "desks_of", "ranked", "with_capacity"]


_STEPS = {"urgent": 1, "sponsor": 1, "cell": 2, "driver": 3, "maturity": 4, "data": 1}
_OWN_CSM = "CSM"
"""The owner whose work is divided by who looks after the account."""

NEAR_DAYS = 120
"""A renewal so near raises a play's priority by one step."""


def ranked(rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook) -> pd.DataFrame:
    """Add to plays how urgent they are and what they may be worth.

    Parameters
    ----------
    rows : DataFrame
        ``position`` (of the account in ``accounts``), ``play`` and ``overdue_days``.
    accounts : DataFrame
        Those that need someone most first. Looks at ``arr``, ``p_churn``, ``p_expand``,
        ``days_to_notice_deadline`` and ``days_to_term_end`` where they are there.
    playbook : Playbook

    Returns
    -------
    DataFrame
        Same rows with ``priority`` (1 first: by slot, one step up while a renewal is near, and one
        where the play is open and past its date), ``priority_value`` (ARR times the probability of
        churn times the share of accounts the play is assumed to save; NaN where one of them is
        unknown), ``assumed_save_rate`` (that share, as the playbook assumes it) and
        ``rank_in_play`` (place
        among all accounts with that play, 1 first: by priority, then by value; where the play says
        so, by the probability of expansion alone).
    """
    place, which = rows["position"].to_numpy(dtype=int), playbook.places(rows["play"])
    saved = np.array([play.save_rate for play in playbook.plays], dtype=float)[which]
    grows = np.array([play.rank_by == "p_expand" for play in playbook.plays], dtype=bool)[which]
    step = np.array([_STEPS[play.slot] for play in playbook.plays], dtype=int)[which]
    late = rows["overdue_days"].notna().to_numpy(dtype=int)
    priority = np.maximum(step - _renewal_is_near(accounts)[place] - late, 1)
    value = saved * _of(accounts, "arr", place) * _of(accounts, "p_churn", place)
    order_value = np.where(grows, _of(accounts, "p_expand", place), value)
    order = np.lexsort((place, -order_value, np.where(grows, 0, priority), which))
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = 1 + np.arange(len(rows)) - np.searchsorted(which[order], which[order])
    return rows.assign(
        priority=priority,
        priority_value=value,
        assumed_save_rate=saved,
        order_value=order_value,
        rank_in_play=rank,
    )


def with_capacity(
    rows: pd.DataFrame,
    accounts: pd.DataFrame,
    playbook: Playbook,
    busy: pd.DataFrame,
    *,
    per_week: int | None = None,
) -> pd.DataFrame:
    """Let wait what an owner cannot begin, the least urgent plays last.

    Parameters
    ----------
    rows : DataFrame
        As ``ranked`` returns them, with ``state``.
    accounts : DataFrame
        ``csm_id`` where an owner's capacity is that of each CSM. Accounts that decide this month
        come first where ``block`` says so, then plays of higher priority, then those that may be
        worth more.
    playbook : Playbook
        Its ``capacity`` says how many plays an owner can have open.
    busy : DataFrame
        ``position`` and ``play`` of those that are open already.
    per_week : int, optional
        New plays that each desk can begin: a CSM those of their own accounts, another owner all.

    Returns
    -------
    DataFrame
        Same rows; some that were ``proposed`` are ``waiting``, none of the slots ``AT_ONCE``, and
        never all plays of an account that decides this month. What is done once for all accounts
        takes nobody's week.
    """
    slots = pd.Series(_slots(rows, playbook), index=rows.index)
    order = rows[(rows["state"] == "proposed") & (slots != FOR_ALL)]
    soon = _texts(accounts, "block")[order["position"].to_numpy(dtype=int)] == BLOCKS[0]
    order = order.assign(soon=soon, slot=slots).sort_values(
        ["soon", "priority", "priority_value", "order_value", "position"],
        ascending=[False, True, False, False, True],
    )
    at_once = order["slot"].isin(AT_ONCE).to_numpy() | _first_of_deciding(order)
    order = order.iloc[np.argsort(~at_once, kind="stable")]
    waits = _beyond_open(order, accounts, playbook, busy) | _beyond_week(
        order, accounts, playbook, per_week
    )
    waits[: int(at_once.sum())] = False
    held = pd.Series(waits, index=order.index).reindex(rows.index, fill_value=False)
    return rows.assign(state=rows["state"].mask(held, "waiting"))


def _first_of_deciding(order: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Say which play each account that decides this month begins with where nothing is urgent.

    What answers to a reason of the account goes before the usual of its cell.
    """
    begun = order.groupby("position")["slot"].transform(lambda slot: slot.isin(AT_ONCE).any())
    open_to_all = order[order["soon"] & ~begun.astype(bool)]
    by_reason = open_to_all["slot"].ne("driver").sort_values(kind="stable").index
    first = open_to_all.loc[by_reason].drop_duplicates("position").index
    return np.asarray(order.index.isin(first))


def _beyond_open(
    order: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook, busy: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    """Say what goes beyond the plays that an owner can have open at a time."""
    if not playbook.capacity:
        return np.zeros(len(order), dtype=bool)
    desk = _desks(order, accounts, playbook)
    open_already = desk.map(_desks(busy, accounts, playbook).value_counts()).fillna(0)
    plays_at_once = {owner: capacity.plays for owner, capacity in playbook.capacity.items()}
    room = desk.str[0].map(plays_at_once) - open_already
    return np.asarray(order.groupby(desk).cumcount() >= room, dtype=bool)


def _beyond_week(
    order: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook, per_week: int | None
) -> npt.NDArray[np.bool_]:
    """Say what goes beyond the plays that a person, or a desk, can begin in a week."""
    if per_week is None or order.empty:
        return np.zeros(len(order), dtype=bool)
    desk = desks_of(order, accounts, playbook)
    return np.asarray(order.groupby(desk).cumcount() >= per_week, dtype=bool)


def desks_of(rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook) -> pd.Series:
    """Return whose week each play takes.

    Parameters
    ----------
    rows : DataFrame
        ``position`` of the account and ``play``.
    accounts : DataFrame
        ``csm_id`` where it is known.
    playbook : Playbook

    Returns
    -------
    Series of (str, str)
        The one who is named first among the owners of the play, and the CSM of the account where
        that is the CSM; empty elsewhere.
    """
    first = {play.name: play.owner.split(" and ")[0].split(" or ")[0] for play in playbook.plays}
    csm = _texts(accounts, "csm_id")[rows["position"].to_numpy(dtype=int)]
    pairs = [
        (first[play], who if first[play] == _OWN_CSM else "")
        for play, who in zip(rows["play"], csm, strict=True)
    ]
    return pd.Series(pairs, index=rows.index, dtype=object)


def _desks(rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook) -> pd.Series:
    """Return whose work each play is: the owner, with the CSM where each CSM has a limit."""
    owners = {play.name: play.owner for play in playbook.plays}
    own = {owner for owner, capacity in playbook.capacity.items() if capacity.per == "csm"}
    csm = _texts(accounts, "csm_id")[rows["position"].to_numpy(dtype=int)]
    pairs = [
        (owners[play], who if owners[play] in own else "")
        for play, who in zip(rows["play"], csm, strict=True)
    ]
    return pd.Series(pairs, index=rows.index, dtype=object)


def _slots(rows: pd.DataFrame, playbook: Playbook) -> npt.NDArray[np.str_]:
    return np.array([play.slot for play in playbook.plays])[playbook.places(rows["play"])]


def _texts(accounts: pd.DataFrame, name: str) -> npt.NDArray[np.object_]:
    found = accounts[name] if name in accounts else pd.Series("", index=accounts.index)
    return found.astype(object).where(found.notna(), "").to_numpy(dtype=object)


def _of(accounts: pd.DataFrame, name: str, place: npt.NDArray[np.int64]) -> FloatArray:
    """Return a number of each play's account; NaN where nothing of that name is known."""
    if name not in accounts:
        return np.full(len(place), np.nan)
    return accounts[name].to_numpy(dtype=float)[place]


def _renewal_is_near(accounts: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return 1 where the notice deadline, or without one the end of the term, is near; else 0."""
    every = np.arange(len(accounts))
    notice, end = (
        _of(accounts, f"days_to_{name}", every) for name in ("notice_deadline", "term_end")
    )
    days = np.where(np.isnan(notice), end, notice)
    return ((days >= 0) & (days < NEAR_DAYS)).astype(np.int64)
