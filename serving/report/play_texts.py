"""What the report says of the plays of each account."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..company.playbook import Playbook
from .by_account import ByAccount
from .page_words import day, in_words, plain, sentence

__all__ = ["PlayView", "PlayViews", "how_to"]


_SLOTS = {
    "urgent": "Urgent",
    "sponsor": "For want of a sponsor",
    "cell": "For its place in the grid",
    "driver": "For its strongest reason",
    "maturity": "For its maturity",
    "data": "For what is not known, once for all accounts",
}


@dataclass(frozen=True, slots=True)
class PlayView:
    """One play of one account.

    Parameters
    ----------
    slot, action, owner, due, why : str
        In words.
    late : str
        By how much an open play is past its date, and who hears of it; empty for the others.
    play : str
        Its name in the playbook.
    """

    slot: str
    action: str
    owner: str
    due: str
    why: str
    late: str
    play: str


class PlayViews:
    """Plays of each account in words.

    Parameters
    ----------
    plays : DataFrame
        ``PLAY_COLUMNS``, and ``overdue_days`` and ``escalated_to`` where they are there; rows of
        accounts that are not listed are left out.
    listed : Series of str
        Account ids.
    playbook : Playbook
        A stored play that it no longer has is shown by its name.
    """

    def __init__(self, plays: pd.DataFrame, listed: pd.Series, playbook: Playbook) -> None:
        self._rows = ByAccount(listed, plays["account_id"])
        self._actions = {play.name: play.action for play in playbook.plays}
        columns = ["slot", "play", "owner", "due_at", "why", "overdue_days", "escalated_to"]
        told = plays.reindex(columns=columns).iloc[self._rows.order]
        self._told = list(zip(*(told[name].tolist() for name in told), strict=True))

    def of(self, account: int) -> tuple[PlayView, ...]:
        """Return the plays of the account at a place of the list, in their order."""
        return tuple(self._view(*row) for row in self._told[self._rows.of(account)])

    def first(self, account: int) -> PlayView | None:
        """Return the first of them, or None."""
        rows = self._told[self._rows.of(account)]
        return self._view(*rows[0]) if rows else None

    def _view(
        self,
        slot: str,
        play: str,
        owner: str,
        due_at: object,
        why: str,
        overdue: float,
        escalated_to: str,
    ) -> PlayView:
        return PlayView(
            slot=_SLOTS.get(slot) or in_words(slot),
            action=self._actions.get(play) or f"{in_words(play)} (not in the playbook any more)",
            owner=plain(owner),
            due=day(due_at),
            why=sentence(why),
            late=_late(overdue, escalated_to),
            play=play,
        )


def how_to(playbook: Playbook) -> dict[str, dict[str, Any]]:
    """Return how each play is done, by its name.

    Parameters
    ----------
    playbook : Playbook

    Returns
    -------
    dict of str to dict
        Its steps, when it worked, and what not to do; the latter two may be empty.
    """
    return {
        play.name: {
            "steps": list(play.steps),
            "success": play.success,
            "never": f"{'; '.join(play.do_not)}." if play.do_not else "",
        }
        for play in playbook.plays
    }


def _late(overdue: float, escalated_to: str) -> str:
    if not overdue > 0:
        return ""
    days = f"{overdue:,.0f} business {'day' if overdue == 1 else 'days'}"
    return f"overdue by {days}, escalated to the {plain(escalated_to)}"
