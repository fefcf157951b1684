"""What is to do over all accounts, by due date, as columns for the page."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from ..company.playbook import Playbook
from ..results.words import FOR_ALL
from .page_words import plain
from .play_texts import PlayView, PlayViews

__all__ = ["task_columns", "waiting_columns"]

_STATES = {"open": "begun", "proposed": "proposed", "waiting": "waits"}


def task_columns(
    plays: pd.DataFrame, listed: pd.Series, as_of: pd.Timestamp | None, playbook: Playbook
) -> dict[str, list[Any]]:
    """Return every play that someone is to work on, the earliest due first.

    Parameters
    ----------
    plays : DataFrame
        ``PLAY_COLUMNS``, and ``state``, ``overdue_days`` and ``escalated_to`` where there; those
        that are to do.
    listed : Series of str
        Account ids in the order of the list.
    as_of : Timestamp or None
        None without accounts.
    playbook : Playbook

    Returns
    -------
    dict of str to list
        ``account`` is the place in the list; of equal dates the account that needs someone more
        stands first, plays without a date stand last. What is done once for all accounts is one
        task, under the account that needs someone most.
    """
    told = plays[plays["account_id"].isin(set(listed))]
    place = pd.Index(listed).get_indexer(pd.Index(told["account_id"]))
    lone, many = _told_once(told, place)
    told, place = told[lone], place[lone]
    due = pd.to_datetime(told["due_at"], utc=True)
    order = np.lexsort((place, due.dt.tz_convert(None).to_numpy(), due.isna().to_numpy()))
    rows = told.iloc[order]
    views = _views(rows, playbook)
    of_all = [_of_accounts(many.get(play, 1)) for play in rows["play"]]
    state = rows["state"] if "state" in rows else pd.Series("proposed", rows.index)
    return {
        "account": place[order].tolist(),
        "due": [view.due for view in views],
        "late": [view.late or _passed(when, as_of) for view, when in _dated(views, due, order)],
        "action": [view.action + more for view, more in zip(views, of_all, strict=True)],
        "owner": [view.owner for view in views],
        "why": [view.why for view in views],
        "state": [_STATES.get(name, plain(name)) for name in state],
    }


def _told_once(plays: pd.DataFrame, place: np.ndarray) -> tuple[np.ndarray, dict[str, int]]:
    """Say which plays are tasks of their own, and for how many accounts one stands, by its name."""
    shared = plays["slot"].eq(FOR_ALL).to_numpy(dtype=bool, na_value=False)
    which = pd.Series(np.where(shared, plays["play"], np.arange(len(plays))), dtype=object)
    first = pd.Series(place).groupby(which).transform("min").to_numpy() == place
    return first | ~shared, dict(Counter(plays.loc[shared, "play"]))


def _of_accounts(many: int) -> str:
    return f" For {many:,} accounts." if many > 1 else ""


def waiting_columns(
    plays: pd.DataFrame, listed: pd.Series, playbook: Playbook
) -> dict[str, list[Any]]:
    """Return every play that waits until its owner has a hand free, in the order of the list.

    Parameters
    ----------
    plays : DataFrame
        As in ``task_columns``; those that are held back.
    listed : Series of str
    playbook : Playbook

    Returns
    -------
    dict of str to list
        The columns of ``task_columns``: none of them has a date yet.
    """
    never = pd.Series(pd.NaT, plays.index, dtype="datetime64[us, UTC]")
    undated = plays.assign(due_at=never, overdue_days=0.0)
    return task_columns(undated, listed, None, playbook)


def _views(rows: pd.DataFrame, playbook: Playbook) -> list[PlayView]:
    """Return each play in words; every row is asked for as an account of its own."""
    each = pd.Series([str(number) for number in range(len(rows))])
    own = rows.assign(account_id=each.to_numpy(dtype=object))
    texts = PlayViews(own, each, playbook)
    return [texts.of(number)[0] for number in range(len(rows))]


def _dated(
    views: list[PlayView], due: pd.Series, order: np.ndarray
) -> "zip[tuple[PlayView, pd.Timestamp]]":
    return zip(views, due.iloc[order], strict=True)


def _passed(due: pd.Timestamp, as_of: pd.Timestamp | None) -> str:
    """Say that a date has passed where the play itself does not say by how much."""
    return "overdue" if as_of is not None and not pd.isna(due) and due < as_of else ""
