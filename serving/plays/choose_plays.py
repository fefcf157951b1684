"""Which plays hold for which accounts: slot after slot, none beside one that it contradicts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...features.arrays.array_types import BoolArray
from ...features.arrays.steady_draw import steady_draw
from ...features.schema.conditions import Condition, with_codes
from ..company.playbook import Play, Playbook
from ..results.words import SLOTS

__all__ = ["Chosen", "chosen_plays", "with_controls"]

Marks = Mapping[str, BoolArray]

_URGENT, _DRIVER = "urgent", "driver"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Plays that accounts are to get.

    Parameters
    ----------
    rows : DataFrame
        ``position`` of the account and ``play``; account by account, slots in order.
    ended : mapping of str to ndarray of bool, shape (n_accounts,)
        By play: the accounts where it is over although it is open, because something urgent
        contradicts it.
    """

    rows: pd.DataFrame
    ended: Marks


def chosen_plays(
    accounts: pd.DataFrame, playbook: Playbook, *, busy: Marks, running: Marks
) -> Chosen:
    """Choose plays for accounts, whatever there is room for.

    Parameters
    ----------
    accounts : DataFrame
        One row an account, with every field the conditions look at; ``families`` where ``drivers``
        is only the first of several.
    playbook : Playbook
    busy : mapping of str to ndarray of bool, shape (n_accounts,)
        By play: where it is open or cools down.
    running : mapping of str to ndarray of bool, shape (n_accounts,)
        By play: where it is open.

    Returns
    -------
    Chosen
    """
    conditions = {play.name: playbook.condition(play) for play in playbook.plays}
    facts = with_codes(accounts, conditions.values())
    holds = {name: condition.holds(facts) for name, condition in conditions.items()}
    lone, admitted = _alone(playbook, holds, len(accounts))
    choice = _Choice(len(accounts), playbook.contradicting(), busy, running, {})
    for slot in SLOTS:
        plays = playbook.in_slot(slot)
        free = choice.among(plays, admitted, np.ones(len(accounts), dtype=bool))
        if slot == _DRIVER:
            for weaker in _of_weaker(facts, plays, conditions):
                free = choice.among(
                    [play for play in plays if play.name in weaker],
                    {name: held & (lone < 0) for name, held in weaker.items()},
                    free,
                )
    ended = {
        name: choice.contradicted(name, playbook) | ((lone >= 0) & (lone != place))
        for place, name in enumerate(conditions)
    }
    return Chosen(choice.rows(playbook), ended)


def with_controls(rows: pd.DataFrame, accounts: pd.DataFrame, playbook: Playbook) -> pd.DataFrame:
    """Mark the plays that are withheld, by a hash that anybody can compute again.

    Parameters
    ----------
    rows : DataFrame
        ``position`` and ``play``.
    accounts : DataFrame
        ``account_id``, or ``unit`` where accounts belong together: those of one unit are treated
        alike.
    playbook : Playbook

    Returns
    -------
    DataFrame
        With ``state``: ``proposed`` or ``withheld``. An account is drawn once a play and
        experiment, so that it stays what it is until the outcome is seen.
    """
    which = playbook.places(rows["play"])
    plays = [playbook.plays[place] for place in which.tolist()]
    share = np.array([play.control_share for play in plays], dtype=float)
    named = [play.experiment if play.control_share else "" for play in plays]
    unit = accounts["unit" if "unit" in accounts else "account_id"].to_numpy(dtype=object)
    state = np.full(len(rows), "proposed", dtype=object)
    position = rows["position"].to_numpy(dtype=int)
    for row in np.flatnonzero(share > 0).tolist():
        drawn = steady_draw(unit[position[row]], plays[row].name, named[row])
        state[row] = "withheld" if drawn < share[row] else "proposed"
    return rows.assign(state=state)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What has been chosen so far, by play."""

    length: int
    against: Mapping[str, frozenset[str]]
    busy: Marks
    running: Marks
    given: dict[str, BoolArray]

    def among(
        self, plays: "tuple[Play, ...] | list[Play]", holds: Marks, free: BoolArray
    ) -> BoolArray:
        """Give the plays of one slot, and return who is still without one."""
        unanswered = free.copy()
        for play in plays:
            wanted = holds[play.name] & (unanswered if play.when.otherwise else free)
            unanswered = unanswered & ~holds[play.name]
            taken = wanted & ~self._barred(play)
            self.given[play.name] = self.given.get(play.name, np.zeros_like(taken)) | taken
            if play.slot != _URGENT:
                free = free & ~taken
        return free

    def contradicted(self, name: str, playbook: Playbook) -> BoolArray:
        """Say where something urgent that was given contradicts a play."""
        urgent = [play.name for play in playbook.in_slot(_URGENT)]
        found = [self.given[other] for other in self.against[name].intersection(urgent)]
        return _any_of(found, self.length)

    def rows(self, playbook: Playbook) -> pd.DataFrame:
        """Return who gets which play, account by account, in the order of the slots."""
        order = {name: place for place, name in enumerate(self.given)}
        slot = {play.name: SLOTS.index(play.slot) for play in playbook.plays}
        names = sorted(self.given, key=lambda name: (slot[name], order[name]))
        which, position = np.nonzero(np.array([self.given[name] for name in names]))
        by_account = np.argsort(position, kind="stable")
        plays = np.array(names)[which[by_account]]
        return pd.DataFrame({"position": position[by_account], "play": plays})

    def _barred(self, play: Play) -> BoolArray:
        """Say where a play is busy, or contradicts one that was given or is open."""
        others = self.against[play.name]
        barred = [self.given[name] for name in others & self.given.keys()]
        barred += [self.busy[play.name]] if play.name in self.busy else []
        if play.slot != _URGENT:
            barred += [self.running[name] for name in others & self.running.keys()]
        return _any_of(barred, self.length)


def _any_of(marks: Sequence[BoolArray], length: int) -> BoolArray:
    return np.asarray(np.logical_or.reduce([np.zeros(length, dtype=bool), *marks]), dtype=bool)


def _alone(
    playbook: Playbook, holds: Marks, length: int
) -> tuple[npt.NDArray[np.int64], dict[str, BoolArray]]:
    """Return the play that stands alone for each account, -1 for none; and who may have what."""
    lone = np.full(length, -1, dtype=np.int64)
    for place, play in enumerate(playbook.plays):
        if play.alone:
            lone = np.where((lone < 0) & holds[play.name], place, lone)
    admitted = {
        play.name: lone == place if play.alone else holds[play.name] & (lone < 0)
        for place, play in enumerate(playbook.plays)
    }
    return lone, admitted


def _of_weaker(
    facts: pd.DataFrame, plays: "tuple[Play, ...]", conditions: Mapping[str, Condition]
) -> Iterator[dict[str, BoolArray]]:
    """Yield, component after component, where the plays hold that answer to a driver."""
    if "families" not in facts:
        return
    driven = {p.name: conditions[p.name] for p in plays if "drivers" in p.when.fields()}
    families = facts["families"].tolist()
    for rank in range(1, max(map(len, families), default=0)):
        own = [family[rank] if rank < len(family) else () for family in families]
        weaker = with_codes(
            facts.assign(drivers=pd.Series(own, index=facts.index, dtype=object)), driven.values()
        )
        yield {name: condition.holds(weaker) for name, condition in driven.items()}
