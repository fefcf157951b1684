"""Plays that the company has really tried: who was drawn, who got them, and what they change."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ...features.arrays.steady_draw import steady_draw
from .days import FAR, Bools, Calendar, Floats, Ints
from .latent import CAUSES, Causes
from .profiles import Profile

__all__ = ["CONTROL_SHARE", "PLANTED", "Planted", "Programme", "draw_programme", "with_programme"]


class Planted(NamedTuple):
    """A play that the company has tried, and what it truly does.

    Parameters
    ----------
    play : str
        Name in the shipped playbook.
    called_for : callable
        Gives, of the causes, where it suggests itself, as an array of shape (n_accounts, months).
    cause : str
        Which push towards leaving it takes away.
    relief : float
        The part of that push which it takes away; below zero it adds to it.
    relief_immature : float or None
        The same where people and organisation of the customer are not mature, if it differs.
    more_need : float
        Part by which more people come to need the product.
    """

    play: str
    called_for: Callable[[Causes], Bools]
    cause: str
    relief: float = 0.0
    relief_immature: float | None = None
    more_need: float = 0.0


_LOW_ADOPTION = -1.2

PLANTED = (
    Planted(
        "rebuild_adoption",
        lambda causes: causes.adoption < _LOW_ADOPTION,
        "adoption",
        relief=1.0,
        relief_immature=-0.6,
    ),
    Planted("find_successor", lambda causes: causes.sponsor_gap, "sponsor_left", relief=0.8),
    Planted("fix_critical_ticket", lambda causes: causes.incident, "incidents"),
    Planted("renew_goals", lambda causes: causes.value_gap, "value_gap"),
    Planted("offer_seats", lambda causes: causes.demand, "adoption", more_need=0.6),
)
"""One that keeps customers, one that does so for some and drives others away, two that do nothing,
one that lets them grow."""

CONTROL_SHARE = 0.4
"""Share of the accounts from which each of them is withheld."""

_BEGUN, _GOT_ANYWAY = 0.9, 0.04
_LASTS_MONTHS = 12
_PEOPLE, _MATURE = 1, 3.0


@dataclass(frozen=True, slots=True)
class Programme:
    """Every draw, one entry per account, play and year.

    Parameters
    ----------
    account : array of int
    play : array of int
        Place in ``PLANTED``.
    day : array of int
        Day of the draw.
    withheld : array of bool
    begun_day : array of int
        ``FAR`` where nobody began it.
    """

    account: Ints
    play: Ints
    day: Ints
    withheld: Bools
    begun_day: Ints

    def only(self, keep: Bools) -> "Programme":
        """Return some of the draws."""
        return Programme(
            self.account[keep],
            self.play[keep],
            self.day[keep],
            self.withheld[keep],
            self.begun_day[keep],
        )


def draw_programme(
    profile: Profile, causes: Causes, calendar: Calendar, rng: np.random.Generator
) -> Programme:
    """Draw, year by year, who is to get each play when it is first called for.

    Parameters
    ----------
    profile : Profile
    causes : Causes
    calendar : Calendar
    rng : numpy.random.Generator

    Returns
    -------
    Programme
        Also of accounts that are gone by then: who leaves is decided later.

    Examples
    --------
    >>> from .latent import simulate_causes
    >>> from .profiles import draw_profile
    >>> rng, calendar = np.random.default_rng(0), Calendar(24)
    >>> profile = draw_profile(np.arange(1, 99), calendar, managers=1, rng=rng)
    >>> programme = draw_programme(profile, simulate_causes(profile, calendar, rng), calendar, rng)
    >>> 0.3 < float(programme.withheld.mean()) < 0.5
    True
    """
    parts = [
        _first_calls(planted.called_for(causes), profile, calendar, place)
        for place, planted in enumerate(PLANTED)
    ]
    account, play, month = np.concatenate(parts, axis=1)
    day = calendar.starts()[month] + rng.integers(0, 28, len(account))
    withheld = _withheld(profile, account, play, (calendar.first + month) // 12 + 1970)
    gets = rng.random(len(account)) < np.where(withheld, _GOT_ANYWAY, _BEGUN)
    begun = np.where(gets, day + rng.integers(1, 15, len(account)), FAR)
    return Programme(account, play, day, withheld, begun)


def _first_calls(state: Bools, profile: Profile, calendar: Calendar, place: int) -> Ints:
    """Return account, play and month of the first call for a play in each year."""
    months = np.arange(calendar.months)
    year = (calendar.first + months) // 12
    called = state & (months[None, :] > profile.start_month[:, None] + 1)
    calls = []
    for each in np.unique(year):
        inside = called & (year == each)[None, :]
        account = np.flatnonzero(inside.any(axis=1))
        first = inside[account].argmax(axis=1)
        calls.append(np.array([account, np.full(len(account), place), first]))
    return np.concatenate(calls, axis=1)


def _withheld(profile: Profile, account: Ints, play: Ints, year: Ints) -> Bools:
    """Draw as scoring does, so that it goes on where this ends."""
    unit = np.where(profile.parent >= 0, profile.parent, profile.number)[account]
    names = [planted.play for planted in PLANTED]
    drawn = [
        steady_draw(f"acc_{head:05d}", names[place], str(when))
        for head, place, when in zip(unit.tolist(), play.tolist(), year.tolist(), strict=True)
    ]
    return np.asarray(np.array(drawn) < CONTROL_SHARE)


def with_programme(
    causes: Causes, programme: Programme, profile: Profile, calendar: Calendar
) -> Causes:
    """Return the causes as they are where some accounts got plays.

    Parameters
    ----------
    causes : Causes
    programme : Programme
    profile : Profile
    calendar : Calendar

    Returns
    -------
    Causes
    """
    pull, need = causes.pull.copy(), causes.need.copy()
    for place, planted in enumerate(PLANTED):
        got = (programme.play == place) & (programme.begun_day < FAR)
        on = _months_after(programme, got, profile.size, calendar)
        other = planted.relief if planted.relief_immature is None else planted.relief_immature
        mature = profile.maturity[:, _PEOPLE] >= _MATURE
        relief = np.where(mature, planted.relief, other)[:, None]
        push = CAUSES.index(planted.cause)
        # A push that already holds the customer is not taken away.
        pull[:, :, push] -= relief * on * np.maximum(pull[:, :, push], 0.0)
        need *= 1.0 + planted.more_need * on
    return replace(causes, pull=pull, need=need)


def _months_after(programme: Programme, got: Bools, size: int, calendar: Calendar) -> Floats:
    """Mark the months in which what was begun still works."""
    on = np.zeros((size, calendar.months))
    account = programme.account[got]
    begins = calendar.column(programme.begun_day[got])
    for after in range(_LASTS_MONTHS):
        month = begins + after
        inside = month < calendar.months
        on[account[inside], month[inside]] = 1.0
    return on
