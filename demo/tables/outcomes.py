"""Onboarding milestones and business goals, with every change of their state."""

from typing import Any

import numpy as np
import pandas as pd

from ..truth.days import DAY, END, NAT, Bools, Ints, at
from ..truth.profiles import pick
from ..truth.world import World, frame, numbered, repeated

__all__ = ["goals"]

_CLOCKS = ("planned_at", "due_at", "achieved_at", "changed_at", "known_at")
_MILESTONES = ("Kick-off", "Data migrated", "First team live", "Go-live")
_MILESTONE_DAYS = np.array([10, 30, 60, 90])
_GOALS = (
    *("Cut planning time", "Raise forecast accuracy", "Fewer late projects"),
    *("Retire spreadsheets", "Plan all regions in one place"),
)
_CHECKS = 5


def goals(world: World) -> pd.DataFrame:
    """Write the goals.

    Parameters
    ----------
    world : World

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> goals(world)["kind"].unique().tolist()
    ['business_goal']
    """
    milestones, business = _milestones(world), _business(world)
    shift = np.bincount(milestones[0]["account"], minlength=world.profile.size)
    numbers = repeated(business[0]["account"]) + 1 + shift[business[0]["account"]]
    parts = [
        *_tables(world, milestones, repeated(milestones[0]["account"]) + 1),
        *_tables(world, business, numbers),
    ]
    return pd.concat([frame(part, _CLOCKS) for part in parts], ignore_index=True)


def _tables(world: World, versions: list[dict[str, Any]], number: Ints) -> list[dict[str, Any]]:
    account = versions[0]["account"]
    ids = numbered("goal", world.profile.number[account], number)
    ready = []
    for version in versions:
        keep = (version["changed_at"] != NAT) & (
            version["changed_at"] < world.last_day[account] * DAY
        )
        columns = {"goal_id": ids, "account_id": world.account_ids[account], **version}
        del columns["account"]
        columns["known_at"] = columns["changed_at"]
        ready.append({name: values[keep] for name, values in columns.items()})
    return ready


def _version(before: dict[str, Any], status: Any, changed: Ints, **facts: Any) -> dict[str, Any]:
    size = len(before["account"])
    text = np.full(size, status, dtype=object) if isinstance(status, str) else status
    return {**before, "status": text, "changed_at": changed, **facts}


def _milestones(world: World) -> list[dict[str, Any]]:
    rng = world.rng("milestones")
    young = np.flatnonzero(
        (world.profile.start_month >= -3) & (rng.random(world.profile.size) < 0.9)
    )
    account = np.repeat(young, len(_MILESTONES))
    step = np.tile(np.arange(len(_MILESTONES)), len(young))
    size = len(account)
    started = world.start_day[account]
    due = started + _MILESTONE_DAYS[step]
    late = world.profile.late_onboarding[account] & (step > 0)
    slip = np.where(late, rng.integers(25, 95, size) * step // 2, rng.integers(-6, 9, size))
    planned = at(started, rng)
    base = {
        **_blank(account, planned, due * DAY, "onboarding_milestone"),
        "title": np.array(_MILESTONES, dtype=object)[step],
        "set_by": np.full(size, "vendor", dtype=object),
    }
    done = at(np.maximum(due + slip, started + 2), rng)
    delayed = np.where(done > (due + 6) * DAY, (due + 6) * DAY, NAT)
    # A late onboarding may well never be finished.
    done = np.where(late & (step == 3) & (rng.random(size) < 0.25), NAT, done)
    confirmed = rng.random(size) < 0.7
    return [
        _version(base, "planned", planned),
        _version(base, "delayed", delayed),
        _version(base, "achieved", done, achieved_at=done, confirmed_by_customer=confirmed),
    ]


def _blank(account: Ints, planned: Ints, due: Ints, kind: str) -> dict[str, Any]:
    size = len(account)
    return {
        "account": account,
        "kind": np.full(size, kind, dtype=object),
        "baseline": np.full(size, np.nan),
        "target_value": np.full(size, np.nan),
        "actual_value": np.full(size, np.nan),
        "planned_at": planned,
        "due_at": due,
        "achieved_at": np.full(size, NAT),
        "confirmed_by_customer": np.zeros(size, dtype=np.bool_),
    }


def _business(world: World) -> list[dict[str, Any]]:
    rng = world.rng("goals")
    account, day = _set_goals(world, rng)
    size = len(account)
    vision = world.profile.maturity[account, 0]
    own = rng.random(size) < 0.15 + 0.15 * vision
    measured = rng.random(size) < 0.1 + 0.17 * vision
    planned, span = at(day, rng), rng.integers(240, 400, size)
    due = day + span
    target = np.where(measured, np.round(rng.uniform(10, 60, size)), np.nan)
    base = {
        **_blank(account, planned, due * DAY, "business_goal"),
        "title": pick(rng, _GOALS, [1] * len(_GOALS), size),
        "set_by": np.where(own, "customer", "vendor"),
        "baseline": np.where(measured, 0.0, np.nan),
        "target_value": target,
    }
    dropped = (rng.random(size) < 0.08) & (due > day)
    stop = np.where(dropped, day + span // 2, due)
    checks = [
        _check(world, base, day + (k + 1) * span // (_CHECKS + 1), stop, rng)
        for k in range(_CHECKS)
    ]
    reached = _is_on_track(world, account, due - 20, rng)
    outcome = np.where(dropped, "cancelled", np.where(reached, "achieved", "missed"))
    settled = at(stop, rng)
    won = reached & ~dropped
    last = _version(
        base,
        outcome,
        settled,
        actual_value=np.where(won, target, target * rng.uniform(0.1, 0.7, size)),
        achieved_at=np.where(won, settled, NAT),
        confirmed_by_customer=won & (rng.random(size) < 0.65),
    )
    return [_version(base, "planned", planned), *checks, last]


def _set_goals(world: World, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Give most accounts a goal or two each year, the others none at all."""
    years = world.calendar.months // 12 + 1
    size = world.profile.size
    plans = rng.random(size) < 0.85
    count = rng.integers(1, 3, (size, years)) * plans[:, None]
    account, year = np.nonzero(count)
    twice = count[account, year]
    account, year = np.repeat(account, twice), np.repeat(year, twice)
    first = np.maximum(world.start_day + 40, world.calendar.begin - 300)
    day = first[account] + year * 365 + rng.integers(0, 120, len(account))
    alive = (day < world.last_day[account]) & (day < END)
    order = np.lexsort((day[alive], account[alive]))
    return account[alive][order], day[alive][order]


def _is_on_track(world: World, account: Ints, day: Ints, rng: np.random.Generator) -> Bools:
    gap = world.state(world.causes.value_gap, account, day)
    low = world.state(world.causes.adoption, account, day) < -1.6
    return np.asarray(rng.random(len(account)) > np.where(gap, 0.85, np.where(low, 0.3, 0.1)))


def _check(
    world: World, base: dict[str, Any], day: Ints, stop: Ints, rng: np.random.Generator
) -> dict[str, Any]:
    account = base["account"]
    on_track = _is_on_track(world, account, day, rng)
    status = np.where(on_track, "on_track", pick(rng, ("at_risk", "off_track"), [2, 1], len(day)))
    # One review in five is forgotten.
    held = (day < stop) & (rng.random(len(day)) > 0.2)
    progress = (day * DAY - base["planned_at"]) / (base["due_at"] - base["planned_at"])
    actual = base["target_value"] * progress * np.where(on_track, 1.0, 0.4)
    return _version(
        base, status, np.where(held, at(day, rng), NAT), actual_value=np.round(actual, 1)
    )
