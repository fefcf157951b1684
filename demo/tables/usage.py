"""Who used what on which day."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..traps.at_the_source import late_arrival, usage_left_after_notice
from ..truth.days import DAY, END, Bools, Floats, Ints
from ..truth.world import World, frame
from .catalogue import FEATURES, feature_ids, is_usable
from .users import Users, active_users

__all__ = ["usage_daily"]

_FEATURES_CODE, _DAY_CODE = 32, 4096
_HOUR = DAY // 24
_QUIET_MONTHS = {7: 0.85, 11: 0.8}


@dataclass(frozen=True, slots=True)
class _Clicks:
    """One entry per use: place of the user, place of the feature, day."""

    user: Ints
    feature: Ints
    day: Ints


def usage_daily(world: World, users: Users) -> pd.DataFrame:
    """Write the usage: a row per user, feature and day.

    Parameters
    ----------
    world : World
    users : Users

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> from .users import draw_users
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> usage_daily(world, draw_users(world))["account_id"].nunique()
    3
    """
    rng = world.rng("usage")
    regular, gates = _regular(world, users, rng), _premium_gates(world, users, rng)
    both = (regular, gates)
    code = (
        np.concatenate([c.user for c in both]) * _FEATURES_CODE
        + np.concatenate([c.feature for c in both])
    ) * _DAY_CODE + (np.concatenate([c.day for c in both]) - world.calendar.begin)
    unique, count = np.unique(code, return_counts=True)
    user, feature = np.divmod(unique // _DAY_CODE, _FEATURES_CODE)
    day = unique % _DAY_CODE + world.calendar.begin
    keep = _possible(world, users, user, day) & usage_left_after_notice(
        world, users.account[user], day
    )
    return _table(world, users, _Clicks(user[keep], feature[keep], day[keep]), count[keep])


def _regular(world: World, users: Users, rng: np.random.Generator) -> _Clicks:
    user, month = _active_cells(world, users, rng)
    account = users.account[user]
    adoption = world.causes.adoption[account, month]
    rate = users.zeal[user] * _season(world)[month] * np.exp(0.4 * np.clip(adoption, -3, 1.5))
    uses = rng.poisson(rate)
    cell = np.repeat(np.arange(len(user)), uses)
    day = _working_days(world, month[cell], rng)
    account = account[cell]
    # Breadth is a trait of the account and follows adoption.
    breadth = 4.0 + 15.0 / (1.0 + np.exp(-0.2 - 0.9 * adoption[cell]))
    place = (rng.random(len(cell)) ** 1.7 * breadth).astype(np.int64)
    taste = _tastes(world, rng)
    feature = taste[account, np.minimum(place, len(FEATURES) - 1)]
    plan = world.fate.plan[account, month[cell]]
    usable = is_usable(feature, plan, day, world.calendar)
    return _Clicks(user[cell], np.where(usable, feature, taste[account, 0]), day)


def _active_cells(world: World, users: Users, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Pairs of user and month in which the user is around."""
    active = active_users(world)
    starts = world.calendar.starts()
    active = np.where(starts[None, :-1] < world.last_day[:, None], active, 0.0)
    active = np.where(
        np.arange(world.calendar.months)[None, :] >= world.profile.start_month[:, None], active, 0.0
    )
    whole = np.floor(active + rng.random(active.shape)).astype(np.int64)
    whole = np.minimum(whole, np.bincount(users.account)[:, None])
    account, month = np.nonzero(whole)
    count = whole[account, month]
    cell = np.repeat(np.arange(len(account)), count)
    rank = np.arange(len(cell)) - np.repeat(np.cumsum(count) - count, count)
    kept = rng.random(len(cell)) < 0.93
    cell, rank = cell[kept], rank[kept]
    return users.first[account[cell]] + rank, month[cell]


def _season(world: World) -> Floats:
    months = (np.arange(world.calendar.months) + world.calendar.first) % 12
    return np.array([_QUIET_MONTHS.get(int(month), 1.0) for month in months])


def _working_days(world: World, month: Ints, rng: np.random.Generator) -> Ints:
    """Random day of each month, seldom a weekend."""
    starts = world.calendar.starts()
    length = (starts[1:] - starts[:-1])[month]
    day = starts[month] + (rng.random(len(month)) * length).astype(np.int64)
    # 1970-01-01 was a Thursday.
    weekday = (day + 3) % 7
    moves = (weekday >= 5) & (rng.random(len(day)) < 0.85)
    back = np.where(day - 3 >= starts[month], -(weekday - 4), 7 - weekday)
    return np.where(moves, day + back, day)


def _tastes(world: World, rng: np.random.Generator) -> Ints:
    """Features of each account from the most to the least used; a core feature leads."""
    popular = np.arange(len(FEATURES)) * 0.5 - 6.0 * np.array([f.has("c") for f in FEATURES])
    own = rng.normal(0.0, 4.0, (world.profile.size, len(FEATURES)))
    order = np.argsort(popular[None, :] + own, axis=1)
    order[:, 0] = rng.integers(0, 2, world.profile.size)
    return order


def _premium_gates(world: World, users: Users, rng: np.random.Generator) -> _Clicks:
    """Clicks on features above the plan: people who would like more."""
    room = np.where(world.fate.plan < 2, 1.0, 0.0)
    clicks = rng.poisson(room * (0.08 + 1.7 * world.causes.demand))
    account, month = np.nonzero(clicks)
    many = np.repeat(np.arange(len(account)), clicks[account, month])
    account, month = account[many], month[many]
    rank = rng.integers(0, 3, len(account)) % np.bincount(users.account)[account]
    above = [np.flatnonzero([f.plan > plan for f in FEATURES]) for plan in (0, 1)]
    plan = world.fate.plan[account, month]
    drawn = [group[rng.integers(0, len(group), len(account))] for group in above]
    day = _working_days(world, month, rng)
    feature = np.where(plan == 0, *drawn)
    out = is_usable(feature, np.full(len(day), 9), day, world.calendar)
    return _Clicks((users.first[account] + rank)[out], feature[out], day[out])


def _possible(world: World, users: Users, user: Ints, day: Ints) -> Bools:
    account = users.account[user]
    known = (day >= users.activated_day[user]) & (day < users.deactivated_day[user])
    return np.asarray(known & (day < world.last_day[account]) & (day < END))


def _table(world: World, users: Users, clicks: _Clicks, count: Ints) -> pd.DataFrame:
    rng = world.rng("usage rows")
    account = users.account[clicks.user]
    size = len(account)
    events = count * (1 + rng.poisson(2.4, size))
    linked = np.array([f.has("i") for f in FEATURES])[clicks.feature]
    trouble = world.state(world.causes.incident, account, clicks.day)
    table = {
        "account_id": _texts(world.account_ids, account),
        "product_user_id": _texts(users.ids, clicks.user),
        "feature_id": _texts(feature_ids(), clicks.feature),
        "date": clicks.day * DAY,
        "events": events.astype(np.int32),
        "minutes": np.round(events * rng.uniform(0.6, 3.5, size), 1).astype(np.float32),
        "automated_events": np.where(linked, rng.poisson(6.0, size), 0).astype(np.int32),
        "errors": rng.poisson(np.where(trouble, 0.35, 0.03)).astype(np.int32),
        "known_at": clicks.day * DAY
        + 23 * _HOUR
        + rng.integers(0, _HOUR - 1, size)
        + late_arrival(world, account) * DAY,
    }
    return frame(table, ("date", "known_at"))


def _texts(ids: npt.NDArray[Any], place: Ints) -> Any:
    """Return the ids at some places; as text at once, since rows are many and ids few."""
    return pd.array(ids.tolist(), dtype="str").take(place)
