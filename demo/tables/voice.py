"""Surveys: every invitation is a row, most stay without an answer."""

from typing import Any

import numpy as np
import pandas as pd

from ..traps.hindsight import edited_answers
from ..truth.days import DAY, NAT, Floats, Ints, at
from ..truth.profiles import pick
from ..truth.world import World, frame, or_none
from .people import ADMIN, CHAMPION, SPONSOR, USER, People

__all__ = ["survey_responses"]

_CLOCKS = ("sent_at", "responded_at", "known_at")
_EVERY_MONTHS = 6
_WORDS = {
    True: ("Does the job.", "Good product, good people.", "Saves us hours; would miss it."),
    False: ("Too slow.", "Hard to get answers.", "We expected more; not what was promised."),
}


def survey_responses(world: World, cast: People) -> pd.DataFrame:
    """Write the survey invitations and answers.

    Parameters
    ----------
    world : World
    cast : People

    Returns
    -------
    pandas.DataFrame
        A row when sent, a second one when answered, a third one where the answer was edited.

    Examples
    --------
    >>> from .people import draw_people
    >>> from ..truth.world import draw_world
    >>> world = draw_world(np.arange(1, 4), months=12, seed=7)
    >>> sorted(survey_responses(world, draw_people(world))["account_id"].unique())
    ['acc_00001', 'acc_00002', 'acc_00003']
    """
    rng = world.rng("surveys")
    account, day, person, kind = _invited(world, cast, rng)
    size = len(account)
    mood = _mood(world, account, day)
    sent = at(day, rng)
    answers = rng.random(size) < 1.0 / (1.0 + np.exp(0.75 - 0.35 * np.clip(mood, -3, 2)))
    responded = np.where(answers, sent + (rng.exponential(3.5, size) * DAY).astype(np.int64), NAT)
    score = _scores(kind, mood, rng)
    happy = mood > 0
    comment = np.where(
        happy, pick(rng, _WORDS[True], [1, 1, 1], size), pick(rng, _WORDS[False], [1, 1, 1], size)
    )
    month = world.calendar.column(day)
    base: dict[str, Any] = {
        "survey_id": np.array(
            [f"{k}_{m + 1:02d}" for k, m in zip(kind, month, strict=True)], dtype=object
        ),
        "survey_type": kind,
        "account_id": world.account_ids[account],
        "person_id": cast.ids[person],
        "sent_at": sent,
        "responded_at": np.full(size, NAT),
        "score": np.full(size, np.nan),
        "comment": np.full(size, None, dtype=object),
        "known_at": sent,
    }
    answered = {
        **base,
        "responded_at": responded,
        "score": score,
        "comment": or_none(rng.random(size) < 0.3, comment),
        "known_at": responded,
    }
    edited = edited_answers(answered, rng)
    return pd.concat([frame(part, _CLOCKS) for part in (base, answered, edited)], ignore_index=True)


def _invited(world: World, cast: People, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Any]:
    starts, months = world.calendar.starts(), world.calendar.months
    phase = rng.integers(0, _EVERY_MONTHS, world.profile.size)
    due = (np.arange(months)[None, :] + phase[:, None]) % _EVERY_MONTHS == 0
    account, month = np.nonzero(due)
    role = np.tile([SPONSOR, CHAMPION, ADMIN, USER], len(account))
    account, month = np.repeat(account, 4), np.repeat(month, 4)
    day = starts[month] + np.repeat(rng.integers(0, 27, len(account) // 4), 4)
    person = cast.partner(role, account, day)
    alive = (day >= world.start_day[account] + 45) & (day < world.last_day[account])
    keep = (person >= 0) & alive & (rng.random(len(day)) < 0.6)
    kind = pick(rng, ("nps", "csat", "ces"), [7, 2, 1], len(day))
    return account[keep], day[keep], person[keep], kind[keep]


def _mood(world: World, account: Ints, day: Ints) -> Floats:
    causes = world.causes
    mood = 0.7 * world.state(causes.adoption, account, day)
    mood = mood - 1.2 * world.state(causes.incident, account, day)
    return np.asarray(mood - 0.9 * world.state(causes.value_gap, account, day) + 0.3)


def _scores(kind: Any, mood: Floats, rng: np.random.Generator) -> Floats:
    felt = mood + rng.normal(0.0, 0.9, len(mood))
    nps = np.clip(np.round(7.4 + 1.35 * felt), 0, 10)
    five = np.clip(np.round(3.8 + 0.7 * felt), 1, 5)
    return np.where(kind == "nps", nps, five)
