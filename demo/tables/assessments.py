"""Answers to the maturity questionnaire: what managers, customers and telemetry say."""

from typing import Any

import numpy as np

from ..traps.at_the_source import GENEROUS_MANAGER
from ..traps.hindsight import rescored_after_notice
from ..truth.days import DAY, Bools, Floats, Ints, at
from ..truth.world import World

__all__ = ["maturity_answers"]

_CHARACTERISTICS = np.array(
    [f"{category}{k}" for category in ("VC", "OP", "PR", "TI") for k in range(1, 5)], dtype=object
)
_TELEMETRY = np.isin(
    _CHARACTERISTICS, ["OP1", "OP4", "PR1", "PR2", "PR3", "TI1", "TI2", "TI3", "TI4"]
)
_DOCUMENTS = np.isin(_CHARACTERISTICS, ["VC1", "VC2", "OP3", "PR3", "TI4"])
_ASSESSED, _NARROW = 0.7, 0.15
_NOISE = {"q": 0.65, "c": 0.5, "d": 0.3, "t": 0.6}
_GENEROSITY, _SELF_PRAISE = 1.2, 0.2
_RUBRIC = "2023.1"


def maturity_answers(world: World) -> dict[str, Any]:
    """Give the answers as statements about accounts.

    Parameters
    ----------
    world : World

    Returns
    -------
    dict of str to array
        About 30 accounts in 100 were never assessed, some others only in one or two categories.

    Examples
    --------
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> answers = maturity_answers(world)
    >>> bool((answers["value_num"] >= 1.0).all())
    True
    """
    rng = world.rng("assessments")
    account, day = _assessments(world, rng)
    scope = _scope(world, rng)
    cells = np.repeat(np.arange(len(account)), len(_CHARACTERISTICS))
    characteristic = np.tile(np.arange(len(_CHARACTERISTICS)), len(account))
    asked = scope[account[cells], characteristic // 4]
    parts = [
        _answers(
            world, kind, _Asked(account[cells][keep], day[cells][keep], characteristic[keep]), rng
        )
        for kind, keep in _evidence(asked, characteristic, rng).items()
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    late = rescored_after_notice(world, joined)
    return {name: np.concatenate([joined[name], late[name]]) for name in joined}


class _Asked:
    """Questions put: account, day and characteristic, one entry each."""

    def __init__(self, account: Ints, day: Ints, characteristic: Ints) -> None:
        self.account, self.day, self.characteristic = account, day, characteristic


def _assessments(world: World, rng: np.random.Generator) -> tuple[Ints, Ints]:
    size = world.profile.size
    assessed = np.flatnonzero(rng.random(size) < _ASSESSED)
    first = np.maximum(world.start_day + 45, world.calendar.begin) + rng.integers(0, 240, size)
    rounds = world.calendar.months // 9 + 1
    account = np.repeat(assessed, rounds)
    gaps = rng.integers(240, 420, (len(assessed), rounds))
    gaps[:, 0] = 0
    day = first[account] + np.cumsum(gaps, axis=1).ravel()
    alive = day < np.minimum(world.last_day[account], world.fate.notice_day[account])
    return account[alive], day[alive]


def _scope(world: World, rng: np.random.Generator) -> Bools:
    """Categories each account is ever asked about."""
    size = world.profile.size
    narrow = rng.random(size) < _NARROW
    chosen = rng.random((size, 4)) < 0.35
    chosen[np.arange(size), rng.integers(0, 4, size)] = True
    return np.asarray(np.where(narrow[:, None], chosen, True))


def _evidence(asked: Bools, characteristic: Ints, rng: np.random.Generator) -> dict[str, Bools]:
    """Which kinds of evidence answer which questions."""
    luck = rng.random((4, len(asked)))
    return {
        "q": asked & (luck[0] < 0.5),
        "c": asked & (luck[1] < 0.5),
        "d": asked & _DOCUMENTS[characteristic] & (luck[2] < 0.35),
        "t": asked & _TELEMETRY[characteristic] & (luck[3] < 0.5),
    }


def _answers(world: World, kind: str, asked: _Asked, rng: np.random.Generator) -> dict[str, Any]:
    account, size = asked.account, len(asked.account)
    level = world.maturity(asked.day, account)[np.arange(size), asked.characteristic // 4]
    level = level + _quirks(world)[account, asked.characteristic]
    level = level + _bias(world, kind, account) + rng.normal(0.0, _NOISE[kind], size)
    # Now and then two sources flatly contradict each other.
    level = level + np.where(rng.random(size) < 0.025, rng.choice([-2.0, 2.0], size), 0.0)
    occurred = at(asked.day, rng)
    nobody = np.full(size, None, dtype=object)
    return {
        "account": account,
        "kind": np.full(size, "maturity_answer", dtype=object),
        "value_num": np.clip(np.round(level), 1.0, 5.0),
        "characteristic_id": _CHARACTERISTICS[asked.characteristic],
        "evidence_type": np.full(size, kind, dtype=object),
        "rubric_version": np.full(size, _RUBRIC, dtype=object),
        "author": world.manager_ids(account) if kind == "c" else nobody,
        "occurred_at": occurred,
        "known_at": occurred + rng.integers(0, 4, size) * DAY + DAY // 24,
        "source": np.full(size, "assessment", dtype=object),
    }


def _quirks(world: World) -> Floats:
    """Lasting differences between the characteristics of one category."""
    shape = (world.profile.size, len(_CHARACTERISTICS))
    return world.rng("quirks").normal(0.0, 0.4, shape)


def _bias(world: World, kind: str, account: Ints) -> Floats:
    if kind == "c":
        return np.where(world.profile.csm[account] == GENEROUS_MANAGER, _GENEROSITY, 0.0)
    return np.full(len(account), _SELF_PRAISE if kind == "q" else 0.0)
