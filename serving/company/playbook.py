"""The playbook as CS-ops people write it: plays in order, each with its condition, steps and owner.

`serving/plays.py` chooses by it, `serving/playbookcheck.py` says what is wrong with a file.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from ...features.schema.conditions import Condition
from ...features.schema.yaml_base_model import Declared

__all__ = ["Capacity", "Fact", "Play", "Playbook"]


class Fact(Declared):
    """Something that has to be true of an account before a play may say it.

    Parameters
    ----------
    says : str
        In words, to stand in a sentence: "active users fell".
    when : Condition
        On the scored account.
    """

    says: str = Field(min_length=1)
    when: Condition


class Play(Declared):
    """One thing to do.

    Parameters
    ----------
    name : str
    slot : {"urgent", "sponsor", "cell", "driver", "maturity", "data"}
    when : Condition
        On the scored account: what suggests the play.
    facts : list of str
        Facts of the playbook that have to be true as well: what its words take for granted.
    unless : list of str
        Facts that must not be true.
    not_with : list of str
        Plays, or slots, that it contradicts: an account gets the one that comes first.
    action : str
        What to do, in one sentence.
    owner : str
    due_days : int
        Business days until the first touch.
    steps, do_not : list of str
    success : str
        How one sees that it worked.
    alone : bool
        An account for which it holds gets no other play.
    save_rate : float or None
        Assumed share (0-1) of the accounts that would have left and stay because of it; with the
        ARR and the probability of churn it gives the priority value.
    rank_by : {"value", "p_expand"}
        What puts the accounts with this play in order.
    cool_down_days : int or None
        Days before it may come again, in place of those of the settings.
    expires_days : int
        Days after which a play that was begun, and of which no more was heard, is no longer open.
    control_share : float
        Share (0-1) of the accounts from which it is withheld, so that those who got it can be
        compared with them later.
    experiment : str
        Names the comparison: who is withheld stays the same for as long as the name does. It has
        to last for lead and horizon at least, or no outcome is seen; a new name draws anew.
    """

    name: str = Field(min_length=1)
    slot: Literal["urgent", "sponsor", "cell", "driver", "maturity", "data"]
    when: Condition
    facts: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    not_with: tuple[str, ...] = ()
    action: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    due_days: int = Field(ge=0, le=3650)
    steps: tuple[str, ...] = ()
    success: str = ""
    do_not: tuple[str, ...] = ()
    alone: bool = False
    save_rate: float | None = Field(default=None, ge=0, le=1)
    rank_by: Literal["value", "p_expand"] = "value"
    cool_down_days: int | None = Field(default=None, ge=0, le=3650)
    expires_days: int = Field(default=90, ge=1, le=3650)
    control_share: float = Field(default=0.0, ge=0, lt=1)
    experiment: str = ""


class Capacity(Declared):
    """How many plays an owner can have open at a time.

    Parameters
    ----------
    plays : int
    per : {"owner", "csm"}
        For all together, or for each CSM of the accounts.
    """

    plays: int = Field(ge=0)
    per: Literal["owner", "csm"] = "owner"


class Playbook(Declared):
    """The plays in order; in each slot the first whose condition holds is taken.

    Parameters
    ----------
    plays : list of Play
    facts : dict of str to Fact
        By name.
    capacity : dict of str to Capacity
        By owner; no limit for the others.
    escalate_to : str
        Who hears of an open play that is past its date.
    """

    plays: tuple[Play, ...] = Field(min_length=1)
    facts: dict[str, Fact] = Field(default_factory=dict)
    capacity: dict[str, Capacity] = Field(default_factory=dict)
    escalate_to: str = Field(default="head of customer success", min_length=1)

    def condition(self, play: Play) -> Condition:
        """Return all that has to hold before a play is chosen: what suggests it, and its facts.

        Parameters
        ----------
        play : Play

        Returns
        -------
        Condition
        """
        true = [self.facts[name].when for name in play.facts]
        false = [Condition.model_validate({"not": self.facts[name].when}) for name in play.unless]
        return Condition(all=(play.when, *true, *false)) if true or false else play.when

    def contradicting(self) -> dict[str, frozenset[str]]:
        """Return, by play, the plays that contradict it.

        Returns
        -------
        dict of str to frozenset of str
            Whichever of the two says so.
        """
        pairs = {
            (play.name, other.name)
            for play in self.plays
            for other in self.plays
            if other is not play and not {other.name, other.slot}.isdisjoint(play.not_with)
        }
        both = pairs | {(other, play) for play, other in pairs}
        return {
            play.name: frozenset(other for one, other in both if one == play.name)
            for play in self.plays
        }

    def named(self, name: str) -> Play:
        """Return one play.

        Parameters
        ----------
        name : str

        Returns
        -------
        Play
        """
        return next(play for play in self.plays if play.name == name)

    def places(self, names: pd.Series) -> npt.NDArray[np.int64]:
        """Return the place of each of many plays, from 0.

        Parameters
        ----------
        names : Series of str

        Returns
        -------
        ndarray of int
            -1 for a play that the playbook does not have.
        """
        codes, different = pd.factorize(names)
        places = {play.name: place for place, play in enumerate(self.plays)}
        return np.array([*(places.get(name, -1) for name in different), -1], dtype=np.int64)[codes]

    def in_slot(self, slot: str) -> tuple[Play, ...]:
        """Return the plays of a slot in their order.

        Parameters
        ----------
        slot : str

        Returns
        -------
        tuple of Play
        """
        return tuple(play for play in self.plays if play.slot == slot)
