"""The accounts table: how each account was described, and since when."""

from typing import Any

import numpy as np
import pandas as pd

from ..traps.hindsight import former_customers
from ..truth.days import DAY, Ints, at, day_of
from ..truth.fate import CHANGES
from ..truth.profiles import PLANS, SEGMENTS, pick
from ..truth.world import World, frame, or_none
from .names import company_names

__all__ = ["accounts"]

_INDUSTRIES = ("logistics", "manufacturing", "healthcare", "retail", "software", "finance", "media")
_COUNTRIES = ("US", "GB", "DE", "FR", "NL", "SE", "JP", "AU")
_TOUCH = np.array(["tech", "medium", "high"], dtype=object)
_CLOCKS = ("customer_since", "valid_from", "known_at")
_LEAVING_MANAGER, _LEAVING_MONTHS = 3, 15
_SCALE = 10**6
_ONBOARDING_DAYS = 90


def accounts(world: World) -> pd.DataFrame:
    """Write the accounts with the history of what was said about them.

    Parameters
    ----------
    world : World

    Returns
    -------
    pandas.DataFrame
        A row per account and change.

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> accounts(world)["name"].unique().tolist()
    ['Amber Foods', 'Anvil Clinics', 'Arbour Robotics']
    """
    account, day = _moments(world)
    described = _described(world, account, day)
    return pd.concat(
        [frame(described, _CLOCKS), frame(former_customers(world, described, account), _CLOCKS)],
        ignore_index=True,
    )


def _moments(world: World) -> tuple[Ints, Ints]:
    """Account and day of every change of the description, each pair once."""
    everyone, start = np.arange(world.profile.size), world.start_day
    months = world.calendar.first + np.arange(world.calendar.months)
    yearly = day_of(months[months % 12 == 0], 15)
    upgrades = world.fate.changes.kind == CHANGES.index("tier_up")
    handed = world.profile.csm == _LEAVING_MANAGER
    account = np.concatenate(
        [
            *(everyone, everyone, np.tile(everyone, len(yearly))),
            *(world.fate.changes.account[upgrades], everyone[handed]),
        ]
    )
    day = np.concatenate(
        [
            *(start, start + _ONBOARDING_DAYS, np.repeat(yearly, len(everyone))),
            *(world.fate.changes.day[upgrades], np.full(handed.sum(), _handover(world))),
        ]
    )
    lives = (day >= start[account]) & (day < world.last_day[account])
    pairs = np.unique(account[lives] * _SCALE + day[lives])
    return pairs // _SCALE, pairs % _SCALE


def _handover(world: World) -> int:
    return world.calendar.begin + 30 * min(_LEAVING_MONTHS, world.calendar.months // 2)


def _described(world: World, account: Ints, day: Ints) -> dict[str, Any]:
    profile, rng = world.profile, world.rng("accounts")
    size = profile.size
    number = profile.number
    industry = pick(rng, _INDUSTRIES, [3, 4, 2, 3, 4, 2, 1], size)
    country = pick(rng, _COUNTRIES, [8, 3, 3, 2, 1.5, 1, 1, 1], size)
    growth = rng.normal(0.03, 0.1, size)
    years = (day - world.calendar.begin) / 365.0
    known = at(day, rng)
    lag = np.where(rng.random(len(day)) < 0.15, rng.integers(1, 10, len(day)), 0)
    first = day == world.start_day[account]
    has_parent = profile.parent[account] > 0
    parent = np.array([f"acc_{each:05d}" for each in profile.parent[account]], dtype=object)
    stage = np.where(day < world.start_day[account] + _ONBOARDING_DAYS, "onboarding", "live")
    return {
        "account_id": world.account_ids[account],
        "parent_account_id": or_none(has_parent, parent),
        "name": np.array(company_names(number), dtype=object)[account],
        "industry": industry[account],
        "country": country[account],
        "employee_count": (profile.employees[account] * (1 + growth[account]) ** years).astype(
            np.int64
        ),
        "segment": SEGMENTS[profile.segment[account]],
        "plan_tier": PLANS[_plan_on(world, account, day)],
        "lifecycle_stage": stage,
        "customer_since": world.start_day[account] * DAY,
        "csm_id": _managers(world, account, day),
        "touch_model": _TOUCH[profile.segment[account]],
        "valid_from": day * DAY,
        "known_at": np.where(first, day * DAY, known + lag * DAY),
    }


def _plan_on(world: World, account: Ints, day: Ints) -> Ints:
    changes = world.fate.changes
    main = changes.item == 0
    key = changes.account[main] * _SCALE + changes.day[main]
    found = np.searchsorted(key, account * _SCALE + day, side="right") - 1
    same = (found >= 0) & (key[found] // _SCALE == account)
    return np.where(same, changes.plan[main][found], world.profile.plan[account])


def _managers(world: World, account: Ints, day: Ints) -> Any:
    csm = world.profile.csm[account]
    moved = (csm == _LEAVING_MANAGER) & (day >= _handover(world))
    return np.array([f"csm_{each:02d}" for each in np.where(moved, 0, csm)], dtype=object)
