"""Leakage traps of a real company, planted on purpose: the map, and those planted at the source.

A model that falls for one looks better than it is, because the trap shows what became known only
after the decision. Numbers are those of the domain page; all other traps there are the business
of who reads the tables.

=====  ====================  =================================================================
trap   table                 what is planted
=====  ====================  =================================================================
1      usage_daily           usage collapses once notice is given
2      tickets               cancellation, data export and off-boarding tickets around a notice
3      account_events        red sentiment because the customer has already said so
5      accounts              segment and manager written over after the end
6      contracts             end of the term shortened after the end
7      seats                 all licences taken away on the last day
8      invoices              late payments, and bad debt written off months later
9      tickets               priorities changed later
10     survey_responses      answers edited weeks or months later
12     usage_daily           usage of some accounts arrives days or weeks late
14     people                contacts found to have left long ago
15     activities            one manager writes meetings down weeks later
16     activities            more outreach to accounts that look risky
17     account_events        maturity scored down after the notice
18     account_events        old news entered after the loss
20     accounts              families of accounts that share what is not observed
22     contracts             automatic renewal switched off days before the notice
=====  ====================  =================================================================

Traps 5 to 10, 14, 17, 18 and 22 are written over or found out afterwards; see ``hindsight``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..truth.days import DAY, END, Bools, Ints
from ..truth.world import World

__all__ = [
    "GENEROUS_MANAGER",
    "LEAVING_CATEGORIES",
    "SLOPPY_MANAGER",
    "LeavingTickets",
    "late_arrival",
    "leaving_tickets",
    "logging_delay",
    "outreach_by_risk",
    "red_after_notice",
    "usage_left_after_notice",
]

_HOUR = DAY // 24
GENEROUS_MANAGER, SLOPPY_MANAGER = 1, 2
LEAVING_CATEGORIES = ("cancellation", "data_export", "offboarding")


def usage_left_after_notice(world: World, account: Ints, day: Ints) -> Bools:
    """Trap 1: usage collapses once notice is given (and stops while a contract is paused).

    Parameters
    ----------
    world : World
    account, day : array of int, shape (n,)

    Returns
    -------
    array of bool, shape (n,)
        False for the uses that no longer take place.
    """
    rng = world.rng("trap 1")
    since = day - world.fate.notice_day[account]
    quits = (rng.random(world.profile.size) < 0.85)[account]
    keep = (
        (since < 0) | ~quits | (rng.random(len(day)) < 0.45 * np.exp(-np.maximum(since, 0) / 20.0))
    )
    for paused, begins, until in _pauses(world):
        keep &= (account != paused) | (day < begins) | (day >= until)
    return np.asarray(keep)


def _pauses(world: World) -> list[tuple[int, int, int]]:
    pauses = world.fate.pauses
    return list(
        zip(pauses.account.tolist(), pauses.day.tolist(), pauses.until.tolist(), strict=True)
    )


def late_arrival(world: World, account: Ints) -> Ints:
    """Trap 12: usage of some accounts arrives days or weeks late and lands in old dates.

    Parameters
    ----------
    world : World
    account : array of int, shape (n,)

    Returns
    -------
    array of int, shape (n,)
        Days of delay.
    """
    rng = world.rng("trap 12")
    mobile = (rng.random(world.profile.size) < 0.05)[account]
    delay = rng.integers(4, 41, len(account))
    return np.where(mobile & (rng.random(len(account)) < 0.35), delay, 0)


def logging_delay(world: World, account: Ints) -> Ints:
    """Trap 15: one manager writes meetings down weeks later under their old date.

    Parameters
    ----------
    world : World
    account : array of int, shape (n,)

    Returns
    -------
    array of int, shape (n,)
        Days between an activity and its entry.
    """
    rng = world.rng("trap 15")
    usual = np.where(rng.random(len(account)) < 0.7, 0, rng.integers(1, 4, len(account)))
    sloppy = world.profile.csm[account] == SLOPPY_MANAGER
    return np.where(sloppy, rng.integers(15, 60, len(account)), usual)


def outreach_by_risk(world: World) -> Ints:
    """Trap 16: managers write more to accounts that look risky, so activity rises with risk.

    Parameters
    ----------
    world : World

    Returns
    -------
    array of int, shape (n_accounts, months)
        Additional outbound activities per month.
    """
    rng = world.rng("trap 16")
    worried = world.causes.pull.sum(axis=2) > 1.8
    return rng.poisson(np.where(worried, 1.3, 0.05))


@dataclass(frozen=True, slots=True)
class LeavingTickets:
    """Tickets that only those who leave file: one entry each.

    Parameters
    ----------
    account, day : array of int
    category : array of str
    """

    account: Ints
    day: Ints
    category: NDArray[Any]


def leaving_tickets(world: World) -> LeavingTickets:
    """Trap 2: who leaves asks for cancellation, data export and off-boarding around the notice.

    Parameters
    ----------
    world : World

    Returns
    -------
    LeavingTickets
    """
    rng = world.rng("trap 2")
    gone = np.flatnonzero(world.fate.notice_day < END)
    gone = gone[rng.random(len(gone)) < 0.6]
    shift = np.array([-6, 5, 20])
    account = np.repeat(gone, len(LEAVING_CATEGORIES))
    day = world.fate.notice_day[account] + np.tile(shift, len(gone))
    day = np.maximum(day + rng.integers(-5, 6, len(day)), world.start_day[account])
    category = np.tile(np.array(LEAVING_CATEGORIES, dtype=object), len(gone))
    files = (rng.random(len(account)) < 0.7) & (day < END)
    return LeavingTickets(account[files], day[files], category[files])


def red_after_notice(world: World) -> dict[str, Any]:
    """Trap 3: the manager sets red because the customer has already said so.

    Parameters
    ----------
    world : World

    Returns
    -------
    dict of str to array
        Statements; some are written down before the notice itself is.
    """
    rng = world.rng("trap 3")
    gone = np.flatnonzero(world.fate.notice_day < END)
    gone = gone[rng.random(len(gone)) < 0.8]
    told = (world.fate.notice_day[gone] + rng.integers(0, 6, len(gone))) * DAY + 18 * _HOUR
    return {
        "account": gone,
        "kind": np.full(len(gone), "csm_sentiment", dtype=object),
        "value_text": np.full(len(gone), "red", dtype=object),
        "author": world.manager_ids(gone),
        "occurred_at": told,
        "known_at": told + _HOUR,
        "source": np.full(len(gone), "crm", dtype=object),
    }
