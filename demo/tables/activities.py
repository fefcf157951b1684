"""Meetings, calls, mails and trainings between the vendor and the accounts."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..traps.at_the_source import logging_delay, outreach_by_risk
from ..truth.days import DAY, NAT, Bools, Ints, at
from ..truth.profiles import pick
from ..truth.world import World, frame, numbered, or_none, repeated
from .people import ADMIN, CHAMPION, SPONSOR, USER, People

__all__ = ["activities"]

_TYPES = ("meeting", "call", "email", "training", "event", "community")
_PER_MONTH = np.array([0.45, 0.95, 1.5])
_HOUR = DAY // 24


def activities(world: World, cast: People) -> pd.DataFrame:
    """Write the activities.

    Parameters
    ----------
    world : World
    cast : People

    Returns
    -------
    pandas.DataFrame
        Missed meetings are rows too, with ``attended`` False.

    Examples
    --------
    >>> from .people import draw_people
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> sorted(activities(world, draw_people(world))["direction"].unique())
    ['inbound', 'outbound']
    """
    rng = world.rng("activities")
    account, day, qbr, outreach = _planned(world, rng)
    order = np.lexsort((day, account))
    account, day, qbr, outreach = account[order], day[order], qbr[order], outreach[order]
    size = len(account)
    adoption = world.state(world.causes.adoption, account, day)
    role = np.where(qbr, SPONSOR, pick(rng, [SPONSOR, CHAMPION, ADMIN, USER], [2, 4, 3, 2], size))
    person = _met(cast, role, account, day)
    kind = np.where(qbr, "qbr", pick(rng, _TYPES, [4, 3, 5, 1.2, 0.6, 0.6], size))
    kind = np.where(outreach, np.where(rng.random(size) < 0.7, "email", "call"), kind)
    inbound = ~outreach & ~qbr & (rng.random(size) < 0.36 + 0.06 * np.clip(adoption, -3, 2))
    planned = np.isin(kind, ["meeting", "call", "qbr", "training"]) & ~inbound
    shows = rng.random(size) < 0.9 + 0.03 * np.clip(adoption, -3, 2)
    occurred = at(day, rng)
    delay = logging_delay(world, account)
    logged = occurred + delay * DAY + rng.integers(1, 5, size) * _HOUR
    second = cast.partner(np.full(size, CHAMPION), account, day)
    table = {
        "activity_id": numbered("act", world.profile.number[account], repeated(account) + 1),
        "account_id": world.account_ids[account],
        "person_ids": _lists(cast, person, np.where(qbr, second, -1)),
        "type": kind,
        "direction": np.where(inbound, "inbound", "outbound"),
        "scheduled_at": np.where(planned, occurred, NAT),
        "occurred_at": occurred,
        "attended": _attended(kind, shows, inbound, person),
        "sentiment": _sentiment(world, account, day, rng),
        "logged_at": logged,
        "known_at": logged,
    }

    return frame(table, ("scheduled_at", "occurred_at", "logged_at", "known_at"))


def _planned(world: World, rng: np.random.Generator) -> tuple[Ints, Ints, Bools, Bools]:
    """Account and day of each activity, and whether it is a review or an outreach mail."""
    rate = np.repeat(_PER_MONTH[world.profile.segment][:, None], world.calendar.months, axis=1)
    rate = rate * np.exp(0.12 * np.clip(world.causes.adoption, -3, 2))
    review = (world.profile.segment > 0)[:, None] & (rng.random(rate.shape) < 0.27)
    counts = (rng.poisson(rate), review.astype(np.int64), outreach_by_risk(world))
    account, month, kind = [], [], []
    for which, count in enumerate(counts):
        row, column = np.nonzero(count)
        times_over = count[row, column]
        account.append(np.repeat(row, times_over))
        month.append(np.repeat(column, times_over))
        kind.append(np.full(times_over.sum(), which))
    joined, months, kinds = (np.concatenate(each) for each in (account, month, kind))
    day = world.calendar.starts()[months] + rng.integers(0, 28, len(months))
    alive = (day >= world.start_day[joined]) & (day < world.last_day[joined])
    return joined[alive], day[alive], kinds[alive] == 1, kinds[alive] == 2


def _met(cast: People, role: Ints, account: Ints, day: Ints) -> Ints:
    """Find the person met; an admin stands in where the post is empty."""
    person = cast.partner(role, account, day)
    admin = cast.partner(np.full(len(role), ADMIN), account, day)
    return np.where(person >= 0, person, admin)


def _lists(cast: People, first: Ints, second: Ints) -> NDArray[Any]:
    one = or_none(first >= 0, cast.ids[np.maximum(first, 0)])
    both = (second >= 0) & (first >= 0) & (second != first)
    joined = one.copy()
    joined[both] = one[both] + "|" + cast.ids[second[both]]
    return joined


def _attended(kind: Any, shows: Bools, inbound: Bools, person: Ints) -> pd.arrays.BooleanArray:
    told = np.isin(kind, ["meeting", "call", "qbr", "training", "event"])
    came = (shows | inbound) & (person >= 0)
    return pd.arrays.BooleanArray(came, ~told)


def _sentiment(world: World, account: Ints, day: Ints, rng: np.random.Generator) -> Any:
    mood = 0.15 + 0.1 * world.state(world.causes.adoption, account, day)
    mood = mood - 0.35 * world.state(world.causes.incident, account, day)
    noisy = np.clip(mood + rng.normal(0.0, 0.35, len(account)), -1.0, 1.0)
    return np.where(rng.random(len(account)) < 0.4, np.round(noisy, 2), np.nan)
