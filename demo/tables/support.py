"""Support tickets with their whole history."""

from typing import Any

import numpy as np
import pandas as pd

from ..traps.at_the_source import leaving_tickets
from ..traps.hindsight import reranked_priority
from ..truth.days import DAY, NAT, Bools, Ints, at
from ..truth.profiles import pick
from ..truth.world import World, frame, numbered, or_none, repeated
from .people import ADMIN, USER, People

__all__ = ["tickets"]

_HOUR = DAY // 24
_CATEGORIES = ("how_to", "bug", "billing", "feature_request", "performance", "access")
_PRIORITIES = np.array(["low", "normal", "high", "urgent"], dtype=object)
_TARGET_HOURS = np.array([120, 72, 24, 8])
_PER_MONTH = np.array([0.3, 0.55, 1.1])
_CLOCKS = (
    *("created_at", "first_response_at", "resolved_at", "escalated_at", "csat_at"),
    *("changed_at", "known_at"),
)
_BUG = 1


def tickets(world: World, cast: People) -> pd.DataFrame:
    """Write the tickets: a row per change of state.

    Parameters
    ----------
    world : World
    cast : People

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> from .people import draw_people
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> tickets(world, draw_people(world))["status"].iloc[0]
    'open'
    """
    rng = world.rng("tickets")
    account, day, critical, category = _opened(world, rng)
    size = len(account)
    created = at(day, rng)
    normal = pick(rng, [0, 1, 2, 3], [3, 6, 1.5, 0.2], size)
    priority = np.where(critical, np.where(rng.random(size) < 0.7, 3, 2), normal)
    requester = cast.partner(np.where(rng.random(size) < 0.6, ADMIN, USER), account, day)
    base: dict[str, Any] = {
        "ticket_id": numbered("tic", world.profile.number[account], repeated(account) + 1),
        "account_id": world.account_ids[account],
        "requester_person_id": or_none(requester >= 0, cast.ids[np.maximum(requester, 0)]),
        "created_at": created,
        "priority": priority,
        "status": np.full(size, "open", dtype=object),
        "category": category,
        "channel": pick(rng, ("email", "portal", "chat", "phone"), [4, 4, 2, 1], size),
        "first_response_at": np.full(size, NAT),
        "resolved_at": np.full(size, NAT),
        "reopen_count": np.zeros(size, dtype=np.int64),
        "escalated_at": np.full(size, NAT),
        "sla_target_h": _TARGET_HOURS[priority],
        "csat_score": np.full(size, np.nan),
        "csat_at": np.full(size, NAT),
        "text_sentiment": _tone(critical, rng),
        "changed_at": created,
    }
    versions = _History(base, critical, rng).versions()
    joined = {name: np.concatenate([part[name] for part in versions]) for name in base}
    joined["priority"] = _PRIORITIES[joined["priority"]]
    joined["known_at"] = joined["changed_at"]
    return frame(joined, _CLOCKS)


def _opened(world: World, rng: np.random.Generator) -> tuple[Ints, Ints, Bools, Any]:
    incident = world.causes.incident
    rate = _PER_MONTH[world.profile.segment][:, None] * np.exp(
        0.1 * np.clip(world.causes.adoption, -3, 2)
    )
    account, month = [], []
    for count in (rng.poisson(rate), rng.poisson(np.where(incident, 1.4, 0.008))):
        row, column = np.nonzero(count)
        account.append(np.repeat(row, count[row, column]))
        month.append(np.repeat(column, count[row, column]))
    owner = np.concatenate(account)
    starts = world.calendar.starts()
    day = starts[np.concatenate(month)] + rng.integers(0, 28, len(owner))
    critical = np.arange(len(owner)) >= len(account[0])
    category = pick(rng, _CATEGORIES, [6, 3, 1.5, 2, 1, 2], len(owner))
    category = np.where(critical & (category != "performance"), "bug", category)
    extra = leaving_tickets(world)
    owner, day = np.concatenate([owner, extra.account]), np.concatenate([day, extra.day])
    critical = np.concatenate([critical, np.zeros(len(extra.account), dtype=np.bool_)])
    category = np.concatenate([category, extra.category])
    keep = (day >= world.start_day[owner]) & (day < world.last_day[owner])
    keep[len(keep) - len(extra.account) :] = True
    order = np.flatnonzero(keep)[np.lexsort((day[keep], owner[keep]))]
    return owner[order], day[order], critical[order], category[order]


def _tone(critical: Bools, rng: np.random.Generator) -> Any:
    tone = np.where(critical, -0.35, 0.05) + rng.normal(0.0, 0.3, len(critical))
    return np.round(np.clip(tone, -1.0, 1.0), 2)


class _History:
    """Carries tickets from one state to the next; each step adds one row per ticket it moves."""

    def __init__(self, base: dict[str, Any], critical: Bools, rng: np.random.Generator) -> None:
        self.state, self.critical, self.rng = base, critical, rng
        self.clock = base["created_at"]
        self.parts = [base]

    def versions(self) -> list[dict[str, Any]]:
        """Give the rows of all states, oldest state first."""
        size, rng = len(self.critical), self.rng
        target = self.state["sla_target_h"] * _HOUR
        answer = np.where(self.critical, 0.5, 0.3) * target * rng.lognormal(0.0, 0.6, size)
        self._move(answer, status="pending", first_response_at="now")
        raised, priority = reranked_priority(self.state["priority"], self.critical, rng)
        self._move(rng.uniform(2, 60, size) * _HOUR, raised, priority=priority)
        escalates = rng.random(size) < np.where(self.critical, 0.4, 0.01)
        self._move(rng.uniform(10, 70, size) * _HOUR, escalates, escalated_at="now")
        work = np.where(self.critical, rng.uniform(5, 40, size) * DAY, target * 0.5)
        self._move(work * rng.lognormal(0.0, 0.7, size), status="solved", resolved_at="now")
        rated = rng.random(size) < 0.5
        self._move(rng.uniform(1, 90, size) * _HOUR, rated, csat_at="now", csat_score=self._grade())
        again = rng.random(size) < np.where(self.critical, 0.38, 0.04)
        count = self.state["reopen_count"] + 1
        self._move(
            rng.uniform(1, 9, size) * DAY, again, status="open", resolved_at=NAT, reopen_count=count
        )
        self._move(rng.uniform(1, 12, size) * DAY, again, status="solved", resolved_at="now")
        return self.parts

    def _grade(self) -> Any:
        grade = np.where(self.critical, 2.6, 4.3) + self.rng.normal(0.0, 0.9, len(self.critical))
        return np.clip(np.round(grade), 1, 5)

    def _move(self, wait: Any, who: Bools | None = None, **changes: Any) -> None:
        moved = np.ones(len(self.critical), dtype=np.bool_) if who is None else who
        self.clock = np.where(moved, self.clock + wait.astype(np.int64) + 60_000_000, self.clock)
        after = dict(self.state)
        for name, value in changes.items():
            new = self.clock if isinstance(value, str) and value == "now" else value
            after[name] = np.where(moved, new, self.state[name])
        after["changed_at"] = self.clock
        self.state = after
        self.parts.append({name: values[moved] for name, values in after.items()})
