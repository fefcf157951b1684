"""Dated statements about accounts: sentiment, references, company news, wishes, interventions."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..traps.at_the_source import red_after_notice
from ..traps.hindsight import events_found_in_hindsight
from ..truth.days import DAY, FAR, Bools, Floats, Ints, at
from ..truth.profiles import pick
from ..truth.programme import PLANTED, Programme
from ..truth.world import World, frame, numbered, or_none, repeated
from .assessments import maturity_answers
from .people import CHAMPION, SPONSOR, People

__all__ = ["account_events"]

_COLUMNS: dict[str, Any] = {
    "account": np.int64,
    "person": np.int64,
    "kind": object,
    "value_num": np.float64,
    "value_text": object,
    "characteristic_id": object,
    "evidence_type": object,
    "rubric_version": object,
    "author": object,
    "occurred_at": np.int64,
    "known_at": np.int64,
    "source": object,
}
_EMPTY = {np.int64: -1, np.float64: np.nan, object: None}
_HOUR = DAY // 24
_PLAYS = ("rebuild_adoption", "find_successor", "fix_critical_ticket", "renew_goals")


def account_events(world: World, cast: People) -> pd.DataFrame:
    """Write the statements.

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
    >>> account_events(world, draw_people(world))["event_id"].iloc[0]
    'evt_00001_1'
    """
    parts = [
        maturity_answers(world),
        _sentiment(world),
        red_after_notice(world),
        events_found_in_hindsight(world),
        *_references(world, cast),
        *_company_news(world),
        *_signals(world, cast),
        *_tried(world),
    ]
    filled = [_filled(part) for part in parts]
    joined = {name: np.concatenate([part[name] for part in filled]) for name in _COLUMNS}
    order = np.lexsort((joined["known_at"], joined["account"]))
    joined = {name: values[order] for name, values in joined.items()}
    account, person = joined.pop("account"), joined.pop("person")
    head = {
        "event_id": numbered("evt", world.profile.number[account], repeated(account) + 1),
        "account_id": world.account_ids[account],
        "person_id": or_none(person >= 0, cast.ids[np.maximum(person, 0)]),
    }
    return frame({**head, **joined}, ("occurred_at", "known_at"))


def _filled(part: dict[str, Any]) -> dict[str, Any]:
    """Give a part every column, as an array of the column's kind."""
    size = len(part["account"])
    filled = {}
    for name, kind in _COLUMNS.items():
        value = part.get(name, _EMPTY[kind])
        filled[name] = (
            np.asarray(value, dtype=kind)
            if isinstance(value, np.ndarray)
            else np.full(size, value, dtype=kind)
        )
    return filled


def _sporadic(world: World, rate: Floats, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Accounts and days of something with a monthly rate, while the account is alive."""
    count = rng.poisson(rate)
    account, month = np.nonzero(count)
    many = np.repeat(np.arange(len(account)), count[account, month])
    account, month = account[many], month[many]
    day = world.calendar.starts()[month] + rng.integers(0, 28, len(account))
    alive = (day > world.start_day[account]) & (day < world.last_day[account])
    return account[alive], day[alive]


def _said(
    account: Ints, day: Ints, kind: str, rng: np.random.Generator, **columns: Any
) -> dict[str, Any]:
    """Statements written down on the spot."""
    occurred = at(day, rng)
    return {
        "account": account,
        "kind": kind,
        "occurred_at": occurred,
        "known_at": occurred + _HOUR,
        "source": "crm",
        **columns,
    }


def _reported(
    account: Ints, day: Ints, kind: str, rng: np.random.Generator, **columns: Any
) -> dict[str, Any]:
    """News that reach the company days after they happened."""
    lag = rng.integers(1, 9, len(account)) * DAY
    row = _said(account, day, kind, rng, **columns)
    return {**row, "known_at": row["occurred_at"] + lag, "source": "news"}


def _sentiment(world: World) -> dict[str, Any]:
    rng = world.rng("sentiment")
    months = np.arange(world.calendar.months)
    phase = rng.integers(0, 3, world.profile.size)
    due = ((months[None, :] + phase[:, None]) % 3 == 0) * 1.0
    account, day = _sporadic(world, due * 0.9, rng)
    worry = world.state(world.causes.pull.sum(axis=2), account, day)
    worry = worry + rng.normal(0.0, 1.3, len(account))
    colour = np.where(worry > 3.0, "red", np.where(worry > 1.6, "yellow", "green"))
    author = world.manager_ids(account)
    return _said(
        account, day, "csm_sentiment", rng, value_text=colour.astype(object), author=author
    )


def _references(world: World, cast: People) -> list[dict[str, Any]]:
    rng = world.rng("references")
    content = np.clip(world.causes.adoption, -2, 2)
    account, day = _sporadic(world, 0.018 * np.exp(0.4 * content), rng)
    person = cast.partner(np.full(len(account), CHAMPION), account, day)
    mood = world.state(world.causes.adoption, account, day) - 1.5 * world.state(
        world.causes.value_gap | world.causes.incident, account, day
    )
    yes = rng.random(len(account)) < 1.0 / (1.0 + np.exp(-0.6 - 0.9 * mood))
    upset = (mood < -0.4) & (rng.random(len(account)) < 0.6)
    declined = np.where(upset, "declined_dissatisfied", "declined_policy")
    answer = np.where(yes, "accepted", declined).astype(object)
    later = day + rng.integers(3, 20, len(account))
    acts = yes & (rng.random(len(account)) < 0.6)
    act_day = later[acts] + rng.integers(5, 50, acts.sum())
    deed = pick(rng, ("review", "reference_call", "talk", "referral"), [4, 3, 1, 2], acts.sum())
    ask = _said(account, day, "reference_request", rng, person=person)
    reply = _said(account, later, "reference_response", rng, person=person, value_text=answer)
    act = _said(account[acts], act_day, "advocacy_act", rng, person=person[acts], value_text=deed)
    return [ask, reply, act]


def _company_news(world: World) -> list[dict[str, Any]]:
    rng, causes = world.rng("news"), world.causes
    flat = np.ones(causes.adoption.shape)
    gone = causes.departures
    seen = (~gone.is_champion) & (rng.random(len(gone.day)) < 0.4)
    seen &= (gone.day >= world.calendar.begin) & (gone.day < world.last_day[gone.account])
    laid_off, laid_day = _sporadic(world, 0.004 * flat, rng)
    share = np.round(rng.uniform(0.03, 0.3, len(laid_off)), 2)
    bought = np.flatnonzero(causes.acquired_day < world.last_day)
    failed = np.flatnonzero(causes.insolvent_day < np.minimum(FAR, world.last_day))
    return [
        _reported(
            gone.account[seen],
            gone.day[seen],
            "leadership_change",
            rng,
            value_text=np.full(seen.sum(), "executive left", dtype=object),
        ),
        _reported(*_sporadic(world, 0.005 * flat, rng), "leadership_change", rng),
        _reported(laid_off, laid_day, "layoff", rng, value_num=share),
        _reported(*_sporadic(world, 0.005 * flat, rng), "funding", rng),
        _reported(bought, causes.acquired_day[bought], "m_and_a", rng, value_text="acquired"),
        _reported(failed, causes.insolvent_day[failed], "insolvency", rng),
    ]


def _signals(world: World, cast: People) -> list[dict[str, Any]]:
    rng, causes = world.rng("signals"), world.causes
    worried = causes.pull.sum(axis=2) > 1.8
    green = np.maximum(0.0, 3.5 - world.profile.maturity[:, 1])[:, None] * np.ones(worried.shape)
    rates: dict[str, Any] = {
        "competitor": 0.004 + 0.02 * causes.value_gap + 0.012 * causes.declining,
        "priority_change": 0.003 + 0.035 * causes.value_gap,
        "training_request": 0.008 + 0.012 * green,
        "upgrade_interest": 0.005 + 0.11 * causes.demand,
    }
    parts = []
    for kind, rate in rates.items():
        account, day = _sporadic(world, rate, rng)
        champion = cast.partner(np.full(len(account), CHAMPION), account, day)
        parts.append(_said(account, day, kind, rng, person=champion))
    account, day = _sporadic(world, np.where(worried, 0.07, 0.003), rng)
    play = pick(rng, _PLAYS, [3, 2, 1, 2], len(account))
    author = world.manager_ids(account)
    noted = _said(account, day, "intervention", rng, value_text=play, author=author)
    # Where plays are tried by lot, nobody begins one besides.
    parts += [noted] if world.programme is None else []
    return [*parts, _feedback(world, cast, rng), *_blockers(world, worried, rng)]


def _tried(world: World) -> list[dict[str, Any]]:
    """Plays that were drawn by lot: the draw, and what became of it."""
    if world.programme is None:
        return []
    rng, fate = world.rng("tried"), world.fate
    drawn = world.programme.only(
        (world.programme.day > world.start_day[world.programme.account])
        & (world.programme.day < fate.decided_day[world.programme.account])
        & (world.programme.day < world.last_day[world.programme.account])
    )
    begun = drawn.only(drawn.begun_day < world.last_day[drawn.account])
    done_day = begun.begun_day + rng.integers(20, 60, len(begun.account))
    done = begun.only(done_day < world.last_day[begun.account])
    done_day = done_day[done_day < world.last_day[begun.account]]
    state = np.where(drawn.withheld, "withheld", "proposed").astype(object)
    return [
        _on_play(drawn, drawn.day, state, rng),
        _on_play(begun, begun.begun_day, np.full(len(begun.account), "begun", dtype=object), rng),
        _on_play(done, done_day, np.full(len(done.account), "done", dtype=object), rng),
    ]


def _on_play(
    tried: Programme, day: Ints, state: NDArray[Any], rng: np.random.Generator
) -> dict[str, Any]:
    """Statements on tried plays, each naming the experiment of its year."""
    years = tried.day.astype("datetime64[D]").astype("datetime64[Y]").astype(str)
    names = [PLANTED[place].play for place in tried.play.tolist()]
    text = [
        f"play={name};state={said};experiment={year}"
        for name, said, year in zip(names, state.tolist(), years.tolist(), strict=True)
    ]
    return _said(tried.account, day, "intervention", rng, value_text=np.array(text, dtype=object))


def _feedback(world: World, cast: People, rng: np.random.Generator) -> dict[str, Any]:
    account, day = _sporadic(world, np.full(world.causes.adoption.shape, 0.05), rng)
    mood = 0.1 + 0.2 * world.state(world.causes.adoption, account, day)
    mood = mood - 0.4 * world.state(world.causes.incident, account, day)
    felt = np.round(np.clip(mood + rng.normal(0.0, 0.4, len(account)), -1.0, 1.0), 2)
    rated = np.where(rng.random(len(account)) < 0.7, felt, np.nan)
    sponsor = cast.partner(np.full(len(account), SPONSOR), account, day)
    return _said(account, day, "feedback", rng, person=sponsor, value_num=rated)


def _blockers(world: World, worried: Bools, rng: np.random.Generator) -> list[dict[str, Any]]:
    account, day = _sporadic(world, 0.004 + 0.09 * world.causes.incident + 0.006 * worried, rng)
    solved = day + rng.integers(10, 120, len(account))
    text = pick(
        rng, ("ERP sync fails", "SSO rollout blocked", "Import too slow"), [3, 2, 2], len(account)
    )
    done = solved < world.last_day[account]
    closed = np.full(done.sum(), "closed", dtype=object)
    return [
        _said(account, day, "blocker", rng, value_text=text, value_num=1.0),
        _said(account[done], solved[done], "blocker", rng, value_text=closed, value_num=0.0),
    ]
